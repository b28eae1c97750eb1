/* SPDX-License-Identifier: Apache-2.0 */

/* seccompfsd: the worker behind a seccompfs. */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <wchar.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/fuse_mount.h"
#include "base/log.h"
#include "check.h"
#include "fs/notifier.h"
#include "maker.h"
#include "model/store.h"
#include "options.h"
#include "path_watch.h"
#include "profile/filter.h"
#include "sandbox.h"
#include "worker.h"

#define EXIT_USAGE 2
#define PROGRAM    "seccompfs" /* what a person has started */
#define MAPPED_MIN (128 << 10) /* bytes of a block of memory that is a mapping of its own */

/* Whether a worker before us has begun to serve these mounts: then nobody reads our stderr. */
static bool has_predecessor(const struct options *options)
{
	struct stat st;

	return fstat(options->data_flight_fd, &st) == 0 && st.st_size > 0;
}

static int open_store(const struct options *options, const char *maker, bool is_successor,
                      struct store **storep, struct diag *diag)
{
	struct store_options store = {
		.config_path = options->config,
		.state_dir = options->state,
		.profile = options->profile,
		.read_only = options->read_only,
		.is_successor = is_successor,
		.maker = maker,
	};
	int r = store_open(&store, storep, diag);

	if (is_successor)
		diag_log(diag, DIAG_WARNING);
	else
		diag_print(diag, stderr, PROGRAM ": ");
	return r;
}

/* is_told: the log has the reasons already. Who reads it later has not seen standard error. */
static void log_last_good(const struct diag *diag, bool is_told)
{
	if (!diag->n_errors)
		return;
	if (!is_told)
		diag_log(diag, DIAG_ERROR);
	log_error("machine config cannot be used: the last good one is served");
}

/* What somebody has denied in a hurry is easily forgotten. */
static void log_start_news(const struct store *store)
{
	struct store_counts counts;

	if (store_start_news(store))
		log_notice("%s", store_start_news(store));
	store_count(store, &counts);
	if (counts.n_denials)
		log_notice("%zu of %zu profiles are changed by machine.seccompDeny, which denies "
		           "%zu call%s",
		           counts.n_denied, counts.n_profiles, counts.n_denials,
		           counts.n_denials == 1 ? "" : "s");
}

/* Only the mounts and the log are left: whoever started us gets its terminal or pipe back. */
static void leave_standard_files(int null_fd)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null_fd >= 0; fd++)
		dup2(null_fd, fd);
}

/* No other program gets the mounts or keeps the starter waiting. */
static void close_on_exec(const struct options *options)
{
	const int fds[] = { options->data_fd, options->control_fd, options->data_flight_fd,
		            options->control_flight_fd, options->ready_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
}

static int check_device(int fd)
{
	int r = fuse_mount_check_device(fd);

	if (r)
		log_error("descriptor %d is not of /dev/fuse: %s", fd, strerror(-r));
	return r;
}

/* What the sandbox would not let us do, before it. */
static void open_log(const struct options *options, bool is_successor, int *null_fdp)
{
	log_open(PROGRAM, options->log, LOG_LEVEL_INFO);
	if (!is_successor)
		log_open(PROGRAM, LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	*null_fdp = open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int enter_sandbox(const struct options *options, struct sandbox **sandboxp)
{
	const struct needs_options needs = {
		.config = options->config,
		.state = options->state,
		.read_only = options->read_only,
	};
	int r = sandbox_enter(&needs, sandboxp);

	if (r)
		log_error("sandbox cannot be entered: %s", strerror(-r));
	return r;
}

/* Early, while there is little to share with the notifier, and before the first byte that others
 * wrote is read. */
static int prepare(const struct options *options, struct worker_kit *kit)
{
	int r;

	kit->inotify_fd = path_watch_open();
	r = notifier_start(options->data_fd, kit->inotify_fd, sandbox_enter_notifier,
	                   &kit->notifier_fd);
	if (r) {
		log_error("notifier cannot be started: %s", strerror(-r));
		return r;
	}
	r = directory_make(options->state, 0700);
	if (r) {
		log_error("%s: state directory cannot be made: %s", options->state, strerror(-r));
		return r;
	}
	return enter_sandbox(options, &kit->sandbox);
}

static void kit_deinit(struct worker_kit *kit)
{
	sandbox_free(kit->sandbox);
	closep(&kit->inotify_fd);
	closep(&kit->notifier_fd);
}

static int start(const struct options *options, struct store *store, struct worker_kit *kit,
                 struct worker **workerp)
{
	int r = worker_new(options, store, kit, workerp);

	if (r)
		log_error("cannot serve: %s", strerror(-r));
	return r;
}

static int serve(const struct options *options)
{
	_cleanup_(kit_deinit) struct worker_kit kit = WORKER_KIT_INIT;
	_cleanup_(closep) int null_fd = -1;
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_(worker_freep) struct worker *worker = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *maker = maker_describe(&options->profile);
	bool is_successor = has_predecessor(options);
	int r;

	close_on_exec(options);
	open_log(options, is_successor, &null_fd);
	if (check_device(options->data_fd) || check_device(options->control_fd))
		return EXIT_FAILURE;
	if (prepare(options, &kit) || open_store(options, maker, is_successor, &store, &diag))
		return EXIT_FAILURE;
	r = start(options, store, &kit, &worker);
	if (r)
		return r == -EPROTO ? FUSE_MOUNT_EXIT_UNFIT : EXIT_FAILURE;
	log_open(PROGRAM, options->log, LOG_LEVEL_INFO);
	log_start_news(store);
	log_last_good(&diag, is_successor || options->log == LOG_TARGET_STDERR);
	if (options->log == LOG_TARGET_SYSLOG)
		leave_standard_files(null_fd);
	return worker_run(worker) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A large patch takes many times its size for less than a second. With a fixed threshold its blocks
 * are mappings of their own, which the kernel gets back at once; glibc's own choice moves up to 32
 * MiB as such blocks are freed, and keeps as much. */
static void return_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_MIN);
	mallopt(M_TRIM_THRESHOLD, MAPPED_MIN);
}

/* It reads what others wrote, as any worker. */
static int check(const struct options *options)
{
	_cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
	_cleanup_(freep) char *maker = maker_describe(&options->profile);

	log_open(PROGRAM, options->log, LOG_LEVEL_INFO);
	return enter_sandbox(options, &sandbox) || check_run(options, maker) ? EXIT_FAILURE
	                                                                     : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options;

	if (!options_parse(argc, argv, &options))
		return EXIT_USAGE;
	if (options.help) {
		options_print_help();
		return EXIT_SUCCESS;
	}
	return_memory();
	/* Where nothing was written yet perror(3), as libfuse uses it, makes a stream of its own, which
	 * asks whether it is a terminal: the sandbox would end us. */
	fwide(stderr, -1);
	/* It was started by a descriptor, of which the kernel made a name. */
	prctl(PR_SET_NAME, "seccompfsd");
	/* Nobody may be left to read the log or to hear that we are ready. */
	signal(SIGPIPE, SIG_IGN);
	log_open(PROGRAM, LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	if (options_measure_facts(&options))
		return EXIT_FAILURE;
	/* The linter builds filters in the sandbox. */
	filter_prepare();
	return options.check ? check(&options) : serve(&options);
}
