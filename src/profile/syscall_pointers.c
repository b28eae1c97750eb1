/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which arguments are addresses, from the manual pages and the prototypes in the kernel's
 * include/linux/syscalls.h. An argument counts where the kernel reads or writes what is there. Not in the
 * table is what is no address for certain:
 * - what a command or another argument makes one: the last arguments of ioctl, fcntl, prctl,
 *   arch_prctl, keyctl, ptrace, semctl and sysfs, the fourth of futex;
 * - an address that is meant itself: those of mmap, mprotect, brk, shmat and their like;
 * - the second of clone, which on s390 has the flags.
 */

#include <string.h>

#include "base/util.h"
#include "profile/syscalls.h"

enum {
	A0 = 1U << 0,
	A1 = 1U << 1,
	A2 = 1U << 2,
	A3 = 1U << 3,
	A4 = 1U << 4,
	A5 = 1U << 5,
};

/* clang-format off */
static const struct {
	unsigned int arguments; /* bit N: argument N */
	const char *names;      /* with a space between */
} pointers[] = {
	{ A0,
	  "_sysctl access acct adjtimex chdir chmod chown chown32 chroot clone3 creat "
	  "create_module delete_module fsopen ftime futex_requeue futex_wake get_kernel_syms "
	  "get_thread_area getcwd getrandom landlock_create_ruleset lchown lchown32 "
	  "memfd_create mkdir mknod mq_unlink oldolduname olduname open perf_event_open pipe "
	  "pipe2 poll rmdir rseq rt_sigpending rt_sigsuspend rtas set_robust_list "
	  "set_thread_area set_tid_address setdomainname sethostname sigpending spu_create "
	  "stime swapoff swapon sysinfo time times truncate truncate64 umount umount2 uname "
	  "unlink uselib" },
	{ A0 | A1,
	  "capget capset get_mempolicy gettimeofday link listmount listns listxattr llistxattr "
	  "lremovexattr lsm_list_modules lstat lstat64 nanosleep oldlstat oldstat pivot_root "
	  "readlink removexattr rename settimeofday sigaltstack stat stat64 statfs statmount "
	  "swapcontext symlink utime utimes" },
	{ A0 | A1 | A2,
	  "add_key execve getcpu getresgid getresgid32 getresuid getresuid32 getxattr lgetxattr "
	  "lsetxattr request_key rt_sigtimedwait rt_sigtimedwait_time64 setxattr" },
	{ A0 | A1 | A2 | A4, "mount" },
	{ A0 | A2, "init_module statfs64 symlinkat" },
	{ A0 | A2 | A3, "ppoll ppoll_time64" },
	{ A0 | A2 | A4, "query_module" },
	{ A0 | A3, "futex_waitv mq_open riscv_hwprobe" },
	{ A0 | A4, "futex futex_time64 futex_wait" },
	{ A1,
	  "bind clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
	  "clock_gettime64 clock_settime clock_settime64 connect epoll_wait epoll_wait_old "
	  "faccessat faccessat2 fchmodat fchmodat2 fchownat finit_module flistxattr "
	  "fremovexattr fspick fstat fstat64 fstatfs getdents getdents64 getgroups getgroups32 "
	  "getitimer getrlimit getrusage inotify_add_watch io_setup io_uring_setup "
	  "lookup_dcookie lsm_set_self_attr mkdirat mknodat modify_ldt mq_notify msgrcv msgsnd "
	  "oldfstat open_by_handle_at open_tree openat pread64 preadv preadv2 process_madvise "
	  "pwrite64 pwritev pwritev2 read readdir readv recv recvmsg s390_pci_mmio_read "
	  "s390_pci_mmio_write sched_getattr sched_getparam sched_rr_get_interval "
	  "sched_rr_get_interval_time64 sched_setattr sched_setparam semop send sendmmsg "
	  "sendmsg set_mempolicy setgroups setgroups32 setrlimit signalfd signalfd4 socketcall "
	  "syslog timer_gettime timer_gettime64 timerfd_gettime timerfd_gettime64 ugetrlimit "
	  "unlinkat ustat vmsplice waitpid write writev" },
	{ A1 | A2,
	  "accept accept4 cachestat fgetxattr file_getattr file_setattr fsetxattr fstatat64 "
	  "futimesat get_robust_list getpeername getsockname io_cancel lsm_get_self_attr "
	  "mq_getsetattr newfstatat nfsservctl openat2 readlinkat rt_sigaction rt_sigprocmask "
	  "s390_sthyi setitimer sigaction sigprocmask spu_run timer_create utimensat "
	  "utimensat_time64" },
	{ A1 | A2 | A3, "execveat name_to_handle_at" },
	{ A1 | A2 | A3 | A4, "_newselect select" },
	{ A1 | A2 | A3 | A4 | A5, "pselect6 pselect6_time64" },
	{ A1 | A3,
	  "bpf copy_file_range linkat listxattrat mount_setattr move_mount open_tree_attr "
	  "process_vm_readv process_vm_writev quotactl removexattrat renameat renameat2 "
	  "semtimedop semtimedop_time64 splice wait4" },
	{ A1 | A3 | A4,
	  "epoll_pwait2 getxattrat mq_timedreceive mq_timedreceive_time64 setxattrat" },
	{ A1 | A4,
	  "epoll_pwait mq_timedsend mq_timedsend_time64 recvmmsg recvmmsg_time64 sendto statx" },
	{ A1 | A4 | A5, "recvfrom" },
	{ A2,
	  "fstatfs64 io_submit io_uring_register kexec_load landlock_add_rule mincore msgctl "
	  "pidfd_send_signal rt_sigqueueinfo sched_getaffinity sched_setaffinity "
	  "sched_setscheduler seccomp sendfile sendfile64 shmctl subpage_prot" },
	{ A2 | A3,
	  "clock_nanosleep clock_nanosleep_time64 fsconfig migrate_pages prlimit64 "
	  "timer_settime timer_settime64 timerfd_settime timerfd_settime64" },
	{ A2 | A3 | A4, "clone move_pages" },
	{ A2 | A4, "waitid" },
	{ A3,
	  "_llseek epoll_ctl epoll_ctl_old kexec_file_load llseek mbind quotactl_fd reboot "
	  "rt_tgsigqueueinfo setsockopt socketpair" },
	{ A3 | A4, "getsockopt io_getevents" },
	{ A3 | A4 | A5, "io_pgetevents io_pgetevents_time64" },
	{ A4, "io_uring_enter ipc pciconfig_read pciconfig_write" },
	{ A4 | A5, "fanotify_mark" },
};
/* clang-format on */

static bool is_among(const char *name, const char *names)
{
	size_t n = strlen(name);

	for (const char *p = names; *p; p += strspn(p, " ")) {
		size_t n_word = strcspn(p, " ");

		if (n_word == n && memcmp(p, name, n) == 0)
			return true;
		p += n_word;
	}
	return false;
}

bool syscall_has_pointer(const char *name, unsigned int index)
{
	if (index > 5)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++)
		if (pointers[i].arguments >> index & 1 && is_among(name, pointers[i].names))
			return true;
	return false;
}
