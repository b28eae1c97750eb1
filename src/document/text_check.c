/* SPDX-License-Identifier: Apache-2.0 */

#include "text_check.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define TAG_DIRECTIVE   "%TAG"

/* The next place behind *offsetp where a line begins with prefix. */
static bool find_line(const struct locator *locator, const char *prefix, size_t *offsetp)
{
	const char *found;

	/* Not memmem(): the first bytes of these prefixes are rare. */
	while (*offsetp < locator->n_text) {
		found = memchr(locator->text + *offsetp, prefix[0], locator->n_text - *offsetp);
		if (!found)
			return false;
		*offsetp = (size_t)(found - locator->text);
		if (!strncmp(found, prefix, strlen(prefix)) &&
		    locator_is_line_start(locator, *offsetp))
			return true;
		++*offsetp;
	}
	return false;
}

static void report(struct tree_builder *builder, size_t offset, const char *reason)
{
	struct mark start = { .line = 1, .column = 1 };
	struct node node = { .source = builder->source };

	node.start = locator_advance(&builder->locator, start, offset);
	node.end = node.start;
	tree_builder_error(builder, &node, true, "%s", reason);
}

void text_check(struct tree_builder *builder)
{
	size_t offset = 0, n_directives = 0;

	if (find_line(&builder->locator, BYTE_ORDER_MARK, &offset)) {
		report(builder, offset, "a byte order mark (U+FEFF) cannot begin a line");
		return;
	}
	for (offset = 0; find_line(&builder->locator, TAG_DIRECTIVE, &offset); offset++) {
		if (++n_directives > YAML_TAG_DIRECTIVES_MAX) {
			report(builder, offset, "there are too many lines with %TAG");
			return;
		}
	}
}
