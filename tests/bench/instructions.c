/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What callgrind counts for scripts/bench-instructions: the worker's store and both its planes, as
 * seccompfsd puts them together, with 20 profiles of 2 KB. Nothing is mounted: the program is the
 * kernel as well (kernel_end.h). What the real one does is not counted, nor the notifier, which is a
 * process of its own.
 *
 * Each operation is done once unseen, then n times between two client requests; the file that the
 * second one makes callgrind write has the name of the operation and n in it. What would
 * differ between two runs, or with the weather of the heap, is fixed: the clock, the seed of
 * jansson's tables, file names, which are below the current directory, and malloc(3) (allocator.c).
 *
 * An operation whose meaning changes gets another name: the script compares it with that of an
 * earlier commit.
 *
 * usage: instructions        in an empty directory
 */

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

#include "base/log.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"
#include "fs/notifier.h"
#include "kernel_end.h"

#define N_PROFILES  20
#define N_NAMES     64 /* of system calls in a profile: 2 KB */
#define CONFIG_PATH "machine.yaml"
#define STATE_DIR   "state"
#define PATCH_SIZE  4096
#define MAX_PATCH   ((size_t)1 << 20)

struct bench {
	int notifier_fd;
	struct kernel_end data;
	struct kernel_end control;
	struct store *store;
	char names[N_PROFILES][16];
	uint64_t nodeids[N_PROFILES];
	uint64_t control_nodeid;
	char patch[PATCH_SIZE];
	char *patch_number; /* its digits in patch: what one commit changes */
};

struct operation {
	const char *name;
	unsigned int n;
	void (*run)(struct bench *bench, unsigned int i);
};

static const char *const call_names[] = {
	"accept4",   "bind",         "brk",     "clock_gettime", "close",    "connect", "dup3",
	"epoll_ctl", "epoll_pwait",  "execve",  "exit_group",    "fchmodat", "fcntl",   "fstat",
	"futex",     "getdents64",   "getpid",  "getrandom",     "gettid",   "ioctl",   "listen",
	"lseek",     "madvise",      "mmap",    "mprotect",      "munmap",   "openat",  "pipe2",
	"read",      "rt_sigaction", "sendmsg", "write",
};

/* In place of the C library's: each look is a millisecond later, or more, and so every run prints as
 * many digits, and reaches the same limits. */
int clock_gettime(clockid_t id, struct timespec *time)
{
	static unsigned int n_looks;

	n_looks++;
	*time = (struct timespec){
		.tv_sec = 1800000000 + n_looks / 800,
		.tv_nsec = (200 + n_looks % 800) * 1000000L,
	};
	return 0;
}

static void write_config(struct bench *bench)
{
	FILE *file = fopen(CONFIG_PATH, "we");

	CHECK(file);
	fputs("machine:\n  seccompProfiles:\n", file);
	for (unsigned int i = 0; i < N_PROFILES; i++) {
		snprintf(bench->names[i], sizeof(bench->names[i]), "bench-%02u.json", i);
		fprintf(file,
		        "    - name: %s\n      value:\n        defaultAction: SCMP_ACT_ERRNO\n"
		        "        defaultErrnoRet: %u\n        architectures: [SCMP_ARCH_X86_64]\n"
		        "        syscalls:\n          - action: SCMP_ACT_ALLOW\n            names:\n",
		        bench->names[i], 1 + i);
		for (unsigned int k = 0; k < N_NAMES; k++)
			fprintf(file, "              - %s # as %u\n",
			        call_names[k % ARRAY_SIZE(call_names)], k);
	}
	CHECK(fclose(file) == 0);
}

/* One that replaces a profile. */
static void write_patch(struct bench *bench)
{
	FILE *file = fmemopen(bench->patch, sizeof(bench->patch), "w");

	CHECK(file);
	fputs("{machine: {seccompProfiles: [{name: bench-07.json, value: {defaultAction: "
	      "SCMP_ACT_ERRNO, defaultErrnoRet: 100, syscalls: [{action: SCMP_ACT_ALLOW, names: [",
	      file);
	for (unsigned int k = 0; k < N_NAMES; k++)
		fprintf(file, "%s,\n", call_names[k % ARRAY_SIZE(call_names)]);
	fputs("]}]}}]}}\n", file);
	CHECK(fclose(file) == 0);
	bench->patch_number = strstr(bench->patch, "100");
}

static void publish(void *userdata, struct snapshot *before, struct snapshot *after)
{
	const struct bench *bench = userdata;

	CHECK(data_plane_publish(bench->data.data, before, after) == 0);
}

/* All of a worker that serves, with what seccompfsd takes by default. */
static void begin(struct bench *bench)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	const struct store_options store = {
		.config_path = CONFIG_PATH,
		.state_dir = STATE_DIR,
		.profile = { VALIDATE_STRICT, COMPILE_OFF, NULL },
		.maker = "instructions",
	};
	struct data_plane_options data = {
		.notifier_fd = bench->notifier_fd,
		.control_target = "/run/seccompfs/profiles/control",
	};
	struct control_plane_options control = {
		.notifier_fd = bench->notifier_fd,
		.node = "node-1",
		.max_patch = MAX_PATCH,
		.source = { .fd = -1 },
	};

	kernel_end_init(&bench->data);
	kernel_end_init(&bench->control);
	CHECK(store_open(&store, &bench->store, &diag) == 0);
	snapshot = store_snapshot(bench->store);
	data.fd = bench->data.worker_fd;
	data.flight_fd = bench->data.flight_fd;
	data.snapshot = snapshot;
	CHECK(data_plane_new(&data, &bench->data.data) == 0);
	control.fd = bench->control.worker_fd;
	control.flight_fd = bench->control.flight_fd;
	control.store = bench->store;
	control.data = bench->data.data;
	CHECK(control_plane_new(&control, &bench->control.control) == 0);
	store_subscribe(bench->store, publish, bench);
	kernel_connect(&bench->data);
	kernel_connect(&bench->control);
}

static void end(struct bench *bench)
{
	control_plane_free(bench->control.control);
	data_plane_free(bench->data.data);
	store_free(bench->store);
	kernel_end_deinit(&bench->control);
	kernel_end_deinit(&bench->data);
}

static void run_start(struct bench *bench, unsigned int i)
{
	end(bench);
	begin(bench);
	CHECK(store_trusted_state(bench->store));
}

/* A config that no state knows. */
static void run_first_start(struct bench *bench, unsigned int i)
{
	end(bench);
	CHECK(unlink(STATE_DIR "/state.json") == 0);
	begin(bench);
}

static void run_lookup(struct bench *bench, unsigned int i)
{
	i %= N_PROFILES;
	bench->nodeids[i] = kernel_lookup(&bench->data, bench->names[i]);
}

/* The first time, the worker may have no bytes of a profile yet. */
static void run_read(struct bench *bench, unsigned int i)
{
	CHECK(kernel_read(&bench->data, bench->nodeids[i % N_PROFILES]) > 500);
}

/* A program opens `control`, writes a patch, which commits, and closes. */
static void run_commit(struct bench *bench, unsigned int i)
{
	uint64_t handle = kernel_open(&bench->control, bench->control_nodeid);

	bench->patch_number[1] = (char)('0' + i / 10);
	bench->patch_number[2] = (char)('0' + i % 10);
	kernel_write(&bench->control, bench->control_nodeid, handle, bench->patch,
	             strlen(bench->patch));
	kernel_close(&bench->control, bench->control_nodeid, handle);
}

static void measure(struct bench *bench, const struct operation *operation)
{
	char name[64];

	snprintf(name, sizeof(name), "%s %u", operation->name, operation->n);
	for (unsigned int i = 0; i <= operation->n; i++) {
		if (i == 1)
			CALLGRIND_ZERO_STATS;
		operation->run(bench, i);
	}
	CALLGRIND_DUMP_STATS_AT(name);
}

static void start_notifier(struct bench *bench)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && notifier_start(fd, -1, NULL, &bench->notifier_fd) == 0);
	close(fd);
}

int main(void)
{
	static const struct operation operations[] = {
		{ "first-start", 2, run_first_start },
		{ "start", 4, run_start },
		{ "lookup", 100, run_lookup },
		{ "first-read", N_PROFILES - 1, run_read },
		{ "read", 100, run_read },
		{ "commit", 10, run_commit },
	};
	struct bench bench = { .notifier_fd = -1 };

	json_object_seed(1);
	log_open("instructions", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	write_config(&bench);
	write_patch(&bench);
	start_notifier(&bench);
	begin(&bench);
	bench.control_nodeid = kernel_lookup(&bench.control, "control");
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		measure(&bench, &operations[i]);
	end(&bench);
	close(bench.notifier_fd);
	return EXIT_SUCCESS;
}
