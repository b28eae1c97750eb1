#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The text of the machine config that is served, kept beside the state as `config-SHA256.yaml`: for
 * a start at which the config itself cannot be used. The name is that of the state's config digest,
 * so that the rename of the state also decides which text counts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/util.h"

/* Whether a text of this digest and size is there. Its bytes are not looked at: that is what a start
 * does, and what a crash has cut short is smaller. */
bool last_good_exists(int dir_fd, const uint8_t digest[DIGEST_SIZE], size_t n_text);

/* Writes the text. *fdp is the file, owned, which has still to be fsynced (fd_sync_and_close()); its
 * name is durable with the next fsync of the directory. 0 or -errno, then without a trace. */
_must_check_ int last_good_write(int dir_fd, const uint8_t digest[DIGEST_SIZE], const void *text,
                                 size_t n_text, int *fdp);

/* Whether the text of this digest is there and is this one, byte for byte. */
bool last_good_is(int dir_fd, const uint8_t digest[DIGEST_SIZE], const void *text, size_t n_text);

/* Appends the text to out. -EBADMSG when it has another digest; -errno. */
_must_check_ int last_good_read(int dir_fd, const uint8_t digest[DIGEST_SIZE], struct buffer *out);

void last_good_remove(int dir_fd, const uint8_t digest[DIGEST_SIZE]);

/* Likewise, but its blocks are freed when the descriptor that is returned, owned, is closed; -1: there
 * is none. */
int last_good_unlink(int dir_fd, const uint8_t digest[DIGEST_SIZE]);

/* Removes what crashes have left. */
void last_good_remove_others(int dir_fd, const uint8_t digest[DIGEST_SIZE]);
