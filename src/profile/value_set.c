/* SPDX-License-Identifier: Apache-2.0 */

#include "value_set.h"

static bool set_range(uint64_t low, uint64_t high, bool is_above, bool is_below,
                      struct value_set *set)
{
	*set = (struct value_set){
		.kind = VALUE_SET_RANGE,
		.low = low,
		.high = high,
		.is_above = is_above && low > 0,
		.is_below = is_below && high < UINT64_MAX,
	};
	return low <= high;
}

static bool set_masked(uint64_t mask, uint64_t value, struct value_set *set)
{
	if (mask == 0)
		return set_range(0, UINT64_MAX, false, false, set);
	if (mask == UINT64_MAX)
		return set_range(value, value, false, false, set);
	*set = (struct value_set){ .kind = VALUE_SET_MASKED, .mask = mask, .value = value & mask };
	return true;
}

bool value_set_of(const struct rule_argument *argument, struct value_set *set)
{
	uint64_t value = argument->value;

	switch (argument->comparison) {
	case COMPARE_EQ:
		return set_range(value, value, false, false, set);
	case COMPARE_NE:
		*set = (struct value_set){ .kind = VALUE_SET_EXCEPT, .value = value };
		return true;
	case COMPARE_LT:
		return value > 0 && set_range(0, value - 1, false, true, set);
	case COMPARE_LE:
		return set_range(0, value, false, false, set);
	case COMPARE_GE:
		return set_range(value, UINT64_MAX, false, false, set);
	case COMPARE_GT:
		return value < UINT64_MAX && set_range(value + 1, UINT64_MAX, true, false, set);
	case COMPARE_MASKED_EQ:
		return set_masked(value, argument->value_two, set);
	case N_COMPARISONS:
		break;
	}
	return false;
}

bool value_set_is_all(const struct value_set *set)
{
	return set->kind == VALUE_SET_RANGE && set->low == 0 && set->high == UINT64_MAX;
}

bool value_set_equal(const struct value_set *a, const struct value_set *b)
{
	return a->kind == b->kind && a->low == b->low && a->high == b->high && a->mask == b->mask &&
	       a->value == b->value;
}

static bool set_holds(const struct value_set *set, uint64_t value)
{
	switch (set->kind) {
	case VALUE_SET_RANGE:
		return value >= set->low && value <= set->high;
	case VALUE_SET_EXCEPT:
		return value != set->value;
	case VALUE_SET_MASKED:
		return (value & set->mask) == set->value;
	}
	return false;
}

static void add(struct value_sets *out, const struct value_set *set)
{
	out->sets[out->n_sets++] = *set;
}

static void add_range(struct value_sets *out, uint64_t low, uint64_t high, bool is_above,
                      bool is_below)
{
	struct value_set set;

	if (set_range(low, high, is_above, is_below, &set))
		add(out, &set);
}

/* A range without one value. */
static void add_range_without(struct value_sets *out, const struct value_set *range, uint64_t value)
{
	if (!set_holds(range, value)) {
		add(out, range);
		return;
	}
	if (value > range->low)
		add_range(out, range->low, value - 1, range->is_above, true);
	if (value < range->high)
		add_range(out, value + 1, range->high, true, range->is_below);
}

/* What has the masked bits, but differs from value in one of the others: the first such bit decides
 * which of the sets it is in. */
static void add_masked_without(struct value_sets *out, const struct value_set *masked,
                               uint64_t value, bool by_lower_half)
{
	bool is_lower = by_lower_half && masked->mask <= UINT32_MAX && value <= UINT32_MAX;
	uint64_t mask = masked->mask;

	if (!set_holds(masked, value)) {
		add(out, masked);
		return;
	}
	for (int i = is_lower ? 31 : 63; i >= 0; i--) {
		uint64_t bit = UINT64_C(1) << i;
		struct value_set set;

		if (mask & bit)
			continue;
		mask |= bit;
		set_masked(mask, (value ^ bit) & mask, &set);
		add(out, &set);
	}
}

static void add_both_masks(struct value_sets *out, const struct value_set *a, uint64_t mask,
                           uint64_t value)
{
	struct value_set set;

	if ((a->value ^ value) & a->mask & mask)
		return;
	set_masked(a->mask | mask, a->value | value, &set);
	add(out, &set);
}

/* The bits below which all values of the largest block that begins at low and ends by high
 * differ. */
static uint64_t block_of(uint64_t low, uint64_t high)
{
	uint64_t rest = 0;

	while (rest != UINT64_MAX && !(low & (rest + 1)) && (low | rest << 1 | 1) <= high)
		rest = rest << 1 | 1;
	return rest;
}

/* A range in blocks of which each is one mask. */
static void add_range_masked(struct value_sets *out, const struct value_set *range,
                             const struct value_set *masked, bool by_lower_half)
{
	bool is_lower = by_lower_half && masked->mask <= UINT32_MAX && range->low <= UINT32_MAX &&
	                range->high == UINT64_MAX;
	uint64_t low = range->low, high = is_lower ? UINT32_MAX : range->high;

	/* The usual case, in one: the whole mask is within. */
	if (range->low <= masked->value && (masked->value | ~masked->mask) <= range->high) {
		add(out, masked);
		return;
	}
	for (;;) {
		uint64_t rest = block_of(low, high);

		add_both_masks(out, masked, is_lower ? ~rest & UINT32_MAX : ~rest, low);
		if ((low | rest) >= high)
			return;
		low = (low | rest) + 1;
	}
}

static void intersect_range(const struct value_set *range, const struct value_set *other,
                            bool by_lower_half, struct value_sets *out)
{
	const struct value_set *lower = range->low >= other->low ? range : other;
	const struct value_set *upper = range->high <= other->high ? range : other;

	switch (other->kind) {
	case VALUE_SET_RANGE:
		add_range(out, lower->low, upper->high, lower->is_above, upper->is_below);
		break;
	case VALUE_SET_EXCEPT:
		if (value_set_is_all(range))
			add(out, other);
		else
			add_range_without(out, range, other->value);
		break;
	case VALUE_SET_MASKED:
		add_range_masked(out, range, other, by_lower_half);
		break;
	}
}

static void intersect_except(const struct value_set *except, const struct value_set *other,
                             bool by_lower_half, struct value_sets *out)
{
	uint64_t low = except->value, high = other->value;

	if (other->kind == VALUE_SET_MASKED) {
		add_masked_without(out, other, except->value, by_lower_half);
		return;
	}
	if (low == high) {
		add(out, except);
		return;
	}
	if (low > high) {
		low = other->value;
		high = except->value;
	}
	if (low > 0)
		add_range(out, 0, low - 1, false, true);
	add_range(out, low + 1, high - 1, true, true);
	if (high < UINT64_MAX)
		add_range(out, high + 1, UINT64_MAX, true, false);
}

void value_set_intersect(const struct value_set *a, const struct value_set *b, bool by_lower_half,
                         struct value_sets *out)
{
	out->n_sets = 0;
	if (a->kind == VALUE_SET_RANGE)
		intersect_range(a, b, by_lower_half, out);
	else if (b->kind == VALUE_SET_RANGE)
		intersect_range(b, a, by_lower_half, out);
	else if (a->kind == VALUE_SET_EXCEPT)
		intersect_except(a, b, by_lower_half, out);
	else if (b->kind == VALUE_SET_EXCEPT)
		intersect_except(b, a, by_lower_half, out);
	else
		add_both_masks(out, a, b->mask, b->value);
}

/* The first of the masked bits that differs decides which of the sets a value is in. */
static void complement_masked(const struct value_set *set, struct value_sets *out)
{
	uint64_t mask = 0;

	for (int i = 63; i >= 0; i--) {
		uint64_t bit = UINT64_C(1) << i;
		struct value_set other;

		if (!(set->mask & bit))
			continue;
		mask |= bit;
		set_masked(mask, (set->value ^ bit) & mask, &other);
		add(out, &other);
	}
}

void value_set_complement(const struct value_set *set, struct value_sets *out)
{
	out->n_sets = 0;
	switch (set->kind) {
	case VALUE_SET_RANGE:
		if (set->low == set->high) {
			add(out,
			    &(struct value_set){ .kind = VALUE_SET_EXCEPT, .value = set->low });
			break;
		}
		if (set->low > 0)
			add_range(out, 0, set->low - 1, false, !set->is_above);
		if (set->high < UINT64_MAX)
			add_range(out, set->high + 1, UINT64_MAX, !set->is_below, false);
		break;
	case VALUE_SET_EXCEPT:
		add_range(out, set->value, set->value, false, false);
		break;
	case VALUE_SET_MASKED:
		complement_masked(set, out);
		break;
	}
}

static void write_argument(struct rule_argument *out, enum comparison comparison, uint64_t value)
{
	out->comparison = comparison;
	out->value = value;
	out->value_two = 0;
	out->has_value_two = false;
}

static void write_masked(struct rule_argument *out, uint64_t mask, uint64_t value)
{
	write_argument(out, COMPARE_MASKED_EQ, mask);
	out->value_two = value;
	out->has_value_two = true;
}

static size_t write_blocks(const struct value_set *set, struct rule_argument *out)
{
	uint64_t low = set->low;

	for (size_t n = 0;; n++) {
		uint64_t rest = block_of(low, set->high);

		if (rest == 0)
			write_argument(&out[n], COMPARE_EQ, low);
		else
			write_masked(&out[n], ~rest, low);
		if ((low | rest) >= set->high)
			return n + 1;
		low = (low | rest) + 1;
	}
}

size_t value_set_write(const struct value_set *set, struct rule_argument *out)
{
	if (set->kind == VALUE_SET_EXCEPT)
		write_argument(out, COMPARE_NE, set->value);
	else if (set->kind == VALUE_SET_MASKED)
		write_masked(out, set->mask, set->value);
	else if (set->low == set->high)
		write_argument(out, COMPARE_EQ, set->low);
	else if (set->low == 0 && set->is_below)
		write_argument(out, COMPARE_LT, set->high + 1);
	else if (set->low == 0)
		write_argument(out, COMPARE_LE, set->high);
	else if (set->high == UINT64_MAX && set->is_above)
		write_argument(out, COMPARE_GT, set->low - 1);
	else if (set->high == UINT64_MAX)
		write_argument(out, COMPARE_GE, set->low);
	else
		return write_blocks(set, out);
	return 1;
}

bool value_fits_32(const struct rule_argument *argument)
{
	/* Where the mask reaches higher, only zeros there hold for what has no upper half. */
	if (argument->comparison == COMPARE_MASKED_EQ)
		return (argument->value & argument->value_two) <= UINT32_MAX;
	return argument->value <= UINT32_MAX;
}
