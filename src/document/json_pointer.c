/* SPDX-License-Identifier: Apache-2.0 */

#include "json_pointer.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Decodes in place. `~` stands only before 0 and 1 (section 3). */
static bool decode(char *text, size_t *n_textp)
{
	size_t n = 0;

	for (size_t i = 0; i < *n_textp; i++) {
		char c = text[i];

		if (c == '~') {
			i++;
			if (i == *n_textp || (text[i] != '0' && text[i] != '1'))
				return false;
			c = text[i] == '0' ? '~' : '/';
		}
		text[n++] = c;
	}
	text[n] = '\0';
	*n_textp = n;
	return true;
}

static size_t count_tokens(const char *text, size_t n_text)
{
	size_t n = 0;

	for (size_t i = 0; i < n_text; i++)
		n += text[i] == '/';
	return n;
}

/* begin is behind a slash. */
static int parse_token(struct arena *arena, const char *begin, const char *end,
                       struct json_token *token)
{
	char *text = arena_copy(arena, begin, (size_t)(end - begin));

	if (!text)
		return -ENOMEM;
	token->text = text;
	token->n_text = (size_t)(end - begin);
	return decode(text, &token->n_text) ? 0 : JSON_POINTER_E_INVALID;
}

int json_pointer_parse(struct arena *arena, const char *text, size_t n_text,
                       struct json_pointer *pointer, const char **reasonp)
{
	const char *end = text + n_text;
	size_t n_tokens = count_tokens(text, n_text);

	*pointer = (struct json_pointer){ .text = text };
	if (n_text == 0)
		return 0;
	*reasonp = "it must be empty or begin with `/`";
	if (text[0] != '/')
		return JSON_POINTER_E_INVALID;
	*reasonp = "it has too many parts";
	if (n_tokens > JSON_POINTER_TOKENS_MAX)
		return JSON_POINTER_E_INVALID;
	*reasonp = "`~` must be followed by 0 or 1";
	pointer->tokens = arena_alloc_array(arena, n_tokens, sizeof(*pointer->tokens));
	if (!pointer->tokens)
		return -ENOMEM;
	while (text < end) {
		const char *begin = text + 1;
		const char *slash = memchr(begin, '/', (size_t)(end - begin));
		int r;

		text = slash ? slash : end;
		r = parse_token(arena, begin, text, &pointer->tokens[pointer->n_tokens++]);
		if (r)
			return r;
	}
	return 0;
}

/* prefix is not longer than pointer. */
static bool begins_with(const struct json_pointer *pointer, const struct json_pointer *prefix)
{
	for (size_t i = 0; i < prefix->n_tokens; i++) {
		const struct json_token *a = &prefix->tokens[i];
		const struct json_token *b = &pointer->tokens[i];

		if (a->n_text != b->n_text || memcmp(a->text, b->text, a->n_text) != 0)
			return false;
	}
	return true;
}

bool json_pointer_equal(const struct json_pointer *a, const struct json_pointer *b)
{
	return a->n_tokens == b->n_tokens && begins_with(a, b);
}

bool json_pointer_is_proper_prefix(const struct json_pointer *prefix,
                                   const struct json_pointer *pointer)
{
	return prefix->n_tokens < pointer->n_tokens && begins_with(pointer, prefix);
}

bool json_token_get_index(const struct json_token *token, size_t *indexp)
{
	size_t index = 0;

	if (token->n_text == 0 || (token->n_text > 1 && token->text[0] == '0'))
		return false;
	for (size_t i = 0; i < token->n_text; i++) {
		char c = token->text[i];

		if (c < '0' || c > '9' || index > (SIZE_MAX - 9) / 10)
			return false;
		index = 10 * index + (size_t)(c - '0');
	}
	*indexp = index;
	return true;
}

bool json_token_is_end(const struct json_token *token)
{
	return token->n_text == 1 && token->text[0] == '-';
}
