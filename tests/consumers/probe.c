/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Makes calls that a container has no business to make, with arguments that let none of them do
 * anything, and prints for each "name errno". With the capabilities that they need the kernel answers
 * them with another error than EPERM: that one is the filter's.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOWHERE ((long)1)  /* an address where nothing is */
#define TOO_BIG (1L << 20) /* for any structure */

static void report(const char *name, long result)
{
	printf("%s %d\n", name, result < 0 ? errno : 0);
}

int main(void)
{
	report("mount", syscall(SYS_mount, NOWHERE, NOWHERE, NOWHERE, 0L, 0L));
	report("setns", syscall(SYS_setns, -1L, 0L));
	report("bpf", syscall(SYS_bpf, 0L, NOWHERE, TOO_BIG));
	report("init_module", syscall(SYS_init_module, NOWHERE, 0L, NOWHERE));
	report("open_by_handle_at", syscall(SYS_open_by_handle_at, -1L, NOWHERE, 0L));
	report("getppid", syscall(SYS_getppid));
	return 0;
}
