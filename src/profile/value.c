/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "document/canonical_json.h"
#include "document/scalar.h"
#include "profile/check.h"
#include "profile/profile.h"
#include "rules.h"

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

/*
 * D3: Talos decodes a value that is empty or has null as a key into nothing at all, and the file
 * would hold `null`. What is empty has merge keys carried out.
 */
static bool is_empty(struct check *check, const struct node *value)
{
	const struct entry *entries;
	size_t n_entries;

	return check_flatten(check, value, &entries, &n_entries) && n_entries == 0;
}

static void check_null_keys(struct check *check, const struct node *value, const struct path *path)
{
	const struct entry *entries;
	size_t n_entries;

	if (!check_flatten(check, value, &entries, &n_entries))
		return;
	for (size_t i = 0; i < n_entries; i++) {
		const struct node *key = node_resolve(entries[i].key);

		if (key->kind == NODE_SCALAR && scalar_is_null(key))
			check_error(check, LINT_NULL_KEY, entries[i].key, path,
			            "found null as a key, allowed is a string");
	}
}

/* False when there is nothing that could be rendered. */
static bool check_value(struct check *check, const struct node *owner, const struct node *value,
                        enum validate_mode mode, const struct path *path)
{
	const struct node *resolved = node_resolve(value);

	if (!resolved) {
		check_error(check, LINT_MISSING_KEY, owner, path, "required key value is missing");
		return false;
	}
	if (resolved->kind != NODE_MAPPING) {
		check_found(check, value, path, "a mapping with defaultAction");
		return false;
	}
	if (is_empty(check, resolved)) {
		check_error(check, LINT_EMPTY_PROFILE, value, path,
		            "found an empty mapping: a container would run unconfined with it; "
		            "allowed is a profile with defaultAction");
		return false;
	}
	if (mode == VALIDATE_STRICT)
		profile_check_rules(check, resolved, path);
	return !check->no_memory;
}

int profile_check_value(const struct node *owner, const struct node *value,
                        const struct profile_options *options, const struct path *path,
                        struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);

	if (check_value(&check, owner, value, options->validate, path))
		check_null_keys(&check, node_resolve(value), path);
	return check_result(&check, PROFILE_E_INVALID);
}

int profile_render(const struct node *owner, const struct node *value,
                   const struct profile_options *options, const struct deny_list *deny _unused_,
                   const struct path *path, struct buffer *out, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	int r;

	if (!check_value(&check, owner, value, options->validate, path))
		return check_result(&check, PROFILE_E_INVALID);
	/* Also after an error: this finds errors of its own (null keys, D4), and all are reported.
	 */
	r = canonical_json_write(node_resolve(value), path, out, diag);
	if (r < 0)
		return r;
	return r > 0 || check.failed ? PROFILE_E_INVALID : 0;
}
