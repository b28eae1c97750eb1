/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A profile of which libseccomp builds a filter stays one under every denial: else no container starts, on
 * no node, for the hours in which the denial is needed. Made at random of few calls that are reached through
 * others, so that rules meet there; and what is denied gets through by none of the ways.
 */

#include "deny-cases.h"
#include "deny_list.h"
#include "differential.h"
#include "random_source.h"

#define TRIALS    12000 /* a quarter where SECCOMPFS_TEST_NODE says another machine */
#define RULES_MAX 6

static const struct {
	const char *name, *multiplexer;
	uint64_t number;
} calls[] = {
	{ "socket", "socketcall", 1 },
	{ "bind", "socketcall", 2 },
	{ "connect", "socketcall", 3 },
	{ "accept4", "socketcall", 18 },
	{ "sendmsg", "socketcall", 16 },
	{ "socketpair", "socketcall", 8 },
	{ "semop", "ipc", 1 },
	{ "shmget", "ipc", 23 },
	{ "socketcall", "socketcall", 0 },
	{ "socketcall", "socketcall", 0 },
	{ "ipc", "ipc", 0 },
	{ "getpid", NULL, 0 },
};

static const char *const standards[] = {
	"SCMP_ACT_ERRNO",        "SCMP_ACT_ERRNO, defaultErrnoRet: 38",
	"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_ALLOW",
	"SCMP_ACT_LOG",
};
static const char *const actions[] = {
	"ALLOW", "ALLOW", "ALLOW", "ERRNO", "ERRNO, errnoRet: 13", "LOG", "KILL",
};
/* Of one to four calls, maybe one twice. */
static void write_names(const struct random_source *source)
{
	buffer_append_string(source->out, "names: [");
	for (uint32_t n = 1 + random_draw(source, 4); n; n--)
		buffer_printf(source->out, "%s, ", RANDOM_WORD(source, calls).name);
	buffer_append_string(source->out, "], ");
}

static void write_condition(const struct random_source *source, uint32_t index)
{
	static const uint64_t numbers[] = { 0, 1, 2, 3, 16, 38, 40, UINT64_C(1) << 32 };
	static const char *const comparisons[] = { "EQ", "EQ", "NE", "NE",
		                                   "GE", "LT", "LE", "MASKED_EQ" };
	const char *comparison = RANDOM_WORD(source, comparisons);
	uint64_t value = RANDOM_WORD(source, numbers);

	buffer_printf(source->out, "{index: %u, op: SCMP_CMP_%s, value: %llu", index, comparison,
	              (unsigned long long)value);
	if (strcmp(comparison, "MASKED_EQ") == 0)
		buffer_printf(source->out, ", valueTwo: %llu",
		              (unsigned long long)(value & RANDOM_WORD(source, numbers)));
	buffer_append_string(source->out, "}, ");
}

static void write_conditions(const struct random_source *source)
{
	uint32_t index = random_draw(source, 2), step = random_draw(source, 4) > 0;

	buffer_append_string(source->out, "args: [");
	for (uint32_t n = 1 + random_draw(source, 6) / 4; n; n--, index += step)
		write_condition(source, index);
	buffer_append_string(source->out, "], ");
}

static void write_profile(const struct random_source *source)
{
	const struct node_architecture *architectures = test_node()->architectures;

	buffer_printf(source->out, "{defaultAction: %s, architectures: [",
	              RANDOM_WORD(source, standards));
	/* Those that go together: the first two, and x32. */
	for (size_t i = 0, n = 1 + random_draw(source, 3); i < n && architectures[i].name; i++) {
		if (i < 2 || architectures[i].token == SCMP_ARCH_X32)
			buffer_printf(source->out, "%s, ", architectures[i].name);
	}
	buffer_append_string(source->out, "], syscalls: [\n");
	for (uint32_t n = 1 + random_draw(source, RULES_MAX); n; n--) {
		buffer_append_string(source->out, "{");
		write_names(source);
		if (random_draw(source, 5) < 2)
			write_conditions(source);
		buffer_printf(source->out, "action: SCMP_ACT_%s},\n", RANDOM_WORD(source, actions));
	}
	buffer_append_string(source->out, "]}\n");
}

static void write_list(const struct random_source *source)
{
	buffer_append_string(source->out, "[");
	for (uint32_t n = 1 + random_draw(source, 2); n; n--) {
		buffer_append_string(source->out, "{");
		write_names(source);
		if (random_draw(source, 2))
			write_conditions(source);
		buffer_printf(source->out, "errnoRet: %u, reason: x}, ",
		              1 + random_draw(source, 3));
	}
	buffer_append_string(source->out, "]\n");
}

struct trial {
	const char *profile, *denials, *after; /* shown when it fails */
	const struct deny_list *list;
	const struct ruleset *source;
	struct filter filter, denied;
};

static void fail_trial(const struct trial *trial, const char *where, const char *what)
{
	/* Longer than a message can be. */
	fprintf(stderr, "%s%s%s\n", trial->profile, trial->denials, trial->after);
	fail_msg("%s: %s", where, what);
}

static bool is_permitted(const struct filter *filter, uint32_t token, int number, uint64_t argument)
{
	const struct seccomp_data data = { .arch = token, .nr = number, .args = { argument } };
	uint32_t action = BPF_ACTION(node_run(filter, data));

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* What is denied of a call is denied through the other one. */
static size_t check_multiplexed(const struct trial *trial,
                                const struct node_architecture *architecture)
{
	size_t n_denied = 0, n;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int number = calls[i].number
		                     ? seccomp_syscall_resolve_name_arch(architecture->token,
		                                                         calls[i].multiplexer)
		                     : -1;

		if (number < 0 || !deny_list_find(trial->list, calls[i].name, &n) ||
		    !is_permitted(&trial->filter, architecture->token, number, calls[i].number))
			continue;
		n_denied++;
		if (is_permitted(&trial->denied, architecture->token, number, calls[i].number))
			fail_trial(trial, architecture->name, calls[i].name);
	}
	return n_denied;
}

static size_t check_architectures(const struct trial *trial)
{
	const struct test_node *node = test_node();
	size_t n_denied = 0;

	for (size_t i = 0; node->architectures[i].name; i++) {
		if (has_architecture(trial->source, node->architectures[i].name))
			n_denied += check_multiplexed(trial, &node->architectures[i]);
	}
	return n_denied;
}

/* False where libseccomp builds nothing of the profile itself. */
static bool try(struct trial *trial, size_t *n_deniedp)
{
	_cleanup_(parsed_deinit) struct parsed source = { 0 }, denied = { 0 };
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(parse(trial->profile, &source, NULL), 0);
	assert_int_equal(parse(trial->profile, &denied, NULL), 0);
	if (filter_build(source.ruleset, NULL, &trial->filter, NULL) != 0)
		return false;
	deny(&denied, trial->list, NULL);
	assert_int_equal(ruleset_write(denied.ruleset, &bytes), 0);
	trial->after = bytes.data;
	if (filter_build(denied.ruleset, NULL, &trial->denied, &diag) != 0) {
		diag_print(&diag, stderr, "# ");
		fail_trial(trial, "libseccomp", "refused");
	}
	trial->source = source.ruleset;
	node_swap_program(&trial->filter);
	node_swap_program(&trial->denied);
	*n_deniedp += check_architectures(trial);
	return true;
}

static bool has_multiplexer(void)
{
	const struct node_architecture *architectures = test_node()->architectures;

	return seccomp_syscall_resolve_name_arch(architectures[0].token, "socketcall") >= 0 ||
	       seccomp_syscall_resolve_name_arch(architectures[1].token, "socketcall") >= 0;
}

static void test_random(void **state)
{
	struct differential differential;
	const size_t n = node_share(TRIALS);
	size_t n_built = 0, n_lists = 0, n_denied = 0;

	differential_init(&differential);
	for (size_t i = 0; i < n; i++) {
		_cleanup_(buffer_deinit) struct buffer profile = BUFFER_INIT, denials = BUFFER_INIT;
		_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
		struct trial trial = { 0 };

		write_profile(&(struct random_source){ &differential, &profile });
		write_list(&(struct random_source){ &differential, &denials });
		if (read_list(denials.data, &list, NULL) != 0)
			continue;
		n_lists++;
		trial.profile = profile.data;
		trial.denials = denials.data;
		trial.list = list;
		n_built += try(&trial, &n_denied);
		filter_deinit(&trial.filter);
		filter_deinit(&trial.denied);
	}
	printf("# %zu profiles and lists, of %zu the profile makes a filter; %zu calls denied "
	       "through others\n",
	       n_lists, n_built, n_denied);
	assert_true(n_built > n_lists / 2);
	/* Of the machines that have none arm64 and riscv64 are compared. */
	assert_true(n_denied > n / 8 || !has_multiplexer());
	differential_deinit(&differential);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	filter_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
