#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A node that profiles are compiled for, the same on every machine, and what a file decides. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "profile/bases.h"
#include "profile/facts.h"
#include "profile/profile.h"

static const char *const first_names[] = { "execve", "read" };
static const char *const second_names[] = { "close_range", "execve", "read" };

/* A runtime, and a later measurement of it. */
static const struct base_set first_set = { "runc",      "1",
	                                   first_names, ARRAY_SIZE(first_names),
	                                   first_names, ARRAY_SIZE(first_names) };
static const struct base_set second_set = { "runc",       "1",
	                                    second_names, ARRAY_SIZE(second_names),
	                                    second_names, ARRAY_SIZE(second_names) };
static const struct base_table first_bases = { &first_set, 1 };
static const struct base_table second_bases = { &second_set, 1 };

#define NODE_FACTS                                                                                 \
	{                                                                                          \
		.architecture = "SCMP_ARCH_X86_64", .go_architecture = "amd64", .kernel_major = 6, \
		.kernel_minor = 1, .capabilities = CAPABILITIES_DEFAULT, .bases = &first_bases,    \
	}

static const struct facts node_facts = NODE_FACTS;

static const struct profile_options options_compiled = { VALIDATE_STRICT, COMPILE_ON, &node_facts };

/* What the bytes of a file say of a call with this first argument. */
static inline enum action decide(const char *bytes, const char *name, uint64_t argument)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const uint64_t arguments[RULE_N_ARGUMENTS] = { argument };
	struct ruleset *ruleset;

	assert_int_equal(yaml_read_bytes("bytes", bytes, strlen(bytes), &stream, NULL, NULL), 0);
	assert_int_equal(ruleset_read(stream->arena, stream->documents[0].root, NULL, &ruleset,
	                              NULL),
	                 0);
	assert_true(ruleset->is_plain);
	return ruleset_decide(ruleset, name, arguments).action;
}
