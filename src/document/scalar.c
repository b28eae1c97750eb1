/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The order of the rules is that of the decoder: the tag, then the style, then exact words, then
 * the first character. Whoever changes something here changes the bytes of files.
 */

#include "document/scalar.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base64.h"
#include "classify.h"
#include "excerpt.h"
#include "number.h"
#include "yaml_timestamp.h"

#define CORE_TAG "tag:yaml.org,2002:"

struct word {
	const char *text;
	struct scalar scalar;
};

static const struct word words[] = {
	{ "", { .type = SCALAR_NULL } },
	{ "~", { .type = SCALAR_NULL } },
	{ "null", { .type = SCALAR_NULL } },
	{ "Null", { .type = SCALAR_NULL } },
	{ "NULL", { .type = SCALAR_NULL } },
	{ "true", { .type = SCALAR_BOOL, .boolean = true } },
	{ "True", { .type = SCALAR_BOOL, .boolean = true } },
	{ "TRUE", { .type = SCALAR_BOOL, .boolean = true } },
	{ "false", { .type = SCALAR_BOOL } },
	{ "False", { .type = SCALAR_BOOL } },
	{ "FALSE", { .type = SCALAR_BOOL } },
	{ ".nan", { .type = SCALAR_FLOAT, .number = NAN } },
	{ ".NaN", { .type = SCALAR_FLOAT, .number = NAN } },
	{ ".NAN", { .type = SCALAR_FLOAT, .number = NAN } },
	{ ".inf", { .type = SCALAR_FLOAT, .number = INFINITY } },
	{ ".Inf", { .type = SCALAR_FLOAT, .number = INFINITY } },
	{ ".INF", { .type = SCALAR_FLOAT, .number = INFINITY } },
	{ "+.inf", { .type = SCALAR_FLOAT, .number = INFINITY } },
	{ "+.Inf", { .type = SCALAR_FLOAT, .number = INFINITY } },
	{ "+.INF", { .type = SCALAR_FLOAT, .number = INFINITY } },
	{ "-.inf", { .type = SCALAR_FLOAT, .number = -INFINITY } },
	{ "-.Inf", { .type = SCALAR_FLOAT, .number = -INFINITY } },
	{ "-.INF", { .type = SCALAR_FLOAT, .number = -INFINITY } },
	{ "-0", { .type = SCALAR_FLOAT, .number = -0.0 } },
	{ "-0.0", { .type = SCALAR_FLOAT, .number = -0.0 } },
	{ "<<", { .type = SCALAR_MERGE } },
};

#define WORD_MAX 5 /* bytes of the longest of them */

static bool find_word(const char *text, size_t n_text, struct scalar *scalar)
{
	if (n_text > WORD_MAX || !scalar_begins_word(text[0]))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].text[0] == text[0] && strlen(words[i].text) == n_text &&
		    !memcmp(words[i].text, text, n_text)) {
			*scalar = words[i].scalar;
			return true;
		}
	}
	return false;
}

/* What a plain text is. Without a match scalar stays what it was: a string. */
static int match(const char *text, size_t n_text, bool may_be_timestamp, struct scalar *scalar)
{
	struct yaml_timestamp timestamp;

	if (find_word(text, n_text, scalar))
		return 0;
	if (text[0] == '.')
		return number_parse_dotted(text, n_text, scalar);
	if (text[0] != '+' && text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return 0;
	if (may_be_timestamp && yaml_timestamp_parse(text, n_text, &timestamp)) {
		scalar->type = SCALAR_TIMESTAMP;
		return 0;
	}
	return number_parse(text, n_text, scalar);
}

enum tag {
	TAG_NONE,
	TAG_STRING, /* !!str, `!`, and every tag that the decoder does not know */
	TAG_BINARY,
	TAG_MERGE,
	TAG_TYPED, /* the text must fit the type */
};

struct core_tag {
	const char *name;
	enum tag tag;
	enum scalar_type type; /* TAG_TYPED */
};

static const struct core_tag core_tags[] = {
	{ "binary", TAG_BINARY, SCALAR_BINARY }, { "bool", TAG_TYPED, SCALAR_BOOL },
	{ "float", TAG_TYPED, SCALAR_FLOAT },    { "int", TAG_TYPED, SCALAR_INT },
	{ "merge", TAG_MERGE, SCALAR_MERGE },    { "null", TAG_TYPED, SCALAR_NULL },
	{ "str", TAG_STRING, SCALAR_STRING },    { "timestamp", TAG_TYPED, SCALAR_TIMESTAMP },
};

static enum tag find_tag(const char *tag, enum scalar_type *wanted)
{
	if (!tag)
		return TAG_NONE;
	if (!strncmp(tag, CORE_TAG, strlen(CORE_TAG)))
		tag += strlen(CORE_TAG);
	else if (!strncmp(tag, "!!", 2))
		tag += 2;
	else
		return TAG_STRING;
	for (size_t i = 0; i < ARRAY_SIZE(core_tags); i++) {
		if (!strcmp(core_tags[i].name, tag)) {
			*wanted = core_tags[i].type;
			return core_tags[i].tag;
		}
	}
	return TAG_STRING;
}

static bool fits(struct scalar *scalar, enum scalar_type wanted)
{
	if (scalar->type == wanted)
		return true;
	if (wanted == SCALAR_INT)
		return scalar->type == SCALAR_UINT;
	if (wanted != SCALAR_FLOAT || scalar->type != SCALAR_INT)
		return false;
	scalar->type = SCALAR_FLOAT;
	scalar->number = (double)scalar->integer;
	return true;
}

int scalar_classify(const struct node *node, struct scalar *scalar, enum scalar_type *wanted)
{
	int r;

	*scalar = (struct scalar){
		.type = SCALAR_STRING,
		.text = node->text,
		.n_text = node->n,
	};
	if (scalar_is_surely_string(node))
		return 0;
	switch (find_tag(node->tag, wanted)) {
	case TAG_NONE:
		if (node->style != NODE_STYLE_PLAIN)
			return 0;
		r = match(node->text, node->n, true, scalar);
		break;
	case TAG_BINARY:
	case TAG_MERGE:
		scalar->type = *wanted;
		return 0;
	case TAG_TYPED:
		r = match(node->text, node->n, *wanted == SCALAR_TIMESTAMP, scalar);
		if (!r && !fits(scalar, *wanted))
			r = SCALAR_E_INVALID;
		break;
	case TAG_STRING:
	default:
		return 0;
	}
	/* The table of words knows no text. */
	scalar->text = node->text;
	scalar->n_text = node->n;
	return r;
}

static int decode_binary(struct arena *arena, const struct node *node, const struct path *path,
                         struct scalar *scalar, struct diag *diag)
{
	char *bytes = arena_alloc(arena, node->n / 4 * 3 + 4);

	if (!bytes)
		return -ENOMEM;
	scalar->text = bytes;
	if (base64_decode(node->text, node->n, bytes, &scalar->n_text))
		return 0;
	node_error(diag, node, path, "the text of a !!binary is not valid base64");
	return SCALAR_E_INVALID;
}

static int format_timestamp(struct arena *arena, const struct node *node, const struct path *path,
                            struct scalar *scalar, struct diag *diag)
{
	struct yaml_timestamp timestamp;
	char text[YAML_TIMESTAMP_SIZE];

	if (!yaml_timestamp_parse(node->text, node->n, &timestamp) ||
	    !yaml_timestamp_format(&timestamp, text)) {
		node_error(diag, node, path, "a timestamp's zone must be less than 24 hours off");
		return SCALAR_E_INVALID;
	}
	scalar->n_text = strlen(text);
	scalar->text = arena_copy(arena, text, scalar->n_text);
	return scalar->text ? 0 : -ENOMEM;
}

int scalar_resolve(struct arena *arena, const struct node *node, const struct path *path,
                   struct scalar *scalar, struct diag *diag)
{
	enum scalar_type wanted = SCALAR_STRING;
	struct excerpt excerpt;
	int r;

	r = scalar_classify(node, scalar, &wanted);
	if (r == SCALAR_E_INVALID)
		node_error(diag, node, path, "%s does not fit its tag: it is no %s",
		           excerpt_of_node(&excerpt, node), scalar_type_name(wanted));
	if (r)
		return r;
	if (scalar->type == SCALAR_BINARY)
		return decode_binary(arena, node, path, scalar, diag);
	if (scalar->type == SCALAR_TIMESTAMP)
		return format_timestamp(arena, node, path, scalar, diag);
	return 0;
}

/* False also when the tag does not fit. */
static bool classify(const struct node *node, struct scalar *scalar)
{
	enum scalar_type wanted = SCALAR_STRING;

	node = node_resolve(node);
	return node && node->kind == NODE_SCALAR && !scalar_classify(node, scalar, &wanted);
}

bool scalar_is_null(const struct node *node)
{
	struct scalar scalar;

	node = node_resolve(node);
	return node && node->kind == NODE_SCALAR && !scalar_is_surely_string(node) &&
	       classify(node, &scalar) && scalar.type == SCALAR_NULL;
}

bool scalar_is_string(const struct node *node)
{
	struct scalar scalar;

	node = node_resolve(node);
	if (!node || node->kind != NODE_SCALAR)
		return false;
	return scalar_is_surely_string(node) ||
	       (classify(node, &scalar) && scalar.type == SCALAR_STRING);
}

bool scalar_get_uint64(const struct node *node, uint64_t *valuep)
{
	struct scalar scalar;

	if (!classify(node, &scalar))
		return false;
	if (scalar.type == SCALAR_UINT) {
		*valuep = scalar.uinteger;
		return true;
	}
	if (scalar.type != SCALAR_INT || scalar.integer < 0)
		return false;
	*valuep = (uint64_t)scalar.integer;
	return true;
}

const char *scalar_type_name(enum scalar_type type)
{
	switch (type) {
	case SCALAR_STRING:
		return "string";
	case SCALAR_NULL:
	case SCALAR_MERGE:
		return "null";
	case SCALAR_BOOL:
		return "boolean";
	case SCALAR_INT:
	case SCALAR_UINT:
		return "integer";
	case SCALAR_FLOAT:
		return "float";
	case SCALAR_TIMESTAMP:
		return "timestamp";
	case SCALAR_BINARY:
		return "binary";
	}
	return "string";
}
