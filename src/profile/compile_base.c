/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "compile_base.h"
#include "compile_steps.h"
#include "profile/bases.h"

/* "runc" is every version of it, since nobody knows which one a node will have tomorrow. */
static bool is_base(const struct base_set *set, const char *base)
{
	size_t n = strlen(set->runtime);

	if (strncmp(base, set->runtime, n) != 0)
		return false;
	return base[n] == '\0' || (base[n] == '-' && strcmp(base + n + 1, set->version) == 0);
}

static bool has_word(const struct rule_name *words, size_t n_words, const char *text)
{
	for (size_t i = 0; i < n_words; i++) {
		if (strcmp(words[i].text, text) == 0)
			return true;
	}
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct rule_name *)a)->text, ((const struct rule_name *)b)->text);
}

/* All calls of the base, sorted: -ENOENT where there is no such base. */
static int collect(struct arena *arena, const char *base, const struct base_table *table,
                   struct rule_words *calls)
{
	size_t n_all = 0;
	bool found = false;

	for (size_t i = 0; i < table->n_sets; i++)
		n_all += table->sets[i].n_seen;
	calls->words = arena_alloc_array(arena, n_all, sizeof(*calls->words));
	if (!calls->words)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_sets; i++) {
		const struct base_set *set = &table->sets[i];

		if (!is_base(set, base))
			continue;
		found = true;
		for (size_t j = 0; j < set->n_seen; j++) {
			if (!has_word(calls->words, calls->n_words, set->seen[j]))
				calls->words[calls->n_words++].text = set->seen[j];
		}
	}
	qsort(calls->words, calls->n_words, sizeof(*calls->words), compare_names);
	return found ? 0 : -ENOENT;
}

/* False without memory. */
static bool add_rules(struct arena *arena, struct ruleset *ruleset, const struct rule *more,
                      size_t n_more)
{
	size_t n = ruleset->n_rules + n_more;
	struct rule *rules = arena_alloc_array(arena, n, sizeof(*rules));

	if (!rules)
		return false;
	if (ruleset->n_rules > 0)
		memcpy(rules, ruleset->rules, ruleset->n_rules * sizeof(*rules));
	if (n_more > 0)
		memcpy(rules + ruleset->n_rules, more, n_more * sizeof(*rules));
	ruleset->rules = rules;
	ruleset->n_rules = n;
	return true;
}

/* The first rule that allows without condition, or a new one at the end; NULL without memory. */
static struct rule *find_allowance(struct arena *arena, struct ruleset *ruleset)
{
	static const struct rule allowance = { .action = ACTION_ALLOW };

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		struct rule *rule = &ruleset->rules[i];

		if (rule->action == ACTION_ALLOW && rule->n_arguments == 0)
			return rule;
	}
	if (!add_rules(arena, ruleset, &allowance, 1))
		return NULL;
	ruleset->has_rules = true;
	return &ruleset->rules[ruleset->n_rules - 1];
}

static int add_names(struct arena *arena, struct rule_words *names, const struct rule_words *more)
{
	size_t n = names->n_words + more->n_words;
	struct rule_name *words = arena_alloc_array(arena, n, sizeof(*words));

	if (!words)
		return -ENOMEM;
	if (names->n_words > 0)
		memcpy(words, names->words, names->n_words * sizeof(*words));
	memcpy(words + names->n_words, more->words, more->n_words * sizeof(*words));
	*names = (struct rule_words){ words, n };
	return 0;
}

/* Takes a call out of the rules that allow it, all of which have conditions. The lists of names may
 * be the source's. */
static bool take_out(struct arena *arena, struct ruleset *ruleset, const char *name,
                     bool *has_takenp)
{
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		struct rule *rule = &ruleset->rules[i];
		struct rule_words kept = { 0 };

		if (rule->action != ACTION_ALLOW || !rule_has_name(rule, name))
			continue;
		kept.words = arena_alloc_array(arena, rule->names.n_words, sizeof(*kept.words));
		if (!kept.words)
			return false;
		for (size_t j = 0; j < rule->names.n_words; j++) {
			if (strcmp(rule->names.words[j].text, name) != 0)
				kept.words[kept.n_words++] = rule->names.words[j];
		}
		rule->names = kept;
		*has_takenp = true;
	}
	return true;
}

/* What became of the calls of a base. */
struct base_work {
	struct rule_words added;
	struct buffer allowed, freed, rest, denied, beyond; /* lists of names, for notes */
};

static void base_work_deinit(struct base_work *work)
{
	buffer_deinit(&work->allowed);
	buffer_deinit(&work->freed);
	buffer_deinit(&work->rest);
	buffer_deinit(&work->denied);
	buffer_deinit(&work->beyond);
}

static void list(struct buffer *names, const char *name)
{
	buffer_printf(names, "%s%s", names->n_data > 0 ? ", " : "", name);
}

static void note_list(const struct ruleset *ruleset, const char *base, const char *format,
                      const struct buffer *names, struct compile_notes *notes)
{
	if (names->n_data > 0)
		compile_note(notes, ruleset->extension, format, base,
		             buffer_error(names) ? "some calls" : names->data);
}

static void note_work(const struct ruleset *ruleset, const char *base, const struct base_work *work,
                      struct compile_notes *notes)
{
	compile_note(notes, ruleset->extension, "base %s: allows %s", base,
	             buffer_error(&work->allowed) ? "more"
	             : work->allowed.n_data > 0   ? work->allowed.data
	                                          : "nothing more");
	note_list(ruleset, base, "base %s: conditions do not count for %s", &work->freed, notes);
	note_list(ruleset, base, "base %s: allows all that no rule says otherwise of %s",
	          &work->rest, notes);
	note_list(ruleset, base, "base %s: rules deny %s all the same", &work->denied, notes);
	note_list(ruleset, base, "base %s: rules cannot allow what other rules leave of %s",
	          &work->beyond, notes);
}

static bool add_call(struct arena *arena, struct ruleset *ruleset, const struct rule_name *call,
                     struct base_work *work)
{
	struct rule *rest = NULL;
	size_t n_rest = 0;
	bool has_taken = false;

	switch (base_call_judge(arena, ruleset, call->text, &rest, &n_rest)) {
	case BASE_CALL_FREE:
		work->added.words[work->added.n_words++] = *call;
		if (!take_out(arena, ruleset, call->text, &has_taken))
			return false;
		list(has_taken ? &work->freed : &work->allowed, call->text);
		return true;
	case BASE_CALL_REST:
		list(&work->rest, call->text);
		return take_out(arena, ruleset, call->text, &has_taken) &&
		       add_rules(arena, ruleset, rest, n_rest);
	case BASE_CALL_DENIED:
		list(&work->denied, call->text);
		return true;
	case BASE_CALL_BEYOND:
		list(&work->beyond, call->text);
		return true;
	case BASE_CALL_ALLOWED:
		return true;
	case BASE_CALL_NO_MEMORY:
		break;
	}
	return false;
}

static int add_calls(struct arena *arena, struct ruleset *ruleset, const char *base,
                     const struct rule_words *calls, struct compile_notes *notes)
{
	_cleanup_(base_work_deinit) struct base_work work = { 0 };
	struct rule *rule;

	work.added.words = arena_alloc_array(arena, calls->n_words, sizeof(*work.added.words));
	if (!work.added.words)
		return -ENOMEM;
	for (size_t i = 0; i < calls->n_words; i++) {
		if (!add_call(arena, ruleset, &calls->words[i], &work))
			return -ENOMEM;
	}
	if (notes)
		note_work(ruleset, base, &work, notes);
	if (work.added.n_words > 0) {
		rule = find_allowance(arena, ruleset);
		if (!rule || add_names(arena, &rule->names, &work.added))
			return -ENOMEM;
	}
	/* Rules that have no names left go, and those between which they stood are joined. */
	return compile_merge(arena, ruleset, notes);
}

/* Whether a call without a rule gets to the kernel for certain: without a tracer SCMP_ACT_TRACE is
 * ENOSYS, and what an agent answers nobody knows. */
static bool default_allows(const struct ruleset *ruleset)
{
	return ruleset->default_action == ACTION_ALLOW || ruleset->default_action == ACTION_LOG;
}

int ruleset_add_base(struct arena *arena, struct ruleset *ruleset, const char *base,
                     const struct facts *facts, struct compile_notes *notes)
{
	struct rule_words calls = { 0 };
	int r;

	if (!base || strcmp(base, "none") == 0)
		return 0;
	if (!facts->bases)
		return -ENOENT;
	r = collect(arena, base, facts->bases, &calls);
	if (r)
		return r;
	if (default_allows(ruleset)) {
		compile_note(notes, ruleset->extension,
		             "base %s: the default action lets calls through", base);
		return 0;
	}
	return add_calls(arena, ruleset, base, &calls, notes);
}
