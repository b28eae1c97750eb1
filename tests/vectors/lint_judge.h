#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A text, as the mount would judge it on a machine that is always the same: x86_64, Linux 6.1. */

#include "base/buffer.h"
#include "base/diag.h"
#include "profile/bases.h"

/*
 * text is a profile, or a machine config (what has the key machine). Words in it, in a comment, set options:
 * `compile=off`, `compile=reject`, `runtimes=runc`, `runtimes=crun`. False when it cannot be read at all.
 */
bool lint_judge(const char *name, const struct buffer *text, const struct base_table *bases,
                struct diag *diag);

/* What was found by one rule, or by all (NULL), one line each and one for the remedy. */
void lint_judge_format(const struct diag *diag, const char *rule, struct buffer *out);
