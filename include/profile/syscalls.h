#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Names of system calls: those of this host's libseccomp, and those of a table that
 * scripts/generate-syscalls makes of Debian's linux-libc-dev (src/profile/syscall_table.c), which is
 * newer than many a libseccomp.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum syscall_knowledge {
	SYSCALL_NATIVE,    /* libseccomp has a number for it on this architecture */
	SYSCALL_ELSEWHERE, /* of another architecture */
	SYSCALL_NEWER,     /* in the table, unknown to this libseccomp: runtimes ignore it */
	SYSCALL_UNKNOWN,   /* never heard of */
};

/* architecture: "SCMP_ARCH_X86_64". */
enum syscall_knowledge syscall_look_up(const char *name, const char *architecture);

/* The nearest name of all that are known, or NULL; static. */
const char *syscall_suggest(const char *name);

/* Calls that Moby's default profile blocks, or lets only with a capability, since they reach beyond a container: the reason
 * in a few words ("loads code into the kernel"), or NULL. */
const char *syscall_danger(const char *name);

/* Whether argument index of the call is an address: a filter sees it, not what is there. */
bool syscall_has_pointer(const char *name, unsigned int index);

/*
 * Calls that do what name does, so that who denies name has to deny them: NULL-terminated, static,
 * or NULL. The group of `clone` is clone3; of `openat`: open, creat, openat2 …
 */
const char *const *syscall_siblings(const char *name);

/* On 32-bit x86 and others several calls are reached through one: `socket` through socketcall with 1 as its first
 * argument. The multiplexer's name and that number; NULL: there is none. */
const char *syscall_multiplexer(const char *name, uint64_t *numberp);
