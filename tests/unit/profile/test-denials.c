/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Denials, through the filters: that of a source alone, and that of what is served for it under a list.
 * Lists are made at random, for sources made at random and for those of other projects. For each call:
 *
 * - what the source lets reach the kernel, and the list denies, is denied: with the errno of an entry
 *   that denies it, or by the default action. Of an int what counts is what the kernel sees of it;
 * - nothing that the source denies is permitted;
 * - what the list does not deny is as it was, but for calls that a warning says are denied entirely,
 *   and for what reaches other calls (socketcall, ipc), for which only the first two are asked.
 */

#include "accumulator.h"
#include "denied.h"
#include "differential.h"
#include "random_source.h"
#include "sources.h"

#define RANDOM_SOURCES   900
#define RULES_MAX        8
#define NUMBER_KEEPER    "nfsservctl"
#define LISTS_OF_SOURCES 3 /* for each source that is no random one */

static struct facts node_facts(void)
{
	const struct test_node *node = test_node();

	return (struct facts){
		node->architectures[0].name, node->go, 6, 1, CAPABILITIES_DEFAULT,
		&base_table_builtin,
	};
}

struct denial_counts {
	size_t n_denied;     /* calls that the source permits and the list denies */
	size_t n_entirely;   /* calls denied beyond the list, with a warning */
	size_t n_lower_half; /* calls denied for their upper bits */
	size_t n_wider; /* calls denied by the words of a condition on an int, or with a warning */
	size_t n_same;  /* calls that stayed */
	size_t n_unknown; /* calls left out: libseccomp does not do what the source says */
	size_t n_lists;
	size_t n_refused;    /* lists */
	size_t n_no_filter;  /* sources */
	size_t n_numberless; /* architectures left out */
	size_t n_confused;   /* sources that libseccomp reads otherwise: accumulator.h */
};

static struct denial_counts counts;

static void random_list(struct differential *draw, struct buffer *out)
{
	const struct random_source source = { draw, out };

	buffer_append_string(out, "[\n");
	for (uint32_t n = 1 + random_draw(&source, 3); n; n--) {
		buffer_append_string(out, "{names: [");
		for (uint32_t m = 1 + random_draw(&source, 3); m; m--)
			buffer_printf(out, "%s, ", random_name(&source));
		buffer_append_string(out, "], reason: why");
		random_arguments(&source);
		if (random_draw(&source, 2))
			buffer_printf(out, ", errnoRet: %u", 1 + random_draw(&source, 4094));
		buffer_append_string(out, "},\n");
	}
	buffer_append_string(out, "]\n");
}

struct denial_case {
	const struct denied *denied;
	const struct ruleset *source; /* evaluated */
	const struct served *before, *after;
	const struct diag *diag; /* of the list */
	const struct differential_architecture *architecture;
	int number;
	const char *name;
	bool is_known; /* libseccomp does what the source says of the name */
	bool is_multiplexer;
	bool loses_number; /* libseccomp does nothing that the source says for the architecture */
	bool is_confused;  /* nor at some arguments of some calls */
	bool is_entire;    /* a warning says so */
	struct model model;
};

static bool is_permissive(uint32_t result)
{
	uint32_t action = BPF_ACTION(result);

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
	       action == SECCOMP_RET_TRACE || action == SECCOMP_RET_USER_NOTIF;
}

static void fail_denial(const struct differential *differential, const struct denial_case *c,
                        const struct seccomp_data *data, uint32_t before, uint32_t after,
                        const char *what)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;

	if (differential->source && strlen(differential->source) < 4096)
		fprintf(stderr, "%s", differential->source);
	fprintf(stderr, "%s", c->denied->stream->source->text);
	if (ruleset_write(c->after->ruleset, &bytes) == 0)
		fprintf(stderr, "%s\n", bytes.data);
	diag_print(c->diag, stderr, "# ");
	fail_msg("%s, number %d (%s), %#llx %#llx %#llx %#llx %#llx %#llx: %s: %#x became %#x",
	         c->architecture->name, c->number, c->name ? c->name : "none",
	         (unsigned long long)data->args[0], (unsigned long long)data->args[1],
	         (unsigned long long)data->args[2], (unsigned long long)data->args[3],
	         (unsigned long long)data->args[4], (unsigned long long)data->args[5], what, before,
	         after);
}

/* Whether a rule of the source gives the result, which one that was denied hid. */
static bool is_result_of_source(const struct denial_case *c, const uint64_t *arguments,
                                uint32_t result)
{
	const struct ruleset *model = &c->model.ruleset;

	for (size_t i = 0; i < model->n_rules && !is_permissive(result); i++) {
		const struct rule *rule = &model->rules[i];
		struct decision decision = rule_decision(rule);
		bool holds = result == differential_result(&decision);

		for (size_t j = 0; j < rule->n_arguments; j++)
			holds = holds && rule_argument_holds(&rule->arguments[j],
			                                     arguments[rule->arguments[j].index]);
		if (holds)
			return true;
	}
	return false;
}

/* Whether an entry for the name, of those that hold or of all, gives the result. */
static bool is_result_of(const struct denial_case *c, const uint64_t *arguments, bool wants_hold,
                         uint32_t result)
{
	struct decision standard = ruleset_default(c->source);

	if ((result == differential_result(&standard) && !is_permissive(result)) ||
	    is_result_of_source(c, arguments, result))
		return true;
	/* Where a multiplexer's own errno would be that of the default action, it gets another; and no
	 * kernel has what makes libseccomp keep the number. */
	if ((c->is_multiplexer || strcmp(c->name, NUMBER_KEEPER) == 0) &&
	    (result == (SECCOMP_RET_ERRNO | ENOSYS) || result == (SECCOMP_RET_ERRNO | EPERM)))
		return true;
	for (size_t i = 0; i < c->denied->n_entries; i++) {
		const struct rule *entry = &c->denied->entries[i];

		if (result == (SECCOMP_RET_ERRNO | entry->errno_ret) &&
		    (!wants_hold || entry_may_deny(c->denied, entry, c->name, arguments)))
			return true;
	}
	return false;
}

static bool has_lower_mask(const struct rule *rule, const uint64_t *arguments)
{
	for (size_t i = 0; i < rule->n_arguments; i++) {
		const struct rule_argument *argument = &rule->arguments[i];

		if (argument->comparison == COMPARE_MASKED_EQ && argument->value <= UINT32_MAX &&
		    arguments[argument->index] >> 32)
			return true;
	}
	return false;
}

/* A denial's condition on what the kernel takes the lower bits of becomes a mask. */
static bool has_int(const struct rule *entry, const char *name, const uint64_t *arguments)
{
	for (size_t i = 0; i < entry->n_arguments; i++) {
		uint32_t index = entry->arguments[i].index;

		if (syscall_argument_bits(name, index) < 64 && arguments[index] >> 32)
			return true;
	}
	return false;
}

/* Where one condition on an argument is a mask of lower bits, a denial's or the profile's own, others
 * are read of the lower half, if the default action denies (docs/deny.md): what has upper bits may be
 * denied then. */
static bool is_read_of_lower_half(const struct denial_case *c, const uint64_t *arguments,
                                  uint32_t result)
{
	const struct ruleset *model = &c->model.ruleset;
	struct decision standard = ruleset_default(c->source);
	bool has = false;

	if (is_permissive(result) || result != differential_result(&standard))
		return false;
	for (size_t i = 0; i < model->n_rules; i++)
		has = has || has_lower_mask(&model->rules[i], arguments);
	for (size_t i = 0; i < c->denied->n_entries; i++) {
		const struct rule *entry = &c->denied->entries[i];

		has = has ||
		      (rule_has_name(entry, c->name) &&
		       (has_lower_mask(entry, arguments) || has_int(entry, c->name, arguments)));
	}
	return has;
}

/* By the rules, where libseccomp does not do what they say. */
static bool is_permitted_in_words(const struct denial_case *c, const uint64_t *arguments)
{
	struct decision decision = ruleset_decide(&c->model.ruleset, c->name, arguments);

	return action_is_permissive(decision.action) || c->is_multiplexer ||
	       is_conflict(&c->model.ruleset, arguments);
}

static void check_call(const struct differential *differential, const struct denial_case *c,
                       const uint64_t *from)
{
	bool is_x32 = c->architecture->token == SCMP_ARCH_X32, holds = false, may_hold = false;
	bool is_known;
	struct seccomp_data data = {
		.nr = c->number,
		.arch = is_x32 ? AUDIT_ARCH_X86_64 : c->architecture->token,
	};
	uint64_t arguments[RULE_N_ARGUMENTS];
	uint32_t before, after;

	for (size_t i = 0; i < RULE_N_ARGUMENTS; i++)
		data.args[i] = arguments[i] = c->architecture->is_32_bit ? (uint32_t)from[i]
		                                                         : from[i];
	before = node_run(&c->before->filter, data);
	after = node_run(&c->after->filter, data);
	for (size_t i = 0; i < c->denied->n_entries && !holds; i++) {
		const struct rule *entry = &c->denied->entries[i];

		holds = entry_denies(entry, c->name, arguments);
		may_hold |= entry_may_deny(c->denied, entry, c->name, arguments);
	}
	is_known = c->is_known && !c->loses_number && !c->is_confused &&
	           !is_conflict(&c->model.ruleset, arguments);

	if (!is_permissive(before) && is_permissive(after) &&
	    (is_known || !(c->is_confused || is_permitted_in_words(c, arguments))))
		fail_denial(differential, c, &data, before, after, "permitted");
	if (holds && is_permissive(before)) {
		if (is_permissive(after) ||
		    (is_known && !is_result_of(c, arguments, !c->is_entire, after)))
			fail_denial(differential, c, &data, before, after, "not denied");
		counts.n_denied++;
	} else if (c->is_entire || c->is_multiplexer || strcmp(c->name, NUMBER_KEEPER) == 0) {
		if (after != before && !c->is_multiplexer &&
		    !is_result_of(c, arguments, false, after))
			fail_denial(differential, c, &data, before, after, "neither");
		counts.n_entirely += after != before;
	} else if (!is_known || (holds && c->model.differs && !is_permissive(after))) {
		counts.n_unknown++;
	} else if (after != before && may_hold && is_result_of(c, arguments, true, after)) {
		counts.n_wider++;
	} else if (after != before && is_read_of_lower_half(c, arguments, after)) {
		counts.n_lower_half++;
	} else {
		if (after != before)
			fail_denial(differential, c, &data, before, after, "changed");
		counts.n_same++;
	}
}

/* The numbers of conditions on ints again, with something above them. */
static void add_upper_bits(struct points *points, const struct denial_case *c)
{
	static const uint64_t uppers[] = { UINT64_C(1) << 32, UINT64_C(0xffffffff00000000) };

	for (size_t i = 0; i < c->denied->n_entries; i++) {
		const struct rule *entry = &c->denied->entries[i];

		for (size_t j = 0; j < entry->n_arguments && rule_has_name(entry, c->name); j++) {
			const struct rule_argument *condition = &entry->arguments[j];
			bool is_masked = condition->comparison == COMPARE_MASKED_EQ;
			uint64_t number = is_masked ? condition->value_two : condition->value;

			for (size_t k = 0; k < ARRAY_SIZE(uppers); k++)
				points_add(points, condition->index, (uint32_t)number | uppers[k]);
		}
	}
}

static void add_points(struct points *points, const struct denial_case *c)
{
	points_init(points, &c->model.ruleset);
	for (size_t i = 0; i < c->denied->n_entries; i++) {
		const struct rule *entry = &c->denied->entries[i];

		for (size_t j = 0; j < entry->n_arguments && rule_has_name(entry, c->name); j++)
			points_add_condition(points, &entry->arguments[j]);
	}
	add_upper_bits(points, c);
	for (uint64_t number = 0; number < 25 && c->is_multiplexer; number++)
		points_add(points, 0, number);
}

static void check_points(struct differential *differential, const struct denial_case *c)
{
	struct points points;
	size_t n;

	add_points(&points, c);
	n = points_combinations(&points);
	for (size_t i = 0; i < n && i < COMBINATIONS_MAX; i++) {
		uint64_t arguments[RULE_N_ARGUMENTS];
		size_t rest = i;

		for (size_t j = 0; j < RULE_N_ARGUMENTS; j++) {
			arguments[j] = points.values[j][n <= COMBINATIONS_MAX
			                                        ? rest % points.n[j]
			                                        : differential_draw(differential,
			                                                            points.n[j])];
			rest /= points.n[j];
		}
		check_call(differential, c, arguments);
	}
}

static bool is_denied_entirely(const struct diag *diag, const char *name)
{
	_cleanup_(buffer_deinit) struct buffer words = BUFFER_INIT;

	buffer_printf(&words, ": %s is denied entirely", name);
	for (size_t i = 0; i < diag->n_entries; i++) {
		if (strstr(diag->entries[i].message, words.data))
			return true;
	}
	return false;
}

/* Conditions with values that the architecture does not see deny more there. */
static bool has_wide_entry(const struct denial_case *c)
{
	for (size_t i = 0; i < c->denied->n_entries && c->architecture->is_32_bit; i++) {
		const struct rule *entry = &c->denied->entries[i];

		for (size_t j = 0; j < entry->n_arguments && rule_has_name(entry, c->name); j++) {
			if ((entry->arguments[j].value | entry->arguments[j].value_two) >> 32)
				return true;
		}
	}
	return false;
}

static void check_name(struct differential *differential, struct denial_case *c)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct model_call call = { c->name, c->architecture->is_32_bit, false };

	assert_non_null(arena);
	c->is_multiplexer = strcmp(c->name, "socketcall") == 0 || strcmp(c->name, "ipc") == 0;
	call.is_multiplexer = c->is_multiplexer;
	c->model = model_make(arena, c->source, &call);
	c->is_known = !has_wide_entry(c) &&
	              (has_unconditional(&c->model.ruleset) ||
	               ruleset_overlap(&c->model.ruleset, c->name).kind == OVERLAP_EXACT);
	c->is_entire = is_denied_entirely(c->diag, c->name);
	check_points(differential, c);
}

static void check_filters(struct differential *differential, struct denial_case *c)
{
	for (size_t i = 0; differential->architectures[i].name; i++) {
		c->architecture = &differential->architectures[i];
		if (c->architecture->token != seccomp_arch_native() &&
		    !has_architecture(c->source, c->architecture->name))
			continue;
		c->loses_number = ruleset_loses_number(c->source, c->architecture->name);
		counts.n_numberless += c->loses_number;
		for (int number = 0; number < NUMBERS_MAX; number++) {
			bool is_x32 = c->architecture->token == SCMP_ARCH_X32;

			c->number = number | (is_x32 ? 0x40000000 : 0);
			c->name = c->architecture->calls[number];
			if (c->name)
				check_name(differential, c);
		}
	}
}

/* Whether something was compared. */
static bool check_list(struct differential *differential, const struct node *value,
                       const struct denied *denied)
{
	const struct facts facts = node_facts();
	const struct profile_options options = { VALIDATE_STRICT, COMPILE_ON, &facts };
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, denied_bytes = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(served_deinit) struct served before = { 0 }, after = { 0 };
	struct denial_case c = {
		.denied = denied, .before = &before, .after = &after, .diag = &diag
	};

	assert_non_null(arena);
	if (profile_render(NULL, value, &options, NULL, NULL, &bytes, NULL) != 0)
		return false;
	assert_int_equal(profile_render(NULL, value, &options, denied->list, NULL, &denied_bytes,
	                                &diag),
	                 0);
	c.source = evaluate(arena, value, &facts);
	if (!serve(&bytes, &before) || !serve(&denied_bytes, &after)) {
		counts.n_no_filter++;
		return false;
	}
	c.is_confused = accumulator_is_confused(&before.filter);
	if (!c.is_confused && accumulator_is_confused(&after.filter)) {
		/* Longer than a message can be. */
		fprintf(stderr, "%s%s%s\n%s\n", differential->source ? differential->source : "",
		        denied->stream->source->text, bytes.data, denied_bytes.data);
		fail_msg("compares another argument than before");
	}
	counts.n_confused += c.is_confused;
	assert_true(after.filter.n_instructions <= filter_count_most(after.ruleset));
	assert_true(before.filter.n_instructions <= filter_count_most(before.ruleset));
	check_filters(differential, &c);
	counts.n_lists++;
	return true;
}

static bool check_random_list(struct differential *differential, const struct node *value)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(denied_deinit) struct denied denied = { 0 };

	random_list(differential, &text);
	if (denied_read(&text, &denied))
		return check_list(differential, value, &denied);
	counts.n_refused++;
	return false;
}

static size_t check_random_lists(struct differential *differential, const struct node *value)
{
	size_t n = 0;

	for (size_t i = 0; i < LISTS_OF_SOURCES; i++)
		n += check_random_list(differential, value);
	return n;
}

static void print_counts(void)
{
	print_message(
		"# %zu lists on sources: %zu calls denied, %zu the same; denied beyond: %zu as a "
		"warning says, %zu for their upper bits, %zu by all bits of an int; left out: %zu calls that libseccomp "
		"reads otherwise, %zu architectures without the number; %zu lists refused, "
		"%zu without filter, %zu with a filter that compares other arguments\n",
		counts.n_lists, counts.n_denied, counts.n_same, counts.n_entirely,
		counts.n_lower_half, counts.n_wider, counts.n_unknown, counts.n_numberless,
		counts.n_refused, counts.n_no_filter, counts.n_confused);
}

static void test_random_sources(void **state)
{
	const size_t n = node_share(RANDOM_SOURCES);
	struct differential differential;

	counts = (struct denial_counts){ 0 };
	differential_init(&differential);
	for (size_t i = 0; i < n; i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		_cleanup_(stream_freep) struct stream *stream = NULL;

		random_write(&differential, RULES_MAX, &text);
		differential.source = text.data;
		assert_int_equal(yaml_read_bytes("random", text.data, text.n_data, &stream, NULL,
		                                 NULL),
		                 0);
		check_random_list(&differential, stream->documents[0].root);
	}
	print_counts();
	assert_true(counts.n_lists >= n / 3 && counts.n_denied > n * 10 &&
	            counts.n_entirely > n / 10 && counts.n_same > n * 100);
	differential_deinit(&differential);
}

static void test_own_sources(void **state)
{
	counts = (struct denial_counts){ 0 };
	visit_below("SECCOMPFS_TEST_DATA", "compile", 10, check_random_lists);
	print_counts();
}

static void test_real_sources(void **state)
{
	counts = (struct denial_counts){ 0 };
	visit_below("SECCOMPFS_VECTORS", "yaml-json", 10, check_random_lists);
	print_counts();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_sources),
		cmocka_unit_test(test_real_sources),
		cmocka_unit_test(test_random_sources),
	};

	filter_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
