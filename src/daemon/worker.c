/* SPDX-License-Identifier: Apache-2.0 */

#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config_reload.h"
#include "config_watch.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"
#include "fs/notifier.h"
#include "lint_log.h"

/* How long a copy that cannot be written is left alone: on a full disk each try takes what others have freed,
 * and the linter, who works in steps, rests many times in a row. */
#define COPY_PAUSE_MS 1000

struct worker {
	struct data_plane *data;
	struct control_plane *control;
	struct store *store;           /* borrowed */
	const struct sandbox *sandbox; /* borrowed */
	struct config_watch *watch;    /* of the control thread, as the next one */
	struct config_reload reload;
	struct lint_log linting;
	long long copy_ms; /* of clock_now_ms(): no copy of the config before that */
	int signal_fd;
	int end_fd;      /* an eventfd: one of the sessions has ended */
	int notifier_fd; /* borrowed; HUP: it has ended */
	/* Epolls that nobody ever reads: readable is stop. A signal stops the control thread, and the
	 * end of that the other one: until the last notification is done there may be a LOOKUP that it
	 * waits for, and that must be answered. */
	int data_stop_fd;
	int control_stop_fd;
	int ready_fd;
	pthread_t control_thread;
	int control_result; /* of the control thread, for whoever joins it */
	bool is_outgrown;   /* likewise: the sandbox is */
};

static int watch(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };

	if (fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	return 0;
}

static int open_stop(struct worker *worker)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	worker->data_stop_fd = epoll_create1(EPOLL_CLOEXEC);
	worker->control_stop_fd = epoll_create1(EPOLL_CLOEXEC);
	if (worker->data_stop_fd < 0 || worker->control_stop_fd < 0)
		return -errno;
	worker->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = watch(worker->data_stop_fd, worker->end_fd, EPOLLIN);
	r = r ? r : watch(worker->data_stop_fd, worker->notifier_fd, 0);
	if (r)
		return r;
	worker->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	r = watch(worker->control_stop_fd, worker->signal_fd, EPOLLIN);
	return r ? r : watch(worker->control_stop_fd, worker->data_stop_fd, EPOLLIN);
}

static int new_data_plane(struct worker *worker, int *fd, const struct options *options)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(worker->store);
	_cleanup_(freep) char *target = NULL;
	struct data_plane_options plane = {
		.fd = *fd,
		.flight_fd = options->data_flight_fd,
		.notifier_fd = worker->notifier_fd,
		.snapshot = snapshot,
	};
	int r;

	if (asprintf(&target, "%s/control", options->control_dir) < 0) {
		target = NULL;
		return -ENOMEM;
	}
	plane.control_target = target;
	r = data_plane_new(&plane, &worker->data);
	if (!r)
		*fd = -1;
	return r;
}

static bool look_at_config(void *userdata)
{
	return config_reload_run(userdata);
}

static void end_both(const struct worker *worker)
{
	const uint64_t one = 1;

	/* Fails only when it has been written so often that it is readable anyway. */
	if (write(worker->end_fd, &one, sizeof(one)) < 0)
		log_debug("the other plane was told before");
}

/* The next worker serves what comes from now on. */
static bool is_within_sandbox(void *userdata)
{
	struct worker *worker = userdata;

	worker->is_outgrown = sandbox_is_outgrown(worker->sandbox);
	if (!worker->is_outgrown)
		return true;
	log_notice("machine config: its directory or its owner is another one: "
	           "a new worker takes over");
	end_both(worker);
	return false;
}

/* In the control thread. */
static enum control_reload watch_ready(void *userdata)
{
	struct worker *worker = userdata;

	worker->reload.outcome = CONTROL_NO_NEWS;
	config_watch_dispatch(worker->watch);
	return worker->reload.outcome;
}

static int new_watch(struct worker *worker, const char *config, int inotify_fd)
{
	int r;

	worker->reload.store = worker->store;
	r = config_watch_new(config, inotify_fd, look_at_config, &worker->reload, &worker->watch);
	if (!r)
		config_watch_set_guard(worker->watch, is_within_sandbox, worker);
	return r;
}

static int keep(void *userdata, struct profile *profile)
{
	const struct worker *worker = userdata;

	return data_plane_keep(worker->data, profile);
}

/* Whoever has one open reads it to its end; if that cannot be, all else can. */
static void keep_replaced(struct worker *worker)
{
	int r = store_each_replaced(worker->store, keep, worker);

	if (r)
		log_error("replaced versions cannot be read: %s", strerror(-r));
}

/* Whoever waits for a start, or for a commit, does not wait for it. */
static void keep_copy(struct worker *worker)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	if (!store_keep_copy(worker->store, &diag))
		worker->copy_ms = clock_now_ms() + COPY_PAUSE_MS;
	diag_log(&diag, DIAG_WARNING);
}

static int work_idly(void *userdata)
{
	struct worker *worker = userdata;

	if (clock_now_ms() >= worker->copy_ms)
		keep_copy(worker);
	return lint_log_run(&worker->linting);
}

static int new_control_plane(struct worker *worker, int *fd, const struct options *options)
{
	struct control_plane_options plane = {
		.fd = *fd,
		.flight_fd = options->control_flight_fd,
		.store = worker->store,
		.node = options->node,
		.max_patch = options->max_patch,
		.notifier_fd = worker->notifier_fd,
		.source = { config_watch_fd(worker->watch), watch_ready, worker },
		.idle = { work_idly, worker },
		.data = worker->data,
		.n_restarts = options->n_restarts,
		.last_cause = options->last_cause,
	};
	int r = control_plane_new(&plane, &worker->control);

	if (!r)
		*fd = -1;
	return r;
}

/*
 * The kernel may believe for ever what it knows, so nobody may be told that a change is there to be
 * seen. The next worker invalidates all before it answers whoever waits, and all that it needs is on
 * disk: what is left is to end as if we had been killed here, without an answer.
 */
_Noreturn static void end_unanswered(int r)
{
	log_error("the kernel's cache could not be invalidated: %s: the next worker does it",
	          strerror(-r));
	_exit(EXIT_FAILURE);
}

static void publish(void *userdata, struct snapshot *before, struct snapshot *after)
{
	const struct worker *worker = userdata;
	int r = data_plane_publish(worker->data, before, after);

	if (r)
		end_unanswered(r);
}

int worker_new(const struct options *options, struct store *store, struct worker_kit *kit,
               struct worker **workerp)
{
	_cleanup_(worker_freep) struct worker *worker = calloc(1, sizeof(*worker));
	_cleanup_(closep) int data_fd = options->data_fd;
	_cleanup_(closep) int control_fd = options->control_fd;
	_cleanup_(closep) int inotify_fd = steal_fd(&kit->inotify_fd);
	int r;

	if (!worker)
		return -ENOMEM;
	worker->store = store;
	lint_log_init(&worker->linting, store);
	worker->sandbox = kit->sandbox;
	worker->signal_fd = worker->end_fd = -1;
	worker->data_stop_fd = worker->control_stop_fd = -1;
	worker->notifier_fd = kit->notifier_fd;
	worker->ready_fd = options->ready_fd;
	r = open_stop(worker);
	if (!r)
		r = new_data_plane(worker, &data_fd, options);
	if (!r)
		r = new_watch(worker, options->config, steal_fd(&inotify_fd));
	if (!r)
		r = new_control_plane(worker, &control_fd, options);
	if (r)
		return r;
	keep_replaced(worker);
	store_subscribe(store, publish, worker);
	*workerp = steal_ptr(worker);
	return 0;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	control_plane_free(worker->control);
	config_watch_free(worker->watch);
	data_plane_free(worker->data);
	closep(&worker->control_stop_fd);
	closep(&worker->data_stop_fd);
	closep(&worker->end_fd);
	closep(&worker->signal_fd);
	free(worker);
}

static void log_end(const char *plane, int r, bool unmounted)
{
	if (r)
		log_error("%s: cannot be served: %s", plane, strerror(-r));
	else if (unmounted)
		log_notice("%s: the mount is gone", plane);
}

static void invalidate(void *userdata, const char *name)
{
	const struct worker *worker = userdata;
	int r = data_plane_invalidate_name(worker->data, name);

	if (r)
		end_unanswered(r);
}

/* A worker may die between a commit and its notifications, or the config be edited while none serves:
 * the next one makes up for it. Otherwise what is cached stays. */
static void invalidate_all(struct worker *worker)
{
	int r;

	store_each_name(worker->store, invalidate, worker);
	r = data_plane_invalidate_listing(worker->data);
	if (r)
		end_unanswered(r);
}

static void say_ready(struct worker *worker)
{
	if (write(worker->ready_fd, "", 1) != 1)
		log_warning("whoever started us does not wait: %s", strerror(errno));
	close(steal_fd(&worker->ready_fd));
}

/* Lookups are answered meanwhile. */
static void write_end(const struct worker *worker)
{
	int r = store_write_end(worker->store);

	if (r)
		log_warning("what is served cannot be left for the next worker: %s", strerror(-r));
}

/* Begins with what notifies, since the data plane is served by another thread. */
static void *run_control(void *userdata)
{
	struct worker *worker = userdata;
	bool unmounted = false;

	/* What ps(1) and top(1) show of it. */
	pthread_setname_np(pthread_self(), "control");
	if (data_plane_must_invalidate(worker->data))
		invalidate_all(worker);
	say_ready(worker);
	keep_copy(worker);
	worker->control_result = control_plane_run(worker->control, worker->control_stop_fd,
	                                           &unmounted);
	keep_copy(worker);
	log_end("control plane", worker->control_result, unmounted);
	if (!worker->control_result && !unmounted)
		write_end(worker);
	end_both(worker);
	return NULL;
}

static bool has_ended(int notifier_fd)
{
	struct pollfd fd = { .fd = notifier_fd };

	return poll(&fd, 1, 0) > 0;
}

int worker_run(struct worker *worker)
{
	bool unmounted = false;
	int r = pthread_create(&worker->control_thread, NULL, run_control, worker);

	if (r)
		return -r;
	r = data_plane_run(worker->data, worker->data_stop_fd, &unmounted);
	log_end("data plane", r, unmounted);
	if (!r && has_ended(worker->notifier_fd)) {
		log_error("notifier: ended before us");
		r = -EPIPE;
	}
	end_both(worker);
	/* Nobody answers the LOOKUP any more that a notification may wait for; a mount that is gone
	 * takes it along. */
	if (r)
		notifier_stop(worker->notifier_fd);
	pthread_join(worker->control_thread, NULL);
	if (!r && worker->is_outgrown)
		r = -ESTALE;
	return r ? r : worker->control_result;
}
