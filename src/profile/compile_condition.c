/* SPDX-License-Identifier: Apache-2.0 */

#include "compile_steps.h"

#define NAMES_SHOWN 3 /* of a rule that is left out */

/* One list or version of `includes` or `excludes`, and what was found of it. */
struct finding {
	const struct rule *rule;
	const struct rule_condition *condition;
	const char *key;    /* "includes.caps" */
	const char *what;   /* what of the node was compared: "CAP_SYS_ADMIN", "amd64" */
	const char *result; /* "not held" */
	bool holds;         /* whether the rule stays */
};

/* What follows a reason: nothing where the rule stays, else which calls lose it. */
static void append_outcome(const struct rule *rule, bool holds, struct buffer *out)
{
	size_t n = rule->names.n_words;

	if (holds)
		return;
	buffer_append_string(out, ": rule left out: ");
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
		buffer_append_string(out, i ? ", " : "");
		compile_append_word(rule->names.words[i].text, out);
	}
	if (n > NAMES_SHOWN)
		buffer_printf(out, " and %zu more", n - NAMES_SHOWN);
}

static void note_words(struct compile_notes *notes, const struct finding *finding,
                       const struct rule_words *words)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	if (!notes)
		return;
	buffer_printf(&text, "%s [", finding->key);
	for (size_t i = 0; i < words->n_words; i++) {
		buffer_append_string(&text, i ? ", " : "");
		compile_append_word(words->words[i].text, &text);
	}
	buffer_printf(&text, "]: %s%s%s", finding->what, *finding->what ? " " : "",
	              finding->result);
	append_outcome(finding->rule, finding->holds, &text);
	if (!buffer_error(&text))
		compile_note(notes, finding->condition->node, "%s", text.data);
}

/* The first capability of the list that is held, or is not, as wanted; NULL: there is none. */
static const char *find_capability(const struct rule_words *words, uint64_t capabilities, bool held)
{
	for (size_t i = 0; i < words->n_words; i++) {
		unsigned int number;
		bool is_held = capability_parse(words->words[i].text, &number) &&
		               (capabilities >> number & 1);

		if (is_held == held)
			return words->words[i].text;
	}
	return NULL;
}

/* includes.caps: all must be held. excludes.caps: none may be. */
static bool capabilities_hold(const struct rule *rule, bool excludes, uint64_t capabilities,
                              struct compile_notes *notes)
{
	const struct rule_condition *condition = excludes ? &rule->excludes : &rule->includes;
	const char *culprit = find_capability(&condition->capabilities, capabilities, excludes);
	struct finding finding = {
		.rule = rule,
		.condition = condition,
		.key = excludes ? "excludes.caps" : "includes.caps",
		.what = culprit ? culprit : "",
		.holds = !culprit,
	};

	if (condition->capabilities.n_words == 0)
		return true;
	finding.result = excludes ? (culprit ? "is held" : "none is held")
	                          : (culprit ? "is not held" : "held");
	note_words(notes, &finding, &condition->capabilities);
	return finding.holds;
}

static bool architectures_hold(const struct rule *rule, bool excludes, const struct facts *facts,
                               struct compile_notes *notes)
{
	const struct rule_condition *condition = excludes ? &rule->excludes : &rule->includes;
	struct finding finding = {
		.rule = rule,
		.condition = condition,
		.key = excludes ? "excludes.arches" : "includes.arches",
		.what = facts->go_architecture,
	};
	bool found = false;

	if (condition->architectures.n_words == 0)
		return true;
	for (size_t i = 0; i < condition->architectures.n_words && !found; i++)
		found = facts_has_architecture(facts, condition->architectures.words[i].text);
	finding.result = found ? "is among them" : "is not among them";
	finding.holds = found != excludes;
	note_words(notes, &finding, &condition->architectures);
	return finding.holds;
}

static bool kernel_holds(const struct rule *rule, bool excludes, const struct facts *facts,
                         struct compile_notes *notes)
{
	const struct rule_condition *condition = excludes ? &rule->excludes : &rule->includes;
	_cleanup_(buffer_deinit) struct buffer outcome = BUFFER_INIT;
	uint32_t major, minor;
	bool reached, holds;

	/* What is no version was refused by whoever read the rule. */
	if (!condition->kernel || !kernel_parse(condition->kernel, false, &major, &minor))
		return true;
	reached = facts->kernel_major > major ||
	          (facts->kernel_major == major && facts->kernel_minor >= minor);
	holds = reached != excludes;
	if (notes)
		append_outcome(rule, holds, &outcome);
	compile_note(notes, condition->node, "%s.minKernel %s: kernel %u.%u %s%s",
	             excludes ? "excludes" : "includes", condition->kernel,
	             (unsigned int)facts->kernel_major, (unsigned int)facts->kernel_minor,
	             reached ? "is not older" : "is older", outcome.data ? outcome.data : "");
	return holds;
}

static bool condition_holds(const struct rule *rule, bool excludes, const struct facts *facts,
                            uint64_t capabilities, struct compile_notes *notes)
{
	return architectures_hold(rule, excludes, facts, notes) &&
	       capabilities_hold(rule, excludes, capabilities, notes) &&
	       kernel_holds(rule, excludes, facts, notes);
}

bool compile_rule_holds(const struct rule *rule, const struct facts *facts, uint64_t capabilities,
                        struct compile_notes *notes)
{
	return condition_holds(rule, true, facts, capabilities, notes) &&
	       condition_holds(rule, false, facts, capabilities, notes);
}
