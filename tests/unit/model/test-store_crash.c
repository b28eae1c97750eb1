/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a commit leaves when it ends at any of its steps: each fsync(2) and rename(2) is a place
 * where the process can die, the disk can fail, or an editor can save the config. This program has
 * both calls in place of the C library's.
 */

#include "store-fixture.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#define EXIT_CRASHED 42

enum fault {
	FAULT_NONE,
	FAULT_CRASH,     /* ends at the chosen point: before or after a call */
	FAULT_FAIL,      /* the chosen call fails */
	FAULT_FAIL_ON,   /* likewise, and all that follow */
	FAULT_FAIL_DIE,  /* likewise, and the process ends at a point behind it */
	FAULT_EDIT,      /* an editor saves the config before the chosen call */
	FAULT_EDIT_EACH, /* and before each that follows */
	FAULT_EDIT_FAIL, /* and that call fails */
	FAULT_SWAP_DIRECTORY,
	FAULT_SWAP_FILE,
};

static struct {
	enum fault fault;
	unsigned int n_points; /* passed so far */
	unsigned int n_calls;
	unsigned int chosen; /* from 1 */
	unsigned int death;  /* the point behind the failure, from 1 */
	struct fixture *fixture;
	unsigned int n_edits;
} plan;

static void arm(struct fixture *fixture, enum fault fault, unsigned int chosen)
{
	plan = (__typeof__(plan)){ .fault = fault, .chosen = chosen, .fixture = fixture };
}

static void disarm(void)
{
	plan.fault = FAULT_NONE;
}

static void point(void)
{
	if (plan.fault == FAULT_CRASH && ++plan.n_points == plan.chosen)
		_exit(EXIT_CRASHED);
	if (plan.fault == FAULT_FAIL_DIE && plan.n_calls >= plan.chosen &&
	    ++plan.n_points == plan.death)
		_exit(EXIT_CRASHED);
}

static void edit(void)
{
	char profiles[64];

	snprintf(profiles, sizeof(profiles), "a KILL b LOG d%u LOG", ++plan.n_edits);
	write_config(plan.fixture, profiles);
}

/* The very file, in another directory. */
static void swap_directory(void)
{
	_cleanup_(freep) char *old = NULL, *old_config = NULL;

	assert_true(asprintf(&old, "%s/old", plan.fixture->root) > 0);
	assert_true(asprintf(&old_config, "%s/machine.yaml", old) > 0);
	assert_int_equal(rename(plan.fixture->etc, old), 0);
	assert_int_equal(mkdir(plan.fixture->etc, 0755), 0);
	assert_int_equal(rename(old_config, plan.fixture->config), 0);
}

/* Another file with the same text, that only its owner may read. */
static void swap_file(void)
{
	_cleanup_(freep) char *text = read_text(plan.fixture->config);

	assert_int_equal(unlink(plan.fixture->config), 0);
	write_text(plan.fixture->config, text);
	assert_int_equal(chmod(plan.fixture->config, 0600), 0);
}

/* Whether this call shall fail. */
static bool fails(void)
{
	unsigned int n = ++plan.n_calls;
	bool is_chosen = n == plan.chosen, is_reached = n >= plan.chosen;

	if (((plan.fault == FAULT_EDIT || plan.fault == FAULT_EDIT_FAIL) && is_chosen) ||
	    (plan.fault == FAULT_EDIT_EACH && is_reached))
		edit();
	if (plan.fault == FAULT_SWAP_DIRECTORY && is_chosen)
		swap_directory();
	if (plan.fault == FAULT_SWAP_FILE && is_chosen)
		swap_file();
	errno = EIO;
	return ((plan.fault == FAULT_FAIL || plan.fault == FAULT_FAIL_DIE ||
	         plan.fault == FAULT_EDIT_FAIL) &&
	        is_chosen) ||
	       (plan.fault == FAULT_FAIL_ON && is_reached);
}

int fsync(int fd)
{
	int r;

	point();
	if (fails())
		return -1;
	r = (int)syscall(SYS_fsync, fd);
	point();
	return r;
}

int renameat(int old_fd, const char *old_path, int new_fd, const char *new_path)
{
	int r;

	point();
	if (fails())
		return -1;
	r = (int)syscall(SYS_renameat2, old_fd, old_path, new_fd, new_path, 0);
	point();
	return r;
}

/* The transaction of these tests: one profile changes, one is new. */
static const char change[] =
	"{machine: {seccompProfiles: [{name: a, value: {defaultAction: SCMP_ACT_ERRNO}}, "
	"{name: c, value: {defaultAction: SCMP_ACT_LOG}}]}}";

#define BEFORE "a@2=KILL b@1=LOG "
#define AFTER  "a@3=ERRNO b@1=LOG c@1=LOG "

/* a has a history, so that a version that went down would be seen. */
static void prepare(struct fixture *fixture)
{
	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_served(fixture, BEFORE);
}

static bool is_served(struct fixture *fixture, const char *expected)
{
	_cleanup_(freep) char *text = served(fixture->store);

	return !strcmp(text, expected);
}

/* After any accident a new start is as good as ever. */
static void assert_goes_on(struct fixture *fixture)
{
	uint64_t version = find(fixture, "a")->version;

	assert_nothing_left(fixture);
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
	reopen(fixture);
	assert_int_equal(find(fixture, "a")->version, version + 1);
	assert_nothing_left(fixture);
}

/* Where the answer to the writer would be. */
static const char *acknowledgement(const struct fixture *fixture, char path[256])
{
	snprintf(path, 256, "%s/acknowledged", fixture->root);
	return path;
}

static bool was_acknowledged(const struct fixture *fixture)
{
	char path[256];

	return !access(acknowledgement(fixture, path), F_OK);
}

/* Returns whether the transaction, and what is done behind its answer, ended before the chosen point. */
static bool crash_at(struct fixture *fixture, unsigned int chosen)
{
	char path[256];
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		open_store(fixture);
		arm(fixture, FAULT_CRASH, chosen);
		if (patch(fixture, change))
			_exit(1);
		write_text(acknowledgement(fixture, path), "");
		store_keep_copy(fixture->store, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_CRASHED);
	return WEXITSTATUS(status) == 0;
}

static void assert_whole_after_crash(struct fixture *fixture)
{
	const char *last = store_last_result(fixture->store);
	_cleanup_(freep) char *text = read_text(fixture->config);
	bool is_new = is_served(fixture, AFTER);

	if (!is_new)
		assert_served(fixture, BEFORE);
	assert_true(is_new || !was_acknowledged(fixture));
	assert_true(is_new == !!strstr(text, "SCMP_ACT_ERRNO"));
	/* Whoever lost the reply can ask. */
	assert_true(is_new ==
	            !!strstr(last, "    - id: a\n      version: 3\n      event: updated\n"));
	assert_true(is_new ==
	            !!strstr(last, "    - id: c\n      version: 1\n      event: created\n"));
}

static void test_death_at_any_point(void **state)
{
	unsigned int chosen = 0;
	bool is_done = false;

	(void)state;
	while (!is_done) {
		struct fixture *own = NULL;

		assert_int_equal(set_up((void **)&own), 0);
		prepare(own);
		close_store(own);
		is_done = crash_at(own, ++chosen);
		open_store(own);
		assert_whole_after_crash(own);
		assert_goes_on(own);
		tear_down((void **)&own);
	}
	/* Two files written, two renames, two directories, the copy and its directory: before and after
	 * each. */
	assert_int_equal(chosen, 16 + 1);
}

/* The old, of which there is a copy, under versions that the commit has not given. */
#define BEFORE_AGAIN "a@4=KILL b@1=LOG "
/* And what the commit has made, after that. */
#define AFTER_AGAIN "a@5=ERRNO b@1=LOG c@2=LOG "

/* The config is spoilt before the next start: what is served then is one of the two as well. The new is lost
 * only where its copy was not written yet, and not to whoever mends the config. */
static void test_death_and_then_a_broken_config(void **state)
{
	unsigned int chosen = 0, n_again = 0;
	bool is_done = false;

	(void)state;
	while (!is_done) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		struct fixture *own = NULL;
		bool is_new, is_again;

		assert_int_equal(set_up((void **)&own), 0);
		prepare(own);
		close_store(own);
		is_done = crash_at(own, ++chosen);
		write_text(own->config, "machine: [\n");
		assert_int_equal(try_open(own, &own->store, &diag), 0);
		assert_true(diag.n_errors > 0);
		is_new = is_served(own, AFTER);
		is_again = is_served(own, BEFORE_AGAIN);
		n_again += is_again;
		assert_true(is_new || is_again || is_served(own, BEFORE));
		assert_true(is_new || !is_done);
		assert_nothing_left(own);
		/* Mended to what the patch had made: its versions, if no others were given since. */
		write_config(own, "a ERRNO b LOG c LOG");
		reopen(own);
		assert_served(own, is_again ? AFTER_AGAIN : AFTER);
		assert_goes_on(own);
		tear_down((void **)&own);
	}
	/* From the rename of the state on, till the copy is written. */
	assert_int_equal(n_again, 3);
}

static void assert_refused_by_the_disk(struct fixture *fixture, int r, const struct result *result,
                                       const char *before)
{
	assert_int_equal(r, -EIO);
	assert_int_equal(result->error, EIO);
	assert_int_equal(result->n_resources, 0);
	assert_int_equal(result->diag.n_errors, 0);
	assert_non_null(strstr(store_last_result(fixture->store), "result: failed\n"));
	assert_facts(fixture, before);
	assert_nothing_left(fixture);
}

/* One call fails: the patch fails, all is as it was, on disk too, and the next patch is fine. */
static void test_a_failure_at_any_call(void **state)
{
	unsigned int chosen = 0;
	int r = -1;

	(void)state;
	while (r) {
		struct fixture *own = NULL;
		_cleanup_(freep) char *before = NULL;

		assert_int_equal(set_up((void **)&own), 0);
		prepare(own);
		before = facts(own);
		chosen++;
		/* Twice: the second time the last result is the same, and is not written again. */
		for (unsigned int i = 0; i < 2; i++) {
			_cleanup_(result_deinit) struct result result = RESULT_INIT;

			arm(own, FAULT_FAIL, chosen);
			r = patch_with(own, change, &result);
			disarm();
			if (!r)
				break;
			assert_refused_by_the_disk(own, r, &result, before);
		}
		reopen(own);
		if (r)
			assert_facts(own, before);
		else
			assert_served(own, AFTER);
		assert_goes_on(own);
		tear_down((void **)&own);
	}
	assert_int_equal(chosen, 6 + 1);
}

/* The patch is undone, but not what somebody has saved since. */
static void test_an_edit_before_a_failure(void **state)
{
	(void)state;
	/* Behind the rename of the config: its directory, the state, and that one's directory. */
	for (unsigned int chosen = 4; chosen <= 6; chosen++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;
		_cleanup_(freep) char *edited = config_text("a KILL b LOG d1 LOG");
		struct fixture *own = NULL;

		assert_int_equal(set_up((void **)&own), 0);
		prepare(own);
		arm(own, FAULT_EDIT_FAIL, chosen);
		assert_int_equal(patch_with(own, change, &result), -EIO);
		assert_int_equal(plan.n_edits, 1);
		disarm();
		assert_int_equal(result.diag.n_errors, 1);
		assert_non_null(strstr(result.diag.entries[0].message, "was edited meanwhile"));
		assert_text(own->config, edited);
		assert_served(own, BEFORE);
		reopen(own);
		assert_served(own, "a@2=KILL b@1=LOG d1@1=LOG ");
		assert_goes_on(own);
		tear_down((void **)&own);
	}
}

/*
 * A disk that stays broken. The old config may not come back then: the result says so, the old is
 * served to the end, and whoever comes next takes in what stands on disk.
 */
static void test_a_disk_that_stays_broken(void **state)
{
	unsigned int chosen = 0, n_stuck = 0;
	int r = -1;

	(void)state;
	while (r) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;
		struct fixture *own = NULL;
		bool is_stuck;

		assert_int_equal(set_up((void **)&own), 0);
		prepare(own);
		arm(own, FAULT_FAIL_ON, ++chosen);
		r = patch_with(own, change, &result);
		disarm();
		if (r) {
			assert_int_equal(r, -EIO);
			assert_served(own, BEFORE);
			is_stuck = result.diag.n_errors > 0;
			n_stuck += is_stuck;
			reopen(own);
			assert_served(own, is_stuck ? AFTER : BEFORE);
		}
		assert_goes_on(own);
		tear_down((void **)&own);
	}
	assert_int_equal(n_stuck, 3);
}

/* Returns whether the transaction, whose chosen call fails, ended before the point behind that. */
static bool die_while_rolling_back(struct fixture *fixture, unsigned int chosen, unsigned int death)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		open_store(fixture);
		arm(fixture, FAULT_FAIL_DIE, chosen);
		plan.death = death;
		_exit(patch(fixture, change) == -EIO ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_CRASHED);
	return WEXITSTATUS(status) == 0;
}

/* The old or the new, and no version that nobody gave. */
static void test_death_while_a_commit_is_rolled_back(void **state)
{
	unsigned int n_deaths = 0;

	(void)state;
	/* The first two calls write the new files: of those the last stands for both. */
	for (unsigned int chosen = 2; chosen <= 6; chosen++) {
		bool is_done = false;

		for (unsigned int death = 1; !is_done; death++) {
			struct fixture *own = NULL;

			assert_int_equal(set_up((void **)&own), 0);
			prepare(own);
			close_store(own);
			is_done = die_while_rolling_back(own, chosen, death);
			n_deaths += !is_done;
			open_store(own);
			if (is_done || !is_served(own, AFTER))
				assert_served(own, BEFORE);
			assert_goes_on(own);
			tear_down((void **)&own);
		}
	}
	assert_true(n_deaths > 5 * 6);
}

static void test_an_edit_in_the_middle(void **state)
{
	unsigned int chosen = 0, n_met = 0;

	(void)state;
	/* The first two calls write the new files; then comes the last look. */
	while (++chosen <= 2) {
		struct fixture *own = NULL;

		assert_int_equal(set_up((void **)&own), 0);
		prepare(own);
		arm(own, FAULT_EDIT, chosen);
		assert_int_equal(patch(own, change), 0);
		disarm();
		n_met += plan.n_edits;
		assert_served(own, "a@3=ERRNO b@1=LOG c@1=LOG d1@1=LOG ");
		assert_goes_on(own);
		tear_down((void **)&own);
	}
	assert_int_equal(n_met, 2);
}

/* The patch must be where the path leads. */
static void test_another_directory_in_the_middle(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *text = NULL;

	prepare(fixture);
	arm(fixture, FAULT_SWAP_DIRECTORY, 2);
	assert_int_equal(patch(fixture, change), 0);
	disarm();
	assert_served(fixture, AFTER);
	text = read_text(fixture->config);
	assert_non_null(strstr(text, "SCMP_ACT_ERRNO"));
	assert_goes_on(fixture);
}

/* A mode that was narrowed is not widened again. */
static void test_another_file_in_the_middle(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	prepare(fixture);
	arm(fixture, FAULT_SWAP_FILE, 2);
	assert_int_equal(patch(fixture, change), 0);
	disarm();
	assert_served(fixture, AFTER);
	assert_int_equal(stat(fixture->config, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_edits_without_end(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = NULL;

	prepare(fixture);
	arm(fixture, FAULT_EDIT_EACH, 1);
	assert_int_equal(patch_with(fixture, change, &result), -EIO);
	disarm();
	assert_non_null(strstr(result.message, "being edited"));
	assert_served(fixture, BEFORE);
	text = read_text(fixture->config);
	assert_null(strstr(text, "SCMP_ACT_ERRNO"));
	assert_nothing_left(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_death_at_any_point),
		STORE_TEST(test_death_and_then_a_broken_config),
		STORE_TEST(test_a_failure_at_any_call),
		STORE_TEST(test_an_edit_before_a_failure),
		STORE_TEST(test_a_disk_that_stays_broken),
		STORE_TEST(test_death_while_a_commit_is_rolled_back),
		STORE_TEST(test_an_edit_in_the_middle),
		STORE_TEST(test_another_directory_in_the_middle),
		STORE_TEST(test_another_file_in_the_middle),
		STORE_TEST(test_edits_without_end),
	};

	return cmocka_run_group_tests_name("model/store_crash", tests, NULL, NULL);
}
