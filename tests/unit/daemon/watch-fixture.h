#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A directory to make changes in, given in words: paths below it. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"

#define TIME_LIMIT_MS 20000 /* for what must come */

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Returns owned. */
static inline char *make_root(void)
{
	char *root = strdup("/tmp/test-watch-XXXXXX");

	assert_non_null(root);
	assert_non_null(mkdtemp(root));
	return root;
}

static inline void remove_root(char *root)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

static inline void put(const char *root, const char *name, const char *text)
{
	_cleanup_(freep) char *path = path_join(root, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void move(const char *root, const char *from, const char *to)
{
	_cleanup_(freep) char *a = path_join(root, from), *b = path_join(root, to);

	assert_int_equal(rename(a, b), 0);
}

static inline void make(const char *root, const char *name)
{
	_cleanup_(freep) char *path = path_join(root, name);

	assert_int_equal(mkdir(path, 0755), 0);
}

static inline void link_to(const char *root, const char *target, const char *name)
{
	_cleanup_(freep) char *path = path_join(root, name);

	assert_int_equal(symlink(target, path), 0);
}

static inline void remove_file(const char *root, const char *name)
{
	_cleanup_(freep) char *path = path_join(root, name);

	assert_int_equal(remove(path), 0);
}

static inline bool is_readable(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int r = poll(&pollfd, 1, timeout_ms);

	assert_true(r >= 0);
	return r;
}
