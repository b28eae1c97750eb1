/* SPDX-License-Identifier: Apache-2.0 */

/* What is compiled when it is served: the same bytes whenever they are made, and new versions where the
 * node has other facts. */

#include "compile-fixture.h"
#include "store-fixture.h"

#define CONFIG                                                                                      \
	"machine:\n"                                                                                \
	"  seccompProfiles:\n"                                                                      \
	"    - name: based\n"                                                                       \
	"      value:\n"                                                                            \
	"        defaultAction: SCMP_ACT_ERRNO\n"                                                   \
	"        x-seccompfs: {base: runc}\n"                                                       \
	"        syscalls: [{names: [write], action: SCMP_ACT_ALLOW}]\n"                            \
	"    - name: conditional\n"                                                                 \
	"      value:\n"                                                                            \
	"        defaultAction: SCMP_ACT_ERRNO\n"                                                   \
	"        syscalls:\n"                                                                       \
	"          - {names: [mount], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_SYS_ADMIN]}}\n" \
	"          - {names: [ptrace], action: SCMP_ACT_ALLOW, includes: {minKernel: \"4.8\"}}\n"   \
	"    - name: plain\n"                                                                       \
	"      value: {syscalls: [], defaultAction: SCMP_ACT_LOG, unknown: kept}\n"

#define PLAIN_BYTES "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[],\"unknown\":\"kept\"}"

static void open_as(struct fixture *fixture, const struct facts *facts, const char *maker,
                    bool is_trusted)
{
	close_store(fixture);
	fixture->profile = (struct profile_options){ VALIDATE_STRICT, COMPILE_ON, facts };
	fixture->maker = maker;
	open_store(fixture);
	assert_int_equal(store_trusted_state(fixture->store), is_trusted);
}

static void assert_versions(struct fixture *fixture, uint64_t based, uint64_t conditional,
                            uint64_t plain)
{
	assert_int_equal(find(fixture, "based")->version, based);
	assert_int_equal(find(fixture, "conditional")->version, conditional);
	assert_int_equal(find(fixture, "plain")->version, plain);
}

static void test_bytes_are_the_same_whenever_they_are_made(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *late = NULL;

	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	for (unsigned int i = 0; i < 2; i++) {
		assert_null(profile_bytes(find(fixture, "based")));
		assert_int_equal(decide(bytes_of(fixture, "based"), "execve", 0), ACTION_ALLOW);
		assert_int_equal(decide(bytes_of(fixture, "based"), "write", 0), ACTION_ALLOW);
		assert_int_equal(decide(bytes_of(fixture, "conditional"), "mount", 0),
		                 ACTION_ERRNO);
		assert_int_equal(decide(bytes_of(fixture, "conditional"), "ptrace", 0),
		                 ACTION_ALLOW);
		assert_string_equal(bytes_of(fixture, "plain"), PLAIN_BYTES);
		/* And when the state is believed. */
		open_as(fixture, &node_facts, "one", true);
	}
	/* At once, by a patch. */
	late = strdup(bytes_of(fixture, "based"));
	assert_int_equal(patch(fixture,
	                       "{machine: {seccompProfiles: [{name: again, value: "
	                       "{defaultAction: SCMP_ACT_ERRNO, x-seccompfs: {base: runc}, "
	                       "syscalls: [{names: [write], action: SCMP_ACT_ALLOW}]}}]}}"),
	                 0);
	assert_non_null(profile_bytes(find(fixture, "again")));
	assert_string_equal(bytes_of(fixture, "again"), late);
	assert_null(strstr(late, "x-seccompfs"));
}

/* Another program, with another table: what it makes of the same config is new where it differs. */
static void test_another_table_gives_new_versions(void **state)
{
	struct fixture *fixture = *state;
	struct facts upgraded = node_facts;

	upgraded.bases = &second_bases;
	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	assert_versions(fixture, 1, 1, 1);
	open_as(fixture, &upgraded, "two", false);
	assert_versions(fixture, 2, 1, 1);
	assert_int_equal(decide(bytes_of(fixture, "based"), "close_range", 0), ACTION_ALLOW);
	assert_non_null(strstr(store_last_result(fixture->store), "1 updated"));
	open_as(fixture, &upgraded, "two", true);
	assert_versions(fixture, 2, 1, 1);
	/* Back again is a change as well. */
	open_as(fixture, &node_facts, "one", false);
	assert_versions(fixture, 3, 1, 1);
}

static void test_other_facts_give_new_versions(void **state)
{
	struct fixture *fixture = *state;
	struct facts privileged = node_facts, old = node_facts;

	privileged.capabilities |= UINT64_C(1) << 21; /* CAP_SYS_ADMIN */
	old.kernel_major = 4;
	old.kernel_minor = 4;
	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	open_as(fixture, &privileged, "two", false);
	assert_versions(fixture, 1, 2, 1);
	assert_int_equal(decide(bytes_of(fixture, "conditional"), "mount", 0), ACTION_ALLOW);
	open_as(fixture, &old, "three", false);
	assert_versions(fixture, 1, 3, 1);
	assert_int_equal(decide(bytes_of(fixture, "conditional"), "ptrace", 0), ACTION_ERRNO);
}

/* The maker has to tell facts apart; where it does not, nothing wrong is served. */
static void test_no_other_bytes_than_those_recorded(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	struct facts upgraded = node_facts;
	const char *bytes;

	upgraded.bases = &second_bases;
	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	open_as(fixture, &upgraded, "one", true);
	snapshot = store_snapshot(fixture->store);
	assert_int_equal(snapshot_make_bytes(snapshot, snapshot_find(snapshot, "based"), &bytes),
	                 -EIO);
	assert_string_equal(bytes_of(fixture, "plain"), PLAIN_BYTES);
}

/* As patches of other profiles leave it, whether they are applied folded or not. */
static void test_what_a_patch_leaves_alone_stays(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL;

	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	before = strdup(bytes_of(fixture, "based"));
	assert_int_equal(set_profile(fixture, "plain", "TRAP"), 0);
	assert_versions(fixture, 1, 1, 2);
	assert_int_equal(patch(fixture, "[{op: remove, path: /machine/seccompProfiles/1}]"), 0);
	assert_int_equal(find(fixture, "based")->version, 1);
	assert_string_equal(bytes_of(fixture, "based"), before);
	open_as(fixture, &node_facts, "one", true);
	assert_string_equal(bytes_of(fixture, "based"), before);
}

static void assert_news(struct fixture *fixture, const char *expected)
{
	const char *news = store_start_news(fixture->store);

	assert_string_equal(news ? news : "", expected);
	if (news)
		assert_non_null(strstr(store_last_result(fixture->store), expected));
}

#define DENIES "  seccompDeny: [{names: [write], reason: x}]\n"

/* How many profiles, and what has made them others: the log says it. */
static void test_why_versions_are_new(void **state)
{
	struct fixture *fixture = *state;
	struct facts privileged = node_facts;

	privileged.capabilities |= UINT64_C(1) << 21; /* CAP_SYS_ADMIN */
	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "program=1 kernel=6.1 caps=0", false);
	assert_news(fixture, "");
	open_as(fixture, &privileged, "program=1 kernel=6.1 caps=2", false);
	assert_versions(fixture, 1, 2, 1);
	assert_news(fixture,
	            "read the machine config at the start: 1 updated: caps is 2 and was 0");
	open_as(fixture, &privileged, "program=1 kernel=6.1 caps=2", true);
	assert_news(fixture, "");
	/* Of no consequence. */
	open_as(fixture, &privileged, "program=2 kernel=6.1 caps=2", false);
	assert_news(fixture, "");
	open_as(fixture, &node_facts, "program=2 kernel=6.2 caps=0 more=x", false);
	assert_news(fixture,
	            "read the machine config at the start: 1 updated: kernel is 6.2 and was 6.1, "
	            "caps is 0 and was 2, more is x");
	/* An edit needs no other reason. */
	write_text(fixture->config, CONFIG DENIES);
	open_as(fixture, &node_facts, "program=2 kernel=6.2 caps=0 more=x", false);
	assert_news(fixture, "read the machine config at the start: 2 updated");
	/* Denials are no reason to forget who has made it, but to believe nothing. */
	open_as(fixture, &node_facts, "program=2 kernel=6.2 caps=0 more=x", false);
	assert_news(fixture, "");
	open_as(fixture, &privileged, "program=2 kernel=6.2 caps=2 more=x", false);
	assert_news(fixture,
	            "read the machine config at the start: 1 updated: caps is 2 and was 0");
	/* Not told of one who has no name, or by one. */
	open_as(fixture, &node_facts, NULL, false);
	assert_news(fixture, "read the machine config at the start: 1 updated");
}

struct kept {
	char text[512];  /* "NAME@VERSION " of each */
	char bytes[512]; /* of the last one */
};

static int note_kept(void *userdata, struct profile *profile)
{
	struct kept *kept = userdata;
	size_t n = strlen(kept->text);

	assert_true(profile_check(profile));
	snprintf(kept->text + n, sizeof(kept->text) - n, "%s@%llu ", profile->name,
	         (unsigned long long)profile->version);
	snprintf(kept->bytes, sizeof(kept->bytes), "%s", profile_bytes(profile));
	return 0;
}

static void assert_kept(struct fixture *fixture, const char *expected)
{
	struct kept kept = { 0 };

	assert_int_equal(store_each_replaced(fixture->store, note_kept, &kept), 0);
	assert_string_equal(kept.text, expected);
}

/* An edit while no worker was there, which is followed by one with another table: what that can still make
 * of the old text is kept for whoever has it open. */
static void test_another_table_loses_no_version_that_it_can_make(void **state)
{
	struct fixture *fixture = *state;
	struct facts upgraded = node_facts;

	upgraded.bases = &second_bases;
	write_text(fixture->config,
	           CONFIG "    - {name: gone, value: {defaultAction: SCMP_ACT_KILL}}\n");
	open_as(fixture, &node_facts, "one", false);
	close_store(fixture);
	fixture->is_successor = true;
	write_text(fixture->config,
	           CONFIG "    - {name: new, value: {defaultAction: SCMP_ACT_TRAP}}\n");
	open_as(fixture, &upgraded, "two", false);
	assert_versions(fixture, 2, 1, 1);
	assert_kept(fixture, "gone@1 ");
}

/* What the next program cannot make any more is there, if the one before was told to end. */
static void test_a_worker_leaves_what_it_has_served(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL;
	struct facts upgraded = node_facts;
	struct kept kept = { 0 };

	upgraded.bases = &second_bases;
	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	before = strdup(bytes_of(fixture, "based"));
	assert_int_equal(store_write_end(fixture->store), 0);
	fixture->is_successor = true;
	/* Nothing is replaced. */
	open_as(fixture, &node_facts, "other", false);
	assert_kept(fixture, "");
	open_as(fixture, &upgraded, "two", false);
	assert_versions(fixture, 2, 1, 1);
	assert_kept(fixture, "based@1 ");
	assert_int_equal(store_each_replaced(fixture->store, note_kept, &kept), 0);
	assert_string_equal(kept.bytes, before);
	/* This one is killed. Its own version can be made of nothing, that before is there. */
	open_as(fixture, &node_facts, "one", false);
	assert_versions(fixture, 3, 1, 1);
	assert_kept(fixture, "based@1 ");
	/* This one is not: with an edit meanwhile each version is kept once. */
	assert_int_equal(store_write_end(fixture->store), 0);
	write_text(fixture->config,
	           "machine: {seccompProfiles: [{name: plain, value: {defaultAction: "
	           "SCMP_ACT_KILL}}]}\n");
	open_as(fixture, &upgraded, "two", false);
	assert_kept(fixture, "based@1 based@3 conditional@1 plain@1 ");
}

/* Returns owned. */
static char *copy_path(const struct fixture *fixture, const char *text)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	char *path;

	digest_compute(text, strlen(text), digest);
	digest_to_hex(digest, hex);
	assert_true(asprintf(&path, "%s/config-%s.yaml", fixture->state_dir, hex) > 0);
	return path;
}

/* The copy of the config that was served last is not there yet: that before it has what did not change. */
static void test_an_older_copy_has_what_did_not_change(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *old = NULL, *old_copy = NULL, *new = NULL, *new_copy = NULL;

	write_config(fixture, "a LOG b LOG");
	old = read_text(fixture->config);
	old_copy = copy_path(fixture, old);
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "b", "KILL"), 0);
	new = read_text(fixture->config);
	new_copy = copy_path(fixture, new);
	close_store(fixture);
	/* As a worker leaves it that is killed. */
	assert_int_equal(unlink(new_copy), 0);
	write_text(old_copy, old);
	fixture->is_successor = true;
	write_config(fixture, "c LOG");
	open_store(fixture);
	assert_kept(fixture, "b@1 a@1 ");
}

/* A config that cannot be used, and its copy gives other bytes. */
static void test_what_the_copy_gives_otherwise_is_kept(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct facts upgraded = node_facts;

	upgraded.bases = &second_bases;
	write_text(fixture->config, CONFIG);
	open_as(fixture, &node_facts, "one", false);
	assert_int_equal(store_write_end(fixture->store), 0);
	close_store(fixture);
	write_text(fixture->config, "machine: [\n");
	fixture->is_successor = true;
	fixture->profile.facts = &upgraded;
	fixture->maker = "two=2";
	assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
	assert_versions(fixture, 2, 1, 1);
	assert_string_equal(store_start_news(fixture->store),
	                    "read the last good machine config at the start: 1 updated: two is 2");
	assert_kept(fixture, "based@1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_bytes_are_the_same_whenever_they_are_made),
		STORE_TEST(test_another_table_gives_new_versions),
		STORE_TEST(test_another_table_loses_no_version_that_it_can_make),
		STORE_TEST(test_a_worker_leaves_what_it_has_served),
		STORE_TEST(test_an_older_copy_has_what_did_not_change),
		STORE_TEST(test_what_the_copy_gives_otherwise_is_kept),
		STORE_TEST(test_other_facts_give_new_versions),
		STORE_TEST(test_why_versions_are_new),
		STORE_TEST(test_no_other_bytes_than_those_recorded),
		STORE_TEST(test_what_a_patch_leaves_alone_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
