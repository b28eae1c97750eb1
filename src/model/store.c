/* SPDX-License-Identifier: Apache-2.0 */

#include "model/store.h"

#include <errno.h>
#include <string.h>

#include "model/patch.h"
#include "replaced.h"
#include "store_internal.h"

/* Bytes of a patch whose tree is kept until its last byte has come. */
#define READ_MAX ((size_t)16 << 10)

void store_free(struct store *store)
{
	if (!store)
		return;
	store_tidy(store);
	store_free_leavings(store);
	stream_free(store->read);
	closep(&store->state_fd);
	state_free(store->state);
	stream_free(store->lint_stream);
	snapshot_unref(store->snapshot);
	pthread_mutex_destroy(&store->lock);
	free(store->config_path);
	free(store->state_dir);
	free(store->maker);
	free(store->start_news);
	free(store);
}

void store_subscribe(struct store *store, store_changed_fn changed, void *userdata)
{
	store->changed = changed;
	store->userdata = userdata;
}

struct snapshot *store_snapshot(struct store *store)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&store->lock);
	snapshot = snapshot_ref(store->snapshot);
	pthread_mutex_unlock(&store->lock);
	return snapshot;
}

const char *store_last_result(const struct store *store)
{
	return store->state->last_result ? store->state->last_result : "";
}

bool store_serves_config(const struct store *store)
{
	return !store->is_behind;
}

const uint8_t *store_config_digest(const struct store *store)
{
	return store->state->config_digest;
}

bool store_trusted_state(const struct store *store)
{
	return store->trusted_state;
}

const char *store_start_news(const struct store *store)
{
	return store->start_news;
}

void store_each_name(const struct store *store, store_name_fn each, void *userdata)
{
	for (size_t i = 0; i < store->state->n_records; i++)
		each(userdata, store->state->records[i].name);
}

int store_each_replaced(const struct store *store, store_replaced_fn each, void *userdata)
{
	return replaced_load(store->state_fd, each, userdata);
}

char *store_result_text(const struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	result_write(result, &text);
	return buffer_steal(&text, NULL);
}

void store_set_last_result(struct state *state, char *text)
{
	free(state->last_result);
	state->last_result = text;
}

void store_remember(struct store *store, const struct result *result, bool is_refused)
{
	char *text = store_result_text(result);
	bool is_known = is_refused == store->state->config_refused;

	if (!text || (is_known && !strcmp(text, store_last_result(store)))) {
		free(text);
		return;
	}
	store_set_last_result(store->state, text);
	store->state->config_refused = is_refused;
	if (store_persist_state(store, store->state))
		return;
}

void store_record_failure(struct store *store, const struct result *result)
{
	store_remember(store, result, store->state->config_refused);
}

static void forget_resources(struct result *result)
{
	for (size_t i = 0; i < result->n_resources; i++)
		free(result->resources[i].id);
	free(steal_ptr(result->resources));
	result->n_resources = 0;
}

int store_fail_memory(struct result *result)
{
	result_fail(result, ENOMEM, "out of memory; nothing was changed");
	return -ENOMEM;
}

/* "1 error", "2 errors": how many reasons the result lists. */
static void fail_invalid(struct result *result, const char *subject)
{
	size_t n = result->diag.n_errors;

	result_fail(result, EINVAL, "%s: %zu error%s; nothing was changed", subject, n,
	            n == 1 ? "" : "s");
}

/* Shows the new snapshot to all, and keeps the state that belongs to it. */
static void publish(struct store *store, struct staged *staged)
{
	struct snapshot *before = store->snapshot;

	state_free(store->state);
	store->state = steal_ptr(staged->state);
	store->refused = (struct refusal){ 0 };
	store->is_behind = false;
	store->is_lax = false;
	pthread_mutex_lock(&store->lock);
	store->snapshot = steal_ptr(staged->snapshot);
	pthread_mutex_unlock(&store->lock);
	if (store->changed)
		store->changed(store->userdata, before, store->snapshot);
	store_lint_again(store);
	store_owe_copy(store);
	snapshot_unref(before);
}

static int describe(struct result *result, const char *what, const struct staged *staged)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;

	buffer_append_string(&message, what);
	staged_describe(staged, &message);
	free(result->message);
	result->message = buffer_steal(&message, NULL);
	result->kind = RESULT_APPLIED;
	return result->message ? 0 : -ENOMEM;
}

int store_commit(struct store *store, const struct machine_config *config, struct config_file *file,
                 bool replace, const char *what, struct result *result)
{
	_cleanup_(staged_deinit) struct staged staged = STAGED_INIT;
	const struct source *source = config->stream->source;
	const char *text = replace ? source->text : file->text.data;
	size_t n_text = replace ? source->n_text : file->text.n_data;
	char *last_result = NULL;
	int r;

	r = store_stage(store->state, store->snapshot, config, text, n_text, &staged, result);
	if (!r)
		r = trust_give(staged.state, store->maker, config);
	if (!r)
		r = describe(result, what, &staged);
	if (!r)
		last_result = store_result_text(result);
	if (!last_result)
		return store_fail_memory(result);
	store_set_last_result(staged.state, last_result);
	r = store_persist(store, &staged, file, replace, text, n_text, result);
	if (!r)
		publish(store, &staged);
	return r;
}

int store_fail_open(const struct store *store, int r, struct result *result)
{
	int error = r == -EFBIG || r == -ENOMEM ? -r : EIO;

	result_fail(result, error, "machine config %s cannot be read: %s", store->config_path,
	            r == -EFBIG ? "larger than 64 MiB" : strerror(-r));
	return -error;
}

const struct snapshot *store_checked(const struct store *store)
{
	return store->is_lax ? NULL : store->snapshot;
}

int store_parse_config(const struct store *store, const struct config_file *file, bool to_edit,
                       struct machine_config **configp, struct result *result)
{
	const char *path = store->config_path;
	const struct buffer *text = &file->text;
	const struct machine_config_before before = {
		.served = store->snapshot,
		.is_checked = store_checked(store),
		.lints = true,
	};
	int r;

	if (to_edit)
		r = machine_config_parse_after(&before, path, text->data, text->n_data,
		                               &store->profile, configp, &result->diag);
	else
		r = machine_config_parse_profiles(path, text->data, text->n_data, true,
		                                  &store->profile, store->snapshot, configp,
		                                  &result->diag);

	if (r == -ENOMEM)
		return store_fail_memory(result);
	if (r) {
		fail_invalid(result, "machine config on disk is invalid");
		return -EINVAL;
	}
	return 0;
}

bool store_is_served(const struct store *store, const struct config_file *file)
{
	const struct snapshot *snapshot = store_checked(store);

	return snapshot && snapshot->n_config == file->text.n_data &&
	       !memcmp(snapshot->config, file->text.data, file->text.n_data);
}

int store_skip(struct result *result)
{
	result->kind = RESULT_SKIPPED;
	result->message = strdup("skipped: no changes detected");
	return result->message ? 0 : store_fail_memory(result);
}

/* What patch_apply() said, as the writer gets it. */
static int fail_patch(struct result *result, int r)
{
	if (r == -ENOMEM)
		return store_fail_memory(result);
	if (r == -EFBIG) {
		result_fail(result, EFBIG, "the patch makes the machine config too large");
		return r;
	}
	if (r < 0) {
		result_fail(result, EIO, "the patch cannot be applied: %s", strerror(-r));
		return -EIO;
	}
	fail_invalid(result, "patch refused");
	return -EINVAL;
}

/* The config that a patch is applied to. is_news: somebody has edited it. Else what is odd in it was said
 * when it was taken in. */
static int parse_base(const struct store *store, const struct config_file *file, bool is_news,
                      struct machine_config **basep, struct result *result)
{
	struct diag said = result->diag;
	int r;

	result->diag = DIAG_INIT;
	r = store_parse_config(store, file, true, basep, result);
	if (!r && is_news)
		diag_append(&said, &result->diag);
	diag_deinit(r ? &said : &result->diag);
	if (!r)
		result->diag = said;
	return r;
}

/* One attempt. COMMIT_E_CHANGED: the file was edited meanwhile, try again. */
static int try_patch(struct store *store, const void *bytes, size_t n_bytes, struct result *result)
{
	_cleanup_(config_file_deinit) struct config_file file = CONFIG_FILE_INIT;
	_cleanup_(machine_config_freep) struct machine_config *base = NULL, *patched = NULL;
	_cleanup_(patch_freep) struct patch *patch = NULL;
	int r = config_file_open(store->config_path, &file);
	bool is_served;

	if (r)
		return store_fail_open(store, r, result);
	is_served = store_is_served(store, &file);
	if (!is_served)
		r = parse_base(store, &file, true, &base, result);
	if (r)
		return r;
	r = patch_read(bytes, n_bytes, &store->read, &store->profile, &patch, &result->diag);
	if (!r && is_served)
		r = patch_fold(patch, store->snapshot, store->config_path, &patched, &result->diag);
	else if (!r)
		r = PATCH_E_FULL;
	if (r == PATCH_E_FULL && is_served && parse_base(store, &file, false, &base, result))
		return -result->error;
	if (r == PATCH_E_FULL)
		r = patch_apply(patch, base, store_checked(store), &patched, &result->diag);
	if (r == PATCH_E_UNCHANGED && is_served)
		return store_skip(result);
	if (r == PATCH_E_UNCHANGED)
		return store_commit(store, base, &file, false, TOOK_IN_AN_EDIT, result);
	if (r)
		return fail_patch(result, r);
	if (patched->stream->source->n_text > MACHINE_CONFIG_SIZE_MAX)
		return fail_patch(result, -EFBIG);
	return store_commit(store, patched, &file, true, "patched machine config: ", result);
}

int store_finish(const struct store *store, int r, struct result *result)
{
	if (r == COMMIT_E_CHANGED) {
		r = -EIO;
		result_fail(result, EIO,
		            "machine config %s is being edited all the time; nothing was changed",
		            store->config_path);
	}
	if (r)
		forget_resources(result);
	return r;
}

/* Of a patch, what did not become a commit is remembered as well. */
static int finish_patch(struct store *store, int r, struct result *result)
{
	r = store_finish(store, r, result);
	if (r || result->kind == RESULT_SKIPPED)
		store_remember(store, result, store->state->config_refused);
	return r;
}

bool store_is_to_be_tried(struct store *store, int r)
{
	return r == COMMIT_E_CHANGED || store_make_room(store, r);
}

static void forget_read(struct store *store)
{
	stream_free(steal_ptr(store->read));
}

bool store_is_hopeless(struct store *store, const void *bytes, size_t n_bytes, struct diag *diag)
{
	bool is_hopeless;

	forget_read(store);
	is_hopeless = patch_is_hopeless(bytes, n_bytes, &store->read, diag);
	/* A large one takes many times its size. */
	if (n_bytes > READ_MAX)
		forget_read(store);
	return is_hopeless;
}

int store_patch(struct store *store, const void *bytes, size_t n_bytes, struct result *result)
{
	int r = COMMIT_E_CHANGED;

	store_tidy_before(store);
	*result = RESULT_INIT;
	if (store->read_only) {
		result_fail(result, EROFS, "mounted read-only: patches are refused");
		return finish_patch(store, -EROFS, result);
	}
	if (n_bytes > MACHINE_CONFIG_SIZE_MAX) {
		result_fail(result, EFBIG, "the patch is larger than a machine config may be");
		return finish_patch(store, -EFBIG, result);
	}
	for (unsigned int i = 0; i < ATTEMPTS_MAX && store_is_to_be_tried(store, r); i++) {
		result_deinit(result);
		r = try_patch(store, bytes, n_bytes, result);
	}
	forget_read(store);
	store->leavings.has_trees = store->snapshot->n_config >= TREES_MIN;
	return finish_patch(store, r, result);
}
