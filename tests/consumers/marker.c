/* SPDX-License-Identifier: Apache-2.0 */

/*
 * marker COMM: puts one record of a process named COMM into the kernel's audit log, by calling
 * getppid(2) under a filter that logs it. A reader of the log that has met this record has met all
 * that were made before.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(instructions) / sizeof(instructions[0]),
		.filter = instructions,
	};

	if (argc != 2) {
		fprintf(stderr, "usage: marker COMM\n");
		return 2;
	}
	if (prctl(PR_SET_NAME, argv[1]) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("marker");
		return 1;
	}
	syscall(SYS_getppid);
	return 0;
}
