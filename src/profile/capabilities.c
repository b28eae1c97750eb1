/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/util.h"
#include "profile/facts.h"

#define PREFIX "CAP_"

/* By number, as linux/capability.h has them; that of the machine may be older. */
static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

bool capability_parse(const char *name, unsigned int *numberp)
{
	if (strncasecmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i] + strlen(PREFIX), name) == 0) {
			*numberp = i;
			return true;
		}
	}
	return false;
}

const char *capability_name(unsigned int number)
{
	return number < ARRAY_SIZE(names) ? names[number] : NULL;
}

/* What follows the prefix is compared alone: the prefix would make short names look near. */
const char *capability_suggest(const char *name)
{
	struct suggestion suggestion;

	if (strncasecmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		suggestion_consider(&suggestion, names[i] + strlen(PREFIX));
	return suggestion.best ? suggestion.best - strlen(PREFIX) : NULL;
}
