/* SPDX-License-Identifier: Apache-2.0 */

#include "control_dir.h"

#include <errno.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/instance.h"
#include "verb.h"

#define MOUNTS     "/proc/self/mounts"
#define MOUNT_TYPE "fuse.seccompfs"
#define LINE_MAX   8192 /* bytes of one line of MOUNTS, and what getmntent_r() takes apart */
#define TARGET_MAX 4096 /* bytes of a symbolic link: PATH_MAX of Linux */

static void endmntentp(FILE **file)
{
	if (*file)
		endmntent(*file);
}

/* A directory right below root, on which the file `control` answers: a dead mount does not. */
static bool is_control_dir(const char *path, const char *root)
{
	_cleanup_(freep) char *control = NULL;
	size_t n_root = strlen(root);
	struct stat st;

	if (strncmp(path, root, n_root) != 0 || path[n_root] != '/' ||
	    strchr(path + n_root + 1, '/'))
		return false;
	return asprintf(&control, "%s/control", path) >= 0 && stat(control, &st) == 0;
}

static bool has_line(const struct buffer *lines, const char *line)
{
	size_t n_line = strlen(line);

	for (const char *p = lines->data; p && *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");

		if (n == n_line && memcmp(p, line, n) == 0)
			return true;
		p += n;
	}
	return false;
}

int control_dir_find_in(const char *mounts, const char *root, char **pathp)
{
	_cleanup_(endmntentp) FILE *file = setmntent(mounts, "re");
	_cleanup_(buffer_deinit) struct buffer found = BUFFER_INIT;
	char line[LINE_MAX];
	struct mntent entry;
	size_t n_found = 0;

	if (!file)
		return failure("cannot open %s: %s", mounts, strerror(errno));
	while (getmntent_r(file, &entry, line, sizeof(line))) {
		if (strncmp(entry.mnt_type, MOUNT_TYPE, strlen(MOUNT_TYPE)) != 0 ||
		    !is_control_dir(entry.mnt_dir, root) || has_line(&found, entry.mnt_dir))
			continue;
		buffer_printf(&found, "%s%s", n_found ? "\n" : "", entry.mnt_dir);
		n_found++;
	}
	if (buffer_error(&found))
		return out_of_memory();
	if (n_found == 0)
		return failure("no seccompfs is mounted with a control directory below %s: say "
		               "--control DIR",
		               root);
	if (n_found > 1)
		return usage_error("several seccompfs are mounted, name one with --control:\n%s",
		                   found.data);
	*pathp = buffer_steal(&found, NULL);
	return 0;
}

int control_dir_find(const struct arguments *arguments, char **pathp)
{
	const char *path = arguments->control;

	if (!path)
		path = getenv("SECCOMPFS_CONTROL");
	if (!path || !path[0])
		return control_dir_find_in(MOUNTS, INSTANCE_CONTROL_ROOT, pathp);
	*pathp = strdup(path);
	return *pathp ? 0 : out_of_memory();
}

/* Whether MOUNT_POINT/.control leads to a file of this directory. */
static bool leads_to(const char *mount_point, const struct stat *control_dir)
{
	_cleanup_(freep) char *link_path = NULL;
	char target[TARGET_MAX];
	struct stat st;
	ssize_t n;
	char *slash;

	if (asprintf(&link_path, "%s/.control", mount_point) < 0)
		return false;
	n = readlink(link_path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if (target[0] != '/' || slash == target)
		return false;
	*slash = '\0';
	return stat(target, &st) == 0 && st.st_dev == control_dir->st_dev &&
	       st.st_ino == control_dir->st_ino;
}

int profiles_dir_find_in(const char *mounts, const char *control_dir, char **pathp)
{
	_cleanup_(endmntentp) FILE *file = setmntent(mounts, "re");
	char line[LINE_MAX];
	struct mntent entry;
	struct stat st;

	if (stat(control_dir, &st) < 0)
		return failure("cannot look at %s: %s", control_dir, strerror(errno));
	if (!file)
		return failure("cannot open %s: %s", mounts, strerror(errno));
	while (getmntent_r(file, &entry, line, sizeof(line))) {
		if (strncmp(entry.mnt_type, MOUNT_TYPE, strlen(MOUNT_TYPE)) != 0 ||
		    !leads_to(entry.mnt_dir, &st))
			continue;
		*pathp = strdup(entry.mnt_dir);
		return *pathp ? 0 : out_of_memory();
	}
	return failure("no mount of seccompfs belongs to the control directory %s", control_dir);
}

int profiles_dir_find(const char *control_dir, char **pathp)
{
	return profiles_dir_find_in(MOUNTS, control_dir, pathp);
}
