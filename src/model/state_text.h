#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* How the text of a state ends, for who writes it (state_writer.c) and who reads it (state_json.c). */

#define STATE_SEAL_BEFORE \
	",\n \"seal\": \"" /* then the digest of all before, in hexadecimal, and `"` */
#define STATE_END "\n}\n"
