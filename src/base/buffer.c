/* SPDX-License-Identifier: Apache-2.0 */

#include "base/buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void buffer_deinit(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ .limit = buffer->limit };
}

void buffer_clear(struct buffer *buffer)
{
	buffer->n_data = 0;
	buffer->error = 0;
	if (buffer->data)
		buffer->data[0] = '\0';
}

int buffer_reserve(struct buffer *buffer, size_t n_more)
{
	size_t needed, capacity;
	char *data;

	if (buffer->error)
		return buffer->error;
	if (n_more >= SIZE_MAX / 2 - buffer->n_data)
		return buffer->error = -ENOMEM;
	needed = buffer->n_data + n_more;
	if (buffer->limit && needed > buffer->limit)
		return buffer->error = -EFBIG;
	if (buffer->data && needed < buffer->capacity)
		return 0;

	capacity = buffer->capacity ? buffer->capacity : 64;
	while (capacity <= needed)
		capacity *= 2;
	data = realloc(buffer->data, capacity);
	if (!data)
		return buffer->error = -ENOMEM;
	buffer->data = data;
	buffer->capacity = capacity;
	buffer->data[buffer->n_data] = '\0';
	return 0;
}

char *buffer_extend(struct buffer *buffer, size_t n)
{
	bool has_room = buffer->data && n < buffer->capacity - buffer->n_data && !buffer->limit &&
	                !buffer->error;
	char *end;

	if (!has_room && buffer_reserve(buffer, n))
		return NULL;
	end = buffer->data + buffer->n_data;
	buffer->n_data += n;
	end[n] = '\0';
	return end;
}

void buffer_append(struct buffer *buffer, const void *data, size_t n_data)
{
	char *end = buffer_extend(buffer, n_data);

	if (end && n_data)
		memcpy(end, data, n_data);
}

void buffer_append_string(struct buffer *buffer, const char *string)
{
	buffer_append(buffer, string, strlen(string));
}

void buffer_append_char(struct buffer *buffer, char c)
{
	buffer_append(buffer, &c, 1);
}

void buffer_append_count(struct buffer *buffer, uint64_t n)
{
	char digits[20]; /* of 2^64 */
	char *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + n % 10);
	while (n /= 10);
	buffer_append(buffer, first, (size_t)(digits + sizeof(digits) - first));
}

void buffer_append_repeated(struct buffer *buffer, char c, size_t n)
{
	char *end = buffer_extend(buffer, n);

	if (end)
		memset(end, c, n);
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
	va_list again;
	size_t room;
	int n;

	if (buffer_reserve(buffer, 0))
		return;
	room = buffer->capacity - buffer->n_data;
	va_copy(again, args);
	n = vsnprintf(buffer->data + buffer->n_data, room, format, again);
	va_end(again);
	if (n < 0)
		buffer->error = -EINVAL;
	if (n < 0 || buffer_reserve(buffer, (size_t)n)) {
		buffer->data[buffer->n_data] = '\0';
		return;
	}
	/* Mostly there was room. */
	if ((size_t)n >= room)
		vsnprintf(buffer->data + buffer->n_data, (size_t)n + 1, format, args);
	buffer->n_data += (size_t)n;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buffer_vprintf(buffer, format, args);
	va_end(args);
}

void buffer_consume(struct buffer *buffer, size_t n)
{
	if (n >= buffer->n_data) {
		buffer_clear(buffer);
		return;
	}
	memmove(buffer->data, buffer->data + n, buffer->n_data - n);
	buffer->n_data -= n;
	buffer->data[buffer->n_data] = '\0';
}

char *buffer_steal(struct buffer *buffer, size_t *n_data)
{
	/* An empty buffer still gives a string. */
	if (buffer_reserve(buffer, 0))
		return NULL;
	if (n_data)
		*n_data = buffer->n_data;
	buffer->n_data = 0;
	buffer->capacity = 0;
	return steal_ptr(buffer->data);
}
