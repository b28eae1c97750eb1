/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An open `control` dies with the worker that opened it, and bytes that wait there for a commit die
 * with it. Nobody may take half a patch for a whole one, so whoever wrote them must hear of it; and
 * who has lost nothing should not be told that he has.
 *
 * So the ledger, which outlives a worker, has the number of each open file that bytes may wait in:
 * from before the first of them is answered until after the commit is. Of a file that a dead worker
 * has opened
 *
 *   - write, read and fsync fail, whatever was written before: what follows is no patch;
 *   - close fails when bytes were waiting, until it is known: until one of the former has failed, or
 *     a close by the process that opened the file. Nobody gets what the close of a process that exits
 *     comes to, nor that of a child which executes another program, so those do not count.
 *
 * The same entries tell a new worker that a patch was lost, even if nobody ever asks. When a
 * transaction was under way the config tells whether it is in: if that is another one than the
 * request began with, then either the state has the result, or the start has found the config and
 * said so. If it is the same, nothing was changed, and this is said here, in place of the result of
 * a transaction long ago, which would look like an answer.
 */

#include <errno.h>
#include <string.h>

#include "asker.h"
#include "base/log.h"
#include "control.h"
#include "ledger.h"

static struct ledger *ledger_of(const struct control_plane *plane)
{
	return session_ledger(plane->session);
}

static void note_config(const struct control_plane *plane)
{
	memcpy(ledger_of(plane)->config, store_config_digest(plane->store), DIGEST_SIZE);
}

void control_begin(struct control_plane *plane, const struct handle *handle, bool is_write)
{
	note_config(plane);
	if (is_write)
		ledger_set_pending(ledger_of(plane), handle->id, control_file_opener(handle->file));
}

void control_end(struct control_plane *plane, const struct handle *handle)
{
	if (!control_file_is_pending(handle->file))
		ledger_clear_pending(ledger_of(plane), handle->id);
	note_config(plane);
}

void control_reloaded(struct control_plane *plane)
{
	note_config(plane);
}

void control_take_over(struct control_plane *plane)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	struct ledger *ledger = ledger_of(plane);
	bool is_same = !memcmp(ledger->config, store_config_digest(plane->store), DIGEST_SIZE);
	size_t n = ledger_take_over(ledger);

	if (!n)
		return;
	log_warning("control: %zu open file%s had bytes of a patch when the worker ended", n,
	            n == 1 ? "" : "s");
	/* The result is what the start says of the config. */
	if (!is_same || !store_serves_config(plane->store))
		return;
	result_fail(&result, EIO,
	            "the worker ended while a patch was being written; nothing was changed");
	store_record_failure(plane->store, &result);
	control_plane_transacted(plane, RESULT_FAILED);
}

void control_lost_told(struct control_plane *plane, uint64_t id)
{
	ledger_clear_pending(ledger_of(plane), id);
}

int control_lost_flush(struct control_plane *plane, uint64_t id, pid_t thread)
{
	const struct ledger *ledger = ledger_of(plane);

	if (!(id & HANDLE_WRITABLE) || !ledger_is_pending(ledger, id))
		return 0;
	if (asker_process(thread) == ledger_opener(ledger, id) && asker_hears(thread))
		control_lost_told(plane, id);
	return -EIO;
}
