/* SPDX-License-Identifier: Apache-2.0 */

#include "last_good.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "model/machine_config.h"

#define PREFIX     "config-"
#define SUFFIX     ".yaml"
#define PIECE_SIZE 32768 /* bytes of a file that are looked at together */
#define NAME_SIZE  (sizeof(PREFIX) - 1 + DIGEST_HEX_SIZE - 1 + sizeof(SUFFIX))

static void format_name(const uint8_t digest[DIGEST_SIZE], char name[NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(digest, hex);
	snprintf(name, NAME_SIZE, PREFIX "%s" SUFFIX, hex);
}

/* 0, or -EINVAL for a name that is not of ours. */
static int parse_name(const char *name, uint8_t digest[DIGEST_SIZE])
{
	const size_t n_prefix = sizeof(PREFIX) - 1;
	char hex[DIGEST_HEX_SIZE];

	if (strlen(name) != NAME_SIZE - 1 || strncmp(name, PREFIX, n_prefix) != 0 ||
	    strcmp(name + n_prefix + DIGEST_HEX_SIZE - 1, SUFFIX) != 0)
		return -EINVAL;
	memcpy(hex, name + n_prefix, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	return digest_from_hex(hex, digest) ? -EINVAL : 0;
}

static int write_new(int dir_fd, const char *name, const void *text, size_t n_text, int *fdp)
{
	_cleanup_(closep) int fd = -1;
	int r;

	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text, n_text);
	if (!r)
		r = fd_begin_sync(fd);
	if (!r)
		*fdp = steal_fd(&fd);
	return r;
}

int last_good_write(int dir_fd, const uint8_t digest[DIGEST_SIZE], const void *text, size_t n_text,
                    int *fdp)
{
	char name[NAME_SIZE];
	int r;

	format_name(digest, name);
	unlinkat(dir_fd, name, 0);
	r = write_new(dir_fd, name, text, n_text, fdp);
	if (r)
		unlinkat(dir_fd, name, 0);
	return r;
}

bool last_good_is(int dir_fd, const uint8_t digest[DIGEST_SIZE], const void *text, size_t n_text)
{
	_cleanup_(closep) int fd = -1;
	char name[NAME_SIZE], piece[PIECE_SIZE];
	size_t n_same = 0;
	ssize_t n;

	format_name(digest, name);
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0) {
		if ((size_t)n > n_text - n_same ||
		    memcmp((const char *)text + n_same, piece, (size_t)n) != 0)
			return false;
		n_same += (size_t)n;
	}
	return fd >= 0 && n == 0 && n_same == n_text;
}

int last_good_read(int dir_fd, const uint8_t digest[DIGEST_SIZE], struct buffer *out)
{
	uint8_t found[DIGEST_SIZE];
	char name[NAME_SIZE];
	int r;

	format_name(digest, name);
	r = file_read(dir_fd, name, MACHINE_CONFIG_SIZE_MAX, out, NULL);
	if (r)
		return r;
	digest_compute(out->data, out->n_data, found);
	return memcmp(found, digest, DIGEST_SIZE) ? -EBADMSG : 0;
}

void last_good_remove(int dir_fd, const uint8_t digest[DIGEST_SIZE])
{
	char name[NAME_SIZE];

	format_name(digest, name);
	unlinkat(dir_fd, name, 0);
}

/* For a walk through the names; NULL without memory or descriptors. */
static DIR *open_names(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		closep(&fd);
	return dir;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* Takes the text called name in place of out, if it is whole, and of a time after *writtenp, which is its
 * then. */
static void take_later(int dir_fd, const char *name, struct buffer *out, struct timespec *writtenp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	struct stat st;

	if (parse_name(name, digest) || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !is_later(&st.st_mtim, writtenp) || last_good_read(dir_fd, digest, &text))
		return;
	buffer_deinit(out);
	*out = text;
	text = BUFFER_INIT;
	*writtenp = st.st_mtim;
}

int last_good_read_latest(int dir_fd, struct buffer *out)
{
	const struct timespec never = { .tv_sec = INT64_MIN };
	struct timespec written = never;
	const struct dirent *entry;
	DIR *dir = open_names(dir_fd);

	while (dir && (entry = readdir(dir)))
		take_later(dir_fd, entry->d_name, out, &written);
	if (dir)
		closedir(dir);
	return written.tv_sec == never.tv_sec ? -ENOENT : 0;
}

void last_good_remove_others(int dir_fd, const uint8_t digest[DIGEST_SIZE])
{
	uint8_t other[DIGEST_SIZE];
	const struct dirent *entry;
	DIR *dir = open_names(dir_fd);

	while (dir && (entry = readdir(dir))) {
		if (!parse_name(entry->d_name, other) && memcmp(other, digest, DIGEST_SIZE) != 0)
			unlinkat(dir_fd, entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}
