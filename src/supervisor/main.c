/* SPDX-License-Identifier: Apache-2.0 */

/* seccompfs: mounts both planes, starts the worker that serves them, and another one when that dies,
 * until it is told to stop or a mount goes away; then it unmounts. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mountinfo.h"
#include "base/notify.h"
#include "base/privilege.h"
#include "base/server.h"
#include "base/upgrade.h"
#include "config.h"
#include "supervisor/mount.h"
#include "supervisor/options.h"
#include "supervisor/worker.h"

#define STOP_TIMEOUT_MS 10000 /* for a worker that was told to stop; then it is killed */
#define PAUSE_MIN_MS    10    /* after a worker that died before it served; doubles each time */
#define PAUSE_MAX_MS    5000

/* What is left once the mounts are there: to unmount, and to remove a directory from one that belongs
 * to another user. */
static const uint64_t privileges = PRIVILEGE(CAP_SYS_ADMIN) | PRIVILEGE(CAP_DAC_OVERRIDE);

struct supervisor {
	struct options *options;
	struct diag *diag; /* for whoever has started us, until we serve; borrowed */
	struct planes planes;
	struct server worker;
	struct upgrade upgrade;
	int signal_fd;
	int mounts_fd; /* POLLPRI when mounts change */
	int front_fd;  /* tells the process in front that we serve; -1 in the foreground */
	bool has_served;
	bool is_stopping;
	bool leaves_mounts; /* to the service manager, for the next start */
	int pause_ms;
	unsigned int n_restarts;
	/* Moments of the clock; 0: nothing is to be done. */
	long long restart_ms; /* no worker is there; the next one comes */
	long long kill_ms;    /* the worker had its time to stop */
	long long look_ms;    /* whether it hangs */
};

/* Before the first mount: nothing that happens later may be missed. */
static int open_fds(struct supervisor *supervisor)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGCHLD, SIG_DFL); /* whoever has started us may ignore it: then none would come */
	signal(SIGPIPE, SIG_IGN); /* whoever reads what we print may go away */
	supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	supervisor->mounts_fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
	return supervisor->signal_fd < 0 || supervisor->mounts_fd < 0 ? -errno : 0;
}

/* The last one to ask decides on the mounts. */
static void stop(struct supervisor *supervisor, bool leaves_mounts, const char *why)
{
	log_notice("%s: ends: %s", supervisor->options->mount_point, why);
	if (!supervisor->is_stopping)
		supervisor->kill_ms = clock_now_ms() + STOP_TIMEOUT_MS;
	supervisor->is_stopping = true;
	supervisor->leaves_mounts = leaves_mounts && supervisor->planes.is_stored;
	notify_manager("STOPPING=1");
	if (supervisor->worker.pid)
		kill(supervisor->worker.pid, SIGTERM);
	supervisor->restart_ms = supervisor->look_ms = 0;
}

/* Not before the first one has served: whoever waits for the mount has a limit of its own. */
static void look_later(struct supervisor *supervisor)
{
	if (!supervisor->is_stopping)
		supervisor->look_ms = clock_now_ms() + server_look_ms(&supervisor->worker);
}

static void on_ready(struct supervisor *supervisor)
{
	if (!server_read_ready(&supervisor->worker))
		return;
	look_later(supervisor);
	upgrade_on_ready(&supervisor->upgrade);
	log_info("%s: serves %s", supervisor->options->mount_point, supervisor->options->config);
	if (supervisor->has_served)
		return;
	supervisor->has_served = true;
	if (supervisor->options->foreground)
		planes_store(&supervisor->planes);
	notify_manager("READY=1\nSTATUS=serving");
	background_ready(&supervisor->front_fd);
}

/* One that nobody follows. If it failed by itself it has said why. */
static void tell_of_last(const struct supervisor *supervisor)
{
	int status = supervisor->worker.status;
	char end[COMMAND_END_MAX];

	server_describe_end(&supervisor->worker, end);
	if (supervisor->has_served && WIFSIGNALED(status))
		log_error("worker: %s", end);
	else if (!supervisor->has_served && supervisor->is_stopping)
		diag_error(supervisor->diag, NULL, NULL, "stopped before it served");
	else if (!supervisor->has_served && (WIFSIGNALED(status) || !status))
		diag_error(supervisor->diag, NULL, NULL, "worker: %s before it served", end);
}

/* Not the first of a mount; but mounts that were taken over have been served before. */
static bool may_be_followed(const struct supervisor *supervisor)
{
	int status = supervisor->worker.status;
	bool is_fit = !WIFEXITED(status) || WEXITSTATUS(status) != FUSE_MOUNT_EXIT_UNFIT;

	return supervisor->has_served || (supervisor->planes.is_stored && is_fit);
}

static void restart(struct supervisor *supervisor, const char *end)
{
	supervisor->kill_ms = 0;
	supervisor->restart_ms = clock_now_ms() + supervisor->pause_ms;
	server_set_history(&supervisor->worker, ++supervisor->n_restarts, end);
}

/* One that had served is followed at once: whatever killed it, the next one may live. */
static void on_end(struct supervisor *supervisor)
{
	struct server *worker = &supervisor->worker;
	int pause_ms = clock_next_pause_ms(supervisor->pause_ms, PAUSE_MIN_MS, PAUSE_MAX_MS);
	char end[COMMAND_END_MAX];

	/* Told to stop before it could listen, or killed by somebody else just then: what it has
	 * acknowledged is on disk. */
	if (supervisor->is_stopping &&
	    (WTERMSIG(worker->status) == SIGTERM ||
	     (WTERMSIG(worker->status) == SIGKILL && supervisor->kill_ms)))
		worker->status = 0;
	if (supervisor->is_stopping || !may_be_followed(supervisor) ||
	    !planes_are_mounted(&supervisor->planes)) {
		tell_of_last(supervisor);
		return;
	}
	if (upgrade_on_end(&supervisor->upgrade, worker, end)) {
		supervisor->pause_ms = 0;
		restart(supervisor, end);
	} else {
		supervisor->pause_ms = worker->is_ready ? 0 : pause_ms;
		server_describe_end(worker, end);
		restart(supervisor, end);
		log_error("worker: %s: restart %u in %d ms", end, supervisor->n_restarts,
		          supervisor->pause_ms);
	}
	worker->status = 0; /* this is no failure to stop */
}

/* The program has been checked: it takes the place of the one that runs. */
static void replace(struct supervisor *supervisor)
{
	if (!supervisor->worker.pid) {
		on_end(supervisor);
		return;
	}
	kill(supervisor->worker.pid, SIGTERM);
	supervisor->kill_ms = clock_now_ms() + STOP_TIMEOUT_MS;
}

static void do_what_is_due(struct supervisor *supervisor)
{
	if (clock_is_due(&supervisor->kill_ms))
		server_kill(&supervisor->worker);
	if (clock_is_due(&supervisor->restart_ms) && server_start(&supervisor->worker))
		on_end(supervisor);
	if (clock_is_due(&supervisor->upgrade.kill_ms))
		upgrade_kill(&supervisor->upgrade);
	if (supervisor->upgrade.is_wanted && supervisor->upgrade.step == UPGRADE_NONE &&
	    supervisor->has_served && !supervisor->is_stopping)
		upgrade_begin(&supervisor->upgrade, &supervisor->worker);
	if (clock_is_due(&supervisor->look_ms)) {
		server_look(&supervisor->worker);
		look_later(supervisor);
	}
}

static void on_child(struct supervisor *supervisor)
{
	if (server_reap(&supervisor->worker))
		on_end(supervisor);
	if (upgrade_reap(&supervisor->upgrade, &supervisor->worker) && !supervisor->is_stopping)
		replace(supervisor);
	command_reap_others(supervisor->worker.pid, supervisor->upgrade.check_pid);
}

static void on_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT || info.ssi_signo == SIGUSR1)
		stop(supervisor, info.ssi_signo == SIGUSR1, "it was told to");
	else if (info.ssi_signo == SIGHUP)
		supervisor->upgrade.is_wanted = true;
	else
		on_child(supervisor);
}

/* Until there is no worker, and shall be none. */
static void supervise(struct supervisor *supervisor)
{
	while (supervisor->worker.pid || supervisor->restart_ms) {
		struct pollfd fds[] = {
			{ .fd = supervisor->signal_fd, .events = POLLIN },
			{ .fd = supervisor->worker.ready_fds[0], .events = POLLIN },
			{ .fd = supervisor->mounts_fd, .events = POLLPRI },
		};
		const long long moments[] = { supervisor->restart_ms, supervisor->kill_ms,
			                      supervisor->look_ms, supervisor->upgrade.kill_ms };
		int n = poll(fds, ARRAY_SIZE(fds), clock_timeout_ms(moments, ARRAY_SIZE(moments)));

		if (n > 0 && fds[2].revents && !supervisor->is_stopping &&
		    !planes_are_mounted(&supervisor->planes))
			stop(supervisor, false, "a mount has gone");
		/* Before its end, which may have come as well. */
		on_ready(supervisor);
		if (n > 0 && fds[0].revents)
			on_signal(supervisor);
		do_what_is_due(supervisor);
	}
}

static bool run(struct options *options, int front_fd, struct diag *diag)
{
	struct supervisor supervisor = { .options = options,
		                         .diag = diag,
		                         .planes = PLANES_INIT,
		                         .worker = SERVER_INIT,
		                         .upgrade = UPGRADE_INIT,
		                         .front_fd = front_fd };
	int r = open_fds(&supervisor);

	if (r)
		diag_error(diag, NULL, NULL, MOUNTINFO_PATH ": %s", strerror(-r));
	r = r ? r : planes_mount(&supervisor.planes, options, diag);
	if (!r && chdir("/") < 0)
		r = -errno;
	r = r ? r : privilege_limit(privileges, privileges | WORKER_PRIVILEGES);
	r = r ? r : worker_init(&supervisor.worker, options, &supervisor.planes, diag);
	r = r ? r : server_start(&supervisor.worker);
	supervise(&supervisor);
	upgrade_deinit(&supervisor.upgrade);
	if (!supervisor.leaves_mounts)
		planes_unmount(&supervisor.planes);
	server_deinit(&supervisor.worker);
	if (r && !diag_first_error(diag))
		diag_error(diag, NULL, NULL, "%s", strerror(-r));
	diag_print(diag, stderr, "seccompfs: ");
	return (supervisor.has_served || supervisor.leaves_mounts) && !supervisor.worker.status;
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
