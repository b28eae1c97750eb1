#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Random trees, with all that a scalar can be mistaken for. */

#include <stdio.h>
#include <string.h>

#include "document/node.h"
#include "random.h"

#define RANDOM_NODES_MAX 300

struct random_tree {
	struct random *random;
	struct arena *arena;
	const struct node *nodes[RANDOM_NODES_MAX]; /* that an alias may stand for */
	size_t n_nodes;
	unsigned int n_keys;
};

static const char *const random_texts[] = {
	"",
	"a",
	"a b",
	" a",
	"a ",
	"true",
	"True",
	"yes",
	"No",
	"null",
	"~",
	"0x1F",
	"-0",
	"1e3",
	"012",
	"0o17",
	".inf",
	"-.INF",
	".nan",
	"1_000",
	"1:20",
	"=",
	"2001-12-14",
	"- a",
	"-a",
	"?a",
	": a",
	":a",
	"a: b",
	"a:",
	"a #b",
	"#a",
	"{a}",
	"[a",
	"a,b",
	"a]",
	"&a",
	"*a",
	"!a",
	"|",
	">",
	"'a'",
	"\"a\"",
	"a\\b",
	"%a",
	"@a",
	"`a",
	"---",
	"...",
	"--- a",
	"a\nb",
	"a\nb\n",
	"a\n\n",
	"\na",
	"  a\nb",
	"a\n  b\n",
	"a\tb",
	"\ta",
	"a\n\tb",
	"a\r\nb",
	"\x01",
	"\x7f",
	"\xc2\x85",
	"\xe2\x80\xa8",
	"\xef\xbb\xbf-",
	"\xc3\xa9",
	"\xf0\x9f\x98\x80",
	"\xef\xbf\xbe",
	"\xc2\xa0",
	"a\n \nb",
	"18446744073709551615",
	"9223372036854775808",
	"-9223372036854775808",
	"1.5",
	"2001-12-14 21:59:43.1",
	"SCMP_ACT_LOG",
	"audit.json",
	"10.5.0.3",
	"https://a/b?c#d",
	"$patch",
	"<",
	"a\nb \n",
	"'",
	"a'b",
};

static inline struct node *random_scalar(struct random_tree *tree)
{
	static const char *const tags[] = { "tag:yaml.org,2002:str", "!", "!mine",
		                            "tag:example.com,2000:a b", "!a%b!c>" };
	struct random *random = tree->random;
	const char *text = random_texts[random_below(random, ARRAY_SIZE(random_texts))];
	enum node_style style = NODE_STYLE_ANY + random_below(random, NODE_STYLE_FOLDED + 1);
	struct node *node;
	char number[30];

	if (random_chance(random, 20)) {
		snprintf(number, sizeof(number), "%llu",
		         (unsigned long long)random_next(random) >> random_below(random, 60));
		text = number;
	}
	if (random_chance(random, 3)) {
		node = node_new_scalar(tree->arena, "a\0b", 3, NODE_STYLE_DOUBLE_QUOTED);
	} else if (random_chance(random, 2)) {
		node = node_new_scalar(tree->arena, "aGVsbG8=", 8, style);
		node->tag = "tag:yaml.org,2002:binary";
	} else if (random_chance(random, 2)) {
		node = node_new_scalar(tree->arena, "3", 1, style);
		node->tag = "tag:yaml.org,2002:float";
	} else {
		node = node_new_scalar(tree->arena, text, strlen(text), style);
		if (random_chance(random, 8))
			node->tag = tags[random_below(random, ARRAY_SIZE(tags))];
	}
	return node;
}

static inline const struct node *random_node(struct random_tree *tree, unsigned int depth);

/* Keys differ in a number, since their order and a type could be all that differs else. */
static inline const struct node *random_key(struct random_tree *tree)
{
	struct random *random = tree->random;
	char text[2000];
	size_t n = 0;
	struct node *node;

	if (random_chance(random, 3)) {
		const struct node *item = random_scalar(tree);

		(void)snprintf(text, sizeof(text), "k%u", tree->n_keys++);
		item = node_new_scalar(tree->arena, text, strlen(text), NODE_STYLE_ANY);
		return node_new_sequence(tree->arena, NULL, &item, 1);
	}
	if (random_chance(random, 60))
		n = (size_t)snprintf(text, sizeof(text), "%s",
		                     random_texts[random_below(random, ARRAY_SIZE(random_texts))]);
	if (random_chance(random, 1)) {
		memset(text, 'x', 1500);
		n = 1500;
	}
	snprintf(text + n, sizeof(text) - n, "%u", tree->n_keys++);
	node = node_new_scalar(tree->arena, text, strlen(text),
	                       NODE_STYLE_ANY + random_below(random, NODE_STYLE_FOLDED + 1));
	return node;
}

static inline const struct node *random_collection(struct random_tree *tree, unsigned int depth)
{
	struct random *random = tree->random;
	size_t n = random_below(random, 5);
	struct node *node;

	if (random_chance(random, 50)) {
		const struct node *items[5];

		for (size_t i = 0; i < n; i++)
			items[i] = random_node(tree, depth + 1);
		node = node_new_sequence(tree->arena, NULL, items, n);
	} else {
		struct entry entries[5];

		for (size_t i = 0; i < n; i++) {
			entries[i].key = random_key(tree);
			entries[i].value = random_node(tree, depth + 1);
		}
		node = node_new_mapping(tree->arena, NULL, entries, n);
	}
	if (random_chance(random, 30))
		node->style = NODE_STYLE_FLOW;
	if (random_chance(random, 3))
		node->tag = random_chance(random, 50) ? "!mine" : "tag:example.com,2000:x";
	return node;
}

static inline const struct node *random_node(struct random_tree *tree, unsigned int depth)
{
	struct random *random = tree->random;
	const struct node *node;

	if (tree->n_nodes && random_chance(random, 5)) {
		struct node *alias = arena_alloc(tree->arena, sizeof(*alias));

		alias->kind = NODE_ALIAS;
		alias->target = tree->nodes[random_below(random, tree->n_nodes)];
		return alias;
	}
	if (depth < 8 && tree->n_nodes < RANDOM_NODES_MAX && random_chance(random, 60))
		node = random_collection(tree, depth);
	else
		node = random_scalar(tree);
	if (tree->n_nodes < RANDOM_NODES_MAX)
		tree->nodes[tree->n_nodes++] = node;
	return node;
}
