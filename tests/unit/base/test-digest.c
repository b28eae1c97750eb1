/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/util.h"

static void assert_digest(const void *data, size_t n_data, const char *expected)
{
	uint8_t digest[DIGEST_SIZE], back[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];

	digest_compute(data, n_data, digest);
	digest_to_hex(digest, hex);
	assert_string_equal(hex, expected);
	assert_int_equal(digest_from_hex(hex, back), 0);
	assert_memory_equal(back, digest, DIGEST_SIZE);
}

/* FIPS 180-4's examples, and what `sha256sum` gives for the file of the README. */
static void test_known_digests(void **state)
{
	static const char file[] = "{\"defaultAction\":\"SCMP_ACT_LOG\"}";
	_cleanup_(freep) char *million = malloc(1000000);

	(void)state;
	assert_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	memset(million, 'a', 1000000);
	assert_digest(million, 1000000,
	              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_digest(file, sizeof(file) - 1,
	              "ada4d9a50895dd58cd1fd2a2deb4d6c96fd3a0126a4dd1da48ab9cb4fbc7b9f1");
}

static void test_what_is_no_digest(void **state)
{
	static const char *const bad[] = {
		"",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
		"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
		" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	};
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(digest_from_hex(bad[i], digest), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_digests),
		cmocka_unit_test(test_what_is_no_digest),
	};

	return cmocka_run_group_tests_name("base/digest", tests, NULL, NULL);
}
