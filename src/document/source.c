/* SPDX-License-Identifier: Apache-2.0 */

#include "document/source.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"

enum encoding {
	ENCODING_UTF8,
	ENCODING_UTF8_BOM,
	ENCODING_UTF16_LE,
	ENCODING_UTF16_BE,
};

static enum encoding detect(const unsigned char *bytes, size_t n_bytes)
{
	if (n_bytes >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf)
		return ENCODING_UTF8_BOM;
	if (n_bytes >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return ENCODING_UTF16_LE;
	if (n_bytes >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
		return ENCODING_UTF16_BE;
	return ENCODING_UTF8;
}

/* The place behind n_text bytes of valid UTF-8. A line ends where YAML ends one. */
static struct place place_behind(const char *name, const char *text, size_t n_text)
{
	struct place place = { .source = name, .line = 1, .column = 1 };
	size_t n;

	for (size_t i = 0; i < n_text; i += n) {
		size_t n_break = utf8_line_break(text + i, n_text - i);

		n = n_break ? n_break : utf8_length(text + i, n_text - i);
		if (!n)
			break;
		place.line += n_break ? 1 : 0;
		place.column = n_break ? 1 : place.column + 1;
	}
	return place;
}

static int check_utf8(const char *name, const char *text, size_t n_text, struct diag *diag)
{
	size_t n_valid = utf8_valid_prefix(text, n_text);
	struct place place;

	if (n_valid == n_text)
		return 0;
	place = place_behind(name, text, n_valid);
	diag_error(diag, &place, NULL, "the text is not valid UTF-8: unexpected byte 0x%02x",
	           (unsigned char)text[n_valid]);
	return SOURCE_E_INVALID;
}

static unsigned int unit_at(const unsigned char *bytes, bool big_endian)
{
	return big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0];
}

/* Appends bytes, which is UTF-16 without its byte order mark, as UTF-8. */
static int convert_utf16(const char *name, const unsigned char *bytes, size_t n_bytes,
                         bool big_endian, struct buffer *out, struct diag *diag)
{
	const char *reason = NULL;
	struct place place;

	for (size_t i = 0; i < n_bytes && !reason; i += 2) {
		unsigned int high, low, code;

		if (n_bytes - i < 2) {
			reason = "it ends in the middle of a character";
			break;
		}
		high = unit_at(bytes + i, big_endian);
		code = high;
		if (high >= 0xd800 && high < 0xe000) {
			low = n_bytes - i >= 4 ? unit_at(bytes + i + 2, big_endian) : 0;
			if (high >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
				reason = "a surrogate stands alone";
				break;
			}
			code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		utf8_append(out, code);
	}
	if (!reason)
		return 0;
	if (buffer_error(out))
		return 0;
	place = place_behind(name, out->data ? out->data : "", out->n_data);
	diag_error(diag, &place, NULL, "the text is not valid UTF-16: %s", reason);
	return SOURCE_E_INVALID;
}

static int too_large(const char *name, struct diag *diag)
{
	struct place place = { .source = name };

	diag_error(diag, &place, NULL, "the text is larger than %lu bytes", SOURCE_SIZE_MAX);
	return SOURCE_E_INVALID;
}

/* borrows: nothing needs to be copied. */
static int fill(struct source *source, const void *bytes, size_t n_bytes, bool borrows,
                struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer text = { .limit = SOURCE_SIZE_MAX };
	enum encoding encoding = detect(bytes, n_bytes);
	const char *data = bytes;
	int r;

	if (encoding == ENCODING_UTF16_LE || encoding == ENCODING_UTF16_BE) {
		r = convert_utf16(source->name, (const unsigned char *)data + 2, n_bytes - 2,
		                  encoding == ENCODING_UTF16_BE, &text, diag);
	} else {
		size_t n_mark = encoding == ENCODING_UTF8_BOM ? 3 : 0;

		r = check_utf8(source->name, data + n_mark, n_bytes - n_mark, diag);
		if (!r && borrows) {
			source->text = data + n_mark;
			source->n_text = n_bytes - n_mark;
			source->converted = n_mark;
			return 0;
		}
		if (!r)
			buffer_append(&text, data + n_mark, n_bytes - n_mark);
	}
	if (r)
		return r;
	if (buffer_error(&text) == -EFBIG)
		return too_large(source->name, diag);
	source->converted = encoding != ENCODING_UTF8;
	source->copy = buffer_steal(&text, &source->n_text);
	source->text = source->copy;
	return source->text ? 0 : -ENOMEM;
}

static int make(const char *name, const void *bytes, size_t n_bytes, bool borrows,
                struct source **sourcep, struct diag *diag)
{
	_cleanup_(source_freep) struct source *source = NULL;
	int r;

	if (n_bytes > SOURCE_SIZE_MAX)
		return too_large(name, diag);
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	if (name) {
		source->name = strdup(name);
		if (!source->name)
			return -ENOMEM;
	}
	r = fill(source, n_bytes ? bytes : "", n_bytes, borrows, diag);
	if (r)
		return r;
	*sourcep = steal_ptr(source);
	return 0;
}

int source_new(const char *name, const void *bytes, size_t n_bytes, struct source **sourcep,
               struct diag *diag)
{
	return make(name, bytes, n_bytes, false, sourcep, diag);
}

int source_borrow(const char *name, const void *bytes, size_t n_bytes, struct source **sourcep,
                  struct diag *diag)
{
	return make(name, bytes, n_bytes, true, sourcep, diag);
}

int source_new_of_text(const char *name, struct buffer *text, struct source **sourcep)
{
	_cleanup_(source_freep) struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->name = strdup(name);
	if (!source->name)
		return -ENOMEM;
	source->copy = buffer_steal(text, &source->n_text);
	if (!source->copy)
		return -ENOMEM;
	source->text = source->copy;
	*sourcep = steal_ptr(source);
	return 0;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	free(source->name);
	free(source->copy);
	free(source);
}
