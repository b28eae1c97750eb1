#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Attributes, cleanup and steal macros that every module uses. */

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _must_check_   __attribute__((warn_unused_result))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_       __attribute__((unused))

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* Hands over what an owner holds and leaves the owner empty. */
#define steal_ptr(p)                                  \
	({                                            \
		__typeof__(p) *steal_from_ = &(p);    \
		__typeof__(p) stolen_ = *steal_from_; \
		*steal_from_ = NULL;                  \
		stolen_;                              \
	})

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* For `_cleanup_(freep) char *x = NULL;` */
static inline void freep(void *p)
{
	free(*(void **)p);
}

/* For `_cleanup_(closep) int x_fd = -1;` */
static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Defines func##p() for `_cleanup_(func##p) type x = NULL;`; func() accepts NULL. */
#define DEFINE_CLEANUP(type, func)          \
	static inline void func##p(type *p) \
	{                                   \
		func(*p);                   \
	}                                   \
	struct func##_cleanup_defined_
