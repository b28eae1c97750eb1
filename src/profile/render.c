/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "document/canonical_json.h"
#include "document/quote.h"
#include "profile/bases.h"
#include "profile/deny.h"
#include "profile/filter.h"
#include "profile/plain.h"
#include "profile/profile.h"
#include "rules.h"

/* "runc, runc-1.1.5, crun ..." */
static void list_bases(const struct base_table *table, struct buffer *out)
{
	buffer_append_string(out, "none");
	for (size_t i = 0; table && i < table->n_sets; i++) {
		const struct base_set *set = &table->sets[i];

		if (i == 0 || strcmp(set->runtime, set[-1].runtime) != 0)
			buffer_printf(out, ", %s", set->runtime);
		buffer_printf(out, ", %s-%s", set->runtime, set->version);
	}
}

static int refuse_base(const struct ruleset *ruleset, const struct facts *facts,
                       const struct path *path, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	_cleanup_(buffer_deinit) struct buffer allowed = BUFFER_INIT, quoted = BUFFER_INIT;
	struct path extension = { .up = path, .key = "x-seccompfs" };
	struct path way = { .up = &extension, .key = "base" };

	list_bases(facts->bases, &allowed);
	quote_append(&quoted, ruleset->base, strlen(ruleset->base));
	if (buffer_error(&allowed) || buffer_error(&quoted))
		return -ENOMEM;
	check_error(&check, LINT_UNKNOWN_BASE, node_find(ruleset->extension, "base"), &way,
	            "unknown base %s: allowed are %s", quoted.data, allowed.data);
	return PROFILE_E_INVALID;
}

/* The compiled ruleset stays as it is, for who judges it. */
static int deny(struct arena *arena, const struct deny_list *list, const struct path *path,
                struct profile_work *work, struct compile_notes *notes, struct diag *diag)
{
	bool is_changed;
	int r;

	work->served = ruleset_copy(arena, work->compiled);
	if (!work->served)
		return -ENOMEM;
	r = ruleset_deny(arena, work->served, list, path, &is_changed, notes, diag);
	work->is_denied = !r && is_changed;
	if (work->is_denied)
		work->keeps_bytes = false;
	return r;
}

static int compile(struct arena *arena, const struct profile_options *options,
                   const struct deny_list *list, const struct path *path, struct profile_work *work,
                   struct compile_notes *notes, struct diag *diag)
{
	int r = ruleset_compile(arena, work->source, options->facts, &work->compiled, notes);

	if (r)
		return r;
	r = ruleset_add_base(arena, work->compiled, work->source->base, options->facts, notes);
	if (r == -ENOENT)
		return refuse_base(work->source, options->facts, path, diag);
	work->served = work->compiled;
	work->keeps_bytes = work->source->is_plain;
	if (!r && list)
		r = deny(arena, list, path, work, notes, diag);
	return r;
}

/* A runtime ignores what it does not know. */
static int leave_out(struct arena *arena, struct profile_work *work)
{
	struct ruleset *served = ruleset_copy(arena, work->source);

	if (!served)
		return -ENOMEM;
	served->maps = NULL;
	served->n_maps = 0;
	for (size_t i = 0; i < served->n_rules; i++)
		served->rules[i].includes = served->rules[i].excludes = (struct rule_condition){
			0
		};
	work->compiled = work->served = served;
	work->keeps_bytes = true;
	return 0;
}

/* Only where the rules need not be kept there is such a value that is served at all. */
static bool is_deniable_unread(const struct node *value, const struct profile_options *options,
                               const struct deny_list *list)
{
	return list && options->compile != COMPILE_OFF && options->validate == VALIDATE_OFF &&
	       profile_is_plain(value);
}

/* Nobody knows which calls a runtime lets through that reads more in the value than we do. */
static int deny_unread(struct arena *arena, const struct node *value, const struct path *path,
                       struct profile_work *work, struct compile_notes *notes, struct diag *diag)
{
	work->served = arena_alloc(arena, sizeof(*work->served));
	if (!work->served)
		return -ENOMEM;
	*work->served = (struct ruleset){ .node = value,
		                          .default_action = ACTION_ERRNO,
		                          .is_plain = true };
	work->is_denied = true;
	work->keeps_bytes = false;
	compile_note_denied(notes, "everything", "",
	                    "cannot be read: everything is denied while seccompDeny denies a call");
	node_finding(diag, DIAG_WARNING, "deny-unread", value, path,
	             "correct the value, or remove the profile",
	             "seccompDeny: the profile cannot be read, and everything is denied in it");
	return 0;
}

int profile_build(struct arena *arena, const struct node *value,
                  const struct profile_options *options, const struct deny_list *deny_list,
                  const struct path *path, struct profile_work *work, struct compile_notes *notes,
                  struct diag *diag)
{
	bool is_off = options->compile == COMPILE_OFF;
	bool is_deniable = is_deniable_unread(value, options, deny_list);
	int r;

	*work = (struct profile_work){ .keeps_bytes = true };
	r = ruleset_read(arena, value, path, &work->source, is_off || is_deniable ? NULL : diag);
	if (r > 0 && is_deniable)
		return deny_unread(arena, value, path, work, notes, diag);
	if (r > 0)
		return is_off ? 0 : PROFILE_E_INVALID;
	if (r == 0)
		r = is_off ? leave_out(arena, work)
		           : compile(arena, options, deny_list, path, work, notes, diag);
	return r;
}

static void list_denied(const struct compile_notes *notes, bool is_otherwise, struct buffer *out,
                        size_t *n_more)
{
	for (size_t i = 0; i < notes->n_notes; i++) {
		const char *denied = notes->notes[i].denied;

		if (!denied || !strchr(denied, ' ') == is_otherwise)
			continue;
		if (out->n_data + strlen(denied) > PROFILE_DENIED_MAX)
			(*n_more)++;
		else
			buffer_printf(out, "%s%s", out->n_data ? ", " : "", denied);
	}
}

static int tell(const struct profile_work *work, const struct compile_notes *notes,
                struct profile_outcome *outcome)
{
	_cleanup_(buffer_deinit) struct buffer denied = BUFFER_INIT;
	size_t n_more = 0;

	outcome->is_compiled = work->source && !work->source->is_plain;
	list_denied(notes, true, &denied, &n_more);
	list_denied(notes, false, &denied, &n_more);
	if (!denied.n_data)
		return buffer_error(&denied);
	if (n_more)
		buffer_printf(&denied, " and %zu more", n_more);
	outcome->denied = buffer_steal(&denied, NULL);
	return outcome->denied ? 0 : -ENOMEM;
}

static int write_compiled(const struct node *value, const struct profile_options *options,
                          const struct deny_list *deny, const struct path *path, struct buffer *out,
                          struct profile_outcome *outcome, struct diag *diag)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct compile_notes notes = { .arena = arena };
	struct profile_work work;
	int r;

	if (!arena)
		return -ENOMEM;
	r = profile_build(arena, value, options, deny, path, &work, outcome && deny ? &notes : NULL,
	                  diag);
	if (!r)
		r = work.keeps_bytes ? canonical_json_write(value, path, out, diag)
		                     : ruleset_write(work.served, out);
	if (r || !outcome)
		return r;
	outcome->is_large = work.is_denied &&
	                    filter_count_most(work.served) > FILTER_INSTRUCTIONS_MAX;
	return tell(&work, &notes, outcome);
}

/* It may stand anywhere in a value that keeps its bytes. In JSON these bytes are a key, since a string
 * has its quotes escaped. */
static void refuse_own_key(struct check *check, const struct node *value, const struct path *path,
                           const struct buffer *out, size_t n_before)
{
	static const char key[] = "\"x-seccompfs\":";

	if (!memmem(out->data + n_before, out->n_data - n_before, key, strlen(key)))
		return;
	if (!profile_refuse_misplaced(check, value, path))
		check_error_remedied(check, LINT_UNKNOWN_KEY, "write the key as x-seccompfs", value,
		                     path,
		                     "a key of this project, x-seccompfs, that is not written so");
}

int profile_render_telling(const struct node *owner, const struct node *value,
                           const struct profile_options *options, const struct deny_list *deny,
                           const struct path *path, struct buffer *out,
                           struct profile_outcome *outcome, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	const struct node *resolved = node_resolve(value);
	size_t n_before = out->n_data;
	bool is_plain;
	int r = 0;

	if (outcome)
		*outcome = (struct profile_outcome){ 0 };
	if (!profile_check_form(&check, owner, value, options, path))
		return check_result(&check, PROFILE_E_INVALID);
	/* canonical_json_write() finds null keys as well. */
	is_plain = options->compile == COMPILE_OFF || (!deny && profile_is_plain(resolved));
	/* Also after an error: this finds errors of its own (null keys, D4), and all are reported. */
	if (is_plain || check.failed)
		r = canonical_json_write(resolved, path, out, diag);
	else if (profile_check_null_keys(&check, resolved, path))
		r = write_compiled(resolved, options, deny, path, out, outcome, diag);
	if (r < 0)
		return r;
	if (r == 0 && !check.failed)
		refuse_own_key(&check, resolved, path, out, n_before);
	if (check.no_memory)
		return -ENOMEM;
	return r > 0 || check.failed ? PROFILE_E_INVALID : 0;
}

int profile_render(const struct node *owner, const struct node *value,
                   const struct profile_options *options, const struct deny_list *deny,
                   const struct path *path, struct buffer *out, struct diag *diag)
{
	return profile_render_telling(owner, value, options, deny, path, out, NULL, diag);
}
