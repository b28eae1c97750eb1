/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a process before this one has served, where this one begins with something else: the copy of the
 * config for one that cannot be used, and the versions that go, which somebody may have open.
 */

#include <errno.h>
#include <string.h>

#include "last_good.h"
#include "replaced.h"
#include "store_internal.h"

/* The text that was served last. 0 or -errno. */
static int read_last_good(const struct store *store, struct buffer *text)
{
	if (!store->state->has_config_digest)
		return -ENOENT;
	return last_good_read(store->state_fd, store->state->config_digest, text);
}

/* Or, where a crash has kept that from being written, the one that was served before it. */
static int read_best(const struct store *store, struct buffer *text)
{
	int r = read_last_good(store, text);

	if (!r || !store->state->has_config_digest)
		return r;
	buffer_deinit(text);
	return last_good_read_latest(store->state_fd, text) ? r : 0;
}

/* 0, -errno, or MACHINE_CONFIG_E_INVALID. */
static int stage_text(const struct store *store, const struct buffer *text,
                      const struct profile_options *options, struct staged *staged,
                      struct result *result)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	int r;

	r = machine_config_parse_profiles(store->config_path, text->data, text->n_data, false,
	                                  options, NULL, &config, NULL);
	if (!r)
		r = store_stage(store->state, NULL, config, text->data, text->n_data, staged,
		                result);
	return r;
}

/* The options of the store without today's rules. */
static struct profile_options without_rules(const struct store *store)
{
	struct profile_options options = store->profile;

	options.validate = VALIDATE_OFF;
	return options;
}

/* Profiles of versions that were served. */
struct served {
	const struct store *store;
	struct profile **profiles;
	struct span *spans;
	size_t n_profiles;
	size_t n_allocated;
};

#define SERVED_INIT(for_store) ((struct served){ .store = (for_store) })

static void served_deinit(struct served *served)
{
	for (size_t i = 0; i < served->n_profiles; i++)
		profile_unref(served->profiles[i]);
	free(served->profiles);
	free(served->spans);
}

static int grow(struct served *served)
{
	size_t n = served->n_allocated ? served->n_allocated * 2 : 16;
	struct profile **profiles = reallocarray(served->profiles, n, sizeof(struct profile *));
	struct span *spans;

	if (!profiles)
		return -ENOMEM;
	served->profiles = profiles;
	spans = reallocarray(served->spans, n, sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	served->spans = spans;
	served->n_allocated = n;
	return 0;
}

static int add(struct served *served, struct profile *profile, const struct span *span)
{
	int r = served->n_profiles < served->n_allocated ? 0 : grow(served);

	if (r)
		return r;
	served->spans[served->n_profiles] = *span;
	served->profiles[served->n_profiles++] = profile_ref(profile);
	return 0;
}

/* Takes the profiles, whose spans are in the text of that snapshot, which may be NULL. NULL without
 * memory. */
static struct snapshot *make_snapshot(struct served *served, const struct snapshot *text)
{
	struct snapshot *snapshot = snapshot_new(served->profiles, served->spans,
	                                         served->n_profiles, text ? text->config : "",
	                                         text ? text->n_config : 0);

	if (!snapshot)
		return NULL;
	*served = SERVED_INIT(served->store);
	if (text)
		snapshot_set_options(snapshot, &text->options, text->deny);
	return snapshot;
}

/* Of an end that was long ago some versions are not the last ones any more. */
static int add_if_last(void *userdata, struct profile *profile)
{
	const struct span none = { 0 };
	struct served *served = userdata;
	const struct state_record *record = state_find(served->store->state, profile->name);

	if (!record || !record->present || record->nodeid != profile->nodeid)
		return 0;
	return add(served, profile, &none);
}

/* It was told to end, and has left the bytes. *endp is owned by the caller, and may be NULL. */
static int keep_end(const struct store *store, const struct snapshot *next, struct snapshot **endp)
{
	_cleanup_(served_deinit) struct served served = SERVED_INIT(store);
	int r = replaced_load_end(store->state_fd, add_if_last, &served);

	if (r || !served.n_profiles)
		return r;
	*endp = make_snapshot(&served, NULL);
	return *endp ? replaced_append(store->state_fd, *endp, next) : -ENOMEM;
}

/*
 * It was killed: bytes are made of the text. A version that is another one than the state knows was never
 * served: this program makes something else of the text, or does so with today's facts, or it is an older
 * text. Those have nodeids that nobody was given.
 */
static int keep_text(struct store *store, const struct snapshot *next, const struct snapshot *end)
{
	_cleanup_(served_deinit) struct served served = SERVED_INIT(store);
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(staged_deinit) struct staged last = STAGED_INIT;
	_cleanup_(snapshot_unrefp) struct snapshot *before = NULL;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const struct profile_options options = without_rules(store);
	int r = read_best(store, &text);

	r = r ? r : stage_text(store, &text, &options, &last, &result);
	for (size_t i = 0; !r && i < last.snapshot->n_profiles; i++) {
		struct profile *profile = last.snapshot->profiles[i];

		if (profile->nodeid < store->state->next_nodeid &&
		    (!end || !snapshot_find(end, profile->name)))
			r = add(&served, profile, &last.snapshot->spans[i]);
	}
	if (r || !served.n_profiles)
		return r;
	before = make_snapshot(&served, last.snapshot);
	return before ? replaced_append(store->state_fd, before, next) : -ENOMEM;
}

static bool is_other_config(const struct store *store, const struct staged *next)
{
	const struct state *state = store->state;

	return state->has_config_digest &&
	       memcmp(state->config_digest, next->state->config_digest, DIGEST_SIZE) != 0;
}

void store_keep_served(struct store *store, const struct staged *next)
{
	_cleanup_(snapshot_unrefp) struct snapshot *end = NULL;

	if (store->dry_run || !store->is_successor || keep_end(store, next->snapshot, &end) ||
	    !is_other_config(store, next))
		return;
	if (keep_text(store, next->snapshot, end))
		return;
}

int store_write_end(struct store *store)
{
	return replaced_write_end(store->state_fd, store->snapshot);
}

/* Its rules were kept when it was taken in: that they are stricter today, or that a mount option says
 * so, must not leave a node without profiles. */
static int stage_best(struct store *store, struct staged *staged, struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const struct profile_options lax = without_rules(store);
	int r = read_best(store, &text);

	if (r)
		return r;
	r = stage_text(store, &text, &store->profile, staged, result);
	store->is_lax = r > 0;
	return r > 0 ? stage_text(store, &text, &lax, staged, result) : r;
}

/* If what was staged is not what was served last. */
static void tell_age(const struct store *store, const struct staged *staged, struct diag *diag)
{
	const struct place place = { .source = store->state_dir };

	if (is_other_config(store, staged))
		diag_warning(diag, &place, NULL,
		             "there is no copy of the machine config that was served last: it is "
		             "one from before");
}

int store_serve_last_good(struct store *store, const struct config_file *file, int error,
                          struct result *result, struct diag *diag)
{
	_cleanup_(staged_deinit) struct staged staged = STAGED_INIT;
	int r = stage_best(store, &staged, result);

	if (r)
		return r;
	tell_age(store, &staged, &result->diag);
	tell_age(store, &staged, diag);
	/* What it has otherwise; and other bytes of the same text, as a newer program may render
	 * them, are versions. */
	if (staged_moves(&staged)) {
		store_keep_served(store, &staged);
		r = store_note_start(store,
		                     "read the last good machine config at the start: ", &staged);
		r = r ? r : store_persist_state(store, staged.state);
	}
	if (r)
		return r;
	store_take_staged(store, &staged);
	store->refused = refusal_of(file, error);
	store->is_behind = true;
	result_fail(result, error ? EIO : EINVAL,
	            "machine config at the start cannot be used: %zu error%s; "
	            "the last good one is served",
	            result->diag.n_errors, result->diag.n_errors == 1 ? "" : "s");
	store_remember(store, result, true);
	return 0;
}
