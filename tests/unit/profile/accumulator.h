#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libseccomp (2.5.4, 2.6.1) lets equal parts of the trees of several calls be one part of the filter, which
 * begins with a comparison where each tree has the same half of an argument loaded before. Whether it has
 * to be loaded again it decides by one of the ways that lead there (gen_bpf.c, "do we need to reload the
 * accumulator?"); by another, from conditions on a later argument that did not hold, the part then compares
 * that later argument. So such a filter decides otherwise than its rules, and than libseccomp's own
 * pseudo code of it.
 *
 * In a program it shows as an instruction that compares, and that several words can have been loaded for.
 */

#include "bpf.h"

#define ACCUMULATOR_UNREACHED UINT64_MAX
#define ACCUMULATOR_SEVERAL   (UINT64_MAX - 1)

static inline void accumulator_reach(uint64_t *state, uint64_t from)
{
	if (*state == ACCUMULATOR_UNREACHED)
		*state = from;
	else if (*state != from)
		*state = ACCUMULATOR_SEVERAL;
}

/* Whether a comparison of the filter is with one word or another. Of what libseccomp makes. */
static inline bool accumulator_is_confused(const struct filter *filter)
{
	/* What is loaded when an instruction is reached: the word, and the mask of it. */
	static uint64_t states[BPF_MAXINSNS];

	memset(states, 0xff, sizeof(states));
	states[0] = 0;
	for (size_t pc = 0; pc < filter->n_instructions; pc++) {
		const struct filter_instruction *i = &filter->instructions[pc];
		uint64_t state = states[pc];

		if (state == ACCUMULATOR_UNREACHED || BPF_CLASS(i->code) == BPF_RET)
			continue;
		if (BPF_CLASS(i->code) == BPF_LD)
			state = (uint64_t)i->k << 32 | UINT32_MAX;
		else if (BPF_CLASS(i->code) == BPF_ALU && state != ACCUMULATOR_SEVERAL)
			state &= UINT64_C(0xffffffff00000000) | i->k;
		if (BPF_CLASS(i->code) != BPF_JMP) {
			accumulator_reach(&states[pc + 1], state);
		} else if (BPF_OP(i->code) == BPF_JA) {
			accumulator_reach(&states[pc + 1 + i->k], state);
		} else {
			if (state == ACCUMULATOR_SEVERAL)
				return true;
			accumulator_reach(&states[pc + 1 + i->jump_true], state);
			accumulator_reach(&states[pc + 1 + i->jump_false], state);
		}
	}
	return false;
}
