/* SPDX-License-Identifier: Apache-2.0 */

#include "base/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/util.h"

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

int server_init(struct server *server)
{
	server->hang_ms = hang_limit_ms();
	return pipe2(server->ready_fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

int server_add_history(struct server *server)
{
	int r = command_add_room(&server->command, WORD_MAX, &server->restarts_word);

	r = r ? r : command_add_room(&server->command, WORD_MAX, &server->cause_word);
	if (!r)
		server_set_history(server, 0, "");
	return r;
}

void server_deinit(struct server *server)
{
	command_deinit(&server->command);
	command_deinit(&server->check);
	closep(&server->program_fd);
	closep(&server->ready_fds[0]);
	closep(&server->ready_fds[1]);
}

void server_set_history(struct server *server, unsigned int n_restarts, const char *cause)
{
	snprintf(server->restarts_word, WORD_MAX, RESTARTS_WORD, n_restarts);
	snprintf(server->cause_word, WORD_MAX, CAUSE_WORD, cause);
}

int server_start(struct server *server)
{
	char byte;
	pid_t pid;

	/* One before may have said that it serves, and died at once. */
	while (read(server->ready_fds[0], &byte, 1) == 1)
		;
	pid = command_start(&server->command, server->program_fd);
	server->start_error = pid < 0 ? -pid : 0;
	server->is_ready = server->is_hung = false;
	for (size_t i = 0; i < ARRAY_SIZE(server->watches); i++)
		hang_watch_reset(&server->watches[i]);
	server->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? pid : 0;
}

bool server_read_ready(struct server *server)
{
	char byte;

	if (read(server->ready_fds[0], &byte, 1) != 1 || server->is_ready)
		return false;
	server->is_ready = true;
	return true;
}

void server_look(struct server *server)
{
	unsigned int n_max = server->is_ready ? HANG_LOOKS : HANG_LOOKS * HANG_START_FACTOR;

	for (size_t i = 0; i < ARRAY_SIZE(server->watches) && server->pid; i++) {
		if (hang_watch_look(&server->watches[i], server->pid) < n_max || server->is_hung)
			continue;
		server->is_hung = true;
		log_error("worker: makes no progress while somebody waits: it is killed");
		kill(server->pid, SIGKILL);
	}
}

int server_look_ms(const struct server *server)
{
	return server->hang_ms / HANG_LOOKS;
}

void server_kill(const struct server *server)
{
	if (!server->pid)
		return;
	log_error("worker: does not end in time: it is killed");
	kill(server->pid, SIGKILL);
}

bool server_reap(struct server *server)
{
	if (!server->pid || waitpid(server->pid, &server->status, WNOHANG) != server->pid)
		return false;
	server->pid = 0;
	return true;
}

void server_describe_end(const struct server *server, char text[COMMAND_END_MAX])
{
	if (server->start_error)
		snprintf(text, COMMAND_END_MAX, "cannot be started: %s",
		         error_text(server->start_error));
	else if (server->is_hung)
		snprintf(text, COMMAND_END_MAX, "hung: no progress for %g s",
		         server->hang_ms * (server->is_ready ? 1 : HANG_START_FACTOR) / 1000.0);
	else
		command_describe_end(server->status, text);
}
