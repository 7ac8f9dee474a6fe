/* SPDX-License-Identifier: Apache-2.0
 * Captures with an Idempotency-Key: looked up before they are decided, remembered in the transaction that stores them.
 * Their records' ids are given or derive from the key, so that the same request elsewhere at the same time conflicts. */
#include "capture_priv.h"

enum problem units_recall(struct db *db, struct arena *arena, struct capture_unit **units, size_t count)
{
	const struct once **asked = arena_array(arena, const struct once *, count);
	struct capture_unit **owners = arena_array(arena, struct capture_unit *, count);
	struct once_row *rows = arena_array(arena, struct once_row, count);
	enum problem *problems = arena_array(arena, enum problem, count);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		units[i]->kept = NULL;
		units[i]->remembered = false;
		units[i]->problem = PROBLEM_NONE;
		if (!units[i]->once)
			continue;
		owners[n] = units[i];
		asked[n++] = units[i]->once;
	}
	enum problem p = n ? once_recall_many(db, arena, asked, n, rows, problems) : PROBLEM_NONE;
	for (size_t i = 0; !p && i < n; i++) {
		struct capture_unit *unit = owners[i];
		struct arena *theirs = unit->jobs->arena;
		if (problems[i] != PROBLEM_NOT_FOUND)
			unit->problem = problems[i];
		unit->remembered = !problems[i];
		if (problems[i] || !rows[i].answered)
			continue;
		const struct once_answer *found = &rows[i].answer;
		unit->kept = arena_new(theirs, struct once_answer);
		*unit->kept = (struct once_answer){.status = found->status,
						   .location = arena_str(theirs, found->location),
						   .body = arena_str(theirs, found->body)};
	}
	return p;
}

static bool is_in(const struct capture_unit *unit)
{
	for (size_t i = 0; i < unit->count; i++)
		if (!unit->jobs[i].problem)
			return true;
	return false;
}

/* A request of which nothing is in leaves nothing: it may be sent again, corrected or not. */
void units_remember(struct db *db, struct arena *arena, struct capture_unit **units, size_t count)
{
	struct once_entry *new = arena_array(arena, struct once_entry, count);
	struct once_entry *known = arena_array(arena, struct once_entry, count);
	size_t new_count = 0, known_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct capture_unit *unit = units[i];
		if (!unit->once || unit->kept || unit->problem || !is_in(unit))
			continue;
		struct once_answer *answer = arena_new(arena, struct once_answer);
		const struct once_entry entry = {.once = unit->once,
						 .answer = unit->answer(unit, answer) ? answer : NULL};
		if (!unit->remembered)
			new[new_count++] = entry;
		else if (entry.answer)
			known[known_count++] = entry;
	}
	once_queue(db, arena, new, new_count, clock_now());
	once_queue_answers(db, arena, known, known_count);
}
