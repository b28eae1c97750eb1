/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `architectures`. A filter has the machine's own always; programs of any other that it has not are
 * killed, whatever the actions are.
 */

#include <string.h>

#include "lint_internal.h"
#include "profile/syscalls.h"

/* Of libseccomp: a filter has architectures of one byte order. */
static const char *const big_endian[] = {
	"M68K", "MIPS",  "MIPS64", "MIPS64N32", "PARISC", "PARISC64",
	"PPC",  "PPC64", "S390",   "S390X",     "SHEB",
};

/* Not in runc's list of architectures. */
static const char *const unknown_to_runc[] = { "M68K", "PARISC", "PARISC64", "SH", "SHEB" };

/* What a machine runs besides its own. */
static const struct {
	const char *native;
	const char *narrow;
} narrow_architectures[] = {
	{ "X86_64", "X86" },      { "AARCH64", "ARM" },     { "S390X", "S390" },
	{ "MIPS64", "MIPS" },     { "MIPSEL64", "MIPSEL" }, { "PPC64", "PPC" },
	{ "PARISC64", "PARISC" },
};

/* The name without SCMP_ARCH_. */
static const char *word_of(const char *architecture)
{
	const size_t n = strlen("SCMP_ARCH_");

	return strncmp(architecture, "SCMP_ARCH_", n) == 0 ? architecture + n : architecture;
}

static bool is_among(const char *word, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static bool is_big_endian(const char *architecture)
{
	return is_among(word_of(architecture), big_endian, ARRAY_SIZE(big_endian));
}

static void place_architecture(const struct lint *lint, size_t index, struct lint_place *place)
{
	const struct rule_name *name = &lint->compiled->architectures.words[index];

	/* What archMap was compiled to stands elsewhere, and has no index there. */
	lint_place_value(lint, lint->source->n_maps ? "archMap" : "architectures", place);
	if (!lint->source->n_maps && place->path == &place->steps[0]) {
		place->steps[1] = (struct path){ .up = place->path, .index = index };
		place->path = &place->steps[1];
	}
	if (name->node)
		place->node = name->node;
}

static void judge_refused(struct lint *lint, size_t index)
{
	const char *name = lint->compiled->architectures.words[index].text;
	const char *native = lint->options->facts->architecture;
	struct lint_place place;

	place_architecture(lint, index, &place);
	if (is_big_endian(name) != is_big_endian(native))
		lint_add(lint, LINT_REFUSED_ARCHITECTURE, DIAG_ERROR, &place, NULL,
		         "%s has not the byte order of %s: no runtime makes a filter for both",
		         name, native);
	else if (is_among(word_of(name), unknown_to_runc, ARRAY_SIZE(unknown_to_runc)))
		lint_add(lint, LINT_REFUSED_ARCHITECTURE, lint_runtime_severity(lint, LINT_RUNC),
		         &place, NULL, "runc does not know %s and refuses the profile", name);
	else if (!syscall_architecture(name))
		lint_add(lint, LINT_REFUSED_ARCHITECTURE,
		         lint_runtime_severity(lint, LINT_RUNC | LINT_CRUN), &place, NULL,
		         "this machine's libseccomp does not know %s: runtimes refuse the profile",
		         name);
}

static const char *narrow_of(const char *native)
{
	for (size_t i = 0; i < ARRAY_SIZE(narrow_architectures); i++) {
		if (strcmp(narrow_architectures[i].native, word_of(native)) == 0)
			return narrow_architectures[i].narrow;
	}
	return NULL;
}

static bool has_architecture(const struct lint *lint, const char *word)
{
	const struct rule_words *words = &lint->compiled->architectures;

	for (size_t i = 0; i < words->n_words; i++) {
		if (strcmp(word_of(words->words[i].text), word) == 0)
			return true;
	}
	return false;
}

void lint_architectures(struct lint *lint)
{
	const struct rule_words *words = &lint->compiled->architectures;
	const char *narrow = narrow_of(lint->options->facts->architecture);
	struct lint_place place;

	for (size_t i = 0; i < words->n_words; i++)
		judge_refused(lint, i);
	if (!narrow || has_architecture(lint, narrow))
		return;
	lint_place_value(lint, lint->source->n_maps ? "archMap" : "architectures", &place);
	lint_add(lint, LINT_NO_32_BIT, DIAG_WARNING, &place, NULL,
	         words->n_words
	                 ? "SCMP_ARCH_%s is not listed: its programs are killed, whatever the "
	                   "actions are"
	                 : "no architectures: programs of SCMP_ARCH_%s are killed, whatever "
	                   "the actions are",
	         narrow);
}
