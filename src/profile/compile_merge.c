/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "compile_steps.h"

/* A name and its place in a list, for sorting. */
struct placed_name {
	const char *text;
	size_t place;
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed_name *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	if (order)
		return order;
	return left->place < right->place ? -1 : left->place > right->place;
}

/* Removes names that stand earlier as well. False without memory. */
static bool remove_duplicates(struct arena *arena, struct rule_words *words)
{
	struct arena_mark mark = arena_mark(arena);
	struct placed_name *sorted = arena_alloc_array(arena, words->n_words, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return false;
	for (size_t i = 0; i < words->n_words; i++)
		sorted[i] = (struct placed_name){ words->words[i].text, i };
	qsort(sorted, words->n_words, sizeof(*sorted), compare_placed);
	for (size_t i = 1; i < words->n_words; i++) {
		if (strcmp(sorted[i].text, sorted[i - 1].text) == 0)
			words->words[sorted[i].place].text = NULL;
	}
	arena_release(arena, &mark);
	for (size_t i = 0; i < words->n_words; i++) {
		if (words->words[i].text)
			words->words[n++] = words->words[i];
	}
	words->n_words = n;
	return true;
}

static uint32_t effective_errno(const struct rule *rule)
{
	if (rule->has_errno)
		return rule->errno_ret;
	return rule->action == ACTION_ERRNO || rule->action == ACTION_TRACE ? RULE_ERRNO_DEFAULT
	                                                                    : 0;
}

static bool decides_alike(const struct rule *a, const struct rule *b)
{
	return a->action == b->action && effective_errno(a) == effective_errno(b);
}

/* Makes the names of all unconditional rules of the run those of the first one. */
static bool join_names(struct arena *arena, struct rule *run, size_t n_run, struct rule *first,
                       size_t n_names, struct compile_notes *notes)
{
	struct rule_name *names = arena_alloc_array(arena, n_names, sizeof(*names));
	size_t n = 0;

	if (!names)
		return false;
	for (size_t i = 0; i < n_run; i++) {
		struct rule *rule = &run[i];

		if (rule->n_arguments > 0)
			continue;
		if (rule->names.n_words > 0)
			memcpy(names + n, rule->names.words, rule->names.n_words * sizeof(*names));
		n += rule->names.n_words;
		if (rule == first)
			continue;
		compile_note(notes, rule->node, "joined with syscalls[%zu]", first->index);
		rule->names.n_words = 0;
	}
	first->names = (struct rule_words){ names, n };
	return true;
}

/* One run of rules that decide alike. False without memory. */
static bool merge_run(struct arena *arena, struct rule *run, size_t n_run,
                      struct compile_notes *notes)
{
	struct rule *first = NULL;
	size_t n_unconditional = 0, n_names = 0;

	for (size_t i = 0; i < n_run; i++) {
		if (run[i].n_arguments > 0)
			continue;
		if (!first)
			first = &run[i];
		n_unconditional++;
		n_names += run[i].names.n_words;
	}
	if (!first)
		return true;
	if (n_unconditional > 1 && !join_names(arena, run, n_run, first, n_names, notes))
		return false;
	return remove_duplicates(arena, &first->names);
}

static void drop_nameless(struct ruleset *ruleset)
{
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		if (ruleset->rules[i].names.n_words > 0)
			ruleset->rules[n++] = ruleset->rules[i];
	}
	ruleset->n_rules = n;
}

int compile_merge(struct arena *arena, struct ruleset *ruleset, struct compile_notes *notes)
{
	size_t n_run;

	drop_nameless(ruleset);
	for (size_t i = 0; i < ruleset->n_rules; i += n_run) {
		struct rule *run = &ruleset->rules[i];

		n_run = 1;
		while (i + n_run < ruleset->n_rules && decides_alike(run, &run[n_run]))
			n_run++;
		if (!merge_run(arena, run, n_run, notes))
			return -ENOMEM;
	}
	drop_nameless(ruleset);
	return 0;
}
