/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/compile.h"

#include <errno.h>
#include <string.h>

#include "compile_steps.h"
#include "document/scalar.h"

bool compile_mode_parse(const char *word, enum compile_mode *modep)
{
	if (strcmp(word, "on") == 0)
		*modep = COMPILE_ON;
	else if (strcmp(word, "reject") == 0)
		*modep = COMPILE_REJECT;
	else if (strcmp(word, "off") == 0)
		*modep = COMPILE_OFF;
	else
		return false;
	return true;
}

static void note_architectures(const struct ruleset *compiled, const struct node *node,
                               const struct facts *facts, struct compile_notes *notes)
{
	_cleanup_(buffer_deinit) struct buffer list = BUFFER_INIT;

	if (!compiled->has_architectures) {
		compile_note(notes, node, "archMap: no entry for %s: native calls only",
		             facts->architecture);
		return;
	}
	for (size_t i = 0; i < compiled->architectures.n_words; i++) {
		buffer_append_string(&list, i ? ", " : "");
		compile_append_word(compiled->architectures.words[i].text, &list);
	}
	compile_note(notes, node, "archMap: architectures are %s",
	             buffer_error(&list) ? "those of this machine" : list.data);
}

/* The entry of the machine's architecture, with its sub-architectures. */
static bool choose_architectures(struct arena *arena, struct ruleset *compiled,
                                 const struct facts *facts)
{
	for (size_t i = 0; i < compiled->n_maps; i++) {
		const struct architecture_map *map = &compiled->maps[i];
		struct rule_name *words;

		if (strcmp(map->architecture.text, facts->architecture) != 0)
			continue;
		words = arena_alloc_array(arena, map->more.n_words + 1, sizeof(*words));
		if (!words)
			return false;
		words[0] = map->architecture;
		for (size_t j = 0; j < map->more.n_words; j++)
			words[j + 1] = map->more.words[j];
		compiled->architectures = (struct rule_words){ words, map->more.n_words + 1 };
		compiled->has_architectures = true;
		return true;
	}
	return true;
}

static int compile_architectures(struct arena *arena, struct ruleset *compiled,
                                 const struct facts *facts, struct compile_notes *notes)
{
	if (compiled->n_maps == 0)
		return 0;
	if (!choose_architectures(arena, compiled, facts))
		return -ENOMEM;
	note_architectures(compiled, compiled->maps[0].node, facts, notes);
	compiled->maps = NULL;
	compiled->n_maps = 0;
	return 0;
}

static void note_name(const struct rule *rule, const struct node *name, struct compile_notes *notes)
{
	_cleanup_(buffer_deinit) struct buffer word = BUFFER_INIT;

	compile_append_word(rule->names.words[0].text, &word);
	if (!buffer_error(&word))
		compile_note(notes, name, "name: becomes names [%s]", word.data);
}

/* What is only written in another way, for a person who compares. */
static void note_spellings(const struct rule *rule, struct compile_notes *notes)
{
	const struct node *name, *error, *comment;

	if (!notes || !rule->node)
		return;
	name = node_find(rule->node, "name");
	error = node_resolve(node_find(rule->node, "errno"));
	comment = node_resolve(node_find(rule->node, "comment"));
	if (name && !scalar_is_null(name))
		note_name(rule, name, notes);
	if (error && error->kind == NODE_SCALAR && !scalar_is_null(error) && error->n > 0)
		compile_note(notes, error, "errno %s: becomes errnoRet %u", error->text,
		             (unsigned int)rule->errno_ret);
	if (comment && comment->kind == NODE_SCALAR && comment->n > 0)
		compile_note(notes, comment, "comment: left out");
}

static void note_default_errno(const struct ruleset *source, struct compile_notes *notes)
{
	const struct node *error = node_resolve(node_find(source->node, "defaultErrno"));

	if (error && error->kind == NODE_SCALAR && !scalar_is_null(error) && error->n > 0)
		compile_note(notes, error, "defaultErrno %s: becomes defaultErrnoRet %u",
		             error->text, (unsigned int)source->default_errno);
}

static uint64_t choose_capabilities(const struct ruleset *source, const struct facts *facts,
                                    struct compile_notes *notes)
{
	if (!source->has_capabilities)
		return facts->capabilities;
	compile_note(notes, source->extension,
	             "x-seccompfs.caps: %d in the place of the node's %d capabilities",
	             __builtin_popcountll(source->capabilities),
	             __builtin_popcountll(facts->capabilities));
	return source->capabilities;
}

static void compile_rules(struct ruleset *compiled, const struct facts *facts,
                          uint64_t capabilities, struct compile_notes *notes)
{
	size_t n = 0;

	for (size_t i = 0; i < compiled->n_rules; i++) {
		struct rule rule = compiled->rules[i];

		if (!compile_rule_holds(&rule, facts, capabilities, notes))
			continue;
		note_spellings(&rule, notes);
		rule.includes = rule.excludes = (struct rule_condition){ 0 };
		compiled->rules[n++] = rule;
	}
	compiled->n_rules = n;
}

int ruleset_compile(struct arena *arena, const struct ruleset *source, const struct facts *facts,
                    struct ruleset **compiledp, struct compile_notes *notes)
{
	struct ruleset *compiled = ruleset_copy(arena, source);
	int r;

	if (!compiled)
		return -ENOMEM;
	if (notes)
		note_default_errno(source, notes);
	r = compile_architectures(arena, compiled, facts, notes);
	if (r)
		return r;
	compile_rules(compiled, facts, choose_capabilities(source, facts, notes), notes);
	r = compile_merge(arena, compiled, notes);
	if (r)
		return r;
	compiled->is_plain = true;
	*compiledp = compiled;
	return 0;
}
