/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The copy of the config, which is written when there is time: what a start finds when there was none,
 * and what becomes of it on a bad disk. This program has write(2) in place of the C library's.
 */

#include "store-fixture.h"

#include <limits.h>
#include <sys/syscall.h>

static int disk_error; /* of each write(2); 0: it is sound */
static int copy_error; /* of those to a copy */

static bool is_copy(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return strstr(path, "/config-");
}

ssize_t write(int fd, const void *data, size_t n_data)
{
	if (!disk_error && !(copy_error && is_copy(fd)))
		return syscall(SYS_write, fd, data, n_data);
	errno = disk_error ? disk_error : copy_error;
	return -1;
}

/* Returns owned the path of the copy of this config. */
static char *copy_path(struct fixture *fixture, const char *config)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	char *path;

	digest_compute(config, strlen(config), digest);
	digest_to_hex(digest, hex);
	assert_true(asprintf(&path, "%s/config-%s.yaml", fixture->state_dir, hex) > 0);
	return path;
}

static void flip_byte(const char *path)
{
	_cleanup_(freep) char *text = read_text(path);

	text[0] ^= 1;
	write_text(path, text);
}

/* That there would be a copy is news to whoever mends the node. */
static void assert_damage_is_told(struct fixture *fixture)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct diag_entry *last;
	struct store *store = NULL;

	assert_int_equal(try_open(fixture, &store, &diag), STORE_E_INVALID);
	last = &diag.entries[diag.n_entries - 1];
	assert_string_equal(last->source, fixture->state_dir);
	assert_non_null(strstr(last->message, "last good machine config cannot be used"));
}

static unsigned int count_copies(struct fixture *fixture)
{
	DIR *dir = opendir(fixture->state_dir);
	const struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += !strncmp(entry->d_name, "config-", strlen("config-"));
	closedir(dir);
	return n;
}

/* The process ends before it had time for the copy. */
static void die(struct fixture *fixture)
{
	store_free(fixture->store);
	fixture->store = NULL;
}

static void open_owing(struct fixture *fixture)
{
	die(fixture);
	assert_int_equal(try_open(fixture, &fixture->store, NULL), 0);
}

/* Nobody waits for it, whether the start believes the state or not; the one before it stays till then. */
static void test_when_the_copy_is_written(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *old = config_text("a LOG"), *new = config_text("a KILL"),
			      *old_path = copy_path(fixture, old),
			      *new_path = copy_path(fixture, new);

	for (unsigned int i = 0; i < 2; i++) {
		fixture->maker = i ? "a maker" : NULL;
		write_text(fixture->config, old);
		open_owing(fixture);
		assert_int_not_equal(access(old_path, F_OK), 0);
		/* The one before has ended before it could. */
		open_owing(fixture);
		assert_int_equal(store_trusted_state(fixture->store), i);
		assert_int_not_equal(access(old_path, F_OK), 0);
		store_keep_copy(fixture->store, NULL);
		assert_text(old_path, old);
		/* It is owed once. */
		assert_int_equal(unlink(old_path), 0);
		store_keep_copy(fixture->store, NULL);
		assert_int_not_equal(access(old_path, F_OK), 0);
		reopen(fixture);
		/* An edit. */
		write_text(fixture->config, new);
		open_owing(fixture);
		assert_text(old_path, old);
		assert_int_not_equal(access(new_path, F_OK), 0);
		store_keep_copy(fixture->store, NULL);
		assert_text(new_path, new);
		assert_nothing_left(fixture);
	}
}

static void test_a_dry_run_writes_no_copy(void **state)
{
	struct fixture *fixture = *state;
	const struct store_options options = {
		.config_path = fixture->config,
		.state_dir = fixture->state_dir,
		.profile = { VALIDATE_STRICT, COMPILE_OFF, NULL },
		.maker = "a maker",
		.dry_run = true,
	};

	write_config(fixture, "a LOG");
	fixture->maker = options.maker;
	open_owing(fixture);
	die(fixture);
	/* With the state's own config, which is believed, and with another one. */
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(store_open(&options, &fixture->store, NULL), 0);
		assert_int_equal(store_trusted_state(fixture->store), i == 0);
		store_keep_copy(fixture->store, NULL);
		assert_int_equal(count_copies(fixture), 0);
		close_store(fixture);
		write_config(fixture, "a KILL");
	}
}

/* Of some commits only the last text is written, and what was owed before is not. */
static void test_commits_before_the_copy_is_written(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_owing(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(set_profile(fixture, "a", "ERRNO"), 0);
	assert_int_equal(count_copies(fixture), 0);
	store_keep_copy(fixture->store, NULL);
	assert_int_equal(count_copies(fixture), 1);
	assert_nothing_left(fixture);
	close_store(fixture);
	write_text(fixture->config, BROKEN);
	open_on_last_good(fixture, "nam");
	assert_served(fixture, "a@3=ERRNO ");
}

/* Where there is never time. */
static void test_many_commits_without_a_copy(void **state)
{
	struct fixture *fixture = *state;
	unsigned int n = 0;

	write_config(fixture, "a LOG");
	open_owing(fixture);
	while (!count_copies(fixture) && n < 100)
		assert_int_equal(set_profile(fixture, "a", n++ % 2 ? "LOG" : "KILL"), 0);
	assert_in_range(n, 8, 32);
}

/* What keeps it from being kept then is told when there is time. */
static void test_many_commits_on_a_disk_that_takes_no_copy(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	copy_error = EIO;
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(set_profile(fixture, "a", i % 2 ? "TRAP" : "KILL"), 0);
	store_keep_copy(fixture->store, &diag);
	store_keep_copy(fixture->store, &diag);
	copy_error = 0;
	assert_int_equal(diag.n_entries, 1);
}

/* Death before the copy was written: the start after it has all that was acknowledged, and writes it. */
static void test_no_copy_and_a_good_config(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	die(fixture);
	reopen(fixture);
	assert_served(fixture, "a@2=KILL b@1=LOG ");
	assert_nothing_left(fixture);
	close_store(fixture);
	write_text(fixture->config, BROKEN);
	open_on_last_good(fixture, "nam");
	assert_served(fixture, "a@2=KILL b@1=LOG ");
}

static void open_on_one_from_before(struct fixture *fixture)
{
	open_on_last_good(fixture, "nam");
	assert_non_null(strstr(store_last_result(fixture->store), "it is one from before"));
	assert_false(store_serves_config(fixture->store));
}

/* And somebody has spoilt the config by then: the last text of which there is a copy, whose versions are
 * none that somebody has seen. */
static void test_no_copy_and_a_broken_config(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "ERRNO"), 0);
	store_keep_copy(fixture->store, NULL);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(set_profile(fixture, "c", "KILL"), 0);
	die(fixture);
	write_text(fixture->config, BROKEN);
	open_on_one_from_before(fixture);
	assert_served(fixture, "a@4=ERRNO b@1=LOG ");
	assert_nothing_left(fixture);
	/* From here on that is the last. */
	close_store(fixture);
	open_on_last_good(fixture, "nam");
	assert_served(fixture, "a@4=ERRNO b@1=LOG ");
	assert_null(strstr(store_last_result(fixture->store), "it is one from before"));
	close_store(fixture);
	write_config(fixture, "a KILL b LOG c KILL");
	open_store(fixture);
	assert_served(fixture, "a@5=KILL b@1=LOG c@2=KILL ");
}

/* What is not whole does not count; of the others it is the youngest. */
static void test_which_of_some_copies(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		const char *profiles;
		time_t written;
		bool is_whole;
	} copies[] = {
		{ "a LOG", 10, true },
		{ "a KILL", 30, true },
		{ "a ERRNO", 20, true },
		{ "a TRAP", 40, false },
	};

	write_config(fixture, "a ALLOW");
	open_owing(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		const struct timespec times[2] = { { .tv_sec = copies[i].written },
			                           { .tv_sec = copies[i].written } };
		_cleanup_(freep) char *text = config_text(copies[i].profiles),
				      *path = copy_path(fixture, text);

		write_text(path, text);
		if (!copies[i].is_whole)
			flip_byte(path);
		assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	}
	die(fixture);
	write_text(fixture->config, BROKEN);
	open_on_one_from_before(fixture);
	assert_served(fixture, "a@2=KILL ");
	store_keep_copy(fixture->store, NULL);
	assert_int_equal(count_copies(fixture), 1);
}

/* The one before stays, and no commit is refused for it. It is owed on, and told once. */
static void test_a_disk_that_takes_no_copy(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct fixture *fixture = *state;
	_cleanup_(freep) char *old = config_text("a LOG"), *path = copy_path(fixture, old);

	write_text(fixture->config, old);
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	for (unsigned int i = 0; i < 3; i++) {
		disk_error = i ? EIO : ENOSPC;
		store_keep_copy(fixture->store, &diag);
		disk_error = 0;
		assert_int_equal(diag.n_entries, 1);
		assert_non_null(strstr(diag.entries[0].message, "can be kept: No space"));
		assert_text(path, old);
		assert_int_equal(count_copies(fixture), 1);
	}
	store_keep_copy(fixture->store, &diag);
	assert_int_equal(diag.n_entries, 1);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_nothing_left(fixture);
	/* The next time is told again. */
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
	disk_error = EIO;
	store_keep_copy(fixture->store, &diag);
	disk_error = 0;
	assert_int_equal(diag.n_entries, 2);
}

static void test_the_copy_of_the_config(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *old = config_text("a LOG"), *new = config_text("a KILL"),
			      *old_path = copy_path(fixture, old),
			      *new_path = copy_path(fixture, new);
	struct stat st;

	write_text(fixture->config, old);
	open_store(fixture);
	assert_text(old_path, old);
	assert_int_equal(stat(old_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	/* Until there is time for the new one. */
	assert_text(old_path, old);
	assert_int_equal(stat(new_path, &st), -1);
	store_keep_copy(fixture->store, NULL);
	assert_text(new_path, new);
	assert_int_equal(stat(old_path, &st), -1);
	close_store(fixture);

	/* It is made again where it is missing, or has the wrong size. */
	assert_int_equal(unlink(new_path), 0);
	reopen(fixture);
	assert_text(new_path, new);
	close_store(fixture);
	write_text(new_path, "half");
	/* What crashes left goes, what others put there stays. */
	write_text(old_path, "half");
	open_store(fixture);
	assert_text(new_path, new);
	assert_nothing_left(fixture);
	close_store(fixture);

	/* Or other bytes. */
	flip_byte(new_path);
	open_store(fixture);
	assert_text(new_path, new);
	close_store(fixture);

	/* One whose bytes are others is not served. */
	flip_byte(new_path);
	write_text(fixture->config, BROKEN);
	assert_open_fails(fixture, STORE_E_INVALID, fixture->config, "nam");
	assert_damage_is_told(fixture);
	/* Whole again, it is; gone, there is none. */
	write_text(new_path, new);
	open_on_last_good(fixture, "nam");
	close_store(fixture);
	assert_int_equal(unlink(new_path), 0);
	assert_open_fails(fixture, STORE_E_INVALID, fixture->config, "nam");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_when_the_copy_is_written),
		STORE_TEST(test_a_dry_run_writes_no_copy),
		STORE_TEST(test_commits_before_the_copy_is_written),
		STORE_TEST(test_many_commits_without_a_copy),
		STORE_TEST(test_many_commits_on_a_disk_that_takes_no_copy),
		STORE_TEST(test_no_copy_and_a_good_config),
		STORE_TEST(test_no_copy_and_a_broken_config),
		STORE_TEST(test_which_of_some_copies),
		STORE_TEST(test_a_disk_that_takes_no_copy),
		STORE_TEST(test_the_copy_of_the_config),
	};

	return cmocka_run_group_tests_name("model/store_copy", tests, NULL, NULL);
}
