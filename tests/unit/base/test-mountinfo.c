/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/mountinfo.h"

/* As Linux 6.18 writes it, with what is hard to read: optional fields, blanks, a mount over
 * another. */
static const char text[] =
	"27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	"40 27 0:40 / /srv/a\\040b\\011c\\012d\\134e rw shared:3 master:1 - tmpfs none rw\n"
	"71 27 0:41 / /profiles ro,nosuid,nodev,noexec - fuse.seccompfs /etc/my\\040file.yaml rw\n"
	"72 71 0:42 / /profiles rw master:7 propagate_from:2 - tmpfs over-it rw\n"
	"73 27 0:43 / /run/control rw - fuse.seccompfs-control seccompfs rw\n"
	"74 27 0:41 / /bound ro,nosuid - fuse.seccompfs /etc/my\\040file.yaml rw\n"
	"a line that is none\n"
	"75 27 0:44 /\n"
	"76 27 0:45 / /cut rw - \n";

static int find_in(const char *lines, size_t n_lines, dev_t dev, const char *mount_point,
                   const char *fs_type, char *path)
{
	int fd = memfd_create("mountinfo", MFD_CLOEXEC), r;

	assert_int_equal(write(fd, lines, n_lines), n_lines);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	r = mountinfo_find_in(fd, dev, mount_point, fs_type, path);
	close(fd);
	return r;
}

static int find(dev_t dev, const char *mount_point, const char *fs_type, char *path)
{
	return find_in(text, strlen(text), dev, mount_point, fs_type, path);
}

static void assert_found(const char *expected, dev_t dev, const char *mount_point,
                         const char *fs_type)
{
	char found[MOUNTINFO_PATH_MAX];

	assert_int_equal(find(dev, mount_point, fs_type, found), 1);
	assert_string_equal(found, expected);
}

static void test_finds_by_device(void **state)
{
	(void)state;
	assert_found("/run/control", makedev(0, 43), NULL, "fuse.seccompfs");
	assert_found("/", makedev(254, 0), NULL, "");
	assert_int_equal(find(makedev(0, 99), NULL, "", NULL), 0);
	/* The same number, after it was freed and given to another type. */
	assert_int_equal(find(makedev(0, 42), NULL, "fuse.seccompfs", NULL), 0);
}

static void test_finds_the_last_of_several(void **state)
{
	(void)state;
	assert_found("/bound", makedev(0, 41), NULL, "fuse.seccompfs");
	assert_found("/bound", 0, NULL, "fuse");
}

static void test_finds_by_place(void **state)
{
	(void)state;
	assert_int_equal(find(0, "/profiles", "fuse.seccompfs", NULL), 1);
	assert_int_equal(find(0, "/run/control", "fuse.seccompfs", NULL), 1);
	assert_int_equal(find(0, "/run", "fuse.seccompfs", NULL), 0);
	assert_int_equal(find(0, "/run/control/", "fuse.seccompfs", NULL), 0);
	assert_int_equal(find(makedev(0, 41), "/run/control", "", NULL), 0);
}

static void test_decodes_what_the_kernel_encodes(void **state)
{
	(void)state;
	assert_found("/srv/a b\tc\nd\\e", makedev(0, 40), NULL, "tmpfs");
	assert_int_equal(find(0, "/srv/a b\tc\nd\\e", "tmpfs", NULL), 1);
}

static void test_skips_lines_that_are_none(void **state)
{
	(void)state;
	assert_int_equal(find(makedev(0, 44), NULL, "", NULL), 0);
	assert_int_equal(find(makedev(0, 45), NULL, "", NULL), 0);
}

/* More lines than are read at once, and one among them that does not fit. */
static void test_a_long_table(void **state)
{
	static char table[400000];
	char found[MOUNTINFO_PATH_MAX];
	size_t n = 0;

	(void)state;
	for (unsigned int i = 1; i <= 2000; i++)
		n += (size_t)sprintf(table + n, "27 1 0:%u / /m%u rw - tmpfs none rw\n", i, i);
	n += (size_t)sprintf(table + n, "27 1 0:5000 / /");
	memset(table + n, 'x', 100000);
	n += 100000;
	n += (size_t)sprintf(table + n, " rw - tmpfs none rw\n");
	n += (size_t)sprintf(table + n, "27 1 0:5001 / /behind rw - tmpfs none rw\n");
	for (unsigned int i = 1; i <= 2000; i += 37) {
		char expected[16];

		sprintf(expected, "/m%u", i);
		assert_int_equal(find_in(table, n, makedev(0, i), NULL, "tmpfs", found), 1);
		assert_string_equal(found, expected);
	}
	assert_int_equal(find_in(table, n, makedev(0, 5000), NULL, "tmpfs", found), 0);
	assert_int_equal(find_in(table, n, makedev(0, 5001), NULL, "tmpfs", found), 1);
	assert_string_equal(found, "/behind");
}

static void test_reads_the_kernels(void **state)
{
	char found[MOUNTINFO_PATH_MAX];
	dev_t dev = mountinfo_device_at("/proc");

	(void)state;
	assert_int_not_equal(dev, 0);
	assert_int_equal(mountinfo_find(dev, "/proc", "proc", found), 1);
	assert_string_equal(found, "/proc");
	assert_int_equal(mountinfo_find(0, "/proc/self", "", NULL), 0);
	assert_int_equal(mountinfo_device_at("/proc/nothing/there"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_by_device),
		cmocka_unit_test(test_finds_the_last_of_several),
		cmocka_unit_test(test_finds_by_place),
		cmocka_unit_test(test_decodes_what_the_kernel_encodes),
		cmocka_unit_test(test_skips_lines_that_are_none),
		cmocka_unit_test(test_a_long_table),
		cmocka_unit_test(test_reads_the_kernels),
	};

	return cmocka_run_group_tests_name("base/mountinfo", tests, NULL, NULL);
}
