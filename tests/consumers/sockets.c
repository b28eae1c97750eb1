/* SPDX-License-Identifier: Apache-2.0 */

/* Makes sockets, and prints for each "name errno": upper is AF_ALG with a bit above those that the
 * kernel looks at. */

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UPPER (1L << 32)

static void report(const char *name, long family, long type)
{
	long result = syscall(SYS_socket, family, type, 0L);

	printf("%s %d\n", name, result < 0 ? errno : 0);
}

int main(void)
{
	report("unix", AF_UNIX, SOCK_STREAM);
	report("inet", AF_INET, SOCK_STREAM);
	report("alg", AF_ALG, SOCK_SEQPACKET);
	report("upper", AF_ALG | UPPER, SOCK_SEQPACKET);
	return 0;
}
