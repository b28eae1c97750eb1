#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Floats as Go's encoding/json writes them. */

#define FLOAT_FORMAT_SIZE 32 /* bytes with the NUL */

/*
 * The shortest decimal that reads back as number, which is finite: plain from 1e-6 up to 1e21, else
 * with an exponent without leading zeros (`1e-7`, `1e+21`). -0.0 gives `-0`.
 */
void float_format(double number, char text[FLOAT_FORMAT_SIZE]);
