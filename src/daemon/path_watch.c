/* SPDX-License-Identifier: Apache-2.0 */

#include "path_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/array.h"
#include "path_walk.h"

#define EVENTS_MAX (16U << 10) /* bytes of events taken at once: others wait meanwhile */

/* A name that comes, goes or becomes another one; the directory itself likewise. */
#define MASK_DIRECTORY                                                                         \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | \
	 IN_ONLYDIR)

/* Bytes and modes. In the directory as well as of the file: a file that was just made is watched
 * through the one, a file that is written through another name through the other. */
#define MASK_CONTENT (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)

#define MASK_FILE (MASK_CONTENT | IN_DELETE_SELF | IN_MOVE_SELF)

struct point {
	int wd;     /* the same for two names in one directory */
	char *name; /* NULL: of the file itself */
};

struct points {
	struct point *points;
	size_t n;
};

struct path_watch {
	int inotify_fd;
	char *path;
	struct points armed;
};

/* On the way along the path. */
struct walk {
	struct path_watch *watch;
	struct points points;
	int error; /* the first thing that could not be watched */
};

static void points_deinit(struct points *points)
{
	for (size_t i = 0; i < points->n; i++)
		free(points->points[i].name);
	free(points->points);
	*points = (struct points){ 0 };
}

static void walk_deinit(struct walk *walk)
{
	points_deinit(&walk->points);
}

int path_watch_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int path_watch_new(const char *path, int fd, struct path_watch **watchp)
{
	_cleanup_(closep) int inotify_fd = fd;
	_cleanup_(path_watch_freep) struct path_watch *watch = NULL;

	if (inotify_fd < 0)
		return inotify_fd;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	watch->inotify_fd = steal_fd(&inotify_fd);
	watch->path = strdup(path);
	if (!watch->path)
		return -ENOMEM;
	*watchp = steal_ptr(watch);
	return 0;
}

void path_watch_free(struct path_watch *watch)
{
	if (!watch)
		return;
	points_deinit(&watch->armed);
	closep(&watch->inotify_fd);
	free(watch->path);
	free(watch);
}

int path_watch_fd(const struct path_watch *watch)
{
	return watch->inotify_fd;
}

static int add_point(struct walk *walk, const char *path, const char *name, uint32_t mask)
{
	struct points *points = &walk->points;
	struct point *array, point = { .name = name ? strdup(name) : NULL };

	if (name && !point.name)
		return -ENOMEM;
	array = array_make_room(points->points, points->n, sizeof(*array));
	if (!array) {
		free(point.name);
		return -ENOMEM;
	}
	points->points = array;
	point.wd = inotify_add_watch(walk->watch->inotify_fd, path,
	                             mask | IN_DONT_FOLLOW | IN_MASK_ADD);
	if (point.wd < 0) {
		int r = -errno;

		free(point.name);
		return r;
	}
	array[points->n++] = point;
	return 0;
}

/* What is not there (any more) needs no watch of its own: its directory has one. */
static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

static void note_error(struct walk *walk, int r)
{
	if (r && !is_absent(r) && !walk->error)
		walk->error = r;
}

/* The directory is watched before it is looked at: what changes in between is told. */
static int step(const char *directory, const char *name, bool is_last, void *userdata)
{
	struct walk *walk = userdata;
	uint32_t mask = is_last ? MASK_DIRECTORY | MASK_CONTENT : MASK_DIRECTORY;
	int r = add_point(walk, directory, name, mask);

	note_error(walk, r);
	return is_absent(r) ? r : 0;
}

static bool has_wd(const struct points *points, int wd)
{
	for (size_t i = 0; i < points->n; i++) {
		if (points->points[i].wd == wd)
			return true;
	}
	return false;
}

/* The watches of now in place of those before. The instance stays: to close one takes the kernel
 * many milliseconds. */
static void keep(struct path_watch *watch, struct points *points)
{
	for (size_t i = 0; i < watch->armed.n; i++) {
		int wd = watch->armed.points[i].wd;

		/* Fails for a directory that is gone. */
		if (!has_wd(points, wd))
			inotify_rm_watch(watch->inotify_fd, wd);
	}
	points_deinit(&watch->armed);
	watch->armed = *points;
	*points = (struct points){ 0 };
}

int path_watch_arm(struct path_watch *watch)
{
	_cleanup_(walk_deinit) struct walk walk = { .watch = watch };
	_cleanup_(freep) char *end = NULL;
	int r = path_walk(watch->path, step, &walk, &end);

	if (!r)
		r = add_point(&walk, end, NULL, MASK_FILE);
	/* A loop of links is somebody's change away from being none. */
	if (r != -ELOOP)
		note_error(&walk, r);
	keep(watch, &walk.points);
	return walk.error;
}

static bool is_of_interest(const struct path_watch *watch, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; i < watch->armed.n; i++) {
		const struct point *point = &watch->armed.points[i];

		if (point->wd == event->wd &&
		    (!event->len || !point->name || !strcmp(point->name, event->name)))
			return true;
	}
	return false;
}

unsigned int path_watch_read(struct path_watch *watch)
{
	_Alignas(struct inotify_event) char events[EVENTS_MAX];
	ssize_t n = read(watch->inotify_fd, events, sizeof(events));
	const struct inotify_event *event;
	unsigned int seen = 0;

	for (const char *p = events; n > 0 && p < events + n; p += sizeof(*event) + event->len) {
		event = (const void *)p;
		if (!is_of_interest(watch, event))
			continue;
		seen = event->mask & IN_MODIFY ? PATH_CHANGED | PATH_WRITTEN : PATH_CHANGED;
	}
	return seen;
}
