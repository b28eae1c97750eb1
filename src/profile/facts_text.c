/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/facts_text.h"

#include <inttypes.h>
#include <seccomp.h>

#include "document/scalar.h"
#include "profile/bases.h"

#define N_CAPABILITIES 64 /* that a set has room for */

const char *validate_mode_name(enum validate_mode mode)
{
	return mode == VALIDATE_OFF ? "off" : "strict";
}

const char *compile_mode_name(enum compile_mode mode)
{
	return mode == COMPILE_OFF ? "off" : mode == COMPILE_REJECT ? "reject" : "on";
}

static void write_facts(const struct facts *facts, struct buffer *out)
{
	const char *before = "";

	buffer_printf(out, "architecture: %s\nkernel: \"%" PRIu32 ".%" PRIu32 "\"\ncapabilities: [",
	              facts->architecture, facts->kernel_major, facts->kernel_minor);
	for (unsigned int i = 0; i < N_CAPABILITIES; i++) {
		if (!(facts->capabilities >> i & 1) || !capability_name(i))
			continue;
		buffer_printf(out, "%s%s", before, capability_name(i));
		before = ", ";
	}
	buffer_append_string(out, "]\n");
}

void facts_text_write(const struct profile_options *options, struct buffer *out)
{
	const struct scmp_version *version = seccomp_version();

	if (options->facts)
		write_facts(options->facts, out);
	/* In quotes, since on and off are booleans to many a reader of YAML. */
	buffer_printf(out, "compile: \"%s\"\nvalidate: \"%s\"\n",
	              compile_mode_name(options->compile), validate_mode_name(options->validate));
	if (version)
		buffer_printf(out, "libseccomp: %u.%u.%u\n", version->major, version->minor,
		              version->micro);
}

/* The text of a key's value, "" where there is none or it is no scalar. */
static const char *find_text(const struct node *root, const char *key)
{
	const struct node *value = node_resolve(node_find(root, key));

	return value && value->kind == NODE_SCALAR ? value->text : "";
}

static bool read_capabilities(const struct node *list, uint64_t *capabilitiesp)
{
	*capabilitiesp = 0;
	if (!list || list->kind != NODE_SEQUENCE)
		return false;
	for (size_t i = 0; i < list->n; i++) {
		const struct node *item = node_resolve(list->items[i]);
		unsigned int number;

		if (item->kind != NODE_SCALAR || !capability_parse(item->text, &number))
			return false;
		*capabilitiesp |= UINT64_C(1) << number;
	}
	return true;
}

/* The key that is wrong, or NULL. */
static const char *read_all(const struct node *root, struct facts *facts,
                            struct profile_options *options)
{
	if (!facts_set_architecture(facts, find_text(root, "architecture")))
		return "architecture";
	if (!kernel_parse(find_text(root, "kernel"), false, &facts->kernel_major,
	                  &facts->kernel_minor))
		return "kernel";
	if (!read_capabilities(node_resolve(node_find(root, "capabilities")), &facts->capabilities))
		return "capabilities";
	if (!compile_mode_parse(find_text(root, "compile"), &options->compile))
		return "compile";
	if (!validate_mode_parse(find_text(root, "validate"), &options->validate))
		return "validate";
	return NULL;
}

int facts_text_read(const struct node *root, struct facts *facts, struct profile_options *options,
                    struct diag *diag)
{
	const char *key;

	*facts = (struct facts){ .bases = &base_table_builtin };
	*options = (struct profile_options){ .facts = facts };
	key = read_all(root, facts, options);
	if (!key)
		return 0;
	node_error(diag, root, NULL, "cannot understand %s of the node's facts", key);
	return PROFILE_E_INVALID;
}
