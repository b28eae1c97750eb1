/* SPDX-License-Identifier: Apache-2.0 */

#include "metrics.h"

#include <inttypes.h>

static void write_head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_printf(out, "# HELP seccompfs_%s %s\n# TYPE seccompfs_%s %s\n", name, help, name,
	              type);
}

/* The three characters that the format wants escaped in the value of a label. */
static void write_label_value(struct buffer *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			buffer_append_string(out, "\\n");
		else if (*value == '\\' || *value == '"')
			buffer_printf(out, "\\%c", *value);
		else
			buffer_append_char(out, *value);
	}
}

static void write_labelled(struct buffer *out, const char *name, const char *label,
                           const char *value, uint64_t number)
{
	buffer_printf(out, "seccompfs_%s{%s=\"", name, label);
	write_label_value(out, value);
	buffer_printf(out, "\"} %" PRIu64 "\n", number);
}

static void write_number(struct buffer *out, const char *name, const char *type, const char *help,
                         uint64_t number)
{
	write_head(out, name, type, help);
	buffer_printf(out, "seccompfs_%s %" PRIu64 "\n", name, number);
}

static void write_worker(const struct metrics *metrics, struct buffer *out)
{
	write_head(out, "build_info", "gauge", "The version that serves.");
	write_labelled(out, "build_info", "version", metrics->version, 1);

	write_head(out, "worker_start_time_seconds", "gauge",
	           "When the worker that serves was started, in seconds since the epoch.");
	buffer_printf(out, "seccompfs_worker_start_time_seconds %lld.%03ld\n",
	              (long long)metrics->started.tv_sec, metrics->started.tv_nsec / 1000000);

	write_number(out, "worker_restarts_total", "counter",
	             "Workers that were started because another one had ended.",
	             metrics->n_restarts);
	write_head(out, "worker_last_end_info", "gauge",
	           "How the last worker before this one ended.");
	if (metrics->last_cause[0])
		write_labelled(out, "worker_last_end_info", "cause", metrics->last_cause, 1);
}

static void write_config(const struct metrics *metrics, struct buffer *out)
{
	write_head(out, "commits_total", "counter", "Patches written to control, by their result.");
	write_labelled(out, "commits_total", "result", "applied", metrics->n_applied);
	write_labelled(out, "commits_total", "result", "skipped", metrics->n_skipped);
	write_labelled(out, "commits_total", "result", "failed", metrics->n_failed);

	write_number(out, "config_reloads_total", "counter",
	             "Edits of the machine config that were taken in.", metrics->n_reloads);
	write_number(out, "config_reload_errors_total", "counter",
	             "Times that the machine config on disk could not be taken in.",
	             metrics->n_reload_errors);
	write_number(out, "config_served", "gauge",
	             "1 when the machine config on disk is the one that is served, else 0.",
	             metrics->serves_config);
	write_number(out, "config_parsed_at_start", "gauge",
	             "0 when the worker's start took the machine config for what the last one had "
	             "made of it, else 1.",
	             !metrics->trusted_state);
}

static void write_profiles(const struct metrics *metrics, struct buffer *out)
{
	const struct store_counts *counts = &metrics->counts;

	write_number(out, "profiles", "gauge", "Profiles that are served.", metrics->n_profiles);
	write_number(out, "profiles_linted", "gauge",
	             "Of the profiles, how many the linter has looked at.", counts->n_linted);
	write_number(out, "profiles_compiled", "gauge",
	             "Of the profiles, how many are compiled, and not served as they stand.",
	             counts->n_compiled);
	write_number(out, "profiles_denied", "gauge",
	             "Of the profiles, how many machine.seccompDeny has changed.",
	             counts->n_denied);
	write_number(
		out, "denials", "gauge",
		"Calls that machine.seccompDeny denies in every profile, each under its conditions.",
		counts->n_denials);
	write_head(out, "lint_findings", "gauge",
	           "What the linter has found in what is served, by its level.");
	write_labelled(out, "lint_findings", "level", "error", counts->n_lint_errors);
	write_labelled(out, "lint_findings", "level", "warning", counts->n_lint_warnings);
}

void metrics_write(const struct metrics *metrics, struct buffer *out)
{
	write_worker(metrics, out);
	write_config(metrics, out);
	write_profiles(metrics, out);
	write_number(out, "profile_misses_total", "counter",
	             "Lookups of profiles that do not exist.", metrics->n_misses);
}
