/* SPDX-License-Identifier: Apache-2.0 */

#include "control_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG "machine: {}\n"

static struct snapshot *make_snapshot(size_t n_profiles)
{
	struct profile **profiles = calloc(n_profiles + 1, sizeof(*profiles));
	struct snapshot *snapshot;

	for (size_t i = 0; i < n_profiles; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%zu.json", i);
		profiles[i] = profile_new(name, "{\"a\":1}", 7);
		profiles[i]->version = 1;
	}
	snapshot = snapshot_new(profiles, NULL, n_profiles, CONFIG, strlen(CONFIG));
	assert_non_null(snapshot);
	return snapshot;
}

static size_t size_of(struct control_texts *texts, enum control_kind kind)
{
	size_t size = 0;

	assert_int_equal(control_texts_size(texts, kind, &size), 0);
	return size;
}

/* What stat(2) says is what read(2) gives, also after a commit. */
static void test_sizes(void **state)
{
	_cleanup_(control_texts_deinit) struct control_texts texts = CONTROL_TEXTS_INIT;
	size_t last[CONTROL_N_KINDS] = { 0 };

	texts.node = "node-1";
	for (size_t n = 0; n < 4; n++) {
		assert_true(control_texts_update(&texts, make_snapshot(n)));
		for (int kind = 0; kind < CONTROL_N_KINDS; kind++) {
			_cleanup_(control_text_freep) struct control_text *text = NULL;
			size_t size = size_of(&texts, kind);

			assert_int_equal(size_of(&texts, kind), size);
			text = control_texts_make(&texts, kind);
			assert_int_equal(text->n_data, size);
			if (kind == CONTROL_FACTS)
				assert_true(n == 0 || size == last[kind]);
			else if (kind != CONTROL_MACHINECONFIG)
				assert_true(n == 0 || size > last[kind]);
			last[kind] = size;
		}
	}
}

static void test_update(void **state)
{
	_cleanup_(control_texts_deinit) struct control_texts texts = CONTROL_TEXTS_INIT;
	struct snapshot *snapshot = make_snapshot(1);

	assert_true(control_texts_update(&texts, snapshot_ref(snapshot)));
	assert_false(control_texts_update(&texts, snapshot_ref(snapshot)));
	assert_int_equal(snapshot->n_refs, 2);
	snapshot_unref(snapshot);
}

/* What is open stays as it was opened. */
static void test_open_over_a_commit(void **state)
{
	_cleanup_(control_texts_deinit) struct control_texts texts = CONTROL_TEXTS_INIT;
	_cleanup_(control_text_freep) struct control_text *config = NULL;
	_cleanup_(control_text_freep) struct control_text *table = NULL;

	texts.node = "node-1";
	control_texts_update(&texts, make_snapshot(1));
	config = control_texts_make(&texts, CONTROL_MACHINECONFIG);
	table = control_texts_make(&texts, CONTROL_TABLE);
	control_texts_update(&texts, make_snapshot(2));
	assert_int_equal(config->n_data, strlen(CONFIG));
	assert_memory_equal(config->data, CONFIG, config->n_data);
	assert_non_null(memmem(table->data, table->n_data, "0.json", 6));
	assert_null(memmem(table->data, table->n_data, "1.json", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_open_over_a_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
