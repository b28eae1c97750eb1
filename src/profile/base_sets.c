/* SPDX-License-Identifier: Apache-2.0 */

/* Made by scripts/measure-base, not to be edited. */

#include "base/util.h"
#include "profile/bases.h"

/* clang-format off */
static const char *const crun_1_8_1_needed[] = {
	"execve",
};

static const char *const crun_1_8_1_seen[] = {
	"capset", "close", "execve", "exit_group", "fchown", "ioctl", "kill", "munmap",
	"openat", "prctl", "pselect6", "read", "rt_sigaction", "rt_sigprocmask",
	"setgroups", "setresgid", "setresuid", "statx", "wait4", "write",
};

static const char *const crun_1_8_1_without_nnp[] = {
	"capset", "prctl", "rt_sigaction", "rt_sigprocmask", "setresgid", "setresuid",
	"write",
};

static const char *const crun_1_8_1_sometimes[] = {
	"openat", "pselect6", "read", "setgroups",
};

static const char *const crun_1_21_needed[] = {
	"execve",
};

static const char *const crun_1_21_seen[] = {
	"capset", "close", "close_range", "execve", "exit_group", "fchown", "ioctl",
	"kill", "munmap", "openat", "prctl", "pselect6", "read", "rt_sigaction",
	"rt_sigprocmask", "setgroups", "setresgid", "setresuid", "statx", "umask", "wait4",
	"write",
};

static const char *const crun_1_21_without_nnp[] = {
	"capset", "prctl", "rt_sigaction", "rt_sigprocmask", "setresgid", "setresuid",
	"write",
};

static const char *const crun_1_21_sometimes[] = {
	"openat", "pselect6", "read", "setgroups", "statx",
};

static const char *const runc_1_1_5_needed[] = {
	"close", "execve", "fstatfs", "getdents64", "openat", "write",
};

static const char *const runc_1_1_5_seen[] = {
	"capget", "capset", "chdir", "close", "epoll_ctl", "execve", "exit_group",
	"faccessat2", "fchown", "fcntl", "fstat", "fstatfs", "futex", "getcwd",
	"getdents64", "getpid", "getppid", "newfstatat", "openat", "prctl", "read",
	"rt_sigreturn", "setgid", "setgroups", "setuid", "write",
};

static const char *const runc_1_1_5_without_nnp[] = {
	"capget", "capset", "chdir", "fstat", "getcwd", "getppid", "newfstatat", "prctl",
	"read", "setgid", "setgroups", "setuid",
};

static const char *const runc_1_1_5_sometimes[] = {
	"futex", "rt_sigreturn",
};

static const char *const runc_1_1_15_needed[] = {
	"close", "execve", "fstatfs", "getdents64", "openat", "write",
};

static const char *const runc_1_1_15_seen[] = {
	"capget", "capset", "chdir", "close", "epoll_ctl", "execve", "exit_group",
	"faccessat2", "fchown", "fcntl", "fstat", "fstatfs", "futex", "getcwd",
	"getdents64", "getpid", "getppid", "newfstatat", "openat", "prctl", "read",
	"rt_sigreturn", "setgid", "setgroups", "setuid", "write",
};

static const char *const runc_1_1_15_without_nnp[] = {
	"capget", "capset", "chdir", "fstat", "getcwd", "getppid", "newfstatat", "prctl",
	"read", "setgid", "setgroups", "setuid",
};

static const char *const runc_1_1_15_sometimes[] = {
	"futex", "rt_sigreturn",
};

static const struct base_set sets[] = {
	/* x86_64, Linux 6.18: 567 starts, none new in the last 551; 60 with a listener */
	{ "crun", "1.8.1",
	  crun_1_8_1_needed, ARRAY_SIZE(crun_1_8_1_needed),
	  crun_1_8_1_seen, ARRAY_SIZE(crun_1_8_1_seen),
	  crun_1_8_1_without_nnp, ARRAY_SIZE(crun_1_8_1_without_nnp),
	  crun_1_8_1_sometimes, ARRAY_SIZE(crun_1_8_1_sometimes) },
	/* x86_64, Linux 6.18: 561 starts, none new in the last 545; 60 with a listener */
	{ "crun", "1.21",
	  crun_1_21_needed, ARRAY_SIZE(crun_1_21_needed),
	  crun_1_21_seen, ARRAY_SIZE(crun_1_21_seen),
	  crun_1_21_without_nnp, ARRAY_SIZE(crun_1_21_without_nnp),
	  crun_1_21_sometimes, ARRAY_SIZE(crun_1_21_sometimes) },
	/* x86_64, Linux 6.18: 819 starts, none new in the last 803; 60 with a listener */
	{ "runc", "1.1.5",
	  runc_1_1_5_needed, ARRAY_SIZE(runc_1_1_5_needed),
	  runc_1_1_5_seen, ARRAY_SIZE(runc_1_1_5_seen),
	  runc_1_1_5_without_nnp, ARRAY_SIZE(runc_1_1_5_without_nnp),
	  runc_1_1_5_sometimes, ARRAY_SIZE(runc_1_1_5_sometimes) },
	/* x86_64, Linux 6.18: 663 starts, none new in the last 647; 60 with a listener */
	{ "runc", "1.1.15",
	  runc_1_1_15_needed, ARRAY_SIZE(runc_1_1_15_needed),
	  runc_1_1_15_seen, ARRAY_SIZE(runc_1_1_15_seen),
	  runc_1_1_15_without_nnp, ARRAY_SIZE(runc_1_1_15_without_nnp),
	  runc_1_1_15_sometimes, ARRAY_SIZE(runc_1_1_15_sometimes) },
};
/* clang-format on */

const struct base_table base_table_builtin = { .sets = sets, .n_sets = ARRAY_SIZE(sets) };
