/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A commit on disk: two files that no single system call replaces together. The order is
 *
 *   1. both new files are written beside the old ones; then each is fsynced, while the disk has the
 *      other to write: what needs space is done; the versions that go are kept for those who have
 *      them open (replaced.h);
 *   2. the config on disk is compared with the text that the patch was applied to;
 *   3. rename of the config, fsync of its directory;
 *   4. rename of the state, fsync of its directory;
 *   5. the reply;
 *   6. what nobody shall wait for: the copy of the config is written beside the state, in place of the
 *      old one (store_copy.c), and the blocks of the old config and state are freed, which are kept
 *      till then by descriptors (store_leavings.c).
 *
 * What a crash or a power cut leaves, by where it struck:
 *
 *   before 3          Both files are the old ones. Temporary files are removed at the next start.
 *   between 3 and 4   The config is new, the state old. At the start digests decide: what differs
 *                     from the state's digest goes up by one, to the very version that the commit
 *                     would have given. The writer got no reply; the state's last result is replaced
 *                     by what the start found.
 *   inside 3 or 4     Any of the above and, when the two files are on different disks, the config
 *                     old and the state new. Then the old bytes differ from the state's digest and
 *                     get a version above the one that nobody saw.
 *   after 4           Both are new: an acknowledged patch is never lost.
 *
 * The copy is for a start that finds a config which cannot be used. The state's digest names the one
 * that counts, which may not be there yet, or be cut short: the next start writes it, since the config
 * has all that was acknowledged. Only if somebody has spoilt the config before that start, what is
 * served is the copy of an earlier commit, which stays until the new one is safe on disk; to what it
 * has otherwise than the state, versions are given that nobody has seen. A start owes a copy as a commit
 * does, and writes it behind its first answer.
 *
 * In no case does a version stand for two contents that a reader saw, or go down. Nodeids come from
 * the same file and follow the same rule.
 *
 * A failure in 3 or 4 puts the old bytes back before the error is reported: first the state, then
 * the config, so that a crash in between is one between 3 and 4. Whatever is written again is
 * written to a new file: after an fsync that failed the kernel may take the pages for clean, and
 * another one would succeed and mean nothing. What cannot be put back is said in the result, and so
 * is a config that somebody has edited meanwhile, which is left to him.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "model/machine_config.h"
#include "replaced.h"
#include "store_internal.h"

struct commit {
	struct store *store;
	struct config_file *file;
	struct replacement config; /* not prepared: only the state changes */
	struct replacement state;
	const char *text; /* that the config is replaced by */
	size_t n_text;
	int old_state_fd; /* of the state that is replaced; -1 */
	struct result *result;
};

#define COMMIT_INIT       \
	((struct commit){ \
		.config = REPLACEMENT_INIT, .state = REPLACEMENT_INIT, .old_state_fd = -1 })

static void commit_deinit(struct commit *commit)
{
	replacement_deinit(&commit->config);
	replacement_deinit(&commit->state);
	closep(&commit->old_state_fd);
}

/* The errno for the writer when the config's file or directory said r. */
static int config_errno(int r)
{
	switch (r) {
	case -EACCES:
	case -EBUSY: /* a bind-mounted file cannot be renamed over */
	case -EPERM: /* immutable, or the owner cannot be kept */
	case -EROFS:
	case -ETXTBSY:
		return -EROFS;
	case -EDQUOT:
	case -ENOSPC:
		return -ENOSPC;
	case -ENOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* Likewise for the state: that it cannot be written says nothing about the config. */
static int state_errno(int r)
{
	r = config_errno(r);
	return r == -EROFS ? -EIO : r;
}

static int fail_config(struct commit *commit, int r, const char *reason)
{
	int error = config_errno(r);

	result_fail(commit->result, -error, "machine config %s cannot be replaced: %s",
	            commit->file->path, reason ? reason : strerror(-r));
	return error;
}

static int fail_state(struct commit *commit, int r)
{
	int error = state_errno(r);

	result_fail(commit->result, -error, "state in %s cannot be written: %s",
	            commit->store->state_dir, strerror(-r));
	return error;
}

/* A directory that was moved away would take the versions with it, unseen. */
static int check_state_directory(const struct store *store)
{
	struct stat by_path, by_fd;

	if (stat(store->state_dir, &by_path) < 0 || fstat(store->state_fd, &by_fd) < 0)
		return -errno;
	return by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino ? 0 : -ESTALE;
}

static int prepare_state(struct store *store, const struct state *state,
                         struct replacement *replacement)
{
	size_t n_text = 0;
	_cleanup_(freep) char *text = state_format(state, &n_text);
	int r;

	if (!text)
		return -ENOMEM;
	if (n_text > STATE_SIZE_MAX)
		return -EFBIG;
	r = check_state_directory(store);
	if (r)
		return r;
	return replacement_prepare(replacement, store->state_fd, STATE_FILE_NAME, text, n_text, -1);
}

static int prepare_config(struct commit *commit, const char *text, size_t n_text)
{
	const struct config_file *file = commit->file;
	const char *reason = NULL;
	int r = config_file_check_writable(file, &reason);

	if (!r)
		r = replacement_prepare(&commit->config, file->dir_fd, file->name, text, n_text,
		                        file->fd);
	return r ? fail_config(commit, r, reason) : 0;
}

static int sync_all(struct commit *commit)
{
	int r = replacement_sync(&commit->config);

	if (r)
		return fail_config(commit, r, NULL);
	r = replacement_sync(&commit->state);
	return r ? fail_state(commit, r) : 0;
}

/* A disk that fails may take its time to say so, in which somebody saves the config. */
static bool is_edited(const struct commit *commit)
{
	_cleanup_(buffer_deinit) struct buffer now = BUFFER_INIT;
	const struct config_file *file = commit->file;
	int r = file_read(file->dir_fd, file->name, MACHINE_CONFIG_SIZE_MAX, &now, NULL);

	if (r)
		return r == -ENOENT || r == -EFBIG;
	return now.n_data != commit->n_text || memcmp(now.data, commit->text, now.n_data) != 0;
}

static int put_back_config(const struct commit *commit)
{
	const struct config_file *file = commit->file;
	int r;

	if (is_edited(commit)) {
		diag_error(&commit->result->diag, NULL, NULL,
		           "the machine config was edited meanwhile, and stays as it is");
		return 0;
	}
	r = file_replace(file->dir_fd, file->name, file->text.data, file->text.n_data, file->fd);
	return store_make_room(commit->store, r)
	               ? file_replace(file->dir_fd, file->name, file->text.data, file->text.n_data,
	                              file->fd)
	               : r;
}

/*
 * Puts back what stood before the commit. The message of a failure says what a person must know:
 * the file that is on disk now is taken in by the next transaction, or at the next start.
 */
static void roll_back(struct commit *commit)
{
	struct store *store = commit->store;
	int state = commit->state.placed ? store_persist_state(store, store->state) : 0;
	int config = commit->config.placed ? put_back_config(commit) : 0;

	if (config)
		diag_error(&commit->result->diag, NULL, NULL,
		           "the old machine config could not be put back: %s", strerror(-config));
	if (state)
		diag_error(&commit->result->diag, NULL, NULL,
		           "the old state could not be put back: %s", strerror(-state));
}

/* The last look before the rename: between it and the rename there is no I/O. */
static int check_current(struct commit *commit)
{
	bool is_current = false;
	int r = config_file_is_current(commit->store->config_path, commit->file, &is_current);

	if (r)
		return fail_config(commit, r, NULL);
	return is_current ? 0 : COMMIT_E_CHANGED;
}

static int commit_both(struct commit *commit)
{
	int r;

	if (commit->config.temporary) {
		r = replacement_commit(&commit->config);
		if (r) {
			r = fail_config(commit, r, NULL);
			roll_back(commit);
			return r;
		}
	}
	/* It keeps the old file: where there is none the rename removes it, which takes longer. */
	commit->old_state_fd = openat(commit->store->state_fd, STATE_FILE_NAME,
	                              O_PATH | O_CLOEXEC | O_NOFOLLOW);
	r = replacement_commit(&commit->state);
	if (r) {
		r = fail_state(commit, r);
		roll_back(commit);
	}
	return r;
}

/* All is on disk: what it replaces is of no use any more. */
static void leave_old(struct commit *commit)
{
	struct store *store = commit->store;

	store_leave(store, steal_fd(&commit->old_state_fd));
	if (commit->config.placed)
		store_leave(store, steal_fd(&commit->file->fd));
}

int store_persist(struct store *store, const struct staged *staged, struct config_file *file,
                  bool replace, const char *text, size_t n_text, struct result *result)
{
	_cleanup_(commit_deinit) struct commit commit = COMMIT_INIT;
	int r;

	commit.store = store;
	commit.file = file;
	commit.result = result;
	commit.text = text;
	commit.n_text = n_text;
	if (replace) {
		r = prepare_config(&commit, text, n_text);
		if (r)
			return r;
	}
	r = prepare_state(store, staged->state, &commit.state);
	if (r)
		return fail_state(&commit, r);
	/* Without it an old version that is open ends with the process: no reason to refuse. */
	r = replaced_append(store->state_fd, store->snapshot, staged->snapshot);
	if (store_make_room(store, r))
		r = replaced_append(store->state_fd, store->snapshot, staged->snapshot);
	if (r)
		diag_warning(&result->diag, NULL, NULL, "replaced versions cannot be kept: %s",
		             strerror(-r));
	r = sync_all(&commit);
	if (!r)
		r = check_current(&commit);
	if (!r)
		r = commit_both(&commit);
	if (!r)
		leave_old(&commit);
	return r;
}

static int write_state(struct store *store, const struct state *state)
{
	_cleanup_(replacement_deinit) struct replacement replacement = REPLACEMENT_INIT;
	int r = prepare_state(store, state, &replacement);

	if (!r)
		r = replacement_sync(&replacement);
	return r ? r : replacement_commit(&replacement);
}

int store_persist_state(struct store *store, const struct state *state)
{
	int r = store->dry_run ? 0 : write_state(store, state);

	return store_make_room(store, r) ? write_state(store, state) : r;
}
