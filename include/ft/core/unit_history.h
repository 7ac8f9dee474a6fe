/* SPDX-License-Identifier: Apache-2.0
 * What is in a crate or pallet from when to when, out of what records say was put in and taken out. Nothing depends on the
 * order in which the records came: it is told anew whenever one is added or no longer stands. */
#ifndef FT_CORE_UNIT_HISTORY_H
#define FT_CORE_UNIT_HISTORY_H

#include "ft/base/arena.h"
#include "ft/base/decimal.h"
#include "ft/base/time.h"
#include "ft/base/uuid.h"

enum unit_act_kind {
	UNIT_LOAD,   /* puts a thing in */
	UNIT_UNLOAD, /* takes a thing out */
	UNIT_EMPTY,  /* takes all out */
	UNIT_USE,    /* all goods in it went into a transformation; units in it stay, empty */
	UNIT_ACT_KINDS
};
extern const char *const unit_act_words[UNIT_ACT_KINDS];

struct unit_thing { /* a lot, so much of it, one pack of it, or a unit */
	struct uuid id;
	bool is_unit;
	struct str item; /* code of the pack; absent: none */
	bool measured;   /* an unload without: all of the lot that is there */
	struct decimal base;
};
/* Acts of one record about one unit have one time each and different `n`. */
struct unit_act {
	enum unit_act_kind kind;
	usec_t at, recorded_us;
	struct uuid event;
	int64_t n;
	struct unit_thing thing; /* of UNIT_LOAD and UNIT_UNLOAD */
};
enum { UNIT_STAY_GIVEN = -1 }; /* no act of these */
/* A thing in the unit: since `from_us`, until `to_us` if it has ended. event and n tell it from others of the unit. */
struct unit_stay {
	struct unit_thing thing;
	struct uuid event;
	int64_t n;
	usec_t from_us;
	int64_t act;  /* index of the act that began it, or UNIT_STAY_GIVEN */
	int64_t rest; /* index of the stay of which it is what was left, or UNIT_STAY_GIVEN */
	bool ended;
	usec_t to_us;
	struct uuid to_event;
};
struct unit_history {
	struct unit_stay *stays; /* those that were given first, in their order */
	size_t count;
	struct decimal
		*lacking; /* parallel to the acts: what an unload of so much did not find; of a unit 1 */
};

/* From what was in the unit before the first of the acts, by the order in which it came in, on. Acts may come in any order;
 * those of one time are taken as they were recorded. Everything in the arena. */
void unit_history_tell(struct arena *arena, const struct unit_stay *given, size_t given_count,
		       const struct unit_act *acts, size_t act_count, struct unit_history *ret);

#endif
