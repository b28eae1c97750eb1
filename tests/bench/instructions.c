/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What callgrind counts for scripts/bench-instructions: the worker's store and both its planes, as
 * seccompfsd puts them together, with 20 profiles of 2 KB. A socket stands for /dev/fuse, whose
 * messages are whole as well, so that nothing is mounted and each request is served when it is
 * wanted. What the kernel does is not counted, nor the notifier, which is a process of its own.
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

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <valgrind/callgrind.h>

#include "base/buffer.h"
#include "base/log.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"
#include "fs/notifier.h"

#define N_PROFILES  20
#define N_NAMES     64 /* of system calls in a profile: 2 KB */
#define CONFIG_PATH "machine.yaml"
#define STATE_DIR   "state"
#define PATCH_SIZE  4096
#define ANSWER_MAX  ((size_t)64 << 10)
#define MAX_PATCH   ((size_t)1 << 20)

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(EXIT_FAILURE);                                             \
		}                                                                       \
	} while (0)

/* One mount: the kernel's end of its socket, and what the worker is given of it. */
struct mount {
	int kernel_fd;
	int worker_fd;
	int flight_fd;
	uint64_t unique; /* of the last request */
};

struct bench {
	int notifier_fd;
	struct mount data_mount;
	struct mount control_mount;
	struct store *store;
	struct data_plane *data;
	struct control_plane *control;
	char names[N_PROFILES][16];
	uint64_t nodeids[N_PROFILES];
	uint64_t control_nodeid;
	struct fuse_open_out opened; /* `control` */
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

/* In place of the C library's: each look is a millisecond later, so that every run prints as many
 * digits, and the same limits are reached. */
int clock_gettime(clockid_t id, struct timespec *time)
{
	static unsigned int n_looks;

	n_looks++;
	*time = (struct timespec){ .tv_sec = 1800000000 + n_looks / 1000,
		                   .tv_nsec = 100000000 + n_looks % 1000 * 100000 };
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

static void mount_init(struct mount *mount)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	*mount = (struct mount){
		.kernel_fd = fds[0],
		.worker_fd = fds[1],
		.flight_fd = memfd_create("flight", MFD_CLOEXEC | MFD_ALLOW_SEALING),
	};
	CHECK(mount->flight_fd >= 0);
}

static void mount_deinit(struct mount *mount)
{
	close(mount->kernel_fd);
	close(mount->flight_fd);
}

static void publish(void *userdata, struct snapshot *before, struct snapshot *after)
{
	const struct bench *bench = userdata;

	CHECK(data_plane_publish(bench->data, before, after) == 0);
}

/* Asks one of the planes and returns the bytes of its answer, which stand behind the header in
 * answer. Each part of the request may be NULL. */
static size_t ask(struct bench *bench, struct mount *mount, struct fuse_in_header *header,
                  const void *arguments, size_t n_arguments, const void *data, size_t n_data,
                  char answer[static ANSWER_MAX])
{
	struct iovec parts[] = {
		{ header, sizeof(*header) },
		{ (void *)arguments, n_arguments },
		{ (void *)data, n_data },
	};
	struct fuse_out_header *out = (struct fuse_out_header *)answer;
	bool is_unmounted;
	ssize_t n;

	header->len = (uint32_t)(sizeof(*header) + n_arguments + n_data);
	header->unique = mount->unique += 2;
	header->pid = (uint32_t)getpid();
	CHECK(writev(mount->kernel_fd, parts, ARRAY_SIZE(parts)) == (ssize_t)header->len);
	if (mount == &bench->data_mount)
		CHECK(data_plane_run(bench->data, mount->kernel_fd, &is_unmounted) == 0);
	else
		CHECK(control_plane_run(bench->control, mount->kernel_fd, &is_unmounted) == 0);
	n = read(mount->kernel_fd, answer, ANSWER_MAX);
	CHECK(n == (ssize_t)out->len && out->unique == header->unique && !out->error);
	return (size_t)n - sizeof(*out);
}

/* As this kernel's. */
static void ask_init(struct bench *bench, struct mount *mount)
{
	_Alignas(8) char answer[ANSWER_MAX];
	struct fuse_in_header header = { .opcode = FUSE_INIT };
	const struct fuse_init_in init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 128 << 10,
		.flags = FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES |
		         FUSE_AUTO_INVAL_DATA | FUSE_DO_READDIRPLUS | FUSE_CACHE_SYMLINKS,
	};

	ask(bench, mount, &header, &init, sizeof(init), NULL, 0, answer);
}

static uint64_t ask_lookup(struct bench *bench, struct mount *mount, const char *name)
{
	_Alignas(8) char answer[ANSWER_MAX];
	struct fuse_in_header header = { .opcode = FUSE_LOOKUP, .nodeid = FUSE_ROOT_ID };
	struct fuse_entry_out entry;

	CHECK(ask(bench, mount, &header, name, strlen(name) + 1, NULL, 0, answer) == sizeof(entry));
	memcpy(&entry, answer + sizeof(struct fuse_out_header), sizeof(entry));
	return entry.nodeid;
}

/* All of a worker that serves, with what seccompfsd takes by default. */
static void begin(struct bench *bench)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	const struct store_options store = {
		.config_path = CONFIG_PATH,
		.state_dir = STATE_DIR,
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

	mount_init(&bench->data_mount);
	mount_init(&bench->control_mount);
	CHECK(store_open(&store, &bench->store, &diag) == 0);
	snapshot = store_snapshot(bench->store);
	data.fd = bench->data_mount.worker_fd;
	data.flight_fd = bench->data_mount.flight_fd;
	data.snapshot = snapshot;
	CHECK(data_plane_new(&data, &bench->data) == 0);
	control.fd = bench->control_mount.worker_fd;
	control.flight_fd = bench->control_mount.flight_fd;
	control.store = bench->store;
	control.data = bench->data;
	CHECK(control_plane_new(&control, &bench->control) == 0);
	store_subscribe(bench->store, publish, bench);
	ask_init(bench, &bench->data_mount);
	ask_init(bench, &bench->control_mount);
}

static void end(struct bench *bench)
{
	control_plane_free(steal_ptr(bench->control));
	data_plane_free(steal_ptr(bench->data));
	store_free(steal_ptr(bench->store));
	mount_deinit(&bench->control_mount);
	mount_deinit(&bench->data_mount);
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
	bench->nodeids[i] = ask_lookup(bench, &bench->data_mount, bench->names[i]);
}

/* The first time, the worker may have no bytes of a profile yet. */
static void run_read(struct bench *bench, unsigned int i)
{
	_Alignas(8) char answer[ANSWER_MAX];
	struct fuse_in_header header = { .opcode = FUSE_READ,
		                         .nodeid = bench->nodeids[i % N_PROFILES] };
	const struct fuse_read_in read = { .size = 4096 };

	CHECK(ask(bench, &bench->data_mount, &header, &read, sizeof(read), NULL, 0, answer) > 500);
}

/* One that replaces a profile: returns the bytes written. */
static uint32_t write_patch(char text[static PATCH_SIZE], unsigned int errno_ret)
{
	int n = snprintf(
		text, PATCH_SIZE,
		"{machine: {seccompProfiles: [{name: bench-07.json, value: {defaultAction: "
		"SCMP_ACT_ERRNO, defaultErrnoRet: %u, syscalls: [{action: SCMP_ACT_ALLOW, "
		"names: [",
		errno_ret);

	for (unsigned int k = 0; k < N_NAMES; k++)
		n += snprintf(text + n, PATCH_SIZE - (size_t)n, "%s,\n",
		              call_names[k % ARRAY_SIZE(call_names)]);
	n += snprintf(text + n, PATCH_SIZE - (size_t)n, "]}]}}]}}\n");
	return (uint32_t)n;
}

/* One of the requests that are about an open control file. */
static void ask_control(struct bench *bench, uint32_t opcode, const void *arguments,
                        size_t n_arguments, const char *data, size_t n_data)
{
	_Alignas(8) char answer[ANSWER_MAX];
	struct fuse_in_header header = { .opcode = opcode, .nodeid = bench->control_nodeid };

	ask(bench, &bench->control_mount, &header, arguments, n_arguments, data, n_data, answer);
	if (opcode == FUSE_OPEN)
		memcpy(&bench->opened, answer + sizeof(struct fuse_out_header),
		       sizeof(bench->opened));
}

/* A program opens `control`, writes a patch, which commits, and closes. */
static void run_commit(struct bench *bench, unsigned int i)
{
	const struct fuse_open_in open = { .flags = O_WRONLY };
	struct fuse_write_in write = { 0 };
	struct fuse_flush_in flush = { 0 };
	struct fuse_release_in release = { .flags = O_WRONLY };
	char patch[PATCH_SIZE];

	write.size = write_patch(patch, 100 + i);
	ask_control(bench, FUSE_OPEN, &open, sizeof(open), NULL, 0);
	release.fh = flush.fh = write.fh = bench->opened.fh;
	ask_control(bench, FUSE_WRITE, &write, sizeof(write), patch, write.size);
	ask_control(bench, FUSE_FLUSH, &flush, sizeof(flush), NULL, 0);
	ask_control(bench, FUSE_RELEASE, &release, sizeof(release), NULL, 0);
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
	start_notifier(&bench);
	begin(&bench);
	bench.control_nodeid = ask_lookup(&bench, &bench.control_mount, "control");
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		measure(&bench, &operations[i]);
	end(&bench);
	close(bench.notifier_fd);
	return EXIT_SUCCESS;
}
