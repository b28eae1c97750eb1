#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A growing byte buffer. A failed allocation or a passed limit is remembered: later appends do
 * nothing, and whoever takes the bytes checks buffer_error() once.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct buffer {
	char *data;      /* NUL behind data[n_data - 1] whenever data is not NULL */
	size_t n_data;   /* bytes */
	size_t capacity; /* bytes allocated */
	size_t limit;    /* bytes; 0: no limit */
	int error;       /* 0, -ENOMEM, or -EFBIG past the limit */
};

#define BUFFER_INIT ((struct buffer){ 0 })

void buffer_deinit(struct buffer *buffer);

/* Forgets the bytes and the error, keeps the memory. */
void buffer_clear(struct buffer *buffer);

/* Makes room for n_more bytes; 0 or the sticky error. */
int buffer_reserve(struct buffer *buffer, size_t n_more);

/* Appends n bytes that the caller fills in: returns where, or NULL after an error. */
char *buffer_extend(struct buffer *buffer, size_t n);

void buffer_append(struct buffer *buffer, const void *data, size_t n_data);
void buffer_append_string(struct buffer *buffer, const char *string);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_count(struct buffer *buffer, uint64_t n); /* in decimal */
void buffer_append_repeated(struct buffer *buffer, char c, size_t n);
void buffer_printf(struct buffer *buffer, const char *format, ...) _printf_(2, 3);
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args) _printf_(2, 0);

/* Drops bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t n);

/* 0, or the first error since the last clear. */
static inline int buffer_error(const struct buffer *buffer)
{
	return buffer->error;
}

/* Returns owned the NUL-terminated bytes (never NULL when there was no error) and empties the
 * buffer; NULL after an error. n_data may be NULL. */
char *buffer_steal(struct buffer *buffer, size_t *n_data);
