/* SPDX-License-Identifier: Apache-2.0 */

#include "node_name.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define COLUMN_GAP "   " /* between the columns of the table */

static void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The first column of the second line. */
char *node_name_find(const char *control_dir)
{
	_cleanup_(freep) char *path = NULL, *line = NULL;
	_cleanup_(fclosep) FILE *file = NULL;
	size_t n_line = 0;
	const char *end;

	if (asprintf(&path, "%s/seccompprofiles", control_dir) < 0)
		return NULL;
	file = fopen(path, "re");
	if (!file || getline(&line, &n_line, file) < 0 || getline(&line, &n_line, file) < 0)
		return NULL;
	end = strstr(line, COLUMN_GAP);
	return end && end > line ? strndup(line, (size_t)(end - line)) : NULL;
}

char *node_name_read(const char *control_dir)
{
	char *name = node_name_find(control_dir);
	struct utsname host;

	if (name)
		return name;
	return uname(&host) == 0 ? strdup(host.nodename) : NULL;
}
