#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The text of the machine config that is served, kept beside the state as `config-SHA256.yaml`: for
 * a start at which the config itself cannot be used. The name is that of the state's config digest.
 * That text is written a while after the state that names it; until then there is the one before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/util.h"

/* Writes the text. *fdp is the file, owned, which has still to be fsynced (fd_sync_and_close()); its
 * name is durable with the next fsync of the directory. 0 or -errno, then without a trace. */
_must_check_ int last_good_write(int dir_fd, const uint8_t digest[DIGEST_SIZE], const void *text,
                                 size_t n_text, int *fdp);

/* Whether the text of this digest is there and is this one, byte for byte. */
bool last_good_is(int dir_fd, const uint8_t digest[DIGEST_SIZE], const void *text, size_t n_text);

/* Appends the text to out. -EBADMSG when it has another digest; -errno. */
_must_check_ int last_good_read(int dir_fd, const uint8_t digest[DIGEST_SIZE], struct buffer *out);

void last_good_remove(int dir_fd, const uint8_t digest[DIGEST_SIZE]);

/* Fills out, which is empty, with the text that was written last of all that are whole, whatever its digest.
 * 0, or -ENOENT: there is none. */
_must_check_ int last_good_read_latest(int dir_fd, struct buffer *out);

/* Removes all but the text of this digest: those before it, and what crashes have left. */
void last_good_remove_others(int dir_fd, const uint8_t digest[DIGEST_SIZE]);
