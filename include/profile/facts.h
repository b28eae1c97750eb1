#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a profile is compiled for: the machine's architecture and kernel, and the capabilities of the
 * containers that will use it. A pure value: two nodes with the same facts make the same bytes of the
 * same config.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"

struct base_table;

struct facts {
	const char *architecture;    /* "SCMP_ARCH_X86_64": that of the kernel, static */
	const char *go_architecture; /* "amd64", as `includes.arches` has it, static */
	uint32_t kernel_major, kernel_minor;
	uint64_t capabilities;          /* bit N is capability number N */
	const struct base_table *bases; /* borrowed, static; what runtimes need (bases.h) */
};

/* What containerd gives a container that asks for nothing: 14 capabilities. */
#define CAPABILITIES_DEFAULT UINT64_C(0x00000000a80425fb)

/*
 * Another architecture than the machine's: libseccomp's name, with or without SCMP_ARCH_ and in any
 * case, or Go's ("amd64"). False for one never heard of.
 */
bool facts_set_architecture(struct facts *facts, const char *name);

/* Whether a word of `includes.arches` names the facts' architecture: by Go's name or Moby's. */
bool facts_has_architecture(const struct facts *facts, const char *word);

/* The nearest of all words that name some architecture in `includes.arches`, or NULL; static, or
 * word itself. *is_knownp: word is one. */
const char *architecture_suggest(const char *word, bool *is_knownp);

/* "6.1", and "6.1.0-13-amd64" where is_release. False for anything else, and for numbers that do not fit. */
bool kernel_parse(const char *version, bool is_release, uint32_t *majorp, uint32_t *minorp);

/* Of this machine, with CAPABILITIES_DEFAULT and base_table_builtin. 0, or -ENOTSUP on an
 * architecture that libseccomp does not know. */
_must_check_ int facts_measure(struct facts *facts);

/* "CAP_SYS_ADMIN", in any case, with or without the prefix; false for a name never heard of. */
bool capability_parse(const char *name, unsigned int *numberp);

/* "CAP_SYS_ADMIN", or NULL; static. */
const char *capability_name(unsigned int number);

/* The nearest name, or NULL; static. */
const char *capability_suggest(const char *name);
