/* SPDX-License-Identifier: Apache-2.0 */

#include "model/resource.h"

#include <errno.h>
#include <inttypes.h>

#define GAP 3 /* blanks between a column's widest cell and the next column */

/* Longest cell in a column so far, in code points. */
static void widen(size_t *width, const char *cell)
{
	size_t n = 0;

	for (const char *c = cell; *c; c++)
		n += ((unsigned char)*c & 0xc0) != 0x80;
	if (n > *width)
		*width = n;
}

static void append_cell(struct buffer *out, const char *cell, size_t width)
{
	size_t n = 0;

	widen(&n, cell);
	buffer_append_string(out, cell);
	buffer_append_repeated(out, ' ', width - n + GAP);
}

void resource_write_table(const struct resource_row *rows, size_t n_rows, struct buffer *out)
{
	static const char *const header[] = { "NODE", "NAMESPACE", "TYPE", "ID" };
	size_t widths[ARRAY_SIZE(header)] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(header); i++)
		widen(&widths[i], header[i]);
	for (size_t i = 0; i < n_rows; i++) {
		widen(&widths[0], rows[i].node);
		widen(&widths[1], RESOURCE_NAMESPACE);
		widen(&widths[2], RESOURCE_TYPE_NAME);
		widen(&widths[3], rows[i].id);
	}
	for (size_t i = 0; i < ARRAY_SIZE(header); i++)
		append_cell(out, header[i], widths[i]);
	buffer_append_string(out, "VERSION\n");
	for (size_t i = 0; i < n_rows; i++) {
		append_cell(out, rows[i].node, widths[0]);
		append_cell(out, RESOURCE_NAMESPACE, widths[1]);
		append_cell(out, RESOURCE_TYPE_NAME, widths[2]);
		append_cell(out, rows[i].id, widths[3]);
		buffer_printf(out, "%" PRIu64 "\n", rows[i].version);
	}
}

void resource_write_snapshot_table(const struct snapshot *snapshot, const char *node,
                                   struct buffer *out)
{
	_cleanup_(freep) struct resource_row *rows = calloc(snapshot->n_profiles + 1,
	                                                    sizeof(*rows));

	if (!rows) {
		out->error = out->error ? out->error : -ENOMEM;
		return;
	}
	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		const struct profile *profile = snapshot->profiles[i];

		rows[i] = (struct resource_row){ node, profile->name, profile->version };
	}
	resource_write_table(rows, snapshot->n_profiles, out);
}
