/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <seccomp.h>
#include <string.h>

#include "deny_work.h"
#include "libseccomp.h"
#include "profile/syscalls.h"

#define PREFIX "SCMP_ARCH_"

/* 0 for one that libseccomp does not know: its own names are the rest of ours in lower case. */
static uint32_t resolve(const char *name)
{
	char word[16];
	size_t n = strlen(name);

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || n - strlen(PREFIX) >= sizeof(word))
		return 0;
	n -= strlen(PREFIX);
	for (size_t i = 0; i <= n; i++)
		word[i] = (char)tolower((unsigned char)name[strlen(PREFIX) + i]);
	return seccomp_arch_resolve_name(word);
}

static void add(struct deny_architectures *found, uint32_t token)
{
	for (size_t i = 0; i < found->n_tokens; i++) {
		if (found->tokens[i] == token)
			return;
	}
	if (token == 0 || found->n_tokens == DENY_ARCHITECTURES_MAX) {
		found->has_unknown = true;
		found->has_32_bit = true;
		return;
	}
	found->tokens[found->n_tokens++] = token;
	found->has_32_bit |= libseccomp_is_32_bit(token);
}

void deny_architectures_find(const struct ruleset *ruleset, struct deny_architectures *found)
{
	*found = (struct deny_architectures){ 0 };
	add(found, seccomp_arch_native());
	for (size_t i = 0; i < ruleset->architectures.n_words; i++)
		add(found, resolve(ruleset->architectures.words[i].text));
}

bool deny_architectures_multiplex(const struct deny_architectures *architectures,
                                  const char *multiplexer, bool *is_widep)
{
	bool has = false;

	*is_widep = false;
	for (size_t i = 0; i < architectures->n_tokens; i++) {
		uint32_t token = architectures->tokens[i];

		if (seccomp_syscall_resolve_name_arch(token, multiplexer) < 0)
			continue;
		has = true;
		*is_widep |= !libseccomp_is_32_bit(token);
	}
	return has;
}

bool deny_architectures_know(const struct deny_architectures *architectures, const char *name)
{
	uint64_t number;
	const char *multiplexer = syscall_multiplexer(name, &number);
	bool is_wide;

	if (architectures->has_unknown ||
	    (multiplexer && deny_architectures_multiplex(architectures, multiplexer, &is_wide)))
		return true;
	for (size_t i = 0; i < architectures->n_tokens; i++) {
		int found = seccomp_syscall_resolve_name_arch(architectures->tokens[i], name);

		/* One that libseccomp has never heard of is newer than it, and can be anywhere. */
		if (found >= 0 || found == __NR_SCMP_ERROR)
			return true;
	}
	return false;
}
