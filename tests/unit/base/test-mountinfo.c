/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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

static int find(dev_t dev, const char *mount_point, const char *fs_type, char **mount_pointp)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	int r;

	assert_non_null(file);
	r = mountinfo_find_in(file, dev, mount_point, fs_type, mount_pointp);
	fclose(file);
	return r;
}

static void assert_found(const char *expected, dev_t dev, const char *mount_point,
                         const char *fs_type)
{
	_cleanup_(freep) char *found = NULL;

	assert_int_equal(find(dev, mount_point, fs_type, &found), 1);
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

static void test_reads_the_kernels(void **state)
{
	_cleanup_(freep) char *found = NULL;
	dev_t dev = mountinfo_device_at("/proc");

	(void)state;
	assert_int_not_equal(dev, 0);
	assert_int_equal(mountinfo_find(dev, "/proc", "proc", &found), 1);
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
		cmocka_unit_test(test_reads_the_kernels),
	};

	return cmocka_run_group_tests_name("base/mountinfo", tests, NULL, NULL);
}
