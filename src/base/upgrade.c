/* SPDX-License-Identifier: Apache-2.0 */

#include "base/upgrade.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/util.h"

#define CHECK_TIMEOUT_MS 30000

#define SERVING "READY=1\nSTATUS=serving"

/* The manager is told, whoever wants the reload waits for that. */
static void fail(struct upgrade *upgrade, const char *end)
{
	char state[sizeof(SERVING) + 64 + COMMAND_END_MAX];

	closep(&upgrade->other_fd);
	upgrade->other_fd = -1;
	upgrade->step = UPGRADE_NONE;
	log_error("upgrade: the new worker: %s: the one before serves on", end);
	snprintf(state, sizeof(state), SERVING "; the upgrade failed: the new worker: %s", end);
	notify_manager(state);
}

void upgrade_begin(struct upgrade *upgrade, const struct server *server)
{
	const char *path;

	upgrade->is_wanted = false;
	notify_manager_reloading("upgrading");
	upgrade->other_fd = command_open_program(&server->command, &path);
	if (upgrade->other_fd < 0) {
		fail(upgrade, error_text(-upgrade->other_fd));
		return;
	}
	upgrade->check_pid = command_start(&server->check, upgrade->other_fd);
	if (upgrade->check_pid < 0) {
		int error = -upgrade->check_pid;

		upgrade->check_pid = 0;
		fail(upgrade, error_text(error));
		return;
	}
	upgrade->step = UPGRADE_CHECKING;
	upgrade->kill_ms = clock_now_ms() + CHECK_TIMEOUT_MS;
}

void upgrade_kill(struct upgrade *upgrade)
{
	if (upgrade->check_pid)
		kill(upgrade->check_pid, SIGKILL);
}

static void exchange_programs(struct upgrade *upgrade, struct server *server)
{
	int fd = server->program_fd;

	server->program_fd = upgrade->other_fd;
	upgrade->other_fd = fd;
}

bool upgrade_reap(struct upgrade *upgrade, struct server *server)
{
	char end[COMMAND_END_MAX];
	int status;

	if (!upgrade->check_pid || waitpid(upgrade->check_pid, &status, WNOHANG) <= 0)
		return false;
	upgrade->check_pid = 0;
	upgrade->kill_ms = 0;
	if (status) {
		command_describe_end(status, end);
		fail(upgrade, end);
		return false;
	}
	exchange_programs(upgrade, server);
	upgrade->step = UPGRADE_REPLACING;
	return true;
}

bool upgrade_on_end(struct upgrade *upgrade, struct server *server, char end[COMMAND_END_MAX])
{
	if (upgrade->step == UPGRADE_REPLACING) {
		upgrade->step = UPGRADE_TRYING;
		snprintf(end, COMMAND_END_MAX, "upgraded");
		return true;
	}
	if (upgrade->step != UPGRADE_TRYING)
		return false;
	exchange_programs(upgrade, server);
	server_describe_end(server, end);
	fail(upgrade, end);
	return true;
}

void upgrade_on_ready(struct upgrade *upgrade)
{
	if (upgrade->step != UPGRADE_TRYING)
		return;
	upgrade->step = UPGRADE_NONE;
	closep(&upgrade->other_fd);
	upgrade->other_fd = -1;
	log_notice("upgrade: the new worker serves");
	notify_manager(SERVING);
}

void upgrade_deinit(struct upgrade *upgrade)
{
	upgrade_kill(upgrade);
	closep(&upgrade->other_fd);
	*upgrade = UPGRADE_INIT;
}
