/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/lint_rules.h"

const struct lint_rule_info lint_rules[N_LINT_RULES] = {
	[LINT_INVALID_VALUE] = { "invalid-value", DIAG_ERROR, NULL },
	[LINT_MISSING_KEY] = { "missing-key", DIAG_ERROR, "add the key" },
	[LINT_UNKNOWN_KEY] = { "unknown-key", DIAG_ERROR, "correct the key, or remove it" },
	[LINT_EMPTY_PROFILE] = { "empty-profile", DIAG_ERROR,
	                         "write at least a defaultAction, or remove the profile" },
	[LINT_NULL_KEY] = { "null-key", DIAG_ERROR, "remove the key, or put it in quotes" },
	[LINT_INVALID_NAME] = { "invalid-name", DIAG_ERROR, "choose another name" },
	[LINT_UNKNOWN_ACTION] = { "unknown-action", DIAG_ERROR, NULL },
	[LINT_UNKNOWN_ARCHITECTURE] = { "unknown-architecture", DIAG_ERROR, NULL },
	[LINT_UNKNOWN_FLAG] = { "unknown-flag", DIAG_ERROR, NULL },
	[LINT_UNKNOWN_OPERATOR] = { "unknown-operator", DIAG_ERROR, NULL },
	[LINT_EMPTY_NAMES] = { "empty-names", DIAG_ERROR,
	                       "name a system call, or remove the rule" },
	[LINT_ERRNO_ACTION] = { "errno-action", DIAG_ERROR,
	                        "remove the number, or set the action to SCMP_ACT_ERRNO" },
	[LINT_LEGACY_NAME] = { "legacy-name", DIAG_ERROR, "write names: [NAME]" },
	[LINT_MOBY_KEY] = { "moby-key", DIAG_WARNING,
	                    "serve with compile=on, or write what the key comes to" },
	[LINT_EXCLUSIVE_KEYS] = { "exclusive-keys", DIAG_ERROR, "remove one of the two" },
	[LINT_METADATA_WITHOUT_LISTENER] = { "metadata-without-listener", DIAG_ERROR,
	                                     "add listenerPath, or remove listenerMetadata" },
	[LINT_NOTIFY_WITHOUT_LISTENER] = { "notify-without-listener", DIAG_WARNING,
	                                   "add listenerPath, the socket of an agent" },
	[LINT_DUPLICATE_PROFILE] = { "duplicate-profile", DIAG_WARNING,
	                             "remove one of the two, or rename it" },
};
