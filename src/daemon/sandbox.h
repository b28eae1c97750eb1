#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the worker gives up before it reads the first byte that others wrote: capabilities, files,
 * system calls. docs/design.md, "What a worker may do".
 */

#include "needs.h"

struct sandbox;

/*
 * Limits the calling thread, and all that it starts, for good. To be called when there are no other
 * threads, the directory of the state is there, the log is open, and the notifier has been started.
 * The strings of options are borrowed for as long as the sandbox is there. 0 or -errno.
 */
_must_check_ int sandbox_enter(const struct needs_options *options, struct sandbox **sandboxp);
void sandbox_free(struct sandbox *sandbox);
DEFINE_CLEANUP(struct sandbox *, sandbox_free);

/*
 * Whether the config has become one that needs more than was left: its directory is another one, or
 * it got another owner. Only a worker that is started anew can go on with it. In any thread.
 */
bool sandbox_is_outgrown(const struct sandbox *sandbox);

/* Limits the notifier; in its process. 0 or -errno. */
_must_check_ int sandbox_enter_notifier(void);
