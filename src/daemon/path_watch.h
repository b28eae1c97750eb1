#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tells when what a path leads to may be another file, or the same with other bytes. inotify(7)
 * knows inodes, not paths: each directory that is passed on the way, also behind symbolic links, is
 * watched for the one name that is taken in it, and the file at the end is watched itself.
 */

#include "base/util.h"

struct path_watch;

enum {
	PATH_CHANGED = 1, /* something on the way, or the file */
	PATH_WRITTEN = 2, /* ... and the last of it is bytes of a writer who has the file open */
};

/* What it watches with. Returns owned a descriptor, or -errno. */
_must_check_ int path_watch_open(void);

/* path is absolute and copied; takes fd of path_watch_open(), also when it fails. Watches nothing
 * yet. 0, -errno, or fd where that is one. */
_must_check_ int path_watch_new(const char *path, int fd, struct path_watch **watchp);
void path_watch_free(struct path_watch *watch);
DEFINE_CLEANUP(struct path_watch *, path_watch_free);

/* Readable when path_watch_read() has something to read. Borrowed. */
int path_watch_fd(const struct path_watch *watch);

/*
 * Goes along the path and watches what is there now, also when nothing or only a part of it is. What
 * changes after this returned is told; so whoever reads the file after it misses nothing. -errno
 * when something could not be watched; the rest is.
 */
_must_check_ int path_watch_arm(struct path_watch *watch);

/* Takes events. A mask of the above; 0: nothing of interest. */
unsigned int path_watch_read(struct path_watch *watch);
