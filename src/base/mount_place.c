/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mount_place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>

#include "base/log.h"
#include "base/mount_claim.h"
#include "base/mount_probe.h"
#include "base/mountinfo.h"
#include "base/path.h"
#include "base/util.h"

/* How long one that is ending may need. */
#define STEPS   100
#define STEP_MS 50

#define PROBE_TIMEOUT_MS 2000

static bool is_taken(const char *path, const char *type)
{
	return mountinfo_find(0, path, type, NULL) > 0;
}

void mount_place_wait(const char *first, const char *last, const char *type)
{
	_cleanup_(closep) int fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
	struct pollfd changed = { .fd = fd, .events = POLLPRI };

	for (int i = 0; i < STEPS; i++) {
		mountinfo_detach_dead(first);
		mountinfo_detach_dead(last);
		if (is_taken(first, type) || !is_taken(last, type))
			return;
		poll(&changed, 1, STEP_MS);
	}
}

/* By force, so that its server ends, be it in use or not. */
static bool detach_orphan(const char *path, const char *type, const char *claims)
{
	dev_t dev = mountinfo_device_at(path);

	if (!dev || mountinfo_find(dev, path, type, NULL) <= 0 ||
	    mount_claim_look(claims, dev) != MOUNT_CLAIM_LEFT ||
	    umount2(path, MNT_DETACH | MNT_FORCE) < 0)
		return false;
	mount_claim_forget(claims, dev);
	log_notice("%s: detached a mount whose supervisor has gone", path);
	return true;
}

int mount_place_clear(const char *path, const char *type, const char *claims, bool *orphanedp,
                      struct diag *diag)
{
	while (detach_orphan(path, type, claims))
		*orphanedp = true;
	if (is_taken(path, type)) {
		diag_error(diag, NULL, NULL, "%s: seccompfs is mounted here already", path);
		return -EBUSY;
	}
	if (is_taken(path, "") && mount_probe(path, PROBE_TIMEOUT_MS) == MOUNT_SILENT) {
		diag_error(diag, NULL, NULL, "%s: what is mounted here does not answer", path);
		return -ETIMEDOUT;
	}
	return 0;
}

void mount_place_wait_for_lock(const char *directory)
{
	for (int i = 0; i < STEPS; i++) {
		_cleanup_(closep) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
			return;
		poll(NULL, 0, STEP_MS);
	}
}

int mount_place_check_empty(const char *path, bool may_hide, struct diag *diag)
{
	int r = may_hide ? 0 : path_check_empty(path);

	if (r == -ENOTEMPTY)
		diag_error(diag, NULL, NULL,
		           "%s: not empty: the option nonempty mounts over the files", path);
	else if (r)
		diag_error(diag, NULL, NULL, "%s: %s", path, strerror(-r));
	return r;
}
