/* SPDX-License-Identifier: Apache-2.0
 * What was measured, sampled, tested and where, from an event back into farm words. */
#include "reversal_priv.h"

void reversal_temperatures(const struct reversal *r)
{
	const struct json *element = reversal_entry(json_get(r->event, STR("sensorElementList")), 0);
	const struct json *reports = element ? json_get(element, STR("sensorReport")) : NULL, *report;
	if (!reports || r->kind->class == RECORD_TEST)
		return;
	json_name(r->w, STR("temperature"));
	json_begin_array(r->w);
	for (size_t i = 0; (report = reversal_entry(reports, i)); i++) {
		json_begin_object(r->w);
		json_pair(r->w, STR("time"), reversal_text(report, STR("time")));
		json_pair(r->w, STR("value"), reversal_number(json_get(report, STR("value"))));
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

void reversal_shortage(const struct reversal *r)
{
	const struct json *shortage = json_get(r->event, FT("shortage"));
	if (!shortage)
		return;
	json_name(r->w, STR("shortage"));
	json_begin_object(r->w);
	reversal_farm_amount(r, shortage);
	json_pair(r->w, STR("reason"), reversal_text(shortage, FT("reason")));
	json_end_object(r->w);
}

void reversal_sample(const struct reversal *r)
{
	const struct json *sample = json_get(r->event, FT("sample"));
	if (!sample)
		return;
	if (r->kind->class == RECORD_TEST) {
		json_pair(r->w, STR("sample"), reversal_text(sample, FT("id")));
		return;
	}
	json_name(r->w, STR("sample"));
	json_begin_object(r->w);
	json_pair(r->w, STR("id"), reversal_text(sample, FT("id")));
	json_pair(r->w, STR("takenAt"), reversal_text(sample, FT("takenAt")));
	reversal_copy(r, FT("taker"), STR("taker"));
	reversal_farm_amount(r, sample);
	json_end_object(r->w);
}

static void put_results(const struct reversal *r)
{
	const struct json *results = json_get(r->event, FT("results")), *result;
	if (!reversal_entries(results))
		return;
	json_name(r->w, STR("results"));
	json_begin_array(r->w);
	for (size_t i = 0; (result = reversal_entry(results, i)); i++) {
		const struct json *detected = json_get(result, FT("detected"));
		json_begin_object(r->w);
		json_pair(r->w, STR("substance"), reversal_text(result, FT("substance")));
		json_pair(r->w, STR("value"), reversal_number(json_get(result, FT("value"))));
		json_pair(r->w, STR("unit"), reversal_text(result, FT("unit")));
		json_name(r->w, STR("detected"));
		json_bool(r->w, detected && detected->kind == JSON_BOOL && detected->boolean);
		json_pair(r->w, STR("limitOfDetection"),
			  reversal_number(json_get(result, FT("limitOfDetection"))));
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

/* A test of a sample names no lot: who may say what was found need not see the lot. */
void reversal_test(const struct reversal *r)
{
	const struct json *lot = reversal_entry(json_get(r->event, STR("quantityList")), 0);
	reversal_sample(r);
	if (lot && !json_get(r->event, FT("sample")))
		json_pair(r->w, STR("lot"), reversal_text(lot, STR("epcClass")));
	reversal_copy(r, FT("kind"), STR("kind"));
	reversal_copy(r, FT("outcome"), STR("outcome"));
	reversal_copy(r, FT("subject"), STR("subject"));
	put_results(r);
	json_pair(r->w, STR("inhibition"), reversal_number(json_get(r->event, FT("inhibition"))));
	reversal_copy(r, FT("method"), STR("method"));
	reversal_copy(r, FT("lab"), STR("lab"));
	reversal_copy(r, FT("notifiedAt"), STR("notifiedAt"));
}

void reversal_position(const struct reversal *r)
{
	const struct json *position = json_get(r->event, FT("position"));
	const struct json *radius = position ? json_get(position, FT("accuracyM")) : NULL;
	int64_t accuracy;
	if (!position)
		return;
	json_name(r->w, STR("position"));
	json_begin_object(r->w);
	json_pair(r->w, STR("lat"), reversal_number(json_get(position, FT("lat"))));
	json_pair(r->w, STR("lon"), reversal_number(json_get(position, FT("lon"))));
	if (radius && json_integer(radius, &accuracy))
		json_pair_int(r->w, STR("accuracyM"), accuracy);
	json_end_object(r->w);
}
