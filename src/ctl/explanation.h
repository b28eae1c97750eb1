#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Why the bytes of a profile are what they are. */

#include "profile/profile.h"

struct explanation {
	const char *name;
	const struct profile_options *options;
	const struct node *value; /* as the machine config has it */
	struct profile_work work;
	struct compile_notes notes;  /* none that count where the value keeps its bytes */
	struct buffer source;        /* value in canonical form */
	struct buffer result;        /* what was computed here */
	const struct buffer *served; /* what is there; NULL: it could not be read */
};

#define EXPLANATION_INIT ((struct explanation){ .name = NULL })

void explanation_deinit(struct explanation *explanation);

/* Whether what is served is what was computed. */
bool explanation_is_served(const struct explanation *explanation);

/* 0, -ENOMEM, or positive when a text cannot be shown in this form. */
_must_check_ int explanation_write_text(const struct explanation *explanation, struct buffer *out);
_must_check_ int explanation_write_json(const struct explanation *explanation, struct buffer *out);
