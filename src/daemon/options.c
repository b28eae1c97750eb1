/* SPDX-License-Identifier: Apache-2.0 */

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "document/source.h"
#include "profile/capability_list.h"

#define MAX_PATCH_MAX SOURCE_SIZE_MAX /* bytes: what can be parsed at all */

enum option_key {
	OPTION_DATA_FD = 'a',
	OPTION_CONTROL_FD,
	OPTION_DATA_FLIGHT_FD,
	OPTION_CONTROL_FLIGHT_FD,
	OPTION_READY_FD,
	OPTION_CONFIG,
	OPTION_STATE,
	OPTION_CONTROL_DIR,
	OPTION_NODE,
	OPTION_VALIDATE,
	OPTION_COMPILE,
	OPTION_CAPABILITIES,
	OPTION_MAX_PATCH,
	OPTION_LOG,
	OPTION_RESTARTS,
	OPTION_LAST_CAUSE,
	OPTION_READ_ONLY,
	OPTION_CHECK,
	OPTION_HELP,
	OPTION_END,
};

struct option_text {
	const char *name;
	const char *argument; /* NULL: none */
	const char *help;
	enum option_key key;
	bool is_optional;
};

/* Those with an argument must be given, unless they are optional: a supervisor that is older than
 * the worker does not know what was added. */
static const struct option_text texts[] = {
	{ "data-fd", "N", "descriptor of the data plane's mount", OPTION_DATA_FD },
	{ "control-fd", "N", "descriptor of the control plane's mount", OPTION_CONTROL_FD },
	{ "data-flight-fd", "N", "memfd of the data plane, kept", OPTION_DATA_FLIGHT_FD },
	{ "control-flight-fd", "N", "memfd of the control plane, kept", OPTION_CONTROL_FLIGHT_FD },
	{ "ready-fd", "N", "gets one byte 0 when both are served", OPTION_READY_FD },
	{ "config", "PATH", "the machine config", OPTION_CONFIG },
	{ "state", "DIR", "where versions are kept", OPTION_STATE },
	{ "control-dir", "DIR", "mount point of the control plane", OPTION_CONTROL_DIR },
	{ "node", "NAME", "name of this host in tables", OPTION_NODE },
	{ "validate", "MODE", "strict or off", OPTION_VALIDATE },
	{ "compile", "MODE", "on (default), reject or off", OPTION_COMPILE, true },
	{ "caps", "CAP:CAP...", "of containers (default)", OPTION_CAPABILITIES, true },
	{ "max-patch", "BYTES", "limit of one patch", OPTION_MAX_PATCH },
	{ "log", "TARGET", "stderr or syslog", OPTION_LOG },
	{ "restarts", "N", "workers started after the first", OPTION_RESTARTS, true },
	{ "last-cause", "TEXT", "how the last one ended", OPTION_LAST_CAUSE, true },
	{ "read-only", NULL, "refuse every patch", OPTION_READ_ONLY },
	{ "check", NULL, "tell whether all this could be served, and exit", OPTION_CHECK },
	{ "help", NULL, "print this and exit", OPTION_HELP },
};

static bool parse_number(const char *text, unsigned long min, unsigned long max,
                         unsigned long *numberp)
{
	char *end;

	errno = 0;
	*numberp = strtoul(text, &end, 10);
	return !errno && text[0] >= '0' && text[0] <= '9' && !*end && *numberp >= min &&
	       *numberp <= max;
}

static bool parse_fd(const char *text, int *fdp)
{
	unsigned long number;

	if (!parse_number(text, 0, INT_MAX, &number))
		return false;
	*fdp = (int)number;
	return true;
}

static bool parse_size(const char *text, size_t *sizep)
{
	unsigned long number;

	if (!parse_number(text, 1, MAX_PATCH_MAX, &number))
		return false;
	*sizep = number;
	return true;
}

static bool parse_count(const char *text, unsigned int *countp)
{
	unsigned long number;

	if (!parse_number(text, 0, UINT_MAX, &number))
		return false;
	*countp = (unsigned int)number;
	return true;
}

static bool parse_log(const char *text, enum log_target *targetp)
{
	if (strcmp(text, "stderr") == 0)
		*targetp = LOG_TARGET_STDERR;
	else if (strcmp(text, "syslog") == 0)
		*targetp = LOG_TARGET_SYSLOG;
	else
		return false;
	return true;
}

static bool parse_string(const char *text, const char **stringp)
{
	*stringp = text;
	return text[0] != '\0';
}

static bool set_capabilities(struct options *options, const char *list)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	bool is_valid = capability_list_parse(list, &options->capabilities, &diag);

	diag_print(&diag, stderr, "seccompfs: ");
	return is_valid;
}

static bool set_option(struct options *options, enum option_key key, const char *argument)
{
	switch (key) {
	case OPTION_DATA_FD:
		return parse_fd(argument, &options->data_fd);
	case OPTION_CONTROL_FD:
		return parse_fd(argument, &options->control_fd);
	case OPTION_DATA_FLIGHT_FD:
		return parse_fd(argument, &options->data_flight_fd);
	case OPTION_CONTROL_FLIGHT_FD:
		return parse_fd(argument, &options->control_flight_fd);
	case OPTION_READY_FD:
		return parse_fd(argument, &options->ready_fd);
	case OPTION_CONFIG:
		return parse_string(argument, &options->config);
	case OPTION_STATE:
		return parse_string(argument, &options->state);
	case OPTION_CONTROL_DIR:
		return parse_string(argument, &options->control_dir);
	case OPTION_NODE:
		return parse_string(argument, &options->node);
	case OPTION_VALIDATE:
		return validate_mode_parse(argument, &options->profile.validate);
	case OPTION_COMPILE:
		return compile_mode_parse(argument, &options->profile.compile);
	case OPTION_CAPABILITIES:
		return set_capabilities(options, argument);
	case OPTION_MAX_PATCH:
		return parse_size(argument, &options->max_patch);
	case OPTION_LOG:
		return parse_log(argument, &options->log);
	case OPTION_RESTARTS:
		return parse_count(argument, &options->n_restarts);
	case OPTION_LAST_CAUSE:
		options->last_cause = argument;
		return true;
	case OPTION_READ_ONLY:
		options->read_only = true;
		return true;
	case OPTION_CHECK:
		options->check = true;
		return true;
	case OPTION_HELP:
		options->help = true;
		return true;
	default:
		return false;
	}
}

static bool check_given(const bool given[OPTION_END])
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i].argument && !texts[i].is_optional && !given[texts[i].key]) {
			fprintf(stderr, "seccompfsd: --%s is missing\n", texts[i].name);
			return false;
		}
	}
	return true;
}

bool options_parse(int argc, char **argv, struct options *options)
{
	struct option table[ARRAY_SIZE(texts) + 1] = { 0 };
	bool given[OPTION_END] = { false };
	int key, index = 0;

	/* Descriptors are among what must be given. */
	*options = (struct options){ .last_cause = "", .capabilities = CAPABILITIES_DEFAULT };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		table[i].name = texts[i].name;
		table[i].has_arg = texts[i].argument ? required_argument : no_argument;
		table[i].val = (int)texts[i].key;
	}
	while ((key = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (key == '?')
			return false;
		if (!set_option(options, (enum option_key)key, optarg)) {
			fprintf(stderr, "seccompfsd: --%s=%s is not valid\n", table[index].name,
			        optarg);
			return false;
		}
		given[key] = true;
	}
	if (options->help)
		return true;
	if (optind < argc) {
		fprintf(stderr, "seccompfsd: %s: no arguments are expected\n", argv[optind]);
		return false;
	}
	return check_given(given);
}

int options_measure_facts(struct options *options)
{
	int r = facts_measure(&options->facts);

	options->facts.capabilities = options->capabilities;
	options->profile.facts = r ? NULL : &options->facts;
	if (!r || options->profile.compile == COMPILE_OFF)
		return 0;
	log_error("profiles cannot be compiled on this machine: %s; with the option compile=off "
	          "they are served as they stand",
	          strerror(-r));
	return r;
}

void options_print_help(void)
{
	printf("seccompfsd: serves the mounts of seccompfs, which starts it. Not for people.\n"
	       "\n");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char option[32];

		snprintf(option, sizeof(option), "--%s%s%s", texts[i].name,
		         texts[i].argument ? "=" : "", texts[i].argument ? texts[i].argument : "");
		printf("  %-21s  %s\n", option, texts[i].help);
	}
}
