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

/* Without a tracer SCMP_ACT_TRACE is ENOSYS; with SCMP_ACT_NOTIFY an agent is asked. */
static bool lets_through(enum action action)
{
	return action_is_permissive(action) && action != ACTION_TRACE;
}

/* Where a base allows what rules with conditions leave, these are meant. */
static enum lint_reach reach_of_uses(const struct lint *lint, const struct lint_call *call)
{
	enum lint_reach reach = REACH_NEVER;

	if (lets_through(lint->compiled->default_action))
		return REACH_ALWAYS;
	for (const struct lint_use *use = call->uses; use; use = use->next) {
		if (!use->rule->n_arguments || !lets_through(use->rule->action))
			continue;
		if (!use->rule->node)
			return REACH_ALWAYS;
		reach = REACH_SOMETIMES;
	}
	return reach;
}

static enum lint_reach reach_of(const struct lint *lint, const char *name)
{
	const struct lint_call *call = lint_find_call(lint, name);

	if (call && call->decider)
		return lets_through(call->decider->rule->action) ? REACH_ALWAYS : REACH_NEVER;
	if (call)
		return reach_of_uses(lint, call);
	return lets_through(lint->compiled->default_action) ? REACH_ALWAYS : REACH_NEVER;
}

/* What a version needs and does not get. */
struct missing {
	const char *version;
	size_t n_always, n_without_nnp; /* of those that are denied */
	struct lint_list denied, limited;
};

static void missing_deinit(struct missing *missing)
{
	lint_list_deinit(&missing->denied);
	lint_list_deinit(&missing->limited);
}

/* Returns how many are denied. */
static size_t add_missing(struct lint *lint, const char *const *names, size_t n_names,
                          struct missing *missing)
{
	size_t n_before = missing->denied.n;

	for (size_t i = 0; i < n_names; i++) {
		enum lint_reach reach = reach_of(lint, names[i]);

		if (reach == REACH_NEVER)
			lint_list_add(&missing->denied, "%s", names[i]);
		else if (reach == REACH_SOMETIMES)
			lint_list_add(&missing->limited, "%s", names[i]);
	}
	return missing->denied.n - n_before;
}

static void find_missing(struct lint *lint, const struct base_set *set, struct missing *missing)
{
	missing->version = set->version;
	missing->n_always = add_missing(lint, set->needed, set->n_needed, missing);
	missing->n_without_nnp = add_missing(lint, set->needed_without_nnp,
	                                     set->n_needed_without_nnp, missing);
	add_missing(lint, set->needed_sometimes, set->n_needed_sometimes, missing);
}

static bool is_worse(const struct missing *a, const struct missing *b)
{
	if ((a->n_always > 0) != (b->n_always > 0))
		return a->n_always > 0;
	return a->denied.n + a->limited.n > b->denied.n + b->limited.n;
}

static void tell_missing(struct lint *lint, const char *runtime, struct missing *missing)
{
	const char *base = lint->source->base;
	const char *remedy =
		base && strcmp(base, "none") != 0
			? "take them out of the rules that deny them or have conditions"
			: NULL;
	struct lint_place place;

	lint_place_value(lint, "syscalls", &place);
	if (missing->denied.n)
		lint_add(lint, LINT_MISSING_BASE,
		         missing->n_always ? lint_runtime_severity(lint, runtime_bit(runtime))
		                           : DIAG_WARNING,
		         &place, remedy, "%s %s itself needs calls that are denied, and %s: %s",
		         runtime, missing->version,
		         missing->n_always ? "starts no container"
		         : missing->n_without_nnp
		                 ? "starts no container without noNewPrivileges"
		                 : "does not start, or execute in, every container",
		         lint_list_text(&missing->denied));
	if (missing->limited.n)
		lint_add(lint, LINT_MISSING_BASE, DIAG_WARNING, &place, remedy,
		         "%s %s itself needs calls that get through only for some arguments: %s",
		         runtime, missing->version, lint_list_text(&missing->limited));
}

/* The version that misses most: of two versions the newer needs what the older does, or other calls. */
static void judge_base(struct lint *lint, const char *runtime)
{
	const struct base_table *bases = lint->options->facts->bases;
	struct missing worst = { .version = NULL };

	for (size_t i = 0; i < bases->n_sets; i++) {
		const struct base_set *set = &bases->sets[i];
		struct missing missing = { .version = NULL };

		if (strcmp(set->runtime, runtime) == 0)
			find_missing(lint, set, &missing);
		if (is_worse(&missing, &worst)) {
			struct missing swap = worst;

			worst = missing;
			missing = swap;
		}
		missing_deinit(&missing);
	}
	tell_missing(lint, runtime, &worst);
	missing_deinit(&worst);
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
