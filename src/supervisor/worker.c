/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/log.h"
#include "config.h"

#define RESTARTS_WORD "--restarts=%u"
#define CAUSE_WORD    "--last-cause=%s"
#define WORD_MAX      (sizeof(CAUSE_WORD) + COMMAND_END_MAX)

#define HANG_MS           10000
#define HANG_LOOKS        10 /* in that time */
#define HANG_START_FACTOR 6 /* times as long for one that does not serve yet: it reads everything */

/* $SECCOMPFS_HANG_MS is for tests, which cannot wait for so long. */
static int hang_limit_ms(void)
{
	const char *chosen = secure_getenv("SECCOMPFS_HANG_MS");
	int limit_ms = chosen ? atoi(chosen) : 0;

	return limit_ms >= HANG_LOOKS ? limit_ms : HANG_MS;
}

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

static int add_words(struct command *command, const struct options *options,
                     const struct planes *planes, int ready_fd)
{
	struct utsname host;
	int r = 0;

	uname(&host);
	r |= command_add_word(command, "seccompfsd");
	r |= command_add_fd(command, "data-fd", planes->data.fd);
	r |= command_add_fd(command, "control-fd", planes->control.fd);
	r |= command_add_fd(command, "data-flight-fd", planes->data.flight_fd);
	r |= command_add_fd(command, "control-flight-fd", planes->control.flight_fd);
	r |= command_add_fd(command, "ready-fd", ready_fd);
	r |= command_add_word(command, "--config=%s", options->config);
	r |= command_add_word(command, "--state=%s", options->state);
	r |= command_add_word(command, "--control-dir=%s", options->control);
	r |= command_add_word(command, "--validate=%s", options->validate);
	r |= command_add_word(command, "--max-patch=%s", options->max_patch);
	r |= command_add_word(command, "--node=%s", options->node ? options->node : host.nodename);
	r |= command_add_word(command, "--log=%s", options->foreground ? "stderr" : "syslog");
	if (options->read_only)
		r |= command_add_word(command, "--read-only");
	return r ? -ENOMEM : 0;
}

static int init_commands(struct worker *worker, const struct options *options,
                         const struct planes *planes)
{
	struct command *command = &worker->command;
	int r = add_paths(command);

	r = r ? r : add_words(command, options, planes, worker->ready_fds[1]);
	r = r ? r : command_add_room(command, WORD_MAX, &worker->restarts_word);
	r = r ? r : command_add_room(command, WORD_MAX, &worker->cause_word);
	r = r ? r : add_words(&worker->check, options, planes, worker->ready_fds[1]);
	return r ? r : command_add_word(&worker->check, "--check");
}

int worker_init(struct worker *worker, const struct options *options, const struct planes *planes,
                struct diag *diag)
{
	const char *path;
	int r;

	if (pipe2(worker->ready_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	worker->hang_ms = hang_limit_ms();
	worker->watches[0] = HANG_WATCH_INIT(planes->data.fd, planes->data.flight_fd);
	worker->watches[1] = HANG_WATCH_INIT(planes->control.fd, planes->control.flight_fd);
	r = init_commands(worker, options, planes);
	if (r)
		return r;
	worker_set_history(worker, 0, "");
	worker->program_fd = command_open_program(&worker->command, &path);
	if (worker->program_fd < 0)
		diag_error(diag, NULL, NULL, "%s: %s", path, strerror(-worker->program_fd));
	return worker->program_fd < 0 ? worker->program_fd : 0;
}

void worker_deinit(struct worker *worker)
{
	command_deinit(&worker->command);
	command_deinit(&worker->check);
	closep(&worker->program_fd);
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
	pid_t pid = command_start(&worker->command, worker->program_fd);

	worker->is_ready = worker->is_hung = false;
	for (size_t i = 0; i < ARRAY_SIZE(worker->watches); i++)
		hang_watch_reset(&worker->watches[i]);
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

void worker_look(struct worker *worker)
{
	unsigned int n_max = worker->is_ready ? HANG_LOOKS : HANG_LOOKS * HANG_START_FACTOR;

	for (size_t i = 0; i < ARRAY_SIZE(worker->watches) && worker->pid; i++) {
		if (hang_watch_look(&worker->watches[i], worker->pid) < n_max || worker->is_hung)
			continue;
		worker->is_hung = true;
		log_error("worker: makes no progress while somebody waits: it is killed");
		kill(worker->pid, SIGKILL);
	}
}

int worker_look_ms(const struct worker *worker)
{
	return worker->hang_ms / HANG_LOOKS;
}

bool worker_reap(struct worker *worker)
{
	if (!worker->pid || waitpid(worker->pid, &worker->status, WNOHANG) != worker->pid)
		return false;
	worker->pid = 0;
	return true;
}

void worker_describe_end(const struct worker *worker, char text[COMMAND_END_MAX])
{
	if (worker->is_hung)
		snprintf(text, COMMAND_END_MAX, "hung: no progress for %g s",
		         worker->hang_ms * (worker->is_ready ? 1 : HANG_START_FACTOR) / 1000.0);
	else
		command_describe_end(worker->status, text);
}
