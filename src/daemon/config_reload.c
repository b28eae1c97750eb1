/* SPDX-License-Identifier: Apache-2.0 */

#include "config_reload.h"

#include <errno.h>

#include "base/log.h"

bool config_reload_run(struct config_reload *reload)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	int r = store_reload(reload->store, &result);
	const char *message = result.message ? result.message : "out of memory";
	bool is_known = r && r != -EINVAL && r == reload->last_error;

	if (!r && result.kind == RESULT_SKIPPED)
		return true;
	reload->outcome = r ? CONTROL_RELOAD_FAILED : CONTROL_RELOADED;
	reload->last_error = r;
	if (!r) {
		log_notice("%s", message);
		return true;
	}
	/* What is tried again and again is told once; bad content is not tried again. */
	if (!is_known) {
		log_error("%s", message);
		diag_log(&result.diag, DIAG_ERROR);
	}
	return r == -EINVAL;
}
