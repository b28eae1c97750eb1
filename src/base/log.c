/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines for syslog are sent to an address, on a socket that was made when the log was opened and is
 * not connected: so a syslog that comes later, or comes again, gets what is logged from then on,
 * and nobody who may not make sockets has to. syslog(3) would connect anew.
 */

#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include "base/clock.h"

#define LINE_MAX_SIZE   1024   /* bytes of a line, with the NUL */
#define HEAD_MAX_SIZE   128    /* bytes of what syslog wants in front of it */
#define SEND_TIMEOUT_US 100000 /* for a syslog that is there and takes nothing: then it is lost */

static const struct sockaddr_un syslog_address = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };

/* Set once by log_open() before threads exist. */
static const char *log_program = "seccompfs";
static enum log_target log_target = LOG_TARGET_STDERR;
static enum log_level log_max_level = LOG_LEVEL_INFO;
static bool log_to_journal;
static int syslog_fd = -1;

const char *error_text(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
}

/* systemd names the journal's socket; whoever redirects stderr keeps the variable all the same. */
static bool stderr_is_journal(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return journal && sscanf(journal, "%ju:%ju", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* The time zone is read now: later its file may be out of reach. */
static void open_syslog(void)
{
	const struct timeval timeout = { .tv_usec = SEND_TIMEOUT_US };

	tzset();
	if (syslog_fd >= 0)
		return;
	syslog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (syslog_fd >= 0)
		setsockopt(syslog_fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

/* In the form of RFC 3164, as syslog(3) has it. */
static void send_to_syslog(enum log_level level, const char *line)
{
	char text[HEAD_MAX_SIZE + LINE_MAX_SIZE], stamp[32];
	time_t now = time(NULL);
	struct tm fields;

	localtime_r(&now, &fields);
	strftime(stamp, sizeof(stamp), "%b %e %T", &fields);
	snprintf(text, sizeof(text), "<%d>%s %.32s[%d]: %s", LOG_DAEMON | (int)level, stamp,
	         log_program, (int)getpid(), line);
	/* Nobody else could be told that there is no log. */
	sendto(syslog_fd, text, strlen(text), MSG_NOSIGNAL,
	       (const struct sockaddr *)&syslog_address, sizeof(syslog_address));
}

void log_open(const char *program, enum log_target target, enum log_level max_level)
{
	log_program = program;
	log_target = target;
	log_max_level = max_level;
	log_to_journal = stderr_is_journal();
	if (target == LOG_TARGET_SYSLOG)
		open_syslog();
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
	char line[LINE_MAX_SIZE];
	va_list args;

	if (level > log_max_level)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	mask_controls(line);

	if (log_target == LOG_TARGET_SYSLOG)
		send_to_syslog(level, line);
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
