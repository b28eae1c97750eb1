/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each file of tests/data/splice is a case:
 *
 *	@ option OPTION               before all else, any number of times: see below
 *	@ set PATH | insert PATH      the lines that follow are the value, as YAML
 *	@ remove PATH
 *	@ document N                  the edits that follow are in this one, counted from 0
 *	@ delete N
 *	@ add                         the lines that follow are a document
 *	@ before
 *	@ after
 *
 * Options: `crlf` (line breaks of both texts are CR LF), `no-final-newline` (neither text has one),
 * `no-final-newline-before` (the first has none), `no-origin` (new nodes do not say which old ones
 * they replace), `warning TEXT` (a warning holds it; else there is none), `invalid TEXT` (the
 *result is refused for this reason).
 */

#include "document/splice.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tree_edit.h"

#define VALUES_MAX 20

struct splice_case {
	char *text; /* of the file */
	bool crlf;
	bool no_final_newline;
	bool no_final_newline_before;
	bool no_origin;
	char *warning;
	char *invalid;
	struct buffer before;
	struct buffer after;
	char *edits; /* where the first edit begins in text */
};

static char *next_line(char *line)
{
	return line + strcspn(line, "\n") + (strchr(line, '\n') != NULL);
}

static bool is_directive(const char *line)
{
	return strncmp(line, "@ ", 2) == 0;
}

/* The lines up to the next directive. */
static char *block_end(char *line)
{
	while (*line && !is_directive(line))
		line = next_line(line);
	return line;
}

static void take_text(const struct splice_case *it, const char *line, size_t n, struct buffer *out)
{
	bool is_short = it->no_final_newline || (it->no_final_newline_before && out == &it->before);

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '\n' && is_short && i + 1 == n)
			break;
		if (line[i] == '\n' && it->crlf)
			buffer_append_char(out, '\r');
		buffer_append_char(out, line[i]);
	}
	assert_int_equal(buffer_error(out), 0);
}

static void take_option(struct splice_case *it, const char *option)
{
	size_t n = strcspn(option, "\n");

	if (strncmp(option, "crlf\n", n + 1) == 0)
		it->crlf = true;
	else if (strncmp(option, "no-final-newline\n", n + 1) == 0)
		it->no_final_newline = true;
	else if (strncmp(option, "no-final-newline-before\n", n + 1) == 0)
		it->no_final_newline_before = true;
	else if (strncmp(option, "no-origin\n", n + 1) == 0)
		it->no_origin = true;
	else if (strncmp(option, "warning ", 8) == 0)
		it->warning = strndup(option + 8, n - 8);
	else if (strncmp(option, "invalid ", 8) == 0)
		it->invalid = strndup(option + 8, n - 8);
	else
		fail_msg("unknown option %.*s", (int)n, option);
}

static void case_parse(struct splice_case *it)
{
	char *line = it->text;

	for (; is_directive(line) && strncmp(line, "@ option ", 9) == 0; line = next_line(line))
		take_option(it, line + 9);
	it->edits = line;
	while (*line) {
		char *body = next_line(line);
		char *end = block_end(body);

		assert_true(is_directive(line));
		if (strncmp(line, "@ before\n", 9) == 0)
			take_text(it, body, (size_t)(end - body), &it->before);
		else if (strncmp(line, "@ after\n", 8) == 0)
			take_text(it, body, (size_t)(end - body), &it->after);
		line = end;
	}
}

static void case_deinit(struct splice_case *it)
{
	free(it->text);
	free(it->warning);
	free(it->invalid);
	buffer_deinit(&it->before);
	buffer_deinit(&it->after);
}

/* Drops all that links new nodes to old ones. */
static const struct node *without_origin(struct arena *arena, const struct node *node)
{
	struct node *copy;

	if (!node->origin)
		return node;
	if (node->kind == NODE_MAPPING) {
		struct entry entries[TREE_CHILDREN_MAX];

		for (size_t i = 0; i < node->n; i++)
			entries[i] = (struct entry){
				node->entries[i].key,
				without_origin(arena, node->entries[i].value),
			};
		copy = node_new_mapping(arena, NULL, entries, node->n);
	} else {
		const struct node *items[TREE_CHILDREN_MAX];

		for (size_t i = 0; i < node->n; i++)
			items[i] = without_origin(arena, node->items[i]);
		copy = node_new_sequence(arena, NULL, items, node->n);
	}
	assert_non_null(copy);
	return copy;
}

struct edit_state {
	struct edit *edit;
	size_t document;
	struct stream *values[VALUES_MAX];
	size_t n_values;
};

static const struct node *take_value(struct edit_state *state, const char *text, size_t n_text)
{
	struct stream *stream = tree_read("value", text, n_text);

	assert_true(state->n_values < VALUES_MAX);
	state->values[state->n_values++] = stream;
	assert_int_equal(stream->n_documents, 1);
	return stream->documents[0].root;
}

static void apply_edit(struct edit_state *state, const char *line, const char *body, size_t n_body)
{
	struct edit_document *document = &state->edit->documents[state->document];
	char verb[20], argument[200] = "";
	enum tree_operation operation = TREE_SET;
	const struct node *value = NULL;

	sscanf(line, "@ %19s", verb);
	sscanf(line, "@ %*s %199[^\n]", argument);
	if (strcmp(argument, ".") == 0)
		argument[0] = '\0';
	if (strcmp(verb, "document") == 0) {
		state->document = strtoul(argument, NULL, 10);
		return;
	}
	if (strcmp(verb, "delete") == 0) {
		state->edit->documents[strtoul(argument, NULL, 10)].root = NULL;
		return;
	}
	if (n_body)
		value = take_value(state, body, n_body);
	if (strcmp(verb, "add") == 0) {
		assert_int_equal(edit_add_document(state->edit, value), 0);
		return;
	}
	if (strcmp(verb, "insert") == 0)
		operation = TREE_INSERT;
	else if (strcmp(verb, "remove") == 0)
		operation = TREE_REMOVE;
	else
		assert_string_equal(verb, "set");
	document->root = tree_edit(state->edit->arena, document->root, argument, operation, value);
}

static void apply_edits(const struct splice_case *it, struct edit_state *state)
{
	for (char *line = it->edits; *line; line = block_end(next_line(line))) {
		char *body = next_line(line);

		if (strncmp(line, "@ before\n", 9) != 0 && strncmp(line, "@ after\n", 8) != 0)
			apply_edit(state, line, body, (size_t)(block_end(body) - body));
	}
	for (size_t i = 0; it->no_origin && i < state->edit->n_documents; i++)
		state->edit->documents[i].root = without_origin(state->edit->arena,
		                                                state->edit->documents[i].root);
}

static void check_diag(const struct splice_case *it, const struct diag *diag)
{
	if (it->invalid) {
		assert_int_equal(diag->n_errors, 1);
		assert_non_null(strstr(diag->entries[0].message, it->invalid));
		return;
	}
	if (diag->n_errors || (diag->n_warnings && !it->warning))
		diag_print(diag, stderr, "# ");
	assert_int_equal(diag->n_errors, 0);
	assert_int_equal(diag->n_warnings, it->warning ? 1 : 0);
	if (it->warning)
		assert_non_null(strstr(diag->entries[0].message, it->warning));
}

static void run_case(void **state)
{
	struct splice_case it = { .text = *state };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	struct edit_state edits = { 0 };
	struct stream *stream;

	case_parse(&it);
	stream = tree_read("before", it.before.data ? it.before.data : "", it.before.n_data);
	assert_int_equal(edit_new(stream, &edits.edit), 0);
	apply_edits(&it, &edits);
	assert_int_equal(splice_write(edits.edit, &out, &diag), it.invalid ? SPLICE_E_INVALID : 0);
	assert_string_equal(out.data ? out.data : "", it.after.data ? it.after.data : "");
	check_diag(&it, &diag);

	edit_free(edits.edit);
	for (size_t i = 0; i < edits.n_values; i++)
		stream_free(edits.values[i]);
	stream_free(stream);
	case_deinit(&it);
}

static int is_case(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && strcmp(entry->d_name + n - 5, ".case") == 0;
}

static char *read_case(int dir_fd, const char *name)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	if (file_read(dir_fd, name, 1 << 20, &text, NULL))
		return NULL;
	return buffer_steal(&text, NULL);
}

int main(int argc, char **argv)
{
	const char *data = getenv("SECCOMPFS_TEST_DATA");
	_cleanup_(freep) char *directory = NULL;
	_cleanup_(closep) int dir_fd = -1;
	struct CMUnitTest *tests;
	struct dirent **entries;
	int n, r;

	if (asprintf(&directory, "%s/splice", data ? data : "tests/data") < 0)
		return 1;
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = scandir(directory, &entries, is_case, alphasort);
	if (dir_fd < 0 || n <= 0) {
		perror(directory);
		return 1;
	}
	tests = calloc((size_t)n, sizeof(*tests));
	for (int i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = entries[i]->d_name,
			.test_func = run_case,
			.initial_state = read_case(dir_fd, entries[i]->d_name),
		};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	r = _cmocka_run_group_tests("splice", tests, (size_t)n, NULL, NULL);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	free(tests);
	return r;
}
