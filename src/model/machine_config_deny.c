/* SPDX-License-Identifier: Apache-2.0 */

/* What `machine.seccompDeny` says, before the first profile is rendered. */

#include "document/scalar.h"
#include "machine_config_profiles.h"

#define PATCH_KEY "$patch"

/* Each entry of a patch is whole, but for one that says what is to go. */
static int check_patch(const struct node *value, const struct path *path, struct diag *diag)
{
	int result = 0;

	if (node_find_entry(value, PATCH_KEY))
		return 0;
	if (value->kind != NODE_SEQUENCE) {
		struct deny_list *none;

		return deny_list_read(value, path, &none, diag);
	}
	for (size_t i = 0; i < value->n && result >= 0; i++) {
		const struct node *entry = node_resolve(value->items[i]);
		struct path way = { .up = path, .index = i };
		int r = node_find_entry(entry, PATCH_KEY) ? 0 : deny_check_entry(entry, &way, diag);

		result = r ? r : result;
	}
	return result;
}

static struct deny_list *read_list(struct profile_list *list, const struct node *value,
                                   const struct path *path)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	struct deny_list *deny = NULL;
	int r = list->is_patch ? check_patch(value, path, &found)
	                       : deny_list_read(value, path, &deny, &found);

	if (r > 0)
		list->check->failed = true;
	if (r < 0)
		list->check->no_memory = true;
	if (r)
		profile_list_tell(list, &found);
	else
		profile_list_tell_deny(list, deny, &found);
	return deny;
}

/* An empty list denies nothing, wherever it stands. */
static bool denies(const struct node *value)
{
	return value && !scalar_is_null(value) && value->n;
}

/* What was rendered, or is served, must have been so with the same denials. */
void profile_list_take_deny(void *userdata, const struct node *value, const struct path *path)
{
	struct profile_list *list = userdata;
	_cleanup_(deny_list_unrefp) struct deny_list *deny = NULL;

	if (value)
		deny = read_list(list, value, path);
	if (list->options->compile == COMPILE_OFF && denies(value) &&
	    !node_find_entry(value, PATCH_KEY))
		check_error_remedied(
			list->check, LINT_INVALID_VALUE,
			"serve with compile=on, or remove seccompDeny", value, path,
			"found denials with compile=off: allowed where profiles are compiled");
	/* A patch alone does not tell what is denied in the end. */
	if (list->is_patch)
		return;
	if (list->taken && !list->finds_deny && !deny_list_equal(deny, list->deny))
		list->is_other = true;
	if (list->kept && !deny_list_equal(deny, list->kept->before->deny)) {
		list->is_other = list->is_other || list->kept->folds;
		list->kept = NULL;
	}
	deny_list_unref(list->deny);
	list->deny = steal_ptr(deny);
}
