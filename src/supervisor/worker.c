/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "config.h"

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
	r |= command_add_word(command, "--compile=%s", options->compile);
	r |= command_add_word(command, "--caps=%s", options->caps);
	r |= command_add_word(command, "--max-patch=%s", options->max_patch);
	r |= command_add_word(command, "--node=%s", options->node ? options->node : host.nodename);
	r |= command_add_word(command, "--log=%s", options->foreground ? "stderr" : "syslog");
	if (options->read_only)
		r |= command_add_word(command, "--read-only");
	return r ? -ENOMEM : 0;
}

static int init_commands(struct server *worker, const struct options *options,
                         const struct planes *planes)
{
	int r = add_paths(&worker->command);

	r = r ? r : add_words(&worker->command, options, planes, worker->ready_fds[1]);
	r = r ? r : server_add_history(worker);
	r = r ? r : add_words(&worker->check, options, planes, worker->ready_fds[1]);
	return r ? r : command_add_word(&worker->check, "--check");
}

int worker_init(struct server *worker, const struct options *options, const struct planes *planes,
                struct diag *diag)
{
	const char *path;
	int r = server_init(worker);

	r = r ? r : init_commands(worker, options, planes);
	if (r)
		return r;
	worker->watches[0] = HANG_WATCH_INIT(planes->data.fd, planes->data.flight_fd);
	worker->watches[1] = HANG_WATCH_INIT(planes->control.fd, planes->control.flight_fd);
	worker->program_fd = command_open_program(&worker->command, &path);
	if (worker->program_fd < 0)
		diag_error(diag, NULL, NULL, "%s: %s", path, strerror(-worker->program_fd));
	return worker->program_fd < 0 ? worker->program_fd : 0;
}
