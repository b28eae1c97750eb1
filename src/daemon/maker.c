/* SPDX-License-Identifier: Apache-2.0 */

#include "maker.h"

#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "config.h"
#include "profile/facts.h"

#define PROGRAM_PATH "/proc/self/exe"

/* Of the digest of the program's files: a person sees them. */
#define FILES_DIGITS 16

static const char *const compile_modes[] = {
	[COMPILE_ON] = "on",
	[COMPILE_REJECT] = "reject",
	[COMPILE_OFF] = "off",
};

static void append_file(struct buffer *out, const struct stat *st)
{
	buffer_printf(out, "%llu %lld %lld.%09ld\n", (unsigned long long)st->st_ino,
	              (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

/* The program itself has no name here, and what the kernel provides has no file. */
static int append_object(struct dl_phdr_info *info, size_t size, void *userdata)
{
	struct buffer *out = userdata;
	struct stat st;

	if (info->dlpi_name[0] == '/' && !stat(info->dlpi_name, &st))
		append_file(out, &st);
	return 0;
}

/* Tables of the program are told by its file. */
static void append_facts(struct buffer *out, const struct facts *facts)
{
	buffer_printf(out, " architecture=%s kernel=%" PRIu32 ".%" PRIu32 " caps=%016" PRIx64,
	              facts->architecture, facts->kernel_major, facts->kernel_minor,
	              facts->capabilities);
}

char *maker_describe(const struct profile_options *options)
{
	_cleanup_(buffer_deinit) struct buffer files = BUFFER_INIT, maker = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	struct stat st;

	if (stat(PROGRAM_PATH, &st) < 0)
		return NULL;
	append_file(&files, &st);
	dl_iterate_phdr(append_object, &files);
	if (buffer_error(&files))
		return NULL;
	digest_compute(files.data, files.n_data, digest);
	digest_to_hex(digest, hex);
	buffer_printf(&maker, "program=" SECCOMPFS_VERSION "-%.*s validate=%s compile=%s",
	              FILES_DIGITS, hex, options->validate == VALIDATE_STRICT ? "strict" : "off",
	              compile_modes[options->compile]);
	if (options->facts)
		append_facts(&maker, options->facts);
	return buffer_steal(&maker, NULL);
}
