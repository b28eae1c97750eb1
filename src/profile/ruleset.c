/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/ruleset.h"

#include <string.h>

static const char *const action_names[] = {
	[ACTION_KILL] = "SCMP_ACT_KILL",
	[ACTION_KILL_THREAD] = "SCMP_ACT_KILL_THREAD",
	[ACTION_KILL_PROCESS] = "SCMP_ACT_KILL_PROCESS",
	[ACTION_TRAP] = "SCMP_ACT_TRAP",
	[ACTION_ERRNO] = "SCMP_ACT_ERRNO",
	[ACTION_TRACE] = "SCMP_ACT_TRACE",
	[ACTION_NOTIFY] = "SCMP_ACT_NOTIFY",
	[ACTION_LOG] = "SCMP_ACT_LOG",
	[ACTION_ALLOW] = "SCMP_ACT_ALLOW",
};

static const char *const comparison_names[] = {
	[COMPARE_NE] = "SCMP_CMP_NE",
	[COMPARE_LT] = "SCMP_CMP_LT",
	[COMPARE_LE] = "SCMP_CMP_LE",
	[COMPARE_EQ] = "SCMP_CMP_EQ",
	[COMPARE_GE] = "SCMP_CMP_GE",
	[COMPARE_GT] = "SCMP_CMP_GT",
	[COMPARE_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

_Static_assert(ARRAY_SIZE(action_names) == N_ACTIONS, "each action has a name");
_Static_assert(ARRAY_SIZE(comparison_names) == N_COMPARISONS, "each comparison has a name");

const char *action_name(enum action action)
{
	return action_names[action];
}

bool action_parse(const char *name, enum action *actionp)
{
	for (size_t i = 0; i < N_ACTIONS; i++) {
		if (strcmp(name, action_names[i]) == 0) {
			*actionp = (enum action)i;
			return true;
		}
	}
	return false;
}

bool action_is_permissive(enum action action)
{
	return action == ACTION_ALLOW || action == ACTION_LOG || action == ACTION_TRACE ||
	       action == ACTION_NOTIFY;
}

const char *comparison_name(enum comparison comparison)
{
	return comparison_names[comparison];
}

bool comparison_parse(const char *name, enum comparison *comparisonp)
{
	for (size_t i = 0; i < N_COMPARISONS; i++) {
		if (strcmp(name, comparison_names[i]) == 0) {
			*comparisonp = (enum comparison)i;
			return true;
		}
	}
	return false;
}

static bool copy_array(struct arena *arena, const void *from, size_t n, size_t n_bytes, void *top)
{
	void *to = arena_alloc_array(arena, n, n_bytes);

	if (!to)
		return false;
	if (n > 0)
		memcpy(to, from, n * n_bytes);
	memcpy(top, &to, sizeof(to));
	return true;
}

static bool copy_words(struct arena *arena, struct rule_words *words)
{
	return copy_array(arena, words->words, words->n_words, sizeof(*words->words),
	                  &words->words);
}

static bool copy_condition(struct arena *arena, struct rule_condition *condition)
{
	return copy_words(arena, &condition->capabilities) &&
	       copy_words(arena, &condition->architectures);
}

/* What rule shares with the one that it is a copy of becomes its own. */
static bool copy_rule(struct arena *arena, struct rule *rule)
{
	return copy_words(arena, &rule->names) &&
	       copy_array(arena, rule->arguments, rule->n_arguments, sizeof(*rule->arguments),
	                  &rule->arguments) &&
	       copy_condition(arena, &rule->includes) && copy_condition(arena, &rule->excludes);
}

struct ruleset *ruleset_copy(struct arena *arena, const struct ruleset *ruleset)
{
	struct ruleset *copy = arena_alloc(arena, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *ruleset;
	if (!copy_words(arena, &copy->architectures) || !copy_words(arena, &copy->flags) ||
	    !copy_array(arena, copy->maps, copy->n_maps, sizeof(*copy->maps), &copy->maps) ||
	    !copy_array(arena, copy->rules, copy->n_rules, sizeof(*copy->rules), &copy->rules))
		return NULL;
	for (size_t i = 0; i < copy->n_maps; i++) {
		if (!copy_words(arena, &copy->maps[i].more))
			return NULL;
	}
	for (size_t i = 0; i < copy->n_rules; i++) {
		if (!copy_rule(arena, &copy->rules[i]))
			return NULL;
	}
	return copy;
}
