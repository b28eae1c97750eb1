/* SPDX-License-Identifier: Apache-2.0 */

#include "base/privilege.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define N_CAPABILITIES 64 /* that fit the sets; those that the kernel does not know give EINVAL */

typedef struct __user_cap_data_struct cap_data;

static int get(cap_data data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

/*
 * Keeps programs of root from getting them again. Who may not do that (CAP_SETPCAP is missing) is
 * held by no_new_privs all the same.
 */
static int limit_bounding(uint64_t keep)
{
	for (int i = 0; i < N_CAPABILITIES; i++) {
		if (keep & PRIVILEGE(i) || prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return errno == EPERM ? 0 : -errno;
	}
	return 0;
}

int privilege_limit(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	cap_data data[_LINUX_CAPABILITY_U32S_3];
	int r = get(data);

	r = r ? r : limit_bounding(permitted);
	if (r)
		return r;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(permitted >> 32 * i);
		data[i].effective = data[i].permitted & (uint32_t)(effective >> 32 * i);
		data[i].inheritable = 0; /* the ambient set goes with it */
	}
	if (syscall(SYS_capset, &header, data) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

int privilege_get(uint64_t *permittedp)
{
	cap_data data[_LINUX_CAPABILITY_U32S_3];
	int r = get(data);

	if (!r)
		*permittedp = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return r;
}
