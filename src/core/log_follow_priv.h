/* SPDX-License-Identifier: Apache-2.0
 * What judging entries and reading a state share. */
#ifndef LOG_FOLLOW_PRIV_H
#define LOG_FOLLOW_PRIV_H

#include "ft/core/log_follow.h"

/* Keys in the order of the log: its organisation has one from now on. Borrowed, as long as `f`. */
void log_follow_add_key(struct log_follow *f, struct follow_key *key);

#endif
