#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Takes in what somebody has made of the machine config, and logs what came of it. */

#include <stdbool.h>

#include "fs/control_plane.h"
#include "model/store.h"

struct config_reload {
	struct store *store; /* borrowed */
	int last_error;      /* of the last transaction; 0: none */
	/* For the caller to clear: what came of the last look that had news. */
	enum control_reload outcome;
};

/* One transaction; nothing when there is no news. False: it failed for a reason that is not the
 * file, so that it is worth trying again. */
bool config_reload_run(struct config_reload *reload);
