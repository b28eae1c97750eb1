/* SPDX-License-Identifier: Apache-2.0 */

#include "refuse.h"

#include "fs/session.h"

void refuse_make(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	session_refuse(req);
}

void refuse_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	session_refuse(req);
}

void refuse_remove(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	session_refuse(req);
}

void refuse_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	session_refuse(req);
}

void refuse_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
                   const char *newname, unsigned int flags)
{
	session_refuse(req);
}

void refuse_link(fuse_req_t req, fuse_ino_t nodeid, fuse_ino_t newparent, const char *newname)
{
	session_refuse(req);
}

void refuse_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                   struct fuse_file_info *fi)
{
	session_refuse(req);
}

void refuse_setattr(fuse_req_t req, fuse_ino_t nodeid, struct stat *attr, int to_set,
                    struct fuse_file_info *fi)
{
	session_refuse(req);
}

void refuse_write(fuse_req_t req, fuse_ino_t nodeid, const char *data, size_t size, off_t offset,
                  struct fuse_file_info *fi)
{
	session_refuse(req);
}

void refuse_setxattr(fuse_req_t req, fuse_ino_t nodeid, const char *name, const char *value,
                     size_t size, int flags)
{
	session_refuse(req);
}

void refuse_removexattr(fuse_req_t req, fuse_ino_t nodeid, const char *name)
{
	session_refuse(req);
}

void refuse_fallocate(fuse_req_t req, fuse_ino_t nodeid, int mode, off_t offset, off_t length,
                      struct fuse_file_info *fi)
{
	session_refuse(req);
}
