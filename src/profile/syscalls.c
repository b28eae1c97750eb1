/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/syscalls.h"

#include <ctype.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/util.h"
#include "syscall_table.h"

#define ARCHITECTURE_PREFIX "SCMP_ARCH_"

static int compare_entry(const void *name, const void *entry)
{
	return strcmp(name, ((const struct syscall_entry *)entry)->name);
}

static const struct syscall_entry *find_entry(const char *name)
{
	return bsearch(name, syscall_table, syscall_n_table, sizeof(syscall_table[0]),
	               compare_entry);
}

static bool entry_is_on(const struct syscall_entry *entry, const char *architecture)
{
	for (size_t i = 0; i < SYSCALL_N_ARCHITECTURES; i++)
		if (strcmp(syscall_architectures[i], architecture) == 0)
			return entry->architectures >> i & 1;
	return false;
}

/* libseccomp's number of an architecture, 0 for one that it does not know: its own names are the rest
 * of ours in lower case. */
static uint32_t resolve_architecture(const char *architecture)
{
	char word[16];
	size_t n = 0;

	if (strncmp(architecture, ARCHITECTURE_PREFIX, strlen(ARCHITECTURE_PREFIX)) != 0)
		return 0;
	for (const char *p = architecture + strlen(ARCHITECTURE_PREFIX); *p; p++) {
		if (n == sizeof(word) - 1)
			return 0;
		word[n++] = (char)tolower((unsigned char)*p);
	}
	word[n] = '\0';
	return seccomp_arch_resolve_name(word);
}

/* Where calls go through a multiplexer libseccomp numbers them as those of other architectures, and
 * makes rules of them all the same. */
static bool is_multiplexed(uint32_t token, const char *name)
{
	uint64_t number;
	const char *multiplexer = syscall_multiplexer(name, &number);

	return multiplexer && seccomp_syscall_resolve_name_arch(token, multiplexer) >= 0;
}

uint32_t syscall_architecture(const char *architecture)
{
	return resolve_architecture(architecture);
}

/* Below zero are calls of other architectures, from __PNR_socket on those that a multiplexer may reach;
 * what can reach none is told apart by its number since that takes less time. */
#define MULTIPLEXED_LEAST (-1000)

static bool is_native(int number, const char *name, uint32_t token)
{
	return number >= 0 || (number != __NR_SCMP_ERROR && number > MULTIPLEXED_LEAST &&
	                       is_multiplexed(token, name));
}

bool syscall_is_native(const char *name, uint32_t architecture)
{
	return architecture &&
	       is_native(seccomp_syscall_resolve_name_arch(architecture, name), name, architecture);
}

enum syscall_knowledge syscall_look_up(const char *name, const char *architecture)
{
	uint32_t token = resolve_architecture(architecture);
	int number = token ? seccomp_syscall_resolve_name_arch(token, name) : __NR_SCMP_ERROR;
	const struct syscall_entry *entry;

	if (is_native(number, name, token))
		return SYSCALL_NATIVE;
	entry = find_entry(name);
	if (entry && entry_is_on(entry, architecture))
		return SYSCALL_NEWER;
	return entry || number != __NR_SCMP_ERROR ? SYSCALL_ELSEWHERE : SYSCALL_UNKNOWN;
}

const char *syscall_suggest(const char *name)
{
	struct suggestion suggestion;

	suggestion_begin(&suggestion, name);
	/* Of equals the first wins: one that a container can meet. */
	for (size_t i = 0; i < syscall_n_table; i++)
		if (syscall_table[i].architectures)
			suggestion_consider(&suggestion, syscall_table[i].name);
	for (size_t i = 0; i < syscall_n_table; i++)
		if (!syscall_table[i].architectures)
			suggestion_consider(&suggestion, syscall_table[i].name);
	return suggestion.best;
}

static int compare_widths(const void *name, const void *widths)
{
	return strcmp(name, ((const struct syscall_widths *)widths)->name);
}

unsigned int syscall_argument_bits(const char *name, unsigned int index)
{
	const struct syscall_widths *found = bsearch(name, syscall_widths, syscall_n_widths,
	                                             sizeof(*syscall_widths), compare_widths);

	if (!found || index >= strlen(found->arguments))
		return 64;
	switch (found->arguments[index]) {
	case 'i':
		return 32;
	case 's':
		return 16;
	default:
		return 64;
	}
}
