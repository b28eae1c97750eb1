/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The cases of the rules: RULE/bad*.yaml makes the rule's findings that stand in the file with .txt for
 * .yaml, RULE/good*.yaml makes none of them. Each rule has both, and a section of the reference that
 * says its level; the reference has no other section of a rule. "libseccomp VERSION" in a .txt is
 * this host's, and "N instructions" are as many as it makes.
 *
 * usage: lint DIRECTORY REFERENCE; TAP on the standard output. Profiles of other projects are taken
 * from $SECCOMPFS_VECTORS/yaml-json when that is set: they must be without errors, and what is found
 * in them is printed.
 */

#include <dirent.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "lint_judge.h"
#include "lint_real.h"
#include "profile/lint_rules.h"
#include "vectors.h"

/* A newer table of the program must not change the cases. */
static const char *const runc_needed[] = { "close", "execve", "exit_group", "openat", "write" };
static const char *const runc_without_nnp[] = { "capset", "prctl" };
static const char *const runc_sometimes[] = { "futex" };
static const char *const crun_needed[] = { "execve", "exit_group" };
static const char *const runc_seen[] = { "capset", "close", "execve", "exit_group", "futex",
	                                 "openat", "prctl", "statx",  "write" };
static const struct base_set sets[] = {
	{ "runc", "1.1.5", runc_needed, ARRAY_SIZE(runc_needed), runc_seen, ARRAY_SIZE(runc_seen),
	  runc_without_nnp, ARRAY_SIZE(runc_without_nnp), runc_sometimes,
	  ARRAY_SIZE(runc_sometimes) },
	{ "crun", "1.8.1", crun_needed, ARRAY_SIZE(crun_needed), crun_needed,
	  ARRAY_SIZE(crun_needed) },
};
static const struct base_table bases = { sets, ARRAY_SIZE(sets) };

static int is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".yaml") == 0;
}

static void print_commented(const char *text)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		printf("# %.*s\n", (int)n, text);
	}
}

#define LIBSECCOMP "libseccomp VERSION" /* for this host's */

static void fill_in_version(const char *text, struct buffer *out)
{
	const struct scmp_version *version = seccomp_version();
	const char *place;

	while ((place = strstr(text, LIBSECCOMP))) {
		buffer_append(out, text, (size_t)(place - text));
		buffer_printf(out, "libseccomp %u.%u.%u", version->major, version->minor,
		              version->micro);
		text = place + strlen(LIBSECCOMP);
	}
	buffer_append_string(out, text);
}

#define COUNTED "the filter has "

/* How many instructions a filter has depends on the calls that this host's libseccomp knows: N. */
static void forget_counts(const char *text, struct buffer *out)
{
	const char *place;

	while ((place = strstr(text, COUNTED))) {
		place += strlen(COUNTED);
		buffer_append(out, text, (size_t)(place - text));
		text = place + strspn(place, "0123456789");
		if (text > place)
			buffer_append_char(out, 'N');
	}
	buffer_append_string(out, text);
}

/* The file beside a case; nothing when there is none. */
static void read_expected(int dir_fd, const char *name, struct buffer *out)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	char beside[256];

	snprintf(beside, sizeof(beside), "%.*s.txt", (int)(strlen(name) - strlen(".yaml")), name);
	if (file_read(dir_fd, beside, VECTOR_FILE_MAX, &text, NULL) == 0)
		fill_in_version(text.data, out);
}

static bool run_case(int dir_fd, const char *rule, const char *name, size_t number)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, words = BUFFER_INIT,
					       found = BUFFER_INIT, expected = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	bool is_bad = strncmp(name, "bad", 3) == 0, ok;

	ok = file_read(dir_fd, name, VECTOR_FILE_MAX, &text, NULL) == 0 &&
	     lint_judge(name, &text, &bases, &diag);
	lint_judge_format(&diag, rule, &words);
	forget_counts(words.data ? words.data : "", &found);
	if (is_bad)
		read_expected(dir_fd, name, &expected);
	ok = ok && is_bad == (found.n_data > 0) && found.n_data == expected.n_data &&
	     (!is_bad || strcmp(found.data, expected.data) == 0);
	printf("%s %zu - %s/%s\n", ok ? "ok" : "not ok", number, rule, name);
	if (!ok)
		print_commented(found.n_data ? found.data : "nothing was found by the rule");
	return ok;
}

static void run_cases(const char *path, const char *rule, struct vector_totals *totals)
{
	_cleanup_(buffer_deinit) struct buffer folder = BUFFER_INIT;
	_cleanup_(closep) int dir_fd = -1;
	struct dirent **entries = NULL;
	bool has_bad = false, has_good = false;
	int n = -1;

	buffer_printf(&folder, "%s/%s", path, rule);
	dir_fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0)
		n = scandirat(dir_fd, ".", &entries, is_case, alphasort);
	for (int i = 0; i < n; i++) {
		has_bad = has_bad || strncmp(entries[i]->d_name, "bad", 3) == 0;
		has_good = has_good || strncmp(entries[i]->d_name, "good", 4) == 0;
		if (!run_case(dir_fd, rule, entries[i]->d_name, ++totals->n))
			totals->n_failed++;
		free(entries[i]);
	}
	free(entries);
	if (!has_bad || !has_good)
		vectors_report(totals, rule,
		               "a rule needs a case that triggers it and one that does not");
}

/* A line "LEVEL" behind "### RULE". */
static void check_section(const struct buffer *reference, const struct lint_rule_info *rule,
                          struct vector_totals *totals)
{
	_cleanup_(buffer_deinit) struct buffer heading = BUFFER_INIT;
	const char *level = rule->severity == DIAG_ERROR ? "Level: error" : "Level: warning";
	const char *section;

	buffer_printf(&heading, "\n### %s\n\n", rule->id);
	section = strstr(reference->data, heading.data);
	if (!section)
		vectors_report(totals, rule->id, "no section of the reference");
	else if (strncmp(section + heading.n_data, level, strlen(level)) != 0)
		vectors_report(totals, rule->id, "the reference has another level");
}

static size_t count_sections(const char *text)
{
	size_t n = 0;

	while ((text = strstr(text, "\n### "))) {
		text++;
		n++;
	}
	return n;
}

static void check_reference(const char *path, struct vector_totals *totals)
{
	_cleanup_(buffer_deinit) struct buffer reference = BUFFER_INIT;

	if (file_read(AT_FDCWD, path, VECTOR_FILE_MAX, &reference, NULL) < 0) {
		vectors_report(totals, path, "cannot be read");
		return;
	}
	for (size_t i = 0; i < N_LINT_RULES; i++)
		check_section(&reference, &lint_rules[i], totals);
	if (count_sections(reference.data) != N_LINT_RULES)
		vectors_report(totals, path, "a section of a rule that there is not");
}

static bool runs_no_differences(const char *name)
{
	(void)name;
	return false;
}

int main(int argc, char **argv)
{
	struct vector_totals totals = { 0 };

	if (argc != 3) {
		fprintf(stderr, "usage: %s DIRECTORY REFERENCE\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < N_LINT_RULES; i++)
		run_cases(argv[1], lint_rules[i].id, &totals);
	check_reference(argv[2], &totals);
	if (!vectors_run_third_party("yaml-json", lint_real_run, runs_no_differences, &totals))
		puts("# without SECCOMPFS_VECTORS the profiles of other projects are not judged");
	return vectors_finish(&totals);
}
