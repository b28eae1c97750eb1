#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a source says on a node, read from its tree in the plainest way: nothing here is used by what
 * is tested. The source has passed the rules.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "document/node.h"
#include "document/scalar.h"
#include "profile/facts.h"
#include "profile/ruleset.h"

static inline const struct node *evaluate_find(const struct node *mapping, const char *key)
{
	const struct node *node = node_resolve(node_find(mapping, key));

	return node && !scalar_is_null(node) ? node : NULL;
}

static inline uint64_t evaluate_number(const struct node *node)
{
	uint64_t number = 0;

	return scalar_get_uint64(node, &number) ? number : 0;
}

static inline enum action evaluate_action(const struct node *node)
{
	static const char *const names[] = { "KILL",   "KILL_THREAD", "KILL_PROCESS",
		                             "TRAP",   "ERRNO",       "TRACE",
		                             "NOTIFY", "LOG",         "ALLOW" };
	size_t i = 0;

	while (strcmp(node->text + strlen("SCMP_ACT_"), names[i]) != 0)
		i++;
	return (enum action)i;
}

static inline enum comparison evaluate_comparison(const struct node *node)
{
	static const char *const names[] = { "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };
	size_t i = 0;

	while (strcmp(node->text + strlen("SCMP_CMP_"), names[i]) != 0)
		i++;
	return (enum comparison)i;
}

/* A number, or else a name, of those that sources in tests have. */
static inline bool evaluate_errno(const struct node *number, const struct node *name, uint32_t *ep)
{
	static const struct {
		const char *name;
		uint32_t number;
	} names[] = { { "EPERM", 1 }, { "ENOSYS", 38 }, { "EACCES", 13 }, { "EINVAL", 22 } };

	if (number)
		*ep = (uint32_t)evaluate_number(number);
	for (size_t i = 0; !number && name && i < ARRAY_SIZE(names); i++) {
		if (strcmp(name->text, names[i].name) == 0)
			*ep = names[i].number;
	}
	return number || (name && name->n > 0);
}

/* How many of the list are in the set. */
static inline uint32_t evaluate_capabilities(const struct node *list, uint64_t set)
{
	uint32_t n = 0;

	for (size_t i = 0; list && i < list->n; i++) {
		unsigned int number;

		n += capability_parse(node_resolve(list->items[i])->text, &number) &&
		     set >> number & 1;
	}
	return n;
}

static inline bool evaluate_has_architecture(const struct node *list, const struct facts *facts)
{
	for (size_t i = 0; list && i < list->n; i++) {
		if (strcmp(node_resolve(list->items[i])->text, facts->go_architecture) == 0)
			return true;
	}
	return false;
}

static inline bool evaluate_kernel(const struct node *version, const struct facts *facts)
{
	char *rest;
	unsigned long major = strtoul(version->text, &rest, 10);
	unsigned long minor = *rest ? strtoul(rest + 1, NULL, 10) : 0;

	return facts->kernel_major * 1000UL + facts->kernel_minor >= major * 1000 + minor;
}

static inline bool evaluate_rule_holds(const struct node *rule, const struct facts *facts,
                                       uint64_t capabilities)
{
	const struct node *includes = evaluate_find(rule, "includes");
	const struct node *excludes = evaluate_find(rule, "excludes");
	const struct node *list;

	if (excludes && (list = evaluate_find(excludes, "caps")) &&
	    evaluate_capabilities(list, capabilities) > 0)
		return false;
	if (excludes && evaluate_has_architecture(evaluate_find(excludes, "arches"), facts))
		return false;
	if (excludes && (list = evaluate_find(excludes, "minKernel")) && list->n > 0 &&
	    evaluate_kernel(list, facts))
		return false;
	if (includes && (list = evaluate_find(includes, "caps")) &&
	    evaluate_capabilities(list, capabilities) < list->n)
		return false;
	if (includes && (list = evaluate_find(includes, "arches")) && list->n > 0 &&
	    !evaluate_has_architecture(list, facts))
		return false;
	return !includes || !(list = evaluate_find(includes, "minKernel")) || list->n == 0 ||
	       evaluate_kernel(list, facts);
}

static inline void evaluate_words(struct arena *arena, const struct node *list, size_t n_before,
                                  struct rule_words *words)
{
	words->n_words = n_before + (list ? list->n : 0);
	words->words = arena_alloc_array(arena, words->n_words + 1, sizeof(*words->words));
	for (size_t i = 0; list && i < list->n; i++)
		words->words[n_before + i].text = node_resolve(list->items[i])->text;
}

/* The calls: names, and conditions. */
static inline void evaluate_calls(struct arena *arena, const struct node *node, struct rule *rule)
{
	const struct node *name = evaluate_find(node, "name");
	const struct node *arguments = evaluate_find(node, "args");

	evaluate_words(arena, evaluate_find(node, "names"), name ? 1 : 0, &rule->names);
	if (name)
		rule->names.words[0].text = name->text;
	rule->n_arguments = arguments ? arguments->n : 0;
	rule->arguments = arena_alloc_array(arena, rule->n_arguments + 1, sizeof(*rule->arguments));
	for (size_t i = 0; i < rule->n_arguments; i++) {
		const struct node *argument = node_resolve(arguments->items[i]);
		const struct node *two = evaluate_find(argument, "valueTwo");

		rule->arguments[i] = (struct rule_argument){
			.index = (uint32_t)evaluate_number(evaluate_find(argument, "index")),
			.comparison = evaluate_comparison(evaluate_find(argument, "op")),
			.value = evaluate_number(evaluate_find(argument, "value")),
			.value_two = two ? evaluate_number(two) : 0,
			.has_value_two = two,
		};
	}
}

static inline void evaluate_rule(struct arena *arena, const struct node *node, struct rule *rule)
{
	evaluate_calls(arena, node, rule);
	rule->action = evaluate_action(evaluate_find(node, "action"));
	rule->has_errno = evaluate_errno(evaluate_find(node, "errnoRet"),
	                                 evaluate_find(node, "errno"), &rule->errno_ret);
}

static inline void evaluate_architectures(struct arena *arena, const struct node *value,
                                          const struct facts *facts, struct ruleset *ruleset)
{
	const struct node *maps = evaluate_find(value, "archMap");

	evaluate_words(arena, evaluate_find(value, "architectures"), 0, &ruleset->architectures);
	for (size_t i = 0; maps && i < maps->n; i++) {
		const struct node *map = node_resolve(maps->items[i]);
		const struct node *name = evaluate_find(map, "architecture");

		if (strcmp(name->text, facts->architecture) != 0)
			continue;
		evaluate_words(arena, evaluate_find(map, "subArchitectures"), 1,
		               &ruleset->architectures);
		ruleset->architectures.words[0].text = name->text;
		return;
	}
}

static inline struct ruleset *evaluate(struct arena *arena, const struct node *value,
                                       const struct facts *facts)
{
	struct ruleset *ruleset = arena_alloc(arena, sizeof(*ruleset));
	const struct node *extension = evaluate_find(value, "x-seccompfs");
	const struct node *own = extension ? evaluate_find(extension, "caps") : NULL;
	const struct node *rules = evaluate_find(value, "syscalls");
	uint64_t capabilities = facts->capabilities;

	capabilities = own ? 0 : capabilities;
	for (size_t i = 0; own && i < own->n; i++) {
		unsigned int number;

		if (capability_parse(node_resolve(own->items[i])->text, &number))
			capabilities |= UINT64_C(1) << number;
	}
	ruleset->default_action = evaluate_action(evaluate_find(value, "defaultAction"));
	ruleset->has_default_errno = evaluate_errno(evaluate_find(value, "defaultErrnoRet"),
	                                            evaluate_find(value, "defaultErrno"),
	                                            &ruleset->default_errno);
	evaluate_architectures(arena, value, facts, ruleset);
	ruleset->rules = arena_alloc_array(arena, (rules ? rules->n : 0) + 1,
	                                   sizeof(*ruleset->rules));
	for (size_t i = 0; rules && i < rules->n; i++) {
		const struct node *rule = node_resolve(rules->items[i]);

		if (evaluate_rule_holds(rule, facts, capabilities))
			evaluate_rule(arena, rule, &ruleset->rules[ruleset->n_rules++]);
	}
	return ruleset;
}
