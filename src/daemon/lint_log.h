#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The linter between requests, and what of its findings goes to the log. */

#include "model/store.h"

struct lint_log {
	struct store *store; /* borrowed */
	size_t n_logged;     /* profiles with findings, since there was nothing to look at */
	size_t n_left_out;   /* that were too many for the log */
	long long begin_ms;  /* of clock_now_ms(): not before that */
};

void lint_log_init(struct lint_log *log, struct store *store);

/* One profile, for struct control_plane_idle: userdata is the log. In the thread of transactions. */
int lint_log_run(void *userdata);
