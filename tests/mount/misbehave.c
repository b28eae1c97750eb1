/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Linked into the real worker, in front of some of its functions (the linker's --wrap): a request
 * makes it do what somebody would who has taken it over. In the thread of the data plane it is a name
 * that is not there and begins with "try-"; in that of the control plane, a patch with such a word;
 * in the notifier, such a name of a process that wrote a patch and was killed. What a call that
 * returns gave is in the log, or is the answer.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "base/util.h"

#define PREFIX "try-"

/* Of a call of another architecture that the kernel may have as well; elsewhere there is no such
 * number. */
#define X32_SYSCALL_BIT 0x40000000

struct miss_log;
struct result;
struct snapshot;
struct store;

void __real_miss_log_note(struct miss_log *misses, const struct snapshot *snapshot,
                          const char *name, pid_t thread);
void __wrap_miss_log_note(struct miss_log *misses, const struct snapshot *snapshot,
                          const char *name, pid_t thread);
int __real_store_patch(struct store *store, const void *bytes, size_t n_bytes,
                       struct result *result);
int __wrap_store_patch(struct store *store, const void *bytes, size_t n_bytes,
                       struct result *result);
bool __real_asker_is_killed(pid_t thread);
bool __wrap_asker_is_killed(pid_t thread);

static const char *const words[] = { "/bin/true", NULL };
static const struct clone_args process = { .exit_signal = SIGCHLD };

static const struct attempt {
	const char *name;
	long number;
	long arguments[6];
} attempts[] = {
	{ "execve", SYS_execve, { (long)"/bin/true", (long)words, 0 } },
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "unix-socket", SYS_socket, { AF_UNIX, SOCK_DGRAM, 0 } },
	{ "mount", SYS_mount, { (long)"none", (long)"/tmp", (long)"tmpfs", 0, 0 } },
	{ "setuid", SYS_setuid, { 1 } },
	{ "fork", SYS_clone, { SIGCHLD } },
	{ "clone3", SYS_clone3, { (long)&process, sizeof(process) } },
	{ "user-namespace", SYS_unshare, { CLONE_NEWUSER } },
	{ "code", SYS_mmap, { 0, 4096, PROT_EXEC | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1 } },
	{ "ptrace", SYS_ptrace, { PTRACE_TRACEME } },
	{ "kill", SYS_kill, { 1, 0 } },
	{ "thread-signal", SYS_tgkill, { 1, 1, SIGURG } },
	{ "x32", SYS_getpid | X32_SYSCALL_BIT },
	{ "prctl", SYS_prctl, { PR_SET_DUMPABLE, 0 } },
	{ "map-name", SYS_prctl, { PR_SET_VMA, -1 } },
	{ "shadow", SYS_openat, { AT_FDCWD, (long)"/etc/shadow", O_RDONLY } },
	{ "passwd", SYS_openat, { AT_FDCWD, (long)"/etc/passwd", O_RDONLY } },
	{ "new-file", SYS_openat, { AT_FDCWD, (long)"/run/misbehave", O_WRONLY | O_CREAT, 0600 } },
	{ "sysctl", SYS_openat, { AT_FDCWD, (long)"/proc/sys/kernel/core_pattern", O_WRONLY } },
	{ "memory", SYS_openat, { AT_FDCWD, (long)"/proc/1/mem", O_RDWR } },
};

/* text begins with the name of one. Its errno, 0, or -1: there is no such attempt. */
static int try(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const struct attempt *attempt = &attempts[i];
		const long *a = attempt->arguments;
		size_t n = strlen(attempt->name);

		if (strncmp(text, attempt->name, n) != 0 || text[n] == '-')
			continue;
		return syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
	}
	return -1;
}

static void try_and_log(const char *where, const char *text)
{
	int error = try(text);

	log_notice("%s: %.*s: %s", where, (int)strcspn(text, " \n}:"), text,
	           error < 0 ? "unknown" : strerror(error));
}

void __wrap_miss_log_note(struct miss_log *misses, const struct snapshot *snapshot,
                          const char *name, pid_t thread)
{
	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		try_and_log("data plane", name + strlen(PREFIX));
	else
		__real_miss_log_note(misses, snapshot, name, thread);
}

int __wrap_store_patch(struct store *store, const void *bytes, size_t n_bytes,
                       struct result *result)
{
	_cleanup_(freep) char *text = strndup(bytes, n_bytes);
	const char *found = text ? strstr(text, PREFIX) : NULL;

	if (found)
		try_and_log("control plane", found + strlen(PREFIX));
	return __real_store_patch(store, bytes, n_bytes, result);
}

/* The notifier has no log: killed or not is whether the call failed. */
bool __wrap_asker_is_killed(pid_t thread)
{
	char path[64], name[32] = "";
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, name, sizeof(name) - 1) < 0 || strncmp(name, PREFIX, strlen(PREFIX)))
		return __real_asker_is_killed(thread);
	name[strcspn(name, "\n")] = '\0';
	return try(name + strlen(PREFIX)) > 0;
}
