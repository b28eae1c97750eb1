/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The patch vectors: NAME/config.yaml, patch.yaml (then patch2.yaml, ... in turn), and
 * expected.json with what Talos makes of them. What counts is the files that result, or that it is
 * refused. Where we differ on purpose, `differences` says so, with the number of the difference
 * (docs/talos.md); a vector that is listed there and behaves as Talos does is a failure.
 *
 * usage: patch DIRECTORY; TAP on the standard output. Vectors with text of other projects are not
 * part of this one: they are taken from $SECCOMPFS_VECTORS/patch when that is set.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "document/json_patch.h"
#include "document/yaml_reader.h"
#include "model/machine_config.h"
#include "model/patch.h"

#include "both_ways.h"
#include "patch_differences.h"
#include "vectors.h"

#define PATCHES_MAX 100

/* Patches of the vectors that are applied folded, at least. The others are refused, are JSON patches,
 * or have aliases or tags. */
#define FOLDED_MIN 80

/* The configs of the vectors are short, and the first profiles are never folded. */
static const char fillers[] = "machine: {seccompProfiles: [{name: fold-1, value: {x: 1}}, "
			      "{name: fold-2, value: {x: [1]}}, {name: fold-3, value: {x: 1}}, "
			      "{name: fold-4, value: {x: {y: 1}}}]}";

enum outcome {
	OUTCOME_FILES,
	OUTCOME_REFUSED,
	OUTCOME_BROKEN, /* a fault: neither */
};

struct run {
	int dir_fd;
	const char *name;
	struct machine_config *config;
	struct buffer last_patch;
	size_t n_patches;
	bool applied; /* the last patch changed something */
	size_t n_folded;
	struct diag diag;
	struct buffer reason; /* why the vector fails */
};

static void run_deinit(struct run *run)
{
	machine_config_free(run->config);
	buffer_deinit(&run->last_patch);
	buffer_deinit(&run->reason);
	diag_deinit(&run->diag);
	closep(&run->dir_fd);
}

static bool fail(struct run *run, const char *format, ...) _printf_(2, 3);

static bool fail(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buffer_vprintf(&run->reason, format, args);
	va_end(args);
	return false;
}

static enum outcome load_config(struct run *run)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	int r = file_read(run->dir_fd, "config.yaml", VECTOR_FILE_MAX, &text, NULL);

	if (r < 0) {
		fail(run, "config.yaml: %s", strerror(-r));
		return OUTCOME_BROKEN;
	}
	r = machine_config_parse("config", text.data ? text.data : "", text.n_data, &options_off,
	                         &run->config, &run->diag);
	if (r < 0)
		fail(run, "config.yaml: %s", strerror(-r));
	return r < 0 ? OUTCOME_BROKEN : r ? OUTCOME_REFUSED : OUTCOME_FILES;
}

/* With more profiles in the config both ways must do the same. */
static void apply_folded(struct run *run, const struct buffer *patch)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	struct snapshot *before;
	int r;

	if (patch_apply_bytes(run->config, fillers, strlen(fillers), &options_off, &config, NULL))
		return;
	before = both_ways_snapshot(config->stream->source->text, config->stream->source->n_text,
	                            &options_off);
	r = both_ways_apply(before, patch->data ? patch->data : "", patch->n_data, &options_off);
	run->n_folded += r != PATCH_E_FULL;
	snapshot_unref(before);
}

static enum outcome apply(struct run *run, const struct buffer *patch)
{
	struct machine_config *config = NULL;
	int r;

	apply_folded(run, patch);
	r = patch_apply_bytes(run->config, patch->data ? patch->data : "", patch->n_data,
	                      &options_off, &config, &run->diag);

	run->applied = r == 0;
	if (r == 0) {
		machine_config_free(run->config);
		run->config = config;
	}
	if (r == 0 || r == PATCH_E_UNCHANGED)
		return OUTCOME_FILES;
	if (r == PATCH_E_INVALID && run->diag.n_errors > 0)
		return OUTCOME_REFUSED;
	fail(run, "patch_apply() gives %d with %zu errors", r, run->diag.n_errors);
	return OUTCOME_BROKEN;
}

static enum outcome run_patches(struct run *run)
{
	enum outcome outcome = load_config(run);

	for (size_t i = 1; outcome == OUTCOME_FILES && i < PATCHES_MAX; i++) {
		char name[32] = "patch.yaml";
		int r;

		if (i > 1)
			snprintf(name, sizeof(name), "patch%zu.yaml", i);
		buffer_clear(&run->last_patch);
		r = file_read(run->dir_fd, name, VECTOR_FILE_MAX, &run->last_patch, NULL);
		if (r == -ENOENT && i > 1)
			break;
		if (r < 0) {
			fail(run, "%s: %s", name, strerror(-r));
			return OUTCOME_BROKEN;
		}
		run->n_patches = i;
		outcome = apply(run, &run->last_patch);
	}
	return outcome;
}

static const json_t *find_file(const json_t *files, const char *name)
{
	const json_t *file;
	size_t i;

	json_array_foreach(files, i, file)
	{
		if (strcmp(json_string_value(json_object_get(file, "name")), name) == 0)
			return file;
	}
	return NULL;
}

/* files: an array of {name, content}, or null for none. */
static bool compare_files(struct run *run, const json_t *files)
{
	if (run->config->n_profiles != json_array_size(files))
		return fail(run, "%zu files, expected are %zu", run->config->n_profiles,
		            json_array_size(files));
	for (size_t i = 0; i < run->config->n_profiles; i++) {
		const struct config_profile *profile = &run->config->profiles[i];
		const json_t *file = find_file(files, profile->name);
		const json_t *content = file ? json_object_get(file, "content") : NULL;

		if (!file)
			return fail(run, "file %s is not expected", profile->name);
		if (json_string_length(content) != profile->n_bytes ||
		    memcmp(json_string_value(content), profile->bytes, profile->n_bytes) != 0)
			return fail(run, "file %s: found %s, expected is %s", profile->name,
			            profile->bytes, json_string_value(content));
	}
	return true;
}

static bool is_strategic(const struct run *run)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;

	return yaml_read_bytes("patch", run->last_patch.data, run->last_patch.n_data, &stream, NULL,
	                       NULL) == 0 &&
	       stream->n_documents > 0 && !json_patch_is_patch(stream->documents[0].root);
}

/* D1: a strategic merge patch applied again changes nothing, but for lists that grow. */
static bool check_again(struct run *run)
{
	const char *grows = patch_grows(run->name);

	if (run->n_patches != 1 || !is_strategic(run))
		return true;
	if (apply(run, &run->last_patch) != OUTCOME_FILES)
		return fail(run, "applied again it is refused");
	if (run->applied && !grows)
		return fail(run, "applied again it changes something");
	if (!run->applied && grows)
		return fail(run, "applied again it changes nothing, although %s", grows);
	return true;
}

static bool check_difference(struct run *run, enum outcome outcome, const json_t *expected,
                             const struct patch_difference *difference)
{
	json_error_t error;
	json_t *files;
	bool ok;

	if (!difference->files) {
		if (outcome != OUTCOME_REFUSED)
			return fail(run, "%s: it must be refused", difference->number);
		if (!json_is_true(json_object_get(expected, "ok")))
			return fail(run, "%s: Talos refuses it as well", difference->number);
		return true;
	}
	if (outcome != OUTCOME_FILES)
		return fail(run, "%s: it must not be refused", difference->number);
	files = json_loads(difference->files, 0, &error);
	if (!files)
		return fail(run, "the table is no JSON: %s", error.text);
	ok = compare_files(run, files);
	if (ok && json_is_true(json_object_get(expected, "ok")) &&
	    json_equal(files, json_object_get(expected, "files")))
		ok = fail(run, "%s: Talos has the same files", difference->number);
	json_decref(files);
	return ok && check_again(run);
}

static bool check_outcome(struct run *run, enum outcome outcome, const json_t *expected)
{
	const struct patch_difference *difference = patch_find_difference(run->name);
	bool ok = json_is_true(json_object_get(expected, "ok"));

	if (outcome == OUTCOME_BROKEN)
		return false;
	if (difference)
		return check_difference(run, outcome, expected, difference);
	if (ok != (outcome == OUTCOME_FILES))
		return fail(run, "Talos %s it", ok ? "accepts" : "refuses");
	if (!ok)
		return true;
	return compare_files(run, json_object_get(expected, "files")) && check_again(run);
}

static json_t *load_expected(struct run *run)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	json_error_t error = { 0 };
	json_t *expected = NULL;
	int r = file_read(run->dir_fd, "expected.json", VECTOR_FILE_MAX, &text, NULL);

	if (r == 0)
		expected = json_loadb(text.data, text.n_data, JSON_ALLOW_NUL, &error);
	if (!expected)
		fail(run, "expected.json: %s", r < 0 ? strerror(-r) : error.text);
	return expected;
}

static size_t n_folded; /* over all vectors */

static bool run_vector(int dir_fd, const char *name, size_t number)
{
	_cleanup_(run_deinit) struct run run = {
		.dir_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.name = name,
	};
	json_t *expected = NULL;
	bool ok = false;

	if (run.dir_fd >= 0)
		expected = load_expected(&run);
	if (expected)
		ok = check_outcome(&run, run_patches(&run), expected);
	json_decref(expected);
	n_folded += run.n_folded;
	printf("%s %zu - %s\n", ok ? "ok" : "not ok", number, name);
	if (!ok) {
		printf("# %s\n", run.reason.data ? run.reason.data : strerror(errno));
		diag_print(&run.diag, stdout, "#   ");
	}
	return ok;
}

static bool differs(const char *name)
{
	return patch_find_difference(name) != NULL;
}

/* A difference whose vector is gone says nothing any more. */
static void check_table(bool has_third_party, struct vector_totals *totals)
{
	const struct patch_difference *difference;
	size_t n = 0;

	for (size_t i = 0; (difference = patch_get_difference(i)); i++)
		n += has_third_party || !vector_is_third_party(difference->name);
	if (n != totals->n_differ)
		vectors_report(totals, "the table of differences",
		               "it lists vectors that do not exist");
}

int main(int argc, char *argv[])
{
	struct vector_totals totals = { 0 };
	bool has_third_party;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	vectors_run_directory(argv[1], false, run_vector, differs, &totals);
	has_third_party = vectors_run_third_party("patch", run_vector, differs, &totals);
	check_table(has_third_party, &totals);
	printf("# %zu patches were applied folded\n", n_folded);
	if (n_folded < FOLDED_MIN)
		vectors_report(&totals, "the patches that are applied folded", "they are too few");
	return vectors_finish(&totals);
}
