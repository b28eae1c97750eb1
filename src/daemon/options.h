#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The command line of seccompfsd. The supervisor writes it, no person. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/util.h"
#include "profile/profile.h"

struct options {
	int data_fd;           /* of /dev/fuse, mounted */
	int control_fd;        /* likewise */
	int data_flight_fd;    /* of a memfd: what the data plane has in flight */
	int control_flight_fd; /* likewise */
	int ready_fd;          /* gets one byte 0 when both planes are served */
	const char *config;
	const char *state;
	const char *control_dir;
	const char *node;
	struct profile_options profile; /* its facts are those below, or NULL */
	struct facts facts;             /* options_measure_facts() */
	uint64_t capabilities;          /* of containers */
	size_t max_patch;               /* bytes */
	enum log_target log;
	unsigned int n_restarts; /* workers that were started after the first of the mount */
	const char *last_cause; /* how the last one ended: "killed by signal 9"; "": no other was */
	bool read_only;
	bool check; /* do not serve, but tell whether it could be done */
	bool help;  /* print it and exit */
};

/* Strings are borrowed from argv. False: what is wrong stands on stderr. */
_must_check_ bool options_parse(int argc, char **argv, struct options *options);

/* What profiles are compiled for, with system calls that the sandbox forbids. Options must not move
 * afterwards. 0, or -errno where nothing can be compiled but has to be: the log says so. */
_must_check_ int options_measure_facts(struct options *options);

void options_print_help(void);
