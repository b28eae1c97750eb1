#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The node that a test takes itself to be on: that of SECCOMPFS_TEST_NODE ("s390x"), else this machine.
 * Linked with --wrap=seccomp_arch_native and --wrap=seccomp_init, all of the profile layer takes
 * itself to be there too: libseccomp builds filters for other architectures, only not by default.
 */

#include "bpf.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "profile/filter.h"

#define NODE_ARCHITECTURES_MAX 5
#define NODE_FORMS             6

struct node_architecture {
	const char *name; /* "SCMP_ARCH_X86_64" */
	uint32_t token;
	bool is_32_bit;
};

struct test_node {
	const char *go; /* "amd64" */
	bool is_big_endian;
	/* The first is its own; others that filters may have, or must not know, end without name. */
	struct node_architecture architectures[NODE_ARCHITECTURES_MAX];
	const char *forms[NODE_FORMS]; /* of how a source says its architectures */
};

#define ARCH_MAP(own, subs) "archMap: [{architecture: " own ", subArchitectures: [" subs "]}], "

static const struct test_node test_nodes[] = {
	{ .go = "amd64",
	  .architectures = { { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
	                     { "SCMP_ARCH_X86", SCMP_ARCH_X86, true },
	                     { "SCMP_ARCH_X32", SCMP_ARCH_X32, true },
	                     { "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	                     { "SCMP_ARCH_ARM", SCMP_ARCH_ARM, true } },
	  .forms = { "", "architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32], ",
	             "architectures: [SCMP_ARCH_X86], ",
	             "architectures: [SCMP_ARCH_X32, SCMP_ARCH_AARCH64], ",
	             "archMap: [{architecture: SCMP_ARCH_X86_64, subArchitectures: "
	             "[SCMP_ARCH_X86, SCMP_ARCH_X32]}, {architecture: SCMP_ARCH_AARCH64, "
	             "subArchitectures: [SCMP_ARCH_ARM]}], ",
	             ARCH_MAP("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM") } },
	{ .go = "arm64",
	  .architectures = { { "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	                     { "SCMP_ARCH_ARM", SCMP_ARCH_ARM, true },
	                     { "SCMP_ARCH_X86", SCMP_ARCH_X86, true },
	                     { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 } },
	  .forms = { "", "architectures: [SCMP_ARCH_AARCH64, SCMP_ARCH_ARM], ",
	             "architectures: [SCMP_ARCH_ARM], ",
	             "architectures: [SCMP_ARCH_X86, SCMP_ARCH_AARCH64], ",
	             ARCH_MAP("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
	             ARCH_MAP("SCMP_ARCH_X86_64", "SCMP_ARCH_X86, SCMP_ARCH_X32") } },
	{ .go = "s390x",
	  .is_big_endian = true,
	  .architectures = { { "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	                     { "SCMP_ARCH_S390", SCMP_ARCH_S390, true },
	                     { "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 } },
	  .forms = { "", "architectures: [SCMP_ARCH_S390X, SCMP_ARCH_S390], ",
	             "architectures: [SCMP_ARCH_S390], ",
	             "architectures: [SCMP_ARCH_PPC64, SCMP_ARCH_S390], ",
	             ARCH_MAP("SCMP_ARCH_S390X", "SCMP_ARCH_S390"),
	             ARCH_MAP("SCMP_ARCH_X86_64", "SCMP_ARCH_X86") } },
	{ .go = "ppc64le",
	  .architectures = { { "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
	                     { "SCMP_ARCH_X86", SCMP_ARCH_X86, true },
	                     { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 } },
	  .forms = { "", "architectures: [SCMP_ARCH_PPC64LE], ",
	             "architectures: [SCMP_ARCH_X86_64], ", "architectures: [SCMP_ARCH_X86], ",
	             ARCH_MAP("SCMP_ARCH_PPC64LE", ""),
	             ARCH_MAP("SCMP_ARCH_X86_64", "SCMP_ARCH_X86, SCMP_ARCH_X32") } },
	{ .go = "riscv64",
	  .architectures = { { "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
	                     { "SCMP_ARCH_ARM", SCMP_ARCH_ARM, true },
	                     { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 } },
	  .forms = { "", "architectures: [SCMP_ARCH_RISCV64], ",
	             "architectures: [SCMP_ARCH_X86_64], ", "architectures: [SCMP_ARCH_ARM], ",
	             ARCH_MAP("SCMP_ARCH_RISCV64", ""),
	             ARCH_MAP("SCMP_ARCH_X86_64", "SCMP_ARCH_X86, SCMP_ARCH_X32") } },
};

uint32_t __real_seccomp_arch_native(void);
uint32_t __wrap_seccomp_arch_native(void);
scmp_filter_ctx __real_seccomp_init(uint32_t action);
scmp_filter_ctx __wrap_seccomp_init(uint32_t action);

static inline const struct test_node *test_node(void)
{
	const char *go = getenv("SECCOMPFS_TEST_NODE");

	for (size_t i = 0; i < ARRAY_SIZE(test_nodes); i++) {
		const struct test_node *node = &test_nodes[i];

		if (go ? strcmp(go, node->go) == 0
		       : node->architectures[0].token == __real_seccomp_arch_native())
			return node;
	}
	fprintf(stderr, "no such node: %s\n", go ? go : "this machine");
	abort();
}

uint32_t __wrap_seccomp_arch_native(void)
{
	return test_node()->architectures[0].token;
}

/* libseccomp goes on to take numbers of calls for this machine's, and translates them. */
scmp_filter_ctx __wrap_seccomp_init(uint32_t action)
{
	uint32_t here = __real_seccomp_arch_native(), there = seccomp_arch_native();
	scmp_filter_ctx context = __real_seccomp_init(action);

	if (context && here != there &&
	    (seccomp_arch_remove(context, here) != 0 || seccomp_arch_add(context, there) != 0))
		abort();
	return context;
}

/* Of what is made at random a quarter is enough for each of the other nodes. */
static inline size_t node_share(size_t n)
{
	return seccomp_arch_native() == __real_seccomp_arch_native() ? n : n / 4;
}

static inline bool node_is_swapped(void)
{
	return test_node()->is_big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static inline bool node_is_result(uint32_t k)
{
	static const uint32_t actions[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
		                            SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO,
		                            SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,
		                            SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		bool has_data = actions[i] == SECCOMP_RET_ERRNO || actions[i] == SECCOMP_RET_TRACE;

		if (k == actions[i] || (has_data && BPF_ACTION(k) == actions[i]))
			return true;
	}
	return false;
}

/* A program of the node's byte order as one of this machine's. Where a jump would be too long libseccomp
 * (2.5.4) puts a return in between, and forgets the byte order of its result. */
static inline void node_swap_program(struct filter *filter)
{
	for (size_t i = 0; i < filter->n_instructions && node_is_swapped(); i++) {
		struct filter_instruction *instruction = &filter->instructions[i];

		instruction->code = __builtin_bswap16(instruction->code);
		if (instruction->code != (BPF_RET | BPF_K) ||
		    node_is_result(__builtin_bswap32(instruction->k)))
			instruction->k = __builtin_bswap32(instruction->k);
	}
}

/* bpf_run() of what the node has in memory: the halves of an argument are words of a program. */
static inline uint32_t node_run(const struct filter *filter, struct seccomp_data data)
{
	for (size_t i = 0; i < ARRAY_SIZE(data.args) && node_is_swapped(); i++)
		data.args[i] = data.args[i] << 32 | data.args[i] >> 32;
	return bpf_run(filter, &data);
}
