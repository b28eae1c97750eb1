#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* JSON Pointer (RFC 6901), in the string representation that RFC 6902 uses. */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/util.h"

#define JSON_POINTER_TOKENS_MAX 1000 /* as deep as a tree may be */

struct json_token {
	const char *text; /* `~0` and `~1` decoded; NUL behind it */
	size_t n_text;
};

struct json_pointer {
	const char *text; /* as written, for messages */
	struct json_token *tokens;
	size_t n_tokens; /* 0: the whole document */
};

enum {
	JSON_POINTER_E_INVALID = 1, /* *reasonp says why */
};

/* text is borrowed, the tokens are in the arena. 0, -ENOMEM or JSON_POINTER_E_INVALID. */
_must_check_ int json_pointer_parse(struct arena *arena, const char *text, size_t n_text,
                                    struct json_pointer *pointer, const char **reasonp);

bool json_pointer_equal(const struct json_pointer *a, const struct json_pointer *b);

/* Whether prefix leads to something that contains what pointer leads to. */
bool json_pointer_is_proper_prefix(const struct json_pointer *prefix,
                                   const struct json_pointer *pointer);

/* False unless token is `0` or digits without a leading zero, and fits. */
bool json_token_get_index(const struct json_token *token, size_t *indexp);

/* Whether token is `-`, the place behind the last item of an array. */
bool json_token_is_end(const struct json_token *token);
