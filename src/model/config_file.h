#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The machine config's file, as one transaction meets it. Everything begins at the path again: the
 * file, a link on the way or the directory may be another one than last time.
 */

#include <stdbool.h>

#include "base/buffer.h"
#include "base/util.h"

struct config_file {
	char *path;       /* resolved: no component is a link */
	const char *name; /* its last component */
	int dir_fd;
	int fd;             /* model for mode and owner of what replaces it */
	struct buffer text; /* as on disk */
};

#define CONFIG_FILE_INIT ((struct config_file){ .dir_fd = -1, .fd = -1 })

/* Finds and reads the file that path leads to. -EFBIG beyond MACHINE_CONFIG_SIZE_MAX, or another
 * -errno. */
_must_check_ int config_file_open(const char *path, struct config_file *file);
void config_file_deinit(struct config_file *file);

/*
 * Whether it makes sense to replace the file: 0, -EROFS with the reason in *reasonp (a
 * constant): no permission, a read-only file system, or a projected volume of Kubernetes, where the
 * kubelet swaps a `..data` link and would undo the change; or another -errno.
 */
_must_check_ int config_file_check_writable(const struct config_file *file, const char **reasonp);

/* Whether path still leads to the same file in the same directory, and to the same text. */
_must_check_ int config_file_is_current(const char *path, const struct config_file *file,
                                        bool *currentp);
