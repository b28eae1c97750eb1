/* SPDX-License-Identifier: Apache-2.0 */

#include "lint_dangers.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "profile/profile.h"
#include "profile/syscalls.h"

/* Blocked by Moby's profile, and no danger: no kernel of today has them, or they are of one architecture
 * that does nothing for others. */
static const char *const harmless[] = {
	"afs_syscall", "epoll_ctl_old", "epoll_wait_old", "getpmsg",
	"putpmsg",     "security",      "tuxcall",        "vserver",
};

/* Numbers of system calls end far below. */
#define NUMBER_MAX 1024

static bool is_harmless(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		if (strcmp(harmless[i], name) == 0)
			return true;
	}
	return false;
}

static bool is_plainly_allowed(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->n_arguments || !action_is_permissive(rule->action))
			continue;
		for (size_t j = 0; j < rule->names.n_words; j++) {
			if (strcmp(rule->names.words[j].text, name) == 0)
				return true;
		}
	}
	return false;
}

static bool compare(const struct ruleset *ruleset)
{
	bool ok = true;

	for (int number = 0; number < NUMBER_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);
		bool is_allowed = name && is_plainly_allowed(ruleset, name);

		if (name && is_allowed == (syscall_danger(name) != NULL) && !is_harmless(name)) {
			printf("# %s: %s\n", name,
			       is_allowed ? "is no danger to Moby"
			                  : "Moby blocks it, or some of it");
			ok = false;
		}
		free(name);
	}
	return ok;
}

bool lint_dangers_agree(const struct buffer *text)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct facts facts = {
		.architecture = "SCMP_ARCH_X86_64",
		.go_architecture = "amd64",
		.kernel_major = 6,
		.kernel_minor = 1,
		.capabilities = CAPABILITIES_DEFAULT,
	};
	const struct profile_options options = { .compile = COMPILE_ON, .facts = &facts };
	struct profile_work work = { 0 };

	return arena &&
	       yaml_read_bytes("moby", text->data, text->n_data, &stream, NULL, NULL) == 0 &&
	       profile_build(arena, stream->documents[0].root, &options, NULL, NULL, &work, NULL,
	                     NULL) == 0 &&
	       work.compiled && compare(work.compiled);
}
