#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The notification protocol of systemd services, sd_notify(3). */

/* Sends assignments like "READY=1" to $NOTIFY_SOCKET; without one nothing happens. */
void notify_manager(const char *state);

/* "RELOADING=1" with the time that Type=notify-reload wants, and a status; READY=1 is to follow. */
void notify_manager_reloading(const char *status);
