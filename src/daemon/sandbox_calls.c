/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lists. A call that is in none of them ends the process with SIGSYS: the supervisor says
 * "killed by signal 31", and the kernel's log has a line with "syscall=" and its number, which
 * `scmp_sys_resolver NUMBER` names. docs/design.md says how to renew them.
 *
 * Names that an architecture does not have are passed over: poll(2) is ppoll on aarch64, and the
 * calls that end in 64 are those of 32 bits.
 */

#include "sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* Of whoever runs: memory, locks, the clock, the end, and abort(3). */
static const char *const process_calls[] = {
	"brk",
	"clock_gettime",
	"clock_gettime64",
	"exit",
	"exit_group",
	"futex",
	"futex_time64",
	"getpid",
	"getrandom", /* malloc(3); base/replacement: the names of temporary files */
	"gettid",
	"gettimeofday",
	"madvise",
	"mremap",
	"munmap",
	"restart_syscall",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sched_getaffinity", /* malloc(3): how many arenas */
	"sched_yield",
	"sysinfo", /* qsort(3): how much memory there is */
	"time",
};

/* Descriptors that are open: fs/session, fs/notifier, base/log, base/file. */
static const char *const descriptor_calls[] = {
	"close",    "poll", "ppoll",  "ppoll_time64", "read",   "recv",
	"recvfrom", "send", "sendto", "write",        "writev",
};

/* base/path, daemon/path_walk, fs/asker: to find a file, and read it; open comes below. */
static const char *const read_calls[] = {
	"fstat",      "fstat64",  "fstatat64",  "lseek", "_llseek", "lstat", "lstat64",
	"newfstatat", "readlink", "readlinkat", "stat",  "stat64",  "statx",
};

static const char *const worker_calls[] = {
	/* base/replacement, base/file, model/replaced, model/last_good: what a commit does. */
	"fchmod",
	"fchown",
	"fchown32",
	"fgetxattr",
	"fremovexattr",
	"fsetxattr",
	"fsync",
	"sync_file_range",
	"sync_file_range2", /* on 32 bits of ARM and on PowerPC */
	"ftruncate",
	"ftruncate64",
	"getdents64",
	"linkat", /* model/store_load: a broken state gets another name */
	"mkdir",
	"mkdirat",
	"open",
	"openat",
	"rename",
	"renameat",
	"renameat2",
	"unlink",
	"unlinkat",
	/* model/config_file, daemon/needs: whether the config may be written, and by whom. */
	"faccessat",
	"faccessat2",
	"getegid",
	"getegid32",
	"geteuid",
	"geteuid32",
	/* fuse_session_new(3), for the options of a mount that it does not make. */
	"getgid",
	"getgid32",
	"getuid",
	"getuid32",
	/* model/store_load: the lock of the state, and a pause until it is free. */
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"flock",
	"nanosleep",
	/* fs/flight: the requests are kept in memory. */
	"mlock",
	/* daemon/check: requests in flight of its own. */
	"memfd_create",
	"sendfile",
	"sendfile64",
	/* fs/notifier: messages for it; its end. */
	"sendmsg",
	"shutdown",
	/* fs/readable: what a session waits for. */
	"epoll_pwait",
	"epoll_wait",
	/* daemon/worker: what ends it. */
	"dup", /* perror(3), as libfuse uses it */
	"dup2",
	"dup3",
	"epoll_create1",
	"epoll_ctl",
	"eventfd2",
	"signalfd4",
	/* daemon/config_watch, path_watch. */
	"inotify_add_watch",
	"inotify_rm_watch",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_settime64",
	/* pthread_create(3), besides clone. */
	"rseq",
	"set_robust_list",
};

#ifdef SANITIZED
/* The shadow memory, stacks and threads of the sanitizers; their look for leaks at the end, which
 * stops the process from a thread that shares nothing but memory. */
static const char *const sanitizer_calls[] = {
	"arch_prctl",
	"clone",
	"getppid",
	"getrlimit",
	"kill",
	"mincore",
	"mmap",
	"mprotect",
	"prctl",
	"prlimit64",
	"process_vm_readv",
	"ptrace",
	"set_tid_address",
	"sigaltstack",
	"tgkill",
	"wait4",
	"waitid",
	"getdents",
	"getcwd",
	"uname",
	"fcntl",
};
#endif

static int allow(scmp_filter_ctx filter, const char *const *names, size_t n_names)
{
	int r = 0;

	for (size_t i = 0; i < n_names && !r; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call != __NR_SCMP_ERROR)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	return r;
}

#define ALLOW(filter, names) allow(filter, names, ARRAY_SIZE(names))

/* One argument of a call, under a mask. */
static int allow_if(scmp_filter_ctx filter, const char *name, unsigned int argument,
                    scmp_datum_t mask, scmp_datum_t value)
{
	int call = seccomp_syscall_resolve_name(name);

	return call == __NR_SCMP_ERROR
	               ? 0
	               : seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
	                                  SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

#define ALL_BITS UINT64_C(0xffffffff)

/* Memory that is written and then run is what an attacker wants. */
static int allow_memory(scmp_filter_ctx filter)
{
	int r = allow_if(filter, "mmap", 2, PROT_EXEC, 0);

	r = r ? r : allow_if(filter, "mmap2", 2, PROT_EXEC, 0);
	r = r ? r : allow_if(filter, "mprotect", 2, PROT_EXEC, 0);
	/* abort(3) */
	return r ? r : allow_if(filter, "tgkill", 2, ALL_BITS, SIGABRT);
}

/* Names of mappings, for whoever runs it with GLIBC_TUNABLES=glibc.mem.decorate_maps=1. */
static int allow_map_names(scmp_filter_ctx filter)
{
	return allow_if(filter, "prctl", 0, ALL_BITS, PR_SET_VMA);
}

#ifdef __s390__
#define CLONE_FLAGS 1 /* the argument; the stack comes first */
#else
#define CLONE_FLAGS 0
#endif

/* Threads and no processes. The arguments of clone3 are in memory, where no filter sees them: the C
 * library takes clone when there is none. */
static int allow_threads(scmp_filter_ctx filter)
{
	const unsigned int thread = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	const unsigned int spaces = CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS |
	                            CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWUTS;
	int r = allow_if(filter, "clone", CLONE_FLAGS, thread | spaces, thread);

	r = r ? r : allow_if(filter, "prctl", 0, ALL_BITS, PR_SET_NAME);
	return r ? r
	         : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
	                            seccomp_syscall_resolve_name("clone3"), 0);
}

/* fs/session, fs/flight, base/file (fdopendir): what is done with descriptors. */
static int allow_fcntl(scmp_filter_ctx filter)
{
	const int commands[] = { F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GET_SEALS };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands) && !r; i++) {
		r = allow_if(filter, "fcntl", 1, ALL_BITS, (scmp_datum_t)commands[i]);
		r = r ? r : allow_if(filter, "fcntl64", 1, ALL_BITS, (scmp_datum_t)commands[i]);
	}
	return r;
}

/* fs/asker reads /proc. The notifier is trusted with CAP_SYS_PTRACE for that, with which much there
 * could be written too. */
static int allow_open_to_read(scmp_filter_ctx filter)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int r = allow_if(filter, "open", 1, writing, O_RDONLY);

	return r ? r : allow_if(filter, "openat", 2, writing, O_RDONLY);
}

/* fs/asker: whether a thread is the first of its process. Nothing is sent. */
static int allow_to_ask_for_threads(scmp_filter_ctx filter)
{
	return allow_if(filter, "tgkill", 2, ALL_BITS, 0);
}

static int new_filter(scmp_filter_ctx *filterp)
{
	int r = 0;

	*filterp = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!*filterp)
		return -ENOMEM;
	/* Else such a call ends its thread alone, and nobody sees that the other one waits for it. */
	r = seccomp_attr_set(*filterp, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	r = r ? r : ALLOW(*filterp, process_calls);
	r = r ? r : ALLOW(*filterp, descriptor_calls);
	r = r ? r : ALLOW(*filterp, read_calls);
	r = r ? r : allow_memory(*filterp);
	r = r ? r : allow_map_names(*filterp);
#ifdef SANITIZED
	r = r ? r : ALLOW(*filterp, sanitizer_calls);
#endif
	return r;
}

static int load(scmp_filter_ctx filter, int r)
{
	r = r ? r : seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

int sandbox_limit_worker_calls(void)
{
	scmp_filter_ctx filter = NULL;
	int r = new_filter(&filter);

	r = r ? r : ALLOW(filter, worker_calls);
	r = r ? r : allow_fcntl(filter);
	r = r ? r : allow_threads(filter);
	r = r ? r : allow_to_ask_for_threads(filter);
	return load(filter, r);
}

/* fs/notifier: messages, and what is to be closed. */
static const char *const notifier_calls[] = {
	"recvmsg",
};

int sandbox_limit_notifier_calls(void)
{
	scmp_filter_ctx filter = NULL;
	int r = new_filter(&filter);

	r = r ? r : allow_open_to_read(filter);
	r = r ? r : ALLOW(filter, notifier_calls);
	return load(filter, r);
}
