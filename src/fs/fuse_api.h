#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The one place that says which interface of libfuse is used. */

#define FUSE_USE_VERSION 314

#include <fuse_lowlevel.h>
