/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/log.h"
#include "base/mount_probe.h"

#define PROBE_TIMEOUT_MS 2000

/* The kernel writes blanks, line breaks and backslashes as three octal digits. */
static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned int c;

		if (*from == '\\' && sscanf(from + 1, "%3o", &c) == 1) {
			*to++ = (char)c;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

int mountinfo_find_in(FILE *file, dev_t dev, const char *mount_point, const char *fs_type,
                      char **mount_pointp)
{
	_cleanup_(freep) char *line = NULL, *found = NULL;
	size_t n_line = 0;

	while (getline(&line, &n_line, file) >= 0) {
		_cleanup_(freep) char *place = NULL, *type = NULL;
		unsigned int major_number, minor_number;

		/* 36 35 98:0 /root /mount-point options optional... - type source options */
		if (sscanf(line, "%*u %*u %u:%u %*s %ms %*[^-]- %ms", &major_number, &minor_number,
		           &place, &type) != 4)
			continue;
		decode(place);
		if ((dev && dev != makedev(major_number, minor_number)) ||
		    (mount_point && strcmp(place, mount_point) != 0) ||
		    strncmp(type, fs_type, strlen(fs_type)) != 0)
			continue;
		free(found);
		found = steal_ptr(place);
	}
	if (!feof(file))
		return -EIO;
	if (!found)
		return 0;
	if (mount_pointp)
		*mount_pointp = steal_ptr(found);
	return 1;
}

int mountinfo_find(dev_t dev, const char *mount_point, const char *fs_type, char **mount_pointp)
{
	FILE *file = fopen(MOUNTINFO_PATH, "re");
	int r;

	if (!file)
		return -errno;
	r = mountinfo_find_in(file, dev, mount_point, fs_type, mount_pointp);
	fclose(file);
	return r;
}

dev_t mountinfo_device_at(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &st) < 0)
		return 0;
	return makedev(st.stx_dev_major, st.stx_dev_minor);
}

void mountinfo_detach_dead(const char *path)
{
	/* Most paths are no mount at all. */
	while (mountinfo_find(0, path, "", NULL) > 0 &&
	       mount_probe(path, PROBE_TIMEOUT_MS) == MOUNT_DEAD && !umount2(path, MNT_DETACH))
		log_notice("%s: detached a dead mount", path);
}
