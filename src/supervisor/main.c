/* SPDX-License-Identifier: Apache-2.0 */

/* seccompfs: mounts both planes, starts the worker that serves them, waits, and unmounts. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/background.h"
#include "base/log.h"
#include "base/mountinfo.h"
#include "base/notify.h"
#include "config.h"
#include "supervisor/mount.h"
#include "supervisor/options.h"
#include "supervisor/worker.h"

#define STOP_TIMEOUT_MS 10000 /* for a worker that was told to stop; then it is killed */

struct supervisor {
	struct options *options;
	struct planes planes;
	struct worker worker;
	int signal_fd;
	int mounts_fd; /* POLLPRI when mounts change */
	int front_fd;  /* tells the process in front that we serve; -1 in the foreground */
	bool is_ready;
	bool is_stopping;
};

/* Before the first mount: nothing that happens later may be missed. */
static int open_fds(struct supervisor *supervisor)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN); /* whoever reads what we print may go away */
	supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	supervisor->mounts_fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
	return supervisor->signal_fd < 0 || supervisor->mounts_fd < 0 ? -errno : 0;
}

static void stop(struct supervisor *supervisor)
{
	supervisor->is_stopping = true;
	notify_manager("STOPPING=1");
	kill(supervisor->worker.pid, SIGTERM);
}

static void on_ready(struct supervisor *supervisor)
{
	if (!worker_read_ready(&supervisor->worker))
		return;
	supervisor->is_ready = true;
	log_info("%s: serves %s", supervisor->options->mount_point, supervisor->options->config);
	notify_manager("READY=1\nSTATUS=serving");
	if (supervisor->front_fd >= 0)
		background_ready(&supervisor->front_fd);
}

static void on_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
		stop(supervisor);
	else if (info.ssi_signo == SIGCHLD)
		worker_reap(&supervisor->worker);
}

/* Until the worker has ended. */
static void supervise(struct supervisor *supervisor)
{
	while (supervisor->worker.pid) {
		struct pollfd fds[] = {
			{ .fd = supervisor->signal_fd, .events = POLLIN },
			{ .fd = supervisor->worker.ready_fd, .events = POLLIN },
			{ .fd = supervisor->mounts_fd, .events = POLLPRI },
		};
		int n = poll(fds, ARRAY_SIZE(fds), supervisor->is_stopping ? STOP_TIMEOUT_MS : -1);

		if (!n)
			kill(supervisor->worker.pid, SIGKILL);
		if (n <= 0)
			continue;
		if (fds[1].revents)
			on_ready(supervisor);
		if (fds[2].revents && !supervisor->is_stopping &&
		    !planes_are_mounted(&supervisor->planes))
			stop(supervisor);
		if (fds[0].revents)
			on_signal(supervisor);
	}
}

/* A worker that ends by itself says why; one that is killed cannot. */
static void tell_of_kill(const struct supervisor *supervisor, struct diag *diag)
{
	int status = supervisor->worker.status;

	if (WIFSIGNALED(status) && supervisor->is_ready)
		log_error("worker: killed by signal %d", WTERMSIG(status));
	else if (WIFSIGNALED(status))
		diag_error(diag, NULL, NULL, "worker: killed by signal %d", WTERMSIG(status));
}

static bool run(struct options *options, int front_fd, struct diag *diag)
{
	struct supervisor supervisor = { .options = options,
		                         .planes = PLANES_INIT,
		                         .worker = WORKER_INIT,
		                         .front_fd = front_fd };
	int r = open_fds(&supervisor);

	if (r)
		diag_error(diag, NULL, NULL, MOUNTINFO_PATH ": %s", strerror(-r));
	r = r ? r : planes_mount(&supervisor.planes, options, diag);
	if (!r && chdir("/") < 0)
		r = -errno;
	r = r ? r : worker_start(&supervisor.worker, options, &supervisor.planes);
	supervise(&supervisor);
	tell_of_kill(&supervisor, diag);
	planes_unmount(&supervisor.planes);
	if (r && !diag_first_error(diag))
		diag_error(diag, NULL, NULL, "%s", strerror(-r));
	diag_print(diag, stderr, "seccompfs: ");
	return supervisor.is_ready && !supervisor.worker.status;
}

static bool serve(struct options *options, struct diag *diag)
{
	int front_fd = -1, r = 0;

	background_open_standard_fds();
	if (!options->foreground)
		background_close_inherited_fds();
	umask(022);
	log_open("seccompfs", options->foreground ? LOG_TARGET_STDERR : LOG_TARGET_SYSLOG,
	         LOG_LEVEL_INFO);
	if (!options->foreground)
		r = background_fork(&front_fd);
	return r ? r > 0 : run(options, front_fd, diag);
}

int main(int argc, char *argv[])
{
	_cleanup_(options_deinit) struct options options = OPTIONS_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = options_parse(argc, argv, &options, &diag);
	bool done = true;

	if (!r && options.remount)
		diag_error(&diag, NULL, NULL, "remount is not possible: unmount, and mount again");
	diag_print(&diag, stderr, "seccompfs: ");
	if (r)
		return options.helper ? 1 : 2;
	if (options.action == OPTIONS_HELP)
		options_print_help();
	else if (options.action == OPTIONS_VERSION)
		puts("seccompfs " SECCOMPFS_VERSION);
	else if (options.action == OPTIONS_MOUNT)
		done = !options.remount && serve(&options, &diag);
	if (done)
		return 0;
	return options.helper ? 32 : 1;
}
