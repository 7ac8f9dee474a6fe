/* SPDX-License-Identifier: Apache-2.0
 * The row of an EPCIS capture job: what became of each event of a document, written with what was stored of it. */
#include "capture_priv.h"

#include "ft/codec/json.h"

void capture_error_write(struct json_writer *w, size_t event, enum problem p, const struct fault *fault)
{
	json_begin_object(w);
	json_pair_int(w, STR("event"), (int64_t)event);
	json_pair(w, STR("slug"), str_of(problem_info(p)->slug));
	json_pair(w, STR("pointer"), str_of(fault->pointer));
	json_pair(w, STR("rule"), str_of(fault->rule));
	json_pair(w, STR("value"), fault->value);
	json_pair(w, STR("detail"), fault->detail);
	json_end_object(w);
}

/* Of each event that is in, what its answer warned of when it was stored. */
static void put_warnings(struct json_writer *w, size_t event, const struct capture_job *job)
{
	struct json answer;
	struct fault ignored = {0};
	if (!job->answer.at || json_parse(job->arena, job->answer, &answer, &ignored))
		return;
	const struct json *warnings = json_get(&answer, STR("warnings"));
	for (size_t i = 0; warnings && i < warnings->count; i++) {
		json_begin_object(w);
		json_pair_int(w, STR("event"), (int64_t)event);
		json_pair(w, STR("id"), json_text(json_get(&answer, STR("event"))));
		json_pair(w, STR("warning"), json_text(&warnings->items[i]));
		json_end_object(w);
	}
}

static struct str warnings_of(struct arena *arena, const struct capture_unit *unit)
{
	struct buf out = buf_create(arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_array(&w);
	for (size_t i = 0; i < unit->count; i++)
		if (!unit->jobs[i].problem)
			put_warnings(&w, unit->receipt->places[i], &unit->jobs[i]);
	json_end_array(&w);
	return buf_str(&out);
}

void receipt_queue(struct db *db, struct arena *arena, const struct capture_unit *unit)
{
	const struct capture_receipt *receipt = unit->receipt;
	size_t refused = receipt->error_count;
	struct buf errors = buf_create(arena, 256);
	struct json_writer w = json_writer(&errors);
	json_begin_array(&w);
	for (size_t i = 0; i < receipt->error_count; i++)
		json_raw(&w, receipt->errors[i]);
	for (size_t i = 0; i < unit->count; i++) {
		const struct capture_job *job = &unit->jobs[i];
		if (!job->problem)
			continue;
		capture_error_write(&w, receipt->places[i], job->problem, job->fault);
		refused++;
	}
	json_end_array(&w);
	const struct capture_job_insert_params params = {
		.id = receipt->id,
		.org_id = receipt->party,
		.api_key = receipt->key,
		.created_at = receipt->created_us,
		.finished_at = clock_now(),
		.rollback = unit->all_or_nothing,
		.success = refused == 0,
		.events = (int64_t)receipt->events,
		.stored = (int64_t)(receipt->events - refused),
		.errors = str_bytes(buf_str(&errors)),
		.warnings = warnings_of(arena, unit),
	};
	db_queue(db, &sql_capture_job_insert, &params);
}
