/* SPDX-License-Identifier: Apache-2.0 */

#include "ruleset_reader.h"

#include <string.h>
#include <strings.h>

#include "document/quote.h"
#include "document/scalar.h"
#include "errno_names.h"

const struct node *ruleset_reader_find(const struct node *mapping, const char *key)
{
	const struct node *value = node_resolve(node_find(mapping, key));

	return value && !scalar_is_null(value) ? value : NULL;
}

/* Nearly all keys are right, and most differ in their first letter. */
static bool is_other_case(const struct node *key, const char *known)
{
	return ((key->text[0] ^ known[0]) & ~0x20) == 0 && strcasecmp(key->text, known) == 0 &&
	       !node_is_text(key, known);
}

void ruleset_reader_refuse_cases(struct ruleset_reader *reader, const struct node *mapping,
                                 const struct path *path, const char *const *keys, size_t n_keys)
{
	const struct entry *entries;
	size_t n_entries;

	if (!check_flatten(&reader->check, mapping, &entries, &n_entries))
		return;
	for (size_t i = 0; i < n_entries; i++) {
		const struct node *key = node_resolve(entries[i].key);

		for (size_t j = 0; key->kind == NODE_SCALAR && j < n_keys; j++) {
			if (is_other_case(key, keys[j]))
				ruleset_reader_unknown(reader, LINT_UNKNOWN_KEY, key, path, "key",
				                       key->text, keys[j], NULL);
		}
	}
}

const char *ruleset_reader_word(struct ruleset_reader *reader, const struct node *node,
                                const struct path *path)
{
	const struct node *resolved = node_resolve(node);

	if (resolved->kind == NODE_SCALAR && scalar_is_string(resolved) && resolved->n > 0 &&
	    strlen(resolved->text) == resolved->n)
		return resolved->text;
	check_found(&reader->check, node, path, "a string that is not empty");
	return NULL;
}

void ruleset_reader_unknown(struct ruleset_reader *reader, enum lint_rule rule,
                            const struct node *node, const struct path *path, const char *what,
                            const char *word, const char *near, const char *example)
{
	_cleanup_(buffer_deinit) struct buffer quoted = BUFFER_INIT;

	quote_append(&quoted, word, strlen(word));
	if (buffer_error(&quoted))
		reader->check.no_memory = true;
	else if (near)
		check_error(&reader->check, rule, node, path, "unknown %s %s: did you mean %s?",
		            what, quoted.data, near);
	else if (example)
		check_error(&reader->check, rule, node, path,
		            "unknown %s %s: allowed is one such as %s", what, quoted.data, example);
	else
		check_error(&reader->check, rule, node, path, "unknown %s %s", what, quoted.data);
}

void *ruleset_reader_alloc(struct ruleset_reader *reader, size_t n, size_t n_bytes)
{
	void *memory = arena_alloc_array(reader->arena, n, n_bytes);

	if (!memory)
		reader->check.no_memory = true;
	return memory;
}

bool ruleset_reader_is_list(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, const char *allowed)
{
	if (node->kind == NODE_SEQUENCE)
		return true;
	check_found(&reader->check, node, path, allowed);
	return false;
}

bool ruleset_reader_words(struct ruleset_reader *reader, const struct node *node,
                          const struct path *path, struct rule_words *words)
{
	bool all = true;

	if (!node)
		return true;
	if (!ruleset_reader_is_list(reader, node, path, "a list of strings"))
		return false;
	words->words = ruleset_reader_alloc(reader, node->n, sizeof(*words->words));
	if (!words->words)
		return false;
	for (size_t i = 0; i < node->n; i++) {
		struct path way = { .up = path, .index = i };
		const char *text = ruleset_reader_word(reader, node->items[i], &way);

		words->words[i] = (struct rule_name){ text, node->items[i] };
		all = all && text;
	}
	words->n_words = all ? node->n : 0;
	return all;
}

static bool read_number(struct ruleset_reader *reader, const struct node *node,
                        const struct path *path, const char *key, uint32_t *numberp)
{
	struct path way = { .up = path, .key = key };
	uint64_t number;

	if (node->kind == NODE_SCALAR && scalar_get_uint64(node, &number) &&
	    number <= RULE_ERRNO_MAX) {
		*numberp = (uint32_t)number;
		return true;
	}
	check_integer(&reader->check, node, &way, RULE_ERRNO_MAX);
	return false;
}

static bool read_errno_name(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, const char *key, uint32_t *numberp)
{
	struct path way = { .up = path, .key = key };
	const char *name = ruleset_reader_word(reader, node, &way);
	const char *near;

	if (!name)
		return false;
	if (errno_name_parse(name, RULE_ERRNO_MAX, numberp))
		return true;
	near = check_may_suggest(&reader->check) ? errno_name_suggest(name) : NULL;
	ruleset_reader_unknown(reader, LINT_UNKNOWN_ERRNO, node, &way, "error name", name, near,
	                       "EPERM");
	return false;
}

void ruleset_reader_errno(struct ruleset_reader *reader, const struct node *number,
                          const struct node *name, const struct path *path, const char *key,
                          bool *has_errnop, uint32_t *errnop)
{
	bool is_default = strcmp(key, "defaultErrnoRet") == 0;

	if (number)
		*has_errnop = read_number(reader, number, path, key, errnop);
	/* containers-common writes both; an empty name says nothing. */
	if (name && !(name->kind == NODE_SCALAR && scalar_is_string(name) && name->n == 0))
		*has_errnop = read_errno_name(reader, name, path,
		                              is_default ? "defaultErrno" : "errno", errnop);
}

void ruleset_reader_action(struct ruleset_reader *reader, const struct node *owner,
                           const struct node *node, const struct path *path, const char *key,
                           enum action *actionp)
{
	struct path way = { .up = path, .key = key };
	const char *name;

	if (!node) {
		check_error(&reader->check, LINT_MISSING_KEY, owner, path,
		            "required key %s is missing", key);
		return;
	}
	name = ruleset_reader_word(reader, node, &way);
	if (name && !action_parse(name, actionp))
		ruleset_reader_unknown(reader, LINT_UNKNOWN_ACTION, node, &way, "action", name,
		                       NULL, NULL);
}
