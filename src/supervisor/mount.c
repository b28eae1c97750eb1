/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

#include "base/file.h"
#include "base/instance.h"
#include "base/mount_claim.h"
#include "base/mount_place.h"
#include "base/path.h"

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

/* With another state, numbers that the kernel has cached would mean other files. */
static void make_data_tag(struct planes *planes, const struct options *options)
{
	const char *labels = options->kernel.data ? options->kernel.data : "";
	const char *words[] = { options->mount_point, options->control, options->state,
		                options->source, labels };

	fuse_store_make_tag(planes->data_tag, "data", words, ARRAY_SIZE(words));
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
	r = r ? r : path_make_absolute(&options->control);
	r = r ? r : path_make_absolute(&options->state);
	if (r)
		return r;
	/* Before the path changes with what is there. */
	make_data_tag(planes, options);
	/* It may be missing. */
	return path_make_canonical(&options->control) == -ENOMEM ? -ENOMEM : 0;
}

static int clear(const char *path, bool *orphanedp, struct diag *diag)
{
	return mount_place_clear(path, MOUNT_TYPE_DATA, INSTANCE_CONTROL_ROOT, orphanedp, diag);
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

static int claim_one(const struct fuse_mount *fuse, int *fdp, struct diag *diag)
{
	*fdp = mount_claim_take(INSTANCE_CONTROL_ROOT, fuse->dev);
	return *fdp < 0 ? fail(diag, INSTANCE_CONTROL_ROOT, *fdp, NULL) : 0;
}

static int claim(struct planes *planes, struct diag *diag)
{
	int r = claim_one(&planes->data, &planes->data_claim_fd, diag);

	return r ? r : claim_one(&planes->control, &planes->control_claim_fd, diag);
}

static int mount_locked(struct planes *planes, struct options *options, struct diag *diag)
{
	bool has_selinux = !access("/sys/fs/selinux/enforce", F_OK); /* others refuse labels */
	const char *labels = has_selinux && options->kernel.data ? options->kernel.data : "";
	bool has_control, orphaned = false;
	int r = clear(options->mount_point, &orphaned, diag);

	r = r ? r : clear(options->control, &orphaned, diag);
	if (r)
		return r;
	has_control = !access(options->control, F_OK);
	r = make_directory(&options->control, 0755, diag);
	planes->control.path = options->control;
	planes->owns_control_dir |= !r && !has_control;
	r = r ? r : make_directory(&options->state, 0700, diag);
	if (!r && orphaned)
		mount_place_wait_for_lock(options->state);
	r = r ? r : check_places(options, diag);
	r = r ? r : mount_place_check_empty(options->mount_point, options->nonempty, diag);
	r = r ? r : mount_place_check_empty(options->control, options->nonempty, diag);
	r = r ? r
	      : fuse_mount_open(&planes->data, options->mount_point, options->source, MS_RDONLY,
	                        labels, diag);
	r = r ? r : fuse_mount_open(&planes->control, options->control, "seccompfs", 0, "", diag);
	return r ? r : claim(planes, diag);
}

/* Whether the directory goes at the end is known only to whoever made it, so this tag tells. */
static void make_control_tag(struct planes *planes)
{
	const char *words[] = { planes->data_tag };

	fuse_store_make_tag(planes->control_tag,
	                    planes->owns_control_dir ? "control-made" : "control", words, 1);
}

/* Nobody answers below the mount points now: nothing there may be looked at before this. */
static int take_over(struct planes *planes, const struct options *options, struct diag *diag)
{
	_unused_ _cleanup_(closep) int lock_fd = path_lock_directory(INSTANCE_CONTROL_ROOT, 0755);
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;
	const struct fuse_wanted wanted[] = {
		{ planes->data_tag, options->mount_point, &planes->data },
		{ planes->control_tag, options->control, &planes->control },
	};

	if (fd_store_receive(&store) || !store.n_fds)
		return 0;
	for (int i = 0; i < 2 && !planes->is_stored; i++) {
		make_control_tag(planes);
		planes->is_stored = fuse_store_take(&store, wanted, ARRAY_SIZE(wanted));
		planes->owns_control_dir ^= !planes->is_stored; /* it may have been the other */
	}
	fuse_store_discard(&store, MOUNT_TYPE_DATA);
	return planes->is_stored ? claim(planes, diag) : 0;
}

/* The lock is held while mounts and control directories come and go, so that what was looked at stays
 * true: that nobody else mounts there, and whose device number it is. */
int planes_mount(struct planes *planes, struct options *options, struct diag *diag)
{
	_cleanup_(closep) int lock_fd = -1;
	int r = resolve_config(options);

	r = r ? r : resolve_names(planes, options, diag);
	if (r)
		return r;
	r = options->foreground ? take_over(planes, options, diag) : 0;
	if (r || planes->is_stored)
		return r;
	mount_place_wait(options->mount_point, options->control, MOUNT_TYPE_DATA);
	lock_fd = path_lock_directory(INSTANCE_CONTROL_ROOT, 0755);
	if (lock_fd < 0)
		return fail(diag, INSTANCE_CONTROL_ROOT, lock_fd, NULL);
	return mount_locked(planes, options, diag);
}

bool planes_are_mounted(const struct planes *planes)
{
	return fuse_mount_is_there(&planes->data) && fuse_mount_is_there(&planes->control);
}

void planes_store(struct planes *planes)
{
	if (planes->is_stored)
		return;
	make_control_tag(planes);
	planes->is_stored = fuse_store_put(&planes->data, planes->data_tag) &&
	                    fuse_store_put(&planes->control, planes->control_tag);
}

void planes_unmount(struct planes *planes)
{
	_unused_ _cleanup_(closep) int lock_fd = path_lock_directory(INSTANCE_CONTROL_ROOT, 0755);

	mount_claim_release(INSTANCE_CONTROL_ROOT, planes->data.dev, &planes->data_claim_fd);
	mount_claim_release(INSTANCE_CONTROL_ROOT, planes->control.dev, &planes->control_claim_fd);
	if (planes->is_stored) {
		fuse_store_remove(&planes->data, planes->data_tag);
		fuse_store_remove(&planes->control, planes->control_tag);
	}
	fuse_mount_close(&planes->data);
	fuse_mount_close(&planes->control);
	if (planes->owns_control_dir && planes->control.path)
		rmdir(planes->control.path);
}
