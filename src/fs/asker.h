#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who is behind a request. FUSE gives the number of a thread, in the process namespace of whoever
 * mounted; 0 when it has none there. The thread waits for our answer, so that /proc still has it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether the process of the thread is being killed by a signal, not ending by itself. Of a process
 * that we may not trace, see below. */
bool asker_is_killed(pid_t thread);

/* What /proc shows to anybody of that: false is surely no. */
bool asker_is_signaled(pid_t thread);

/* Whether the thread will look at what a call of its gives: it is known, and does not exit just now,
 * when the kernel closes its files and nobody gets what comes of it. */
bool asker_hears(pid_t thread);

/* The process (thread group) of a thread, or 0 when it is not known. */
pid_t asker_process(pid_t thread);

/* "pid 12 (cat)", "pid 12" or "an unknown process"; printable ASCII. Returns the process, as
 * asker_process(). */
pid_t asker_describe(pid_t thread, char *text, size_t n_text);

/* Appends to text, a string in n_text bytes, at most that many: other bytes than printable ASCII
 * are written as \xNN, so that no name can forge a line of the log or speak to a terminal. */
void asker_escape(const char *name, char *text, size_t n_text);
