/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "check.h"
#include "document/canonical_json.h"
#include "document/scalar.h"
#include "expansion.h"
#include "model/machine_config.h"
#include "model/profile.h"
#include "profile_rules.h"

bool validate_mode_parse(const char *word, enum validate_mode *modep)
{
	if (strcmp(word, "strict") == 0)
		*modep = VALIDATE_STRICT;
	else if (strcmp(word, "off") == 0)
		*modep = VALIDATE_OFF;
	else
		return false;
	return true;
}

/* D3: Talos decodes a value with one of these into nothing at all, and the file would hold `null`.
 */
static void check_top_keys(struct check *check, const struct node *value, const struct path *path)
{
	const struct entry *entries;
	size_t n_entries;

	if (!check_flatten(check, value, &entries, &n_entries))
		return;
	if (n_entries == 0)
		check_error(check, value, path,
		            "found an empty mapping: a container would run unconfined with it; "
		            "allowed is a profile with defaultAction");
	for (size_t i = 0; i < n_entries; i++) {
		const struct node *key = node_resolve(entries[i].key);

		if (key->kind == NODE_SCALAR && scalar_is_null(key))
			check_error(check, entries[i].key, path,
			            "found null as a key, allowed is "
			            "a string");
	}
}

/* False when there is nothing that could be rendered. */
static bool check_value(struct check *check, const struct node *owner, const struct node *value,
                        enum validate_mode mode, const struct path *path)
{
	const struct node *resolved = node_resolve(value);
	struct expansion left = { NODE_EXPANDED_MAX, MACHINE_CONFIG_TEXT_MAX };

	if (!resolved) {
		check_error(check, owner, path, "required key value is missing");
		return false;
	}
	if (resolved->kind != NODE_MAPPING) {
		check_found(check, value, path, "a mapping with defaultAction");
		return false;
	}
	if (!expansion_take(&left, resolved)) {
		check_error(check, value, path,
		            "too large when aliases are written out: allowed are %d nodes and %lu "
		            "bytes of text",
		            NODE_EXPANDED_MAX, MACHINE_CONFIG_TEXT_MAX);
		return false;
	}
	check_top_keys(check, resolved, path);
	if (mode == VALIDATE_STRICT && resolved->n > 0)
		profile_check_rules(check, resolved, path);
	return true;
}

int profile_check_value(const struct node *owner, const struct node *value, enum validate_mode mode,
                        const struct path *path, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);

	check_value(&check, owner, value, mode, path);
	return check_result(&check, PROFILE_E_INVALID);
}

int profile_render(const struct node *owner, const struct node *value, enum validate_mode mode,
                   const struct path *path, struct buffer *out, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	int r;

	if (!check_value(&check, owner, value, mode, path) || check.no_memory)
		return check_result(&check, PROFILE_E_INVALID);
	/* Also after an error: this finds errors of its own (D4), and all are reported. */
	r = canonical_json_write(node_resolve(value), path, out, diag);
	if (r < 0)
		return r;
	return r > 0 || check.failed ? PROFILE_E_INVALID : 0;
}
