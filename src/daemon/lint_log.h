#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The linter between requests, and what of its findings goes to the log. */

#include "model/store.h"

struct lint_log {
	struct store *store; /* borrowed */
	size_t n_logged;     /* profiles with findings, since there was nothing to look at */
	size_t n_left_out;   /* that were too many for the log */
};

/* One profile, for struct session_idle: userdata is the log. In the thread of transactions. */
bool lint_log_run(void *userdata);
