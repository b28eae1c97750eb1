/* SPDX-License-Identifier: Apache-2.0 */

/* seccompfsd: the worker behind a seccompfs. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/log.h"
#include "config_reload.h"
#include "model/store.h"
#include "options.h"
#include "worker.h"

#define EXIT_USAGE 2
#define PROGRAM    "seccompfs" /* what a person has started */

static int open_store(const struct options *options, struct store **storep, struct diag *diag)
{
	struct store_options store = {
		.config_path = options->config,
		.state_dir = options->state,
		.validate = options->validate,
		.read_only = options->read_only,
	};
	int r = store_open(&store, storep, diag);

	diag_print(diag, stderr, PROGRAM ": ");
	return r;
}

/* Whoever reads the log later has not seen standard error. */
static void log_last_good(const struct options *options, const struct diag *diag)
{
	if (!diag->n_errors)
		return;
	if (options->log != LOG_TARGET_STDERR)
		config_reload_log_errors(diag);
	log_error("machine config cannot be used: the last good one is served");
}

/* Only the mounts and the log are left: whoever started us gets its terminal or pipe back. */
static void leave_standard_files(void)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null_fd >= 0; fd++)
		dup2(null_fd, fd);
}

static int say_ready(int ready_fd)
{
	_cleanup_(closep) int fd = ready_fd;

	return write(fd, "", 1) == 1 ? 0 : -errno;
}

/* No other program gets the mounts or keeps the starter waiting. */
static void close_on_exec(const struct options *options)
{
	fcntl(options->data_fd, F_SETFD, FD_CLOEXEC);
	fcntl(options->control_fd, F_SETFD, FD_CLOEXEC);
	fcntl(options->ready_fd, F_SETFD, FD_CLOEXEC);
}

static int serve(const struct options *options)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_(worker_freep) struct worker *worker = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r;

	close_on_exec(options);
	if (open_store(options, &store, &diag))
		return EXIT_FAILURE;
	r = worker_new(options, store, &worker);
	if (r) {
		log_error("cannot serve: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	log_open(PROGRAM, options->log, LOG_LEVEL_INFO);
	log_last_good(options, &diag);
	r = say_ready(options->ready_fd);
	if (r)
		log_warning("whoever started us does not wait: %s", strerror(-r));
	if (options->log == LOG_TARGET_SYSLOG)
		leave_standard_files();
	return worker_run(worker) ? EXIT_FAILURE : EXIT_SUCCESS;
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
	/* Nobody may be left to read the log or to hear that we are ready. */
	signal(SIGPIPE, SIG_IGN);
	log_open(PROGRAM, LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	return serve(&options);
}
