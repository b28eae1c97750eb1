/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a person is told once: by the patch that brings it, with its own lines, or else by the start or the
 * edit that finds it in the config. What was the same before was said then.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine_config_keys.h"
#include "machine_config_profiles.h"
#include "model/snapshot.h"

static int compare_name(const void *name, const void *profile)
{
	return strcmp(name, ((const struct config_profile *)profile)->name);
}

static const struct config_profile *find_in_base(const struct profile_list *list, const char *name)
{
	const struct machine_config *base = list->before.base;

	return base && base->n_profiles ? bsearch(name, base->profiles, base->n_profiles,
	                                          sizeof(*base->profiles), compare_name)
	                                : NULL;
}

static bool has_bytes(const struct config_profile *profile, size_t n_bytes, const uint8_t *digest)
{
	return profile->n_bytes == n_bytes && !memcmp(profile->digest, digest, DIGEST_SIZE);
}

/* Other bytes may be served of the same text, since other calls are denied. What has no span, such as what
 * has an alias, has no text that could be compared. */
static enum profile_news judge(const struct config_profile *profile, bool is_same_text,
                               bool has_same_bytes)
{
	if (is_same_text || (has_same_bytes && !profile->span.n))
		return PROFILE_IS_KNOWN;
	return has_same_bytes ? PROFILE_HAS_SAME_BYTES : PROFILE_IS_NEW;
}

static enum profile_news compare_base(const struct profile_list *list,
                                      const struct config_profile *profile,
                                      const struct node *value)
{
	const struct config_profile *same = find_in_base(list, profile->name);

	if (!same)
		return PROFILE_IS_NEW;
	return judge(profile,
	             profile->span.n && same->span.n == profile->span.n &&
	                     same->span.offset == profile->span.offset &&
	                     value->source == list->before.base->stream->source,
	             has_bytes(profile, same->n_bytes, same->digest));
}

static enum profile_news compare_served(const struct profile_list *list,
                                        const struct config_profile *profile,
                                        const struct node *value)
{
	const struct kept kept = { .before = list->before.served };
	_cleanup_(profile_unrefp) struct profile *same = NULL;
	const struct profile *served = kept.before ? snapshot_find(kept.before, profile->name)
	                                           : NULL;

	if (!served)
		return PROFILE_IS_NEW;
	if (profile->span.n)
		same = kept_find(&kept, profile->name, &profile->span, value->source->text);
	return judge(profile, same, has_bytes(profile, served->n_bytes, served->digest));
}

enum profile_news profile_list_compare(const struct profile_list *list,
                                       const struct config_profile *profile,
                                       const struct node *value)
{
	enum profile_news of_base, of_served;

	if (!profile->name || !value)
		return PROFILE_IS_NEW;
	of_base = compare_base(list, profile, value);
	of_served = compare_served(list, profile, value);
	return of_base > of_served ? of_base : of_served;
}

const struct deny_list *profile_list_old_deny(const struct profile_list *list)
{
	if (list->before.base)
		return list->before.base->deny;
	return list->before.served ? list->before.served->deny : NULL;
}

/* What a denial does to a profile, which no patch of that profile has said. */
static bool is_of_denial(const struct diag_entry *entry)
{
	return entry->rule && strncmp(entry->rule, "deny-", strlen("deny-")) == 0;
}

static bool is_same(const struct diag_entry *a, const struct diag_entry *b)
{
	return a->rule && b->rule && strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->message ? a->message : "", b->message ? b->message : "") == 0;
}

static bool has_said(const struct diag *before, const struct diag_entry *entry)
{
	for (size_t i = 0; i < before->n_entries; i++) {
		if (is_same(&before->entries[i], entry))
			return true;
	}
	return false;
}

/* What was said of a value that is known when fewer calls were denied. */
static void render_before(struct profile_list *list, const struct node *value,
                          const struct path *path, struct diag *said)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct deny_list *deny = profile_list_old_deny(list);

	if (deny && profile_render(NULL, value, list->options, deny, path, &bytes, said) == -ENOMEM)
		list->check->no_memory = true;
}

/* Where the writer of a patch finds the profile, and can mend it; else in the config. */
static void tell_of_denial(struct profile_list *list, const struct config_profile *profile,
                           const struct diag_entry *entry)
{
	const struct path machine = { .key = "machine" };
	const struct path items = { .up = &machine, .key = "seccompProfiles" };
	struct path item = { .up = &items };
	const struct path way = { .up = &item, .key = "value" };
	const struct node *value = NULL;

	if (list->before.patch && profile->name)
		value = machine_config_find_value(list->before.patch, profile->name, &item.index);
	if (value) {
		node_finding(list->check->diag, entry->severity, entry->rule, value, &way,
		             entry->remedy, "%s", entry->message);
	} else {
		const struct place place = { entry->source, entry->line, entry->column };

		diag_add_entry_at(list->check->diag, entry, &place);
	}
}

/* said: what was said of the value when fewer calls were denied. */
static bool is_to_be_told(const struct profile_list *list, const struct diag_entry *entry,
                          enum profile_news news, const struct diag *said)
{
	if (entry->severity == DIAG_ERROR)
		return true;
	if (!check_may_warn(list->check))
		return false;
	if (is_of_denial(entry))
		return news == PROFILE_IS_NEW || !has_said(said, entry);
	return news != PROFILE_IS_KNOWN && !list->before.patch;
}

void profile_list_tell_value(struct profile_list *list, const struct config_profile *profile,
                             const struct node *value, const struct path *path,
                             enum profile_news news, const struct diag *found)
{
	_cleanup_(diag_deinit) struct diag said = DIAG_INIT;

	if (news != PROFILE_IS_NEW && found->n_warnings)
		render_before(list, value, path, &said);
	for (size_t i = 0; i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		if (!is_to_be_told(list, entry, news, &said))
			continue;
		if (is_of_denial(entry))
			tell_of_denial(list, profile, entry);
		else
			diag_add_entry_at(list->check->diag, entry, &place);
	}
}

/* What was said of the list that a patch was applied to. */
static void read_old_list(struct profile_list *list, struct diag *said)
{
	const struct machine_config *base = list->before.base;

	for (size_t i = 0; base && i < base->stream->n_documents; i++) {
		const struct node *root = base->stream->documents[i].root;
		const struct node *machine = node_resolve(node_find(root, "machine"));
		const struct node *value = node_resolve(node_find(machine, DENY_KEY));
		struct deny_list *deny = NULL;

		if (!document_is_machine_config(root) || !value)
			continue;
		if (deny_list_read(value, NULL, &deny, said) == -ENOMEM)
			list->check->no_memory = true;
		deny_list_unref(deny);
	}
}

void profile_list_tell_deny(struct profile_list *list, const struct deny_list *deny,
                            const struct diag *found)
{
	_cleanup_(diag_deinit) struct diag said = DIAG_INIT;
	bool is_after = list->before.base || list->before.served;

	if (!found->n_warnings || list->before.patch ||
	    (is_after && deny_list_equal(deny, profile_list_old_deny(list))))
		return;
	read_old_list(list, &said);
	for (size_t i = 0; i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		if (!has_said(&said, entry) && check_may_warn(list->check))
			diag_add_entry_at(list->check->diag, entry, &place);
	}
}
