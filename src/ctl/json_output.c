/* SPDX-License-Identifier: Apache-2.0 */

#include "json_output.h"

#include <stdio.h>

#include "document/yaml_reader.h"
#include "document/yaml_writer.h"
#include "verb.h"

static const struct yaml_layout layout = { .indent = 2, .line_break = "\n" };

int json_output_write_yaml(const struct buffer *json, unsigned int indent, struct buffer *out)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r = yaml_read_bytes("output", json->data, json->n_data, &stream, NULL, NULL);

	if (r)
		return r;
	buffer_append_repeated(out, ' ', indent);
	r = yaml_write_block(stream->documents[0].root, &layout, indent, false, out);
	buffer_append_char(out, '\n');
	return r ? r : buffer_error(out);
}

int json_output_print(const struct buffer *text, enum output_format format, const char *name)
{
	_cleanup_(buffer_deinit) struct buffer yaml = BUFFER_INIT;
	int r = buffer_error(text);

	if (!r && format == OUTPUT_YAML)
		r = json_output_write_yaml(text, 0, &yaml);
	if (r < 0)
		return out_of_memory();
	if (r > 0)
		return failure("%s cannot be shown in this form", name);
	if (format == OUTPUT_YAML)
		text = &yaml;
	fwrite(text->data, 1, text->n_data, stdout);
	return finish_output();
}
