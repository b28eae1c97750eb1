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

/* A line is taken as a whole; one that is longer, with paths that nobody has, is not looked at. */
#define LINE_SIZE_MAX 32768

/* What was read of a file, without memory from the heap. */
struct lines {
	int fd;
	size_t begin, end; /* of what is not taken yet */
	bool is_over;
	bool is_cut; /* the line that comes is the rest of one that was too long */
	char data[LINE_SIZE_MAX];
};

static void refill(struct lines *lines)
{
	size_t n_kept = lines->end - lines->begin;
	ssize_t n;

	memmove(lines->data, lines->data + lines->begin, n_kept);
	if (n_kept >= sizeof(lines->data)) {
		n_kept = 0;
		lines->is_cut = true;
	}
	do
		n = read(lines->fd, lines->data + n_kept, sizeof(lines->data) - n_kept);
	while (n < 0 && errno == EINTR);
	lines->is_over = n <= 0;
	lines->begin = 0;
	lines->end = n_kept + (n > 0 ? (size_t)n : 0);
}

/* The next line, without its break; NULL: there is none. */
static char *next_line(struct lines *lines)
{
	for (;;) {
		char *line = lines->data + lines->begin;
		char *end = memchr(line, '\n', lines->end - lines->begin);

		if (!end && lines->is_over)
			return NULL;
		if (!end) {
			refill(lines);
			continue;
		}
		*end = '\0';
		lines->begin = (size_t)(end + 1 - lines->data);
		if (!lines->is_cut)
			return line;
		lines->is_cut = false;
	}
}

static bool is_octal(const char *c)
{
	for (int i = 0; i < 3; i++) {
		if (c[i] < '0' || c[i] > '7')
			return false;
	}
	return true;
}

/* The kernel writes blanks, line breaks and backslashes as three octal digits. */
static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && is_octal(from + 1)) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
			               (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

struct entry {
	dev_t dev;
	char *place, *type;
};

/* 36 35 98:0 /root /mount-point options optional... - type source options */
static bool parse(char *line, struct entry *entry)
{
	char *fields[5], *word, *end;
	unsigned long major_number;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strsep(&line, " ");
	do
		word = strsep(&line, " ");
	while (word && strcmp(word, "-") != 0);
	entry->type = strsep(&line, " ");
	entry->place = fields[4];
	if (!entry->type || !*entry->type)
		return false;
	major_number = strtoul(fields[2], &end, 10);
	if (*end != ':')
		return false;
	entry->dev = makedev((unsigned int)major_number, (unsigned int)strtoul(end + 1, NULL, 10));
	decode(entry->place);
	return true;
}

int mountinfo_find_in(int fd, dev_t dev, const char *mount_point, const char *fs_type,
                      char path[MOUNTINFO_PATH_MAX])
{
	struct lines lines = { .fd = fd };
	struct entry entry;
	int found = 0;
	char *line;

	while ((line = next_line(&lines))) {
		if (!parse(line, &entry) || (dev && dev != entry.dev) ||
		    (mount_point && strcmp(entry.place, mount_point) != 0) ||
		    strncmp(entry.type, fs_type, strlen(fs_type)) != 0 ||
		    strlen(entry.place) >= MOUNTINFO_PATH_MAX)
			continue;
		found = 1;
		if (path)
			memcpy(path, entry.place, strlen(entry.place) + 1);
	}
	return found;
}

int mountinfo_find(dev_t dev, const char *mount_point, const char *fs_type,
                   char path[MOUNTINFO_PATH_MAX])
{
	_cleanup_(closep) int fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : mountinfo_find_in(fd, dev, mount_point, fs_type, path);
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
