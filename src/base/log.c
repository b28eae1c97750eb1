/* SPDX-License-Identifier: Apache-2.0 */

#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

#include "base/clock.h"

/* Set once by log_open() before threads exist. */
static const char *log_program = "seccompfs";
static enum log_target log_target = LOG_TARGET_STDERR;
static enum log_level log_max_level = LOG_LEVEL_INFO;
static bool log_to_journal;

/* systemd names the journal's socket; whoever redirects stderr keeps the variable all the same. */
static bool stderr_is_journal(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return journal && sscanf(journal, "%ju:%ju", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_open(const char *program, enum log_target target, enum log_level max_level)
{
	log_program = program;
	log_target = target;
	log_max_level = max_level;
	log_to_journal = stderr_is_journal();
	if (target == LOG_TARGET_SYSLOG)
		openlog(program, LOG_NDELAY | LOG_PID, LOG_DAEMON);
}

bool log_goes_to_stderr(void)
{
	return log_target == LOG_TARGET_STDERR;
}

/* A name or a command from outside must not be able to begin a line of its own. */
static void mask_controls(char *line)
{
	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

void log_message(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (level > log_max_level)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	mask_controls(line);

	if (log_target == LOG_TARGET_SYSLOG)
		syslog((int)level, "%s", line);
	else if (log_to_journal)
		fprintf(stderr, "<%d>%s: %s\n", (int)level, log_program, line);
	else
		fprintf(stderr, "%s: %s\n", log_program, line);
}

_Bool ratelimit_pass(struct ratelimit *limit, unsigned int *n_suppressed)
{
	unsigned long long now_ms = (unsigned long long)clock_now_ms();

	*n_suppressed = 0;
	if (!limit->n_used || now_ms - limit->begin_ms >= limit->interval_ms) {
		limit->begin_ms = now_ms;
		limit->n_used = 0;
		*n_suppressed = limit->n_suppressed;
		limit->n_suppressed = 0;
	}
	if (limit->n_used >= limit->burst) {
		limit->n_suppressed++;
		return false;
	}
	limit->n_used++;
	return true;
}
