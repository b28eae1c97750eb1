/* SPDX-License-Identifier: Apache-2.0 */

#include "asker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

#define FILE_MAX    4096 /* bytes of a file of /proc that are looked at */
#define COMMAND_MAX 64   /* bytes with the NUL; the kernel's own limit is 16 */

/* include/linux/sched.h: it exits, and it was killed by a signal. */
#define PF_EXITING  0x4
#define PF_SIGNALED 0x400

/* Fields of /proc/PID/stat, from 1 behind the command. */
#define STAT_FLAGS     7
#define STAT_EXIT_CODE 50 /* as wait(2) has it; 0 for those who may not trace the process */

/* Returns the bytes read, with a NUL behind, or -errno. */
static ssize_t read_proc(pid_t id, const char *name, char *data, size_t n_data)
{
	_cleanup_(closep) int fd = -1;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)id, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, data, n_data - 1);
	if (n < 0)
		return -errno;
	data[n] = '\0';
	return n;
}

/* 0 when there is no such field. */
static unsigned long stat_field(const char *stat, int field)
{
	/* The command is in parentheses and may hold any byte, also these. */
	const char *p = strrchr(stat, ')');

	for (int i = 0; p && i < field; i++)
		p = strchr(p + 1, ' ');
	return p ? strtoul(p + 1, NULL, 10) : 0;
}

/* Whether /proc shows us all of a process. What it lets us look at may be gone by now. */
static bool may_trace(pid_t thread)
{
	char path[64], target[1];

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)thread);
	return readlink(path, target, sizeof(target)) >= 0 || errno == ENOENT;
}

static bool read_stat(pid_t thread, char data[FILE_MAX])
{
	return thread > 0 && read_proc(thread, "stat", data, FILE_MAX) >= 0;
}

bool asker_is_signaled(pid_t thread)
{
	char data[FILE_MAX];

	return read_stat(thread, data) && stat_field(data, STAT_FLAGS) & PF_SIGNALED;
}

/* The flag is also set on the other threads of a process that exits by itself: they are killed. The
 * exit code, which is the same for all of them, tells the two apart, where we may see it. */
bool asker_is_killed(pid_t thread)
{
	char data[FILE_MAX];

	if (!read_stat(thread, data) || !(stat_field(data, STAT_FLAGS) & PF_SIGNALED))
		return false;
	return stat_field(data, STAT_EXIT_CODE) & 0x7f || !may_trace(thread);
}

bool asker_hears(pid_t thread)
{
	char data[FILE_MAX];

	return thread > 0 && read_proc(thread, "stat", data, sizeof(data)) >= 0 &&
	       !(stat_field(data, STAT_FLAGS) & PF_EXITING);
}

/* Most threads are the first of their process. Whether a signal might be sent to one that is takes the
 * kernel a tenth of the time in which /proc tells all about a process. None is sent. */
static bool is_first(pid_t thread)
{
	return syscall(SYS_tgkill, thread, thread, 0) == 0 || errno == EPERM;
}

pid_t asker_process(pid_t thread)
{
	char data[FILE_MAX];
	const char *line;

	if (thread > 0 && is_first(thread))
		return thread;
	if (thread <= 0 || read_proc(thread, "status", data, sizeof(data)) < 0)
		return 0;
	/* The name, which comes first, has its line breaks escaped. */
	line = strstr(data, "\nTgid:");
	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : 0;
}

void asker_escape(const char *name, char *text, size_t n_text)
{
	size_t n = strlen(text);

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;
		bool is_plain = c >= ' ' && c < 0x7f && c != '\\';

		/* Room for the longest form and the NUL. */
		if (n + 5 > n_text)
			return;
		if (is_plain)
			text[n++] = (char)c;
		else
			n += (size_t)snprintf(text + n, 5, "\\x%02x", c);
		text[n] = '\0';
	}
}

pid_t asker_describe(pid_t thread, char *text, size_t n_text)
{
	pid_t process = asker_process(thread);
	char command[COMMAND_MAX];
	char escaped[4 * COMMAND_MAX] = "";
	pid_t shown = process ? process : thread;

	if (thread <= 0) {
		snprintf(text, n_text, "an unknown process");
		return process;
	}
	if (read_proc(shown, "comm", command, sizeof(command)) < 0) {
		snprintf(text, n_text, "pid %d", (int)shown);
		return process;
	}
	command[strcspn(command, "\n")] = '\0';
	asker_escape(command, escaped, sizeof(escaped));
	snprintf(text, n_text, "pid %d (%s)", (int)shown, escaped);
	return process;
}
