/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/control_plane.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "control.h"

#define MAX_WRITE ((unsigned int)128 << 10) /* bytes of one WRITE */

/* FUSE_CAP_ATOMIC_O_TRUNC: `>` is one request, not two. No cache, no readahead, no parallel
 * writes: each write(2) and read(2) is a request of its own. */
#define CAPABILITIES FUSE_CAP_ATOMIC_O_TRUNC

static void source_ready(void *userdata)
{
	struct control_plane *plane = userdata;

	if (plane->source.ready(plane->source.userdata))
		clock_gettime(CLOCK_REALTIME, &plane->transacted);
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
		.max_write = MAX_WRITE,
		.capabilities = CAPABILITIES,
		.refusal = EPERM,
	};
	int r;

	if (!plane)
		return -ENOMEM;
	plane->store = options->store;
	plane->max_patch = options->max_patch;
	plane->source = options->source;
	if (plane->source.ready)
		session.source = (struct session_source){ plane->source.fd, source_ready, plane };
	plane->node = strdup(options->node);
	if (!plane->node)
		return -ENOMEM;
	clock_gettime(CLOCK_REALTIME, &plane->started);
	plane->transacted = plane->started;
	plane->changed = plane->started;
	/* Above every number that a worker before this one can have given out. */
	plane->next_handle = (uint64_t)plane->started.tv_sec * 1000000000 +
	                     (uint64_t)plane->started.tv_nsec;
	plane->texts.node = plane->node;
	control_texts_update(&plane->texts, store_snapshot(plane->store));

	r = session_new(&session, &plane->session);
	if (r)
		return r;
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
	session_free(plane->session);
	control_texts_deinit(&plane->texts);
	free(plane->node);
	free(plane);
}

int control_plane_run(struct control_plane *plane, int stop_fd, bool *unmountedp)
{
	return session_run(plane->session, stop_fd, unmountedp);
}

int control_plane_add_handle(struct control_plane *plane, struct handle *handle)
{
	struct handle *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	handle->id = plane->next_handle++;
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
