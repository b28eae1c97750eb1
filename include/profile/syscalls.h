#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Names of system calls: those of this host's libseccomp, and those of a table that
 * scripts/generate-syscalls makes of Debian's linux-libc-dev (src/profile/syscall_table.c), which is
 * newer than many a libseccomp. And what is known of their arguments.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum syscall_knowledge {
	SYSCALL_NATIVE,    /* libseccomp has a number for it on this architecture */
	SYSCALL_ELSEWHERE, /* of another architecture */
	SYSCALL_NEWER,   /* on this architecture by the table, but not for this libseccomp: runtimes
	                      ignore it */
	SYSCALL_UNKNOWN, /* never heard of */
};

/* libseccomp's number of "SCMP_ARCH_X86_64"; 0: it makes no filters for it. */
uint32_t syscall_architecture(const char *architecture);

/* Whether the answer of syscall_look_up() is SYSCALL_NATIVE, by syscall_architecture(): for who asks for
 * many names. */
bool syscall_is_native(const char *name, uint32_t architecture);

/* architecture: "SCMP_ARCH_X86_64". */
enum syscall_knowledge syscall_look_up(const char *name, const char *architecture);

/* The nearest name of the table, or NULL; static. */
const char *syscall_suggest(const char *name);

/* Calls that Moby's default profile blocks, or lets only with a capability, since they reach beyond a
 * container: the reason in a few words ("loads code into the kernel"), or NULL. */
const char *syscall_danger(const char *name);

/* The calls for which syscall_danger() has a reason, in the order of their names; NULL behind the last. */
const char *syscall_dangerous(size_t i);

/* Whether argument index of the call is an address that the kernel reads or writes at: a filter sees
 * it, not what is there. False where a command in another argument decides. */
bool syscall_has_pointer(const char *name, unsigned int index);

/*
 * How many bits the kernel takes of an argument, lower ones: 32 of an int, 16 of the mode of a file,
 * else 64. A filter sees all 64 of the register, and what is above the others nothing tells the kernel.
 */
unsigned int syscall_argument_bits(const char *name, unsigned int index);

/*
 * Calls that do what name does, so that who denies name has to deny them: NULL-terminated, static,
 * or NULL. Name itself may be among them. Of `clone` it is clone3; of `openat`: open, creat, openat2 …
 * What a multiplexer does is not there.
 */
const char *const *syscall_siblings(const char *name);

/*
 * On 32-bit x86 and others several calls are reached through one: `socket` through socketcall with 1 as
 * its first argument. The multiplexer's name and that number; NULL: there is none. The kernel looks at
 * all 32 bits of socketcall's, and at the lower 16 of ipc's: the upper ones are a version.
 */
const char *syscall_multiplexer(const char *name, uint64_t *numberp);
