#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The names of system calls that Linux has on any architecture (scripts/generate-syscalls). */

#include <stddef.h>
#include <stdint.h>

enum { SYSCALL_N_ARCHITECTURES = 23 };

struct syscall_entry {
	const char *name;
	uint32_t architectures; /* bit N: on syscall_architectures[N]; 0: only on others */
};

/* "SCMP_ARCH_X86_64" */
extern const char *const syscall_architectures[SYSCALL_N_ARCHITECTURES];

extern const struct syscall_entry syscall_table[]; /* sorted by strcmp() */
extern const size_t syscall_n_table;

/* Arguments of which the kernel takes less than 64 bits (scripts/generate-widths). */
struct syscall_widths {
	const char *name;
	const char
		*arguments; /* for each, up to the last that is one: 'i' 32 bits, 's' 16, '-' all */
};

extern const struct syscall_widths syscall_widths[]; /* sorted by strcmp() */
extern const size_t syscall_n_widths;
