/* SPDX-License-Identifier: Apache-2.0 */

#include "instructions_setup.h"

#include <stdio.h>
#include <string.h>

#include "kernel_end.h"
#include "profile/bases.h"

#define N_NAMES 64 /* of system calls in a profile: 2 KB */

static const struct facts facts = {
	.architecture = "SCMP_ARCH_X86_64",
	.go_architecture = "amd64",
	.kernel_major = 6,
	.kernel_minor = 1,
	.capabilities = CAPABILITIES_DEFAULT,
	.bases = &base_table_builtin,
};

const struct setup setup_plain = {
	.config_path = "machine.yaml",
	.state_dir = "state",
	.head = "        architectures: [SCMP_ARCH_X86_64]\n        syscalls:\n",
	.patch_head = "syscalls: [",
	.profile = { VALIDATE_STRICT, COMPILE_OFF, NULL },
};

const struct setup setup_compiled = {
	.config_path = "compiled.yaml",
	.state_dir = "compiled",
	.head = "        archMap:\n          - architecture: SCMP_ARCH_X86_64\n"
		"            subArchitectures: [SCMP_ARCH_X86, SCMP_ARCH_X32]\n"
		"        syscalls:\n"
		"          - {names: [bpf, mount, setns], action: SCMP_ACT_ALLOW, includes: {caps: "
		"[CAP_SYS_ADMIN]}}\n"
		"          - {names: [ptrace], action: SCMP_ACT_ALLOW, includes: {minKernel: "
		"\"4.8\"}}\n"
		"          - {names: [socket], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 40, "
		"op: SCMP_CMP_NE}]}\n",
	.patch_head =
		"archMap: [{architecture: SCMP_ARCH_X86_64, subArchitectures: [SCMP_ARCH_X86, "
		"SCMP_ARCH_X32]}, {architecture: SCMP_ARCH_AARCH64, subArchitectures: "
		"[SCMP_ARCH_ARM]}], syscalls: [\n"
		"{names: [bpf, mount, setns], action: SCMP_ACT_ALLOW, includes: {caps: "
		"[CAP_SYS_ADMIN]}},\n"
		"{names: [ptrace], action: SCMP_ACT_ALLOW, includes: {minKernel: \"4.8\"}},\n"
		"{names: [arm_sync_file_range], action: SCMP_ACT_ALLOW, includes: {arches: [arm]}},\n"
		"{names: [clone], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 2114060288, "
		"valueTwo: 0, op: SCMP_CMP_MASKED_EQ}], excludes: {caps: [CAP_SYS_ADMIN]}},\n"
		"{names: [clone3], action: SCMP_ACT_ERRNO, errno: ENOSYS},\n"
		"{names: [personality], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 8, op: "
		"SCMP_CMP_EQ}]},\n"
		"{names: [socket], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 40, op: "
		"SCMP_CMP_NE}]},\n",
	.profile = { VALIDATE_STRICT, COMPILE_ON, &facts },
};

static const char *const call_names[] = {
	"accept4",   "bind",         "brk",     "clock_gettime", "close",    "connect", "dup3",
	"epoll_ctl", "epoll_pwait",  "execve",  "exit_group",    "fchmodat", "fcntl",   "fstat",
	"futex",     "getdents64",   "getpid",  "getrandom",     "gettid",   "ioctl",   "listen",
	"lseek",     "madvise",      "mmap",    "mprotect",      "munmap",   "openat",  "pipe2",
	"read",      "rt_sigaction", "sendmsg", "write",
};

void setup_write_config(const struct setup *setup, char names[N_PROFILES][16])
{
	FILE *file = fopen(setup->config_path, "we");

	CHECK(file);
	fputs("machine:\n  seccompProfiles:\n", file);
	for (unsigned int i = 0; i < N_PROFILES; i++) {
		snprintf(names[i], sizeof(names[i]), "bench-%02u.json", i);
		fprintf(file,
		        "    - name: %s\n      value:\n        defaultAction: SCMP_ACT_ERRNO\n"
		        "        defaultErrnoRet: %u\n%s"
		        "          - action: SCMP_ACT_ALLOW\n            names:\n",
		        names[i], 1 + i, setup->head);
		for (unsigned int k = 0; k < N_NAMES; k++)
			fprintf(file, "              - %s # as %u\n",
			        call_names[k % ARRAY_SIZE(call_names)], k);
	}
	CHECK(fclose(file) == 0);
}

char *setup_write_patch(const struct setup *setup, char *patch, size_t n_patch)
{
	FILE *file = fmemopen(patch, n_patch, "w");

	CHECK(file);
	fprintf(file,
	        "{machine: {seccompProfiles: [{name: bench-07.json, value: {defaultAction: "
	        "SCMP_ACT_ERRNO, defaultErrnoRet: 100, %s{action: SCMP_ACT_ALLOW, names: [",
	        setup->patch_head);
	for (unsigned int k = 0; k < N_NAMES; k++)
		fprintf(file, "%s,\n", call_names[k % ARRAY_SIZE(call_names)]);
	fputs("]}]}}]}}\n", file);
	CHECK(fclose(file) == 0);
	return strstr(patch, "100");
}
