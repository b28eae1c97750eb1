#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The notification protocol of systemd services, sd_notify(3). */

#include <stdbool.h>

/* Sends assignments like "READY=1" to $NOTIFY_SOCKET; without one nothing happens. */
void notify_manager(const char *state);

/* The same with a descriptor (-1: none), borrowed, which goes along. True: it was sent. */
bool notify_manager_fd(const char *state, int fd);

/* "RELOADING=1" with the time that Type=notify-reload wants, and a status; READY=1 is to follow. */
void notify_manager_reloading(const char *status);
