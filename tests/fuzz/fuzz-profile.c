/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Values on their way to a file, with denials and for a node (profile_input.h). Whatever they are: no
 * crash, an error has a reason, what comes out is canonical and has no key of this project; what was
 * compiled has none but those of the OCI specification, and compiles to itself; every call is decided as
 * the rules of the source decide it whose conditions hold, by an evaluator of its own, and denials do
 * what they must (deny_oracle.h).
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deny_oracle.h"
#include "document/canonical_json.h"
#include "profile/lint.h"
#include "profile/plain.h"
#include "profile/profile.h"

#define SIZE_MAX_CHECKED 16384 /* bytes of an input whose calls are compared */
#define SIZE_MAX_DENIED  2048  /* and whose denials are looked after */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(const struct rule_words *words, const char *word)
{
	for (size_t i = 0; i < words->n_words; i++) {
		if (strcmp(words->words[i].text, word) == 0)
			return true;
	}
	return false;
}

static size_t count_held(const struct rule_words *words, uint64_t capabilities)
{
	unsigned int number;
	size_t n = 0;

	for (size_t i = 0; i < words->n_words; i++)
		n += capability_parse(words->words[i].text, &number) &&
		     (capabilities & UINT64_C(1) << number);
	return n;
}

static bool is_reached(const char *kernel, const struct facts *facts)
{
	char *rest;
	unsigned long major = strtoul(kernel, &rest, 10),
		      minor = *rest ? strtoul(rest + 1, NULL, 10) : 0;

	return major < facts->kernel_major ||
	       (major == facts->kernel_major && minor <= facts->kernel_minor);
}

/* Moby's names, where they differ from Go's, are architectures as well. */
static bool has_node(const struct rule_words *words, const struct facts *facts)
{
	return has(words, facts->go_architecture) ||
	       (strcmp(facts->go_architecture, "386") == 0 && has(words, "x86")) ||
	       (strcmp(facts->go_architecture, "mips64le") == 0 && has(words, "mipsel64"));
}

static bool is_in_force(const struct rule *rule, const struct facts *facts, uint64_t capabilities)
{
	const struct rule_condition *in = &rule->includes, *out = &rule->excludes;

	if (has_node(&out->architectures, facts) || count_held(&out->capabilities, capabilities) ||
	    (out->kernel && is_reached(out->kernel, facts)))
		return false;
	return (in->architectures.n_words == 0 || has_node(&in->architectures, facts)) &&
	       count_held(&in->capabilities, capabilities) == in->capabilities.n_words &&
	       (!in->kernel || is_reached(in->kernel, facts));
}

static struct ruleset *keep_in_force(struct arena *arena, const struct ruleset *source,
                                     const struct facts *facts)
{
	struct ruleset *kept = ruleset_copy(arena, source);
	uint64_t capabilities = source->has_capabilities ? source->capabilities
	                                                 : facts->capabilities;
	size_t n = 0;

	require(kept != NULL, "there is memory");
	for (size_t i = 0; i < kept->n_rules; i++) {
		if (is_in_force(&kept->rules[i], facts, capabilities))
			kept->rules[n++] = kept->rules[i];
	}
	kept->n_rules = n;
	return kept;
}

/* Whether the rule, alone, decides. Its own default action is none of a profile's. */
static bool decides(const struct rule *rule, const char *name, const uint64_t *arguments)
{
	struct rule one = *rule;
	const struct ruleset alone = { .default_action = N_ACTIONS, .rules = &one, .n_rules = 1 };

	return ruleset_decide(&alone, name, arguments).rule != NULL;
}

/* Whether a rule says of a call of the base something that the base must not override: without
 * conditions, or other than that it is allowed. */
static bool is_said(const struct ruleset *kept, const char *name, const uint64_t *arguments)
{
	for (size_t i = 0; i < kept->n_rules; i++) {
		const struct rule *rule = &kept->rules[i];

		if (rule_has_name(rule, name) &&
		    (rule_is_unconditional(rule, false) ||
		     (rule->action != ACTION_ALLOW && decides(rule, name, arguments))))
			return true;
	}
	return false;
}

static bool has_other_rule(const struct ruleset *kept, const char *name)
{
	for (size_t i = 0; i < kept->n_rules; i++) {
		if (kept->rules[i].action != ACTION_ALLOW && rule_has_name(&kept->rules[i], name))
			return true;
	}
	return false;
}

/* Of a call of the base. Where rules of which one allows hold at once either may count. */
static void compare_given(const struct decision *left, const struct decision *right, bool is_said,
                          bool has_other)
{
	require(left->action != ACTION_ALLOW || right->action == ACTION_ALLOW || is_said,
	        "a base takes away nothing");
	require(right->action == ACTION_ALLOW || has_other || is_said,
	        "a base allows what no rule says otherwise of");
	require(!is_said || right->action != ACTION_ALLOW || left->action == ACTION_ALLOW,
	        "a base does not override what a rule says");
}

static void compare_call(const struct ruleset *a, const struct ruleset *b, const char *name,
                         bool is_given)
{
	static const uint64_t calls[][RULE_N_ARGUMENTS] = {
		{ 0 },
		{ 1, 1, 1, 1, 1, 1 },
		{ 2, 3, 5, 8, 13, 21 },
		{ UINT64_MAX, UINT64_MAX, UINT32_MAX, INT64_MAX, 0x7e020000, 38 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct decision left = ruleset_decide(a, name, calls[i]);
		struct decision right = ruleset_decide(b, name, calls[i]);

		if (is_given)
			compare_given(&left, &right, is_said(a, name, calls[i]),
			              has_other_rule(a, name));
		else
			require(left.action == right.action && left.errno_ret == right.errno_ret,
			        "a call is decided as the source does");
	}
}

static bool is_in_set(const struct base_set *set, const char *base, const char *name)
{
	size_t n = strlen(set->runtime);

	if (strncmp(base, set->runtime, n) != 0 ||
	    (base[n] != '\0' && strcmp(base + n + 1, set->version) != 0))
		return false;
	for (size_t i = 0; i < set->n_seen; i++) {
		if (strcmp(set->seen[i], name) == 0)
			return true;
	}
	return false;
}

/* Whether the profile's base has the call, and gives it. */
static bool is_given(const struct ruleset *source, const struct base_table *bases, const char *name)
{
	enum action standard = source->default_action;

	if (!source->base || standard == ACTION_ALLOW || standard == ACTION_LOG)
		return false;
	for (size_t i = 0; i < bases->n_sets; i++) {
		if (is_in_set(&bases->sets[i], source->base, name))
			return true;
	}
	return false;
}

static void compare_calls(const struct profile_work *work, const struct facts *facts)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct ruleset *kept = keep_in_force(arena, work->source, facts);

	for (size_t i = 0; i < kept->n_rules; i++) {
		const struct rule_words *names = &kept->rules[i].names;

		for (size_t j = 0; j < names->n_words; j++) {
			const char *name = names->words[j].text;

			compare_call(kept, work->compiled, name,
			             is_given(kept, facts->bases, name));
		}
	}
	compare_call(kept, work->compiled, "no such call", false);
}

static bool is_one_of(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key) != 0)
		keys++;
	return *keys;
}

static void require_keys(const struct node *mapping, const char *const *keys)
{
	for (size_t i = 0; i < mapping->n; i++)
		require(is_one_of(mapping->entries[i].key->text, keys),
		        "what comes out has keys of the OCI specification only");
}

/* config-linux.md, "Seccomp". */
static void require_oci_keys(const struct node *root)
{
	static const char *const of_profile[] = { "defaultAction", "defaultErrnoRet",
		                                  "architectures", "flags",
		                                  "listenerPath",  "listenerMetadata",
		                                  "syscalls",      NULL };
	static const char *const of_rule[] = { "names", "action", "errnoRet", "args", NULL };
	static const char *const of_argument[] = { "index", "value", "valueTwo", "op", NULL };
	const struct node *rules = node_find(root, "syscalls");

	require_keys(root, of_profile);
	for (size_t i = 0; rules && i < rules->n; i++) {
		const struct node *arguments = node_find(rules->items[i], "args");

		require_keys(rules->items[i], of_rule);
		for (size_t j = 0; arguments && j < arguments->n; j++)
			require_keys(arguments->items[j], of_argument);
	}
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
	return a->n_data == b->n_data && (a->n_data == 0 || !memcmp(a->data, b->data, a->n_data));
}

/* What came out, read and compiled again. The rules of denials are put in behind the compiler, which may
 * join them with their neighbours then: that must mean the same. */
static void check_again(const struct buffer *bytes, const struct profile_options *options,
                        bool is_denied)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buffer_deinit) struct buffer again = BUFFER_INIT, compiled = BUFFER_INIT;
	const struct node *root;
	struct profile_work work;

	/* A raw character of a name may not be allowed in YAML. */
	if (yaml_read_bytes("output", bytes->data, bytes->n_data, &stream, NULL, NULL))
		return;
	root = stream->documents[0].root;
	require(profile_is_plain(root), "what comes out is plain");
	require_oci_keys(root);
	require(canonical_json_write(root, NULL, &again, NULL) == 0,
	        "what comes out can be written");
	/* In YAML a raw U+0085 is a line break. */
	if (memmem(bytes->data, bytes->n_data, "\xc2\x85", 2))
		return;
	require(is_same(&again, bytes), "what comes out is canonical");
	require(profile_build(arena, root, options, NULL, NULL, &work, NULL, NULL) == 0 &&
	                ruleset_write(work.served, &compiled) == 0,
	        "what comes out can be compiled");
	if (is_denied)
		compare_calls(&work, options->facts);
	else
		require(is_same(&compiled, bytes), "compiling what comes out changes nothing");
}

static void lint(const struct profile_work *work, const struct facts *facts)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct lint_options options = { .facts = facts };

	require(lint_profile(work->source, work->compiled, NULL, &options, &diag) == 0,
	        "the linter answers");
	for (size_t i = 0; i < diag.n_entries; i++)
		require(diag.entries[i].rule && diag.entries[i].remedy,
		        "a finding has a rule and a remedy");
}

/* What cannot be read is served as it stands, or where calls are denied denies everything. */
static void check_unread(const struct profile_work *work, const struct profile_input *input,
                         const struct profile_options *options)
{
	require(options->validate == VALIDATE_OFF && input->deny,
	        "a profile that is served by its rules can be read");
	require(work->is_denied && !work->keeps_bytes && !work->served->n_rules &&
	                work->served->default_action == ACTION_ERRNO,
	        "what cannot be read denies everything");
}

/* A value that was rendered to bytes. */
static void check_build(const struct node *value, const struct profile_input *input,
                        const struct profile_options *options, const struct buffer *bytes,
                        size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct compile_notes notes = { .arena = arena };
	struct profile_work work;

	require(profile_build(arena, value, options, input->deny, NULL, &work, &notes, &diag) == 0,
	        "what can be rendered can be built");
	if (!work.source) {
		check_unread(&work, input, options);
		return;
	}
	require(profile_is_plain(value) || !work.keeps_bytes, "what is not plain is compiled");
	compare_calls(&work, options->facts);
	if (options->validate == VALIDATE_STRICT)
		lint(&work, options->facts);
	if (!work.keeps_bytes)
		check_again(bytes, options, work.is_denied);
	if (input->deny && size <= SIZE_MAX_DENIED)
		deny_oracle(input, work.compiled, work.served, &diag);
}

static void render(const struct node *value, const struct profile_input *input,
                   enum validate_mode validate, enum compile_mode mode, size_t size)
{
	const struct profile_options options = { validate, mode, &input->facts };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct deny_list *deny = mode == COMPILE_OFF ? NULL : input->deny;
	int r = profile_render(NULL, value, &options, deny, NULL, &bytes, &diag);

	require(r == 0 || r == PROFILE_E_INVALID, "rendering answers");
	require((r != 0) == (diag.n_errors > 0), "an error has a reason");
	if (r)
		return;
	require(!memmem(bytes.data, bytes.n_data, "\"x-seccompfs\":", 14),
	        "a key of this project is in no file");
	require(mode != COMPILE_REJECT || profile_is_plain(value), "what is not plain is refused");
	if (mode == COMPILE_ON && size <= SIZE_MAX_CHECKED && (deny || !profile_is_plain(value)))
		check_build(value, input, &options, &bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(profile_input_deinit) struct profile_input input = { 0 };

	if (!profile_input_read(data, size, &input))
		return 0;
	for (size_t i = 0; i < input.stream->n_documents; i++) {
		const struct node *value = node_resolve(input.stream->documents[i].root);

		if (is_denials(value) || is_facts(value))
			continue;
		render(value, &input, VALIDATE_STRICT, COMPILE_ON, size);
		render(value, &input, VALIDATE_OFF, COMPILE_ON, size);
		render(value, &input, VALIDATE_STRICT, COMPILE_REJECT, size);
		render(value, &input, VALIDATE_OFF, COMPILE_OFF, size);
	}
	return 0;
}
