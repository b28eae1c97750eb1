/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "profile/bases.h"
#include "profile/compile.h"

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

static bool is_mentioned(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule_words *names = &ruleset->rules[i].names;

		if (has_word(names->words, names->n_words, name))
			return true;
	}
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct rule_name *)a)->text, ((const struct rule_name *)b)->text);
}

/* What the base has and no rule mentions, sorted: -ENOENT where there is no such base. */
static int collect(struct arena *arena, const struct ruleset *ruleset, const char *base,
                   const struct base_table *table, struct rule_words *missing)
{
	size_t n_all = 0;
	bool found = false;

	for (size_t i = 0; i < table->n_sets; i++)
		n_all += table->sets[i].n_seen;
	missing->words = arena_alloc_array(arena, n_all, sizeof(*missing->words));
	if (!missing->words)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_sets; i++) {
		const struct base_set *set = &table->sets[i];

		if (!is_base(set, base))
			continue;
		found = true;
		for (size_t j = 0; j < set->n_seen; j++) {
			if (!has_word(missing->words, missing->n_words, set->seen[j]) &&
			    !is_mentioned(ruleset, set->seen[j]))
				missing->words[missing->n_words++].text = set->seen[j];
		}
	}
	qsort(missing->words, missing->n_words, sizeof(*missing->words), compare_names);
	return found ? 0 : -ENOENT;
}

/* The first rule that allows without condition, or a new one at the end; NULL without memory. */
static struct rule *find_allowance(struct arena *arena, struct ruleset *ruleset)
{
	struct rule *rules;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		struct rule *rule = &ruleset->rules[i];

		if (rule->action == ACTION_ALLOW && rule->n_arguments == 0)
			return rule;
	}
	rules = arena_alloc_array(arena, ruleset->n_rules + 1, sizeof(*rules));
	if (!rules)
		return NULL;
	if (ruleset->n_rules > 0)
		memcpy(rules, ruleset->rules, ruleset->n_rules * sizeof(*rules));
	ruleset->rules = rules;
	ruleset->has_rules = true;
	rules[ruleset->n_rules].action = ACTION_ALLOW;
	return &rules[ruleset->n_rules++];
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

static void note_added(const struct ruleset *ruleset, const struct rule_words *missing,
                       const char *base, struct compile_notes *notes)
{
	_cleanup_(buffer_deinit) struct buffer list = BUFFER_INIT;

	if (!notes)
		return;
	for (size_t i = 0; i < missing->n_words; i++)
		buffer_printf(&list, "%s%s", i ? ", " : "", missing->words[i].text);
	compile_note(notes, ruleset->extension, "base %s: allows %s", base,
	             buffer_error(&list)    ? "more"
	             : missing->n_words > 0 ? list.data
	                                    : "nothing more");
}

int ruleset_add_base(struct arena *arena, struct ruleset *ruleset, const char *base,
                     const struct facts *facts, struct compile_notes *notes)
{
	struct rule_words missing = { 0 };
	struct rule *rule;
	int r;

	if (!base || strcmp(base, "none") == 0)
		return 0;
	if (!facts->bases)
		return -ENOENT;
	r = collect(arena, ruleset, base, facts->bases, &missing);
	if (r)
		return r;
	if (action_is_permissive(ruleset->default_action)) {
		compile_note(notes, ruleset->extension,
		             "base %s: the default action lets calls through", base);
		return 0;
	}
	note_added(ruleset, &missing, base, notes);
	if (missing.n_words == 0)
		return 0;
	rule = find_allowance(arena, ruleset);
	return rule ? add_names(arena, &rule->names, &missing) : -ENOMEM;
}
