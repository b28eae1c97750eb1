/* SPDX-License-Identifier: Apache-2.0 */

#include "sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/path.h"
#include "base/privilege.h"
#include "landlock.h"
#include "sandbox_calls.h"

/* Bytes of the requests in flight (fs/session.h), which are kept in memory: less than this. */
#define LOCKED_MAX ((rlim_t)1 << 20)

struct sandbox {
	struct needs_options options;
	char *config; /* of the options */
	struct needs needs;
	bool has_landlock;
};

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	needs_deinit(&sandbox->needs);
	free(sandbox->config);
	free(sandbox);
}

/* What this process may do by being root's is measured without any capability. */
static int find_needs(struct sandbox *sandbox, uint64_t had)
{
	struct rlimit locked;
	int r = needs_find(&sandbox->options, &sandbox->needs);

	r = r ? r : privilege_limit(0, had);
	if (r)
		return r;
	needs_measure(&sandbox->options, &sandbox->needs);
	if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur < LOCKED_MAX)
		sandbox->needs.privileges |= PRIVILEGE(CAP_IPC_LOCK);
	return privilege_limit(had, had);
}

static int allow(int ruleset_fd, int abi, const char *directory, enum landlock_access access)
{
	int r = directory ? landlock_allow(ruleset_fd, abi, directory, access) : 0;

	if (r)
		log_warning("%s: out of reach from now on: %s", directory, strerror(-r));
	return r == -ENOMEM ? r : 0;
}

/* Whoever is not allowed a directory meets EACCES there, and says so. */
static int limit_files(struct sandbox *sandbox)
{
	const struct needs_options *options = &sandbox->options;
	const struct needs *needs = &sandbox->needs;
	int abi = 0, r;
	_cleanup_(closep) int ruleset_fd = landlock_new(&abi);

	if (ruleset_fd < 0) {
		log_debug("no landlock: %s", strerror(-ruleset_fd));
		return ruleset_fd == -EOPNOTSUPP ? 0 : ruleset_fd;
	}
	r = allow(ruleset_fd, abi, options->state, LANDLOCK_CHANGE);
	r = r ? r
	      : allow(ruleset_fd, abi, needs->folder.path,
	              options->read_only ? LANDLOCK_READ : LANDLOCK_CHANGE);
	r = r ? r : allow(ruleset_fd, abi, needs->volume.path, LANDLOCK_READ);
	/* Who asked for a profile that is not there, and who writes a patch (fs/asker). */
	r = r ? r : allow(ruleset_fd, abi, "/proc", LANDLOCK_READ);
	r = r ? r : landlock_enter(ruleset_fd);
	sandbox->has_landlock = !r;
	return r;
}

static int enter(struct sandbox *sandbox)
{
	uint64_t had, kept;
	int r = privilege_get(&had);

	r = r ? r : find_needs(sandbox, had);
	r = r ? r : limit_files(sandbox);
	if (r)
		return r;
	kept = sandbox->needs.privileges;
	r = privilege_limit(kept, kept);
	return r ? r : sandbox_limit_worker_calls();
}

int sandbox_enter(const struct needs_options *options, struct sandbox **sandboxp)
{
	_cleanup_(sandbox_freep) struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	int r;

	if (!sandbox)
		return -ENOMEM;
	sandbox->config = strdup(options->config);
	r = sandbox->config ? path_make_absolute(&sandbox->config) : -ENOMEM;
	sandbox->options = *options;
	sandbox->options.config = sandbox->config;
	r = r ? r : enter(sandbox);
	if (!r)
		*sandboxp = steal_ptr(sandbox);
	return r;
}

bool sandbox_is_outgrown(const struct sandbox *sandbox)
{
	_cleanup_(needs_deinit) struct needs now = NEEDS_INIT;

	if (needs_find(&sandbox->options, &now))
		return false;
	needs_measure(&sandbox->options, &now);
	/* Without Landlock each directory is as good as another. */
	if (!sandbox->has_landlock)
		free(steal_ptr(now.folder.path));
	return !needs_are_met(&sandbox->needs, &now);
}

/* It looks at how writers ended (fs/asker), whom Landlock would hide. */
int sandbox_enter_notifier(void)
{
	const uint64_t kept = PRIVILEGE(CAP_SYS_PTRACE);
	int r = privilege_limit(kept, kept);

	return r ? r : sandbox_limit_notifier_calls();
}
