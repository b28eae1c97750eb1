/* SPDX-License-Identifier: Apache-2.0 */

#include "deny_width.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "document/scalar.h"
#include "profile/ruleset.h"
#include "value_set.h"

enum {
	A0 = 1U << 0,
	A1 = 1U << 1,
	A2 = 1U << 2,
	A3 = 1U << 3,
	A4 = 1U << 4,
	A5 = 1U << 5,
};

/*
 * Which arguments are int or unsigned int, from the prototypes in the kernel's
 * include/linux/syscalls.h: those by which somebody may want to deny a call. Flags of clone,
 * unshare and mount are long.
 */
static const struct {
	const char *name;
	unsigned int arguments; /* bit N: argument N */
} narrow[] = {
	{ "accept", A0 },
	{ "accept4", A0 | A3 },
	{ "add_key", A4 },
	{ "arch_prctl", A0 },
	{ "bind", A0 | A2 },
	{ "bpf", A0 | A2 },
	{ "clone3", 0 },
	{ "connect", A0 | A2 },
	{ "copy_file_range", A0 | A2 | A5 },
	{ "delete_module", A1 },
	{ "dup3", A0 | A1 | A2 },
	{ "epoll_create1", A0 },
	{ "epoll_ctl", A0 | A1 | A2 },
	{ "eventfd2", A0 | A1 },
	{ "execveat", A0 | A4 },
	{ "fallocate", A0 | A1 },
	{ "fanotify_init", A0 | A1 },
	{ "fanotify_mark", A0 | A1 | A3 },
	{ "fcntl", A0 | A1 },
	{ "fcntl64", A0 | A1 },
	{ "finit_module", A0 | A2 },
	{ "fsconfig", A0 | A1 | A4 },
	{ "fsmount", A0 | A1 | A2 },
	{ "fsopen", A1 },
	{ "fspick", A0 | A2 },
	{ "futex", A1 | A2 | A5 },
	{ "getpeername", A0 },
	{ "getrandom", A2 },
	{ "getsockname", A0 },
	{ "getsockopt", A0 | A1 | A2 },
	{ "inotify_add_watch", A0 | A2 },
	{ "inotify_init1", A0 },
	{ "io_setup", A0 },
	{ "io_uring_enter", A0 | A1 | A2 | A3 },
	{ "io_uring_register", A0 | A1 | A3 },
	{ "io_uring_setup", A0 },
	{ "ioctl", A0 | A1 },
	{ "ipc", A0 | A1 },
	{ "kcmp", A0 | A1 | A2 },
	{ "kexec_file_load", A0 | A1 },
	{ "keyctl", A0 },
	{ "kill", A0 | A1 },
	{ "landlock_add_rule", A0 | A1 | A3 },
	{ "landlock_create_ruleset", A2 },
	{ "landlock_restrict_self", A0 | A1 },
	{ "linkat", A0 | A2 | A4 },
	{ "listen", A0 | A1 },
	{ "madvise", A2 },
	{ "mbind", A5 },
	{ "membarrier", A0 | A1 },
	{ "memfd_create", A1 },
	{ "memfd_secret", A0 },
	{ "migrate_pages", A0 },
	{ "mlock2", A2 },
	{ "mlockall", A0 },
	{ "mount_setattr", A0 | A2 },
	{ "move_mount", A0 | A2 | A4 },
	{ "move_pages", A0 | A5 },
	{ "mq_open", A1 },
	{ "msgctl", A0 | A1 },
	{ "msgget", A0 | A1 },
	{ "msgrcv", A0 | A4 },
	{ "msgsnd", A0 | A3 },
	{ "name_to_handle_at", A0 | A4 },
	{ "open", A1 | A2 },
	{ "open_by_handle_at", A0 | A2 },
	{ "open_tree", A0 | A2 },
	{ "openat", A0 | A2 | A3 },
	{ "perf_event_open", A1 | A2 | A3 },
	{ "personality", A0 },
	{ "pidfd_getfd", A0 | A1 | A2 },
	{ "pidfd_open", A0 | A1 },
	{ "pidfd_send_signal", A0 | A1 | A3 },
	{ "pipe2", A1 },
	{ "pkey_mprotect", A3 },
	{ "prctl", A0 },
	{ "prlimit64", A0 | A1 },
	{ "process_vm_readv", A0 },
	{ "process_vm_writev", A0 },
	{ "quotactl", A0 | A2 },
	{ "reboot", A0 | A1 | A2 },
	{ "recvfrom", A0 | A3 },
	{ "recvmmsg", A0 | A2 | A3 },
	{ "recvmsg", A0 | A2 },
	{ "renameat2", A0 | A2 | A4 },
	{ "request_key", A3 },
	{ "seccomp", A0 | A1 },
	{ "semctl", A0 | A1 | A2 },
	{ "semget", A0 | A1 | A2 },
	{ "sendmmsg", A0 | A2 | A3 },
	{ "sendmsg", A0 | A2 },
	{ "sendto", A0 | A3 },
	{ "set_mempolicy", A0 },
	{ "setns", A0 | A1 },
	{ "setrlimit", A0 },
	{ "setsockopt", A0 | A1 | A2 | A4 },
	{ "shmat", A0 | A2 },
	{ "shmctl", A0 | A1 },
	{ "shmget", A0 | A2 },
	{ "shutdown", A0 | A1 },
	{ "signalfd4", A0 | A3 },
	{ "socket", A0 | A1 | A2 },
	{ "socketcall", A0 },
	{ "socketpair", A0 | A1 | A2 },
	{ "splice", A0 | A2 | A5 },
	{ "swapon", A1 },
	{ "syslog", A0 | A2 },
	{ "tee", A0 | A2 | A3 },
	{ "tgkill", A0 | A1 | A2 },
	{ "timerfd_create", A0 | A1 },
	{ "tkill", A0 | A1 },
	{ "umount2", A1 },
	{ "unlinkat", A0 | A2 },
	{ "userfaultfd", A0 },
	{ "vmsplice", A0 | A3 },
};

static bool is_narrow(const char *name, uint64_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(narrow); i++) {
		if (strcmp(narrow[i].name, name) == 0)
			return narrow[i].arguments >> index & 1;
	}
	return false;
}

/* Whether some value that the condition denies passes with other upper bits. */
static bool is_passed_by(const struct rule_argument *argument)
{
	switch (argument->comparison) {
	case COMPARE_MASKED_EQ:
		return argument->value > UINT32_MAX;
	case COMPARE_EQ:
	case COMPARE_LT:
	case COMPARE_LE:
		return true;
	default:
		return false;
	}
}

static void warn(struct check *check, const struct node *node, const struct path *path,
                 const char *name, const struct rule_argument *argument)
{
	char remedy[128] = "compare by SCMP_CMP_MASKED_EQ with a mask of the lower 32 bits";

	if (!check_may_warn(check))
		return;
	if (argument->comparison == COMPARE_EQ)
		snprintf(remedy, sizeof(remedy),
		         "write {index: %" PRIu32 ", op: SCMP_CMP_MASKED_EQ, value: 4294967295, "
		         "valueTwo: %" PRIu64 "}",
		         argument->index, argument->value & UINT32_MAX);
	node_finding(check->diag, DIAG_WARNING, "deny-upper-bits", node, path, remedy,
	             "the kernel takes the lower 32 bits of argument %" PRIu32
	             " of %s: a call with "
	             "others above them is not denied",
	             argument->index, name);
}

static void warn_of_condition(struct check *check, const struct node *names,
                              const struct node *condition, const struct path *path)
{
	struct rule_argument argument = { 0 };
	uint64_t index;

	if (!scalar_get_uint64(node_resolve(node_find(condition, "index")), &index) ||
	    !scalar_get_uint64(node_resolve(node_find(condition, "value")), &argument.value) ||
	    !comparison_parse(node_resolve(node_find(condition, "op"))->text,
	                      &argument.comparison) ||
	    !is_passed_by(&argument))
		return;
	argument.index = (uint32_t)index;
	for (size_t i = 0; i < names->n; i++) {
		const char *name = node_resolve(names->items[i])->text;

		if (is_narrow(name, index)) {
			warn(check, condition, path, name, &argument);
			return;
		}
	}
}

void deny_warn_width(struct check *check, const struct node *names, const struct node *arguments,
                     const struct path *path)
{
	if (!check_is_given(arguments))
		return;
	for (size_t i = 0; i < arguments->n; i++) {
		struct path way = { .up = path, .index = i };

		warn_of_condition(check, names, node_resolve(arguments->items[i]), &way);
	}
}
