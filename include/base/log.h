#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The log of a daemon: stderr (with the priority prefix <3>..<7> when that is the journal), or
 * syslog, by datagrams to /dev/log. Lines are lower case, subject first, without full stop; control
 * characters in them come out as '?', and what is longer than 1023 bytes is cut.
 */

#include "base/util.h"

enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
};

/* Values of syslog(3), so that no header of the C library is needed by callers. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/*
 * program is borrowed for the life of the process. May be called again, to change over. What syslog
 * needs is opened by the first call that names it and stays open, so that a sandbox may close the
 * door behind it: after that, also when syslog comes later or again, nothing is opened.
 */
void log_open(const char *program, enum log_target target, enum log_level max_level);

/* Whether what is logged is seen by whoever reads standard error. */
_Bool log_goes_to_stderr(void);

void log_message(enum log_level level, const char *format, ...) _printf_(2, 3);

/* What strerror(3) says, in English and static. strerror() allocates since glibc 2.41, and the supervisor
 * must not: memory may be what is missing. */
const char *error_text(int error);

#define log_error(...)   log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_message(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

struct ratelimit {
	unsigned int burst;       /* lines in one interval */
	unsigned int interval_ms; /* length of an interval */
	/* private */
	unsigned long long begin_ms;
	unsigned int n_used;
	unsigned int n_suppressed;
};

/* True when a line may be logged now; *n_suppressed gets the lines suppressed since the last one
 * that was allowed. Not thread safe: one limit belongs to one thread. */
_Bool ratelimit_pass(struct ratelimit *limit, unsigned int *n_suppressed);
