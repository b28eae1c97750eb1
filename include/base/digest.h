#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* SHA-256 (FIPS 180-4), as `sha256sum` prints it. */

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE     32 /* bytes */
#define DIGEST_HEX_SIZE 65 /* characters with the NUL */

void digest_compute(const void *data, size_t n_data, uint8_t digest[DIGEST_SIZE]);
void digest_to_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE]);

/* 0, or -EINVAL when hex is not 64 lower-case hexadecimal digits. */
int digest_from_hex(const char *hex, uint8_t digest[DIGEST_SIZE]);
