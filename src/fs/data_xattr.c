/* SPDX-License-Identifier: Apache-2.0 */

#include "data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define XATTR_CLASS   "user."
#define XATTR_VERSION XATTR_CLASS "seccompfs.version"
#define XATTR_DIGEST  XATTR_CLASS "seccompfs.sha256"

static const char xattr_names[] = XATTR_VERSION "\0" XATTR_DIGEST; /* with the last NUL */

static void reply_xattr(fuse_req_t req, const char *value, size_t n_value, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(req, n_value);
	else if (n_value > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, value, n_value);
}

/*
 * Other classes (security.selinux, system.posix_acl_access) no file here can have. To say so, and not
 * that this file has none, ends the questions: ls(1) asks for both at each file until it hears it.
 */
static bool is_supported(const char *name)
{
	return strncmp(name, XATTR_CLASS, strlen(XATTR_CLASS)) == 0;
}

void data_getxattr(fuse_req_t req, fuse_ino_t nodeid, const char *name, size_t size)
{
	struct data_plane *plane = session_userdata(req);
	_cleanup_(profile_unrefp) struct profile *profile = data_plane_profile(plane, nodeid);
	char value[DIGEST_HEX_SIZE];

	if (profile && strcmp(name, XATTR_VERSION) == 0) {
		snprintf(value, sizeof(value), "%llu", (unsigned long long)profile->version);
	} else if (profile && strcmp(name, XATTR_DIGEST) == 0) {
		digest_to_hex(profile->digest, value);
	} else {
		fuse_reply_err(req, is_supported(name) ? ENODATA : EOPNOTSUPP);
		return;
	}
	reply_xattr(req, value, strlen(value), size);
}

void data_listxattr(fuse_req_t req, fuse_ino_t nodeid, size_t size)
{
	struct data_plane *plane = session_userdata(req);
	_cleanup_(profile_unrefp) struct profile *profile = data_plane_profile(plane, nodeid);

	reply_xattr(req, xattr_names, profile ? sizeof(xattr_names) : 0, size);
}
