#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A profile and a deny list for one call, made of conditions. */

#include "deny-cases.h"
#include "deny_list.h"
#include "deny_width.h"
#include "profile/syscalls.h"

/* Reached directly on both. */
#define CALL      "ioctl"
#define OTHER     "close"
#define NUMBER_64 16
#define NUMBER_32 54

/* A profile and a list of at most two rules and entries. */
struct trial {
	enum action standard;
	struct rule rules[3];
	size_t n_rules;
	struct {
		struct rule_argument arguments[3];
		size_t n_arguments;
		uint32_t errno_ret;
	} entries[2];
	size_t n_entries;
	bool is_read;  /* the list is as deny_list_read() makes it, by the width of arguments */
	bool in_words; /* what conditions say of all bits holds too */
	bool is_whole; /* it came to be denied entirely */
};

static struct rule_name call_name[] = { { .text = CALL } };
static struct rule_name both_names[] = { { .text = OTHER }, { .text = CALL } };

static inline void add_rule(struct trial *trial, enum action action,
                            struct rule_argument *arguments, size_t n_arguments)
{
	struct rule *rule = &trial->rules[trial->n_rules];

	*rule = (struct rule){
		.names = { trial->n_rules ? call_name : both_names, trial->n_rules ? 1 : 2 },
		.action = action,
		.index = trial->n_rules,
		.arguments = arguments,
		.n_arguments = n_arguments,
	};
	trial->n_rules++;
}

static inline void add_entry(struct trial *trial, uint32_t errno_ret,
                             const struct rule_argument *arguments, size_t n_arguments)
{
	trial->entries[trial->n_entries].errno_ret = errno_ret;
	trial->entries[trial->n_entries].n_arguments = n_arguments;
	for (size_t i = 0; i < n_arguments; i++)
		trial->entries[trial->n_entries].arguments[i] = arguments[i];
	trial->n_entries++;
}

static inline void add_parts(const struct trial *trial, size_t i, struct denial *denial,
                             struct deny_list *list)
{
	struct deny_parts parts;

	deny_parts_of(CALL, trial->entries[i].arguments, trial->entries[i].n_arguments, &parts);
	assert_int_equal(parts.wider | parts.left_out, 0);
	for (size_t j = 0; j < parts.n_boxes; j++) {
		denial->box = parts.boxes[j];
		assert_true(deny_list_add(list, denial));
	}
}

static inline struct deny_list *make_list(const struct trial *trial)
{
	struct deny_list *list = deny_list_new(trial->n_entries * DENY_PARTS_MAX);

	assert_non_null(list);
	for (size_t i = 0; i < trial->n_entries; i++) {
		struct denial denial = {
			.name = CALL,
			.errno_ret = trial->entries[i].errno_ret,
			.reason = "x",
		};

		if (!argument_box_of(trial->entries[i].arguments, trial->entries[i].n_arguments,
		                     &denial.box))
			continue;
		if (trial->is_read)
			add_parts(trial, i, &denial, list);
		else
			assert_true(deny_list_add(list, &denial));
	}
	return list;
}

/* Of an int the lower half counts: that is what the kernel sees. */
static inline bool condition_holds(const struct trial *trial, const struct rule_argument *condition,
                                   uint64_t value)
{
	if (!trial->is_read || syscall_argument_bits(CALL, condition->index) != 32)
		return rule_argument_holds(condition, value);
	return rule_argument_holds(condition, (uint32_t)value) ||
	       (trial->in_words && rule_argument_holds(condition, value));
}

static inline bool entry_holds(const struct trial *trial, size_t i, const uint64_t *arguments)
{
	for (size_t j = 0; j < trial->entries[i].n_arguments; j++) {
		const struct rule_argument *argument = &trial->entries[i].arguments[j];

		if (!condition_holds(trial, argument, arguments[argument->index]))
			return false;
	}
	return true;
}
