/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Documents are matched by apiVersion, kind and name. Each document of the patch is taken in turn:
 * first what it deletes, then what is left of it is merged. A document that matches none is added.
 */

#include "document/strategic_merge.h"

#include <errno.h>
#include <string.h>

#include "document/scalar.h"

#include "draft.h"
#include "merge_value.h"
#include "patch_delete.h"

/* A document of the config, or one that the patch added. */
struct target {
	struct document_identity identity;
	struct slot slot; /* value NULL: deleted */
};

struct targets {
	struct target *targets;
	size_t n;
	size_t n_original; /* the first are those of the config, in their order */
};

static void targets_deinit(struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		slot_deinit(&targets->targets[i].slot);
	free(targets->targets);
}

/* Room for each document of the config and of the patch. */
static int targets_init(struct targets *targets, const struct edit *edit,
                        const struct stream *patch)
{
	targets->targets = calloc(edit->n_documents + patch->n_documents + 1,
	                          sizeof(*targets->targets));
	if (!targets->targets)
		return -ENOMEM;
	for (size_t i = 0; i < edit->n_documents; i++) {
		struct target *target = &targets->targets[i];

		target->slot.value = edit->documents[i].root;
		if (target->slot.value)
			document_identify(target->slot.value, &target->identity);
	}
	targets->n = edit->n_documents;
	targets->n_original = edit->n_documents;
	return 0;
}

static bool identity_equal(const struct document_identity *a, const struct document_identity *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->api_version, b->api_version) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

static struct target *targets_find(struct targets *targets,
                                   const struct document_identity *identity)
{
	for (size_t i = 0; i < targets->n; i++) {
		struct target *target = &targets->targets[i];

		if (target->slot.value && slot_kind(&target->slot) == NODE_MAPPING &&
		    identity_equal(&target->identity, identity))
			return target;
	}
	return NULL;
}

static bool has_text(const struct node *root, const char *key)
{
	const struct node *value = node_resolve(node_find(root, key));

	return value && value->kind == NODE_SCALAR && value->n > 0;
}

/* Whether root says which document it is about; reported where it does not. */
static bool check_identity(struct merge *merge, const struct node *root)
{
	bool has_version = has_text(root, "apiVersion");
	bool has_kind = has_text(root, "kind");
	bool deletes = patch_delete_is(root);

	if (has_version == has_kind && (has_kind || !deletes))
		return true;
	if (deletes)
		merge_error(merge, root, NULL,
		            "a whole document is deleted by its apiVersion and kind, and %s is "
		            "missing; the document of `machine:` cannot be deleted",
		            has_version ? "kind" : "apiVersion");
	else
		merge_error(merge, root, NULL, "%s without %s: a document has both, or neither",
		            has_version ? "apiVersion" : "kind",
		            has_version ? "kind" : "apiVersion");
	return false;
}

/* Whether there is nothing in root but what says which document it is. */
static bool is_bare(const struct node *root)
{
	static const char *const names[] = { "version", "apiVersion", "kind", "name" };

	for (size_t i = 0; i < root->n; i++) {
		const struct node *key = node_resolve(root->entries[i].key);
		bool known = false;

		for (size_t j = 0; !known && j < ARRAY_SIZE(names); j++)
			known = node_is_text(key, names[j]);
		if (!known || node_resolve(root->entries[i].value)->kind != NODE_SCALAR)
			return false;
	}
	return true;
}

static void delete_document(struct merge *merge, struct target *target, const struct node *root)
{
	if (!target) {
		node_warning(merge->diag, root, NULL,
		             "nothing to delete: there is no such document");
		return;
	}
	slot_deinit(&target->slot);
}

static int delete_parts(struct merge *merge, struct target *target, const struct node *root)
{
	int r;

	if (target) {
		r = slot_open(&target->slot);
		if (r < 0)
			return r;
	}
	return patch_delete_apply(merge, target ? &target->slot : NULL, root, NULL);
}

/* The rest of a patch document, when its deletes are done. */
static int merge_rest(struct merge *merge, struct targets *targets, struct target *target,
                      const struct node *rest)
{
	struct node *empty;

	if (!target) {
		empty = node_new_mapping(merge->arena, NULL, NULL, 0);
		if (!empty)
			return -ENOMEM;
		empty->style = rest->style;
		target = &targets->targets[targets->n++];
		document_identify(rest, &target->identity);
		target->slot.value = empty;
	}
	return merge_mapping(merge, &target->slot, rest, NULL, MERGE_COMMON);
}

/* *usedp is set when the document says something. */
static int merge_document(struct merge *merge, struct targets *targets, const struct node *root,
                          bool *usedp)
{
	struct document_identity identity;
	const struct node *rest;
	struct target *target;
	bool deletes;
	int r;

	if (root->kind != NODE_MAPPING) {
		merge_error(merge, root, NULL, "a document of a patch must be a mapping, found %s",
		            node_describe(root));
		return 0;
	}
	if (!check_identity(merge, root))
		return 0;
	document_identify(root, &identity);
	merge->kind = identity.kind;
	target = targets_find(targets, &identity);
	deletes = patch_delete_has(root);
	*usedp = *usedp || deletes;
	if (patch_delete_is(root)) {
		delete_document(merge, target, root);
		return 0;
	}
	if (deletes) {
		r = delete_parts(merge, target, root);
		if (r < 0)
			return r;
	}
	r = patch_delete_strip(merge->arena, root, &rest);
	if (r < 0 || !rest)
		return r;
	if (is_bare(rest) && (deletes || !has_text(rest, "kind")))
		return 0;
	*usedp = true;
	return merge_rest(merge, targets, target, rest);
}

static int merge_documents(struct merge *merge, struct targets *targets, const struct stream *patch)
{
	bool used = false;

	for (size_t i = 0; i < patch->n_documents; i++) {
		const struct node *root = node_resolve(patch->documents[i].root);
		int r;

		if (scalar_is_null(root))
			continue;
		r = merge_document(merge, targets, root, &used);
		if (r < 0)
			return r;
	}
	if (!used && !merge->invalid)
		merge_error(merge, patch->n_documents ? patch->documents[0].root : NULL, NULL,
		            "the patch holds nothing to merge");
	return 0;
}

static int publish(struct edit *edit, struct merge *merge, struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		struct slot *slot = &targets->targets[i].slot;
		int r = slot_close(slot, merge->arena, merge->source);

		if (r == 0 && i < targets->n_original)
			edit->documents[i].root = slot->value;
		else if (r == 0 && slot->value)
			r = edit_add_document(edit, slot->value);
		if (r < 0)
			return r;
	}
	return 0;
}

int strategic_merge(struct edit *edit, const struct stream *patch, struct diag *diag)
{
	_cleanup_(targets_deinit) struct targets targets = { 0 };
	struct merge merge = {
		.arena = edit->arena,
		.source = edit->original->source,
		.diag = diag,
	};
	int r;

	r = targets_init(&targets, edit, patch);
	if (r < 0)
		return r;
	r = merge_documents(&merge, &targets, patch);
	if (r < 0)
		return r;
	if (merge.invalid)
		return STRATEGIC_MERGE_E_INVALID;
	return publish(edit, &merge, &targets);
}
