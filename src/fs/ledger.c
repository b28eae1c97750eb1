/* SPDX-License-Identifier: Apache-2.0 */

#include "ledger.h"

#define IS_LOST ((uint64_t)1 << 63) /* of the id of a file: the process that knew it has died */

void ledger_count(struct ledger *ledger, enum ledger_counter counter)
{
	__atomic_fetch_add(&ledger->counters[counter], 1, __ATOMIC_RELAXED);
}

uint64_t ledger_get(const struct ledger *ledger, enum ledger_counter counter)
{
	return __atomic_load_n(&ledger->counters[counter], __ATOMIC_RELAXED);
}

/* The entry that has id, or the first free one for id 0; NULL: there is none. */
static struct ledger_file *find(const struct ledger *ledger, uint64_t id)
{
	for (size_t i = 0; i < LEDGER_FILES_MAX; i++) {
		if ((ledger->files[i].id & ~IS_LOST) == id)
			return (struct ledger_file *)&ledger->files[i];
	}
	return NULL;
}

/* What is stored here is read by a process that begins when this one has ended: what counts is that
 * the compiler stores it, and in this order. */
static void set_id(struct ledger_file *file, uint64_t id)
{
	__atomic_store_n(&file->id, id, __ATOMIC_RELEASE);
}

void ledger_set_pending(struct ledger *ledger, uint64_t id, pid_t opener)
{
	struct ledger_file *file = find(ledger, id);

	if (file)
		return;
	file = find(ledger, 0);
	if (!file) {
		__atomic_store_n(&ledger->is_full, 1, __ATOMIC_RELEASE);
		return;
	}
	file->opener = opener;
	set_id(file, id);
}

void ledger_clear_pending(struct ledger *ledger, uint64_t id)
{
	struct ledger_file *file = find(ledger, id);

	if (file)
		set_id(file, 0);
}

bool ledger_is_pending(const struct ledger *ledger, uint64_t id)
{
	return ledger->is_full || find(ledger, id);
}

pid_t ledger_opener(const struct ledger *ledger, uint64_t id)
{
	const struct ledger_file *file = find(ledger, id);

	return file ? (pid_t)file->opener : 0;
}

size_t ledger_take_over(struct ledger *ledger)
{
	size_t n = 0;

	for (size_t i = 0; i < LEDGER_FILES_MAX; i++) {
		struct ledger_file *file = &ledger->files[i];

		if (!file->id || file->id & IS_LOST)
			continue;
		set_id(file, file->id | IS_LOST);
		n++;
	}
	return n;
}
