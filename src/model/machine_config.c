/* SPDX-License-Identifier: Apache-2.0 */

#include "model/machine_config.h"

#include <errno.h>
#include <inttypes.h>

#include "check.h"
#include "document/scalar.h"
#include "machine_config_profiles.h"

static int check_tree(const struct node *root, bool is_patch, enum validate_mode mode,
                      struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(profile_list_deinit) struct profile_list list = {
		.check = &check,
		.arena = arena,
		.mode = mode,
		.is_patch = is_patch,
	};

	if (!arena)
		return -ENOMEM;
	return profile_list_read(&list, root);
}

int machine_config_check_root(const struct node *root, enum validate_mode mode, struct diag *diag)
{
	return check_tree(root, false, mode, diag);
}

int machine_config_check_patch(const struct node *root, enum validate_mode mode, struct diag *diag)
{
	return check_tree(root, true, mode, diag);
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
			check_error(check, root, NULL,
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
static int config_build(struct stream *stream, enum validate_mode mode,
                        struct machine_config **configp, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	_cleanup_(profile_list_deinit) struct profile_list list = {
		.check = &check,
		.arena = stream->arena,
		.mode = mode,
	};
	const struct node *root = find_root(&check, stream);
	struct machine_config *config;
	int r;

	r = root ? profile_list_read(&list, root) : check_result(&check, MACHINE_CONFIG_E_INVALID);
	if (r)
		return r;
	profile_list_sort(&list);
	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	config->stream = stream;
	config->profiles = steal_ptr(list.profiles);
	config->n_profiles = list.n_profiles;
	list.n_profiles = 0;
	*configp = config;
	return 0;
}

int machine_config_parse(const char *name, const void *bytes, size_t n_bytes,
                         enum validate_mode mode, struct machine_config **configp,
                         struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r;

	r = yaml_read_bytes(name, bytes, n_bytes, &stream, NULL, diag);
	if (r)
		return r < 0 ? r : MACHINE_CONFIG_E_INVALID;
	r = config_build(stream, mode, configp, diag);
	if (r == 0)
		stream = NULL;
	return r;
}

void machine_config_free(struct machine_config *config)
{
	if (!config)
		return;
	config_profiles_free(config->profiles, config->n_profiles);
	stream_free(config->stream);
	free(config);
}
