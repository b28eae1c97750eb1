#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Watches the machine config and says when it is time to look at it: once at the beginning, and
 * after each change, when its writer seems to be done. An editor takes several steps to save a file,
 * and the file may be missing, empty or half between two of them.
 */

#include <stdbool.h>

#include "base/util.h"

#define CONFIG_WATCH_QUIET_MS 30   /* without a further change */
#define CONFIG_WATCH_MAX_MS   500  /* from the first change, whatever goes on */
#define CONFIG_WATCH_RETRY_MS 5000 /* when it could not be watched, or not be looked at */

struct config_watch;

/* To look at the file. False: call again in a while, something but the file was in the way. */
typedef bool (*config_watch_fn)(void *userdata);

/* path is copied; takes fd of path_watch_open(), also when it fails. 0 or -errno; what only keeps it
 * from watching, as an error in place of fd, is logged, and then it looks every
 * CONFIG_WATCH_RETRY_MS. */
_must_check_ int config_watch_new(const char *path, int fd, config_watch_fn look, void *userdata,
                                  struct config_watch **watchp);

/* Asked at once after a change, before the pause, and before each look. False: it is not to be looked
 * at any more. guard may be NULL. */
void config_watch_set_guard(struct config_watch *watch, config_watch_fn guard, void *userdata);

void config_watch_free(struct config_watch *watch);
DEFINE_CLEANUP(struct config_watch *, config_watch_free);

/* Readable when config_watch_dispatch() has something to do. Borrowed. */
int config_watch_fd(const struct config_watch *watch);

/* Takes what has happened, and calls look when it is time. Never blocks. */
void config_watch_dispatch(struct config_watch *watch);
