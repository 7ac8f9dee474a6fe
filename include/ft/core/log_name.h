/* SPDX-License-Identifier: Apache-2.0
 * What the logs of one installation are called. Statements name the installation's origin for ever; a log that had to end
 * goes on as another, whose name has a number behind the origin: "farm.example", "farm.example/2", "farm.example/3" … The
 * name is what its heads and its key bear (https://c2sp.org/tlog-checkpoint). */
#ifndef FT_CORE_LOG_NAME_H
#define FT_CORE_LOG_NAME_H

#include "ft/base/str.h"

struct log_name {
	struct str origin; /* as statements say it */
	int64_t number;    /* from 1 */
};
/* Any name is one: without a number that has one spelling, it is the first log of an origin that is called so. */
struct log_name log_name_read(struct str name);
/* The name of the log with this number, from 1. */
struct str log_name_print(struct arena *arena, struct log_name name);
/* Whether statements of the origin count in the log of this name. */
bool log_name_is_of(struct str name, struct str origin);
/* Whether `later` goes on where `earlier` ended, at once or over others. */
bool log_name_succeeds(struct str later, struct str earlier);

#endif
