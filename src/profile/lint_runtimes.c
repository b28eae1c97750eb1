/* SPDX-License-Identifier: Apache-2.0 */

/* What container runtimes need for themselves, and what they refuse. */

#include <string.h>

#include "lint_internal.h"
#include "profile/bases.h"

static unsigned int runtime_bit(const char *runtime)
{
	if (strcmp(runtime, "runc") == 0)
		return LINT_RUNC;
	return strcmp(runtime, "crun") == 0 ? LINT_CRUN : 0;
}

/* Where runtimes are named the others do not count. */
static bool is_asked(const struct lint *lint, const char *runtime)
{
	return !lint->options->runtimes || lint->options->runtimes & runtime_bit(runtime);
}

/* A profile with the base of one runtime is for that one. What was named on purpose is asked all the same. */
static bool is_for(const struct lint *lint, const char *runtime)
{
	const char *base = lint->source->base;
	size_t n = strlen(runtime);

	if (!base || strcmp(base, "none") == 0 || lint->options->runtimes)
		return true;
	return strncmp(base, runtime, n) == 0 && (base[n] == '\0' || base[n] == '-');
}

static void add_missing(struct lint *lint, const struct base_set *set, struct lint_list *list)
{
	for (size_t i = 0; i < set->n_needed; i++) {
		if (lint_reach_of(lint, set->needed[i]) == REACH_NEVER)
			lint_list_add(list, "%s", set->needed[i]);
	}
}

/* The version that misses most: of two versions the newer needs what the older does, or other calls. */
static void judge_base(struct lint *lint, const char *runtime)
{
	const struct base_table *bases = lint->options->facts->bases;
	struct lint_list worst = LINT_LIST_INIT;
	const char *version = NULL;
	struct lint_place place;

	for (size_t i = 0; i < bases->n_sets; i++) {
		const struct base_set *set = &bases->sets[i];
		struct lint_list missing = LINT_LIST_INIT;

		if (strcmp(set->runtime, runtime) == 0)
			add_missing(lint, set, &missing);
		if (missing.n > worst.n) {
			struct lint_list swap = worst;

			worst = missing;
			missing = swap;
			version = set->version;
		}
		lint_list_deinit(&missing);
	}
	lint_place_value(lint, "syscalls", &place);
	if (version)
		lint_add(lint, LINT_MISSING_BASE, lint_runtime_severity(lint, runtime_bit(runtime)),
		         &place, NULL,
		         "%s %s itself needs calls that are denied, and starts no container: %s",
		         runtime, version, lint_list_text(&worst));
	lint_list_deinit(&worst);
}

static bool is_first_of_runtime(const struct base_table *bases, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(bases->sets[i].runtime, bases->sets[index].runtime) == 0)
			return false;
	}
	return true;
}

static void judge_flags(struct lint *lint)
{
	const struct rule_words *flags = &lint->compiled->flags;
	struct lint_place place;

	if (!flags->n_words || !is_asked(lint, "runc"))
		return;
	lint_place_value(lint, "flags", &place);
	lint_add(lint, LINT_REFUSED_FLAG, lint_runtime_severity(lint, LINT_RUNC), &place, NULL,
	         "runc 1.1 refuses a profile with any flag");
}

void lint_runtimes(struct lint *lint)
{
	const struct base_table *bases = lint->options->facts->bases;

	judge_flags(lint);
	for (size_t i = 0; bases && i < bases->n_sets; i++) {
		const char *runtime = bases->sets[i].runtime;

		if (is_first_of_runtime(bases, i) && is_asked(lint, runtime) &&
		    is_for(lint, runtime))
			judge_base(lint, runtime);
	}
}
