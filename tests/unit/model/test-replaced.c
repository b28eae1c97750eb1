/* SPDX-License-Identifier: Apache-2.0 */

#include "replaced.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct spot {
	char path[32];
	int fd;
};

static int make_place(void **state)
{
	struct spot *place = calloc(1, sizeof(*place));

	strcpy(place->path, "/tmp/replaced-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct spot *place = *state;

	replaced_remove(place->fd);
	close(place->fd);
	/* Nothing else is ever there. */
	assert_int_equal(rmdir(place->path), 0);
	free(place);
	return 0;
}

/* Of one profile, or of none when name is NULL. */
static struct snapshot *make_snapshot(const char *name, const char *bytes, size_t n_bytes,
                                      uint64_t nodeid)
{
	struct profile **profiles = calloc(1, sizeof(*profiles));

	if (name) {
		profiles[0] = profile_new(name, bytes, n_bytes);
		profiles[0]->nodeid = nodeid;
		profiles[0]->version = nodeid + 1;
		profiles[0]->updated = (struct timespec){ .tv_sec = 5, .tv_nsec = 6 };
	}
	return snapshot_new(profiles, NULL, name ? 1 : 0, "", 0);
}

static void replace(int fd, const char *name, const char *bytes, size_t n_bytes, uint64_t nodeid)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = make_snapshot(name, bytes, n_bytes,
	                                                                   nodeid);
	_cleanup_(snapshot_unrefp) struct snapshot *after = make_snapshot(NULL, NULL, 0, 0);

	assert_int_equal(replaced_append(fd, before, after), 0);
}

struct found {
	uint64_t nodeids[64];
	size_t n;
	struct profile *last;
};

static int find(void *userdata, struct profile *profile)
{
	struct found *found = userdata;

	found->nodeids[found->n++] = profile->nodeid;
	profile_unref(found->last);
	found->last = profile_ref(profile);
	return 0;
}

static void test_what_was_replaced_comes_back(void **state)
{
	const struct spot *place = *state;
	struct found found = { 0 };

	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 0);
	replace(place->fd, "a.json", "{}", 2, 16);
	replace(place->fd, "b.json", "", 0, 17);
	replace(place->fd, "c.json", "x\0y", 3, 18);
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 3);
	assert_int_equal(found.nodeids[0], 16);
	assert_string_equal(found.last->name, "c.json");
	assert_int_equal(found.last->n_bytes, 3);
	assert_memory_equal(profile_bytes(found.last), "x\0y", 3);
	assert_int_equal(found.last->version, 19);
	assert_int_equal(found.last->updated.tv_nsec, 6);
	profile_unref(found.last);
}

static void test_what_stays_is_not_written(void **state)
{
	const struct spot *place = *state;
	_cleanup_(snapshot_unrefp) struct snapshot *same = make_snapshot("a.json", "{}", 2, 16);
	_cleanup_(snapshot_unrefp) struct snapshot *next = make_snapshot("a.json", "[]", 2, 17);
	struct found found = { 0 };

	assert_int_equal(replaced_append(place->fd, same, same), 0);
	assert_int_equal(faccessat(place->fd, REPLACED_NAME, F_OK, 0), -1);
	assert_int_equal(replaced_append(place->fd, same, next), 0);
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 1);
	profile_unref(found.last);
}

/* Whoever wrote it was killed there: what comes before is good, and what comes later is seen. */
static void test_a_record_that_is_cut_off(void **state)
{
	const struct spot *place = *state;
	struct stat st;
	off_t whole, two;

	replace(place->fd, "a.json", "{}", 2, 16);
	assert_int_equal(fstatat(place->fd, REPLACED_NAME, &st, 0), 0);
	whole = st.st_size;
	for (off_t cut = 1; cut < whole; cut += 7) {
		_cleanup_(closep) int fd = openat(place->fd, REPLACED_NAME, O_RDWR | O_CLOEXEC);
		struct found found = { 0 };

		replace(place->fd, "b.json", "{}", 2, 17);
		assert_int_equal(fstat(fd, &st), 0);
		two = st.st_size;
		assert_int_equal(ftruncate(fd, two - cut), 0);
		assert_int_equal(replaced_load(place->fd, find, &found), 0);
		assert_int_equal(found.n, 1);
		replace(place->fd, "c.json", "{}", 2, 18);
		assert_int_equal(replaced_load(place->fd, find, &found), 0);
		assert_int_equal(found.n, 3);
		assert_int_equal(found.nodeids[2], 18);
		assert_int_equal(ftruncate(fd, whole), 0);
		profile_unref(found.last);
	}
}

/* At the load they are only taken, which is quick; who wants them has them checked. */
static void test_changed_bytes_are_not_believed(void **state)
{
	const struct spot *place = *state;
	_cleanup_(closep) int fd = -1;
	struct found found = { 0 };
	struct stat st;

	replace(place->fd, "a.json", "{}", 2, 16);
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 1);
	for (size_t i = 0; i < 2; i++)
		assert_true(profile_check(found.last));
	fd = openat(place->fd, REPLACED_NAME, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, "x", 1, st.st_size - 1), 1);
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_false(profile_check(found.last));
	profile_unref(found.last);
}

static void test_the_newest_are_kept(void **state)
{
	const struct spot *place = *state;
	const size_t n_bytes = REPLACED_FILE_MAX / 8;
	_cleanup_(freep) char *bytes = calloc(1, n_bytes);
	struct found found = { 0 };

	for (uint64_t nodeid = 16; nodeid < 56; nodeid++)
		replace(place->fd, "a.json", bytes, n_bytes, nodeid);
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	/* 8 fill a file but for their headers. */
	assert_in_range(found.n, 8, 14);
	for (size_t i = 0; i < found.n; i++)
		assert_int_equal(found.nodeids[i], 56 - found.n + i);
	profile_unref(found.last);
}

/* More at once than anybody keeps: they do not hide what is kept. */
static void test_more_than_a_file(void **state)
{
	const struct spot *place = *state;
	const size_t n_bytes = REPLACED_FILE_MAX / 2 - 4096;
	const char *const names[] = { "a.json", "b.json", "c.json", "d.json", "e.json" };
	_cleanup_(freep) char *bytes = calloc(1, n_bytes);
	struct profile **profiles = calloc(ARRAY_SIZE(names), sizeof(*profiles));
	_cleanup_(snapshot_unrefp) struct snapshot *before = NULL;
	_cleanup_(snapshot_unrefp) struct snapshot *none = make_snapshot(NULL, NULL, 0, 0);
	struct found found = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		profiles[i] = profile_new(names[i], bytes, n_bytes);
		profiles[i]->nodeid = 20 + i;
	}
	before = snapshot_new(profiles, NULL, ARRAY_SIZE(names), "", 0);
	replace(place->fd, "a.json", "{}", 2, 16);
	assert_int_equal(replaced_append(place->fd, before, none), 0);
	replace(place->fd, "a.json", "{}", 2, 17);
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 4);
	assert_int_equal(found.nodeids[0], 16);
	assert_int_equal(found.nodeids[1], 23);
	assert_int_equal(found.nodeids[2], 24);
	assert_int_equal(found.nodeids[3], 17);
	profile_unref(found.last);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

static void test_the_end_has_all(void **state)
{
	const struct spot *place = *state;
	const char text[] = "{defaultAction: SCMP_ACT_LOG}";
	const char bytes[] = "{\"defaultAction\":\"SCMP_ACT_LOG\"}";
	struct profile **profiles = calloc(4, sizeof(*profiles));
	struct span *spans = calloc(4, sizeof(*spans));
	_cleanup_(snapshot_unrefp) struct snapshot *last = NULL, *none = NULL;
	const size_t n_large = REPLACED_FILE_MAX - 4096;
	_cleanup_(freep) char *large = calloc(1, n_large);
	uint8_t digest[DIGEST_SIZE];
	struct found found = { 0 };

	assert_int_equal(replaced_load_end(place->fd, find, &found), 0);
	assert_int_equal(found.n, 0);
	/* One that nobody has read; one that cannot be made; two of which one is too large. */
	digest_compute(bytes, strlen(bytes), digest);
	profiles[0] = profile_new_unmade("a.json", digest, strlen(bytes));
	spans[0] = (struct span){ .n = sizeof(text) - 1, .column = 1 };
	profiles[1] = profile_new_unmade("b.json", digest, strlen(bytes));
	profiles[2] = profile_new("c.json", large, n_large);
	profiles[3] = profile_new("d.json", large, n_large);
	for (size_t i = 0; i < 4; i++)
		profiles[i]->nodeid = 20 + i;
	last = snapshot_new(profiles, spans, 4, text, sizeof(text) - 1);
	assert_int_equal(replaced_write_end(place->fd, last), 0);
	assert_int_equal(replaced_load_end(place->fd, find, &found), 0);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.nodeids[0], 22);
	assert_int_equal(found.nodeids[1], 20);
	assert_string_equal(profile_bytes(found.last), bytes);
	assert_true(profile_check(found.last));
	/* Nothing of it was replaced, and the next end is another one. */
	assert_int_equal(replaced_load(place->fd, find, &found), 0);
	assert_int_equal(found.n, 2);
	none = make_snapshot(NULL, NULL, 0, 0);
	assert_int_equal(replaced_write_end(place->fd, none), 0);
	assert_int_equal(replaced_load_end(place->fd, find, &found), 0);
	assert_int_equal(found.n, 2);
	profile_unref(found.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_replaced_comes_back),
		TEST(test_what_stays_is_not_written),
		TEST(test_a_record_that_is_cut_off),
		TEST(test_changed_bytes_are_not_believed),
		TEST(test_the_newest_are_kept),
		TEST(test_more_than_a_file),
		TEST(test_the_end_has_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
