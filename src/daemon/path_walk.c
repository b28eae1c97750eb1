/* SPDX-License-Identifier: Apache-2.0 */

#include "path_walk.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"

#define LINKS_MAX  40   /* symbolic links on the way, as in the kernel */
#define TARGET_MAX 4096 /* bytes of a link with the NUL, as in the kernel */

struct walk {
	path_step_fn step;
	void *userdata;
	char *here; /* a directory without links; "": the root */
	char *rest; /* what is to be followed from there */
	unsigned int n_links;
};

static void walk_deinit(struct walk *walk)
{
	free(walk->here);
	free(walk->rest);
}

static void leave_directory(struct walk *walk)
{
	char *slash = strrchr(walk->here, '/');

	if (slash)
		*slash = '\0';
}

/* The path goes on behind a link, which is in walk->here. */
static int follow_link(struct walk *walk, const char *target)
{
	char *rest;

	if (++walk->n_links > LINKS_MAX)
		return -ELOOP;
	if (target[0] == '/')
		walk->here[0] = '\0';
	rest = walk->rest[0] ? path_join(target, walk->rest) : strdup(target);
	return path_replace(&walk->rest, rest);
}

/* One component, which is in the directory walk->here. -errno: the path ends there. */
static int pass(struct walk *walk, const char *name)
{
	_cleanup_(freep) char *path = path_join(walk->here, name);
	char target[TARGET_MAX];
	ssize_t n;

	if (!path)
		return -ENOMEM;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0 && errno != EINVAL)
		return -errno;
	if (n < 0)
		return path_replace(&walk->here, steal_ptr(path));
	target[n] = '\0';
	return follow_link(walk, target);
}

static int take(struct walk *walk)
{
	_cleanup_(freep) char *name = NULL;
	char *begin = walk->rest + strspn(walk->rest, "/");
	size_t n = strcspn(begin, "/");
	int r;

	name = strndup(begin, n);
	if (!name)
		return -ENOMEM;
	memmove(walk->rest, begin + n, strlen(begin + n) + 1);
	if (!name[0] || !strcmp(name, "."))
		return 0;
	if (!strcmp(name, "..")) {
		leave_directory(walk);
		return 0;
	}
	r = walk->step(walk->here[0] ? walk->here : "/", name, !walk->rest[strspn(walk->rest, "/")],
	               walk->userdata);
	return r ? r : pass(walk, name);
}

int path_walk(const char *path, path_step_fn step, void *userdata, char **endp)
{
	_cleanup_(walk_deinit) struct walk walk = { .step = step, .userdata = userdata };
	int r = 0;

	walk.here = strdup("");
	walk.rest = strdup(path);
	if (!walk.here || !walk.rest)
		return -ENOMEM;
	while (!r && walk.rest[0])
		r = take(&walk);
	if (!r && endp)
		*endp = steal_ptr(walk.here);
	return r;
}
