#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An input of the target `profile`: documents in YAML, in any order. A sequence is what
 * `machine.seccompDeny` has; a mapping with `architecture` and `kernel` is a node, in the form of the
 * control directory's file `facts`; all others are values, for that node and with these denials.
 */

#include "../unit/profile/evaluate.h"

#include "document/yaml_reader.h"
#include "profile/deny.h"
#include "profile/facts_text.h"
#include "profile_modes.h"
#include "require.h"

struct profile_input {
	struct stream *stream; /* owned */
	struct arena *arena;   /* owned: entries */
	struct facts facts;
	struct deny_list *deny; /* owned; NULL: nothing is denied */
	struct rule *entries;   /* of the denials as they stand: names, conditions, errno_ret */
	size_t n_entries;
	bool is_wider; /* a warning says that more is denied than the entries say */
};

static inline void profile_input_deinit(struct profile_input *input)
{
	deny_list_unref(input->deny);
	stream_free(input->stream);
	arena_free(input->arena);
}

static inline bool is_denials(const struct node *root)
{
	return root->kind == NODE_SEQUENCE;
}

static inline bool is_facts(const struct node *root)
{
	return root->kind == NODE_MAPPING && node_find(root, "architecture") &&
	       node_find(root, "kernel");
}

static inline void read_facts(const struct node *root, struct facts *facts)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct profile_options options;
	struct facts found;
	int r = facts_text_read(root, &found, &options, &diag);

	require(r == 0 || r == PROFILE_E_INVALID, "facts are read or refused");
	require((r != 0) == (diag.n_errors > 0), "facts are refused for a reason");
	if (r == 0 && options.facts)
		*facts = found;
}

/* The entries are read in the plainest way, for who looks after what the list does. */
static inline void read_denials(struct profile_input *input, const struct node *root)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct deny_list *list = NULL;
	int r = deny_list_read(root, NULL, &list, &diag);

	require(r == 0 || r == DENY_E_INVALID, "denials are read or refused");
	require((r != 0) == (diag.n_errors > 0), "denials are refused for a reason");
	require(!r || !list, "what is refused is no list");
	if (!list)
		return;
	deny_list_unref(input->deny);
	input->deny = list;
	input->n_entries = root->n;
	input->is_wider = diag.n_warnings > 0;
	input->entries = arena_alloc_array(input->arena, root->n, sizeof(*input->entries));
	for (size_t i = 0; i < root->n; i++) {
		const struct node *node = node_resolve(root->items[i]);
		struct rule *entry = &input->entries[i];

		evaluate_calls(input->arena, node, entry);
		entry->errno_ret = RULE_ERRNO_DEFAULT;
		evaluate_errno(evaluate_find(node, "errnoRet"), NULL, &entry->errno_ret);
	}
}

/* False: it is no YAML. */
static inline bool profile_input_read(const uint8_t *data, size_t size, struct profile_input *input)
{
	*input = (struct profile_input){
		.arena = arena_new(0),
		.facts = options_facts,
	};
	require(input->arena != NULL, "there is memory");
	if (yaml_read_bytes("input", data, size, &input->stream, NULL, NULL))
		return false;
	for (size_t i = 0; i < input->stream->n_documents; i++) {
		const struct node *root = node_resolve(input->stream->documents[i].root);

		if (is_denials(root))
			read_denials(input, root);
		else if (is_facts(root))
			read_facts(root, &input->facts);
	}
	return true;
}
