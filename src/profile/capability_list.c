/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/capability_list.h"

#include <string.h>
#include <strings.h>

#include "profile/facts.h"

#define SEPARATOR ":"

static uint64_t all_capabilities(void)
{
	uint64_t all = 0;

	for (unsigned int i = 0; capability_name(i); i++)
		all |= UINT64_C(1) << i;
	return all;
}

static bool parse_word(const char *word, uint64_t *capabilitiesp, struct diag *diag)
{
	unsigned int number;
	const char *near;

	if (strcasecmp(word, "none") == 0)
		return true;
	if (strcasecmp(word, "default") == 0) {
		*capabilitiesp |= CAPABILITIES_DEFAULT;
		return true;
	}
	if (strcasecmp(word, "all") == 0) {
		*capabilitiesp |= all_capabilities();
		return true;
	}
	if (capability_parse(word, &number)) {
		*capabilitiesp |= UINT64_C(1) << number;
		return true;
	}
	near = capability_suggest(word);
	if (near)
		diag_error(diag, NULL, NULL, "caps: unknown capability \"%s\": did you mean %s?",
		           word, near);
	else
		diag_error(diag, NULL, NULL,
		           "caps: unknown capability \"%s\": allowed are names as CAP_CHOWN, and "
		           "default, all and none",
		           word);
	return false;
}

bool capability_list_parse(const char *list, uint64_t *capabilitiesp, struct diag *diag)
{
	bool is_valid = true;

	*capabilitiesp = 0;
	for (;;) {
		size_t n = strcspn(list, SEPARATOR);
		_cleanup_(freep) char *word = strndup(list, n);

		if (!word)
			return false;
		is_valid = parse_word(word, capabilitiesp, diag) && is_valid;
		if (!list[n])
			return is_valid;
		list += n + 1;
	}
}

void capability_list_format(uint64_t capabilities, struct buffer *out)
{
	const char *separator = "";

	if (capabilities == CAPABILITIES_DEFAULT || !capabilities) {
		buffer_append_string(out, capabilities ? "default" : "none");
		return;
	}
	for (unsigned int i = 0; capability_name(i); i++) {
		if (!(capabilities >> i & 1))
			continue;
		buffer_printf(out, "%s%s", separator, capability_name(i));
		separator = SEPARATOR;
	}
}
