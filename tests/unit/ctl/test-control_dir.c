/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "control_dir.h"

/* A directory in which `run` stands for /run/seccompfs and `mounts` for /proc/self/mounts. */
struct place_of_test {
	char path[64];
	char run[80];
	char mounts[80];
};

static int set_up(void **state)
{
	struct place_of_test *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	strcpy(place->path, "/tmp/seccompctl-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	snprintf(place->run, sizeof(place->run), "%s/run", place->path);
	snprintf(place->mounts, sizeof(place->mounts), "%s/mounts", place->path);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place_of_test *place = *state;
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", place->path);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

/* "/run/seccompfs" at the start stands for the directory of the test. */
static void write_mounts(const struct place_of_test *place, const char *format, ...)
{
	FILE *file = fopen(place->mounts, "we");
	va_list args;

	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

static void make_instance(const struct place_of_test *place, const char *name)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", place->run, name);
	assert_int_equal(directory_make(path, 0755), 0);
	strcat(path, "/control");
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
}

static void test_the_only_one(void **state)
{
	const struct place_of_test *place = *state;
	_cleanup_(freep) char *found = NULL;
	char expected[160];

	make_instance(place, "a");
	make_instance(place, "not-mounted");
	make_instance(place, "../nur/elsewhere");
	/* Neither deeper, nor elsewhere, nor of another type, nor dead (no control file answers).
	 */
	write_mounts(place,
	             "proc /proc proc rw 0 0\n"
	             "x %s/a fuse.seccompfs-control rw 0 0\n"
	             "x %s/a/b fuse.seccompfs-control rw 0 0\n"
	             "x %s/dead fuse.seccompfs-control rw 0 0\n"
	             "x %s/not-mounted tmpfs rw 0 0\n"
	             "x %s/nur/elsewhere fuse.seccompfs rw 0 0\n",
	             place->run, place->run, place->run, place->run, place->path);
	assert_int_equal(control_dir_find_in(place->mounts, place->run, &found), 0);
	snprintf(expected, sizeof(expected), "%s/a", place->run);
	assert_string_equal(found, expected);
}

static void test_none(void **state)
{
	const struct place_of_test *place = *state;
	char *found = NULL;

	write_mounts(place, "x / fuse.seccompfs rw 0 0\n");
	assert_int_equal(control_dir_find_in(place->mounts, place->run, &found), EXIT_FAILURE);
	assert_int_equal(control_dir_find_in("/nonexistent", place->run, &found), EXIT_FAILURE);
	assert_null(found);
}

static void test_several(void **state)
{
	const struct place_of_test *place = *state;
	char *found = NULL;

	make_instance(place, "a");
	make_instance(place, "b");
	write_mounts(place, "x %s/a fuse.seccompfs rw 0 0\nx %s/b fuse.seccompfs rw 0 0\n",
	             place->run, place->run);
	assert_int_equal(control_dir_find_in(place->mounts, place->run, &found), EXIT_USAGE);
	assert_null(found);
}

/* Mounted over itself it is still one. */
static void test_the_same_twice(void **state)
{
	const struct place_of_test *place = *state;
	_cleanup_(freep) char *found = NULL;

	make_instance(place, "a");
	write_mounts(place, "x %s/a fuse.seccompfs rw 0 0\nx %s/a fuse.seccompfs rw 0 0\n",
	             place->run, place->run);
	assert_int_equal(control_dir_find_in(place->mounts, place->run, &found), 0);
}

static void test_option_and_environment(void **state)
{
	struct arguments arguments = ARGUMENTS_INIT;
	_cleanup_(freep) char *from_option = NULL, *from_environment = NULL;

	assert_int_equal(setenv("SECCOMPFS_CONTROL", "/e", 1), 0);
	assert_int_equal(control_dir_find(&arguments, &from_environment), 0);
	assert_string_equal(from_environment, "/e");
	arguments.control = "/o";
	assert_int_equal(control_dir_find(&arguments, &from_option), 0);
	assert_string_equal(from_option, "/o");
	assert_int_equal(unsetenv("SECCOMPFS_CONTROL"), 0);
}

static void make_link(const char *directory, const char *target)
{
	char path[200];

	assert_int_equal(directory_make(directory, 0755), 0);
	snprintf(path, sizeof(path), "%s/.control", directory);
	assert_int_equal(symlink(target, path), 0);
}

static void test_mount_point_of_a_control_directory(void **state)
{
	const struct place_of_test *place = *state;
	_cleanup_(freep) char *found = NULL;
	char control[160], other[160], mine[160], target[200];

	make_instance(place, "a");
	make_instance(place, "b");
	snprintf(other, sizeof(other), "%s/other", place->path);
	snprintf(mine, sizeof(mine), "%s/mi ne", place->path); /* a blank is \040 in mounts */
	snprintf(target, sizeof(target), "%s/b/control", place->run);
	make_link(other, target);
	snprintf(target, sizeof(target), "%s/a/control", place->run);
	make_link(mine, target);
	write_mounts(place,
	             "x /proc proc rw 0 0\nx %s fuse.seccompfs ro 0 0\n"
	             "x %s/mi\\040ne fuse.seccompfs ro 0 0\n",
	             other, place->path);
	/* By another name of the directory. */
	snprintf(control, sizeof(control), "%s/../run/a/", place->run);
	assert_int_equal(profiles_dir_find_in(place->mounts, control, &found), 0);
	assert_string_equal(found, mine);
}

static void test_no_mount_point(void **state)
{
	const struct place_of_test *place = *state;
	char *found = NULL;
	char control[160];

	make_instance(place, "a");
	snprintf(control, sizeof(control), "%s/a", place->run);
	write_mounts(place, "x /proc proc rw 0 0\n");
	assert_int_equal(profiles_dir_find_in(place->mounts, control, &found), EXIT_FAILURE);
	assert_int_equal(profiles_dir_find_in(place->mounts, "/nonexistent", &found), EXIT_FAILURE);
	assert_int_equal(profiles_dir_find_in("/nonexistent", control, &found), EXIT_FAILURE);
	assert_null(found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_only_one),
		TEST(test_none),
		TEST(test_several),
		TEST(test_the_same_twice),
		TEST(test_option_and_environment),
		TEST(test_mount_point_of_a_control_directory),
		TEST(test_no_mount_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
