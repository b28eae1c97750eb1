#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a person, fstab or systemd asked for: the command line and the options of mount(8). */

#include <stdbool.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/option_list.h"
#include "base/util.h"

enum options_action {
	OPTIONS_MOUNT,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_FAKE, /* mount -f: everything but the mount */
};

struct options {
	enum options_action action;
	bool helper;          /* called by mount(8), which has exit codes of its own */
	bool foreground;      /* stay, and log to stderr */
	bool read_only;       /* patches give EROFS */
	bool nonempty;        /* hide what is in the mount point */
	bool remount;         /* asked for, and refused */
	char *source;         /* what findmnt shows as SOURCE */
	char *mount_point;    /* planes_mount() makes this and the next three absolute */
	char *config;         /* NULL: it is the source */
	char *control;        /* directory; NULL: by the mount point */
	char *state;          /* likewise */
	char *node;           /* NULL: the host's name */
	char *validate;       /* "strict" or "off" */
	char *compile;        /* "on", "reject" or "off" */
	char *caps;           /* words with colons between, which the worker reads */
	char *max_patch;      /* bytes, decimal */
	struct buffer kernel; /* options that the kernel reads, each behind a comma */
};

#define OPTIONS_INIT ((struct options){ 0 })

enum {
	OPTIONS_E_USAGE =
		OPTION_LIST_E_INVALID, /* the reasons are in diag, or getopt(3) printed them */
};

/* Fills *options, which was OPTIONS_INIT; touches no file. argv[0] tells a mount helper
 * ("mount.TYPE") from the program that people call. 0, OPTIONS_E_USAGE or -ENOMEM. */
_must_check_ int options_parse(int argc, char *argv[], struct options *options, struct diag *diag);

void options_deinit(struct options *options);

/* The text of --help, at most 80 columns wide. */
void options_print_help(void);
