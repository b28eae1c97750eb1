/* SPDX-License-Identifier: Apache-2.0 */

#include "machine_config_profiles.h"

#include <errno.h>
#include <string.h>

#include "document/quote.h"
#include "document/scalar.h"
#include "machine_config_keys.h"
#include "model/snapshot.h"

static void config_profile_deinit(struct config_profile *profile)
{
	free(profile->bytes);
	free(profile->outcome.denied);
	profile_unref(profile->kept);
}

void config_profiles_free(struct config_profile *profiles, size_t n_profiles)
{
	for (size_t i = 0; i < n_profiles; i++)
		config_profile_deinit(&profiles[i]);
	free(profiles);
}

void profile_list_deinit(struct profile_list *list)
{
	config_profiles_free(list->profiles, list->n_profiles);
	deny_list_unref(list->deny);
	arena_free(list->arena);
	buffer_deinit(&list->bytes);
}

static struct config_profile *add_profile(struct profile_list *list)
{
	size_t n = list->n_profiles;
	struct config_profile *profiles;

	if (n == list->n_allocated) {
		size_t n_wanted = n ? n * 2 : 16;

		profiles = reallocarray(list->profiles, n_wanted, sizeof(*profiles));
		if (!profiles)
			return NULL;
		list->profiles = profiles;
		list->n_allocated = n_wanted;
	}
	list->n_profiles++;
	list->profiles[n] = (struct config_profile){ 0 };
	return &list->profiles[n];
}

/* What a program other than us would take as the name: integers, booleans and floats keep their
 * text. */
static bool read_name(struct profile_list *list, const struct node *node, const struct path *path,
                      const char **textp, size_t *n_textp)
{
	struct scalar scalar;
	int r;

	if (node->kind != NODE_SCALAR) {
		check_found(list->check, node, path, "a string");
		return false;
	}
	r = scalar_resolve(list->arena, node, path, &scalar, list->check->diag);
	if (r < 0)
		list->check->no_memory = true;
	if (r > 0)
		list->check->failed = true;
	if (r)
		return false;
	if (scalar.type == SCALAR_TIMESTAMP) {
		check_found(list->check, node, path, "a string (quote it)");
		return false;
	}
	if (scalar.type == SCALAR_BINARY) {
		*textp = scalar.text;
		*n_textp = scalar.n_text;
	} else if (scalar_is_null(node)) {
		*textp = "";
		*n_textp = 0;
	} else {
		*textp = node->text;
		*n_textp = node->n;
	}
	return true;
}

static void build_name(struct profile_list *list, struct config_profile *profile,
                       const struct node *entry, const struct path *entry_path)
{
	const struct node *node = node_resolve(node_find(entry, "name"));
	struct path path = { .up = entry_path, .key = "name" };
	const char *text;
	size_t n_text;

	if (!node) {
		check_error(list->check, LINT_MISSING_KEY, entry, entry_path,
		            "required key name is missing");
		return;
	}
	if (!read_name(list, node, &path, &text, &n_text))
		return;
	if (profile_check_name(node, text, n_text, &path, list->check->diag)) {
		list->check->failed = true;
		return;
	}
	profile->name = arena_copy(list->arena, text, n_text);
	if (!profile->name)
		list->check->no_memory = true;
	profile->name_place = node_place(node);
}

/* What was rendered. The bytes are copied: a buffer has room for more than it holds. */
static int keep_bytes(struct profile_list *list, struct config_profile *profile)
{
	profile->n_bytes = list->bytes.n_data;
	digest_compute(list->bytes.data, list->bytes.n_data, profile->digest);
	if (profile->span.n && !list->keeps_bytes)
		return 0;
	profile->bytes = strdup(list->bytes.data);
	return profile->bytes ? 0 : -ENOMEM;
}

/* Takes what is served, may be NULL. Whether it was there. */
static bool keep(struct config_profile *profile, struct profile *served)
{
	if (!served)
		return false;
	profile->kept = served;
	profile->n_bytes = served->n_bytes;
	memcpy(profile->digest, served->digest, DIGEST_SIZE);
	return true;
}

static void build_value(struct profile_list *list, struct config_profile *profile,
                        const struct node *entry, const struct path *entry_path)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	struct check *check = list->check;
	const struct node *value = node_find(entry, "value");
	struct path path = { .up = entry_path, .key = "value" };
	enum profile_news news = PROFILE_IS_NEW;
	int r;

	node_span(value, &profile->span);
	if (list->kept && profile->name && profile->span.n &&
	    keep(profile,
	         kept_find(list->kept, profile->name, &profile->span, value->source->text)))
		return;
	buffer_clear(&list->bytes);
	r = profile_render_telling(entry, value, list->options, list->deny, &path, &list->bytes,
	                           &profile->outcome, &found);
	if (r > 0)
		check->failed = true;
	if (r == 0)
		r = keep_bytes(list, profile);
	if (r == 0)
		news = profile_list_compare(list, profile, value);
	profile_list_tell_value(list, profile, value, &path, news, &found);
	if (r == 0 && news == PROFILE_IS_NEW)
		profile_list_lint(list, profile, value, &path);
	if (r == 0 && profile->outcome.is_large)
		profile_list_lint_denied(list, value, &path, news == PROFILE_IS_NEW);
	if (r < 0)
		check->no_memory = true;
}

/* The entries that a fold stands for are what they were. Returns how many. */
static size_t take_fold(struct profile_list *list, size_t index, const struct fold *fold)
{
	for (size_t i = 0; i < fold->n; i++) {
		struct config_profile *profile = add_profile(list);

		if (!profile) {
			list->check->no_memory = true;
			break;
		}
		profile->index = index + i;
		keep(profile, kept_take(list->kept, fold->first + i, &profile->span));
		profile->name = profile->kept->name;
	}
	return fold->n;
}

static size_t build_profile(void *userdata, const struct node *entry, size_t index,
                            const struct path *path)
{
	struct profile_list *list = userdata;
	const struct fold *fold = list->kept ? kept_next_fold(list->kept, entry) : NULL;
	struct config_profile *profile;

	if (list->check->no_memory)
		return 1;
	if (fold)
		return take_fold(list, index, fold);
	profile = add_profile(list);
	if (!profile) {
		list->check->no_memory = true;
		return 1;
	}
	profile->index = index;
	build_name(list, profile, entry, path);
	build_value(list, profile, entry, path);
	return 1;
}

void profile_list_tell(struct profile_list *list, const struct diag *found)
{
	struct diag *diag = list->check->diag;

	for (size_t i = 0; diag && i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		if (entry->severity == DIAG_ERROR || check_may_warn(list->check))
			diag_add_entry_at(diag, entry, &place);
	}
}

static int compare_profiles(const void *a, const void *b)
{
	const struct config_profile *left = a, *right = b;
	int r = strcmp(left->name, right->name);

	if (r)
		return r;
	return left->index < right->index ? -1 : left->index > right->index;
}

static void warn_duplicate(struct check *check, const struct config_profile *lost,
                           const struct config_profile *served)
{
	const struct path machine = { .key = "machine" };
	const struct path list = { .up = &machine, .key = "seccompProfiles" };
	const struct path item = { .up = &list, .index = lost->index };
	const struct path path = { .up = &item, .key = "name" };
	_cleanup_(buffer_deinit) struct buffer name = BUFFER_INIT, where = BUFFER_INIT;

	if (!check_may_warn(check))
		return;
	quote_append(&name, lost->name, strlen(lost->name));
	path_format(&path, &where);
	diag_add_finding(check->diag, DIAG_WARNING, lint_rules[LINT_DUPLICATE_PROFILE].id,
	                 &lost->name_place, where.data, lint_rules[LINT_DUPLICATE_PROFILE].remedy,
	                 "duplicate name %s: entry %zu of the list replaces it",
	                 buffer_error(&name) ? "" : name.data, served->index);
}

void profile_list_sort(struct profile_list *list)
{
	struct config_profile *profiles = list->profiles;
	size_t n = 0;

	if (list->n_profiles == 0)
		return;
	qsort(profiles, list->n_profiles, sizeof(*profiles), compare_profiles);
	for (size_t i = 0; i < list->n_profiles; i++) {
		if (i + 1 < list->n_profiles &&
		    strcmp(profiles[i].name, profiles[i + 1].name) == 0) {
			warn_duplicate(list->check, &profiles[i], &profiles[i + 1]);
			list->n_lost++;
			config_profile_deinit(&profiles[i]);
			continue;
		}
		profiles[n++] = profiles[i];
	}
	list->n_profiles = n;
}

bool profile_list_is_whole(const struct profile_list *list, size_t n)
{
	return !list->kept || !list->kept->folds ||
	       (n == list->n_profiles && list->kept->n_met == list->kept->folds->n_folds);
}

static struct machine_config_walk walk_of(struct profile_list *list)
{
	return (struct machine_config_walk){
		.check = list->check,
		.is_patch = list->is_patch,
		.fn = build_profile,
		.deny = profile_list_take_deny,
		.userdata = list,
		.shown = list->taken,
	};
}

int profile_list_read(struct profile_list *list, const struct node *root)
{
	struct machine_config_walk walk = walk_of(list);
	int r;

	machine_config_walk(&walk, root);
	r = check_result(list->check, MACHINE_CONFIG_E_INVALID);
	if (!r && (list->is_other || (list->taken && !walk.has_met_shown)))
		return PROFILE_LIST_E_OTHER;
	return r;
}

int profile_list_take(void *userdata, const struct node *sequence, const struct node *item)
{
	struct profile_list *list = userdata;
	struct machine_config_walk walk = walk_of(list);

	if (list->taken && list->taken != sequence)
		return PROFILE_LIST_E_OTHER;
	list->taken = sequence;
	if (list->finds_deny)
		return 0;
	machine_config_walk_entry(&walk, item, list->n_taken++);
	return check_result(list->check, MACHINE_CONFIG_E_INVALID);
}
