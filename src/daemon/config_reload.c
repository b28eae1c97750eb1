/* SPDX-License-Identifier: Apache-2.0 */

#include "config_reload.h"

#include <errno.h>

#include "base/log.h"

#define LOGGED_MAX 10 /* errors; `control` has more */

void config_reload_log_errors(const struct diag *diag)
{
	unsigned int n = 0;

	for (size_t i = 0; i < diag->n_entries && n < LOGGED_MAX; i++) {
		_cleanup_(buffer_deinit) struct buffer line = BUFFER_INIT;

		if (diag->entries[i].severity != DIAG_ERROR)
			continue;
		diag_entry_format(&diag->entries[i], &line);
		if (!buffer_error(&line))
			log_error("%s", line.data);
		n++;
	}
	if (diag->n_errors > n)
		log_error("machine config: %zu more errors", diag->n_errors - n);
}

bool config_reload_run(struct config_reload *reload)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	int r = store_reload(reload->store, &result);
	const char *message = result.message ? result.message : "out of memory";
	bool is_known = r && r != -EINVAL && r == reload->last_error;

	if (!r && result.kind == RESULT_SKIPPED)
		return true;
	reload->has_run = true;
	reload->last_error = r;
	if (!r) {
		log_notice("%s", message);
		return true;
	}
	/* What is tried again and again is told once; bad content is not tried again. */
	if (!is_known) {
		log_error("%s", message);
		config_reload_log_errors(&result.diag);
	}
	return r == -EINVAL;
}
