/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "document/scalar.h"
#include "profile/facts.h"
#include "ruleset_reader.h"

static void read_capability(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, uint64_t *setp)
{
	const char *name = ruleset_reader_word(reader, node, path);
	unsigned int number;
	const char *near;

	if (!name)
		return;
	if (capability_parse(name, &number)) {
		*setp |= UINT64_C(1) << number;
		return;
	}
	near = check_may_suggest(&reader->check) ? capability_suggest(name) : NULL;
	ruleset_reader_unknown(reader, LINT_UNKNOWN_CAPABILITY, node, path, "capability", name,
	                       near, "CAP_NET_ADMIN");
}

static void read_capabilities(struct ruleset_reader *reader, const struct node *list,
                              const struct path *path, uint64_t *setp)
{
	if (!ruleset_reader_is_list(reader, list, path, "a list of capabilities"))
		return;
	for (size_t i = 0; i < list->n; i++) {
		struct path way = { .up = path, .index = i };

		read_capability(reader, list->items[i], &way, setp);
	}
}

/* One that nobody knows never matches: that may be meant, a misspelling is not. */
static void check_architectures(struct ruleset_reader *reader, const struct rule_words *words,
                                const struct path *path)
{
	for (size_t i = 0; i < words->n_words; i++) {
		struct path way = { .up = path, .index = i };
		bool is_known;
		const char *near = architecture_suggest(words->words[i].text, &is_known);

		if (!is_known && near)
			ruleset_reader_unknown(reader, LINT_UNKNOWN_ARCHITECTURE,
			                       words->words[i].node, &way, "architecture",
			                       words->words[i].text, near, NULL);
	}
}

static void check_kernel(struct ruleset_reader *reader, const struct node *node,
                         const struct path *path, const char *kernel)
{
	uint32_t major, minor;

	if (!kernel_parse(kernel, false, &major, &minor))
		check_found(&reader->check, node, path, "a kernel's version such as \"4.8\"");
}

void ruleset_read_condition(struct ruleset_reader *reader, const struct node *node,
                            const struct path *up, const char *key,
                            struct rule_condition *condition)
{
	static const struct check_key keys[] = {
		{ "caps", NULL, 0 },
		{ "arches", NULL, 0 },
		{ "minKernel", NULL, 0 },
	};
	static const struct check_mapping mapping = {
		.what = "a mapping with caps, arches or minKernel",
		.keys = keys,
		.n_keys = ARRAY_SIZE(keys),
		.is_closed = true,
	};
	const struct node *found[ARRAY_SIZE(keys)];
	struct path path = { .up = up, .key = key };
	struct path way = { .up = &path, .key = "caps" };
	const struct node *kernel;
	uint64_t ignored = 0;

	if (!node || !check_keys(&reader->check, node, &path, &mapping, found))
		return;
	condition->node = node;
	if (ruleset_reader_words(reader, ruleset_reader_find(node, "caps"), &way,
	                         &condition->capabilities) &&
	    condition->capabilities.n_words > 0)
		read_capabilities(reader, ruleset_reader_find(node, "caps"), &way, &ignored);
	way.key = "arches";
	ruleset_reader_words(reader, ruleset_reader_find(node, "arches"), &way,
	                     &condition->architectures);
	check_architectures(reader, &condition->architectures, &way);
	way.key = "minKernel";
	kernel = ruleset_reader_find(node, "minKernel");
	condition->kernel = kernel ? ruleset_reader_word(reader, kernel, &way) : NULL;
	if (condition->kernel)
		check_kernel(reader, kernel, &way, condition->kernel);
}

void ruleset_read_extension(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, struct ruleset *ruleset)
{
	static const struct check_key keys[] = { { "base", NULL, 0 }, { "caps", NULL, 0 } };
	static const struct check_mapping mapping = {
		.what = "a mapping with base and caps",
		.keys = keys,
		.n_keys = ARRAY_SIZE(keys),
		.is_closed = true,
	};
	const struct node *found[ARRAY_SIZE(keys)];
	struct path way = { .up = path };

	ruleset->extension = node;
	if (!check_keys(&reader->check, node, path, &mapping, found))
		return;
	way.key = "base";
	if (check_is_given(found[0]))
		ruleset->base = ruleset_reader_word(reader, found[0], &way);
	way.key = "caps";
	ruleset->has_capabilities = check_is_given(found[1]);
	if (ruleset->has_capabilities)
		read_capabilities(reader, found[1], &way, &ruleset->capabilities);
}
