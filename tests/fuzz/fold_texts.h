#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Configs of many profiles and patches for them, chosen by bytes: what a fuzzer changes in these
 * gives another config or patch, and seldom one that is none. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/util.h"

struct choices {
	const uint8_t *bytes;
	size_t n;
};

/* Below n; 0 when there are no bytes left. */
static inline size_t choose(struct choices *choices, size_t n)
{
	if (!choices->n)
		return 0;
	choices->n--;
	return *choices->bytes++ % n;
}

static inline bool choose_rarely(struct choices *choices)
{
	return choose(choices, 16) == 15;
}

static const char *const fold_block_values[] = {
	"defaultAction: SCMP_ACT_LOG",
	"defaultAction: SCMP_ACT_ERRNO\ndefaultErrnoRet: 1",
	"defaultAction: SCMP_ACT_LOG # why\nsyscalls:\n- names: [read, write]\n  action: SCMP_ACT_ALLOW",
	"# above\ndefaultAction: X\n\n# within\nsyscalls:\n  - action: Y\n    names:\n      - a\n      - b",
	"\"defaultAction\": 'SCMP_ACT_LOG'\nx: \"folded-0-3\"",
	"defaultAction: SCMP_ACT_LOG\ncomment: a text\n  of two lines",
	"defaultAction: SCMP_ACT_NOTIFY\nforeign: {a: [b: c, {d: e}], f: \"\\u00e4#\"}",
	"\xc3\xa4: \xe2\x82\xac\nlast:",
	("defaultAction: SCMP_ACT_ERRNO\narchMap:\n- architecture: SCMP_ARCH_X86_64\n"
	 "  subArchitectures: [SCMP_ARCH_X86]\nsyscalls:\n- names: [read, socket]\n"
	 "  action: SCMP_ACT_ALLOW\n  includes: {minKernel: \"4.8\"}"),
	"? complex\n: - - 1\n    - 2\n  - {}\n# folded-0-1",
	"text: |\n  literal\n  lines",
	"text: &anchor 1\nsame: *anchor",
	"tagged: !!str 1",
	"<<: {a: 1}\nb: 2",
};

static const char *const fold_flow_values[] = {
	"{defaultAction: SCMP_ACT_LOG}",
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 1}",
	"{defaultAction: SCMP_ACT_LOG, foreign: \"#\"}",
	"{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [read], action: SCMP_ACT_ALLOW}]}",
	"{ x: [a: b, ? c : d], y: {}, z: }",
	"{folded-0-2: folded-1-2, \xc3\xa4: 1}",
	"{x: !t 1}",
	("{defaultAction: SCMP_ACT_ERRNO, syscalls: [{name: socket, action: SCMP_ACT_ALLOW, "
	 "excludes: {caps: [CAP_BPF]}}]}"),
};

static const char *const fold_names[] = {
	"a.json", "b.json", "c.json", "d.json",   "e.json", "f.json", "g.json", "h.json",
	"i.json", "12",     "true",   "\xc3\xa4", "x y",    "name",   "value",  "folded-0-0",
};

struct fold_config {
	struct choices *choices;
	struct buffer *out;
	const char *line_break;
	unsigned int column; /* of the items */
	unsigned int indent; /* of a value below its key */
	bool has_aliases;    /* of entries that stand elsewhere */
};

static inline void fold_indent(struct fold_config *config, unsigned int column)
{
	buffer_append_repeated(config->out, ' ', column);
}

/* Lines, the first of which stands in column already. */
static inline void fold_lines(struct fold_config *config, const char *text, unsigned int column)
{
	for (; *text; text++) {
		if (*text != '\n') {
			buffer_append_char(config->out, *text);
			continue;
		}
		buffer_append_string(config->out, config->line_break);
		fold_indent(config, column);
	}
}

static inline void fold_comments(struct fold_config *config)
{
	static const char *const lines[] = { "", "# at the margin", "    # indented",
		                             "    # folded-0-0", "" };
	size_t i = choose(config->choices, 12);

	if (i >= ARRAY_SIZE(lines))
		return;
	buffer_append_string(config->out, lines[i]);
	buffer_append_string(config->out, config->line_break);
}

static inline void fold_name(struct fold_config *config, size_t i)
{
	size_t n = ARRAY_SIZE(fold_names);

	if (choose_rarely(config->choices))
		i = choose(config->choices, n);
	buffer_printf(config->out, choose_rarely(config->choices) ? "\"%s\"" : "%s",
	              fold_names[i % n]);
}

static inline void fold_value(struct fold_config *config, unsigned int column)
{
	size_t i = choose(config->choices, 32);

	if (i < ARRAY_SIZE(fold_flow_values)) {
		buffer_printf(config->out, " %s", fold_flow_values[i]);
		return;
	}
	/* The last ones have no span. */
	i = choose(config->choices, choose_rarely(config->choices)
	                                    ? ARRAY_SIZE(fold_block_values)
	                                    : ARRAY_SIZE(fold_block_values) - 4);
	buffer_append_string(config->out, config->line_break);
	fold_indent(config, column + config->indent);
	fold_lines(config, fold_block_values[i], column + config->indent);
}

static inline void fold_block_entry(struct fold_config *config, size_t i)
{
	unsigned int column = config->column + 2;
	bool value_first = choose_rarely(config->choices);

	if (!choose(config->choices, 4))
		config->indent = 2 + 2 * (unsigned int)choose(config->choices, 2);
	fold_comments(config);
	fold_indent(config, config->column);
	buffer_append_string(config->out, "- ");
	if (config->has_aliases && choose_rarely(config->choices)) {
		buffer_printf(config->out, "*%c%s", "xy"[choose(config->choices, 2)],
		              config -> line_break);
		return;
	}
	if (choose_rarely(config->choices))
		buffer_append_string(config->out, "&entry ");
	if (choose_rarely(config->choices)) {
		buffer_append_string(config->out, "{name: ");
		fold_name(config, i);
		buffer_printf(
			config->out, ", value: %s}%s",
			fold_flow_values[choose(config->choices, ARRAY_SIZE(fold_flow_values))],
			config->line_break);
		return;
	}
	if (!value_first) {
		buffer_append_string(config->out, "name: ");
		fold_name(config, i);
		buffer_append_string(config->out, choose_rarely(config->choices) ? " # mine" : "");
		buffer_append_string(config->out, config->line_break);
		fold_indent(config, column);
	}
	buffer_append_string(config->out, "value:");
	fold_value(config, column);
	buffer_append_string(config->out, choose_rarely(config->choices) ? " # behind" : "");
	buffer_append_string(config->out, config->line_break);
	if (!value_first)
		return;
	fold_indent(config, column);
	buffer_append_string(config->out, "name: ");
	fold_name(config, i);
	buffer_append_string(config->out, config->line_break);
}

static inline void fold_block_config(struct fold_config *config)
{
	static const char *const heads[] = {
		"machine:\n",
		"# head\nmachine:\n  type: worker\n",
		"---\nmachine:\n",
		"cluster: {}\nmachine:\n  sysctls:\n    a: 1\n",
		"%YAML 1.1\n---\nmachine:\n",
		("machine:\n  seccompDeny:\n  - names: [socket]\n    reason: CVE-1\n"
		 "    args: [{index: 0, op: SCMP_CMP_EQ, value: 38}]\n"),
		("cluster:\n  - &x {name: v, value: {a: 1}}\n  - &y {name: w, value: {a: 1}}\n"
		 "machine:\n"),
	};
	static const char *const tails[] = {
		"",
		"  kubelet: {extraArgs: {a: b}}\n",
		"  seccompDeny: []\n",
		"cluster:\n  x: folded-0-0\n",
		"# end\n",
		"---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n",
		"...\n",
	};
	size_t n = 1 + choose(config->choices, 14);
	size_t i_head;

	config->column = choose(config->choices, 3) * 2;
	config->indent = choose_rarely(config->choices) ? 4 : 2;
	config->column += config->column ? 0 : 2;
	i_head = choose(config->choices, ARRAY_SIZE(heads));
	config->has_aliases = i_head == ARRAY_SIZE(heads) - 1;
	fold_lines(config, heads[i_head], 0);
	buffer_append_string(config->out, "  seccompProfiles:");
	buffer_append_string(config->out, config->line_break);
	for (size_t i = 0; i < n; i++)
		fold_block_entry(config, i);
	fold_lines(config, tails[choose(config->choices, ARRAY_SIZE(tails))], 0);
	if (choose_rarely(config->choices))
		config->out->n_data -= strlen(config->line_break);
}

static inline void fold_flow_config(struct fold_config *config)
{
	size_t n = 1 + choose(config->choices, 14);
	const char *between = choose(config->choices, 2) ? "" : config->line_break;

	buffer_printf(config->out, "{\"machine\": {\"seccompProfiles\": [%s", between);
	for (size_t i = 0; i < n; i++) {
		buffer_append_string(config->out, i ? "," : "");
		buffer_append_string(config->out, i ? between : "");
		buffer_append_string(config->out, "{\"name\": ");
		fold_name(config, i);
		buffer_printf(
			config->out, ", \"value\":%s%s}",
			choose(config->choices, 2) ? " " : config->line_break,
			fold_flow_values[choose(config->choices, ARRAY_SIZE(fold_flow_values))]);
	}
	buffer_printf(config->out, "%s]}}%s", between,
	              choose(config->choices, 2) ? config->line_break : "");
}

static inline void fold_make_config(struct choices *choices, struct buffer *out)
{
	static const char *const line_breaks[] = { "\n", "\n", "\n", "\r\n" };
	struct fold_config config = {
		.choices = choices,
		.out = out,
		.line_break = line_breaks[choose(choices, ARRAY_SIZE(line_breaks))],
	};

	if (choose(choices, 4) == 3)
		fold_flow_config(&config);
	else
		fold_block_config(&config);
}

static inline void fold_patch_entry(struct choices *choices, struct buffer *out)
{
	const char *name = fold_names[choose(choices, ARRAY_SIZE(fold_names))];

	if (choose(choices, 4) == 3) {
		buffer_printf(out, "{name: \"%s\", $patch: delete}", name);
		return;
	}
	if (choose(choices, 2)) {
		buffer_printf(out, "{name: \"%s\", value: %s}", name,
		              fold_flow_values[choose(choices, ARRAY_SIZE(fold_flow_values))]);
		return;
	}
	/* In block style the layout shows. */
	buffer_printf(out, "name: \"%s\"\n    value:\n      ", name);
	for (const char *c = fold_block_values[choose(choices, ARRAY_SIZE(fold_block_values) - 3)];
	     *c; c++) {
		buffer_append_char(out, *c);
		buffer_append_repeated(out, ' ', *c == '\n' ? 6 : 0);
	}
}

static inline void fold_make_patch(struct choices *choices, struct buffer *out)
{
	static const char *const others[] = {
		"machine: {sysctls: {b: \"2\"}}",
		"machine: {seccompProfiles: {$patch: delete}}",
		"machine: {$patch: delete}",
		"machine: {seccompProfiles: []}",
		"apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: b",
		"apiVersion: v1alpha1\nkind: HostnameConfig\n$patch: delete",
		"cluster: {x: {value: \"\\x66olded-0-0\"}}",
		"machine: {seccompProfiles: [{value: \"\\x66olded-0-0\", $patch: delete}]}",
		"machine: {seccompProfiles: [{name: \"\\x61.json\", value: {x: folded-2-0}}]}",
		"cluster: {y: |\n  lines\n  of text\n}",
		"machine: {kubelet: {extraArgs: {c: \"d # e\"}}}",
		"[{op: remove, path: /machine/seccompProfiles/0}]",
		"[{op: add, path: /machine/seccompProfiles/-, value: {name: z, value: {a: 1}}}]",
		"machine: {seccompProfiles: [&a {name: z, value: {a: 1}}]}",
		"machine: {seccompProfiles: [{name: z, value: {a: 1, text: \"b\\nc\\n\"}}]}",
		"machine: {seccompDeny: [{names: [bpf, read], errnoRet: 38, reason: CVE-2}]}",
		"machine: {seccompDeny: [{reason: CVE-1, $patch: delete}]}",
		"machine: {seccompDeny: {$patch: delete}}",
		("machine: {seccompProfiles: [{name: a.json, value: {defaultAction: SCMP_ACT_ERRNO, "
		 "x-seccompfs: {base: runc}}}]}"),
	};
	size_t n_documents = 1 + choose_rarely(choices);

	for (size_t i = 0; i < n_documents; i++) {
		size_t n = 1 + choose(choices, 3);

		buffer_append_string(out, i ? "\n---\n" : "");
		if (choose(choices, 4) == 3) {
			buffer_append_string(out, others[choose(choices, ARRAY_SIZE(others))]);
			continue;
		}
		buffer_append_string(out, "machine:\n  seccompProfiles:\n");
		for (size_t j = 0; j < n; j++) {
			buffer_append_string(out, "  - ");
			fold_patch_entry(choices, out);
			buffer_append_string(out, "\n");
		}
	}
}
