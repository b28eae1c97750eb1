/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "config.h"

#define ARGUMENTS_MAX 16

/* In the child, which has nobody to tell that memory is short. */
static void _printf_(2, 3) add(char **arguments, const char *format, ...)
{
	va_list values;

	while (*arguments)
		arguments++;
	va_start(values, format);
	if (vasprintf(arguments, format, values) < 0)
		_exit(EXIT_FAILURE);
	va_end(values);
}

/* $SECCOMPFS_WORKER, else what is beside this program or where a build directory has it, else what
 * is installed. Returns when none can be run. */
static void exec_program(char **arguments)
{
	const char *chosen = secure_getenv("SECCOMPFS_WORKER");
	char *self = realpath("/proc/self/exe", NULL), *paths[ARGUMENTS_MAX] = { NULL };

	if (!chosen && self) {
		strrchr(self, '/')[1] = '\0';
		add(paths, "%sseccompfsd", self);
		add(paths, "%s../daemon/seccompfsd", self);
	}
	add(paths, "%s", chosen ? chosen : SECCOMPFS_WORKER);
	for (size_t i = 0; paths[i]; i++) {
		execv(paths[i], arguments);
		chosen = paths[i];
	}
	fprintf(stderr, "seccompfs: %s: %s\n", chosen, strerror(errno));
}

/* Signals and the terminal are the supervisor's business: it tells the worker to stop. */
static void run_child(const struct options *options, const struct planes *planes, int ready_fd)
{
	const int fds[] = { planes->data.fd, planes->control.fd, ready_fd };
	char *arguments[ARGUMENTS_MAX] = { NULL };
	struct utsname host;
	sigset_t none;

	uname(&host);
	add(arguments, "seccompfsd");
	add(arguments, "--data-fd=%d", fds[0]);
	add(arguments, "--control-fd=%d", fds[1]);
	add(arguments, "--ready-fd=%d", fds[2]);
	add(arguments, "--config=%s", options->config);
	add(arguments, "--state=%s", options->state);
	add(arguments, "--control-dir=%s", options->control);
	add(arguments, "--validate=%s", options->validate);
	add(arguments, "--max-patch=%s", options->max_patch);
	add(arguments, "--node=%s", options->node ? options->node : host.nodename);
	add(arguments, "--log=%s", options->foreground ? "stderr" : "syslog");
	if (options->read_only)
		add(arguments, "--read-only");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fcntl(fds[i], F_SETFD, 0);
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	exec_program(arguments);
}

int worker_start(struct worker *worker, const struct options *options, const struct planes *planes)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	worker->ready_fd = fds[0];
	pid = fork();
	if (!pid) {
		run_child(options, planes, fds[1]);
		_exit(EXIT_FAILURE);
	}
	close(fds[1]);
	if (pid < 0)
		return -errno;
	worker->pid = pid;
	return 0;
}

bool worker_read_ready(struct worker *worker)
{
	char byte = 1;

	if (read(worker->ready_fd, &byte, 1) < 0 && errno == EINTR)
		return false;
	close(steal_fd(&worker->ready_fd));
	return byte == 0;
}

bool worker_reap(struct worker *worker)
{
	if (waitpid(worker->pid, &worker->status, WNOHANG) != worker->pid)
		return false;
	worker->pid = 0;
	return true;
}
