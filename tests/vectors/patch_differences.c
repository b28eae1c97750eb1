/* SPDX-License-Identifier: Apache-2.0 */

#include "patch_differences.h"

#include <string.h>

#include "base/util.h"

#define AUDIT \
	"{\"name\": \"audit.json\", \"content\": \"{\\\"defaultAction\\\":\\\"SCMP_ACT_LOG\\\"}\"}"
#define DENY \
	"{\"name\": \"deny.json\", \"content\": \"{\\\"defaultAction\\\":\\\"SCMP_ACT_ERRNO\\\"}\"}"

#define NO_FILES "[]"

static const struct patch_difference differences[] = {
	/* D2: names that are no plain file names, or missing. */
	{ "name-abs", "D2", NULL },
	{ "name-control", "D2", NULL },
	{ "name-double", "D2", NULL },
	{ "name-empty", "D2", NULL },
	{ "name-long", "D2", NULL },
	{ "name-newline", "D2", NULL },
	{ "name-nul", "D2", NULL },
	{ "name-null", "D2", NULL },
	{ "name-trailing-slash", "D2", NULL },
	{ "sm-name-missing", "D2", NULL },

	/* D3: values that are missing, null or empty. */
	{ "jp-add-list", "D3", NULL },
	{ "jp-merged-consecutive", "D3", NULL },
	{ "sm-value-bare", "D3", NULL },
	{ "sm-value-null", "D3", NULL },

	/* D4: values that no JSON text has. */
	{ "rt-config-inf", "D4", NULL },
	{ "rt-config-nan", "D4", NULL },
	{ "rt-patch-floatkey", "D4", NULL },
	{ "rt-patch-nan", "D4", NULL },

	/* D6: what is to be deleted is not there. */
	{ "del-by-name-missing", "D6", NO_FILES },
	{ "del-by-name-not-found", "D6", "[" AUDIT ", " DENY "]" },
	{ "del-unknown-path", "D6", "[" AUDIT "]" },
	{ "talos-patchdelete-missing", "D6", NO_FILES },

	/* D8: a date in the config. */
	{ "rt-config-timestamp", "D8",
	  "[{\"name\": \"v.json\", \"content\": \"{\\\"a\\\":\\\"2001-12-14T00:00:00Z\\\"}\"}]" },

	/* D9: RFC 6902 to the letter, in any config; scalars keep their types. */
	{ "jp-add-index-neg", "D9", NULL },
	{ "jp-multidoc-config", "D9", NO_FILES },
	{ "jp-no-value", "D9", NULL },
	{ "jp-types-in-config", "D9",
	  "[{\"name\": \"n.json\", \"content\": "
	  "\"{\\\"1\\\":\\\"one\\\",\\\"a\\\":\\\"yes\\\",\\\"b\\\":\\\"yes\\\",\\\"c\\\":15,\\\"d\\\":"
	  "15,\\\"e\\\":null,\\\"f\\\":\\\"2001-12-14\\\",\\\"g\\\":"
	  "\\\"\\\\u003c\\\\u0026\\\\u003e\\\",\\\"h\\\":\\\"0x10\\\",\\\"i\\\":\\\"1e3\\\"}\"}]" },
	{ "talos-multidoc-jsonpatch", "D9", NO_FILES },

	/* D10: an empty patch changes nothing. */
	{ "pt-empty-multidoc-config", "D10", "[" AUDIT "]" },

	/* D16: other kinds are kept and have no effect. */
	{ "md-patch-unknown-kind", "D16", "[" AUDIT "]" },
};

static const struct {
	const char *name;
	const char *reason;
} growing[] = {
	{ "del-dups-first-only", "the second entry of that name goes as well" },
	{ "gen-iface-merge", "addresses are appended" },
	{ "gen-uns-list-append", "the list is appended to" },
	{ "talos-apply-manifest-newline", "manifests are appended" },
};

const struct patch_difference *patch_find_difference(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++) {
		if (strcmp(differences[i].name, name) == 0)
			return &differences[i];
	}
	return NULL;
}

const struct patch_difference *patch_get_difference(size_t i)
{
	return i < ARRAY_SIZE(differences) ? &differences[i] : NULL;
}

const char *patch_grows(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(growing); i++) {
		if (strcmp(growing[i].name, name) == 0)
			return growing[i].reason;
	}
	return NULL;
}
