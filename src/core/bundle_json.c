/* SPDX-License-Identifier: Apache-2.0
 * Bundles as JSON: reading what somebody saved, writing what is handed out. */
#include <string.h>

#include "ft/base/text.h"
#include "ft/core/bundle.h"
#include "proof_priv.h"

bool bundle_is(const struct json *object)
{
	struct str kind = json_text(json_get(object, STR("bundle")));
	return kind.at && str_equal(kind, BUNDLE_KIND);
}

static enum problem take_list(const struct json *object, const char *name, size_t max,
			      const struct json **ret, struct fault *reterr)
{
	const struct json *list = json_get(object, str_of(name));
	if (!list || list->kind != JSON_ARRAY)
		return fault_set(reterr, PROBLEM_FIELD_TYPE, "array", "/%s", name);
	if (list->count > max)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "maxItems", "/%s", name);
	*ret = list;
	return PROBLEM_NONE;
}

static enum problem read_lots(struct arena *arena, const struct json *list, struct bundle *bundle,
			      struct fault *reterr)
{
	struct bundle_lot *lots = arena_array(arena, struct bundle_lot, list->count);
	for (size_t i = 0; i < list->count; i++) {
		struct bytes salt;
		lots[i].uri = json_text(json_get(&list->items[i], STR("uri")));
		struct str text = json_text(json_get(&list->items[i], STR("salt")));
		if (!lots[i].uri.at || !text.at || !base64_decode(arena, text, &salt) ||
		    salt.len != sizeof lots[i].salt)
			return fault_set(reterr, PROBLEM_FIELD_RANGE, "lot", "/lots/%zu", i);
		memcpy(lots[i].salt, salt.at, sizeof lots[i].salt);
	}
	bundle->lots = lots;
	bundle->lot_count = list->count;
	return PROBLEM_NONE;
}

static enum problem read_keys(struct arena *arena, const struct json *list, struct bundle *bundle,
			      struct fault *reterr)
{
	struct proof_key *keys = arena_array(arena, struct proof_key, list->count);
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < list->count; i++)
		p = proof_key_read(arena, &list->items[i], "/keys", &keys[i], reterr);
	bundle->keys = keys;
	bundle->key_count = list->count;
	return p;
}

static enum problem read_steps(struct arena *arena, const struct json *list, struct bundle *bundle,
			       struct fault *reterr)
{
	struct bundle_step *steps = arena_array(arena, struct bundle_step, list->count);
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < list->count; i++) {
		struct fault fault = {0};
		p = proof_read_body(arena, &list->items[i], &steps[i].proof, &fault);
		if (p)
			return fault_set(reterr, p, fault.rule, "/steps/%zu%.100s", i, fault.pointer);
		steps[i].event = json_text(json_get(&list->items[i], STR("event")));
	}
	bundle->steps = steps;
	bundle->step_count = list->count;
	return p;
}

enum problem bundle_read(struct arena *arena, const struct json *object, struct bundle *ret,
			 struct fault *reterr)
{
	const struct json *lots = NULL, *keys = NULL, *steps = NULL, *trail = json_get(object, STR("trail"));
	struct bundle bundle = {.lot = json_text(json_get(object, STR("lot"))),
				.checkpoint = json_text(json_get(object, STR("checkpoint")))};
	enum problem p = PROBLEM_NONE;
	if (!bundle_is(object))
		p = fault_set(reterr, PROBLEM_FIELD_RANGE, "kind", "/bundle");
	if (trail && trail->kind == JSON_OBJECT)
		bundle.trail = trail->span;
	if (!p)
		p = take_list(object, "lots", BUNDLE_MAX_LOTS, &lots, reterr);
	if (!p)
		p = take_list(object, "keys", BUNDLE_MAX_KEYS, &keys, reterr);
	if (!p)
		p = take_list(object, "steps", BUNDLE_MAX_STEPS, &steps, reterr);
	if (!p)
		p = read_lots(arena, lots, &bundle, reterr);
	if (!p)
		p = read_keys(arena, keys, &bundle, reterr);
	if (!p)
		p = read_steps(arena, steps, &bundle, reterr);
	if (!p)
		*ret = bundle;
	return p;
}

static void write_lots(struct json_writer *w, const struct bundle *bundle)
{
	json_name(w, STR("lots"));
	json_begin_array(w);
	for (size_t i = 0; i < bundle->lot_count; i++) {
		struct bytes salt = {bundle->lots[i].salt, sizeof bundle->lots[i].salt};
		json_begin_object(w);
		json_pair(w, STR("uri"), bundle->lots[i].uri);
		json_pair(w, STR("salt"), base64_encode(w->out->arena, salt));
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_keys(struct json_writer *w, const struct bundle *bundle)
{
	json_name(w, STR("keys"));
	json_begin_array(w);
	for (size_t i = 0; i < bundle->key_count; i++)
		proof_key_write(w, &bundle->keys[i]);
	json_end_array(w);
}

static void write_steps(struct json_writer *w, const struct bundle *bundle)
{
	json_name(w, STR("steps"));
	json_begin_array(w);
	for (size_t i = 0; i < bundle->step_count; i++) {
		json_begin_object(w);
		json_pair(w, STR("event"), bundle->steps[i].event);
		proof_write_body(w, &bundle->steps[i].proof);
		json_end_object(w);
	}
	json_end_array(w);
}

void bundle_write(struct json_writer *w, const struct bundle *bundle)
{
	json_begin_object(w);
	json_pair(w, STR("bundle"), BUNDLE_KIND);
	json_pair(w, STR("lot"), bundle->lot);
	if (bundle->trail.at) {
		json_name(w, STR("trail"));
		json_raw(w, bundle->trail);
	}
	json_name(w, STR("checkpoint"));
	if (bundle->checkpoint.at)
		json_string(w, bundle->checkpoint);
	else
		json_null(w);
	write_lots(w, bundle);
	write_keys(w, bundle);
	write_steps(w, bundle);
	json_end_object(w);
}
