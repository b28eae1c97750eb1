/* SPDX-License-Identifier: Apache-2.0 */

#include "vectors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

bool vector_is_third_party(const char *name)
{
	return strncmp(name, "real-", 5) == 0 || strncmp(name, "talos-", 6) == 0;
}

static int is_own_vector(const struct dirent *entry)
{
	return !strchr(entry->d_name, '.') && !vector_is_third_party(entry->d_name);
}

static int is_third_party_vector(const struct dirent *entry)
{
	return vector_is_third_party(entry->d_name);
}

void vectors_report(struct vector_totals *totals, const char *name, const char *reason)
{
	printf("not ok %zu - %s\n# %s\n", ++totals->n, name, reason);
	totals->n_failed++;
}

void vectors_run_directory(const char *path, bool third_party, vector_run_fn run,
                           vector_differs_fn differs, struct vector_totals *totals)
{
	_cleanup_(closep) int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries = NULL;
	int n = -1;

	if (dir_fd >= 0)
		n = scandirat(dir_fd, ".", &entries,
		              third_party ? is_third_party_vector : is_own_vector, alphasort);
	if (n <= 0)
		vectors_report(totals, path, n < 0 ? strerror(errno) : "there are no vectors");
	for (int i = 0; i < n; i++) {
		if (!run(dir_fd, entries[i]->d_name, ++totals->n))
			totals->n_failed++;
		totals->n_differ += differs(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

bool vectors_run_third_party(const char *folder, vector_run_fn run, vector_differs_fn differs,
                             struct vector_totals *totals)
{
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT;
	const char *vectors = getenv("SECCOMPFS_VECTORS");

	if (!vectors)
		return false;
	buffer_printf(&path, "%s/%s", vectors, folder);
	vectors_run_directory(path.data ? path.data : "", true, run, differs, totals);
	return true;
}

int vectors_finish(const struct vector_totals *totals)
{
	printf("1..%zu\n# %zu vectors, %zu of them differ on purpose, %zu failed\n", totals->n,
	       totals->n, totals->n_differ, totals->n_failed);
	return totals->n_failed ? 1 : 0;
}
