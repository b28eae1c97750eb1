/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/control_plane.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "config.h"
#include "control.h"
#include "ledger.h"
#include "metrics.h"
#include "split_write.h"

/* FUSE_CAP_ATOMIC_O_TRUNC: `>` is one request, not two. No cache, no readahead, no parallel
 * writes: each write(2) and read(2) is a request of its own. */
#define CAPABILITIES FUSE_CAP_ATOMIC_O_TRUNC

static void source_ready(void *userdata)
{
	struct control_plane *plane = userdata;

	enum control_reload reload = plane->source.ready(plane->source.userdata);

	if (reload == CONTROL_NO_NEWS)
		return;
	clock_gettime(CLOCK_REALTIME, &plane->transacted);
	ledger_count(session_ledger(plane->session),
	             reload == CONTROL_RELOADED ? LEDGER_RELOADS : LEDGER_RELOAD_ERRORS);
	control_reloaded(plane);
	control_plane_update(plane);
}

void control_plane_transacted(void *userdata, enum result_kind kind)
{
	struct control_plane *plane = userdata;

	clock_gettime(CLOCK_REALTIME, &plane->transacted);
	ledger_count(session_ledger(plane->session), (enum ledger_counter)(LEDGER_APPLIED + kind));
}

struct control_text *control_plane_metrics(struct control_plane *plane)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const struct ledger *ledger = session_ledger(plane->session);
	struct metrics metrics = {
		.version = SECCOMPFS_VERSION,
		.started = plane->started,
		.n_restarts = plane->n_restarts,
		.last_cause = plane->last_cause,
		.n_applied = ledger_get(ledger, LEDGER_APPLIED),
		.n_skipped = ledger_get(ledger, LEDGER_SKIPPED),
		.n_failed = ledger_get(ledger, LEDGER_FAILED),
		.n_reloads = ledger_get(ledger, LEDGER_RELOADS),
		.n_reload_errors = ledger_get(ledger, LEDGER_RELOAD_ERRORS),
		.serves_config = store_serves_config(plane->store),
		.trusted_state = store_trusted_state(plane->store),
		.n_misses = plane->data ? data_plane_n_misses(plane->data) : 0,
	};

	store_count(plane->store, &metrics.counts);
	control_plane_update(plane);
	metrics.n_profiles = plane->texts.snapshot->n_profiles;
	metrics_write(&metrics, &text);
	return control_text_take(&text);
}

int control_plane_new(const struct control_plane_options *options, struct control_plane **planep)
{
	_cleanup_(control_plane_freep) struct control_plane *plane = calloc(1, sizeof(*plane));
	struct session_options session = {
		.name = "control plane",
		.fd = options->fd,
		.flight_fd = options->flight_fd,
		.notifier_fd = -1,
		.ops = &control_ops,
		.userdata = plane,
		.max_write = SPLIT_WRITE_MAX,
		.capabilities = CAPABILITIES,
		.refusal = EPERM,
		.rest = control_rest,
	};
	int r;

	if (!plane)
		return -ENOMEM;
	plane->store = options->store;
	plane->max_patch = options->max_patch;
	plane->notifier_fd = options->notifier_fd;
	plane->source = options->source;
	plane->idle = options->idle;
	if (plane->source.ready)
		session.source = (struct session_source){ plane->source.fd, source_ready, plane };
	plane->data = options->data;
	plane->n_restarts = options->n_restarts;
	plane->node = strdup(options->node);
	plane->last_cause = strdup(options->last_cause ? options->last_cause : "");
	if (!plane->node || !plane->last_cause)
		return -ENOMEM;
	clock_gettime(CLOCK_REALTIME, &plane->started);
	plane->transacted = plane->started;
	plane->changed = plane->started;
	plane->texts.node = plane->node;
	control_texts_update(&plane->texts, store_snapshot(plane->store));

	r = session_new(&session, &plane->session);
	if (r)
		return r;
	store_set_room(plane->store, control_make_room, plane);
	*planep = steal_ptr(plane);
	return 0;
}

static void handle_free(struct handle *handle)
{
	control_file_free(handle->file);
	control_text_free(handle->text);
	free(handle);
}

void control_plane_free(struct control_plane *plane)
{
	if (!plane)
		return;
	while (plane->handles) {
		struct handle *handle = plane->handles;

		plane->handles = handle->next;
		handle_free(handle);
	}
	store_set_room(plane->store, NULL, NULL);
	session_free(plane->session);
	control_texts_deinit(&plane->texts);
	free(plane->node);
	free(plane->last_cause);
	free(plane);
}

int control_plane_run(struct control_plane *plane, int stop_fd, bool *unmountedp)
{
	if (!store_serves_config(plane->store))
		ledger_count(session_ledger(plane->session), LEDGER_RELOAD_ERRORS);
	control_take_over(plane);
	return session_run(plane->session, stop_fd, unmountedp);
}

int control_plane_add_handle(struct control_plane *plane, struct handle *handle, bool is_writable)
{
	struct handle *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	/* No worker of the mount gives one out that another one has. */
	handle->id = ++session_ledger(plane->session)->n_handles * HANDLE_STEP;
	handle->id += is_writable ? HANDLE_WRITABLE : 0;
	*copy = *handle;
	copy->next = plane->handles;
	plane->handles = copy;
	return 0;
}

struct handle *control_plane_find_handle(struct control_plane *plane, uint64_t id)
{
	struct handle **slot = &plane->handles;
	struct handle *handle;

	while (*slot && (*slot)->id != id)
		slot = &(*slot)->next;
	handle = *slot;
	if (!handle)
		return NULL;
	*slot = handle->next;
	handle->next = plane->handles;
	plane->handles = handle;
	return handle;
}

void control_plane_release_handle(struct control_plane *plane, uint64_t id)
{
	struct handle *handle = control_plane_find_handle(plane, id);

	if (!handle)
		return;
	plane->handles = handle->next;
	if (handle->file)
		control_file_release(steal_ptr(handle->file));
	handle_free(handle);
}
