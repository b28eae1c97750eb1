/* SPDX-License-Identifier: Apache-2.0 */

#include "model/machine_config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "document/scalar.h"
#include "machine_config_build.h"
#include "machine_config_keys.h"
#include "machine_config_profiles.h"
#include "profile/check.h"
#include "profile/lint_value.h"

static int check_tree(const struct node *root, bool is_patch, const struct profile_options *options,
                      const struct machine_config *base, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	_cleanup_(profile_list_deinit) struct profile_list list = {
		.check = &check,
		.arena = arena_new(0),
		.options = options,
		.is_patch = is_patch,
		.before = { .lints = true, .base = base },
		.filter_work = LINT_FILTER_WORK_MAX,
		.denied_work = LINT_DENIED_WORK_MAX,
	};

	if (!list.arena)
		return -ENOMEM;
	return profile_list_read(&list, root);
}

int machine_config_check_root(const struct node *root, const struct profile_options *options,
                              const struct machine_config *base, struct diag *diag)
{
	return check_tree(root, false, options, base, diag);
}

int machine_config_check_patch(const struct node *root, const struct profile_options *options,
                               struct diag *diag)
{
	return check_tree(root, true, options, NULL, diag);
}

/* The v1alpha1 document, or NULL where there is none. Errors are added to check. */
static const struct node *find_root(struct check *check, const struct stream *stream)
{
	const struct place file = { .source = stream->source->name };
	const struct node *found = NULL;
	bool has_document = false;

	for (size_t i = 0; i < stream->n_documents; i++) {
		const struct node *root = stream->documents[i].root;

		if (scalar_is_null(root))
			continue;
		has_document = true;
		if (root->kind != NODE_MAPPING)
			check_found(check, root, NULL, "a mapping with machine");
		else if (!document_is_machine_config(root))
			continue;
		else if (found)
			check_error(check, LINT_INVALID_VALUE, root, NULL,
			            "a second v1alpha1 document, the first is at line %" PRIu32
			            ": allowed is one",
			            found->start.line);
		else
			found = root;
	}
	if (!has_document) {
		check->failed = true;
		diag_error(check->diag, &file, NULL,
		           "the config is empty: a document with machine is needed");
	} else if (!found && !check->failed) {
		diag_warning(check->diag, &file, NULL,
		             "no document with machine: there are no profiles");
	}
	return found;
}

/* Takes stream on success. */
static int build(struct profile_list *list, struct stream *stream, struct machine_config **configp)
{
	const struct node *root = find_root(list->check, stream);
	struct machine_config *config;
	size_t n;
	int r = check_result(list->check, MACHINE_CONFIG_E_INVALID);

	if (root)
		r = profile_list_read(list, root);
	else if (!r && list->taken)
		r = PROFILE_LIST_E_OTHER;
	if (r)
		return r;
	n = list->n_profiles;
	profile_list_sort(list);
	if (!profile_list_is_whole(list, n))
		return MACHINE_CONFIG_E_INVALID;
	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	config->stream = stream;
	config->arena = steal_ptr(list->arena);
	config->options = *list->options;
	config->deny = steal_ptr(list->deny);
	config->profiles = steal_ptr(list->profiles);
	config->n_profiles = list->n_profiles;
	config->n_lost = list->n_lost;
	list->n_profiles = 0;
	*configp = config;
	return 0;
}

int machine_config_build(struct stream *stream, struct kept *kept, const struct stream *patch,
                         const struct profile_options *options, struct machine_config **configp,
                         struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	_cleanup_(profile_list_deinit) struct profile_list list = {
		.check = &check,
		.arena = arena_new(0),
		.options = options,
		.keeps_bytes = true,
		.kept = kept,
		.before = { .served = kept ? kept->before : NULL, .patch = patch },
		.denied_work = LINT_DENIED_WORK_MAX,
	};

	return list.arena ? build(&list, stream, configp) : -ENOMEM;
}

struct reading {
	const struct profile_options *options;
	bool keeps_trees;
	bool keeps_bytes;
	struct kept *kept;      /* NULL: nothing is taken over */
	struct deny_list *deny; /* borrowed: of a text whose trees are not kept */
	struct machine_config_before before;
};

static const char *const way_to_list[] = { "machine", "seccompProfiles" };

/* PROFILE_LIST_E_OTHER and YAML_E_STOPPED only where the trees are not kept. */
static int config_read(const struct reading *reading, const char *name, const void *bytes,
                       size_t n_bytes, struct machine_config **configp, struct diag *diag)
{
	_cleanup_(source_freep) struct source *source = NULL;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	_cleanup_(profile_list_deinit) struct profile_list list = {
		.check = &check,
		.arena = arena_new(0),
		.options = reading->options,
		.keeps_bytes = reading->keeps_bytes,
		.kept = reading->kept,
		.deny = deny_list_ref(reading->deny),
		.before = reading->before,
		.filter_work = LINT_FILTER_WORK_MAX,
		.denied_work = LINT_DENIED_WORK_MAX,
	};
	const struct yaml_items items = { way_to_list, ARRAY_SIZE(way_to_list), profile_list_take,
		                          &list };
	int r = list.arena ? 0 : -ENOMEM;

	if (!r)
		r = (reading->keeps_trees ? source_new : source_borrow)(name, bytes, n_bytes,
		                                                        &source, diag);
	if (!r)
		r = reading->keeps_trees ? yaml_read(source, &stream, NULL, diag)
		                         : yaml_read_items(source, &items, &stream, diag);
	if (r)
		return r < 0 ? r : MACHINE_CONFIG_E_INVALID;
	source = NULL;
	r = build(&list, stream, configp);
	if (!r)
		stream = NULL;
	return r;
}

int machine_config_parse(const char *name, const void *bytes, size_t n_bytes,
                         const struct profile_options *options, struct machine_config **configp,
                         struct diag *diag)
{
	const struct reading reading = { .options = options,
		                         .keeps_trees = true,
		                         .keeps_bytes = true };

	return config_read(&reading, name, bytes, n_bytes, configp, diag);
}

int machine_config_parse_after(const struct machine_config_before *before, const char *name,
                               const void *bytes, size_t n_bytes,
                               const struct profile_options *options,
                               struct machine_config **configp, struct diag *diag)
{
	struct kept kept = { .before = before->served };
	const struct reading reading = {
		.options = options,
		.keeps_trees = true,
		.keeps_bytes = true,
		.kept = before->served && before->is_checked ? &kept : NULL,
		.before = *before,
	};

	return config_read(&reading, name, bytes, n_bytes, configp, diag);
}

/*
 * What a text denies, in a reading of its own which keeps no entry, since it may stand behind the
 * entries. Whether there is such a key is seen without reading; one that is written with escapes is
 * met by whoever reads the entries (PROFILE_LIST_E_OTHER). 0, -ENOMEM, or above 0: to be read as a
 * whole.
 */
static int find_deny(const char *text, size_t n_text, const struct profile_options *options,
                     struct deny_list **denyp)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(check_deinit) struct check check = CHECK_INIT(&diag);
	_cleanup_(source_freep) struct source *source = NULL;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(profile_list_deinit) struct profile_list list = {
		.check = &check,
		.arena = arena_new(0),
		.options = options,
		.finds_deny = true,
	};
	const struct yaml_items items = { way_to_list, ARRAY_SIZE(way_to_list), profile_list_take,
		                          &list };
	const struct node *root;
	int r;

	if (!memmem(text, n_text, DENY_KEY, strlen(DENY_KEY)))
		return 0;
	r = list.arena ? source_borrow("", text, n_text, &source, NULL) : -ENOMEM;
	if (!r)
		r = yaml_read_items(source, &items, &stream, NULL);
	if (r)
		return r;
	source = NULL;
	root = find_root(&check, stream);
	r = root ? profile_list_read(&list, root) : 0;
	*denyp = steal_ptr(list.deny);
	return r ? r : diag.n_entries > 0;
}

static int read_whole(struct reading *reading, const char *name, const char *text, size_t n_text,
                      struct machine_config **configp, struct diag *diag)
{
	reading->keeps_trees = reading->keeps_bytes = true;
	reading->deny = NULL;
	return config_read(reading, name, text, n_text, configp, diag);
}

/*
 * What is said of an entry depends on what was said before it, and what stands behind it decides
 * whether anything is said at all. So whatever is out of the ordinary is read again as a whole.
 * Warnings alone are not: nothing else in a config that is taken gives any before the entries do.
 */
int machine_config_parse_profiles(const char *name, const char *text, size_t n_text,
                                  bool keeps_bytes, const struct profile_options *options,
                                  const struct snapshot *served, struct machine_config **configp,
                                  struct diag *diag)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	_cleanup_(deny_list_unrefp) struct deny_list *deny = NULL;
	size_t n_before = diag ? diag->n_warnings : 0;
	struct reading reading = { .options = options,
		                   .keeps_bytes = keeps_bytes,
		                   .before = { .served = served, .lints = served } };
	int r = find_deny(text, n_text, options, &deny);

	reading.deny = deny;
	if (!r)
		r = config_read(&reading, name, text, n_text, &config, &found);
	if (r < 0)
		return r;
	if (r > 0 || (n_before && n_before + found.n_warnings > CHECK_WARNINGS_MAX))
		return read_whole(&reading, name, text, n_text, configp, diag);
	diag_append(diag, &found);
	*configp = steal_ptr(config);
	return 0;
}

void machine_config_free(struct machine_config *config)
{
	if (!config)
		return;
	config_profiles_free(config->profiles, config->n_profiles);
	deny_list_unref(config->deny);
	arena_free(config->arena);
	stream_free(config->stream);
	free(config);
}
