/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "value_set.h"

#define N_VALUES 8 /* of 3 bits */

/* Conditions on values of 3 bits, and the same at both ends of 64 and around 32. */
static const uint64_t bases[] = { 0, UINT32_MAX - 3, UINT64_MAX - 7, UINT64_C(0x123456789abcdef0) };

#define N_CONDITIONS (N_COMPARISONS - 1 + N_VALUES) /* at most, for one value */

static size_t make_conditions(uint64_t base, struct rule_argument *out)
{
	size_t n = 0;

	for (uint64_t value = 0; value < N_VALUES; value++) {
		for (int comparison = 0; comparison < COMPARE_MASKED_EQ; comparison++)
			out[n++] = (struct rule_argument){
				.comparison = (enum comparison)comparison, .value = base + value
			};
		for (uint64_t two = 0; two < N_VALUES; two++) {
			if ((two & value) != two)
				continue;
			out[n++] = (struct rule_argument){
				.comparison = COMPARE_MASKED_EQ,
				.value = base ? ~UINT64_C(7) | value : value,
				.value_two = base ? (base & ~UINT64_C(7)) | two : two,
			};
		}
	}
	return n;
}

/* Values next to the base, and such as differ in a single bit. */
static uint64_t probe(uint64_t base, unsigned int i)
{
	if (i < 24)
		return base - 8 + i;
	return base ^ UINT64_C(1) << (i - 24);
}

#define N_PROBES (24 + 64)

static bool holds(const struct rule_argument *argument, uint64_t value)
{
	return rule_argument_holds(argument, value);
}

/* How many of the conditions that sets are written as hold for value: they are disjoint, so 0 or
 * 1. */
static unsigned int count_holding(const struct value_sets *sets, uint64_t value)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sets->n_sets; i++) {
		struct rule_argument written[VALUE_SETS_MAX];
		size_t n_written;

		if (value_set_is_all(&sets->sets[i])) {
			n++;
			continue;
		}
		n_written = value_set_write(&sets->sets[i], written);
		for (size_t j = 0; j < n_written; j++)
			n += holds(&written[j], value);
	}
	return n;
}

static void test_one(void **state)
{
	struct rule_argument conditions[N_VALUES * N_CONDITIONS];

	for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
		size_t n = make_conditions(bases[b], conditions);

		for (size_t i = 0; i < n; i++) {
			struct value_sets one = { .n_sets = 1 }, other;
			bool is_any = value_set_of(&conditions[i], &one.sets[0]);

			if (!is_any) {
				one.n_sets = other.n_sets = 0;
			} else {
				value_set_complement(&one.sets[0], &other);
			}
			for (unsigned int p = 0; p < N_PROBES; p++) {
				uint64_t value = probe(bases[b], p);
				bool is_in = holds(&conditions[i], value);

				assert_int_equal(count_holding(&one, value), is_in);
				if (is_any)
					assert_int_equal(count_holding(&other, value), !is_in);
			}
		}
	}
}

static void test_pairs(void **state)
{
	struct rule_argument conditions[N_VALUES * N_CONDITIONS];
	size_t n_pairs = 0;

	for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
		size_t n = make_conditions(bases[b], conditions);

		for (size_t i = 0; i < n * n; i++) {
			const struct rule_argument *x = &conditions[i / n], *y = &conditions[i % n];
			struct value_set a, c;
			struct value_sets both;

			if (!value_set_of(x, &a) || !value_set_of(y, &c))
				continue;
			value_set_intersect(&a, &c, false, &both);
			n_pairs++;
			for (unsigned int p = 0; p < N_PROBES; p++) {
				uint64_t value = probe(bases[b], p);

				if (count_holding(&both, value) !=
				    (holds(x, value) && holds(y, value)))
					fail_msg("%s %llx and %s %llx: %llx",
					         comparison_name(x->comparison),
					         (unsigned long long)x->value,
					         comparison_name(y->comparison),
					         (unsigned long long)y->value,
					         (unsigned long long)value);
			}
		}
	}
	printf("# %zu pairs\n", n_pairs);
}

static bool is_mask_of_lower_bits(const struct rule_argument *condition)
{
	return condition->comparison == COMPARE_MASKED_EQ && condition->value <= UINT32_MAX;
}

/* Narrowed it holds for nothing else, and for all whose lower half fulfils both conditions. */
static void test_by_lower_half(void **state)
{
	struct rule_argument conditions[N_VALUES * N_CONDITIONS];
	size_t n = make_conditions(0, conditions);

	for (size_t i = 0; i < n * n; i++) {
		const struct rule_argument *x = &conditions[i / n], *y = &conditions[i % n];
		bool is_lower = is_mask_of_lower_bits(x) || is_mask_of_lower_bits(y);
		struct value_set a, c;
		struct value_sets both;

		if (!value_set_of(x, &a) || !value_set_of(y, &c))
			continue;
		value_set_intersect(&a, &c, true, &both);
		for (unsigned int p = 0; p < N_PROBES; p++) {
			uint64_t value = probe(0, p), lower = value & UINT32_MAX;
			bool is_in = holds(x, value) && holds(y, value);
			unsigned int n_holding = count_holding(&both, value);

			assert_true(n_holding <= is_in);
			if (!is_lower || value == lower || (holds(x, lower) && holds(y, lower)))
				assert_int_equal(n_holding, is_in);
		}
	}
}

/* As they would be written by hand. */
static void test_written_form(void **state)
{
	static const struct {
		struct rule_argument condition, opposite;
	} cases[] = {
		{ { .comparison = COMPARE_EQ, .value = 38 },
		  { .comparison = COMPARE_NE, .value = 38 } },
		{ { .comparison = COMPARE_LT, .value = 38 },
		  { .comparison = COMPARE_GE, .value = 38 } },
		{ { .comparison = COMPARE_LE, .value = 38 },
		  { .comparison = COMPARE_GT, .value = 38 } },
		{ { .comparison = COMPARE_LE, .value = UINT32_MAX },
		  { .comparison = COMPARE_GT, .value = UINT32_MAX } },
		{ { .comparison = COMPARE_MASKED_EQ, .value = 4, .value_two = 4 },
		  { .comparison = COMPARE_MASKED_EQ, .value = 4, .value_two = 0 } },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rule_argument *from = &cases[i / 2].condition;
		const struct rule_argument *to = &cases[i / 2].opposite;
		struct rule_argument written[VALUE_SETS_MAX];
		struct value_set set;
		struct value_sets opposite;

		if (i % 2) {
			to = from;
			from = &cases[i / 2].opposite;
		}
		assert_true(value_set_of(from, &set));
		value_set_complement(&set, &opposite);
		assert_int_equal(opposite.n_sets, 1);
		assert_int_equal(value_set_write(&opposite.sets[0], written), 1);
		assert_int_equal(written[0].comparison, to->comparison);
		assert_int_equal(written[0].value, to->value);
		assert_int_equal(written[0].value_two, to->value_two);
		assert_int_equal(written[0].has_value_two, to->comparison == COMPARE_MASKED_EQ);
	}
}

/* What takes most: never more than there is room for. */
static void test_limits(void **state)
{
	const struct value_set range = { .kind = VALUE_SET_RANGE,
		                         .low = 1,
		                         .high = UINT64_MAX - 1 };
	const struct value_set odd = { .kind = VALUE_SET_MASKED, .mask = 1, .value = 1 };
	const struct value_set except = { .kind = VALUE_SET_EXCEPT, .value = 5 };
	const struct value_set nearly = { .kind = VALUE_SET_MASKED, .mask = ~UINT64_C(1) };
	struct value_sets sets;
	struct rule_argument written[VALUE_SETS_MAX];

	assert_int_equal(value_set_write(&range, written), 126);
	value_set_intersect(&range, &odd, false, &sets);
	assert_in_range(sets.n_sets, 60, VALUE_SETS_MAX);
	value_set_intersect(&except, &odd, false, &sets);
	assert_int_equal(sets.n_sets, 63);
	value_set_intersect(&except, &odd, true, &sets);
	assert_int_equal(sets.n_sets, 31);
	value_set_complement(&nearly, &sets);
	assert_int_equal(sets.n_sets, 63);
}

static void test_32_bits(void **state)
{
	const struct rule_argument fits[] = {
		{ .comparison = COMPARE_EQ, .value = UINT32_MAX },
		{ .comparison = COMPARE_MASKED_EQ, .value = UINT64_MAX, .value_two = UINT32_MAX },
	};
	const struct rule_argument beyond[] = {
		{ .comparison = COMPARE_EQ, .value = UINT64_C(1) << 32 },
		{ .comparison = COMPARE_NE, .value = UINT64_MAX },
		{ .comparison = COMPARE_MASKED_EQ,
		  .value = UINT64_MAX,
		  .value_two = UINT64_C(1) << 32 },
	};

	for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++)
		assert_true(value_fits_32(&fits[i]));
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
		assert_false(value_fits_32(&beyond[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),           cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_by_lower_half), cmocka_unit_test(test_written_form),
		cmocka_unit_test(test_limits),        cmocka_unit_test(test_32_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
