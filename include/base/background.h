#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A program that goes to the background once it works. It forks at once: the process in front is
 * what the caller waits for. Until the one behind is ready they share standard error, where reasons
 * are shown, and the terminal, so that ^C ends both. A service manager that waits for a service is
 * not told of it (base/notify.h): that is whoever runs the caller.
 */

#include "base/util.h"

/*
 * 0: this is the process behind, and *front_fdp tells the other one. 1: this is the process in
 * front, and the one behind is ready. -ECHILD: it has ended without that. -errno.
 */
_must_check_ int background_fork(int *front_fdp);

/* Leaves standard input and output, the terminal and the process in front; closes *front_fd.
 * Does nothing where that is -1, in the foreground. */
void background_ready(int *front_fd);

/* Closes what the caller has open beyond standard error: a lock or a pipe of its own must not be held
 * for as long as a daemon runs. */
void background_close_inherited_fds(void);

/* Opens /dev/null as whatever is closed of the descriptors 0 to 2, lest another file be there. */
void background_open_standard_fds(void);
