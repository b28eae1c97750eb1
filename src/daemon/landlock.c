/* SPDX-License-Identifier: Apache-2.0 */

/*
 * There is no C library for it, and the kernel's headers of a build may be older than the kernel
 * that it runs on: what they may lack is here, as include/uapi/linux/landlock.h has it. What a
 * kernel does not know of a set of rules it refuses, so each bit belongs to an ABI.
 */

#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

/* The same numbers on every architecture. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1

struct ruleset_attr {
	uint64_t fs;
	uint64_t net;    /* ABI 4 */
	uint64_t scoped; /* ABI 6 */
};

struct path_beneath_attr {
	uint64_t access;
	int32_t parent_fd;
} __attribute__((packed));

#define FS(bit)        (UINT64_C(1) << (bit))
#define FS_WRITE_FILE  FS(1)
#define FS_READ_FILE   FS(2)
#define FS_READ_DIR    FS(3)
#define FS_REMOVE_FILE FS(5)
#define FS_MAKE_REG    FS(8)
#define FS_TRUNCATE    FS(14) /* ABI 3 */

/* All that an ABI can forbid: of execute, write and read to make_sym; refer, truncate, ioctl_dev. */
#define FS_ALL_1 (FS(13) - 1)
#define FS_ALL_2 (FS_ALL_1 | FS(13))
#define FS_ALL_3 (FS_ALL_2 | FS_TRUNCATE)
#define FS_ALL_5 (FS_ALL_3 | FS(15))

#define NET_ALL_4    3U /* bind and connect of TCP */
#define SCOPED_ALL_6 3U /* abstract sockets and signals of others */

static uint64_t handled_fs(int abi)
{
	if (abi >= 5)
		return FS_ALL_5;
	if (abi >= 3)
		return FS_ALL_3;
	return abi == 2 ? FS_ALL_2 : FS_ALL_1;
}

int landlock_new(int *abip)
{
	struct ruleset_attr attr = { 0 };
	size_t n_attr = sizeof(attr.fs);
	long r = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	if (r < 0)
		return errno == ENOSYS ? -EOPNOTSUPP : -errno;
	*abip = (int)r;
	attr.fs = handled_fs(*abip);
	if (*abip >= 4) {
		attr.net = NET_ALL_4;
		n_attr += sizeof(attr.net);
	}
	if (*abip >= 6) {
		attr.scoped = SCOPED_ALL_6;
		n_attr += sizeof(attr.scoped);
	}
	r = syscall(SYS_landlock_create_ruleset, &attr, n_attr, 0);
	return r < 0 ? -errno : (int)r;
}

int landlock_allow(int ruleset_fd, int abi, const char *directory, enum landlock_access access)
{
	_cleanup_(closep) int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct path_beneath_attr rule = { .access = FS_READ_FILE | FS_READ_DIR, .parent_fd = fd };

	if (fd < 0)
		return -errno;
	if (access == LANDLOCK_CHANGE)
		rule.access |= FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE;
	rule.access &= handled_fs(abi);
	if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int landlock_enter(int ruleset_fd)
{
	return syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0 ? -errno : 0;
}
