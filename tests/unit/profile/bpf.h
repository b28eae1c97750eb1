#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Classic BPF as the kernel takes it for seccomp(2), and as it runs it (linux: kernel/seccomp.c,
 * seccomp_check_filter(); net/core/filter.c, bpf_check_classic() and bpf_prog_run()). test-bpf.c
 * compares it with the kernel.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"
#include "profile/filter.h"

#define BPF_ACTION(result) ((result)&SECCOMP_RET_ACTION_FULL)
#define BPF_DATA(result)   ((result)&SECCOMP_RET_DATA)
#define BPF_DATA_SIZE      ((uint32_t)sizeof(struct seccomp_data))

/* Whether the kernel takes an instruction, jumps left aside. */
static inline bool bpf_takes(const struct filter_instruction *i)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k < BPF_DATA_SIZE && i->k % 4 == 0;
	case BPF_ST:
	case BPF_STX:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		return i->k < BPF_MEMWORDS;
	case BPF_ALU | BPF_DIV | BPF_K:
		return i->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return i->k < 32;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return true;
	default:
		return false;
	}
}

/* Whether the kernel takes the program. That no word of memory is read before it was written is not
 * looked at. */
static inline bool bpf_is_valid(const struct filter *filter)
{
	size_t n = filter->n_instructions;

	if (n == 0 || n > BPF_MAXINSNS || BPF_CLASS(filter->instructions[n - 1].code) != BPF_RET)
		return false;
	for (size_t pc = 0; pc < n; pc++) {
		const struct filter_instruction *i = &filter->instructions[pc];

		if (!bpf_takes(i))
			return false;
		if (BPF_CLASS(i->code) != BPF_JMP)
			continue;
		if (BPF_OP(i->code) == BPF_JA
		            ? i->k >= n - pc - 1
		            : pc + i->jump_true + 1 >= n || pc + i->jump_false + 1 >= n)
			return false;
	}
	return true;
}

struct bpf_machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
};

/* False: divided by zero, which ends the program with 0. */
static inline bool bpf_compute(struct bpf_machine *m, const struct filter_instruction *i)
{
	uint32_t operand = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		m->a += operand;
		break;
	case BPF_SUB:
		m->a -= operand;
		break;
	case BPF_MUL:
		m->a *= operand;
		break;
	case BPF_DIV:
		if (operand == 0)
			return false;
		m->a /= operand;
		break;
	case BPF_AND:
		m->a &= operand;
		break;
	case BPF_OR:
		m->a |= operand;
		break;
	case BPF_XOR:
		m->a ^= operand;
		break;
	case BPF_LSH:
		m->a <<= operand & 31;
		break;
	case BPF_RSH:
		m->a >>= operand & 31;
		break;
	case BPF_NEG:
		m->a = -m->a;
		break;
	}
	return true;
}

/* How many instructions are passed over. */
static inline uint32_t bpf_jump(const struct bpf_machine *m, const struct filter_instruction *i)
{
	uint32_t operand = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool holds = false;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		holds = m->a == operand;
		break;
	case BPF_JGT:
		holds = m->a > operand;
		break;
	case BPF_JGE:
		holds = m->a >= operand;
		break;
	case BPF_JSET:
		holds = m->a & operand;
		break;
	}
	return holds ? i->jump_true : i->jump_false;
}

static inline void bpf_load(struct bpf_machine *m, const struct filter_instruction *i,
                            const struct seccomp_data *data)
{
	uint32_t *to = BPF_CLASS(i->code) == BPF_LD ? &m->a : &m->x;

	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		memcpy(to, (const char *)data + i->k, sizeof(*to));
		break;
	case BPF_LEN:
		*to = BPF_DATA_SIZE;
		break;
	case BPF_MEM:
		*to = m->memory[i->k];
		break;
	default:
		*to = i->k;
	}
}

/* What a valid program returns: SECCOMP_RET_*, with data. */
static inline uint32_t bpf_run(const struct filter *filter, const struct seccomp_data *data)
{
	struct bpf_machine m = { 0 };

	for (size_t pc = 0;; pc++) {
		const struct filter_instruction *i = &filter->instructions[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
		case BPF_LDX:
			bpf_load(&m, i, data);
			break;
		case BPF_ST:
			m.memory[i->k] = m.a;
			break;
		case BPF_STX:
			m.memory[i->k] = m.x;
			break;
		case BPF_ALU:
			if (!bpf_compute(&m, i))
				return 0;
			break;
		case BPF_JMP:
			pc += bpf_jump(&m, i);
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
			break;
		}
	}
}
