/* SPDX-License-Identifier: Apache-2.0 */

#include "base/util.h"
#include "profile/bases.h"

static const char *const crun_1_8_1[] = { "execve", "exit_group" };

static const char *const runc_1_1_5_needed[] = {
	"close", "execve", "exit_group", "fstatfs", "futex", "getdents64", "openat", "write",
};

static const char *const runc_1_1_5_seen[] = {
	"capget",       "capset",      "chdir",      "close",     "epoll_ctl",    "epoll_pwait",
	"execve",       "exit_group",  "fchown",     "fcntl",     "fstat",        "fstatfs",
	"futex",        "getcwd",      "getdents64", "getgid",    "getpid",       "getppid",
	"gettid",       "getuid",      "lstat",      "mmap",      "munmap",       "nanosleep",
	"newfstatat",   "openat",      "prctl",      "read",      "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "sched_yield", "setgid",     "setgroups", "setuid",       "stat",
	"tgkill",       "write",
};

static const struct base_set sets[] = {
	{ "crun", "1.8.1", crun_1_8_1, ARRAY_SIZE(crun_1_8_1), crun_1_8_1, ARRAY_SIZE(crun_1_8_1) },
	{ "runc", "1.1.5", runc_1_1_5_needed, ARRAY_SIZE(runc_1_1_5_needed), runc_1_1_5_seen,
	  ARRAY_SIZE(runc_1_1_5_seen) },
};

const struct base_table base_table_builtin = { .sets = sets, .n_sets = ARRAY_SIZE(sets) };
