/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "document/scalar.h"
#include "profile/plain.h"
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

bool profile_check_null_keys(struct check *check, const struct node *value, const struct path *path)
{
	const struct entry *entries;
	size_t n_entries;

	if (!check_flatten(check, value, &entries, &n_entries))
		return false;
	for (size_t i = 0; i < n_entries; i++) {
		const struct node *key = node_resolve(entries[i].key);

		if (key->kind == NODE_SCALAR && scalar_is_null(key))
			check_error(check, LINT_NULL_KEY, entries[i].key, path,
			            "found null as a key, allowed is a string");
	}
	return !check->failed;
}

/* What may not be there since nobody compiles it: a file never has a key of this project. */
static void check_plain(struct check *check, const struct node *value, enum compile_mode mode,
                        const struct path *path)
{
	if (mode == COMPILE_OFF)
		profile_refuse_foreign(check, value, path, true,
		                       "a key of this project: allowed with compile=on only");
	else if (mode == COMPILE_REJECT)
		profile_refuse_foreign(
			check, value, path, false,
			"no key of the OCI specification: compile=reject allows no other");
}

bool profile_check_form(struct check *check, const struct node *owner, const struct node *value,
                        const struct profile_options *options, const struct path *path)
{
	const struct node *resolved = node_resolve(value);

	check->compiles = options->compile != COMPILE_OFF;
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
	if (options->validate == VALIDATE_STRICT)
		profile_check_rules(check, resolved, path);
	check_plain(check, resolved, options->compile, path);
	return !check->no_memory;
}

int profile_check_value(const struct node *owner, const struct node *value,
                        const struct profile_options *options, const struct path *path,
                        struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);

	if (profile_check_form(&check, owner, value, options, path))
		profile_check_null_keys(&check, node_resolve(value), path);
	return check_result(&check, PROFILE_E_INVALID);
}
