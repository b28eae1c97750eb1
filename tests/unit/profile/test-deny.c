/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cases are in tests/data/deny: a profile, what is denied, what it comes to (`expected`, or
 * nothing when the bytes stay), and the messages of ruleset_deny().
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "deny-cases.h"
#include "document/canonical_json.h"

struct deny_file {
	char *text;            /* owned */
	struct stream *stream; /* owned */
	const struct node *root;
};

static void deny_file_deinit(struct deny_file *file)
{
	stream_free(file->stream);
	free(file->text);
}

static void open_file(const char *name, struct deny_file *file)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT, text = BUFFER_INIT;
	char piece[4096];
	size_t n;
	FILE *from;

	buffer_printf(&path, "%s/deny/%s", getenv("SECCOMPFS_TEST_DATA"), name);
	from = fopen(path.data, "re");
	assert_non_null(from);
	while ((n = fread(piece, 1, sizeof(piece), from)) > 0)
		buffer_append(&text, piece, n);
	assert_int_equal(fclose(from), 0);
	file->text = buffer_steal(&text, &n);
	if (yaml_read_bytes(name, file->text, n, &file->stream, NULL, &diag) != 0)
		fail_msg("%s: %s", name, diag_first_error(&diag)->message);
	file->root = file->stream->documents[0].root;
}

static void write_value(const struct node *root, const char *key, struct buffer *out)
{
	const struct node *value = node_resolve(node_find(root, key));

	assert_non_null(value);
	assert_int_equal(canonical_json_write(value, NULL, out, NULL), 0);
}

static void read_parts(const struct deny_file *file, struct parsed *parsed,
                       struct deny_list **listp)
{
	parsed->arena = arena_new(0);
	assert_int_equal(ruleset_read(parsed->arena, node_resolve(node_find(file->root, "profile")),
	                              NULL, &parsed->ruleset, NULL),
	                 0);
	assert_int_equal(deny_list_read(node_find(file->root, "deny"), NULL, listp, NULL), 0);
}

/* Each line of `messages` is the end of one. */
static void check_messages(const struct deny_file *file, const char *name, const char *messages)
{
	const struct node *expected = node_resolve(node_find(file->root, "messages"));
	const char *rest = messages ? messages : "";

	for (size_t i = 0; expected && i < expected->n; i++) {
		const char *text = node_resolve(expected->items[i])->text;
		const char *end = strchr(rest, '\n');
		size_t n = end ? (size_t)(end - rest) : strlen(rest);

		if (n < strlen(text) || strncmp(rest + n - strlen(text), text, strlen(text)) != 0)
			fail_msg("%s: message\n%.*s\nexpected\n%s", name, (int)n, rest, text);
		rest += end ? n + 1 : n;
	}
	if (*rest)
		fail_msg("%s: unexpected %s", name, rest);
}

static void check_case(const char *name)
{
	_cleanup_(deny_file_deinit) struct deny_file file = { 0 };
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
	_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, messages = BUFFER_INIT,
					       expected = BUFFER_INIT;
	bool is_changed, is_expected;

	open_file(name, &file);
	is_expected = node_find(file.root, "expected");
	read_parts(&file, &parsed, &list);
	is_changed = deny(&parsed, list, &messages);
	assert_int_equal(ruleset_write(parsed.ruleset, &bytes), 0);
	write_value(file.root, is_expected ? "expected" : "profile", &expected);
	if (is_changed != is_expected || strcmp(bytes.data, expected.data) != 0)
		fail_msg("%s: changed %d\n%s\nexpected %d\n%s", name, is_changed, bytes.data,
		         is_expected, expected.data);
	check_messages(&file, name, messages.data);
}

static int is_case(const struct dirent *entry)
{
	return strstr(entry->d_name, ".yaml") != NULL;
}

static void test_cases(void **state)
{
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT;
	struct dirent **entries;
	int n;

	buffer_printf(&path, "%s/deny", getenv("SECCOMPFS_TEST_DATA"));
	n = scandir(path.data, &entries, is_case, alphasort);
	assert_in_range(n, 20, 1000);
	for (int i = 0; i < n; i++) {
		check_case(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	printf("# %d cases\n", n);
}

/* No list, no change; nor does a list reach into the ruleset that the compiled one came from. */
static void test_source_stays(void **state)
{
	static const char text[] =
		"{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read, socket], "
		"action: SCMP_ACT_ALLOW}]}";
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
	_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
	_cleanup_(buffer_deinit) struct buffer before = BUFFER_INIT, denied = BUFFER_INIT,
					       after = BUFFER_INIT;
	struct ruleset *source;

	assert_int_equal(read_list("[{names: [socket], reason: x}]", &list, NULL), 0);
	assert_int_equal(parse(text, &parsed, NULL), 0);
	assert_int_equal(ruleset_write(parsed.ruleset, &before), 0);
	assert_false(deny(&parsed, NULL, NULL));

	/* A shallow copy, as a compiler may give. */
	source = parsed.ruleset;
	parsed.ruleset = arena_alloc(parsed.arena, sizeof(*parsed.ruleset));
	*parsed.ruleset = *source;
	assert_true(deny(&parsed, list, NULL));
	assert_int_equal(ruleset_write(parsed.ruleset, &denied), 0);
	assert_string_not_equal(before.data, denied.data);
	assert_int_equal(ruleset_write(source, &after), 0);
	assert_string_equal(before.data, after.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_source_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
