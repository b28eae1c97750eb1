/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>

#include "deny_list.h"

/* What a person reads; the rules are all there. */
#define LISTED_MAX 4

static void write_number(uint64_t number, struct buffer *out)
{
	buffer_printf(out, number <= UINT16_MAX ? "%" PRIu64 : "%#" PRIx64, number);
}

static void write_set(unsigned int index, const struct value_set *set, struct buffer *out)
{
	buffer_printf(out, "argument %u", index);
	if (set->kind == VALUE_SET_MASKED)
		buffer_printf(out, " & %#" PRIx64, set->mask);
	buffer_append_string(out, set->kind == VALUE_SET_EXCEPT ? " is not " : " is ");
	if (set->kind != VALUE_SET_RANGE) {
		write_number(set->value, out);
	} else if (set->low == 0) {
		buffer_append_string(out, "at most ");
		write_number(set->high, out);
	} else {
		buffer_append_string(out, set->high == set->low ? "" : "at least ");
		write_number(set->low, out);
	}
}

static void write_box(const struct argument_box *box, struct buffer *out)
{
	const char *before = "";

	for (unsigned int i = 0; i < RULE_N_ARGUMENTS; i++) {
		if (!(box->limited >> i & 1))
			continue;
		buffer_append_string(out, before);
		write_set(i, &box->sets[i], out);
		before = " and ";
	}
}

void denials_describe(const struct denial *denials, size_t n_denials, struct buffer *out)
{
	for (size_t i = 0; i < n_denials; i++) {
		/* The rest is what was denied anyway. */
		if (!denials[i].box.limited)
			return;
	}
	for (size_t i = 0; i < n_denials && i < LISTED_MAX; i++) {
		buffer_append_string(out, i ? ", or if " : " if ");
		write_box(&denials[i].box, out);
	}
	if (n_denials > LISTED_MAX)
		buffer_printf(out, ", and so on: %zu cases", n_denials);
}
