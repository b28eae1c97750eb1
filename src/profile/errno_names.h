#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Names of errors, as containers-common writes them in `errno` and `defaultErrno`. */

#include <stdbool.h>
#include <stdint.h>

/* "ENOSYS", or a number in digits up to max, by the numbers of the machine that this program is built for. */
bool errno_name_parse(const char *name, uint32_t max, uint32_t *numberp);

/* "EPERM", or NULL; static. Of several names for a number the usual one. */
const char *errno_name(uint32_t number);

/* The nearest name, or NULL; static. */
const char *errno_name_suggest(const char *name);
