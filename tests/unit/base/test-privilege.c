/* SPDX-License-Identifier: Apache-2.0 */

#include "base/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

/* A line of /proc/self/status, as a number. */
static unsigned long long status(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long value = ~0ULL;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %llx", &value);
	}
	if (file)
		fclose(file);
	return value;
}

/* What is given up stays so: in a process of its own, whose exit status is the first check that
 * fails. */
static int in_child(int (*check)(uint64_t had))
{
	uint64_t had;
	int end;
	pid_t pid;

	assert_int_equal(privilege_get(&had), 0);
	pid = fork();
	if (!pid)
		_exit(check(had));
	assert_int_equal(waitpid(pid, &end, 0), pid);
	assert_true(WIFEXITED(end));
	return WEXITSTATUS(end);
}

#define KEPT PRIVILEGE(CAP_DAC_OVERRIDE)

static int check_sets(uint64_t had)
{
	const uint64_t wanted = KEPT | PRIVILEGE(CAP_SETPCAP);

	if (privilege_limit(KEPT, wanted))
		return 1;
	if (status("CapEff") != (had & KEPT) || status("CapPrm") != (had & wanted))
		return 2;
	if (status("CapInh") || status("CapAmb") || status("NoNewPrivs") != 1)
		return 3;
	if (had & PRIVILEGE(CAP_SETPCAP) && status("CapBnd") & ~wanted)
		return 4;
	return 0;
}

static void test_the_sets(void **state)
{
	assert_int_equal(in_child(check_sets), 0);
}

static int check_twice(uint64_t had)
{
	if (privilege_limit(KEPT, KEPT | PRIVILEGE(CAP_CHOWN)) || privilege_limit(0, 0))
		return 1;
	/* It is not had again by asking for it. */
	if (privilege_limit(KEPT, KEPT))
		return 2;
	return status("CapPrm") || status("CapEff") ? 3 : 0;
}

static void test_what_is_gone_stays_gone(void **state)
{
	assert_int_equal(in_child(check_twice), 0);
}

static int check_program(uint64_t had)
{
	if (privilege_limit(0, KEPT))
		return 1;
	/* A program of root has what is permitted, and no more. */
	execl("/bin/sh", "sh", "-c",
	      "while read -r name value; do [ $name != CapEff: ] || [ $((0x$value)) = $0 ] || exit 9; "
	      "done </proc/self/status",
	      had & KEPT && !getuid() ? "2" : "0", NULL);
	return 2;
}

static void test_a_program_that_is_started(void **state)
{
	assert_int_equal(KEPT, 2);
	assert_int_equal(in_child(check_program), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_sets),
		cmocka_unit_test(test_what_is_gone_stays_gone),
		cmocka_unit_test(test_a_program_that_is_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
