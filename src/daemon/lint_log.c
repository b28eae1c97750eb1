/* SPDX-License-Identifier: Apache-2.0 */

#include "lint_log.h"

#include "base/clock.h"
#include "base/log.h"

/* Profiles whose findings are logged in a row: a first start may have thousands. */
#define LOGGED_MAX 10

/* Whoever starts has the machine for himself until then, and so has what starts beside us. */
#define PAUSE_MS 1000

void lint_log_init(struct lint_log *log, struct store *store)
{
	*log = (struct lint_log){ .store = store, .begin_ms = clock_now_ms() + PAUSE_MS };
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void log_findings(const char *name, const struct diag *diag)
{
	log_warning("profile %s: the linter has %zu error%s and %zu warning%s", name,
	            diag->n_errors, plural(diag->n_errors), diag->n_warnings,
	            plural(diag->n_warnings));
	diag_log(diag, DIAG_WARNING);
}

static void end(struct lint_log *log)
{
	if (log->n_left_out)
		log_warning("%zu more profile%s with findings: seccompctl validate shows them",
		            log->n_left_out, plural(log->n_left_out));
	log->n_logged = log->n_left_out = 0;
}

int lint_log_run(void *userdata)
{
	struct lint_log *log = userdata;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	bool is_full = log->n_logged == LOGGED_MAX;
	const char *name = NULL;
	long long now_ms = clock_now_ms();

	if (now_ms < log->begin_ms)
		return (int)(log->begin_ms - now_ms);
	if (!store_lint_next(log->store, &name, is_full ? NULL : &diag)) {
		end(log);
		return -1;
	}
	if (name && is_full) {
		log->n_left_out++;
	} else if (name) {
		log->n_logged++;
		log_findings(name, &diag);
	}
	return 0;
}
