/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "control_dir.h"
#include "input.h"
#include "node_name.h"
#include "patch_result.h"
#include "patch_text.h"
#include "verb.h"

#define RESULT_SIZE_MAX (16UL << 20) /* bytes */

static bool is_machine_config_type(const char *type)
{
	static const char *const names[] = {
		"mc",
		"machineconfig",
		"machineconfigs",
		"machineconfigs.config",
		"machineconfigs.config.talos",
		"machineconfigs.config.talos.dev",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i], type) == 0)
			return true;
	}
	return false;
}

/*
 * One transaction: the patch is written, and reading on the same open file commits what is not yet
 * committed and gives the result. An error of the write is told by the result too, with its
 * reasons.
 */
static int transact(const char *control, const struct buffer *patch, struct buffer *result)
{
	_cleanup_(closep) int control_fd = open(control, O_RDWR | O_CLOEXEC);
	int r, r_read;

	if (control_fd < 0)
		return failure("cannot open %s: %s", control, strerror(errno));
	r = fd_write_all(control_fd, patch->data, patch->n_data);
	result->limit = RESULT_SIZE_MAX;
	r_read = input_read_fd(control_fd, result);
	if (r_read < 0)
		return failure("cannot read the result from %s: %s", control, strerror(-r_read));
	if (r < 0 && result->n_data == 0)
		return failure("cannot write %s: %s", control, strerror(-r));
	return 0;
}

static int apply_group(const struct patch_texts *texts, size_t first, size_t n,
                       const char *control_dir)
{
	_cleanup_(buffer_deinit) struct buffer patch = BUFFER_INIT, result = BUFFER_INIT;
	_cleanup_(line_map_deinit) struct line_map map = LINE_MAP_INIT;
	_cleanup_(freep) char *control = NULL, *node = NULL;
	int r;

	if (asprintf(&control, "%s/control", control_dir) < 0) {
		control = NULL;
		return out_of_memory();
	}
	r = patch_texts_join(texts, first, n, &patch, &map);
	if (r < 0)
		return out_of_memory();
	/* Before: the patch may remove every profile. */
	node = node_name_find(control_dir);
	r = transact(control, &patch, &result);
	if (r)
		return r;
	if (!node)
		node = node_name_read(control_dir);
	if (!node)
		return out_of_memory();
	return patch_result_print(result.data, result.n_data, &map, node);
}

static int apply(const struct patch_texts *texts, const char *control_dir)
{
	size_t n;

	if (texts->n_texts == 0) {
		puts("Apply was skipped: no changes detected.");
		return finish_output();
	}
	for (size_t i = 0; i < texts->n_texts; i += n) {
		int r;

		n = patch_texts_group(texts, i);
		r = apply_group(texts, i, n, control_dir);
		if (r && i > 0)
			return failure("the patches before %s stay applied", texts->texts[i].label);
		if (r)
			return r;
	}
	return 0;
}

static int run_patch(const struct arguments *arguments)
{
	_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;
	_cleanup_(freep) char *control_dir = NULL;
	int r;

	if (!is_machine_config_type(arguments->operands[0]))
		return usage_error("resource \"%s\": only machineconfig can be patched",
		                   arguments->operands[0]);
	if (arguments->n_patches == 0)
		return usage_error("either --patch or --patch-file should be defined");
	r = control_dir_find(arguments, &control_dir);
	if (r)
		return r;
	r = patch_texts_read(&texts, arguments);
	if (r)
		return r;
	return apply(&texts, control_dir);
}

const struct verb verb_patch = {
	.name = "patch",
	.operands = "mc -p PATCH...",
	.summary = "patch the machine config",
	.help = "Applies strategic merge patches and JSON patches (RFC 6902) to the machine\n"
		"config. A patch is a text, @FILE, or - for standard input; one word that is the\n"
		"name of a file is read from there.\n"
		"\n"
		"Merge patches that stand one after the other succeed or fail together. A JSON\n"
		"patch is a transaction of its own; when it fails, what came before it stays.\n",
	.min_operands = 1,
	.max_operands = 2,
	.run = run_patch,
};
