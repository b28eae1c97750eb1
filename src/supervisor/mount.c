/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include "base/file.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/mountinfo.h"
#include "base/path.h"

/* How long an instance that was unmounted may need to end: its control plane goes last. */
#define OLD_INSTANCE_STEPS   100
#define OLD_INSTANCE_STEP_MS 50

static int fail(struct diag *diag, const char *path, int error, const char *reason)
{
	diag_error(diag, NULL, NULL, "%s: %s", path, reason ? reason : strerror(-error));
	return error;
}

/* Makes *path as mountinfo has it, and the directory when it is missing and mode is not 0. */
static int prepare_directory(char **path, mode_t mode, struct diag *diag)
{
	int r = path_make_canonical(path);

	if (r == -ENOENT && mode) {
		r = directory_make(*path, mode);
		r = r ? r : path_make_canonical(path);
	}
	return r ? fail(diag, *path, r, NULL) : 0;
}

/* Symbolic links in the config's path stay: where they lead may change while we serve. */
static int resolve_config(struct options *options)
{
	int r;

	if (options->config)
		return path_make_absolute(&options->config);
	r = path_make_absolute(&options->source);
	return r ? r : path_replace(&options->config, strdup(options->source));
}

static int resolve_directories(struct planes *planes, struct options *options, struct diag *diag)
{
	_cleanup_(freep) char *instance = NULL;
	int r;

	r = prepare_directory(&options->mount_point, 0, diag);
	if (r)
		return r;
	instance = instance_escape(options->mount_point);
	if (!instance)
		return -ENOMEM;
	if (!options->control) {
		planes->owns_control_dir = true;
		r = path_replace(&options->control, path_join(INSTANCE_CONTROL_ROOT, instance));
	}
	if (!r && !options->state)
		r = path_replace(&options->state, path_join(INSTANCE_STATE_ROOT, instance));
	if (r)
		return r;
	planes->owns_control_dir |= access(options->control, F_OK) < 0;
	r = prepare_directory(&options->control, 0755, diag);
	r = r ? r : prepare_directory(&options->state, 0700, diag);
	planes->data.path = options->mount_point;
	planes->control.path = options->control;
	return r;
}

/* What the worker reads must not be what it serves: it would wait for itself. */
static int check_places(const struct options *options, struct diag *diag)
{
	const char *paths[] = { options->mount_point, options->control, options->state,
		                options->config };

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(paths); j++) {
			if (i != j && path_is_below(paths[j], paths[i]))
				return fail(diag, paths[j], -EINVAL, "a mount would hide it");
		}
	}
	return 0;
}

static int check_empty(const char *path, const struct options *options, struct diag *diag)
{
	int r = options->nonempty ? 0 : path_check_empty(path);

	/* ENOENT: the instance before us has just removed it; plane_mount() knows. */
	return r && r != -ENOENT ? fail(diag, path, r, NULL) : 0;
}

/* A mount whose server died answers from its caches, else ENOTCONN; statfs is never cached. */
static void detach_dead(const char *path)
{
	struct statfs st;

	while (statfs(path, &st) < 0 && errno == ENOTCONN && !umount2(path, MNT_DETACH))
		log_notice("%s: detached a dead mount", path);
}

/* n_steps: how long another instance may take to end. */
static int make_way(const char *path, unsigned int n_steps, struct diag *diag)
{
	_cleanup_(closep) int fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
	struct pollfd changed = { .fd = fd, .events = POLLPRI };

	for (;;) {
		detach_dead(path);
		if (mountinfo_find(0, path, MOUNT_TYPE_DATA, NULL) <= 0)
			return 0;
		if (!n_steps--)
			return fail(diag, path, -EBUSY, "seccompfs is mounted here already");
		poll(&changed, 1, OLD_INSTANCE_STEP_MS);
	}
}

static int plane_mount(struct plane *plane, const char *source, unsigned long flags,
                       const char *more, struct diag *diag)
{
	_cleanup_(freep) char *data = NULL;

	plane->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (plane->fd < 0)
		return fail(diag, "/dev/fuse", -errno, NULL);
	if (asprintf(&data,
	             "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions%s",
	             plane->fd, more) < 0)
		return -ENOMEM;
	flags |= MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (mount(source, plane->path, plane->type, flags, data) < 0 &&
	    (errno != ENOENT || directory_make(plane->path, 0755) ||
	     mount(source, plane->path, plane->type, flags, data) < 0))
		return fail(diag, plane->path, -errno, NULL);
	plane->dev = mountinfo_device_at(plane->path);
	return 0;
}

int planes_mount(struct planes *planes, struct options *options, struct diag *diag)
{
	bool has_selinux = !access("/sys/fs/selinux/enforce", F_OK); /* others refuse labels */
	const char *labels = has_selinux && options->kernel.data ? options->kernel.data : "";
	int r = resolve_config(options);

	r = r ? r : resolve_directories(planes, options, diag);
	r = r ? r : make_way(options->mount_point, 0, diag);
	r = r ? r : make_way(options->control, OLD_INSTANCE_STEPS, diag);
	r = r ? r : check_places(options, diag);
	r = r ? r : check_empty(options->mount_point, options, diag);
	r = r ? r : check_empty(options->control, options, diag);
	r = r ? r : plane_mount(&planes->data, options->source, MS_RDONLY, labels, diag);
	return r ? r : plane_mount(&planes->control, "seccompfs", 0, "", diag);
}

static bool plane_is_mounted(const struct plane *plane)
{
	struct pollfd fuse = { .fd = plane->fd };

	if (poll(&fuse, 1, 0) > 0) /* POLLERR: the last mount has gone, its number is free again */
		return false;
	/* Twice, since Linux before 5.8 may skip lines while others mount and unmount. */
	return mountinfo_device_at(plane->path) == plane->dev ||
	       mountinfo_find(plane->dev, NULL, plane->type, NULL) ||
	       mountinfo_find(plane->dev, NULL, plane->type, NULL);
}

bool planes_are_mounted(const struct planes *planes)
{
	return plane_is_mounted(&planes->data) && plane_is_mounted(&planes->control);
}

static void plane_unmount(struct plane *plane)
{
	while (plane->dev) {
		_cleanup_(freep) char *path = NULL;

		if (mountinfo_find(plane->dev, NULL, plane->type, &path) <= 0)
			break;
		if (mountinfo_device_at(path) == plane->dev && !umount2(path, MNT_DETACH))
			continue;
		log_warning("%s: something is mounted over it, it stays as a dead mount", path);
		break;
	}
	if (plane->fd >= 0)
		close(steal_fd(&plane->fd));
	plane->dev = 0;
}

void planes_unmount(struct planes *planes)
{
	plane_unmount(&planes->data);
	plane_unmount(&planes->control);
	if (planes->owns_control_dir && planes->control.path)
		rmdir(planes->control.path);
}
