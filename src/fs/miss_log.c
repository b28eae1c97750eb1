/* SPDX-License-Identifier: Apache-2.0 */

#include "miss_log.h"

#include <stdio.h>

#include "asker.h"

#define NAME_TEXT_MAX  (4 * 255 + 1) /* bytes of an escaped file name */
#define ASKER_TEXT_MAX 128

void miss_log_note(struct miss_log *misses, const struct snapshot *snapshot, const char *name,
                   pid_t thread)
{
	char wanted[NAME_TEXT_MAX] = "", nearest[NAME_TEXT_MAX] = "", who[ASKER_TEXT_MAX];
	char more[64] = "";
	unsigned int n_suppressed;
	const char *suggestion;

	if (!ratelimit_pass(&misses->limit, &n_suppressed))
		return;
	asker_escape(name, wanted, sizeof(wanted));
	asker_describe(thread, who, sizeof(who));
	suggestion = snapshot_suggest(snapshot, name);
	if (suggestion)
		asker_escape(suggestion, nearest, sizeof(nearest));
	if (n_suppressed)
		snprintf(more, sizeof(more), " (%u more were not logged)", n_suppressed);
	log_warning("profile %.300s: not found, asked by %s%s%.300s%s%s", wanted, who,
	            suggestion ? ": did you mean " : "", nearest, suggestion ? "?" : "", more);
}
