/* SPDX-License-Identifier: Apache-2.0 */

/* The values and the escapes; tests/mount/test_metrics.py reads the format of the whole. */

#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct metrics figures = {
	.version = "1.2.3",
	.started = { 1700000000, 5000000 },
	.n_restarts = 1,
	.last_cause = "killed by signal 9",
	.n_applied = 2,
	.n_skipped = 3,
	.n_failed = 4,
	.n_reloads = 5,
	.n_reload_errors = 6,
	.serves_config = true,
	.trusted_state = true,
	.n_profiles = 7,
	.counts = { .n_linted = 6,
	            .n_lint_errors = 1,
	            .n_lint_warnings = 9,
	            .n_compiled = 5,
	            .n_denials = 8 },
	.n_misses = UINT64_MAX,
};

static void assert_has_line(const struct metrics *metrics, const char *line)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	metrics_write(metrics, &text);
	if (!strstr(text.data, wanted))
		fail_msg("%s is not in\n%s", line, text.data);
}

static void test_values(void **state)
{
	assert_has_line(&figures, "seccompfs_build_info{version=\"1.2.3\"} 1");
	assert_has_line(&figures, "seccompfs_worker_start_time_seconds 1700000000.005");
	assert_has_line(&figures, "seccompfs_worker_restarts_total 1");
	assert_has_line(&figures, "seccompfs_worker_last_end_info{cause=\"killed by signal 9\"} 1");
	assert_has_line(&figures, "seccompfs_commits_total{result=\"applied\"} 2");
	assert_has_line(&figures, "seccompfs_commits_total{result=\"skipped\"} 3");
	assert_has_line(&figures, "seccompfs_commits_total{result=\"failed\"} 4");
	assert_has_line(&figures, "seccompfs_config_reloads_total 5");
	assert_has_line(&figures, "seccompfs_config_reload_errors_total 6");
	assert_has_line(&figures, "seccompfs_config_served 1");
	assert_has_line(&figures, "seccompfs_config_parsed_at_start 0");
	assert_has_line(&figures, "seccompfs_profiles 7");
	assert_has_line(&figures, "seccompfs_profiles_linted 6");
	assert_has_line(&figures, "seccompfs_profiles_compiled 5");
	assert_has_line(&figures, "seccompfs_denials 8");
	assert_has_line(&figures, "seccompfs_lint_findings{level=\"error\"} 1");
	assert_has_line(&figures, "seccompfs_lint_findings{level=\"warning\"} 9");
	assert_has_line(&figures, "seccompfs_profile_misses_total 18446744073709551615");
}

static void test_escapes(void **state)
{
	struct metrics metrics = figures;

	metrics.last_cause = "a\\b\"c\nd";
	assert_has_line(&metrics, "seccompfs_worker_last_end_info{cause=\"a\\\\b\\\"c\\nd\"} 1");
}

static void test_no_end_before(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	struct metrics metrics = figures;

	metrics.last_cause = "";
	metrics_write(&metrics, &text);
	assert_non_null(strstr(text.data, "# TYPE seccompfs_worker_last_end_info gauge\n# HELP"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_no_end_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
