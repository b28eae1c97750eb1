/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Random trees are written and read back; random texts are edited at random places. Each edit may
 * change bytes in a stretch of the old text only, which is found here by other means than the
 * splices use, and each comment outside of what was edited must still be there.
 *
 * SECCOMPFS_SEED repeats a run, SECCOMPFS_ROUNDS makes it longer, SECCOMPFS_SHOW_ANEW names the
 * seeds whose documents were written anew.
 */

#include <stdlib.h>
#include <time.h>

#include "document/splice.h"
#include "document/yaml_writer.h"
#include "random_yaml.h"
#include "tree_edit.h"

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

/* An edit of one place, and the stretch of text that it may change. */
struct place_edit {
	struct random *random;
	struct arena *arena;
	const struct stream *values; /* documents that new nodes come from */
	const struct source *source;
	const char *text;            /* of source */
	size_t start, end;           /* may change */
	size_t gone_start, gone_end; /* comments in here may go */
};

static size_t line_start(const char *text, size_t offset)
{
	while (offset && text[offset - 1] != '\n')
		offset--;
	return offset;
}

static size_t line_after(const char *text, size_t offset)
{
	offset += strcspn(text + offset, "\n");
	return offset + (text[offset] == '\n');
}

/* Comment lines directly above. */
static size_t comments_above(const char *text, size_t start)
{
	size_t line = line_start(text, start);

	while (line) {
		size_t above = line_start(text, line - 1);

		if (text[above + strspn(text + above, " \t")] != '#')
			break;
		line = above;
	}
	return line;
}

/* The line that offset is on, or when only blanks stand before it, the line with text above: there
 * the key or `-` of a value stands. */
static size_t lead_line(const char *text, size_t offset)
{
	size_t line = line_start(text, offset);

	if (line + strspn(text + line, " \t") < offset)
		return line;
	while (line) {
		line = line_start(text, line - 1);
		if (!strchr("#\r\n", text[line + strspn(text + line, " \t")]))
			break;
	}
	return line;
}

static void allow(struct place_edit *edit, size_t start, size_t end)
{
	edit->start = start;
	edit->end = end;
}

static void allow_gone(struct place_edit *edit, size_t start, size_t end)
{
	edit->gone_start = start;
	edit->gone_end = end;
}

static const struct node *take_value(struct place_edit *edit)
{
	const struct node *node =
		edit->values->documents[random_below(edit->random, edit->values->n_documents)].root;

	while ((node->kind == NODE_MAPPING || node->kind == NODE_SEQUENCE) && node->n &&
	       random_chance(edit->random, 70)) {
		size_t i = random_below(edit->random, node->n);

		node = node->kind == NODE_MAPPING ? node->entries[i].value : node->items[i];
	}
	return node_resolve(node);
}

static const struct node *child_of(const struct node *node, size_t i)
{
	return node->kind == NODE_MAPPING ? node->entries[i].value : node->items[i];
}

/* Where the `-`, `?` or key of a child stands. */
static size_t child_start(const char *text, const struct node *node, size_t i)
{
	size_t offset = node->start.offset;

	if (i == 0 && (node->style != NODE_STYLE_FLOW || !strchr("[{", text[offset])))
		return offset;
	offset = i ? child_of(node, i - 1)->end.offset : offset + 1;
	for (;;) {
		offset += strspn(text + offset, " \t\r\n,");
		if (text[offset] != '#')
			return offset;
		offset += strcspn(text + offset, "\n");
	}
}

/* node with child i replaced, or with what: removed (value NULL), or inserted there. */
static const struct node *with_child(struct place_edit *edit, const struct node *node, size_t i,
                                     bool insert, const struct node *value)
{
	struct entry entries[TREE_CHILDREN_MAX];
	const struct node *items[TREE_CHILDREN_MAX];
	char key[20];
	size_t n = 0;

	for (size_t j = 0; j <= node->n; j++) {
		if (j == i && value) {
			items[n] = value;
			entries[n].value = value;
			if (insert && node->kind == NODE_MAPPING) {
				snprintf(key, sizeof(key), "n%llu",
				         (unsigned long long)random_next(edit->random));
				entries[n].key = node_new_scalar(edit->arena, key, strlen(key),
				                                 NODE_STYLE_ANY);
			} else if (node->kind == NODE_MAPPING) {
				entries[n].key = node->entries[j].key;
			}
			n++;
		}
		if (j == node->n || (j == i && !insert))
			continue;
		if (node->kind == NODE_MAPPING)
			entries[n++] = node->entries[j];
		else
			items[n++] = node->items[j];
	}
	return node->kind == NODE_MAPPING ? node_new_mapping(edit->arena, node, entries, n)
	                                  : node_new_sequence(edit->arena, node, items, n);
}

/* What is merged must stay a mapping: that entry can only be removed. */
static bool is_merge(const struct node *node, size_t i)
{
	return node->kind == NODE_MAPPING && node_is_text(node->entries[i].key, "<<");
}

/* Changes a child of a node that stands in no text, or in another. */
static const struct node *edit_anywhere(struct place_edit *edit, const struct node *node)
{
	size_t i = random_below(edit->random, node->n + 1);
	bool insert = i == node->n || random_chance(edit->random, 40);
	bool removes = !insert && (random_chance(edit->random, 50) || is_merge(node, i));

	return with_child(edit, node, i, insert, removes ? NULL : take_value(edit));
}

/* Changes a child of node, and notes which stretch of text that may change. */
static const struct node *edit_here(struct place_edit *edit, const struct node *node)
{
	size_t i = node->n ? random_below(edit->random, node->n) : 0;
	size_t start, next, begin, end;

	if (node->source != edit->source)
		return edit_anywhere(edit, node);
	start = node->properties.offset;
	next = line_after(edit->text, node->end.offset);
	/* An empty collection may turn from flow to block, and one that becomes empty back again:
	 * the line of its key changes too. */
	if (!node->n || random_chance(edit->random, 40)) {
		i = node->kind == NODE_MAPPING ? node->n : random_below(edit->random, node->n + 1);
		allow(edit,
		      node->n ? comments_above(edit->text, start) : lead_line(edit->text, start),
		      next);
		return with_child(edit, node, i, true, take_value(edit));
	}
	begin = comments_above(edit->text, child_start(edit->text, node, i));
	if (i)
		begin = line_start(edit->text, child_of(node, i - 1)->end.offset);
	end = line_after(edit->text, child_of(node, i)->end.offset);
	if (i + 1 < node->n && child_start(edit->text, node, i + 1) > end)
		end = child_start(edit->text, node, i + 1);
	/* Blank lines go too when they would become part of a block scalar above. */
	end += strspn(edit->text + end, "\r\n");
	allow(edit, begin, end);
	allow_gone(edit, comments_above(edit->text, child_start(edit->text, node, i)),
	           line_after(edit->text, child_of(node, i)->end.offset));
	if (random_chance(edit->random, 50) && !is_merge(node, i))
		return with_child(edit, node, i, false, take_value(edit));
	if (node->n == 1)
		allow(edit, lead_line(edit->text, start), next);
	return with_child(edit, node, i, false, NULL);
}

/* Goes down to a random collection and changes it. */
static const struct node *edit_below(struct place_edit *edit, const struct node *node)
{
	for (size_t tries = 0; node->n && tries < 4 && random_chance(edit->random, 80); tries++) {
		size_t i = random_below(edit->random, node->n);
		const struct node *child = child_of(node, i);

		if ((child->kind == NODE_MAPPING || child->kind == NODE_SEQUENCE) &&
		    !is_merge(node, i))
			return with_child(edit, node, i, false, edit_below(edit, child));
	}
	return edit_here(edit, node);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_splice_wild),
		cmocka_unit_test(test_splice_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
