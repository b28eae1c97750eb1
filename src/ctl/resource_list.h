#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The resources as the control directory shows them. jansson has no integers above 2^63, and the
 * profiles hold such: they are read with the YAML reader. */

#include "arguments.h"
#include "document/yaml_reader.h"
#include "model/resource.h"

struct resource_list {
	struct stream *stream; /* owned; the rows point into it */
	struct resource_row *rows;
	size_t n_rows;
};

#define RESOURCE_LIST_INIT ((struct resource_list){ 0 })

void resource_list_deinit(struct resource_list *list);

/* Reads CONTROL_DIR/seccompprofiles.json. 0, or an exit status after a message on stderr. */
_must_check_ int resource_list_read(struct resource_list *list, const char *control_dir);

/*
 * Prints the resources as CONTROL_DIR/seccompprofiles.json (OUTPUT_JSON) or .yaml has them, or with name the
 * one of it. 0, or an exit status after a message on stderr; *foundp tells whether there is one of the
 * name, where nothing was said.
 */
_must_check_ int resource_list_print(const char *control_dir, enum output_format format,
                                     const char *name, bool *foundp);
