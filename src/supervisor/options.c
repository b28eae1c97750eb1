/* SPDX-License-Identifier: Apache-2.0 */

#include "supervisor/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

/*
 * Every option there is. Those of mount(8) that are ignored mean nothing here, or ask for what
 * holds anyway or never: the data plane is always read-only, nosuid, nodev and noexec. A remount
 * comes with all that the kernel shows of the mount, user_id and group_id too.
 */
/* clang-format off */
#define FIELD(name)       offsetof(struct options, name)
#define STRING(name, ...) { #name "=", OPTION_STRING, FIELD(name), __VA_ARGS__ }
#define FOR_KERNEL(name)  { #name "=", OPTION_APPEND, FIELD(kernel) }

static const struct option_spec specs[] = {
	STRING(control, ".", "DIR", "directory of the control file"),
	STRING(state, ".", "DIR", "directory where versions are kept"),
	STRING(validate, "^(strict|off)$", "strict|off", "whether profiles must obey the OCI rules"),
	STRING(compile, "^(on|reject|off)$", "on|reject|off", "what is done with Moby's forms (on)"),
	STRING(caps, "^[A-Za-z_]+(:[A-Za-z_]+)*$", "CAP:CAP...", "capabilities of containers (default)"),
	STRING(max_patch, "^[1-9][0-9]{0,7}$", "BYTES", "size of the largest patch (1048576)"),
	STRING(node, "^[!-~]+$", "NAME", "name of this node in tables (the host's)"),
	STRING(config, ".", "PATH", "the machine config, instead of CONFIG"),
	{ "ro", OPTION_SET, FIELD(read_only), "", "", "refuse patches" },
	{ "rw", OPTION_CLEAR, FIELD(read_only), "", "", "take patches (default)" },
	{ "nonempty", OPTION_SET, FIELD(nonempty), "", "", "mount over files that are there" },
	{ "remount", OPTION_SET, FIELD(remount) },
	FOR_KERNEL(context), FOR_KERNEL(defcontext), FOR_KERNEL(fscontext), FOR_KERNEL(rootcontext),
	{ "X-" }, { "_netdev" }, { "allow_other" }, { "async" }, { "atime" }, { "auto" },
	{ "comment=" }, { "default_permissions" }, { "defaults" }, { "dev" }, { "diratime" },
	{ "dirsync" }, { "exec" }, { "group" }, { "group_id=" }, { "iversion" }, { "lazytime" }, { "loud" }, { "mand" },
	{ "noatime" }, { "noauto" }, { "nodev" }, { "nodiratime" }, { "noexec" }, { "nofail" },
	{ "nogroup" }, { "noiversion" }, { "nolazytime" }, { "nomand" }, { "noowner" },
	{ "norelatime" }, { "nostrictatime" }, { "nosuid" }, { "nosymfollow" }, { "nouser" },
	{ "nousers" }, { "owner" }, { "relatime" }, { "silent" }, { "strictatime" }, { "suid" },
	{ "sync" }, { "user" }, { "user=" }, { "user_id=" }, { "users" }, { "x-" },
};
/* clang-format on */

static int apply_letter(struct options *options, int letter, struct diag *diag)
{
	if (letter == '?')
		return OPTIONS_E_USAGE;
	if (letter == 'o')
		return option_list_apply(optarg, specs, ARRAY_SIZE(specs), options, diag);
	if (letter == 'h')
		options->action = OPTIONS_HELP;
	else if (letter == 'V')
		options->action = OPTIONS_VERSION;
	else if (letter == 'f' && options->helper)
		options->action = OPTIONS_FAKE;
	else if (letter == 'f')
		options->foreground = true;
	return 0; /* the others come from mount(8) and ask for nothing */
}

int options_parse(int argc, char *argv[], struct options *options, struct diag *diag)
{
	static const struct option names[] = { { "help", no_argument, NULL, 'h' },
		                               { "version", no_argument, NULL, 'V' },
		                               { 0 } };
	const char *defaults = "validate=strict,compile=on,caps=default,max_patch=1048576";
	int letter, result = option_list_apply(defaults, specs, ARRAY_SIZE(specs), options, diag);

	options->helper = !strncmp(basename(argv[0]), "mount.", strlen("mount."));
	optind = 0;
	while ((letter = getopt_long(argc, argv, options->helper ? "fo:hVnst:v" : "fo:hV", names,
	                             NULL)) != -1) {
		int r = apply_letter(options, letter, diag);

		result = result ? result : r;
	}
	if (result || options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION)
		return result;
	if (argc - optind != 2 || !*argv[optind] || !*argv[optind + 1]) {
		diag_error(diag, NULL, NULL, "two operands are needed: CONFIG MOUNTPOINT");
		return OPTIONS_E_USAGE;
	}
	options->source = strdup(argv[optind]);
	options->mount_point = strdup(argv[optind + 1]);
	return options->source && options->mount_point ? 0 : -ENOMEM;
}

void options_print_help(void)
{
	puts("usage: seccompfs CONFIG MOUNTPOINT [-f] [-o OPTIONS]\n"
	     "       mount -t fuse.seccompfs [-o OPTIONS] CONFIG MOUNTPOINT\n\n"
	     "Shows the seccomp profiles of a machine config as files.\n\n"
	     "  -f                   stay in the foreground and log to stderr\n"
	     "  -o OPTIONS           with commas between: those of mount(8), and the following\n"
	     "  -h, --help           print this\n"
	     "  -V, --version        print the version\n");
	option_list_print_help(specs, ARRAY_SIZE(specs), stdout);
	puts("\nExit status: 0 mounted, 1 failed, 2 usage.");
}

void options_deinit(struct options *options)
{
	free(options->source);
	free(options->mount_point);
	option_list_free(specs, ARRAY_SIZE(specs), options);
	buffer_deinit(&options->kernel);
	*options = OPTIONS_INIT;
}
