/* SPDX-License-Identifier: Apache-2.0 */

#include "lint_real.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "lint_dangers.h"
#include "lint_judge.h"
#include "profile/lint_rules.h"
#include "vectors.h"

/* Examples that no runtime takes as they stand. */
static const struct {
	const char *name;
	const char *rule; /* the only one whose errors it may have */
} refused[] = {
	/* errnoRet 12345: Linux has no errno above 4095. */
	{ "real-moby-example-json", "invalid-value" },
	{ "real-moby-example-yaml", "invalid-value" },
};

static const char *find_refused(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (strcmp(refused[i].name, name) == 0)
			return refused[i].rule;
	}
	return NULL;
}

/* Errors are there just where the table says so, and of that rule. */
static bool has_right_errors(const struct diag *diag, const char *rule)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		if (entry->severity == DIAG_ERROR &&
		    (!rule || !entry->rule || strcmp(entry->rule, rule) != 0))
			return false;
	}
	return (diag->n_errors > 0) == (rule != NULL);
}

static void print_counts(const char *name, const struct diag *diag)
{
	printf("# %s:", name);
	for (size_t i = 0; i < N_LINT_RULES; i++) {
		size_t n = 0;

		for (size_t j = 0; j < diag->n_entries; j++)
			n += diag->entries[j].rule &&
			     strcmp(diag->entries[j].rule, lint_rules[i].id) == 0;
		if (n)
			printf(" %s %zu", lint_rules[i].id, n);
	}
	puts(diag->n_entries ? "" : " clean");
}

static void print_findings(const struct diag *diag)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		_cleanup_(buffer_deinit) struct buffer line = BUFFER_INIT;

		diag_entry_format_rule(&diag->entries[i], &line);
		printf("#   %s%s\n",
		       diag->entries[i].severity == DIAG_ERROR ? "error: " : "warning: ",
		       line.data);
	}
}

bool lint_real_run(int dir_fd, const char *name, size_t number)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	char path[256];
	bool ok;

	snprintf(path, sizeof(path), "%s/input.yaml", name);
	ok = file_read(dir_fd, path, VECTOR_FILE_MAX, &text, NULL) == 0 &&
	     lint_judge(name, &text, &base_table_builtin, &diag) &&
	     has_right_errors(&diag, find_refused(name)) &&
	     (strcmp(name, "real-moby-default-json") != 0 || lint_dangers_agree(&text));
	printf("%s %zu - lint %s\n", ok ? "ok" : "not ok", number, name);
	print_counts(name, &diag);
	print_findings(&diag);
	return ok;
}
