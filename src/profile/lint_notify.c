/* SPDX-License-Identifier: Apache-2.0 */

/* SCMP_ACT_NOTIFY: an agent decides, which the runtime hands a descriptor to while it starts a container. */

#include <string.h>

#include "lint_internal.h"

static const struct rule *find_notify(const struct lint *lint)
{
	for (size_t i = 0; i < lint->source->n_rules; i++) {
		if (lint->source->rules[i].action == ACTION_NOTIFY)
			return &lint->source->rules[i];
	}
	return NULL;
}

/* crun starts the container, and an agent that answers is enough. */
static bool is_for_crun_alone(const struct lint *lint)
{
	return lint->options->runtimes == LINT_CRUN;
}

static void judge_write(struct lint *lint)
{
	struct lint_place place;

	for (size_t i = 0; i < lint->n_names; i++) {
		const struct lint_name *name = &lint->names[i];

		if (name->rule->action != ACTION_NOTIFY || !name->use ||
		    strcmp(name->text, "write") != 0)
			continue;
		lint_place_name(lint, name, &place);
		lint_add(
			lint, LINT_NOTIFY_WRITE, DIAG_ERROR, &place, NULL,
			"SCMP_ACT_NOTIFY for write: the runtime writes to hand the descriptor over, "
			"and would wait for an agent that has none; runc refuses the profile");
		return;
	}
}

void lint_notify(struct lint *lint)
{
	const struct rule *rule = find_notify(lint);
	bool is_default = lint->source->default_action == ACTION_NOTIFY;
	struct lint_place place;

	if (!is_for_crun_alone(lint))
		judge_write(lint);
	lint_place_value(lint, "defaultAction", &place);
	if (is_default && !is_for_crun_alone(lint))
		lint_add(
			lint, LINT_NOTIFY_DEFAULT, DIAG_ERROR, &place, NULL,
			"SCMP_ACT_NOTIFY as default: the runtime's own calls would wait for an agent "
			"that has no descriptor yet; runc refuses the profile");
	if ((!rule && !is_default) || lint->source->listener_path)
		return;
	if (!is_default)
		lint_place_rule(lint, rule, "action", &place);
	lint_add(lint, LINT_NOTIFY_WITHOUT_LISTENER, lint_runtime_severity(lint, LINT_RUNC), &place,
	         NULL,
	         "SCMP_ACT_NOTIFY without listenerPath: runc refuses such a profile, with crun the "
	         "calls fail");
}
