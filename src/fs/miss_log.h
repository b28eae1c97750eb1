#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Says who asked for a profile that is not there. A container that cannot start for that reason
 * tells it nowhere near the node's operator.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/log.h"
#include "model/snapshot.h"

#define MISS_LOG_BURST       20    /* lines in one interval */
#define MISS_LOG_INTERVAL_MS 10000 /* length of an interval */

struct miss_log {
	struct ratelimit limit;
};

#define MISS_LOG_INIT       \
	((struct miss_log){ \
		.limit = { .burst = MISS_LOG_BURST, .interval_ms = MISS_LOG_INTERVAL_MS } })

/* Whether nobody can have meant a profile: hidden names, which shells and file managers try. */
static inline bool miss_is_idle(const char *name)
{
	return name[0] == '.';
}

/* Logs that thread asked for name, unless there are too many. */
void miss_log_note(struct miss_log *misses, const struct snapshot *snapshot, const char *name,
                   pid_t thread);
