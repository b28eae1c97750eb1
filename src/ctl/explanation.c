/* SPDX-License-Identifier: Apache-2.0 */

#include "explanation.h"

#include <inttypes.h>
#include <string.h>

#include "document/canonical_json.h"
#include "document/quote.h"
#include "document/yaml_writer.h"
#include "json_output.h"
#include "profile/capability_list.h"
#include "profile/facts_text.h"
#include "profile/plain.h"

#define INDENT 2

static const struct yaml_layout layout = { .indent = 2, .line_break = "\n" };

void explanation_deinit(struct explanation *explanation)
{
	buffer_deinit(&explanation->source);
	buffer_deinit(&explanation->result);
}

bool explanation_is_served(const struct explanation *explanation)
{
	const struct buffer *served = explanation->served, *result = &explanation->result;

	return served && served->n_data == result->n_data &&
	       memcmp(served->data, result->data, result->n_data) == 0;
}

static const char *describe_served(const struct explanation *explanation)
{
	if (!explanation->served)
		return "nothing that could be read";
	return explanation_is_served(explanation) ? "what is computed here"
	                                          : "other bytes than are computed here";
}

/* Whether it is as it stands although it is not plain. */
static bool explanation_is_uncompiled(const struct explanation *explanation)
{
	return explanation->options->compile == COMPILE_OFF &&
	       !profile_is_plain(node_resolve(explanation->value));
}

/* A value as a block in YAML that stands INDENT columns in. */
static int write_block(const struct node *node, struct buffer *out)
{
	int r;

	buffer_append_repeated(out, ' ', INDENT);
	r = yaml_write_block(node, &layout, INDENT, false, out);
	buffer_append_char(out, '\n');
	return r;
}

static void write_notes(const struct explanation *explanation, struct buffer *out)
{
	const struct compile_notes *notes = &explanation->notes;

	for (size_t i = 0; i < notes->n_notes; i++) {
		const struct place place = node_place(notes->notes[i].node);

		buffer_append_repeated(out, ' ', INDENT);
		if (place.line)
			buffer_printf(out, "line %" PRIu32 ": ", place.line);
		buffer_printf(out, "%s\n", notes->notes[i].message);
	}
	if (notes->n_notes == 0)
		buffer_append_string(out, "  none\n");
}

static void write_node(const struct explanation *explanation, struct buffer *out)
{
	const struct facts *facts = explanation->options->facts;

	buffer_printf(out, "node: %s, kernel %" PRIu32 ".%" PRIu32 ", capabilities ",
	              facts->architecture, facts->kernel_major, facts->kernel_minor);
	capability_list_format(facts->capabilities, out);
	buffer_append_char(out, '\n');
}

int explanation_write_text(const struct explanation *explanation, struct buffer *out)
{
	bool is_compiled = !explanation->work.keeps_bytes;
	int r;

	buffer_append_string(out, "profile: ");
	quote_append_bare(out, explanation->name, strlen(explanation->name));
	buffer_append_char(out, '\n');
	write_node(explanation, out);
	buffer_printf(out, "bytes: %s%s\n",
	              is_compiled ? "compiled" : "those of the value as it stands",
	              explanation_is_uncompiled(explanation)
	                      ? ", with compile=off: runtimes ignore what is not plain"
	                      : "");
	buffer_printf(out, "served: %s\n\nsource, line %" PRIu32 " of the machine config:\n",
	              describe_served(explanation), node_place(explanation->value).line);
	r = write_block(explanation->value, out);
	if (r || !is_compiled)
		return r ? r : buffer_error(out);
	buffer_append_string(out, "\ndecisions:\n");
	write_notes(explanation, out);
	buffer_append_string(out, "\nresult:\n");
	r = json_output_write_yaml(&explanation->result, INDENT, out);
	return r ? r : buffer_error(out);
}

static void write_json_string(const char *text, struct buffer *out)
{
	canonical_json_string(text, strlen(text), out);
}

static void write_json_notes(const struct compile_notes *notes, struct buffer *out)
{
	for (size_t i = 0; i < notes->n_notes; i++) {
		const struct place place = node_place(notes->notes[i].node);

		buffer_append_string(out, i ? ",{" : "{");
		if (place.line)
			buffer_printf(out, "\"line\":%" PRIu32 ",\"column\":%" PRIu32 ",",
			              place.line, place.column);
		buffer_append_string(out, "\"message\":");
		write_json_string(notes->notes[i].message, out);
		buffer_append_char(out, '}');
	}
}

static void write_json_node(const struct facts *facts, struct buffer *out)
{
	const char *before = "";

	buffer_printf(out,
	              "{\"architecture\":\"%s\",\"kernel\":\"%" PRIu32 ".%" PRIu32
	              "\",\"capabilities\":[",
	              facts->architecture, facts->kernel_major, facts->kernel_minor);
	for (unsigned int i = 0; capability_name(i); i++) {
		if (!(facts->capabilities >> i & 1))
			continue;
		buffer_printf(out, "%s\"%s\"", before, capability_name(i));
		before = ",";
	}
	buffer_append_string(out, "]}");
}

int explanation_write_json(const struct explanation *explanation, struct buffer *out)
{
	buffer_append_string(out, "{\"name\":");
	write_json_string(explanation->name, out);
	buffer_append_string(out, ",\"node\":");
	write_json_node(explanation->options->facts, out);
	buffer_printf(out, ",\"compile\":\"%s\"", compile_mode_name(explanation->options->compile));
	buffer_printf(out, ",\"compiled\":%s,\"served\":%s,\"source\":",
	              explanation->work.keeps_bytes ? "false" : "true",
	              explanation_is_served(explanation) ? "true" : "false");
	buffer_append(out, explanation->source.data, explanation->source.n_data);
	buffer_append_string(out, ",\"decisions\":[");
	if (!explanation->work.keeps_bytes)
		write_json_notes(&explanation->notes, out);
	buffer_append_string(out, "],\"result\":");
	buffer_append(out, explanation->result.data, explanation->result.n_data);
	buffer_append_string(out, "}\n");
	return buffer_error(out);
}
