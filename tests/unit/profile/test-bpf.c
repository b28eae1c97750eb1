/* SPDX-License-Identifier: Apache-2.0 */

/* The simulator of bpf.h against the kernel: what a child with the filter gets for a call. */

#include "bpf.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PROGRAMS 60
#define CALLS    20 /* of each program */

/* Numbers from here on are no system calls; those below are let through. */
#define NUMBER_FIRST 5000
#define NUMBERS      8

#define MEMORY_WORDS 4 /* that programs use: each is written first */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "add the AUDIT_ARCH_* of this architecture"
#endif

struct call {
	struct seccomp_data data;
	long result; /* of the kernel: 0 or -errno; -ENOSYS when let through */
};

struct program {
	struct filter_instruction instructions[256];
	size_t n;
};

static uint64_t seed = 1;

static uint32_t draw(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n;
}

/* Numbers near to each other and near to where something changes. */
static uint32_t draw_word(void)
{
	static const uint32_t words[] = { 0, 1, 2, 3, 31, 32, 0x7fffffff, 0x80000000, UINT32_MAX };

	return draw(4) ? words[draw(ARRAY_SIZE(words))] : draw(UINT32_MAX);
}

static void emit(struct program *program, uint16_t code, uint32_t k)
{
	program->instructions[program->n++] = (struct filter_instruction){ .code = code, .k = k };
}

static void emit_load(struct program *program)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ST,
		BPF_STX,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
	};
	uint16_t code = codes[draw(ARRAY_SIZE(codes))];
	bool is_memory = BPF_MODE(code) == BPF_MEM || BPF_CLASS(code) == BPF_ST ||
	                 BPF_CLASS(code) == BPF_STX;

	if (draw(2))
		/* Not the instruction pointer: nobody knows it. */
		emit(program, BPF_LD | BPF_W | BPF_ABS, draw(8) ? 16 + 4 * draw(12) : 4 * draw(2));
	else
		emit(program, code, is_memory ? draw(MEMORY_WORDS) : draw_word());
}

static void emit_computation(struct program *program)
{
	static const uint16_t operations[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
		                               BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG };
	uint16_t operation = operations[draw(ARRAY_SIZE(operations))];
	bool is_shift = operation == BPF_LSH || operation == BPF_RSH;
	uint16_t source = draw(2) ? BPF_X : BPF_K;
	uint32_t k = is_shift ? draw(32) : draw_word();

	/* By what X holds: emit_careful(). */
	if (operation == BPF_NEG || operation == BPF_DIV || is_shift)
		source = BPF_K;
	if (operation == BPF_DIV && k == 0)
		k = 7;
	emit(program, BPF_ALU | operation | source, k);
}

/* A division by zero kills; of a shift by more than 31 the kernel promises nothing. No jump comes
 * between. */
static void emit_careful(struct program *program)
{
	emit(program, BPF_LDX | BPF_IMM, draw_word() | 1);
	emit(program, BPF_ALU | BPF_DIV | BPF_X, 0);
	emit(program, BPF_LD | BPF_W | BPF_ABS, 16 + 4 * draw(12));
	emit(program, BPF_LDX | BPF_IMM, draw(32));
	emit(program, BPF_ALU | (draw(2) ? BPF_LSH : BPF_RSH) | BPF_X, 0);
}

static void emit_jump(struct program *program)
{
	static const uint16_t operations[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JA };
	uint16_t operation = operations[draw(ARRAY_SIZE(operations))];

	if (operation == BPF_JA) {
		emit(program, BPF_JMP | BPF_JA, draw(3));
		return;
	}
	emit(program, BPF_JMP | operation | (draw(2) ? BPF_X : BPF_K), draw_word());
	program->instructions[program->n - 1].jump_true = (uint8_t)draw(6);
	program->instructions[program->n - 1].jump_false = (uint8_t)draw(6);
}

/* Ends in an errno, of which the kernel gives at most 4095. */
static void emit_program(struct program *program)
{
	program->n = 0;
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0);
	emit(program, BPF_JMP | BPF_JGE | BPF_K, NUMBER_FIRST);
	program->instructions[1].jump_true = 1;
	emit(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	emit(program, BPF_LDX | BPF_IMM, draw_word());
	for (uint32_t i = 0; i < MEMORY_WORDS; i++)
		emit(program, BPF_STX, i);
	emit_careful(program);
	for (uint32_t i = 10 + draw(40); i; i--) {
		switch (draw(3)) {
		case 0:
			emit_load(program);
			break;
		case 1:
			emit_computation(program);
			break;
		default:
			emit_jump(program);
		}
	}
	/* Where the last jumps lead to. */
	for (uint32_t i = 0; i < 6; i++)
		emit(program, BPF_ALU | BPF_XOR | BPF_K, i);
	emit(program, BPF_ALU | BPF_AND | BPF_K, draw(2) ? 0xfff : 0x7);
	emit(program, BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	if (draw(4))
		emit(program, BPF_RET | BPF_A, 0);
	else
		emit(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | draw(4096));
}

static int install(const struct program *program)
{
	struct sock_fprog fprog = {
		.len = (unsigned short)program->n,
		.filter = (struct sock_filter *)program->instructions,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) == 0 ? 0 : -errno;
}

static long make_call(const struct seccomp_data *data)
{
	long r = syscall(data->nr, data->args[0], data->args[1], data->args[2], data->args[3],
	                 data->args[4], data->args[5]);

	return r == -1 ? -errno : r;
}

/* The wait status of a child that installs the program and makes the calls. 1: not installed. */
static int run_in_child(const struct program *program, struct call *calls, size_t n_calls)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (install(program) != 0)
			_exit(1);
		for (size_t i = 0; i < n_calls; i++)
			calls[i].result = make_call(&calls[i].data);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void draw_call(struct call *call)
{
	*call = (struct call){ .result = 1 };
	call->data.nr = (int)(NUMBER_FIRST + draw(NUMBERS));
	call->data.arch = ARCHITECTURE;
	for (size_t i = 0; i < ARRAY_SIZE(call->data.args); i++)
		call->data.args[i] = (uint64_t)draw_word() << 32 | draw_word();
}

static void test_decides_as_the_kernel(void **state)
{
	size_t n_bytes = CALLS * sizeof(struct call), n_results = 0;
	struct call *calls = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                          -1, 0);
	bool seen[4096] = { false };
	struct program program;

	assert_ptr_not_equal(calls, MAP_FAILED);
	for (size_t i = 0; i < PROGRAMS; i++) {
		struct filter filter = { .instructions = program.instructions };

		emit_program(&program);
		filter.n_instructions = program.n;
		assert_true(bpf_is_valid(&filter));
		for (size_t c = 0; c < CALLS; c++)
			draw_call(&calls[c]);
		assert_int_equal(run_in_child(&program, calls, CALLS), 0);
		for (size_t c = 0; c < CALLS; c++) {
			uint32_t result = bpf_run(&filter, &calls[c].data);

			assert_int_equal(BPF_ACTION(result), SECCOMP_RET_ERRNO);
			assert_int_equal(-calls[c].result, BPF_DATA(result));
			n_results += !seen[BPF_DATA(result)];
			seen[BPF_DATA(result)] = true;
		}
	}
	munmap(calls, n_bytes);
	print_message("# %d calls of %d programs, %zu different results\n", PROGRAMS * CALLS,
	              PROGRAMS, n_results);
	assert_true(n_results > 50);
}

/* Single instructions that the kernel takes or does not. */
static void test_takes_what_the_kernel_takes(void **state)
{
	size_t n_taken = 0;

	for (uint32_t code = 0; code < 0x200; code++) {
		static const uint32_t ks[] = { 0, 1, 15, 16, 31, 32, 60, 64 };
		struct program program = { .n = 3 };
		struct filter filter = { program.instructions, 3 };
		uint32_t k = ks[draw(ARRAY_SIZE(ks))];
		int status;

		/* A word of memory that nothing was written to is refused for that. */
		program.instructions[0] = (struct filter_instruction){ .code = BPF_ST,
			                                               .k = k & 15 };
		program.instructions[1] = (struct filter_instruction){ .code = (uint16_t)code,
			                                               .k = k };
		program.instructions[2] = (struct filter_instruction){ .code = BPF_RET | BPF_K,
			                                               .k = SECCOMP_RET_ALLOW };
		/* What returns something else would not let the child end. */
		if (BPF_CLASS(code) == BPF_RET)
			program.instructions[1].k = SECCOMP_RET_ALLOW;
		if (code == (BPF_RET | BPF_A))
			program.instructions[0] = (struct filter_instruction){
				.code = BPF_LD | BPF_IMM, .k = SECCOMP_RET_ALLOW
			};
		if (code == (BPF_ALU | BPF_DIV | BPF_X))
			continue;
		status = run_in_child(&program, NULL, 0);
		assert_true(WIFEXITED(status));
		if (bpf_is_valid(&filter) != (WEXITSTATUS(status) == 0))
			fail_msg("code %#x, k %#x: status %#x", code, k, status);
		n_taken += bpf_is_valid(&filter);
	}
	assert_true(n_taken > 30);
}

static void test_division_by_zero_kills(void **state)
{
	static const struct filter_instruction instructions[] = {
		{ .code = BPF_LD | BPF_W | BPF_ABS, .k = 0 },
		{ .code = BPF_JMP | BPF_JGE | BPF_K, .jump_true = 1, .k = NUMBER_FIRST },
		{ .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW },
		{ .code = BPF_LDX | BPF_IMM, .k = 0 },
		{ .code = BPF_ALU | BPF_DIV | BPF_X },
		{ .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW },
	};
	struct call call = { .data = { .nr = NUMBER_FIRST, .arch = ARCHITECTURE } };
	struct program program = { .n = ARRAY_SIZE(instructions) };
	struct filter filter = { program.instructions, ARRAY_SIZE(instructions) };
	int status;

	memcpy(program.instructions, instructions, sizeof(instructions));
	assert_true(bpf_is_valid(&filter));
	assert_int_equal(bpf_run(&filter, &call.data), SECCOMP_RET_KILL_THREAD);
	status = run_in_child(&program, &call, 1);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void test_refuses_what_leaves_the_program(void **state)
{
	static const struct filter_instruction end = { .code = BPF_RET | BPF_K,
		                                       .k = SECCOMP_RET_ALLOW };
	static const struct filter_instruction jumps[] = {
		{ .code = BPF_JMP | BPF_JA, .k = 1 },
		{ .code = BPF_JMP | BPF_JA, .k = UINT32_MAX },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .jump_true = 1 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .jump_false = 1 },
		{ .code = BPF_LD | BPF_W | BPF_ABS, .k = 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct program program = { .instructions = { jumps[i], end }, .n = 2 };
		struct filter filter = { program.instructions, 2 };

		assert_false(bpf_is_valid(&filter));
		assert_int_equal(WEXITSTATUS(run_in_child(&program, NULL, 0)), 1);
		/* Without an end, and empty. */
		filter.n_instructions = 1;
		assert_false(bpf_is_valid(&filter));
		filter.n_instructions = 0;
		assert_false(bpf_is_valid(&filter));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decides_as_the_kernel),
		cmocka_unit_test(test_takes_what_the_kernel_takes),
		cmocka_unit_test(test_division_by_zero_kills),
		cmocka_unit_test(test_refuses_what_leaves_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
