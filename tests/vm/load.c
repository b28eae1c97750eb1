/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The readers and the writer of the tests on a whole machine, where an interpreter would be slow.
 *
 *   load write CONTROL BOARD   patches number n, n + 1, ... until SIGTERM; prints `ack N` for each that
 *                              has succeeded, begins behind the last one that the profiles show
 *   load read DIRECTORY BOARD  reads profiles at random until SIGTERM, then prints what it met
 *
 * Patch n sets two profiles, p(n % 20).json and last.json, to bytes that n determines. The board is a
 * file that they share: what was acknowledged of each profile. So a reader knows all that a file may
 * say: exactly the bytes of one patch, which is none before the last acknowledged one.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define N_NAMES     20
#define N_RULES     6
#define PROFILE_MAX 4096
#define SHOWN_MAX   5 /* failures that are told in full */

struct board {
	_Atomic long acknowledged[N_NAMES + 1]; /* the last one is last.json's */
};

struct tally {
	long reads, failed, wrong, stale;
	double longest_ms;
};

static volatile sig_atomic_t is_stopping;

static void on_signal(int number)
{
	is_stopping = 1;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The bytes of a profile after patch n. Also a patch may contain them: JSON is YAML. */
static size_t profile_of(long n, char out[PROFILE_MAX])
{
	int length = snprintf(out, PROFILE_MAX,
	                      "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[");

	for (int i = 0; i < N_RULES; i++)
		length += snprintf(out + length, PROFILE_MAX - (size_t)length,
		                   "%s{\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":%d,"
		                   "\"op\":\"SCMP_CMP_EQ\",\"value\":%ld}],\"names\":[\"read\"]}",
		                   i ? "," : "", i, n);
	length += snprintf(out + length, PROFILE_MAX - (size_t)length, "]}");
	return (size_t)length;
}

/* The number in a profile, or -1. */
static long number_in(const char *profile)
{
	const char *value = strstr(profile, "\"value\":");

	return value ? atol(value + strlen("\"value\":")) : -1;
}

static void name_of(int k, char name[32])
{
	if (k == N_NAMES)
		strcpy(name, "last.json");
	else
		snprintf(name, 32, "p%d.json", k);
}

static struct board *map_board(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *board;

	if (fd < 0 || ftruncate(fd, sizeof(struct board)) < 0)
		return NULL;
	board = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return board == MAP_FAILED ? NULL : board;
}

/* The length, or -1 with errno. */
static ssize_t read_profile(int dir_fd, const char *name, char out[PROFILE_MAX])
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t length = 0, n = fd < 0 ? -1 : 1;

	while (n > 0 && length < PROFILE_MAX - 1) {
		n = read(fd, out + length, (size_t)(PROFILE_MAX - 1 - length));
		length += n > 0 ? n : 0;
	}
	if (n < 0)
		length = -1;
	else
		out[length] = '\0';
	if (fd >= 0)
		close(fd);
	return length;
}

static void read_one(int dir_fd, const char *name, long acknowledged, struct tally *tally)
{
	char found[PROFILE_MAX], expected[PROFILE_MAX];
	double begin = now_ms();
	ssize_t length = read_profile(dir_fd, name, found);
	double took = now_ms() - begin;
	bool is_first = tally->failed + tally->wrong + tally->stale < SHOWN_MAX;
	long n;

	tally->reads++;
	if (took > tally->longest_ms)
		tally->longest_ms = took;
	if (length < 0) {
		tally->failed++;
		if (is_first)
			printf("%s: %s\n", name, strerror(errno));
		return;
	}
	n = number_in(found);
	if ((size_t)length != profile_of(n, expected) || strcmp(found, expected)) {
		tally->wrong++;
		if (is_first)
			printf("%s: wrong bytes: %s\n", name, found);
	} else if (n < acknowledged) {
		tally->stale++;
		if (is_first)
			printf("%s: %ld, but %ld was acknowledged\n", name, n, acknowledged);
	}
}

static int read_until_stopped(const char *directory, struct board *board)
{
	int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tally tally = { 0 };

	srandom((unsigned int)getpid());
	while (!is_stopping) {
		int k = (int)(random() % (N_NAMES + 1));
		long acknowledged = atomic_load(&board->acknowledged[k]);
		char name[32];

		name_of(k, name);
		if (acknowledged)
			read_one(dir_fd, name, acknowledged, &tally);
	}
	printf("reads %ld failed %ld wrong %ld stale %ld longest_ms %.0f\n", tally.reads,
	       tally.failed, tally.wrong, tally.stale, tally.longest_ms);
	return tally.reads && !tally.failed && !tally.wrong && !tally.stale ? 0 : 1;
}

/* 0, or -1 with errno. A closed document: the write itself is answered with the outcome. */
static int patch(const char *control, long n)
{
	char text[3 * PROFILE_MAX], profile[PROFILE_MAX];
	int fd = open(control, O_WRONLY | O_CLOEXEC), length, error = 0;

	if (fd < 0)
		return -1;
	profile_of(n, profile);
	length = snprintf(text, sizeof(text),
	                  "{machine: {seccompProfiles: [{name: p%ld.json, value: %s}, "
	                  "{name: last.json, value: %s}]}}\n",
	                  n % N_NAMES, profile, profile);
	if (write(fd, text, (size_t)length) != length)
		error = errno ? errno : EIO;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

/* A patch whose worker dies says EIO and may be in or not; it is tried until it succeeds. */
static int write_until_stopped(const char *control, struct board *board, long n)
{
	long retries = 0;

	for (; !is_stopping; n++) {
		while (patch(control, n) < 0) {
			if (errno != EIO) {
				printf("patch %ld: %s\n", n, strerror(errno));
				return 1;
			}
			retries++;
		}
		atomic_store(&board->acknowledged[n % N_NAMES], n);
		atomic_store(&board->acknowledged[N_NAMES], n);
		printf("ack %ld\n", n);
	}
	printf("patches until %ld, %ld tried again\n", n - 1, retries);
	return 0;
}

/* What a board that is new has to know of the profiles there are. The number of the next patch. */
static long fill_board(const char *control, struct board *board)
{
	char *directory = strdup(control), profile[PROFILE_MAX], name[32];
	int dir_fd;
	long n;

	strrchr(directory, '/')[1] = '\0';
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int k = 0; k <= N_NAMES; k++) {
		name_of(k, name);
		if (read_profile(dir_fd, name, profile) > 0)
			atomic_store(&board->acknowledged[k], number_in(profile));
	}
	close(dir_fd);
	free(directory);
	n = atomic_load(&board->acknowledged[N_NAMES]);
	return n + 1;
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_signal };
	struct board *board = argc == 4 ? map_board(argv[3]) : NULL;

	if (!board) {
		fputs("usage: load read|write DIRECTORY|CONTROL BOARD\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &action, NULL);
	if (!strcmp(argv[1], "read"))
		return read_until_stopped(argv[2], board);
	return write_until_stopped(argv[2], board, fill_board(argv[2], board));
}
