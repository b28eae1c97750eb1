/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "base/util.h"
#include "profile/syscalls.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Of Moby's default profile (profiles/seccomp/default.json), with the capabilities of a container that
 * asks for nothing. Not here are the calls that it lets with certain arguments (clone, personality,
 * socket), and those that no kernel of today has.
 */
static const struct {
	const char *reason;
	const char *const *names;
} dangers[] = {
	{ "mounts or changes mounts",
	  LIST("fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
	       "open_tree", "open_tree_attr", "umount", "umount2") },
	{ "changes the root directory of processes", LIST("fchroot", "pivot_root") },
	{ "makes or enters namespaces", LIST("setns", "unshare") },
	{ "loads code into the kernel", LIST("create_module", "finit_module", "init_module") },
	{ "removes code from the kernel", LIST("delete_module") },
	{ "reads the kernel's symbols", LIST("get_kernel_syms", "query_module") },
	{ "loads another kernel", LIST("kexec_file_load", "kexec_load") },
	{ "loads programs into the kernel", LIST("bpf") },
	{ "observes the kernel and other processes", LIST("lookup_dcookie", "perf_event_open") },
	{ "opens files that are not below the container's root", LIST("open_by_handle_at") },
	{ "watches whole file systems", LIST("fanotify_init") },
	{ "restarts or halts the machine", LIST("reboot") },
	{ "sets the machine's clock",
	  LIST("clock_settime", "clock_settime64", "settimeofday", "stime") },
	{ "sets the machine's swap space", LIST("swapoff", "swapon") },
	{ "sets the machine's name where it has no namespace of its own",
	  LIST("setdomainname", "sethostname") },
	{ "reads or changes kernel parameters", LIST("_sysctl") },
	{ "reads or clears the kernel's log", LIST("syslog") },
	{ "turns the accounting of processes on or off", LIST("acct") },
	{ "sets quotas of file systems", LIST("quotactl", "quotactl_fd") },
	{ "drives the kernel's server of NFS", LIST("nfsservctl") },
	{ "has access to ports of devices", LIST("ioperm", "iopl") },
	{ "has access to devices on the PCI bus",
	  LIST("pciconfig_iobase", "pciconfig_read", "pciconfig_write", "s390_pci_mmio_read",
	       "s390_pci_mmio_write") },
	{ "uses keys, which know no namespaces", LIST("add_key", "keyctl", "request_key") },
	{ "does calls that no filter sees",
	  LIST("io_uring_enter", "io_uring_register", "io_uring_setup") },
	{ "stops the kernel at a page, which helps to exploit it", LIST("userfaultfd") },
	{ "reaches into other processes", LIST("kcmp", "pidfd_getfd", "process_madvise") },
	{ "decides where memory of processes is",
	  LIST("get_mempolicy", "mbind", "migrate_pages", "move_pages", "set_mempolicy",
	       "set_mempolicy_home_node") },
	{ "hangs up a terminal", LIST("vhangup") },
	{ "tells of the kernel's file systems", LIST("sysfs", "ustat") },
	{ "loads a library the old way", LIST("uselib") },
	{ "runs code in 16-bit mode", LIST("vm86", "vm86old") },
};

static bool is_among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

const char *syscall_danger(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(dangers); i++)
		if (is_among(name, dangers[i].names))
			return dangers[i].reason;
	return NULL;
}

/* Whose siblings, NULL: any of them is all others'. */
static const struct {
	const char *const *whose;
	const char *const *siblings;
} groups[] = {
	{ NULL, LIST("accept", "accept4") },
	{ NULL, LIST("access", "faccessat", "faccessat2") },
	{ LIST("adjtimex"), LIST("clock_adjtime", "clock_adjtime64") },
	{ LIST("chmod"), LIST("fchmod", "fchmodat", "fchmodat2") },
	{ LIST("fchmodat", "fchmodat2"), LIST("chmod", "fchmodat", "fchmodat2") },
	{ NULL, LIST("chown", "chown32", "fchown", "fchown32", "fchownat", "lchown", "lchown32") },
	{ NULL, LIST("clock_settime", "clock_settime64", "settimeofday", "stime") },
	{ NULL, LIST("clone", "clone3") },
	{ NULL, LIST("creat", "open", "openat", "openat2") },
	{ NULL, LIST("execve", "execveat") },
	{ NULL, LIST("finit_module", "init_module") },
	{ LIST("fork", "vfork"), LIST("clone", "clone3", "fork", "vfork") },
	{ NULL, LIST("kexec_file_load", "kexec_load") },
	{ NULL, LIST("kill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tgkill",
	             "tkill") },
	{ NULL, LIST("link", "linkat") },
	{ NULL, LIST("mkdir", "mkdirat") },
	{ NULL, LIST("mknod", "mknodat") },
	{ NULL, LIST("mmap", "mmap2") },
	{ LIST("mount"),
	  LIST("fsopen", "fspick", "mount_setattr", "move_mount", "open_tree", "open_tree_attr") },
	{ LIST("fsopen", "fspick", "fsmount", "fsconfig", "move_mount"), LIST("mount") },
	{ LIST("mount_setattr"), LIST("mount", "open_tree_attr") },
	{ LIST("open_tree"), LIST("mount", "open_tree_attr") },
	{ LIST("open_tree_attr"), LIST("mount", "mount_setattr", "open_tree") },
	{ NULL, LIST("mprotect", "pkey_mprotect") },
	{ LIST("process_vm_readv", "process_vm_writev"), LIST("ptrace") },
	{ LIST("ptrace"), LIST("process_vm_readv", "process_vm_writev") },
	{ NULL, LIST("quotactl", "quotactl_fd") },
	{ NULL, LIST("recvmmsg", "recvmmsg_time64", "recvmsg") },
	{ NULL, LIST("rename", "renameat", "renameat2") },
	{ LIST("rmdir"), LIST("unlinkat") },
	{ NULL, LIST("sendmmsg", "sendmsg") },
	{ NULL, LIST("setgid", "setgid32", "setregid", "setregid32", "setresgid", "setresgid32") },
	{ NULL, LIST("setrlimit", "prlimit64") },
	{ NULL, LIST("setuid", "setuid32", "setresuid", "setresuid32", "setreuid", "setreuid32") },
	{ NULL, LIST("setxattr", "fsetxattr", "lsetxattr", "setxattrat") },
	{ NULL, LIST("removexattr", "fremovexattr", "lremovexattr", "removexattrat") },
	{ LIST("sched_setscheduler", "sched_setparam"), LIST("sched_setattr") },
	{ NULL, LIST("symlink", "symlinkat") },
	{ NULL, LIST("truncate", "truncate64") },
	{ NULL, LIST("umount", "umount2") },
	{ NULL, LIST("unlink", "unlinkat") },
	{ NULL, LIST("futimesat", "utime", "utimensat", "utimensat_time64", "utimes") },
};

const char *const *syscall_siblings(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (is_among(name, groups[i].whose ? groups[i].whose : groups[i].siblings))
			return groups[i].siblings;
	return NULL;
}

/* linux/net.h and linux/ipc.h */
static const struct {
	const char *name;
	const char *multiplexer;
	unsigned int number;
} multiplexed[] = {
	{ "socket", "socketcall", 1 },
	{ "bind", "socketcall", 2 },
	{ "connect", "socketcall", 3 },
	{ "listen", "socketcall", 4 },
	{ "accept", "socketcall", 5 },
	{ "getsockname", "socketcall", 6 },
	{ "getpeername", "socketcall", 7 },
	{ "socketpair", "socketcall", 8 },
	{ "send", "socketcall", 9 },
	{ "recv", "socketcall", 10 },
	{ "sendto", "socketcall", 11 },
	{ "recvfrom", "socketcall", 12 },
	{ "shutdown", "socketcall", 13 },
	{ "setsockopt", "socketcall", 14 },
	{ "getsockopt", "socketcall", 15 },
	{ "sendmsg", "socketcall", 16 },
	{ "recvmsg", "socketcall", 17 },
	{ "accept4", "socketcall", 18 },
	{ "recvmmsg", "socketcall", 19 },
	{ "sendmmsg", "socketcall", 20 },
	{ "semop", "ipc", 1 },
	{ "semget", "ipc", 2 },
	{ "semctl", "ipc", 3 },
	{ "semtimedop", "ipc", 4 },
	{ "msgsnd", "ipc", 11 },
	{ "msgrcv", "ipc", 12 },
	{ "msgget", "ipc", 13 },
	{ "msgctl", "ipc", 14 },
	{ "shmat", "ipc", 21 },
	{ "shmdt", "ipc", 22 },
	{ "shmget", "ipc", 23 },
	{ "shmctl", "ipc", 24 },
};

const char *syscall_multiplexer(const char *name, uint64_t *numberp)
{
	for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++) {
		if (strcmp(multiplexed[i].name, name) != 0)
			continue;
		*numberp = multiplexed[i].number;
		return multiplexed[i].multiplexer;
	}
	return NULL;
}
