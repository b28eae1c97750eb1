/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The config file as others leave it. Whoever watches it asks often, also about our own commits:
 * what is served already, and what was refused already, is no news, is not written down, and does
 * not take the place of a result that somebody may still want to read.
 */

#include <errno.h>
#include <string.h>

#include "store_internal.h"

struct refusal refusal_of(const struct config_file *file, int r)
{
	struct refusal refusal = { .is_set = true, .error = r };

	digest_compute(file->text.data, file->text.n_data, refusal.digest);
	return refusal;
}

static bool is_same_refusal(const struct refusal *a, const struct refusal *b)
{
	return a->is_set && b->is_set && a->error == b->error &&
	       !memcmp(a->digest, b->digest, DIGEST_SIZE);
}

/* Whether the file is to blame, and not a want of memory, descriptors or a sound disk, which may be
 * over the next time. */
static bool is_lasting(int error)
{
	return error != -ENOMEM && error != -EMFILE && error != -ENFILE && error != -EIO;
}

/* The file is what is served, after it was something that could not be used. */
static int recover(struct store *store, struct result *result)
{
	result->message = strdup("the machine config can be used again: no profile changed");
	if (!result->message)
		return store_fail_memory(result);
	result->kind = RESULT_APPLIED;
	store->refused = (struct refusal){ 0 };
	store_remember(store, result, false);
	return 0;
}

static int take_in(struct store *store, struct config_file *file, struct result *result)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	int r = store_parse_config(store, file, false, &config, result);

	store->leavings.has_trees = file->text.n_data >= TREES_MIN;
	return r ? r : store_commit(store, config, file, false, TOOK_IN_AN_EDIT, result);
}

/* One attempt. COMMIT_E_CHANGED: the file was edited meanwhile, try again. */
static int try_reload(struct store *store, struct result *result)
{
	_cleanup_(config_file_deinit) struct config_file file = CONFIG_FILE_INIT;
	int error = config_file_open(store->config_path, &file);
	struct refusal found;
	int r;

	if (!error && store_is_served(store, &file))
		return store->refused.is_set ? recover(store, result) : store_skip(result);
	found = refusal_of(&file, error);
	if (is_same_refusal(&store->refused, &found))
		return store_skip(result);
	r = error ? store_fail_open(store, error, result) : take_in(store, &file, result);
	if (r == -EINVAL || (error && is_lasting(error)))
		store->refused = found;
	else if (r < 0 && !error)
		store->refused = (struct refusal){ .is_set = true, .error = r };
	return r;
}

int store_reload(struct store *store, struct result *result)
{
	int r = COMMIT_E_CHANGED;

	store_tidy_before(store);
	*result = RESULT_INIT;
	for (unsigned int i = 0; i < ATTEMPTS_MAX && store_is_to_be_tried(store, r); i++) {
		result_deinit(result);
		r = try_reload(store, result);
	}
	r = store_finish(store, r, result);
	store->is_behind = r || store->refused.is_set;
	if (r)
		store_remember(store, result, store->refused.is_set);
	store_tidy(store);
	return r;
}
