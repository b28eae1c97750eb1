#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Sources made at random, of the forms that a value may have: from few names and values, so that
 * rules meet. */

#include "base/buffer.h"
#include "differential.h"

struct random_source {
	struct differential *draw;
	struct buffer *out;
};

static inline uint32_t random_draw(const struct random_source *source, size_t n)
{
	return differential_draw(source->draw, n);
}

#define RANDOM_WORD(source, words) (words)[random_draw(source, ARRAY_SIZE(words))]

static inline const char *random_name(const struct random_source *source)
{
	static const char *const names[] = {
		"socket",  "socket",   "connect", "accept",  "accept4",         "socketcall",
		"ipc",     "semget",   "shmat",   "semop",   "clone",           "clone3",
		"ptrace",  "ptrace",   "mount",   "read",    "write",           "openat2",
		"stat64",  "mmap",     "mmap2",   "umount",  "personality",     "personality",
		"prctl",   "setns",    "bpf",     "futex",   "futex_time64",    "arch_prctl",
		"set_tls", "execveat", "mseal",   "no_such", "perf_event_open", "keyctl",
	};

	return RANDOM_WORD(source, names);
}

static inline void random_action(const struct random_source *source, const char *key,
                                 const char *errno_key, const char *name_key)
{
	static const char *const actions[] = { "ALLOW",        "ALLOW", "ERRNO", "ERRNO",
		                               "KILL",         "LOG",   "TRACE", "KILL_THREAD",
		                               "KILL_PROCESS", "TRAP" };
	static const unsigned int numbers[] = { 0, 1, 1, 13, 38, 4094 };
	static const char *const names[] = { "EPERM", "ENOSYS", "EACCES" };
	const char *action = RANDOM_WORD(source, actions);
	bool takes_errno = strcmp(action, "ERRNO") == 0 || strcmp(action, "TRACE") == 0;

	buffer_printf(source->out, "%s: SCMP_ACT_%s", key, action);
	if (takes_errno && random_draw(source, 3) == 0)
		buffer_printf(source->out, ", %s: %u", errno_key, RANDOM_WORD(source, numbers));
	else if (takes_errno && random_draw(source, 4) == 0)
		buffer_printf(source->out, ", %s: %s", name_key, RANDOM_WORD(source, names));
}

static inline uint64_t random_value(const struct random_source *source)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 5, 16, 38, 40, 0xff, 0x7e020000, 0x80000000, UINT32_MAX,
	};
	static const uint64_t high[] = { UINT64_C(1) << 32, UINT64_C(0x500000002), UINT64_MAX,
		                         UINT64_C(0xffffffff00000000) };

	return random_draw(source, 12) ? RANDOM_WORD(source, values) : RANDOM_WORD(source, high);
}

static inline void random_argument(const struct random_source *source, uint32_t index)
{
	static const char *const comparisons[] = { "EQ", "EQ", "EQ", "MASKED_EQ", "MASKED_EQ",
		                                   "NE", "LT", "LE", "GE",        "GT" };
	const char *comparison = RANDOM_WORD(source, comparisons);
	uint64_t value = random_value(source), value_two = random_value(source);

	if (strcmp(comparison, "MASKED_EQ") == 0 && random_draw(source, 8))
		value_two &= value;
	buffer_printf(source->out, "{index: %u, op: SCMP_CMP_%s, value: %llu", index, comparison,
	              (unsigned long long)value);
	if (strcmp(comparison, "MASKED_EQ") == 0 ? random_draw(source, 8) : !random_draw(source, 8))
		buffer_printf(source->out, ", valueTwo: %llu", (unsigned long long)value_two);
	buffer_append_string(source->out, "}, ");
}

static inline void random_arguments(const struct random_source *source)
{
	bool is_or = random_draw(source, 8) == 0;
	uint32_t index = random_draw(source, 3);

	if (random_draw(source, 2))
		return;
	buffer_append_string(source->out, ", args: [");
	for (uint32_t n = 1 + random_draw(source, 3) * random_draw(source, 2); n; n--) {
		random_argument(source, is_or ? random_draw(source, 2) : index % RULE_N_ARGUMENTS);
		index += 1 + random_draw(source, 2);
	}
	buffer_append_string(source->out, "]");
}

static inline void random_words(const struct random_source *source, const char *key,
                                const char *const *words, size_t n_words)
{
	buffer_printf(source->out, "%s: [", key);
	for (uint32_t n = random_draw(source, 3); n; n--)
		buffer_printf(source->out, "%s, ", words[random_draw(source, n_words)]);
	buffer_append_string(source->out, "], ");
}

static inline void random_condition(const struct random_source *source, const char *key)
{
	static const char *const capabilities[] = { "CAP_SYS_ADMIN", "CAP_CHOWN", "CAP_SYS_CHROOT",
		                                    "CAP_BPF", "CAP_NET_RAW" };
	static const char *const architectures[] = { "amd64", "arm64", "x32", "s390x" };
	static const char *const kernels[] = { "4.8", "6.1", "6.2", "3.19" };

	buffer_printf(source->out, ", %s: {", key);
	if (random_draw(source, 2))
		random_words(source, "caps", capabilities, ARRAY_SIZE(capabilities));
	if (random_draw(source, 3) == 0)
		random_words(source, "arches", architectures, ARRAY_SIZE(architectures));
	if (random_draw(source, 4) == 0)
		buffer_printf(source->out, "minKernel: \"%s\"", RANDOM_WORD(source, kernels));
	buffer_append_string(source->out, "}");
}

static inline void random_rule(const struct random_source *source)
{
	buffer_append_string(source->out, "{");
	if (random_draw(source, 10) == 0) {
		buffer_printf(source->out, "name: %s, ", random_name(source));
	} else {
		buffer_append_string(source->out, "names: [");
		for (uint32_t n = 1 + random_draw(source, 5); n; n--)
			buffer_printf(source->out, "%s, ", random_name(source));
		buffer_append_string(source->out, "], ");
	}
	random_action(source, "action", "errnoRet", "errno");
	random_arguments(source);
	if (random_draw(source, 4) == 0)
		random_condition(source, "includes");
	if (random_draw(source, 5) == 0)
		random_condition(source, "excludes");
	if (random_draw(source, 10) == 0)
		buffer_append_string(source->out, ", comment: why");
	buffer_append_string(source->out, "},\n");
}

static inline void random_architectures(const struct random_source *source)
{
	buffer_append_string(source->out, test_node()->forms[random_draw(source, NODE_FORMS)]);
}

/* Flow style on lines. n_rules: at most. */
static inline void random_write(struct differential *draw, size_t n_rules, struct buffer *out)
{
	const struct random_source source = { draw, out };

	buffer_append_string(out, "{");
	random_action(&source, "defaultAction", "defaultErrnoRet", "defaultErrno");
	buffer_append_string(out, ", ");
	random_architectures(&source);
	if (random_draw(&source, 8) == 0)
		buffer_append_string(out, "x-seccompfs: {caps: [CAP_SYS_ADMIN, CAP_BPF]}, ");
	buffer_append_string(out, "syscalls: [\n");
	for (size_t n = 1 + random_draw(&source, n_rules); n; n--)
		random_rule(&source);
	buffer_append_string(out, "]}\n");
}
