#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A store on a real directory: ROOT/etc/machine.yaml and ROOT/state. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/state.h"
#include "model/store.h"

struct fixture {
	char root[64];
	char etc[96];
	char config[128];
	char state_dir[96];
	struct store *store; /* NULL: closed */
	bool read_only;
	bool is_successor;
	const char *maker; /* NULL: the state is never believed */
	struct profile_options profile;
};

static inline int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->profile.compile = COMPILE_OFF;
	snprintf(fixture->root, sizeof(fixture->root), "/tmp/test-store-XXXXXX");
	if (!mkdtemp(fixture->root))
		return -1;
	snprintf(fixture->etc, sizeof(fixture->etc), "%s/etc", fixture->root);
	snprintf(fixture->config, sizeof(fixture->config), "%s/machine.yaml", fixture->etc);
	snprintf(fixture->state_dir, sizeof(fixture->state_dir), "%s/state", fixture->root);
	*state = fixture;
	return mkdir(fixture->etc, 0755);
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_free(fixture->store);
	nftw(fixture->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static inline void write_bytes(const char *path, const void *bytes, size_t n_bytes)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
	assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

/* Returns owned. */
static inline char *read_text(const char *path)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	if (file_read(AT_FDCWD, path, 1 << 26, &out, NULL))
		fail_msg("%s cannot be read", path);
	return buffer_steal(&out, NULL);
}

static inline void assert_text(const char *path, const char *expected)
{
	_cleanup_(freep) char *text = read_text(path);

	assert_string_equal(text, expected);
}

/* A config with the profiles "NAME ACTION NAME ACTION ...". */
static inline char *config_text(const char *profiles)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	_cleanup_(freep) char *copy = strdup(profiles);
	char *rest = copy, *name;

	buffer_append_string(&out, "# kept\nversion: v1alpha1\nmachine:\n  type: worker\n");
	if (*profiles)
		buffer_append_string(&out, "  seccompProfiles:\n");
	while ((name = strsep(&rest, " ")) && *name)
		buffer_printf(&out, "    - name: %s\n      value: {defaultAction: SCMP_ACT_%s}\n",
		              name, strsep(&rest, " "));
	return buffer_steal(&out, NULL);
}

static inline void write_config(struct fixture *fixture, const char *profiles)
{
	_cleanup_(freep) char *text = config_text(profiles);

	write_text(fixture->config, text);
}

static inline int try_open(struct fixture *fixture, struct store **storep, struct diag *diag)
{
	const struct store_options options = {
		.config_path = fixture->config,
		.state_dir = fixture->state_dir,
		.profile = fixture->profile,
		.read_only = fixture->read_only,
		.is_successor = fixture->is_successor,
		.maker = fixture->maker,
	};

	return store_open(&options, storep, diag);
}

static inline void open_store(struct fixture *fixture)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = try_open(fixture, &fixture->store, &diag);

	if (r)
		fail_msg("store_open: %d, %s", r, diag.n_entries ? diag.entries[0].message : "");
	assert_int_equal(diag.n_errors, 0);
	/* As the worker does it behind its first answer. */
	store_keep_copy(fixture->store, &diag);
}

#define BROKEN "machine:\n  seccompProfiles:\n    - nam: x\n"

/* Opening fails so, with a reason that holds this text and names this file. */
static inline void assert_open_fails(struct fixture *fixture, int expected, const char *source,
                                     const char *reason)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct store *store = NULL;
	const struct diag_entry *error;

	assert_int_equal(try_open(fixture, &store, &diag), expected);
	assert_null(store);
	error = diag_first_error(&diag);
	assert_non_null(error);
	assert_string_equal(error->source, source);
	if (!strstr(error->message, reason))
		fail_msg("%s", error->message);
}

/* Opens although the config cannot be used; the reason is this, and it is the last result too. */
static inline void open_on_last_good(struct fixture *fixture, const char *reason)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
	assert_true(diag.n_errors > 0);
	assert_string_equal(diag.entries[0].source, fixture->config);
	assert_non_null(strstr(diag.entries[0].message, reason));
	assert_non_null(strstr(store_last_result(fixture->store), "result: failed\n"));
	assert_non_null(strstr(store_last_result(fixture->store), "the last good one is served"));
	assert_non_null(strstr(store_last_result(fixture->store), reason));
}

static inline void close_store(struct fixture *fixture)
{
	/* As the worker does it at its end. */
	if (fixture->store)
		store_keep_copy(fixture->store, NULL);
	store_free(fixture->store);
	fixture->store = NULL;
}

static inline void reopen(struct fixture *fixture)
{
	close_store(fixture);
	open_store(fixture);
}

/* The outcome of one patch; *result is for the caller to deinit. */
static inline int patch_with(struct fixture *fixture, const char *text, struct result *result)
{
	return store_patch(fixture->store, text, strlen(text), result);
}

static inline int patch(struct fixture *fixture, const char *text)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	return patch_with(fixture, text, &result);
}

/* A patch that sets one profile. Returns owned. */
static inline char *profile_patch(const char *name, const char *action)
{
	char *text;

	assert_true(asprintf(&text,
	                     "{machine: {seccompProfiles: [{name: %s, "
	                     "value: {defaultAction: SCMP_ACT_%s}}]}}",
	                     name, action) > 0);
	return text;
}

static inline int set_profile(struct fixture *fixture, const char *name, const char *action)
{
	_cleanup_(freep) char *text = profile_patch(name, action);

	return patch(fixture, text);
}

static inline int delete_profile(struct fixture *fixture, const char *name)
{
	_cleanup_(freep) char *text = NULL;

	assert_true(asprintf(&text, "{machine: {seccompProfiles: [{name: %s, $patch: delete}]}}",
	                     name) > 0);
	return patch(fixture, text);
}

/* Borrowed until the profile is dropped; made where nobody has read them. */
static inline const char *bytes_in(const struct snapshot *snapshot, struct profile *profile)
{
	const char *bytes;

	assert_int_equal(snapshot_make_bytes(snapshot, profile, &bytes), 0);
	return profile_bytes(profile);
}

/* Every profile as "NAME@VERSION=ACTION ", in order. Returns owned. */
static inline char *served(struct store *store)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(store);
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		struct profile *profile = snapshot->profiles[i];
		const char *action = strstr(bytes_in(snapshot, profile), "SCMP_ACT_");

		assert_non_null(action);
		action += strlen("SCMP_ACT_");
		buffer_printf(&out, "%s@%llu=%.*s ", profile->name,
		              (unsigned long long)profile->version, (int)strcspn(action, "\""),
		              action);
	}
	return buffer_steal(&out, NULL);
}

static inline void assert_served(struct fixture *fixture, const char *expected)
{
	_cleanup_(freep) char *text = served(fixture->store);

	assert_string_equal(text, expected);
}

/* What a profile of the current snapshot has, borrowed likewise. */
static inline const char *bytes_of(struct fixture *fixture, const char *name)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(fixture->store);
	struct profile *profile = snapshot_find(snapshot, name);

	assert_non_null(profile);
	return bytes_in(snapshot, profile);
}

/* Borrowed from the store's snapshot, which stays until the next transaction. */
static inline const struct profile *find(struct fixture *fixture, const char *name)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(fixture->store);
	const struct profile *profile = snapshot_find(snapshot, name);

	assert_non_null(profile);
	return profile;
}

/* Without what is kept of versions that were replaced, which may be there or not. */
static inline unsigned int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, "replaced") != 0;
	closedir(dir);
	return n - 2;
}

/* Neither directory has anything but the files that belong there: the config; the state and a copy
 * of the config. */
static inline void assert_nothing_left(struct fixture *fixture)
{
	/* As the worker does it behind its answer. */
	if (fixture->store)
		store_keep_copy(fixture->store, NULL);
	assert_int_equal(count_entries(fixture->etc), 1);
	assert_int_equal(count_entries(fixture->state_dir), 2);
}

/* All that a transaction may change. Returns owned. */
static inline char *facts(struct fixture *fixture)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(fixture->store);
	_cleanup_(freep) char *config = read_text(fixture->config);
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	struct stat st;

	assert_int_equal(stat(fixture->config, &st), 0);
	buffer_printf(&out, "%s\n%o %u %u\n%s\n", config, st.st_mode, st.st_uid, st.st_gid,
	              snapshot->config);
	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		struct profile *profile = snapshot->profiles[i];

		buffer_printf(&out, "%s@%llu %llu %ld.%09ld %s\n", profile->name,
		              (unsigned long long)profile->version,
		              (unsigned long long)profile->nodeid, profile->updated.tv_sec,
		              profile->updated.tv_nsec, bytes_in(snapshot, profile));
	}
	return buffer_steal(&out, NULL);
}

#define assert_facts(fixture, before)                         \
	do {                                                  \
		_cleanup_(freep) char *now_ = facts(fixture); \
		assert_string_equal(now_, before);            \
	} while (0)
