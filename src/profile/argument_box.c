/* SPDX-License-Identifier: Apache-2.0 */

#include "argument_box.h"

#include <string.h>

void argument_box_limit(struct argument_box *box, unsigned int index, const struct value_set *set)
{
	if (value_set_is_all(set)) {
		box->limited &= ~(1U << index);
		return;
	}
	box->limited |= 1U << index;
	box->sets[index] = *set;
}

static struct value_set get(const struct argument_box *box, unsigned int index)
{
	return box->limited >> index & 1 ? box->sets[index] : VALUE_SET_ALL;
}

bool argument_box_of(const struct rule_argument *arguments, size_t n_arguments,
                     struct argument_box *box)
{
	*box = ARGUMENT_BOX_ALL;
	for (size_t i = 0; i < n_arguments; i++) {
		struct value_set set;

		if (!value_set_of(&arguments[i], &set))
			return false;
		argument_box_limit(box, arguments[i].index, &set);
	}
	return true;
}

bool argument_box_equal(const struct argument_box *a, const struct argument_box *b)
{
	if (a->limited != b->limited)
		return false;
	for (unsigned int i = 0; i < RULE_N_ARGUMENTS; i++) {
		if (a->limited >> i & 1 && !value_set_equal(&a->sets[i], &b->sets[i]))
			return false;
	}
	return true;
}

bool argument_box_meets(const struct argument_box *a, const struct argument_box *b)
{
	for (unsigned int i = 0; i < RULE_N_ARGUMENTS; i++) {
		struct value_sets both;

		if (!(a->limited & b->limited & 1U << i))
			continue;
		value_set_intersect(&a->sets[i], &b->sets[i], false, &both);
		if (both.n_sets == 0)
			return false;
	}
	return true;
}

void argument_boxes_add(struct argument_boxes *list, const struct argument_box *box)
{
	if (list->n_boxes == list->limit) {
		list->is_full = true;
		return;
	}
	if (list->n_boxes == list->n_allocated) {
		size_t n = list->n_allocated ? list->n_allocated * 2 : 4;
		struct argument_box *boxes = arena_alloc_array(list->arena, n,
		                                               sizeof(*list->boxes));

		if (!boxes) {
			list->no_memory = true;
			return;
		}
		if (list->n_boxes > 0)
			memcpy(boxes, list->boxes, list->n_boxes * sizeof(*boxes));
		list->boxes = boxes;
		list->n_allocated = n;
	}
	list->boxes[list->n_boxes++] = *box;
}

static void intersect_from(struct argument_box box, const struct argument_box *other,
                           unsigned int index, struct argument_boxes *out)
{
	struct value_set mine, theirs;
	struct value_sets both;

	while (index < RULE_N_ARGUMENTS && !(other->limited >> index & 1))
		index++;
	if (index == RULE_N_ARGUMENTS) {
		argument_boxes_add(out, &box);
		return;
	}
	mine = get(&box, index);
	theirs = get(other, index);
	value_set_intersect(&mine, &theirs, out->by_lower_half, &both);
	for (size_t i = 0; i < both.n_sets && !out->is_full; i++) {
		argument_box_limit(&box, index, &both.sets[i]);
		intersect_from(box, other, index + 1, out);
	}
}

void argument_box_intersect(const struct argument_box *a, const struct argument_box *b,
                            struct argument_boxes *out)
{
	intersect_from(*a, b, 0, out);
}

/* What of box has this argument outside of the other's set. */
static void add_outside(struct argument_box box, unsigned int index, const struct value_set *mine,
                        const struct value_set *theirs, struct argument_boxes *out)
{
	struct value_sets outside, both;

	value_set_complement(theirs, &outside);
	for (size_t i = 0; i < outside.n_sets; i++) {
		value_set_intersect(mine, &outside.sets[i], out->by_lower_half, &both);
		for (size_t j = 0; j < both.n_sets && !out->is_full; j++) {
			argument_box_limit(&box, index, &both.sets[j]);
			argument_boxes_add(out, &box);
		}
	}
}

/* The first argument that is outside of the other's set decides which of the boxes a call is in. */
static void subtract_from(struct argument_box box, const struct argument_box *other,
                          unsigned int index, struct argument_boxes *out)
{
	struct value_set mine, theirs;
	struct value_sets both;

	while (index < RULE_N_ARGUMENTS && !(other->limited >> index & 1))
		index++;
	if (index == RULE_N_ARGUMENTS)
		return;
	mine = get(&box, index);
	theirs = get(other, index);
	add_outside(box, index, &mine, &theirs, out);
	value_set_intersect(&mine, &theirs, out->by_lower_half, &both);
	for (size_t i = 0; i < both.n_sets && !out->is_full; i++) {
		argument_box_limit(&box, index, &both.sets[i]);
		subtract_from(box, other, index + 1, out);
	}
}

void argument_box_subtract(const struct argument_box *a, const struct argument_box *b,
                           struct argument_boxes *out)
{
	if (argument_box_meets(a, b))
		subtract_from(*a, b, 0, out);
	else
		argument_boxes_add(out, a);
}

void argument_box_subtract_each(const struct argument_box *a, const struct argument_box *b,
                                struct argument_boxes *out)
{
	if (!argument_box_meets(a, b)) {
		argument_boxes_add(out, a);
		return;
	}
	for (unsigned int i = 0; i < RULE_N_ARGUMENTS; i++) {
		struct value_set mine = get(a, i), theirs = get(b, i);

		if (!value_set_is_all(&theirs))
			add_outside(*a, i, &mine, &theirs, out);
	}
}

static bool write_from(const struct argument_box *box, unsigned int index,
                       struct rule_argument *arguments, size_t n_arguments, argument_box_take take,
                       void *userdata)
{
	struct rule_argument some[VALUE_SETS_MAX];
	size_t n_some;

	while (index < RULE_N_ARGUMENTS && !(box->limited >> index & 1))
		index++;
	if (index == RULE_N_ARGUMENTS)
		return take(userdata, arguments, n_arguments);
	n_some = value_set_write(&box->sets[index], some);
	for (size_t i = 0; i < n_some; i++) {
		arguments[n_arguments] = some[i];
		arguments[n_arguments].index = index;
		arguments[n_arguments].node = NULL;
		if (!write_from(box, index + 1, arguments, n_arguments + 1, take, userdata))
			return false;
	}
	return true;
}

void argument_box_write(const struct argument_box *box, argument_box_take take, void *userdata)
{
	struct rule_argument arguments[RULE_N_ARGUMENTS];

	write_from(box, 0, arguments, 0, take, userdata);
}
