/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The least that a libfuse low-level server can be: constant bytes in a file, or in several of these
 * bytes that are named 0, 1, 2 and so on. What it adds to the kernel's round trips is next to nothing,
 * so that what another server takes more than this one is its own.
 *
 *   default  as libfuse's example hello_ll: OPEN is served, entries and attributes are good for 1 s,
 *            and an open drops what the kernel has cached of the file
 *   cached   OPEN is answered with ENOSYS, and all is good for ever: a file that is read again costs
 *            nothing, and after an invalidation one LOOKUP and one READ, with no server fewer
 *
 * invalidate: makes the kernel forget entries and bytes, and answers when it has. */

#define FUSE_USE_VERSION 312

#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define INO_FIRST (FUSE_ROOT_ID + 1) /* of the file 0 */

struct minimal {
	struct fuse_session *session;
	char bytes[1 << 16];
	size_t n_bytes;
	unsigned long n_files;
	bool is_cached;
	double timeout; /* seconds, of entries and attributes */
};

static bool get_attributes(const struct minimal *fs, fuse_ino_t ino, struct stat *st)
{
	*st = (struct stat){ .st_ino = ino, .st_mode = S_IFDIR | 0755, .st_nlink = 2 };
	if (ino == FUSE_ROOT_ID)
		return true;
	st->st_mode = S_IFREG | 0444;
	st->st_nlink = 1;
	st->st_size = (off_t)fs->n_bytes;
	return ino < INO_FIRST + fs->n_files;
}

static void minimal_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	const struct minimal *fs = fuse_req_userdata(req);
	struct fuse_entry_param entry = {
		.ino = INO_FIRST + strtoul(name, NULL, 10),
		.attr_timeout = fs->timeout,
		.entry_timeout = fs->timeout,
	};

	if (name[0] >= '0' && name[0] <= '9' && get_attributes(fs, entry.ino, &entry.attr))
		fuse_reply_entry(req, &entry);
	else
		fuse_reply_err(req, ENOENT);
}

static void minimal_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	const struct minimal *fs = fuse_req_userdata(req);
	struct stat st;

	if (get_attributes(fs, ino, &st))
		fuse_reply_attr(req, &st, fs->timeout);
	else
		fuse_reply_err(req, ENOENT);
}

static void minimal_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	const struct minimal *fs = fuse_req_userdata(req);

	if (fs->is_cached)
		fuse_reply_err(req, ENOSYS);
	else
		fuse_reply_open(req, fi);
}

static void minimal_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                         struct fuse_file_info *fi)
{
	const struct minimal *fs = fuse_req_userdata(req);
	size_t begin = (size_t)offset < fs->n_bytes ? (size_t)offset : fs->n_bytes;

	if (size > fs->n_bytes - begin)
		size = fs->n_bytes - begin;
	fuse_reply_buf(req, fs->bytes + begin, size);
}

static const struct fuse_lowlevel_ops minimal_ops = {
	.lookup = minimal_lookup,
	.getattr = minimal_getattr,
	.open = minimal_open,
	.read = minimal_read,
};

static void load(struct minimal *fs, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, fs->bytes, sizeof(fs->bytes));

	if (n <= 0)
		die(path);
	fs->n_bytes = (size_t)n;
	close(fd);
}

/* What the kernel does not have gives ENOENT. */
static void check(int r, const char *what)
{
	if (r && r != -ENOENT)
		refuse(what, strerror(-r));
}

static void invalidate(const struct minimal *fs)
{
	for (unsigned long i = 0; i < fs->n_files; i++) {
		char name[24];
		int n = snprintf(name, sizeof(name), "%lu", i);

		check(fuse_lowlevel_notify_inval_entry(fs->session, FUSE_ROOT_ID, name, (size_t)n),
		      "entry");
		check(fuse_lowlevel_notify_inval_inode(fs->session, INO_FIRST + i, 0, 0), "inode");
	}
}

/* Beside the loop, which must answer meanwhile. Ends the program when nobody gives commands. */
static void *take_commands(void *userdata)
{
	struct minimal *fs = userdata;
	struct command command = { 0 };

	while (command_read(&command, 1)) {
		uint64_t begin = now_ns();

		invalidate(fs);
		command_answer(now_ns() - begin, fs->n_files);
	}
	free(command.line);
	fuse_session_exit(fs->session);
	fuse_session_unmount(fs->session);
	return NULL;
}

static int serve(struct minimal *fs, const char *mount_point)
{
	char name[] = "minimal_fs", options[] = "-oro,fsname=minimal";
	char *argv[] = { name, options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	pthread_t thread;

	fs->session = fuse_session_new(&args, &minimal_ops, sizeof(minimal_ops), fs);
	if (!fs->session || fuse_session_mount(fs->session, mount_point))
		return 1;
	command_answer(0, 0);
	if (pthread_create(&thread, NULL, take_commands, fs))
		refuse("thread", "not started");
	/* One thread: the fastest for a reader that waits for each answer. */
	fuse_session_loop(fs->session);
	pthread_join(thread, NULL);
	fuse_session_destroy(fs->session);
	fuse_opt_free_args(&args);
	return 0;
}

int main(int argc, char *argv[])
{
	static struct minimal fs;

	if (argc != 5)
		refuse("usage", "minimal_fs MOUNT-POINT BYTES-FILE N-FILES default|cached");
	load(&fs, argv[2]);
	fs.n_files = strtoul(argv[3], NULL, 10);
	fs.is_cached = strcmp(argv[4], "cached") == 0;
	fs.timeout = fs.is_cached ? 1e9 : 1.0;
	return serve(&fs, argv[1]);
}
