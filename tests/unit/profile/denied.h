#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A deny list, and what it says by itself: nothing here is used by what is tested, but the widths of
 * arguments. */

#include "differential.h"
#include "document/yaml_reader.h"
#include "evaluate.h"
#include "profile/deny.h"
#include "profile/syscalls.h"

struct denied {
	struct stream *stream;  /* owned */
	struct arena *arena;    /* owned */
	struct deny_list *list; /* owned */
	struct rule *entries;   /* names and conditions; errno_ret */
	size_t n_entries;
	bool is_wider; /* a warning says that more is denied of narrow arguments */
};

static inline void denied_deinit(struct denied *denied)
{
	deny_list_unref(denied->list);
	stream_free(denied->stream);
	arena_free(denied->arena);
}

/* False: it is no list, as one with conditions that never hold. */
static inline bool denied_read(const struct buffer *text, struct denied *denied)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct node *root;
	int r;

	*denied = (struct denied){ .arena = arena_new(0) };
	assert_non_null(denied->arena);
	assert_int_equal(yaml_read_bytes("list", text->data, text->n_data, &denied->stream, NULL,
	                                 NULL),
	                 0);
	root = denied->stream->documents[0].root;
	r = deny_list_read(root, NULL, &denied->list, &diag);
	if (r == DENY_E_INVALID)
		return false;
	assert_int_equal(r, 0);
	for (size_t i = 0; i < diag.n_entries; i++)
		denied->is_wider |= strcmp(diag.entries[i].rule, "deny-upper-bits") == 0;
	denied->n_entries = root->n;
	denied->entries = arena_alloc_array(denied->arena, root->n, sizeof(*denied->entries));
	for (size_t i = 0; i < root->n; i++) {
		struct rule *entry = &denied->entries[i];

		evaluate_calls(denied->arena, root->items[i], entry);
		entry->errno_ret = RULE_ERRNO_DEFAULT;
		evaluate_errno(evaluate_find(root->items[i], "errnoRet"), NULL, &entry->errno_ret);
	}
	return true;
}

/* What the kernel sees: an int, of which the condition speaks with its sign in 64 bits or without. */
static inline bool holds_for_kernel(const struct rule_argument *condition, const char *name,
                                    uint64_t value)
{
	struct rule_argument seen = *condition;
	unsigned int n_bits = syscall_argument_bits(name, condition->index);
	uint64_t upper = n_bits == 64 ? 0 : UINT64_MAX << n_bits;
	uint64_t *number = seen.comparison == COMPARE_MASKED_EQ ? &seen.value_two : &seen.value;

	if (upper && (*number | (upper - 1) >> 1) == UINT64_MAX)
		*number &= ~upper;
	if (upper && seen.comparison == COMPARE_MASKED_EQ && !(*number & upper))
		seen.value &= ~upper;
	return rule_argument_holds(&seen, value & ~upper);
}

/* Whether all conditions hold for what the kernel sees. */
static inline bool entry_holds(const struct rule *entry, const char *name,
                               const uint64_t *arguments)
{
	for (size_t i = 0; i < entry->n_arguments; i++) {
		const struct rule_argument *condition = &entry->arguments[i];

		if (!holds_for_kernel(condition, name, arguments[condition->index]))
			return false;
	}
	return true;
}

/* Or by their words, of all bits; or where a warning says that more is denied. */
static inline bool entry_may_hold(const struct denied *denied, const struct rule *entry,
                                  const char *name, const uint64_t *arguments)
{
	for (size_t i = 0; i < entry->n_arguments; i++) {
		const struct rule_argument *condition = &entry->arguments[i];
		uint64_t value = arguments[condition->index];

		if (!holds_for_kernel(condition, name, value) &&
		    !rule_argument_holds(condition, value) &&
		    !(denied->is_wider && syscall_argument_bits(name, condition->index) < 64))
			return false;
	}
	return true;
}

/* Whether the entry is for the call. What a multiplexer leads to is denied by its number alone: the
 * arguments are in memory. */
static inline bool entry_denies(const struct rule *entry, const char *name,
                                const uint64_t *arguments)
{
	for (size_t i = 0; i < entry->names.n_words; i++) {
		uint64_t number;
		const char *through = syscall_multiplexer(entry->names.words[i].text, &number);

		if (strcmp(entry->names.words[i].text, name) == 0 &&
		    entry_holds(entry, name, arguments))
			return true;
		if (through && strcmp(through, name) == 0 && (uint32_t)arguments[0] == number)
			return true;
	}
	return false;
}

static inline bool entry_may_deny(const struct denied *denied, const struct rule *entry,
                                  const char *name, const uint64_t *arguments)
{
	return entry_denies(entry, name, arguments) ||
	       (rule_has_name(entry, name) && entry_may_hold(denied, entry, name, arguments));
}
