/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kernel sends a FLUSH for each close(2) of each copy of a descriptor, in whatever process: a
 * child that a shell started in the middle of `{ …; date; …; } > control` closes its copy when it
 * ends. What stands in front of that point may be a valid patch, a weaker one than the whole. So
 * only a close in the process that opened the file counts; if that was a shell which is gone, the
 * last close of all does.
 *
 * A process that is killed closes its files too. If it opened this one, or was the last to write to
 * it, then the patch was cut off, and is dropped.
 */

#include "control_file.h"

#include <errno.h>
#include <string.h>

#include "asker.h"
#include "base/log.h"
#include "fs/notifier.h"
#include "fs/patch_stream.h"
#include "split_write.h"

#define WHO_MAX 128 /* bytes of the description of a process */

struct control_file {
	struct patch_stream *stream;
	struct split_write split;
	int notifier_fd; /* borrowed; -1: /proc shows us how a process ends */
	struct control_file_listener listener;
	pid_t opener;        /* process; 0: unknown */
	pid_t writer_thread; /* the last that wrote; at first the one that opened; 0: unknown */
	pid_t writer;        /* its process */
	char who[WHO_MAX];   /* likewise, for the log */
	unsigned int n_logged;

	char *result; /* what is being read; NULL: nothing yet */
	size_t n_result;
	size_t n_read;            /* of the result */
	unsigned int n_result_of; /* the transactions there were when it was taken */
};

struct control_file *control_file_new(struct store *store, size_t max_patch, int notifier_fd,
                                      pid_t thread, const struct control_file_listener *listener)
{
	_cleanup_(control_file_freep) struct control_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->stream = patch_stream_new(store, max_patch);
	if (!file->stream)
		return NULL;
	file->notifier_fd = notifier_fd;
	file->listener = *listener;
	file->opener = asker_describe(thread, file->who, sizeof(file->who));
	file->writer = file->opener;
	file->writer_thread = thread;
	return steal_ptr(file);
}

void control_file_free(struct control_file *file)
{
	if (!file)
		return;
	patch_stream_free(file->stream);
	split_write_deinit(&file->split);
	free(file->result);
	free(file);
}

/* Says what the last call of the stream did, if that was a transaction: who changed a node is what
 * its log is for. */
static void tell_transaction(struct control_file *file)
{
	const struct result *result = patch_stream_last(file->stream);
	const struct diag_entry *error;
	const char *rule;
	char message[512] = "", reason[512] = "";

	if (patch_stream_count(file->stream) == file->n_logged)
		return;
	file->n_logged = patch_stream_count(file->stream);
	file->listener.transacted(file->listener.userdata, result->kind);
	if (result->message)
		asker_escape(result->message, message, sizeof(message));
	error = diag_first_error(&result->diag);
	if (error && error->message)
		asker_escape(error->message, reason, sizeof(reason));
	rule = error ? error->rule : NULL;
	log_message(result->kind == RESULT_FAILED ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE,
	            "control: %s%s%s%s%s%s, by %s", message, reason[0] ? ": " : "", reason,
	            rule ? " [" : "", rule ? rule : "", rule ? "]" : "", file->who);
}

/* A look at /proc takes as long as ten other system calls: only where it is another one than before. The
 * kernel gives the number of a thread that has ended to no other until it has been through all. */
static void note_writer(struct control_file *file, pid_t thread)
{
	if (thread == file->writer_thread)
		return;
	file->writer_thread = thread;
	file->writer = asker_describe(thread, file->who, sizeof(file->who));
}

int control_file_write(struct control_file *file, const void *data, size_t n_data, off_t offset,
                       pid_t thread)
{
	int r = split_write_error(&file->split, data, n_data, offset, thread);

	if (r)
		return r;
	note_writer(file, thread);
	r = patch_stream_write(file->stream, data, n_data);
	split_write_note(&file->split, data, n_data, offset, thread, r);
	tell_transaction(file);
	return r;
}

/* The notifier may be busy: it is asked only when it must be. */
static bool is_killed(const struct control_file *file, pid_t thread)
{
	if (!asker_is_signaled(thread))
		return false;
	return file->notifier_fd < 0 ? asker_is_killed(thread)
	                             : notifier_ask_killed(file->notifier_fd, thread);
}

int control_file_flush(struct control_file *file, pid_t thread)
{
	pid_t process = thread == file->writer_thread ? file->writer : asker_process(thread);
	int r = 0;

	if ((process == file->opener || process == file->writer) && is_killed(file, thread)) {
		patch_stream_abort(file->stream);
		r = -EIO;
	} else if (process == file->opener) {
		r = patch_stream_flush(file->stream);
	}
	tell_transaction(file);
	return r;
}

int control_file_fsync(struct control_file *file)
{
	int r = patch_stream_flush(file->stream);

	tell_transaction(file);
	return r;
}

void control_file_release(struct control_file *file)
{
	patch_stream_release(file->stream);
	tell_transaction(file);
	control_file_free(file);
}

pid_t control_file_opener(const struct control_file *file)
{
	return file->opener;
}

bool control_file_is_pending(const struct control_file *file)
{
	return patch_stream_is_pending(file->stream);
}

/* Takes a copy of the result when there was a transaction since the last read. */
static int take_result(struct control_file *file)
{
	size_t n = 0;
	const char *text = patch_stream_result(file->stream, &n);
	unsigned int count = patch_stream_count(file->stream);
	char *copy;

	tell_transaction(file);
	if (file->result && file->n_result_of == count)
		return 0;
	copy = malloc(n + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, n);
	free(file->result);
	file->result = copy;
	file->n_result = n;
	file->n_result_of = count;
	file->n_read = 0;
	return 0;
}

int control_file_read(struct control_file *file, size_t size, off_t offset, const char **datap,
                      size_t *n_datap)
{
	size_t n_left;
	int r = take_result(file);

	if (r)
		return r;
	if (offset == 0)
		file->n_read = 0;
	n_left = file->n_result - file->n_read;
	*datap = file->result + file->n_read;
	*n_datap = size < n_left ? size : n_left;
	file->n_read += *n_datap;
	return 0;
}
