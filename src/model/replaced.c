/* SPDX-License-Identifier: Apache-2.0 */

#include "replaced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/file.h"

#define MAGIC 0x6c706572 /* "repl", little endian */

/* The name and the bytes stand behind it. Read by the machine that wrote it. */
struct record {
	uint32_t magic;
	uint32_t n_name;
	uint64_t n_bytes;
	uint64_t version;
	uint64_t nodeid;
	struct timespec created;
	struct timespec updated;
	uint8_t digest[DIGEST_SIZE];
};

static void append_record(struct buffer *out, const struct profile *profile)
{
	struct record record = {
		.magic = MAGIC,
		.n_name = (uint32_t)strlen(profile->name),
		.n_bytes = profile->n_bytes,
		.version = profile->version,
		.nodeid = profile->nodeid,
		.created = profile->created,
		.updated = profile->updated,
	};

	memcpy(record.digest, profile->digest, DIGEST_SIZE);
	buffer_append(out, &record, sizeof(record));
	buffer_append(out, profile->name, record.n_name);
	buffer_append(out, profile_bytes(profile), profile->n_bytes);
}

static size_t record_size(const struct profile *profile)
{
	return sizeof(struct record) + strlen(profile->name) + profile->n_bytes;
}

static bool is_replaced(const struct profile *old, const struct snapshot *after)
{
	const struct profile *new = snapshot_find(after, old->name);

	return !new || new->nodeid != old->nodeid;
}

/* Of more than fit a file the last ones, as in the table of inodes. This is also where what goes gets
 * its bytes, since nobody can make them any more when before has gone. */
static void collect(const struct snapshot *before, const struct snapshot *after, struct buffer *out)
{
	size_t first = before->n_profiles, n_bytes = 0;

	snapshot_make_replaced(before, after, REPLACED_FILE_MAX);
	while (first > 0) {
		const struct profile *old = before->profiles[first - 1];

		n_bytes += is_replaced(old, after) ? record_size(old) : 0;
		if (n_bytes > REPLACED_FILE_MAX)
			break;
		first--;
	}
	for (size_t i = first; i < before->n_profiles; i++) {
		const struct profile *old = before->profiles[i];

		if (is_replaced(old, after) && profile_bytes(old))
			append_record(out, old);
	}
}

/* The file to append to, which has room for n_bytes or is empty. */
static int open_newer(int dir_fd, size_t n_bytes, off_t *sizep)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dir_fd, REPLACED_NAME, flags, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		closep(&fd);
		return -errno;
	}
	*sizep = st.st_size;
	if (!st.st_size || (size_t)st.st_size + n_bytes <= REPLACED_FILE_MAX)
		return fd;
	close(fd);
	if (renameat(dir_fd, REPLACED_NAME, dir_fd, REPLACED_OLD_NAME) < 0)
		return -errno;
	*sizep = 0;
	fd = openat(dir_fd, REPLACED_NAME, flags | O_EXCL, 0600);
	return fd < 0 ? -errno : fd;
}

int replaced_append(int dir_fd, const struct snapshot *before, const struct snapshot *after)
{
	_cleanup_(buffer_deinit) struct buffer records = BUFFER_INIT;
	_cleanup_(closep) int fd = -1;
	off_t size = 0;
	int r;

	collect(before, after, &records);
	if (buffer_error(&records) || !records.n_data)
		return buffer_error(&records);
	fd = open_newer(dir_fd, records.n_data, &size);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, records.data, records.n_data);
	/* What is cut off would hide what comes behind it. */
	if (r && ftruncate(fd, size) < 0)
		unlinkat(dir_fd, REPLACED_NAME, 0);
	return r;
}

/* The profile of a record, owned; NULL: it is cut off, or there is no memory. */
static struct profile *parse(const char *text, size_t n_text, size_t *n_recordp)
{
	_cleanup_(profile_unrefp) struct profile *profile = NULL;
	_cleanup_(freep) char *name = NULL;
	struct record record;
	size_t n_left = n_text - sizeof(record);

	if (n_text < sizeof(record))
		return NULL;
	memcpy(&record, text, sizeof(record));
	if (record.magic != MAGIC || record.n_name > n_left ||
	    record.n_bytes > n_left - record.n_name)
		return NULL;
	name = strndup(text + sizeof(record), record.n_name);
	if (!name)
		return NULL;
	profile = profile_new(name, text + sizeof(record) + record.n_name, record.n_bytes);
	if (!profile || memcmp(profile->digest, record.digest, DIGEST_SIZE) != 0)
		return NULL;
	profile->version = record.version;
	profile->nodeid = record.nodeid;
	profile->created = record.created;
	profile->updated = record.updated;
	*n_recordp = sizeof(record) + record.n_name + record.n_bytes;
	return steal_ptr(profile);
}

/* *n_goodp: up to where it could be read. */
static int load_text(const struct buffer *text, replaced_fn each, void *userdata, size_t *n_goodp)
{
	size_t n = 0, n_record;
	int r = 0;

	while (!r && n < text->n_data) {
		_cleanup_(profile_unrefp) struct profile *profile = parse(text->data + n,
		                                                          text->n_data - n,
		                                                          &n_record);

		if (!profile)
			break;
		r = each(userdata, profile);
		n += n_record;
	}
	*n_goodp = n;
	return r;
}

static int load_file(int dir_fd, const char *name, replaced_fn each, void *userdata)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(closep) int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	size_t n_good = 0;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = file_read_fd(fd, REPLACED_FILE_MAX, &text, NULL);
	r = r ? r : load_text(&text, each, userdata, &n_good);
	if (!r && n_good < text.n_data && ftruncate(fd, (off_t)n_good) < 0)
		r = -errno;
	return r;
}

int replaced_load(int dir_fd, replaced_fn each, void *userdata)
{
	int old = load_file(dir_fd, REPLACED_OLD_NAME, each, userdata);
	int r = load_file(dir_fd, REPLACED_NAME, each, userdata);

	return old ? old : r;
}

void replaced_remove(int dir_fd)
{
	unlinkat(dir_fd, REPLACED_NAME, 0);
	unlinkat(dir_fd, REPLACED_OLD_NAME, 0);
}
