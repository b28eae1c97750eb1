#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What instructions.c serves: a config, a patch for it, and the options of the mount. */

#include <stddef.h>

#include "profile/profile.h"

#define N_PROFILES 20

struct setup {
	const char *config_path, *state_dir;
	const char *head;       /* of a value in the config, up to its last rule */
	const char *patch_head; /* of the value in the patch, likewise */
	struct profile_options profile;
};

/* Values as they stand, as Talos serves them: nothing is compiled or linted. */
extern const struct setup setup_plain;

/* What a mount does without options, for values in the format of Moby. */
extern const struct setup setup_compiled;

/* Writes the config of N_PROFILES profiles of 2 KB, and their names. */
void setup_write_config(const struct setup *setup, char names[N_PROFILES][16]);

/* Fills patch, which replaces a profile by one of 2 KB; returns three digits in it, which may be changed. */
char *setup_write_patch(const struct setup *setup, char *patch, size_t n_patch);
