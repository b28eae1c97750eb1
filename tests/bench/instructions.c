/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What callgrind counts for scripts/bench-instructions: the worker's store and both its planes, as
 * seccompfsd puts them together, with 20 profiles of 2 KB: such as are served as they stand, with
 * compile=off, and such as are compiled and linted, as a mount does without options. Nothing is
 * mounted: the program is the kernel as well (kernel_end.h). What the real one does is not counted, nor
 * the notifier, which is a process of its own.
 *
 * Each operation is done once unseen, then n times between two client requests; the file that the
 * second one makes callgrind write has the name of the operation and n in it. What would
 * differ between two runs, or with the weather of the heap, is fixed: the clock, the seed of
 * jansson's tables, file names, which are below the current directory, and malloc(3) (allocator.c).
 *
 * An operation whose meaning changes gets another name: the script compares it with an earlier commit,
 * where that can be with this very program, and else with that commit's own.
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
#include "document/yaml_reader.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"
#include "fs/notifier.h"
#include "instructions_setup.h"
#include "kernel_end.h"
#include "profile/lint_value.h"

#define N_PROFILES 20
#define N_NAMES    64 /* of system calls in a profile: 2 KB */
#define PATCH_SIZE 4096
#define MAX_PATCH  ((size_t)1 << 20)

struct bench {
	const struct setup *setup;
	int notifier_fd;
	struct kernel_end data;
	struct kernel_end control;
	struct store *store;
	char names[N_PROFILES][16];
	uint64_t nodeids[N_PROFILES];
	uint64_t control_nodeid;
	char patch[PATCH_SIZE];
	char *patch_number;       /* its digits in patch: what one commit changes */
	struct stream *stream;    /* of the patch */
	const struct node *value; /* in the patch */
};

struct operation {
	const char *name;
	unsigned int n;
	void (*run)(struct bench *bench, unsigned int i);
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

static void publish(void *userdata, struct snapshot *before, struct snapshot *after)
{
	const struct bench *bench = userdata;

	CHECK(data_plane_publish(bench->data.data, before, after) == 0);
}

/* All of a worker that serves. */
static void begin(struct bench *bench)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	const struct store_options store = {
		.config_path = bench->setup->config_path,
		.state_dir = bench->setup->state_dir,
		.profile = bench->setup->profile,
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
	char path[64];

	end(bench);
	snprintf(path, sizeof(path), "%s/state.json", bench->setup->state_dir);
	CHECK(unlink(path) == 0);
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

/* What a commit does with the one value that it brings, and with no other. */
static void run_compile(struct bench *bench, unsigned int i)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;

	CHECK(profile_render(NULL, bench->value, &bench->setup->profile, NULL, NULL, &bytes,
	                     NULL) == 0);
}

/* Without the filter, whose instructions are those of libseccomp. */
static void run_lint(struct bench *bench, unsigned int i)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	CHECK(lint_value(bench->value, &bench->setup->profile, 0, NULL, &diag) == 0);
	CHECK(diag.n_warnings > 0);
}

static void read_value(struct bench *bench)
{
	const struct node *node;

	CHECK(yaml_read_bytes("patch", bench->patch, strlen(bench->patch), &bench->stream, NULL,
	                      NULL) == 0);
	node = node_find(bench->stream->documents[0].root, "machine");
	node = node_find(node, "seccompProfiles");
	bench->value = node_find(node->items[0], "value");
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

static void start_notifier(int *notifier_fdp)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && notifier_start(fd, -1, NULL, notifier_fdp) == 0);
	close(fd);
}

static const struct operation plain_operations[] = {
	{ "first-start", 2, run_first_start },
	{ "start", 4, run_start },
	{ "lookup", 100, run_lookup },
	{ "first-read", N_PROFILES - 1, run_read },
	{ "read", 100, run_read },
	{ "commit", 10, run_commit },
};

static const struct operation compiled_operations[] = {
	{ "first-start-compiled", 2, run_first_start },
	{ "compile", 10, run_compile },
	{ "lint", 10, run_lint },
	{ "commit-compiled", 10, run_commit },
};

static void measure_all(const struct setup *setup, int notifier_fd,
                        const struct operation *operations, size_t n_operations)
{
	struct bench bench = { .setup = setup, .notifier_fd = notifier_fd };

	setup_write_config(setup, bench.names);
	bench.patch_number = setup_write_patch(setup, bench.patch, sizeof(bench.patch));
	read_value(&bench);
	begin(&bench);
	bench.control_nodeid = kernel_lookup(&bench.control, "control");
	for (size_t i = 0; i < n_operations; i++)
		measure(&bench, &operations[i]);
	end(&bench);
	stream_free(bench.stream);
}

int main(void)
{
	int notifier_fd;

	json_object_seed(1);
	log_open("instructions", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	start_notifier(&notifier_fd);
	measure_all(&setup_plain, notifier_fd, plain_operations, ARRAY_SIZE(plain_operations));
	measure_all(&setup_compiled, notifier_fd, compiled_operations,
	            ARRAY_SIZE(compiled_operations));
	close(notifier_fd);
	return EXIT_SUCCESS;
}
