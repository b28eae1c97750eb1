/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

#include "document/quote.h"
#include "libseccomp.h"
#include "profile/overlap.h"

/*
 * What libseccomp may be asked for. Before 2.6.1 it counts instructions in 16 bits, and writes
 * behind its buffer when there are more. A name takes one instruction or two, a condition seldom
 * more than ten: no program that the kernel takes is near this.
 */
#define ESTIMATE_MAX       60000
#define ESTIMATE_NAME      2
#define ESTIMATE_CONDITION 16

_Static_assert(sizeof(struct filter_instruction) == sizeof(struct sock_filter) &&
                       offsetof(struct filter_instruction, k) == offsetof(struct sock_filter, k),
               "a filter is what the kernel takes");

struct build {
	const struct ruleset *ruleset;
	const struct path *path;
	struct diag *diag;
	scmp_filter_ctx context; /* owned */
	uint32_t default_action; /* SCMP_ACT_* */
	const struct rule *rule; /* that is being added; NULL: none */
	const struct rule_name *name;
};

void filter_deinit(struct filter *filter)
{
	free(filter->instructions);
	*filter = (struct filter){ 0 };
}

static uint32_t native_action(enum action action, bool has_errno, uint32_t errno_ret)
{
	uint16_t data = has_errno ? (uint16_t)errno_ret : RULE_ERRNO_DEFAULT;

	switch (action) {
	case ACTION_KILL:
	case ACTION_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case ACTION_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case ACTION_TRAP:
		return SCMP_ACT_TRAP;
	case ACTION_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case ACTION_TRACE:
		return SCMP_ACT_TRACE(data);
	case ACTION_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case ACTION_LOG:
		return SCMP_ACT_LOG;
	case ACTION_ALLOW:
	case N_ACTIONS:
		break;
	}
	return SCMP_ACT_ALLOW;
}

static enum scmp_compare native_comparison(enum comparison comparison)
{
	static const enum scmp_compare comparisons[] = {
		[COMPARE_NE] = SCMP_CMP_NE,
		[COMPARE_LT] = SCMP_CMP_LT,
		[COMPARE_LE] = SCMP_CMP_LE,
		[COMPARE_EQ] = SCMP_CMP_EQ,
		[COMPARE_GE] = SCMP_CMP_GE,
		[COMPARE_GT] = SCMP_CMP_GT,
		[COMPARE_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};

	return comparisons[comparison];
}

/* The place of what is being added, else of the value; messages name the rule. */
static int refuse(const struct build *build, const char *reason)
{
	const struct rule *rule = build->rule;
	struct path syscalls = { .up = build->path, .key = "syscalls" };
	struct path item = { .up = &syscalls, .index = rule ? rule->index : 0 };
	const struct path *path = rule && rule->node ? &item : build->path;
	const struct node *node = build->ruleset->node;

	if (build->name && build->name->node)
		node = build->name->node;
	else if (rule && rule->node)
		node = rule->node;
	if (build->name)
		node_error(build->diag, node, path,
		           "libseccomp %u.%u.%u refuses the rule for %s: %s",
		           seccomp_version()->major, seccomp_version()->minor,
		           seccomp_version()->micro, build->name->text, reason);
	else
		node_error(build->diag, node, path, "libseccomp %u.%u.%u builds no filter: %s",
		           seccomp_version()->major, seccomp_version()->minor,
		           seccomp_version()->micro, reason);
	return FILTER_E_REFUSED;
}

static int refuse_action(const struct build *build, enum action action, uint32_t native)
{
	_cleanup_(buffer_deinit) struct buffer reason = BUFFER_INIT;

	if (action == ACTION_ERRNO && (native & 0xffff) > FILTER_ERRNO_MAX)
		buffer_printf(&reason, "it takes no errnoRet of %d", RULE_ERRNO_MAX);
	else
		buffer_printf(&reason, "this kernel has no %s", action_name(action));
	return buffer_error(&reason) ? -ENOMEM : refuse(build, reason.data);
}

static int add_architecture(const struct build *build, const struct rule_name *architecture)
{
	_cleanup_(buffer_deinit) struct buffer reason = BUFFER_INIT;
	uint32_t token = libseccomp_architecture(architecture->text);
	int r;

	r = token ? seccomp_arch_add(build->context, token) : -EINVAL;
	if (r == 0 || r == -EEXIST || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	quote_append_bare(&reason, architecture->text, strlen(architecture->text));
	buffer_append_string(&reason, r == -EDOM ? " has another byte order than this machine"
	                                         : " is unknown to it");
	return buffer_error(&reason) ? -ENOMEM : refuse(build, reason.data);
}

static int add_rule(const struct build *build, int number, uint32_t action,
                    const struct scmp_arg_cmp *arguments, size_t n_arguments)
{
	int r = seccomp_rule_add_array(build->context, action, number, (unsigned int)n_arguments,
	                               n_arguments ? arguments : NULL);

	switch (r) {
	case 0:
	case -ENOMEM:
		return r;
	case -EEXIST:
		return refuse(build,
		              "it holds for calls for which an earlier rule has another action, "
		              "and they cannot be combined");
	case -EINVAL:
		return refuse_action(build, build->rule->action, action);
	default:
		return refuse(build, strerror(-r));
	}
}

/* Conditions on an index that is there twice are a rule each, and so are then all others. */
static int add_name(const struct build *build, int number, uint32_t action)
{
	const struct rule *rule = build->rule;
	bool is_split = rule_shares_index(rule);
	struct scmp_arg_cmp arguments[RULE_N_ARGUMENTS];
	int r = 0;

	for (size_t i = 0; i < rule->n_arguments && r == 0; i++) {
		struct scmp_arg_cmp *argument = &arguments[is_split ? 0 : i];

		*argument = (struct scmp_arg_cmp){
			.arg = rule->arguments[i].index,
			.op = native_comparison(rule->arguments[i].comparison),
			.datum_a = rule->arguments[i].value,
			.datum_b = rule->arguments[i].has_value_two ? rule->arguments[i].value_two
			                                            : 0,
		};
		if (is_split)
			r = add_rule(build, number, action, argument, 1);
	}
	return r || is_split ? r : add_rule(build, number, action, arguments, rule->n_arguments);
}

static int add_names(struct build *build, const struct rule *rule)
{
	uint32_t action = native_action(rule->action, rule->has_errno, rule->errno_ret);
	int r = 0;

	if (action == build->default_action)
		return 0;
	build->rule = rule;
	for (size_t i = 0; i < rule->names.n_words && r == 0; i++) {
		int number = seccomp_syscall_resolve_name(rule->names.words[i].text);

		build->name = &rule->names.words[i];
		if (number != __NR_SCMP_ERROR)
			r = add_name(build, number, action);
	}
	return r;
}

/* Attributes that runc sets; neither changes the program, but each can fail. */
static int set_attributes(const struct build *build)
{
	int r = seccomp_attr_set(build->context, SCMP_FLTATR_CTL_TSYNC, 1);

	if (r != 0 && r != -EOPNOTSUPP)
		return refuse(build, "SCMP_FLTATR_CTL_TSYNC");
	return seccomp_attr_set(build->context, SCMP_FLTATR_CTL_NNP, 0) == 0
	               ? 0
	               : refuse(build, "SCMP_FLTATR_CTL_NNP");
}

/* Nobody needs to know what is too large by how much. */
static bool is_too_large(const struct ruleset *ruleset)
{
	uint64_t n = 0, n_architectures = 1 + ruleset->architectures.n_words;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		n += n_architectures * rule->names.n_words *
		     (ESTIMATE_NAME + ESTIMATE_CONDITION * (uint64_t)rule->n_arguments);
		if (n > ESTIMATE_MAX)
			return true;
	}
	return false;
}

/* Who asks libseccomp for what never ends waits for ever, with all that wait for him. */
static int refuse_endless(struct build *build)
{
	const struct rule_name *name = NULL;
	struct overlap overlap = ruleset_find_endless(build->ruleset, &name);

	if (overlap.kind != OVERLAP_ENDLESS)
		return 0;
	build->rule = overlap.rule;
	build->name = name;
	return refuse(build,
	              "it shares a condition with an earlier one, and both go on with others: it "
	              "may never end");
}

static int fill(struct build *build)
{
	const struct ruleset *ruleset = build->ruleset;
	int r;

	build->default_action = native_action(ruleset->default_action, ruleset->has_default_errno,
	                                      ruleset->default_errno);
	if (is_too_large(ruleset))
		return refuse(build, "it has too many rules and conditions");
	r = refuse_endless(build);
	if (r != 0)
		return r;
	build->context = seccomp_init(build->default_action);
	if (!build->context)
		return refuse_action(build, ruleset->default_action, build->default_action);
	r = set_attributes(build);
	for (size_t i = 0; i < ruleset->architectures.n_words && r == 0; i++)
		r = add_architecture(build, &ruleset->architectures.words[i]);
	for (size_t i = 0; i < ruleset->n_rules && r == 0; i++)
		r = add_names(build, &ruleset->rules[i]);
	build->rule = NULL;
	build->name = NULL;
	return r;
}

static int allocate(struct filter *filter, size_t n_bytes)
{
	filter->n_instructions = n_bytes / sizeof(*filter->instructions);
	filter->instructions = calloc(filter->n_instructions + 1, sizeof(*filter->instructions));
	return filter->instructions ? 0 : -ENOMEM;
}

#ifdef HAVE_SECCOMP_EXPORT_BPF_MEM

static int export(scmp_filter_ctx context, struct filter *filter)
{
	size_t n_bytes = 0;
	int r = seccomp_export_bpf_mem(context, NULL, &n_bytes);

	r = r ? r : allocate(filter, n_bytes);
	/* Before 2.6.1 it takes more than there is when there is more room. */
	return r ? r : seccomp_export_bpf_mem(context, filter->instructions, &n_bytes);
}

#else

static int export(scmp_filter_ctx context, struct filter *filter)
{
	_cleanup_(closep) int fd = memfd_create("filter", MFD_CLOEXEC);
	char *to;
	off_t end;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(context, fd);
	if (r != 0)
		return r;
	end = lseek(fd, 0, SEEK_CUR);
	if (end < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	r = allocate(filter, (size_t)end);
	to = (char *)filter->instructions;
	while (r == 0 && end > 0) {
		ssize_t n = read(fd, to, (size_t)end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		to += n;
		end -= n;
	}
	return r;
}

#endif

int filter_build(const struct ruleset *ruleset, const struct path *path, struct filter *filter,
                 struct diag *diag)
{
	struct build build = { .ruleset = ruleset, .path = path, .diag = diag };
	struct filter built = { 0 };
	int r = fill(&build);

	if (r == 0) {
		r = export(build.context, &built);
		/* libseccomp's words for "could not": what it does without the system. */
		if (r == -EFAULT || r == -EINVAL)
			r = refuse(&build, "an error within it");
	}
	seccomp_release(build.context);
	if (r != 0) {
		filter_deinit(&built);
		return r;
	}
	*filter = built;
	return 0;
}

void filter_prepare(void)
{
	static const uint32_t actions[] = { SCMP_ACT_KILL_PROCESS, SCMP_ACT_LOG, SCMP_ACT_NOTIFY };

	/* Each answer is kept by libseccomp; those of the flags are in what it calls the API level. */
	seccomp_api_get();
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		scmp_filter_ctx context = seccomp_init(actions[i]);

		if (context)
			seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1);
		seccomp_release(context);
	}
}
