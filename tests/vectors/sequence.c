/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The sequence vectors: NAME/1.yaml, 2.yaml, ... are whole configs applied in turn, expected.json
 * has what Talos makes of each: events, versions and files. Every vector runs twice through the
 * store: with the config reloaded at each step, and with a restart at each step. Where we differ on
 * purpose, `differences` says so with the number of the difference (docs/talos.md); a step that is
 * listed there and behaves as Talos does is a failure.
 *
 * usage: sequence DIRECTORY; TAP on the standard output.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "model/store.h"

#define FILE_MAX (1UL << 20) /* bytes of a file of a vector */

/* What a first start finds, so that step 1 is a step like the others. */
static const char no_profiles[] = "version: v1alpha1\nmachine: {}\n";

struct difference {
	const char *name; /* of the vector */
	size_t step;      /* from 1 */
	const char *number;
	const char *versions; /* "NAME@VERSION, ..."; NULL: refused, all stays as it was */
	const char *events;   /* "Created NAME@VERSION, ...", sorted */
};

static const struct difference differences[] = {
	/* A name that comes back goes on. */
	{ "create-update-delete-recreate", 6, "D11", "audit.json@3", "Created audit.json@3" },

	/* The last of two entries is served, the other one never was. */
	{ "duplicate-names", 1, "D1", "a.json@1", "Created a.json@1" },
	{ "duplicate-names", 2, "D1", "a.json@1", "" },

	{ "empty-map-vs-null", 1, "D3", NULL, "" },
	{ "empty-map-vs-null", 2, "D3", NULL, "" },
	{ "empty-map-vs-null", 3, "D3", NULL, "" },

	{ "inf-blocks-files", 2, "D4", NULL, "" },
	{ "inf-blocks-files", 3, "D4", "c.json@1", "Created c.json@1, Destroyed a.json@1" },

	/* An unknown key that is near to nothing of ours: a config without profiles. */
	{ "load-error-keeps", 2, "D16", "", "Destroyed a.json@1" },
	{ "load-error-keeps", 3, "D16", "a.json@2", "Created a.json@2" },

	{ "nil-item-blocks-controller", 2, "D5", NULL, "" },
	{ "nil-item-blocks-controller", 3, "D5", "b.json@1",
	  "Created b.json@1, Destroyed a.json@1, Destroyed z.json@1" },
};

struct run {
	const char *directory; /* of the vectors */
	const char *name;
	bool restarts;
	char root[64]; /* private; holds config and state */
	char config[96];
	char state_dir[96];
	struct store *store;  /* NULL: its config was refused */
	struct buffer before; /* versions before this step */
	struct buffer reason; /* why the vector fails */
};

static bool fail(struct run *run, const char *format, ...) _printf_(2, 3);

static bool fail(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buffer_vprintf(&run->reason, format, args);
	va_end(args);
	return false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void run_deinit(struct run *run)
{
	store_free(run->store);
	buffer_deinit(&run->before);
	buffer_deinit(&run->reason);
	if (run->root[0])
		nftw(run->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool write_config(struct run *run, const char *text)
{
	FILE *file = fopen(run->config, "we");
	bool ok = file && fputs(text, file) >= 0;

	if (file && fclose(file))
		ok = false;
	return ok || fail(run, "%s: %s", run->config, strerror(errno));
}

/* 0, with *refusedp when an earlier config is served instead; -errno or STORE_E_*. */
static int open_store(struct run *run, bool *refusedp)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct store_options options = {
		.config_path = run->config,
		.state_dir = run->state_dir,
		.profile = { VALIDATE_OFF, COMPILE_OFF, NULL },
	};
	int r;

	store_free(steal_ptr(run->store));
	r = store_open(&options, &run->store, &diag);
	*refusedp = diag.n_errors;
	/* As the worker does, when it serves. */
	if (!r)
		store_keep_copy(run->store, &diag);
	return r;
}

/* Sorts the words of a list and joins them with commas. */
static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define WORDS_MAX 16

struct words {
	char *words[WORDS_MAX];
	size_t n;
};

static void words_deinit(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->words[i]);
	words->n = 0;
}

static void words_add(struct words *words, const char *format, ...) _printf_(2, 3);

static void words_add(struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (words->n < WORDS_MAX && vasprintf(&words->words[words->n], format, args) >= 0)
		words->n++;
	va_end(args);
}

static void words_join(struct words *words, struct buffer *out)
{
	qsort(words->words, words->n, sizeof(*words->words), compare_words);
	buffer_append_string(out, "");
	for (size_t i = 0; i < words->n; i++)
		buffer_printf(out, "%s%s", i ? ", " : "", words->words[i]);
}

static void list_versions(struct run *run, struct buffer *out)
{
	_cleanup_(words_deinit) struct words words = { 0 };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(run->store);

	for (size_t i = 0; i < snapshot->n_profiles; i++)
		words_add(&words, "%s@%" PRIu64, snapshot->profiles[i]->name,
		          snapshot->profiles[i]->version);
	words_join(&words, out);
}

static void list_events(const struct result *result, struct buffer *out)
{
	static const char *const events[] = { "Created", "Updated", "Destroyed" };
	_cleanup_(words_deinit) struct words words = { 0 };

	for (size_t i = 0; i < result->n_resources; i++)
		words_add(&words, "%s %s@%" PRIu64, events[result->resources[i].event],
		          result->resources[i].id, result->resources[i].version);
	words_join(&words, out);
}

static void list_expected_versions(const json_t *step, struct buffer *out)
{
	_cleanup_(words_deinit) struct words words = { 0 };
	const json_t *resource;
	size_t i;

	json_array_foreach(json_object_get(step, "resources"), i, resource)
		words_add(&words, "%s@%s", json_string_value(json_object_get(resource, "id")),
	                  json_string_value(json_object_get(resource, "version")));
	words_join(&words, out);
}

static void list_expected_events(const json_t *step, struct buffer *out)
{
	_cleanup_(words_deinit) struct words words = { 0 };
	const json_t *event;
	size_t i;

	json_array_foreach(json_object_get(step, "events"), i, event)
		words_add(&words, "%s", json_string_value(event));
	words_join(&words, out);
}

/* The files that both have are equal; all are there, or the step is a difference. */
static bool compare_files(struct run *run, const json_t *step, bool same_names)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(run->store);
	_cleanup_(buffer_deinit) struct buffer scratch = BUFFER_INIT;
	const json_t *files = json_object_get(step, "files");

	if (same_names && snapshot->n_profiles != json_object_size(files))
		return fail(run, "%zu files, expected are %zu", snapshot->n_profiles,
		            json_object_size(files));
	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		const struct profile *profile = snapshot->profiles[i];
		const char *expected = json_string_value(json_object_get(files, profile->name));
		const char *bytes = "";

		if (snapshot_borrow_bytes(snapshot, profile, &scratch, &bytes))
			return fail(run, "file %s cannot be read", profile->name);

		if (!expected && same_names)
			return fail(run, "file %s is not expected", profile->name);
		if (expected && strcmp(expected, bytes))
			return fail(run, "file %s: found %s, expected is %s", profile->name, bytes,
			            expected);
	}
	return true;
}

static const struct difference *find_difference(const char *name, size_t step)
{
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++) {
		if (!strcmp(differences[i].name, name) && differences[i].step == step)
			return &differences[i];
	}
	return NULL;
}

/* What a step did. events is not known after a restart. */
struct outcome {
	bool refused;
	struct buffer versions;
	struct buffer events;
};

static void outcome_deinit(struct outcome *outcome)
{
	buffer_deinit(&outcome->versions);
	buffer_deinit(&outcome->events);
}

static bool equals(const struct buffer *buffer, const char *text)
{
	return !strcmp(buffer->data ? buffer->data : "", text);
}

static bool check_difference(struct run *run, const struct outcome *outcome, const json_t *step,
                             const struct difference *difference)
{
	_cleanup_(buffer_deinit) struct buffer versions = BUFFER_INIT, events = BUFFER_INIT;
	bool is_refused = !difference->versions;

	list_expected_versions(step, &versions);
	list_expected_events(step, &events);
	if (equals(&versions, is_refused ? run->before.data : difference->versions) &&
	    equals(&events, difference->events) &&
	    is_refused == !!json_object_get(step, "load_error"))
		return fail(run, "%s: Talos does the same", difference->number);
	if (outcome->refused != is_refused)
		return fail(run, "%s: it must %sbe refused", difference->number,
		            is_refused ? "" : "not ");
	if (run->restarts && is_refused)
		return true;
	if (!equals(&outcome->versions, is_refused ? run->before.data : difference->versions))
		return fail(run, "%s: found %s", difference->number, outcome->versions.data);
	if (!run->restarts && !equals(&outcome->events, difference->events))
		return fail(run, "%s: found events %s", difference->number, outcome->events.data);
	return is_refused || compare_files(run, step, false);
}

static bool check_step(struct run *run, const struct outcome *outcome, const json_t *step,
                       size_t number)
{
	const struct difference *difference = find_difference(run->name, number);
	_cleanup_(buffer_deinit) struct buffer versions = BUFFER_INIT, events = BUFFER_INIT;

	if (difference)
		return check_difference(run, outcome, step, difference);
	list_expected_versions(step, &versions);
	list_expected_events(step, &events);
	if (outcome->refused != !!json_object_get(step, "load_error"))
		return fail(run, "Talos %s it", outcome->refused ? "accepts" : "refuses");
	if (!equals(&outcome->versions, versions.data))
		return fail(run, "found %s, expected is %s", outcome->versions.data, versions.data);
	if (!run->restarts && !equals(&outcome->events, events.data))
		return fail(run, "found events %s, expected are %s", outcome->events.data,
		            events.data);
	return compare_files(run, step, true);
}

static bool apply(struct run *run, struct outcome *outcome)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	int r;

	if (run->restarts) {
		r = open_store(run, &outcome->refused);
	} else {
		r = store_reload(run->store, &result);
		outcome->refused = r == -EINVAL;
		r = outcome->refused ? 0 : r;
		list_events(&result, &outcome->events);
	}
	if (r)
		return fail(run, "the store says %d", r);
	list_versions(run, &outcome->versions);
	return true;
}

static bool run_step(struct run *run, const json_t *step, size_t number)
{
	_cleanup_(outcome_deinit) struct outcome outcome = { 0 };
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT, text = BUFFER_INIT;
	bool ok;

	buffer_printf(&path, "%s/%s/%s", run->directory, run->name,
	              json_string_value(json_object_get(step, "config")));
	if (file_read(AT_FDCWD, path.data, FILE_MAX, &text, NULL))
		return fail(run, "%s cannot be read", path.data);
	ok = write_config(run, text.data) && apply(run, &outcome) &&
	     check_step(run, &outcome, step, number);
	if (!ok)
		fail(run, " (step %zu)", number);
	if (!outcome.refused) {
		buffer_clear(&run->before);
		buffer_append_string(&run->before, outcome.versions.data);
	}
	return ok;
}

static bool prepare(struct run *run)
{
	bool refused;

	snprintf(run->root, sizeof(run->root), "/tmp/sequence-XXXXXX");
	if (!mkdtemp(run->root))
		return fail(run, "mkdtemp: %s", strerror(errno));
	snprintf(run->config, sizeof(run->config), "%s/machine.yaml", run->root);
	snprintf(run->state_dir, sizeof(run->state_dir), "%s/state", run->root);
	buffer_append_string(&run->before, "");
	if (!write_config(run, no_profiles))
		return false;
	return !open_store(run, &refused) || fail(run, "the store does not open");
}

static bool run_vector(const char *directory, const char *name, bool restarts, size_t number)
{
	_cleanup_(run_deinit) struct run run = {
		.directory = directory,
		.name = name,
		.restarts = restarts,
	};
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT;
	json_error_t error = { 0 };
	json_t *expected, *step;
	bool ok;
	size_t i;

	buffer_printf(&path, "%s/%s/expected.json", directory, name);
	expected = json_load_file(path.data, 0, &error);
	ok = expected ? prepare(&run) : fail(&run, "expected.json: %s", error.text);
	json_array_foreach(json_object_get(expected, "steps"), i, step)
		ok = ok && run_step(&run, step, i + 1);
	json_decref(expected);
	printf("%s %zu - %s%s\n", ok ? "ok" : "not ok", number, name,
	       restarts ? " with restarts" : "");
	if (!ok)
		printf("# %s\n", run.reason.data);
	return ok;
}

static int is_vector(const struct dirent *entry)
{
	return !strchr(entry->d_name, '.');
}

/* A difference whose vector is gone says nothing any more. */
static size_t count_differences(struct dirent **entries, int n_entries)
{
	size_t n = 0;

	for (int i = 0; i < n_entries; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(differences); j++)
			n += !strcmp(differences[j].name, entries[i]->d_name);
	}
	return n;
}

int main(int argc, char *argv[])
{
	struct dirent **entries = NULL;
	size_t number = 0, n_failed = 0;
	int n;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	n = scandir(argv[1], &entries, is_vector, alphasort);
	if (n <= 0 || count_differences(entries, n) != ARRAY_SIZE(differences)) {
		printf("1..1\nnot ok 1 - %s\n# no vectors, or the table lists some that do not exist\n",
		       argv[1]);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		n_failed += !run_vector(argv[1], entries[i]->d_name, false, ++number);
		n_failed += !run_vector(argv[1], entries[i]->d_name, true, ++number);
		free(entries[i]);
	}
	free(entries);
	printf("1..%zu\n# %d vectors, %zu steps differ on purpose, %zu failures\n", number, n,
	       ARRAY_SIZE(differences), n_failed);
	return n_failed ? 1 : 0;
}
