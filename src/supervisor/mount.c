/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>

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

/* Symbolic links in the config's path stay: where they lead may change while we serve. */
static int resolve_config(struct options *options)
{
	int r;

	if (options->config)
		return path_make_absolute(&options->config);
	r = path_make_absolute(&options->source);
	return r ? r : path_replace(&options->config, strdup(options->source));
}

static int resolve_names(struct planes *planes, struct options *options, struct diag *diag)
{
	_cleanup_(freep) char *instance = NULL;
	int r = path_make_canonical(&options->mount_point);

	if (r)
		return fail(diag, options->mount_point, r, NULL);
	instance = instance_escape(options->mount_point);
	if (!instance)
		return -ENOMEM;
	planes->owns_control_dir = !options->control;
	if (!options->control)
		r = path_replace(&options->control, path_join(INSTANCE_CONTROL_ROOT, instance));
	if (!r && !options->state)
		r = path_replace(&options->state, path_join(INSTANCE_STATE_ROOT, instance));
	return r;
}

static bool is_taken(const char *path)
{
	return mountinfo_find(0, path, MOUNT_TYPE_DATA, NULL) > 0;
}

/* Waits for the end of an instance whose mount point is free already. */
static void wait_for_old(const struct options *options)
{
	_cleanup_(closep) int fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
	struct pollfd changed = { .fd = fd, .events = POLLPRI };

	for (int i = 0; i < OLD_INSTANCE_STEPS; i++) {
		mountinfo_detach_dead(options->mount_point);
		mountinfo_detach_dead(options->control);
		if (is_taken(options->mount_point) || !is_taken(options->control))
			return;
		poll(&changed, 1, OLD_INSTANCE_STEP_MS);
	}
}

static int make_directory(char **path, mode_t mode, struct diag *diag)
{
	int r = directory_make(*path, mode);

	r = r ? r : path_make_canonical(path);
	return r ? fail(diag, *path, r, NULL) : 0;
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
		if (path_leads_through(options->config, paths[i]))
			return fail(diag, options->config, -EINVAL, "leads through a mount point");
	}
	return 0;
}

static int check_mount_point(const char *path, const struct options *options, struct diag *diag)
{
	int r;

	if (is_taken(path))
		return fail(diag, path, -EBUSY, "seccompfs is mounted here already");
	r = options->nonempty ? 0 : path_check_empty(path);
	if (r == -ENOTEMPTY)
		return fail(diag, path, r, "not empty: the option nonempty mounts over the files");
	return r ? fail(diag, path, r, NULL) : 0;
}

static int plane_mount(struct plane *plane, const char *path, const char *source,
                       unsigned long flags, const char *more, struct diag *diag)
{
	_cleanup_(freep) char *data = NULL;

	plane->path = path;
	plane->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (plane->fd < 0)
		return fail(diag, "/dev/fuse", -errno, NULL);
	if (asprintf(&data,
	             "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions%s",
	             plane->fd, more) < 0)
		return -ENOMEM;
	flags |= MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (mount(source, plane->path, plane->type, flags, data) < 0)
		return fail(diag, plane->path, -errno, NULL);
	plane->dev = mountinfo_device_at(plane->path);
	return 0;
}

static int mount_locked(struct planes *planes, struct options *options, struct diag *diag)
{
	bool has_selinux = !access("/sys/fs/selinux/enforce", F_OK); /* others refuse labels */
	const char *labels = has_selinux && options->kernel.data ? options->kernel.data : "";
	bool has_control = !access(options->control, F_OK);
	int r = make_directory(&options->control, 0755, diag);

	planes->control.path = options->control;
	planes->owns_control_dir |= !r && !has_control;
	r = r ? r : make_directory(&options->state, 0700, diag);
	r = r ? r : check_places(options, diag);
	r = r ? r : check_mount_point(options->mount_point, options, diag);
	r = r ? r : check_mount_point(options->control, options, diag);
	r = r ? r
	      : plane_mount(&planes->data, options->mount_point, options->source, MS_RDONLY, labels,
	                    diag);
	return r ? r : plane_mount(&planes->control, options->control, "seccompfs", 0, "", diag);
}

/* Held while mounts and control directories come and go, so that what was looked at stays true:
 * that nobody else mounts there, and whose device number it is. */
static int lock_all(void)
{
	return path_lock_directory(INSTANCE_CONTROL_ROOT, 0755);
}

int planes_mount(struct planes *planes, struct options *options, struct diag *diag)
{
	_cleanup_(closep) int lock_fd = -1;
	int r = resolve_config(options);

	r = r ? r : resolve_names(planes, options, diag);
	if (r)
		return r;
	wait_for_old(options);
	lock_fd = lock_all();
	if (lock_fd < 0)
		return fail(diag, INSTANCE_CONTROL_ROOT, lock_fd, NULL);
	return mount_locked(planes, options, diag);
}

/* While this holds, its device number is not given to another file system. */
static bool is_connected(const struct plane *plane)
{
	struct pollfd fuse = { .fd = plane->fd };

	return plane->fd >= 0 && poll(&fuse, 1, 0) == 0; /* else POLLERR */
}

static bool plane_is_mounted(const struct plane *plane)
{
	/* Twice, since Linux before 5.8 may skip lines while others mount and unmount. */
	return is_connected(plane) && (mountinfo_device_at(plane->path) == plane->dev ||
	                               mountinfo_find(plane->dev, NULL, plane->type, NULL) ||
	                               mountinfo_find(plane->dev, NULL, plane->type, NULL));
}

bool planes_are_mounted(const struct planes *planes)
{
	return plane_is_mounted(&planes->data) && plane_is_mounted(&planes->control);
}

static void plane_unmount(struct plane *plane)
{
	while (plane->dev) {
		_cleanup_(freep) char *path = NULL;

		if (mountinfo_find(plane->dev, NULL, plane->type, &path) <= 0 ||
		    !is_connected(plane))
			break;
		if (mountinfo_device_at(path) == plane->dev && !umount2(path, MNT_DETACH))
			continue;
		log_warning("%s: something is mounted over it, it stays as a dead mount", path);
		break;
	}
	/* Somebody may have cut the connection of a mount that is still there. */
	if (plane->dev && !is_connected(plane))
		mountinfo_detach_dead(plane->path);
	if (plane->fd >= 0)
		close(steal_fd(&plane->fd));
	plane->dev = 0;
}

void planes_unmount(struct planes *planes)
{
	_unused_ _cleanup_(closep) int lock_fd = lock_all();

	plane_unmount(&planes->data);
	plane_unmount(&planes->control);
	if (planes->owns_control_dir && planes->control.path)
		rmdir(planes->control.path);
}
