#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* How the text of a state ends, for who writes it (state_writer.c) and who reads it
 * (state_sealed.c). */

/* Around the digest of all before, in hexadecimal. */
#define STATE_SEAL_BEFORE ",\n \"seal\": \""
#define STATE_SEAL_BEHIND "\"" STATE_END
#define STATE_END         "\n}\n"
