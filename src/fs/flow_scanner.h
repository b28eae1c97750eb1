#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tells, byte by byte, whether the bytes of a patch so far form a closed document: a flow
 * collection or a document with its end marker (`...`), with only blanks and comments behind.
 *
 * It is no parser: each byte is looked at once, so that a patch written in a million pieces costs
 * what it costs in one. Its rules are those by which libyaml finds tokens inside flow
 * collections. Where they would need more than a byte's context (tags, anchors, aliases, complex
 * keys, line breaks other than CR and LF) it gives up and says FLOW_OPAQUE, since a document
 * that is found closed too late only fails later, one that is found closed too early fails wrongly.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flow_state {
	FLOW_BLANK,   /* blanks, comments, end markers of nothing: no patch */
	FLOW_OPEN,    /* more may come: brackets are open, or a block document goes on */
	FLOW_MARKER,  /* likewise, but for a last line that may become an end marker */
	FLOW_CLOSED,  /* nothing but another document can follow */
	FLOW_OPAQUE,  /* only the end of the bytes can tell */
	FLOW_ENCODED, /* likewise, since it begins with a byte order mark or a NUL */
};

struct flow_scanner {
	/* private; all zero is the beginning */
	unsigned int mode;
	unsigned int token;    /* inside the flow collection */
	unsigned int before;   /* the mode before a line that begins with a dot */
	unsigned int column;   /* bytes of this line so far; stops above those of a marker */
	unsigned int n_dots;   /* at the start of this line */
	unsigned int n_dashes; /* likewise, where the bytes begin with them */
	bool comment;          /* outside of the flow collection */
	bool begun;
	size_t depth;
	uint32_t tail; /* the last bytes, the latest lowest */
};

#define FLOW_SCANNER_INIT ((struct flow_scanner){ 0 })

void flow_scanner_feed(struct flow_scanner *scanner, const char *data, size_t n_data);

/* What is closed has been dealt with: goes on behind it, where the rest of a comment may follow. */
void flow_scanner_restart(struct flow_scanner *scanner);

enum flow_state flow_scanner_state(const struct flow_scanner *scanner);
