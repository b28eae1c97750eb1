/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Random trees are written and read back; random texts are edited at random places. Each edit may
 * change bytes in a stretch of the old text only, which is found here by other means than the
 * splices use, and each comment outside of what was edited must still be there. And each mapping of
 * a text that can be read by itself is the same then.
 *
 * SECCOMPFS_SEED repeats a run, SECCOMPFS_ROUNDS makes it longer, SECCOMPFS_SHOW_ANEW names the
 * seeds whose documents were written anew.
 */

#include <stdlib.h>
#include <time.h>

#include "document/span.h"
#include "document/splice.h"
#include "document/yaml_writer.h"
#include "place_edit.h"
#include "random_text.h"
#include "random_tree.h"

#define ROUNDS 1500

static uint64_t base_seed(void)
{
	const char *seed = getenv("SECCOMPFS_SEED");

	return seed ? strtoull(seed, NULL, 0) : 20260801;
}

static size_t n_rounds(void)
{
	const char *rounds = getenv("SECCOMPFS_ROUNDS");

	return rounds ? strtoul(rounds, NULL, 0) : ROUNDS;
}

/* Names the round that failed before the test does. */
static void fail_round(uint64_t seed, const char *what, const char *before, const char *after)
{
	fprintf(stderr, "# %s; repeat with SECCOMPFS_SEED=%llu SECCOMPFS_ROUNDS=1\n", what,
	        (unsigned long long)seed);
	fprintf(stderr, "# before:\n%s\n# after:\n%s\n", before, after ? after : "");
	fail();
}

static void check_reads_back(uint64_t seed, const struct node *root, const struct buffer *text)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	bool equal = false;
	int r = yaml_read_bytes("text", text->data, text->n_data, &stream, NULL, &diag);

	if (r) {
		diag_print(&diag, stderr, "# ");
		fail_round(seed, "unreadable", text->data, NULL);
	}
	if (stream->n_documents != 1)
		fail_round(seed, "not one document", text->data, NULL);
	assert_int_equal(node_equal(root, stream->documents[0].root, &equal), 0);
	if (!equal)
		fail_round(seed, "reads back differently", text->data, NULL);
}

static void write_round(uint64_t seed)
{
	static const char *const breaks[] = { "\n", "\r\n" };
	struct random random = { seed * 2 + 1 };
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct random_tree tree = { .random = &random, .arena = arena };
	const struct node *root = random_node(&tree, 0);
	struct yaml_layout layout = {
		.indent = 2 + 2 * (unsigned int)random_below(&random, 2),
		.indent_sequences = random_chance(&random, 50),
		.line_break = breaks[random_below(&random, 2)],
	};
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	assert_int_equal(yaml_write_block(root, &layout, 0, random_chance(&random, 50), &text), 0);
	buffer_append_string(&text, layout.line_break);
	check_reads_back(seed, root, &text);
	buffer_clear(&text);
	assert_int_equal(yaml_write_flow(root, &text), 0);
	check_reads_back(seed, root, &text);
}

static void test_write(void **state)
{
	uint64_t seed = base_seed();

	(void)state;
	print_message("# SECCOMPFS_SEED=%llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < n_rounds(); i++)
		write_round(seed + i);
}

static void check_stretch(uint64_t seed, const struct place_edit *edit, const char *after)
{
	size_t n_before = strlen(edit->text), n_after = strlen(after);
	size_t prefix = 0, suffix = 0;

	while (prefix < edit->start && edit->text[prefix] == after[prefix])
		prefix++;
	if (prefix < edit->start)
		fail_round(seed, "changed too early", edit->text, after);
	while (suffix < n_before - edit->end &&
	       edit->text[n_before - 1 - suffix] == after[n_after - 1 - suffix])
		suffix++;
	if (suffix < n_before - edit->end)
		fail_round(seed, "changed too late", edit->text, after);
}

static void check_comments(uint64_t seed, const struct place_edit *edit, const char *after)
{
	char comment[20];

	for (const char *at = strstr(edit->text, "#c"); at; at = strstr(at + 1, "#c")) {
		size_t offset = (size_t)(at - edit->text);
		const char *found;

		if (offset >= edit->gone_start && offset < edit->gone_end)
			continue;
		snprintf(comment, sizeof(comment), "%.*s", (int)strcspn(at, ";") + 1, at);
		found = strstr(after, comment);
		if (!found || strstr(found + 1, comment)) {
			fprintf(stderr, "# comment %s\n", comment);
			fail_round(seed, "a comment went or came", edit->text, after);
		}
	}
}

/* The text with CR LF line breaks, or without the last one. */
static void vary_text(struct random *random, struct buffer *text)
{
	struct buffer varied = BUFFER_INIT;
	bool crlf = random_chance(random, 20);

	for (size_t i = 0; i < text->n_data; i++) {
		if (text->data[i] == '\n' && i + 1 == text->n_data && random_chance(random, 20))
			break;
		if (text->data[i] == '\n' && crlf)
			buffer_append_char(&varied, '\r');
		buffer_append_char(&varied, text->data[i]);
	}
	buffer_deinit(text);
	*text = varied;
}

/* What one round works on. */
struct round {
	uint64_t seed;
	struct random random;
	struct random_text before, values;
	struct stream *stream, *value_stream;
	struct edit *edit;
	struct place_edit place;
};

static void check_meaning(const struct round *round, const struct buffer *out)
{
	_cleanup_(stream_freep) struct stream *stream = tree_read("after", out->data, out->n_data);
	const struct edit *edit = round->edit;
	bool equal = false;
	size_t n = 0;

	for (size_t i = 0; i < edit->n_documents; i++) {
		if (!edit->documents[i].root)
			continue;
		assert_true(n < stream->n_documents);
		assert_int_equal(node_equal(edit->documents[i].root, stream->documents[n++].root,
		                            &equal),
		                 0);
		if (!equal)
			fail_round(round->seed, "means something else", round->before.out.data,
			           out->data);
	}
	assert_int_equal(stream->n_documents, n);
}

static void round_init(struct round *round, uint64_t seed, bool anchors)
{
	*round = (struct round){ .seed = seed, .random = { seed * 2 + 1 } };
	round->before = (struct random_text){
		.random = &round->random,
		.n_words = 1000,
		.anchors = anchors,
	};
	round->values = (struct random_text){ .random = &round->random, .n_words = 5000 };
	random_stream(&round->before);
	random_stream(&round->values);
	vary_text(&round->random, &round->before.out);
	assert_int_equal(buffer_error(&round->before.out), 0);
	round->stream = tree_read("before", round->before.out.data, round->before.out.n_data);
	round->value_stream = tree_read("values", round->values.out.data, round->values.out.n_data);
	assert_int_equal(edit_new(round->stream, &round->edit), 0);
	round->place = (struct place_edit){
		.random = &round->random,
		.arena = round->edit->arena,
		.values = round->value_stream,
		.source = round->stream->source,
		.text = round->before.out.data,
	};
}

static void round_deinit(struct round *round)
{
	edit_free(round->edit);
	stream_free(round->stream);
	stream_free(round->value_stream);
	buffer_deinit(&round->before.out);
	buffer_deinit(&round->values.out);
}

static void edit_document(struct round *round)
{
	size_t i = random_below(&round->random, round->edit->n_documents);
	struct edit_document *document = &round->edit->documents[i];

	if (document->root &&
	    (document->root->kind == NODE_MAPPING || document->root->kind == NODE_SEQUENCE))
		document->root = edit_below(&round->place, document->root);
}

/* Splices and checks the meaning. */
static void round_finish(struct round *round, struct buffer *out, size_t *n_anewp)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	if (splice_write(round->edit, out, &diag)) {
		diag_print(&diag, stderr, "# ");
		fail_round(round->seed, "cannot be written", round->before.out.data, NULL);
	}
	buffer_append_char(out, '\0');
	out->n_data--;
	check_meaning(round, out);
	if (!diag.n_warnings)
		return;
	(*n_anewp)++;
	if (getenv("SECCOMPFS_SHOW_ANEW"))
		fprintf(stderr, "# SECCOMPFS_SEED=%llu: %s\n", (unsigned long long)round->seed,
		        diag.entries[0].message);
}

/* One edit, and all that is known about its traces. */
static void place_round(uint64_t seed, size_t *n_anewp)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	size_t n_anew = 0;
	struct round round;

	round_init(&round, seed, false);
	edit_document(&round);
	round_finish(&round, &out, &n_anew);
	if (!n_anew) {
		check_stretch(seed, &round.place, out.data);
		check_comments(seed, &round.place, out.data);
	}
	*n_anewp += n_anew;
	round_deinit(&round);
}

/* Many edits of all kinds at once; only the meaning is checked. */
static void change_wildly(uint64_t seed, bool anchors, size_t *n_anewp)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	struct round round;
	size_t n, i;

	round_init(&round, seed, anchors);
	for (n = random_below(&round.random, 8); n; n--)
		edit_document(&round);
	i = random_below(&round.random, round.edit->n_documents);
	if (random_chance(&round.random, 20))
		round.edit->documents[i].root = NULL;
	else if (random_chance(&round.random, 20))
		round.edit->documents[i].root = take_value(&round.place);
	if (random_chance(&round.random, 20))
		assert_int_equal(edit_add_document(round.edit, take_value(&round.place)), 0);
	round_finish(&round, &out, n_anewp);
	round_deinit(&round);
}

static void wild_round(uint64_t seed, size_t *n_anewp)
{
	change_wildly(seed, false, n_anewp);
}

static void anchor_round(uint64_t seed, size_t *n_anewp)
{
	change_wildly(seed, true, n_anewp);
}

/* Text that is written anew is right, but it is the way out and not the rule. */
static void run_rounds(void (*run)(uint64_t seed, size_t *n_anewp), unsigned int percent)
{
	size_t n_anew = 0;

	for (size_t i = 0; i < n_rounds(); i++)
		run(base_seed() + i, &n_anew);
	print_message("# %zu of %zu written anew\n", n_anew, n_rounds());
	assert_true(n_anew * 100 <= n_rounds() * percent);
}

static void test_splice(void **state)
{
	(void)state;
	run_rounds(place_round, 0);
}

static void test_splice_wild(void **state)
{
	(void)state;
	run_rounds(wild_round, 0);
}

static void test_splice_anchors(void **state)
{
	(void)state;
	run_rounds(anchor_round, 15);
}

static void check_span(uint64_t seed, const struct node *node, size_t *n_spansp)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const char *text = node->source->text;
	struct span span;
	bool equal = false;

	if (!node_span(node, &span))
		return;
	(*n_spansp)++;
	if (yaml_read_span("span", text, &span, &stream, NULL))
		fail_round(seed, "a span cannot be read", text, text + span.offset);
	assert_int_equal(node_equal(node, stream->documents[0].root, &equal), 0);
	if (!equal)
		fail_round(seed, "a span means something else", text, text + span.offset);
}

static void check_spans(uint64_t seed, const struct node *node, size_t *n_spansp)
{
	check_span(seed, node, n_spansp);
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++)
		check_spans(seed, node->items[i], n_spansp);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		check_spans(seed, node->entries[i].key, n_spansp);
		check_spans(seed, node->entries[i].value, n_spansp);
	}
}

static void test_spans(void **state)
{
	size_t n_spans = 0;

	(void)state;
	for (size_t i = 0; i < n_rounds(); i++) {
		uint64_t seed = base_seed() + i;
		struct round round;

		round_init(&round, seed, i % 4 == 0);
		for (size_t j = 0; j < round.stream->n_documents; j++)
			check_spans(seed, round.stream->documents[j].root, &n_spans);
		round_deinit(&round);
	}
	print_message("# %zu spans\n", n_spans);
	assert_true(n_spans >= n_rounds());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),       cmocka_unit_test(test_splice),
		cmocka_unit_test(test_splice_wild), cmocka_unit_test(test_splice_anchors),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
