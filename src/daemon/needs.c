/* SPDX-License-Identifier: Apache-2.0 */

#include "needs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/array.h"
#include "base/path.h"
#include "base/privilege.h"
#include "path_walk.h"

static void directory_deinit(struct needs_directory *directory)
{
	free(directory->path);
	*directory = (struct needs_directory){ 0 };
}

void needs_deinit(struct needs *needs)
{
	for (size_t i = 0; i < needs->n_passed; i++)
		free(needs->passed[i]);
	free(needs->passed);
	free(needs->config);
	directory_deinit(&needs->folder);
	directory_deinit(&needs->volume);
	*needs = NEEDS_INIT;
}

static int set_directory(struct needs_directory *directory, const char *path)
{
	struct stat st;

	directory_deinit(directory);
	if (stat(path, &st) < 0)
		return 0;
	directory->device = st.st_dev;
	directory->inode = st.st_ino;
	directory->path = strdup(path);
	return directory->path ? 0 : -ENOMEM;
}

static int add_passed(struct needs *needs, const char *directory)
{
	char **passed = array_make_room(needs->passed, needs->n_passed, sizeof(*passed));

	if (!passed)
		return -ENOMEM;
	needs->passed = passed;
	passed[needs->n_passed] = strdup(directory);
	return passed[needs->n_passed++] ? 0 : -ENOMEM;
}

static int step(const char *directory, const char *name, bool is_last, void *userdata)
{
	struct needs *needs = userdata;
	int r = add_passed(needs, directory);

	directory_deinit(&needs->folder);
	if (!r && is_last)
		r = set_directory(&needs->folder, directory);
	if (!r && !strcmp(name, "..data"))
		r = set_directory(&needs->volume, directory);
	return r;
}

int needs_find(const struct needs_options *options, struct needs *needs)
{
	int r;

	*needs = NEEDS_INIT;
	r = path_walk(options->config, step, needs, &needs->config);
	if (r == -EACCES) /* not with the capabilities of now */
		needs->privileges |= PRIVILEGE(CAP_DAC_READ_SEARCH);
	return r == -ENOMEM ? r : 0;
}

/* The kernel's own word, for the capabilities that are effective; a kernel before 5.8 does not give
 * it. */
static bool may_access(const char *path, int mode)
{
	return syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS) == 0 ||
	       (errno != EACCES && errno != ENOSYS);
}

static void measure_access(struct needs *needs, const char *path, int mode)
{
	if (may_access(path, mode))
		return;
	needs->privileges |= mode & W_OK ? PRIVILEGE(CAP_DAC_OVERRIDE)
	                                 : PRIVILEGE(CAP_DAC_READ_SEARCH);
}

/* The file that replaces the config gets its owner and mode, and access list and label. */
static void measure_owner(struct needs *needs)
{
	struct stat st;

	if (stat(needs->config, &st) < 0 || (st.st_uid == geteuid() && st.st_gid == getegid()))
		return;
	needs->privileges |= PRIVILEGE(CAP_CHOWN) | PRIVILEGE(CAP_FOWNER);
}

void needs_measure(const struct needs_options *options, struct needs *needs)
{
	int mode = options->read_only ? R_OK : R_OK | W_OK;

	for (size_t i = 0; i < needs->n_passed; i++)
		measure_access(needs, needs->passed[i], R_OK | X_OK);
	if (needs->folder.path)
		measure_access(needs, needs->folder.path, mode | X_OK);
	if (needs->config)
		measure_access(needs, needs->config, mode);
	if (needs->config && !options->read_only)
		measure_owner(needs);
	measure_access(needs, options->state, R_OK | W_OK | X_OK);
	/* The one includes the other. */
	if (needs->privileges & PRIVILEGE(CAP_DAC_OVERRIDE))
		needs->privileges &= ~PRIVILEGE(CAP_DAC_READ_SEARCH);
}

static bool is_directory(const struct stat *st, const struct needs_directory *directory)
{
	return directory->path && st->st_dev == directory->device && st->st_ino == directory->inode;
}

/* Whether path is one of the directories of before, or below one. */
static bool is_below(const struct needs *before, const char *path)
{
	_cleanup_(freep) char *parent = strdup(path);
	char *slash = parent;
	struct stat st;

	while (parent && slash) {
		if (stat(*parent ? parent : "/", &st) == 0 &&
		    (is_directory(&st, &before->folder) || is_directory(&st, &before->volume)))
			return true;
		slash = strrchr(parent, '/');
		if (slash)
			*slash = '\0';
	}
	return !parent;
}

bool needs_are_met(const struct needs *before, const struct needs *now)
{
	uint64_t had = before->privileges;

	if (had & PRIVILEGE(CAP_DAC_OVERRIDE))
		had |= PRIVILEGE(CAP_DAC_READ_SEARCH);
	if (now->privileges & ~had)
		return false;
	return !now->folder.path || is_below(before, now->folder.path);
}
