/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>
#include <string.h>

#include "document/canonical_json.h"
#include "profile/ruleset.h"

/* Keys are in the order of their bytes, as everywhere in the canonical form. */

static void write_string(const char *text, struct buffer *out)
{
	canonical_json_string(text, strlen(text), out);
}

static void write_words(const struct rule_words *words, struct buffer *out)
{
	buffer_append_char(out, '[');
	for (size_t i = 0; i < words->n_words; i++) {
		if (i > 0)
			buffer_append_char(out, ',');
		write_string(words->words[i].text, out);
	}
	buffer_append_char(out, ']');
}

static void write_argument(const struct rule_argument *argument, struct buffer *out)
{
	buffer_printf(out, "{\"index\":%" PRIu32 ",\"op\":\"%s\",\"value\":%" PRIu64,
	              argument->index, comparison_name(argument->comparison), argument->value);
	if (argument->has_value_two)
		buffer_printf(out, ",\"valueTwo\":%" PRIu64, argument->value_two);
	buffer_append_char(out, '}');
}

static void write_rule(const struct rule *rule, struct buffer *out)
{
	buffer_printf(out, "{\"action\":\"%s\"", action_name(rule->action));
	for (size_t i = 0; i < rule->n_arguments; i++) {
		buffer_append_string(out, i > 0 ? "," : ",\"args\":[");
		write_argument(&rule->arguments[i], out);
	}
	if (rule->n_arguments > 0)
		buffer_append_char(out, ']');
	if (rule->has_errno)
		buffer_printf(out, ",\"errnoRet\":%" PRIu32, rule->errno_ret);
	buffer_append_string(out, ",\"names\":");
	write_words(&rule->names, out);
	buffer_append_char(out, '}');
}

static void write_rules(const struct ruleset *ruleset, struct buffer *out)
{
	buffer_append_string(out, ",\"syscalls\":[");
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		if (i > 0)
			buffer_append_char(out, ',');
		write_rule(&ruleset->rules[i], out);
	}
	buffer_append_char(out, ']');
}

int ruleset_write(const struct ruleset *ruleset, struct buffer *out)
{
	buffer_append_char(out, '{');
	if (ruleset->has_architectures) {
		buffer_append_string(out, "\"architectures\":");
		write_words(&ruleset->architectures, out);
		buffer_append_char(out, ',');
	}
	buffer_printf(out, "\"defaultAction\":\"%s\"", action_name(ruleset->default_action));
	if (ruleset->has_default_errno)
		buffer_printf(out, ",\"defaultErrnoRet\":%" PRIu32, ruleset->default_errno);
	if (ruleset->has_flags) {
		buffer_append_string(out, ",\"flags\":");
		write_words(&ruleset->flags, out);
	}
	if (ruleset->listener_metadata) {
		buffer_append_string(out, ",\"listenerMetadata\":");
		write_string(ruleset->listener_metadata, out);
	}
	if (ruleset->listener_path) {
		buffer_append_string(out, ",\"listenerPath\":");
		write_string(ruleset->listener_path, out);
	}
	if (ruleset->has_rules || ruleset->n_rules > 0)
		write_rules(ruleset, out);
	buffer_append_char(out, '}');
	return buffer_error(out);
}
