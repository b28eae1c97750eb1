/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the containers of these tests run: payload COMM [wait].
 *
 * It names itself COMM, then makes a fixed row of system calls and prints for each of them "name
 * number errno". Every call after the naming is made with syscall(2) and printed, those that print
 * and leave included, so the kernel's records of this process can be compared with the output one
 * for one. With "wait" it says "ready" first and goes on when a line comes in.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct report {
	char text[2048]; /* enough for 60 calls; main makes 20 */
	size_t length;
};

static void report_call(struct report *report, const char *name, long number, int error)
{
	size_t room = sizeof(report->text) - report->length;
	int n = snprintf(report->text + report->length, room, "%s %ld %d\n", name, number, error);

	if (n > 0 && (size_t)n < room)
		report->length += (size_t)n;
}

static long call(struct report *report, const char *name, long number, long a, long b, long c,
                 long d)
{
	long result = syscall(number, a, b, c, d);

	report_call(report, name, number, result < 0 ? errno : 0);
	return result;
}

#define CALL(report, name, a, b, c, d) \
	call(report, #name, SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d))

static void make_directories(struct report *report)
{
#ifdef SYS_mkdir
	if (CALL(report, mkdir, "/made", 0700, 0, 0) == 0)
		CALL(report, unlinkat, AT_FDCWD, "/made", AT_REMOVEDIR, 0);
#endif
	if (CALL(report, mkdirat, AT_FDCWD, "/made", 0700, 0) == 0)
		CALL(report, unlinkat, AT_FDCWD, "/made", AT_REMOVEDIR, 0);
}

static void write_file(struct report *report)
{
	char byte = 'x';
	long fd = CALL(report, openat, AT_FDCWD, "/note", O_CREAT | O_TRUNC | O_RDWR, 0600);

	CALL(report, write, fd, &byte, 1, 0);
	CALL(report, lseek, fd, 0, SEEK_SET, 0);
	CALL(report, read, fd, &byte, 1, 0);
	CALL(report, close, fd, 0, 0, 0);
	CALL(report, unlinkat, AT_FDCWD, "/note", 0, 0);
}

int main(int argc, char *argv[])
{
	struct report report = { .length = 0 };
	char line[16];

	if (argc < 2 || prctl(PR_SET_NAME, argv[1]) < 0)
		return 2;
	if (argc > 2 && strcmp(argv[2], "wait") == 0) {
		CALL(&report, write, STDOUT_FILENO, "ready\n", 6, 0);
		CALL(&report, read, STDIN_FILENO, line, sizeof(line), 0);
	}
	CALL(&report, getppid, 0, 0, 0, 0);
	CALL(&report, umask, 022, 0, 0, 0);
	CALL(&report, chdir, "/", 0, 0, 0);
	make_directories(&report);
	write_file(&report);

	/* These two cannot be printed after they are done. */
	report_call(&report, "write", SYS_write, 0);
	report_call(&report, "exit_group", SYS_exit_group, 0);
	if (syscall(SYS_write, STDOUT_FILENO, report.text, report.length) != (long)report.length)
		syscall(SYS_exit_group, 1);
	syscall(SYS_exit_group, 0);
}
