/* SPDX-License-Identifier: Apache-2.0
 * Goods and alerts pass each other one at a time: a batch that raises an alert looks downstream for what was sold and where
 * the goods went, one that moves goods looks upstream for alerts. Two of them at once would each look before the other has
 * written. Batches that move goods share a lock; one that raises an alert has it to itself. */
#include "capture_alerts_priv.h"

/* All but what is done at a site, or begins there. */
static bool moves_goods(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		enum record_class class = item->job->kind->class;
		bool withdraws = item->job->event && item->job->event->is_declaration;
		if (!item->problem && (withdraws || (class != RECORD_OBSERVE && class != RECORD_CREATE)))
			return true;
	}
	return false;
}

void raising_queue(struct batch *batch)
{
	batch->raises |=
		partner_lineage_comes(batch); /* what was sold may get parents, and alerts of these */
	batch->passes = !batch->raises && moves_goods(batch);
	if (batch->raises)
		db_queue(batch->db, &sql_alert_raise_begin, /* params */ NULL);
	else if (batch->passes)
		db_queue(batch->db, &sql_alert_pass, /* params */ NULL);
}

enum problem raising_take(struct batch *batch)
{
	struct alert_raise_begin_row begun;
	struct alert_pass_row passing;
	if (batch->raises)
		return db_take_one(batch->db, batch->arena, &sql_alert_raise_begin, &begun);
	return batch->passes ? db_take_one(batch->db, batch->arena, &sql_alert_pass, &passing) : PROBLEM_NONE;
}

enum problem raising_begin(struct batch *batch)
{
	struct alert_raise_try_row row;
	if (batch->raises)
		return PROBLEM_NONE;
	enum problem p = alert_raise_try(batch->db, batch->arena, &row);
	if (p)
		return p;
	batch->raises = row.locked;
	batch->raises_late = !row.locked;
	return row.locked ? PROBLEM_NONE : PROBLEM_CONFLICT;
}
