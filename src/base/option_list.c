/* SPDX-License-Identifier: Apache-2.0 */

#include "base/option_list.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "base/buffer.h"
#include "base/suggest.h"

#define HELP_COLUMN       21
#define NAME_MAX_COMPARED 64 /* bytes of an unknown name that suggestions look at */

static const struct option_spec *find_spec(const char *option, const struct option_spec *specs,
                                           size_t n_specs)
{
	for (size_t i = 0; i < n_specs; i++) {
		size_t n = strlen(specs[i].name);
		bool is_open = strchr("=-", specs[i].name[n - 1]);

		if (!strncmp(option, specs[i].name, n) && (is_open || !option[n]))
			return &specs[i];
	}
	return NULL;
}

static int refuse_unknown(const char *option, const struct option_spec *specs, size_t n_specs,
                          struct diag *diag)
{
	char name[NAME_MAX_COMPARED + 1];
	struct suggestion suggestion;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(option, "=") + 1, option);
	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < n_specs; i++)
		suggestion_consider(&suggestion, specs[i].name);
	if (suggestion.best)
		diag_error(diag, NULL, NULL, "unknown option %s, did you mean %s?", option,
		           suggestion.best);
	else
		diag_error(diag, NULL, NULL, "unknown option %s", option);
	return OPTION_LIST_E_INVALID;
}

static bool is_like(const char *value, const char *pattern)
{
	regex_t regex;
	bool is = false;

	if (!regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB)) {
		is = !regexec(&regex, value, 0, NULL, 0);
		regfree(&regex);
	}
	return is;
}

static int set_string(char **field, const struct option_spec *spec, const char *value,
                      struct diag *diag)
{
	size_t n = strlen(value);
	bool is_quoted = n > 1 && value[0] == '"' && value[n - 1] == '"';

	free(*field);
	*field = is_quoted ? strndup(value + 1, n - 2) : strdup(value);
	if (!*field)
		return -ENOMEM;
	if (is_like(*field, spec->pattern))
		return 0;
	diag_error(diag, NULL, NULL, "%s%s: expected %s", spec->name, *field, spec->argument);
	return OPTION_LIST_E_INVALID;
}

static int apply(const char *option, const struct option_spec *specs, size_t n_specs, void *options,
                 struct diag *diag)
{
	const struct option_spec *spec = find_spec(option, specs, n_specs);
	void *field;

	if (!spec)
		return *option ? refuse_unknown(option, specs, n_specs, diag) : 0;
	field = (char *)options + spec->field;
	switch (spec->effect) {
	case OPTION_IGNORE:
		return 0;
	case OPTION_SET:
	case OPTION_CLEAR:
		*(bool *)field = spec->effect == OPTION_SET;
		return 0;
	case OPTION_STRING:
		return set_string(field, spec, option + strlen(spec->name), diag);
	case OPTION_APPEND:
		buffer_printf(field, ",%s", option);
		return buffer_error(field);
	}
	return 0;
}

/* Goes on behind an error, so that a person meets all of them at once. */
int option_list_apply(const char *list, const struct option_spec *specs, size_t n_specs,
                      void *options, struct diag *diag)
{
	int result = 0;

	for (const char *end = list; *list; list = end) {
		bool is_quoted = false;
		char *option;
		int r;

		for (; *end && (is_quoted || *end != ','); end++)
			is_quoted ^= *end == '"';
		option = strndup(list, (size_t)(end - list));
		r = option ? apply(option, specs, n_specs, options, diag) : -ENOMEM;
		free(option);
		result = result ? result : r;
		end += *end == ',';
	}
	return result;
}

void option_list_free(const struct option_spec *specs, size_t n_specs, void *options)
{
	for (size_t i = 0; i < n_specs; i++) {
		if (specs[i].effect == OPTION_STRING)
			freep((char *)options + specs[i].field);
	}
}

void option_list_print_help(const struct option_spec *specs, size_t n_specs, FILE *file)
{
	for (size_t i = 0; i < n_specs; i++) {
		int width = HELP_COLUMN - (int)strlen(specs[i].name);

		if (specs[i].help)
			fprintf(file, "  %s%-*s%s\n", specs[i].name, width, specs[i].argument,
			        specs[i].help);
	}
}
