/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/facts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "base/suggest.h"
#include "base/util.h"
#include "profile/bases.h"

#define PREFIX "SCMP_ARCH_"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MIPS   "mipsel"
#define MIPS64 "mipsel64"
#define PPC64  "ppc64le"
#else
#define MIPS   "mips"
#define MIPS64 "mips64"
#define PPC64  "ppc64"
#endif

/* Go's name is what Moby and containers-common compare with, but where Moby has one of its own. */
struct architecture {
	const char *name;
	const char *go;
	const char *moby; /* NULL: the same */
};

static const struct architecture architectures[] = {
	{ "SCMP_ARCH_X86_64", "amd64", NULL },
	{ "SCMP_ARCH_X86", "386", "x86" },
	{ "SCMP_ARCH_X32", "amd64p32", "x32" },
	{ "SCMP_ARCH_ARM", "arm", NULL },
	{ "SCMP_ARCH_AARCH64", "arm64", NULL },
	{ "SCMP_ARCH_LOONGARCH64", "loong64", "loongarch64" },
	{ "SCMP_ARCH_M68K", "m68k", NULL },
	{ "SCMP_ARCH_MIPS", "mips", NULL },
	{ "SCMP_ARCH_MIPS64", "mips64", NULL },
	{ "SCMP_ARCH_MIPS64N32", "mips64p32", "mips64n32" },
	{ "SCMP_ARCH_MIPSEL", "mipsle", "mipsel" },
	{ "SCMP_ARCH_MIPSEL64", "mips64le", "mipsel64" },
	{ "SCMP_ARCH_MIPSEL64N32", "mips64p32le", "mipsel64n32" },
	{ "SCMP_ARCH_PARISC", "parisc", NULL },
	{ "SCMP_ARCH_PARISC64", "parisc64", NULL },
	{ "SCMP_ARCH_PPC", "ppc", NULL },
	{ "SCMP_ARCH_PPC64", "ppc64", NULL },
	{ "SCMP_ARCH_PPC64LE", "ppc64le", NULL },
	{ "SCMP_ARCH_RISCV64", "riscv64", NULL },
	{ "SCMP_ARCH_S390", "s390", NULL },
	{ "SCMP_ARCH_S390X", "s390x", NULL },
	{ "SCMP_ARCH_SH", "sh", NULL },
	{ "SCMP_ARCH_SHEB", "sheb", NULL },
};

/* What uname(2) calls a machine where none of the names above is meant. */
static const struct {
	const char *machine;
	const char *word;
} machines[] = {
	{ "aarch64", "arm64" }, { "armv5tel", "arm" }, { "armv6l", "arm" },  { "armv7l", "arm" },
	{ "armv8l", "arm" },    { "i386", "x86" },     { "i486", "x86" },    { "i586", "x86" },
	{ "i686", "x86" },      { "mips", MIPS },      { "mips64", MIPS64 }, { "ppc64", PPC64 },
	{ "x86_64", "amd64" },
};

bool facts_set_architecture(struct facts *facts, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		const struct architecture *one = &architectures[i];

		if (strcasecmp(name, one->name) != 0 &&
		    strcasecmp(name, one->name + strlen(PREFIX)) != 0 &&
		    strcasecmp(name, one->go) != 0 &&
		    (!one->moby || strcasecmp(name, one->moby) != 0))
			continue;
		facts->architecture = one->name;
		facts->go_architecture = one->go;
		return true;
	}
	return false;
}

bool facts_has_architecture(const struct facts *facts, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		const struct architecture *one = &architectures[i];

		if (strcmp(one->name, facts->architecture) == 0)
			return strcmp(word, one->go) == 0 ||
			       (one->moby && strcmp(word, one->moby) == 0);
	}
	return false;
}

static bool is_architecture(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		const struct architecture *one = &architectures[i];

		if (strcmp(word, one->go) == 0 || (one->moby && strcmp(word, one->moby) == 0))
			return true;
	}
	return false;
}

const char *architecture_suggest(const char *word, bool *is_knownp)
{
	struct suggestion suggestion;

	/* To compare it with all would take longer than all else that is done with a profile. */
	*is_knownp = is_architecture(word);
	if (*is_knownp)
		return word;
	suggestion_begin(&suggestion, word);
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		const struct architecture *one = &architectures[i];

		suggestion_consider(&suggestion, one->go);
		if (one->moby)
			suggestion_consider(&suggestion, one->moby);
	}
	return suggestion.best;
}

/* The digits at *textp, which is moved behind them. */
static bool parse_number(const char **textp, uint32_t *numberp)
{
	const char *text = *textp;
	uint32_t number = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		number = number * 10 + (uint32_t)(*text - '0');
		if (number > UINT16_MAX)
			return false;
	}
	*textp = text;
	*numberp = number;
	return true;
}

bool kernel_parse(const char *version, bool is_release, uint32_t *majorp, uint32_t *minorp)
{
	uint32_t major, minor;

	if (!parse_number(&version, &major) || *version++ != '.' ||
	    !parse_number(&version, &minor) || (*version && !is_release))
		return false;
	*majorp = major;
	*minorp = minor;
	return true;
}

static const char *find_word(const char *machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (strcmp(machines[i].machine, machine) == 0)
			return machines[i].word;
	}
	return machine;
}

int facts_measure(struct facts *facts)
{
	struct utsname name;

	if (uname(&name) < 0)
		return -errno;
	*facts = (struct facts){
		.capabilities = CAPABILITIES_DEFAULT,
		.bases = &base_table_builtin,
	};
	if (!facts_set_architecture(facts, find_word(name.machine)) ||
	    !kernel_parse(name.release, true, &facts->kernel_major, &facts->kernel_minor))
		return -ENOTSUP;
	return 0;
}
