/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/suggest.h"
#include "document/quote.h"
#include "document/scalar.h"
#include "profile/check.h"

static bool is_string(const struct node *node)
{
	return node->kind == NODE_SCALAR && scalar_is_string(node);
}

bool check_is_word(const struct node *node, const struct check_words *words)
{
	size_t n_prefix = strlen(words->prefix);

	if (!is_string(node) || node->n <= n_prefix ||
	    strncmp(node->text, words->prefix, n_prefix) != 0)
		return false;
	for (size_t i = 0; i < words->n_words; i++) {
		const char *word = words->words[i];

		if (word[0] == node->text[n_prefix] && strlen(word) == node->n - n_prefix &&
		    memcmp(node->text + n_prefix, word, node->n - n_prefix) == 0)
			return true;
	}
	return false;
}

/* The word (without prefix) that text was meant to be, or NULL. What follows a right prefix is
 * compared alone: the prefix would make everything look near. */
static const char *find_near_word(const struct check_words *words, const char *text)
{
	size_t n_prefix = strlen(words->prefix);
	struct suggestion suggestion;
	const char *tail = text;

	if (strncasecmp(text, words->prefix, n_prefix) == 0)
		tail = text + n_prefix;
	suggestion_begin(&suggestion, tail);
	for (size_t i = 0; i < words->n_words; i++)
		suggestion_consider(&suggestion, words->words[i]);
	if (suggestion.best || tail != text)
		return suggestion.best;

	suggestion_begin(&suggestion, text);
	for (size_t i = 0; i < words->n_words; i++) {
		char whole[64];

		snprintf(whole, sizeof(whole), "%s%s", words->prefix, words->words[i]);
		suggestion_consider(&suggestion, whole);
		if (suggestion.best == whole)
			suggestion.best = words->words[i];
	}
	return suggestion.best;
}

static void list_words(const struct check_words *words, struct buffer *out)
{
	for (size_t i = 0; i < words->n_words; i++)
		buffer_printf(out, "%s%s%s", i ? ", " : "", words->prefix, words->words[i]);
}

void check_word(struct check *check, const struct node *node, const struct path *path,
                const struct check_words *words)
{
	_cleanup_(buffer_deinit) struct buffer name = BUFFER_INIT, allowed = BUFFER_INIT,
					       remedy = BUFFER_INIT;
	const char *near = NULL;

	if (!is_string(node)) {
		buffer_append_string(&allowed, "one of ");
		list_words(words, &allowed);
		check_found(check, node, path, buffer_error(&allowed) ? "a word" : allowed.data);
		return;
	}
	if (check_is_word(node, words))
		return;
	if (!check_is_kept(check)) {
		check_error(check, words->rule, node, path, "%s", "");
		return;
	}
	if (check_may_suggest(check))
		near = find_near_word(words, node->text);
	list_words(words, &allowed);
	quote_append(&name, node->text, node->n);
	buffer_printf(&remedy, "write %s%s", words->prefix, near ? near : "");
	if (buffer_error(&name) || buffer_error(&allowed) || buffer_error(&remedy))
		check->no_memory = true;
	else if (near)
		check_error_remedied(check, words->rule, remedy.data, node, path,
		                     "unknown %s %s: did you mean %s%s?", words->what, name.data,
		                     words->prefix, near);
	else
		check_error(check, words->rule, node, path, "unknown %s %s: allowed are %s",
		            words->what, name.data, allowed.data);
}
