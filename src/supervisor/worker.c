/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "config.h"

#define RESTARTS_WORD "--restarts=%u"
#define CAUSE_WORD    "--last-cause=%s"
#define WORD_MAX      (sizeof(CAUSE_WORD) + COMMAND_END_MAX)

/* $SECCOMPFS_WORKER, else what is beside this program or where a build directory has it, else what
 * is installed. */
static int add_paths(struct command *command)
{
	const char *chosen = secure_getenv("SECCOMPFS_WORKER");
	_cleanup_(freep) char *self = chosen ? NULL : realpath("/proc/self/exe", NULL);
	int r = 0;

	if (self) {
		strrchr(self, '/')[1] = '\0';
		r = command_add_path(command, "%sseccompfsd", self);
		r = r ? r : command_add_path(command, "%s../daemon/seccompfsd", self);
	}
	return r ? r : command_add_path(command, "%s", chosen ? chosen : SECCOMPFS_WORKER);
}

static int add_words(struct worker *worker, const struct options *options,
                     const struct planes *planes)
{
	struct command *command = &worker->command;
	struct utsname host;
	int r = 0;

	uname(&host);
	r |= command_add_word(command, "seccompfsd");
	r |= command_add_fd(command, "data-fd", planes->data.fd);
	r |= command_add_fd(command, "control-fd", planes->control.fd);
	r |= command_add_fd(command, "data-flight-fd", planes->data.flight_fd);
	r |= command_add_fd(command, "control-flight-fd", planes->control.flight_fd);
	r |= command_add_fd(command, "ready-fd", worker->ready_fds[1]);
	r |= command_add_word(command, "--config=%s", options->config);
	r |= command_add_word(command, "--state=%s", options->state);
	r |= command_add_word(command, "--control-dir=%s", options->control);
	r |= command_add_word(command, "--validate=%s", options->validate);
	r |= command_add_word(command, "--max-patch=%s", options->max_patch);
	r |= command_add_word(command, "--node=%s", options->node ? options->node : host.nodename);
	r |= command_add_word(command, "--log=%s", options->foreground ? "stderr" : "syslog");
	if (options->read_only)
		r |= command_add_word(command, "--read-only");
	r |= command_add_room(command, WORD_MAX, &worker->restarts_word);
	r |= command_add_room(command, WORD_MAX, &worker->cause_word);
	if (r)
		return -ENOMEM;
	worker_set_history(worker, 0, "");
	return 0;
}

int worker_init(struct worker *worker, const struct options *options, const struct planes *planes)
{
	int r;

	if (pipe2(worker->ready_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	r = add_paths(&worker->command);
	return r ? r : add_words(worker, options, planes);
}

void worker_deinit(struct worker *worker)
{
	command_deinit(&worker->command);
	closep(&worker->ready_fds[0]);
	closep(&worker->ready_fds[1]);
}

void worker_set_history(struct worker *worker, unsigned int n_restarts, const char *cause)
{
	snprintf(worker->restarts_word, WORD_MAX, RESTARTS_WORD, n_restarts);
	snprintf(worker->cause_word, WORD_MAX, CAUSE_WORD, cause);
}

int worker_start(struct worker *worker)
{
	pid_t pid = command_start(&worker->command);

	worker->is_ready = false;
	worker->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? pid : 0;
}

bool worker_read_ready(struct worker *worker)
{
	char byte;

	if (read(worker->ready_fds[0], &byte, 1) != 1 || worker->is_ready)
		return false;
	worker->is_ready = true;
	return true;
}

bool worker_reap(struct worker *worker)
{
	if (!worker->pid || waitpid(worker->pid, &worker->status, WNOHANG) != worker->pid)
		return false;
	worker->pid = 0;
	return true;
}
