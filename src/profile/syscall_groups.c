/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "profile/syscalls.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Of Moby's default profile (profiles/seccomp/default.json), with the capabilities of a container that
 * asks for nothing: what it blocks, and what it lets through with certain arguments only (clone,
 * personality, socket). Not here are those that no kernel of today has.
 */
static const struct danger {
	const char *name;
	const char *reason;
} dangers[] = {
	/* Sorted by name. */
	{ "_sysctl", "reads or changes kernel parameters" },
	{ "acct", "turns the accounting of processes on or off" },
	{ "add_key", "uses keys, which know no namespaces" },
	{ "bpf", "loads programs into the kernel" },
	{ "clock_settime", "sets the machine's clock" },
	{ "clock_settime64", "sets the machine's clock" },
	{ "clone", "makes namespaces, by its flags" },
	{ "clone3", "makes namespaces, by flags that no filter sees" },
	{ "create_module", "loads code into the kernel" },
	{ "delete_module", "removes code from the kernel" },
	{ "fanotify_init", "watches whole file systems" },
	{ "fchroot", "changes the root directory of processes" },
	{ "finit_module", "loads code into the kernel" },
	{ "fsconfig", "mounts or changes mounts" },
	{ "fsmount", "mounts or changes mounts" },
	{ "fsopen", "mounts or changes mounts" },
	{ "fspick", "mounts or changes mounts" },
	{ "get_kernel_syms", "reads the kernel's symbols" },
	{ "get_mempolicy", "decides where memory of processes is" },
	{ "init_module", "loads code into the kernel" },
	{ "io_uring_enter", "does calls that no filter sees" },
	{ "io_uring_register", "does calls that no filter sees" },
	{ "io_uring_setup", "does calls that no filter sees" },
	{ "ioperm", "has access to ports of devices" },
	{ "iopl", "has access to ports of devices" },
	{ "kcmp", "reaches into other processes" },
	{ "kexec_file_load", "loads another kernel" },
	{ "kexec_load", "loads another kernel" },
	{ "keyctl", "uses keys, which know no namespaces" },
	{ "lookup_dcookie", "observes the kernel and other processes" },
	{ "mbind", "decides where memory of processes is" },
	{ "migrate_pages", "decides where memory of processes is" },
	{ "mount", "mounts or changes mounts" },
	{ "mount_setattr", "mounts or changes mounts" },
	{ "move_mount", "mounts or changes mounts" },
	{ "move_pages", "decides where memory of processes is" },
	{ "nfsservctl", "drives the kernel's server of NFS" },
	{ "open_by_handle_at", "opens files that are not below the container's root" },
	{ "open_tree", "mounts or changes mounts" },
	{ "open_tree_attr", "mounts or changes mounts" },
	{ "pciconfig_iobase", "has access to devices on the PCI bus" },
	{ "pciconfig_read", "has access to devices on the PCI bus" },
	{ "pciconfig_write", "has access to devices on the PCI bus" },
	{ "perf_event_open", "observes the kernel and other processes" },
	{ "personality", "runs programs with weaker protection of their memory" },
	{ "pidfd_getfd", "reaches into other processes" },
	{ "pivot_root", "changes the root directory of processes" },
	{ "process_madvise", "reaches into other processes" },
	{ "query_module", "reads the kernel's symbols" },
	{ "quotactl", "sets quotas of file systems" },
	{ "quotactl_fd", "sets quotas of file systems" },
	{ "reboot", "restarts or halts the machine" },
	{ "request_key", "uses keys, which know no namespaces" },
	{ "s390_pci_mmio_read", "has access to devices on the PCI bus" },
	{ "s390_pci_mmio_write", "has access to devices on the PCI bus" },
	{ "set_mempolicy", "decides where memory of processes is" },
	{ "set_mempolicy_home_node", "decides where memory of processes is" },
	{ "setdomainname", "sets the machine's name where it has no namespace of its own" },
	{ "sethostname", "sets the machine's name where it has no namespace of its own" },
	{ "setns", "makes or enters namespaces" },
	{ "settimeofday", "sets the machine's clock" },
	{ "socket", "reaches the machine by families such as AF_VSOCK and AF_ALG" },
	{ "stime", "sets the machine's clock" },
	{ "swapoff", "sets the machine's swap space" },
	{ "swapon", "sets the machine's swap space" },
	{ "sysfs", "tells of the kernel's file systems" },
	{ "syslog", "reads or clears the kernel's log" },
	{ "umount", "mounts or changes mounts" },
	{ "umount2", "mounts or changes mounts" },
	{ "unshare", "makes or enters namespaces" },
	{ "uselib", "loads a library the old way" },
	{ "userfaultfd", "stops the kernel at a page, which helps to exploit it" },
	{ "ustat", "tells of the kernel's file systems" },
	{ "vhangup", "hangs up a terminal" },
	{ "vm86", "runs code in 16-bit mode" },
	{ "vm86old", "runs code in 16-bit mode" },
};

static bool is_among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static int compare_danger(const void *name, const void *danger)
{
	return strcmp(name, ((const struct danger *)danger)->name);
}

const char *syscall_danger(const char *name)
{
	const struct danger *danger = bsearch(name, dangers, ARRAY_SIZE(dangers),
	                                      sizeof(dangers[0]), compare_danger);

	return danger ? danger->reason : NULL;
}

const char *syscall_dangerous(size_t i)
{
	return i < ARRAY_SIZE(dangers) ? dangers[i].name : NULL;
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
