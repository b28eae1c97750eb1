/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/file.h"
#include "replaced.h"
#include "store_internal.h"

#define STATE_BROKEN_NAME STATE_FILE_NAME ".broken"
#define LOCK_ATTEMPTS     50       /* and then another instance has it: about a second */
#define LOCK_PAUSE_NS     20000000 /* between two of them */

#define USEC_PER_SEC 1000000UL

static int open_error(struct diag *diag, const char *subject, const char *what, int r)
{
	const struct place place = { .source = subject };

	/* file_read(): what is no regular file. */
	diag_error(diag, &place, NULL, "%s: %s", what,
	           r == -EINVAL ? "not a regular file" : strerror(-r));
	return r;
}

/* Later transactions must find the path again, wherever a daemon goes. Returns owned. */
static char *make_absolute(const char *path)
{
	_cleanup_(freep) char *here = NULL;
	char *absolute;

	if (path[0] == '/')
		return strdup(path);
	here = get_current_dir_name();
	if (!here || asprintf(&absolute, "%s/%s", here, path) < 0)
		return NULL;
	return absolute;
}

static struct store *store_new(const struct store_options *options)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->state_fd = -1;
	store->leavings = LEAVINGS_INIT;
	pthread_mutex_init(&store->lock, NULL);
	store->profile = options->profile;
	store->read_only = options->read_only;
	store->dry_run = options->dry_run;
	store->is_successor = options->is_successor;
	store->config_path = make_absolute(options->config_path);
	store->state_dir = make_absolute(options->state_dir);
	store->maker = options->maker ? strdup(options->maker) : NULL;
	if (!store->config_path || !store->state_dir || (options->maker && !store->maker)) {
		store_free(store);
		return NULL;
	}
	return store;
}

/*
 * The lock is on the directory itself: it goes with the descriptor, whatever ends the process. One
 * that was killed has it until the kernel has closed its files, so a start right behind that looks
 * again for a while.
 */
static int lock_state_directory(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (unsigned int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK || i >= LOCK_ATTEMPTS)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int open_state_directory(struct store *store, struct diag *diag)
{
	const struct place place = { .source = store->state_dir };
	int r = store->dry_run ? 0 : directory_make(store->state_dir, 0700);

	if (r)
		return open_error(diag, store->state_dir, "state directory cannot be made", r);
	store->state_fd = open(store->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->state_fd < 0)
		return open_error(diag, store->state_dir, "state directory cannot be opened",
		                  -errno);
	r = store->dry_run ? 0 : lock_state_directory(store->state_fd);
	if (!r)
		return 0;
	if (r != -EWOULDBLOCK)
		return open_error(diag, store->state_dir, "state directory cannot be locked", r);
	diag_error(diag, &place, NULL, "another instance has this state directory");
	return STORE_E_BUSY;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/*
 * Above every version and nodeid that the broken state can hold: those are counted up one at a
 * time, and no commit takes less than a microsecond. The file's own time counts as well, with the
 * grain that a file system may give it, for a machine whose clock starts at the epoch; but not while
 * the clock is right, or a state that breaks twice in that time would go below the first.
 */
static uint64_t salvage_floor(const struct store *store)
{
	struct timespec now;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!fstatat(store->state_fd, STATE_FILE_NAME, &st, AT_SYMLINK_NOFOLLOW) &&
	    is_later(&st.st_mtim, &now))
		now.tv_sec = st.st_mtim.tv_sec + 1;
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

/*
 * A node must come up, and versions must only ever rise: a state that cannot be read is replaced by
 * an empty one whose versions begin at a number that is surely above all before. The broken file
 * gets a second name here, and loses its own in the commit of the new state: there is no moment
 * without a state, which would look like a first start.
 */
static int salvage_state(struct store *store, const struct diag *reasons, struct diag *diag)
{
	const struct diag_entry *reason = diag_first_error(reasons);
	const struct place place = { .source = store->state_dir };
	struct state *state = state_new();

	if (!state)
		return -ENOMEM;
	store->state = state;
	state->version_floor = salvage_floor(store);
	state->next_nodeid = state->version_floor;
	unlinkat(store->state_fd, STATE_BROKEN_NAME, 0);
	diag_warning(diag, &place, NULL,
	             STATE_FILE_NAME " is broken (%s): versions go on above %" PRIu64 "%s",
	             reason ? reason->message : "no memory", state->version_floor,
	             linkat(store->state_fd, STATE_FILE_NAME, store->state_fd, STATE_BROKEN_NAME, 0)
	                     ? ""
	                     : "; what was there is kept as " STATE_BROKEN_NAME);
	return 0;
}

/*
 * A worker that follows another one finds a state, or somebody has removed it. Nodeids must not
 * begin anew then: under those that were given out the kernel still has names and pages.
 */
static int check_successor(struct store *store, struct diag *reasons)
{
	if (store->state->has_config_digest)
		return 0;
	state_free(steal_ptr(store->state));
	diag_error(reasons, NULL, NULL, "it was removed while the mount was served");
	return STATE_E_INVALID;
}

static int load_state(struct store *store, bool is_successor, struct diag *diag)
{
	_cleanup_(diag_deinit) struct diag reasons = DIAG_INIT;
	int r;

	if (!store->dry_run)
		file_remove_temporaries(store->state_fd, STATE_FILE_NAME);
	r = state_load(store->state_fd, &store->state, &reasons);
	if (!r && is_successor)
		r = check_successor(store, &reasons);
	if (r == STATE_E_INVALID && !store->dry_run)
		return salvage_state(store, &reasons, diag);
	if (r > 0) {
		const struct place place = { .source = store->state_dir };

		diag_error(diag, &place, NULL, STATE_FILE_NAME ": %s",
		           diag_first_error(&reasons) ? diag_first_error(&reasons)->message
		                                      : "of a newer version");
		return STORE_E_INVALID;
	}
	return r ? open_error(diag, store->state_dir, STATE_FILE_NAME " cannot be read", r) : 0;
}

int store_note_start(struct store *store, const char *what, const struct staged *staged)
{
	_cleanup_(buffer_deinit) struct buffer news = BUFFER_INIT;

	buffer_append_string(&news, what);
	staged_describe(staged, &news);
	if (staged_moves(staged))
		trust_tell_maker(store->state, store->maker, &news);
	free(store->start_news);
	store->start_news = buffer_steal(&news, NULL);
	return store->start_news ? 0 : -ENOMEM;
}

/*
 * What changed while nobody served: an edit, a commit whose writer never got its reply, or what is made of
 * the same text. On a first start there is nobody to tell.
 */
static int note_changes(struct store *store, struct staged *staged, struct result *result)
{
	char *text;
	int r;

	if (!store->state->has_config_digest)
		return 0;
	r = store_note_start(store, "read the machine config at the start: ", staged);
	if (r)
		return r;
	result->message = strdup(store->start_news);
	text = result->message ? store_result_text(result) : NULL;
	if (!text)
		return -ENOMEM;
	store_set_last_result(staged->state, text);
	return 0;
}

static bool is_recorded(const struct store *store, const struct staged *staged)
{
	const struct state *old = store->state, *new = staged->state;

	return !staged_moves(staged) && !old->config_refused && old->has_config_digest &&
	       !memcmp(old->config_digest, new->config_digest, DIGEST_SIZE);
}

/* The config is just what the state was made of, by this program. TRUST_E_NONE: it may not be. */
static int take_recorded(struct store *store, struct config_file *file)
{
	int r = trust_state(store->state, store->maker, &store->profile, &file->text,
	                    &store->snapshot);

	if (r)
		return r;
	store->trusted_state = true;
	store_owe_copy(store);
	return 0;
}

void store_take_staged(struct store *store, struct staged *staged)
{
	state_free(store->state);
	store->state = steal_ptr(staged->state);
	store->snapshot = steal_ptr(staged->snapshot);
	store_owe_copy(store);
}

/* The profiles are those that are recorded, but where they stand may be news for the next start. Where
 * it cannot be written that one parses, too. */
static void record_trust(struct store *store, const struct state *state)
{
	if (trust_is_recorded(store->state, state) || store_persist_state(store, state))
		return;
}

static int take_config(struct store *store, const struct machine_config *config,
                       const struct config_file *file, struct diag *diag)
{
	_cleanup_(staged_deinit) struct staged staged = STAGED_INIT;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	int r;

	r = store_stage(store->state, NULL, config, file->text.data, file->text.n_data, &staged,
	                &result);
	r = r ? r : trust_give(staged.state, store->maker, config);
	if (r)
		return r;
	if (!is_recorded(store, &staged)) {
		r = note_changes(store, &staged, &result);
		if (r)
			return r;
		/* Before the state forgets them. */
		store_keep_served(store, &staged);
		r = store_persist_state(store, staged.state);
		if (r)
			return open_error(diag, store->state_dir,
			                  STATE_FILE_NAME " cannot be written", r);
	} else {
		record_trust(store, staged.state);
	}
	store_take_staged(store, &staged);
	return 0;
}

static int open_config(struct store *store, struct config_file *file, struct diag *diag)
{
	int r = config_file_open(store->config_path, file);

	if (r == -EFBIG) {
		const struct place place = { .source = store->config_path };

		diag_error(diag, &place, NULL, "machine config is larger than %lu MiB",
		           MACHINE_CONFIG_SIZE_MAX >> 20);
		return r;
	}
	if (r)
		return open_error(diag, store->config_path, "machine config cannot be read", r);
	if (!store->read_only && !store->dry_run)
		file_remove_temporaries(file->dir_fd, file->name);
	return 0;
}

/* r: why the config as it stands is not served. */
static int serve_last_good(struct store *store, const struct config_file *file, int error, int r,
                           struct result *result, struct diag *diag)
{
	const struct place place = { .source = store->state_dir };
	int last_good = store_serve_last_good(store, file, error, result, diag);

	if (!last_good)
		return 0;
	if (last_good != -ENOENT)
		diag_error(diag, &place, NULL, "the last good machine config cannot be used: %s",
		           last_good < 0 ? strerror(-last_good) : "it is invalid");
	return r == -EFBIG || r > 0 ? STORE_E_INVALID : r;
}

static int load_config(struct store *store, struct diag *diag)
{
	_cleanup_(config_file_deinit) struct config_file file = CONFIG_FILE_INIT;
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	int error = open_config(store, &file, &result.diag);
	int r = error;

	if (!r && take_recorded(store, &file) == 0) {
		diag_append(diag, &result.diag);
		return 0;
	}
	if (!r)
		r = machine_config_parse_profiles(store->config_path, file.text.data,
		                                  file.text.n_data, false, &store->profile, NULL,
		                                  &config, &result.diag);
	/* Without a state that is on disk nobody may see a new version: it might be given again. */
	if (!r)
		r = error = take_config(store, config, &file, &result.diag);
	diag_append(diag, &result.diag);
	if (!r || r == -ENOMEM)
		return r;
	return serve_last_good(store, &file, error, r, &result, diag);
}

int store_open(const struct store_options *options, struct store **storep, struct diag *diag)
{
	_cleanup_(store_freep) struct store *store = store_new(options);
	int r = store ? 0 : -ENOMEM;

	if (!r)
		r = open_state_directory(store, diag);
	if (!r && !store->is_successor)
		replaced_remove(store->state_fd);
	if (!r)
		r = load_state(store, options->is_successor, diag);
	if (!r)
		r = load_config(store, diag);
	if (r == -ENOMEM)
		diag_error(diag, NULL, NULL, "out of memory");
	if (r)
		return r;
	if (!store->trusted_state)
		malloc_trim(0);
	*storep = steal_ptr(store);
	return 0;
}
