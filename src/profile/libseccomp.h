#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Words of a profile as libseccomp's. */

#include <ctype.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As libseccomp reads arguments: those of x32 and mips64n32 by their lower halves. */
static inline bool libseccomp_is_32_bit(uint32_t token)
{
	const uint32_t has_64_bits = 0x80000000, is_n32 = 0x20000000; /* of linux/audit.h */

	return !(token & has_64_bits) || token & is_n32;
}

/* SCMP_ARCH_* for "SCMP_ARCH_X86_64"; 0: unknown to it. */
static inline uint32_t libseccomp_architecture(const char *word)
{
	static const char prefix[] = "SCMP_ARCH_";
	char name[32] = "";

	if (strncmp(word, prefix, strlen(prefix)) == 0)
		word += strlen(prefix);
	for (size_t i = 0; word[i] && i < sizeof(name) - 1; i++)
		name[i] = (char)tolower((unsigned char)word[i]);
	return seccomp_arch_resolve_name(name);
}

/* Whether calls are reached through socketcall and ipc there, so that a rule for one of them is a rule for
 * those as well. */
static inline bool libseccomp_is_multiplexing(uint32_t token)
{
	switch (token) {
	case SCMP_ARCH_X86:
	case SCMP_ARCH_MIPS:
	case SCMP_ARCH_MIPSEL:
	case SCMP_ARCH_PPC:
	case SCMP_ARCH_PPC64:
	case SCMP_ARCH_PPC64LE:
	case SCMP_ARCH_S390:
	case SCMP_ARCH_S390X:
		return true;
	default:
		return false;
	}
}
