/* SPDX-License-Identifier: Apache-2.0 */

#include "config_watch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/log.h"
#include "base/path.h"
#include "path_watch.h"

#define MSEC_PER_SEC  1000
#define NSEC_PER_MSEC 1000000

struct config_watch {
	struct path_watch *paths; /* NULL: there is no inotify */
	int error;                /* why not; then of the last time that it was armed */
	int timer_fd;
	int epoll_fd; /* of both */
	config_watch_fn look;
	void *userdata;
	config_watch_fn guard; /* NULL: none */
	void *guard_userdata;
	bool is_pending;   /* a change that was not looked at */
	uint64_t first_ms; /* the first of them */
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * MSEC_PER_SEC + (uint64_t)now.tv_nsec / NSEC_PER_MSEC;
}

static int set_timer(const struct config_watch *watch, uint64_t ms)
{
	const struct itimerspec when = {
		.it_value.tv_sec = (time_t)(ms / MSEC_PER_SEC),
		/* 0 would stop it. */
		.it_value.tv_nsec = (long)(ms % MSEC_PER_SEC) * NSEC_PER_MSEC + 1,
	};

	return timerfd_settime(watch->timer_fd, 0, &when, NULL) < 0 ? -errno : 0;
}

/* The timer exists, and the time is a time: that it cannot be set is a bug of ours. */
static void look_in(const struct config_watch *watch, uint64_t ms)
{
	int r = set_timer(watch, ms);

	if (r)
		log_error("machine config: cannot be watched: %s", strerror(-r));
}

static int poll_fd(const struct config_watch *watch, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_fds(struct config_watch *watch)
{
	int r;

	watch->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (watch->epoll_fd < 0)
		return -errno;
	watch->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->timer_fd < 0)
		return -errno;
	r = poll_fd(watch, watch->timer_fd);
	return r ? r : set_timer(watch, 0);
}

/* A node whose users have taken all instances of inotify has profiles all the same. */
static void open_paths(struct config_watch *watch, const char *path, int fd)
{
	watch->error = path_watch_new(path, fd, &watch->paths);
	if (!watch->error)
		watch->error = poll_fd(watch, path_watch_fd(watch->paths));
	if (!watch->error)
		return;
	path_watch_free(steal_ptr(watch->paths));
	log_warning("machine config: not watched, but looked at every %d s: %s",
	            CONFIG_WATCH_RETRY_MS / MSEC_PER_SEC, strerror(-watch->error));
}

int config_watch_new(const char *path, int fd, config_watch_fn look, void *userdata,
                     struct config_watch **watchp)
{
	_cleanup_(closep) int inotify_fd = fd;
	_cleanup_(config_watch_freep) struct config_watch *watch = calloc(1, sizeof(*watch));
	_cleanup_(freep) char *absolute = strdup(path);
	int r;

	if (!watch)
		return -ENOMEM;
	watch->epoll_fd = watch->timer_fd = -1;
	watch->look = look;
	watch->userdata = userdata;
	if (!absolute)
		return -ENOMEM;
	r = path_make_absolute(&absolute);
	if (!r)
		r = open_fds(watch);
	if (r)
		return r;
	open_paths(watch, absolute, fd);
	steal_fd(&inotify_fd);
	*watchp = steal_ptr(watch);
	return 0;
}

void config_watch_set_guard(struct config_watch *watch, config_watch_fn guard, void *userdata)
{
	watch->guard = guard;
	watch->guard_userdata = userdata;
}

void config_watch_free(struct config_watch *watch)
{
	if (!watch)
		return;
	closep(&watch->epoll_fd);
	closep(&watch->timer_fd);
	path_watch_free(watch->paths);
	free(watch);
}

int config_watch_fd(const struct config_watch *watch)
{
	return watch->epoll_fd;
}

/* Once for each reason. */
static void arm(struct config_watch *watch)
{
	int r = path_watch_arm(watch->paths);

	if (r && r != watch->error)
		log_warning("machine config: not all of its path is watched, "
		            "but it is looked at every %d s: %s",
		            CONFIG_WATCH_RETRY_MS / MSEC_PER_SEC, strerror(-r));
	watch->error = r;
}

/* First the watches, then the file: what changes after the look is told. */
static void look(struct config_watch *watch)
{
	bool is_done;

	watch->is_pending = false;
	if (watch->paths)
		arm(watch);
	is_done = watch->look(watch->userdata);
	if (!is_done || watch->error)
		look_in(watch, CONFIG_WATCH_RETRY_MS);
}

/* Whether it has been waited long enough. A writer who has the file open is waited for: what stands
 * there is half of what he wants. */
static bool note_change(struct config_watch *watch, bool is_written)
{
	uint64_t now = now_ms(), wait = is_written ? CONFIG_WATCH_MAX_MS : CONFIG_WATCH_QUIET_MS;
	uint64_t passed;

	if (!watch->is_pending)
		watch->first_ms = now;
	watch->is_pending = true;
	passed = now - watch->first_ms;
	if (passed >= CONFIG_WATCH_MAX_MS)
		return true;
	if (wait > CONFIG_WATCH_MAX_MS - passed)
		wait = CONFIG_WATCH_MAX_MS - passed;
	look_in(watch, wait);
	return false;
}

void config_watch_dispatch(struct config_watch *watch)
{
	unsigned int seen = watch->paths ? path_watch_read(watch->paths) : 0;
	bool is_due = seen && note_change(watch, seen & PATH_WRITTEN);
	uint64_t n_expired;

	/* A change has set the timer anew, also one that had just expired. */
	if (read(watch->timer_fd, &n_expired, sizeof(n_expired)) == sizeof(n_expired))
		is_due = true;
	if ((seen || is_due) && watch->guard && !watch->guard(watch->guard_userdata))
		return;
	if (is_due)
		look(watch);
}
