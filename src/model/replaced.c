/* SPDX-License-Identifier: Apache-2.0 */

#include "replaced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"

#define WINDOW_SIZE 65536      /* bytes that are read together */
#define MAGIC       0x6c706572 /* "repl", little endian */

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

enum {
	REPLACED_E_CUT = 1,
};

static void append_record(struct buffer *out, const struct profile *profile, const char *bytes)
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
	buffer_append(out, bytes, profile->n_bytes);
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
			append_record(out, old, profile_bytes(old));
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

struct ending {
	const struct snapshot *last;
	int fd;
	size_t n_bytes; /* written, or in records */
	struct buffer records;
	struct buffer scratch;
	bool *are_done; /* by the number of the profile */
};

static int write_records(struct ending *ending)
{
	int r = buffer_error(&ending->records);

	r = r ? r : fd_write_all(ending->fd, ending->records.data, ending->records.n_data);
	buffer_clear(&ending->records);
	return r;
}

/* What finds no room, or cannot be made, is left out. */
static int end_one(struct ending *ending, size_t i)
{
	const struct profile *profile = ending->last->profiles[i];
	const char *bytes;

	ending->are_done[i] = true;
	if (record_size(profile) > REPLACED_FILE_MAX - ending->n_bytes ||
	    snapshot_borrow_bytes(ending->last, profile, &ending->scratch, &bytes))
		return 0;
	append_record(&ending->records, profile, bytes);
	ending->n_bytes += record_size(profile);
	return ending->records.n_data < WINDOW_SIZE ? 0 : write_records(ending);
}

static int end_all(struct ending *ending)
{
	const struct snapshot *last = ending->last;
	long long end_ms = clock_now_ms() + REPLACED_END_MS;
	int r = 0;

	for (size_t i = 0; i < last->n_profiles && !r; i++) {
		if (profile_bytes(last->profiles[i]))
			r = end_one(ending, i);
	}
	for (size_t i = 0; i < last->n_profiles && !r && clock_now_ms() < end_ms; i++) {
		if (!ending->are_done[i])
			r = end_one(ending, i);
	}
	return r ? r : write_records(ending);
}

int replaced_write_end(int dir_fd, const struct snapshot *last)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	_cleanup_(freep) bool *are_done = calloc(last->n_profiles + 1, sizeof(*are_done));
	_cleanup_(closep) int fd = openat(dir_fd, REPLACED_END_NAME, flags, 0600);
	struct ending ending = { .last = last, .fd = fd, .are_done = are_done };
	int r;

	if (fd < 0 || !are_done)
		return fd < 0 ? -errno : -ENOMEM;
	r = end_all(&ending);
	buffer_deinit(&ending.records);
	buffer_deinit(&ending.scratch);
	return r;
}

/* A file from its beginning, by pieces: it is larger than what one wants in memory twice. */
struct input {
	int fd;
	size_t size; /* bytes of the file, when it was opened */
	size_t at;
	char window[WINDOW_SIZE];
	size_t n_window;
	size_t window_at; /* place in the file */
};

static int fill(struct input *input)
{
	ssize_t n = lseek(input->fd, (off_t)input->at, SEEK_SET);

	if (n >= 0)
		n = read(input->fd, input->window, sizeof(input->window));
	if (n <= 0)
		return n < 0 ? -errno : -ENODATA;
	input->window_at = input->at;
	input->n_window = (size_t)n;
	return 0;
}

/* 0 or -errno; the file is not shorter than input->size, if nobody has cut it. */
static int take(struct input *input, void *out, size_t n)
{
	while (n > 0) {
		size_t n_behind = input->at - input->window_at, n_piece;

		if (input->at < input->window_at || n_behind >= input->n_window) {
			int r = fill(input);

			if (r)
				return r;
			n_behind = 0;
		}
		n_piece = input->n_window - n_behind;
		n_piece = n_piece < n ? n_piece : n;
		memcpy(out, input->window + n_behind, n_piece);
		input->at += n_piece;
		out = (char *)out + n_piece;
		n -= n_piece;
	}
	return 0;
}

/* 0, -errno, or REPLACED_E_CUT: there is no whole one. */
static int take_head(struct input *input, struct record *record)
{
	size_t n_left = input->size - input->at;
	int r;

	if (n_left < sizeof(*record))
		return REPLACED_E_CUT;
	r = take(input, record, sizeof(*record));
	if (r)
		return r;
	n_left -= sizeof(*record);
	return record->magic == MAGIC && record->n_name <= n_left &&
	                       record->n_bytes <= n_left - record->n_name
	               ? 0
	               : REPLACED_E_CUT;
}

/* The profile of a record, whose head was taken, with bytes that were not looked at. */
static int take_profile(struct input *input, const struct record *record, struct profile **profilep)
{
	_cleanup_(profile_unrefp) struct profile *profile = NULL;
	_cleanup_(freep) char *name = calloc(1, (size_t)record->n_name + 1);
	int r = name ? take(input, name, record->n_name) : -ENOMEM;

	if (r)
		return r;
	profile = profile_new_unmade(name, record->digest, record->n_bytes);
	if (profile)
		profile->bytes = malloc(record->n_bytes + 1);
	if (!profile || !profile->bytes)
		return -ENOMEM;
	r = take(input, profile->bytes, record->n_bytes);
	if (r)
		return r;
	profile->bytes[record->n_bytes] = '\0';
	profile->is_unchecked = true;
	profile->version = record->version;
	profile->nodeid = record->nodeid;
	profile->created = record->created;
	profile->updated = record->updated;
	*profilep = steal_ptr(profile);
	return 0;
}

/* What has n_newest bytes and more behind it is left out. *n_goodp: up to where the file could be
 * read. */
static int load_records(struct input *input, size_t n_newest, replaced_fn each, void *userdata,
                        size_t *n_goodp)
{
	struct record record = { 0 };
	int r = 0;

	while (!r && input->at < input->size) {
		_cleanup_(profile_unrefp) struct profile *profile = NULL;
		size_t n_record;

		*n_goodp = input->at;
		r = take_head(input, &record);
		n_record = record.n_name + record.n_bytes;
		if (!r && input->size - input->at - n_record >= n_newest)
			input->at += n_record;
		else if (!r)
			r = take_profile(input, &record, &profile);
		if (!r && profile)
			r = each(userdata, profile);
	}
	if (!r)
		*n_goodp = input->at;
	return r;
}

static int load_file(int dir_fd, const char *name, size_t n_newest, replaced_fn each,
                     void *userdata)
{
	_cleanup_(closep) int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_(freep) struct input *input = malloc(sizeof(*input));
	struct stat st;
	size_t n_good = 0;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!input)
		return -ENOMEM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > REPLACED_FILE_MAX)
		return -EFBIG;
	*input = (struct input){ .fd = fd, .size = (size_t)st.st_size };
	r = load_records(input, n_newest, each, userdata, &n_good);
	if (r == REPLACED_E_CUT)
		r = ftruncate(fd, (off_t)n_good) < 0 ? -errno : 0;
	return r;
}

/* Bytes of the newer file. */
static size_t newer_size(int dir_fd)
{
	struct stat st;

	return fstatat(dir_fd, REPLACED_NAME, &st, AT_SYMLINK_NOFOLLOW) ? 0 : (size_t)st.st_size;
}

int replaced_load(int dir_fd, replaced_fn each, void *userdata)
{
	size_t n_newer = newer_size(dir_fd);
	size_t n_older = n_newer < REPLACED_FILE_MAX ? REPLACED_FILE_MAX - n_newer : 0;
	int old = load_file(dir_fd, REPLACED_OLD_NAME, n_older, each, userdata);
	int r = load_file(dir_fd, REPLACED_NAME, REPLACED_FILE_MAX, each, userdata);

	return old ? old : r;
}

int replaced_load_end(int dir_fd, replaced_fn each, void *userdata)
{
	return load_file(dir_fd, REPLACED_END_NAME, REPLACED_FILE_MAX, each, userdata);
}

void replaced_remove(int dir_fd)
{
	unlinkat(dir_fd, REPLACED_END_NAME, 0);
	unlinkat(dir_fd, REPLACED_NAME, 0);
	unlinkat(dir_fd, REPLACED_OLD_NAME, 0);
}
