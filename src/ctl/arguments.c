/* SPDX-License-Identifier: Apache-2.0 */

#include "arguments.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "profile/capability_list.h"
#include "profile/lint.h"
#include "verb.h"

struct option_spec {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: takes none */
	const char *verbs;    /* separated by blanks; NULL: all */
	int (*set)(struct arguments *arguments, const char *value);
	const char *help; /* lines of at most 49 characters */
};

static int set_control(struct arguments *arguments, const char *value)
{
	if (!value[0])
		return usage_error("--control: a directory is needed");
	arguments->control = value;
	return 0;
}

static int add_patch(struct arguments *arguments, const char *value, bool is_file)
{
	size_t n = arguments->n_patches;
	struct patch_argument *patches;

	patches = reallocarray(arguments->patches, n + 1, sizeof(*patches));
	if (!patches)
		return out_of_memory();
	patches[n] = (struct patch_argument){ value, is_file };
	arguments->patches = patches;
	arguments->n_patches++;
	return 0;
}

static int set_patch(struct arguments *arguments, const char *value)
{
	return add_patch(arguments, value, false);
}

static int set_patch_file(struct arguments *arguments, const char *value)
{
	return add_patch(arguments, value, true);
}

static int set_validate(struct arguments *arguments, const char *value)
{
	if (!validate_mode_parse(value, &arguments->profile.validate))
		return usage_error("--validate: found \"%s\", allowed are strict and off", value);
	return 0;
}

static int set_compile(struct arguments *arguments, const char *value)
{
	if (!compile_mode_parse(value, &arguments->profile.compile))
		return usage_error("--compile: found \"%s\", allowed are on, reject and off",
		                   value);
	return 0;
}

static int set_arch(struct arguments *arguments, const char *value)
{
	struct facts facts;

	if (!facts_set_architecture(&facts, value))
		return usage_error("--arch: found \"%s\", allowed is an architecture such as amd64",
		                   value);
	arguments->node.architecture = facts.architecture;
	return 0;
}

static int set_kernel(struct arguments *arguments, const char *value)
{
	struct node_argument *node = &arguments->node;

	if (!kernel_parse(value, true, &node->kernel_major, &node->kernel_minor))
		return usage_error("--kernel: found \"%s\", allowed is a version such as 6.1",
		                   value);
	node->has_kernel = true;
	return 0;
}

static int set_caps(struct arguments *arguments, const char *value)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	if (!capability_list_parse(value, &arguments->node.capabilities, &diag))
		return usage_error("--%s", diag.n_entries ? diag.entries[0].message : "caps");
	arguments->node.has_capabilities = true;
	return 0;
}

static int set_runtime(struct arguments *arguments, const char *value)
{
	if (strcmp(value, "runc") == 0)
		arguments->runtimes |= LINT_RUNC;
	else if (strcmp(value, "crun") == 0)
		arguments->runtimes |= LINT_CRUN;
	else
		return usage_error("--runtime: found \"%s\", allowed are runc and crun", value);
	return 0;
}

static int set_output(struct arguments *arguments, const char *value)
{
	/* What talosctl calls the text of get. */
	if (strcmp(value, "text") == 0 || strcmp(value, "table") == 0)
		arguments->output = OUTPUT_TEXT;
	else if (strcmp(value, "json") == 0)
		arguments->output = OUTPUT_JSON;
	else if (strcmp(value, "yaml") == 0)
		arguments->output = OUTPUT_YAML;
	else
		return usage_error("--output: found \"%s\", allowed are text, json and yaml",
		                   value);
	return 0;
}

static int set_help(struct arguments *arguments, const char *value _unused_)
{
	arguments->help = true;
	return 0;
}

static int set_version(struct arguments *arguments, const char *value _unused_)
{
	arguments->version = true;
	return 0;
}

static const struct option_spec options[] = {
	{ "control", 0, "DIR", "explain get patch read", set_control,
	  "control directory of the instance; default:\n"
	  "$SECCOMPFS_CONTROL, else the only one mounted\n"
	  "below /run/seccompfs" },
	{ "patch", 'p', "PATCH", "patch", set_patch,
	  "patch as text, @FILE, or - for standard input;\n"
	  "may be given several times" },
	{ "patch-file", 0, "FILE", "patch", set_patch_file,
	  "file with a patch, applied after every -p" },
	{ "validate", 0, "MODE", "render", set_validate,
	  "strict (default): the rules of the OCI runtime\n"
	  "specification; off: only what would make the\n"
	  "file useless" },
	{ "compile", 0, "MODE", "render validate", set_compile,
	  "what is done with keys of Moby's format: on\n"
	  "(default), reject or off" },
	{ "arch", 0, "ARCH", "render validate", set_arch,
	  "the node's architecture, such as amd64; this and\n"
	  "the next two: default is this machine" },
	{ "kernel", 0, "VERSION", "render validate", set_kernel, "the node's kernel, such as 6.1" },
	{ "caps", 0, "CAP:CAP...", "render validate", set_caps,
	  "what containers hold: capabilities, default\n"
	  "(those that containerd gives), all or none" },
	{ "runtime", 0, "NAME", "validate", set_runtime,
	  "runc or crun: count as an error what it cannot\n"
	  "run, and say nothing of the other" },
	{ "output", 'o', "FORMAT", "explain get validate", set_output,
	  "text (default), json or yaml" },
	{ "help", 'h', NULL, NULL, set_help, "print this help, or that of VERB" },
	{ "version", 'V', NULL, NULL, set_version, "print the version" },
};

#define N_OPTIONS ARRAY_SIZE(options)

static bool has_word(const char *words, const char *word)
{
	size_t n_word = strlen(word);

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == n_word && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

static bool takes_option(const char *verb, const struct option_spec *option)
{
	return !verb || !option->verbs || has_word(option->verbs, verb);
}

static void print_option(const struct option_spec *option, FILE *file)
{
	char left[64];
	const char *help = option->help;

	if (option->letter)
		snprintf(left, sizeof(left), "-%c, --%s%s%s", option->letter, option->name,
		         option->argument ? " " : "", option->argument ? option->argument : "");
	else
		snprintf(left, sizeof(left), "    --%s%s%s", option->name,
		         option->argument ? " " : "", option->argument ? option->argument : "");
	for (const char *side = left; *help; side = "") {
		size_t n = strcspn(help, "\n");

		fprintf(file, "  %-24s %.*s\n", side, (int)n, help);
		help += n + (help[n] == '\n');
	}
}

void arguments_print_options(const char *verb, FILE *file)
{
	fputs("\nOptions:\n", file);
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (takes_option(verb, &options[i]))
			print_option(&options[i], file);
	}
}

void arguments_deinit(struct arguments *arguments)
{
	free(arguments->patches);
	free(arguments->operands);
	*arguments = ARGUMENTS_INIT;
}

/* What getopt_long() needs, made from the table; val is the index of the option + 1. */
static void make_getopt_tables(struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < N_OPTIONS; i++) {
		longs[i] = (struct option){
			.name = options[i].name,
			.has_arg = options[i].argument ? required_argument : no_argument,
			.val = (int)i + 1,
		};
		if (!options[i].letter)
			continue;
		*shorts++ = options[i].letter;
		if (options[i].argument)
			*shorts++ = ':';
	}
	longs[N_OPTIONS] = (struct option){ 0 };
	*shorts = '\0';
}

/* The option for what getopt_long() returned. Letters are above all indexes + 1. */
static size_t find_option(int value)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (value == (int)i + 1 || value == options[i].letter)
			return i;
	}
	return N_OPTIONS;
}

static int check_options(const struct arguments *arguments, uint32_t seen)
{
	const struct verb *verb = arguments->verb ? verb_find(arguments->verb) : NULL;

	for (size_t i = 0; i < N_OPTIONS && verb; i++) {
		if (seen & UINT32_C(1) << i && !takes_option(verb->name, &options[i]))
			return usage_error("%s does not take --%s", verb->name, options[i].name);
	}
	return 0;
}

/* Texts keep their order, files come behind them. */
static void sort_patches(struct arguments *arguments)
{
	for (size_t i = 1; i < arguments->n_patches; i++) {
		struct patch_argument patch = arguments->patches[i];
		size_t j = i;

		for (; j && !patch.is_file && arguments->patches[j - 1].is_file; j--)
			arguments->patches[j] = arguments->patches[j - 1];
		arguments->patches[j] = patch;
	}
}

static int take_operands(struct arguments *arguments, int argc, char **argv)
{
	if (optind == argc)
		return 0;
	arguments->verb = argv[optind++];
	arguments->operands = calloc((size_t)(argc - optind) + 1, sizeof(*arguments->operands));
	if (!arguments->operands)
		return out_of_memory();
	for (; optind < argc; optind++)
		arguments->operands[arguments->n_operands++] = argv[optind];
	return 0;
}

int arguments_parse(struct arguments *arguments, int argc, char **argv)
{
	struct option longs[N_OPTIONS + 1];
	char shorts[2 * N_OPTIONS + 2];
	uint32_t seen = 0;
	int r, value;

	make_getopt_tables(longs, shorts);
	opterr = 0;
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t i = find_option(value);

		if (value == ':')
			return usage_error("%s needs an argument", argv[optind - 1]);
		if (i == N_OPTIONS && optopt && optopt > (int)N_OPTIONS)
			return usage_error("unknown option -%c", optopt);
		if (i == N_OPTIONS)
			return usage_error("unknown option %s", argv[optind - 1]);
		seen |= UINT32_C(1) << i;
		r = options[i].set(arguments, optarg);
		if (r)
			return r;
	}
	r = take_operands(arguments, argc, argv);
	if (r)
		return r;
	sort_patches(arguments);
	return check_options(arguments, seen);
}
