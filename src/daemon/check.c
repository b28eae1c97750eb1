/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/flight_layout.h"
#include "base/log.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"
#include "model/store.h"

/* The first page is what is agreed on; the slots behind it, which are empty here, are requests that
 * somebody else answers. */
static int copy_flight(int flight_fd, int *copyp)
{
	_cleanup_(closep) int copy = memfd_create("check", MFD_CLOEXEC);
	off_t from = 0;
	struct stat st;

	if (copy < 0 || fstat(flight_fd, &st) < 0)
		return -errno;
	if (st.st_size && (sendfile(copy, flight_fd, &from, FLIGHT_PAGE_SIZE) != FLIGHT_PAGE_SIZE ||
	                   ftruncate(copy, st.st_size) < 0))
		return -errno;
	*copyp = steal_fd(&copy);
	return 0;
}

static int duplicate(int fd, int *copyp)
{
	*copyp = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *copyp < 0 ? -errno : 0;
}

static int check_data_plane(const struct options *options, struct store *store)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(store);
	_cleanup_(data_plane_freep) struct data_plane *plane = NULL;
	_cleanup_(closep) int fd = -1, flight_fd = -1;
	struct data_plane_options plane_options = {
		.notifier_fd = -1,
		.snapshot = snapshot,
		.control_target = "",
	};
	int r = copy_flight(options->data_flight_fd, &flight_fd);

	r = r ? r : duplicate(options->data_fd, &fd);
	if (r)
		return r;
	plane_options.fd = fd;
	plane_options.flight_fd = flight_fd;
	r = data_plane_new(&plane_options, &plane);
	if (!r)
		fd = -1;
	return r;
}

static int check_control_plane(const struct options *options, struct store *store)
{
	_cleanup_(control_plane_freep) struct control_plane *plane = NULL;
	_cleanup_(closep) int fd = -1, flight_fd = -1;
	struct control_plane_options plane_options = {
		.store = store,
		.notifier_fd = -1,
		.node = options->node,
		.max_patch = options->max_patch,
	};
	int r = copy_flight(options->control_flight_fd, &flight_fd);

	r = r ? r : duplicate(options->control_fd, &fd);
	if (r)
		return r;
	plane_options.fd = fd;
	plane_options.flight_fd = flight_fd;
	r = control_plane_new(&plane_options, &plane);
	if (!r)
		fd = -1;
	return r;
}

static int check_store(const struct options *options, const char *maker, struct store **storep)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct store_options store = {
		.config_path = options->config,
		.state_dir = options->state,
		.profile = options->profile,
		.read_only = options->read_only,
		.is_successor = true,
		.maker = maker,
		.dry_run = true,
	};
	int r = store_open(&store, storep, &diag);
	const struct diag_entry *reason = diag_first_error(&diag);

	if (r && reason) {
		_cleanup_(buffer_deinit) struct buffer line = BUFFER_INIT;

		diag_entry_format_rule(reason, &line);
		log_error("upgrade: %s", buffer_error(&line) ? "no memory" : line.data);
	}
	return r;
}

int check_run(const struct options *options, const char *maker)
{
	_cleanup_(store_freep) struct store *store = NULL;
	int r = check_store(options, maker, &store);

	r = r ? r : check_data_plane(options, store);
	r = r ? r : check_control_plane(options, store);
	if (r < 0)
		log_error("upgrade: cannot serve: %s", strerror(-r));
	return r;
}
