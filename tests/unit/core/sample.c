/* SPDX-License-Identifier: Apache-2.0
 * Makes random records and resolves them as the service would. */
#include "sample.h"

#include <assert.h>
#include <string.h>

static const char *const units[] = {"KGM", "kg", "TNE", "jin", "LTR", "HEA", "XBX", "XPK", "GRM", "H87"};
static const char *const values[] = {"1", "12.5", "0.000001", "999999999999.999", "62.50", "300"};

static bool chance(struct generator *g, size_t of)
{
	return generator_below(g, of) == 0;
}

static void put_raw(const char *name, struct str raw, struct json_writer *w)
{
	json_name(w, str_of(name));
	json_raw(w, raw);
}

static void put_quantity(struct generator *g, struct json_writer *w)
{
	size_t unit = generator_below(g, sizeof units / sizeof units[0]);

	json_name(w, STR("quantity"));
	json_begin_object(w);
	json_pair(w, STR("value"), str_of(values[generator_below(g, sizeof values / sizeof values[0])]));
	json_pair(w, STR("unit"), str_of(units[unit]));
	if (unit >= 5 && unit <= 7 && chance(g, 2))
		put_raw("net",
			chance(g, 2) ? STR("{\"value\":\"7.25\",\"unit\":\"KGM\"}")
				     : STR("{\"value\":3,\"unit\":\"jin\"}"),
			w);
	json_end_object(w);
}

static void put_list(struct arena *arena, struct generator *g, const char *name, bool outputs,
		     struct json_writer *w)
{
	size_t count = 1 + generator_below(g, 4);

	json_name(w, str_of(name));
	json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(w);
		if (outputs)
			json_pair(w, STR("product"), STR("小白菜"));
		if (!outputs || chance(g, 2))
			json_pair(w, STR("lot"), arena_printf(arena, "%s-%zu", name, i));
		put_quantity(g, w);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_common(struct arena *arena, struct generator *g, struct json_writer *w)
{
	if (chance(g, 2))
		put_raw("documents",
			STR("[{\"type\":\"inv\",\"number\":\"发票 7/1 FARMTEXT\"},"
			    "{\"type\":\"过磅单\",\"number\":\"https://example.org/w?n=7#a\"},"
			    "{\"number\":\"x y\"}]"),
			w);
	if (chance(g, 2))
		json_pair(
			w, STR("note"),
			arena_printf(arena, SAMPLE_PERSONAL " \"quoted\"\nline %zu", generator_below(g, 9)));
	if (chance(g, 2))
		put_raw("position", STR("{\"lat\":" SAMPLE_LATITUDE ",\"lon\":\"-107.39\",\"accuracyM\":8}"),
			w);
	if (chance(g, 2))
		json_pair(w, STR("device"), STR(SAMPLE_PERSONAL "-device"));
	if (chance(g, 2))
		json_pair(w, STR("deviceTime"), STR(SAMPLE_DEVICE_TIME "+08:00"));
	if (chance(g, 2))
		json_pair(w, STR("entryMode"), STR("paper"));
}

static bool is_one_of(struct str word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_equal(word, str_of(*words)))
			return true;
	return false;
}

static void put_observation(struct generator *g, struct str type, struct json_writer *w)
{
	static const char *const with_animals[] = {"birth", "move", "death", NULL};

	json_pair(w, STR("site"), STR("site"));
	if (chance(g, 2))
		json_pair(w, STR("lot"), STR("lot-1"));
	if (is_one_of(type, with_animals)) {
		if (chance(g, 2))
			put_quantity(g, w);
		if (chance(g, 2))
			put_raw("animals", STR("[\"150011600000001\",\"150011600000002\"]"), w);
		if (chance(g, 2))
			json_pair(w, STR("reason"), STR(SAMPLE_FARM_TEXT));
		return;
	}
	json_pair(w, STR("product"), STR("10% 吡虫啉可湿性粉剂"));
	if (chance(g, 2))
		put_raw("active", STR("[\"吡虫啉\",\"imidacloprid\"]"), w);
	put_raw("dose",
		chance(g, 2) ? STR("\"2 g per 15 L\"") : STR("{\"value\":30,\"unit\":\"g\",\"per\":\"mu\"}"),
		w);
	if (chance(g, 2))
		json_pair(w, STR("target"), STR("蚜虫"));
	if (chance(g, 2))
		json_pair(w, STR("until"), STR("2026-05-09T18:00:00+08:00"));
}

/* What a record of goods names: lots, units, or both. */
static void put_goods(struct arena *arena, struct generator *g, struct json_writer *w)
{
	bool crates = chance(g, 3);

	if (!crates || chance(g, 2))
		put_list(arena, g, "lots", false, w);
	if (crates)
		put_raw("units", chance(g, 2) ? STR("[\"C1\",\"C2\"]") : STR("[\"C1\"]"), w);
}

static const char temperatures[] = "[{\"time\":\"2026-05-03T07:00:00+08:00\",\"value\":-18.50},"
				   "{\"time\":\"2026-05-03T07:10:00+08:00\",\"value\":\"4\"}]";

static void put_look(struct arena *arena, struct generator *g, struct str type, struct json_writer *w)
{
	bool certify = str_equal(type, STR("certify"));

	if (certify || chance(g, 2))
		put_list(arena, g, "lots", false, w);
	else
		json_pair(w, STR("site"), STR("site"));
	if (str_equal(type, STR("inspect")) && chance(g, 2))
		put_raw("findings", STR("[\"" SAMPLE_PERSONAL " 无记录\",\"clean\"]"), w);
	if (str_equal(type, STR("sample")))
		put_raw("sample",
			chance(g, 2) ? STR("{\"id\":\"" SAMPLE_FARM_TEXT "-7\",\"taker\":\"" SAMPLE_PERSONAL
					   "\",\"takenAt\":\"2026-05-03T07:00:00+08:00\","
					   "\"quantity\":{\"value\":2,\"unit\":\"jin\"}}")
				     : STR("{\"id\":\"" SAMPLE_FARM_TEXT "-8\"}"),
			w);
	if (certify) {
		json_pair(w, STR("form"), chance(g, 2) ? STR("producer") : STR("buyer"));
		put_raw("basis", STR("[\"quality_control\",\"own_test\"]"), w);
	}
}

static const struct record_kind *other_kind(struct generator *g)
{
	static const char *const words[] = {"harvest", "pack", "ship", "receive", "treat", "sample", "sell"};

	return record_kind_find(str_of(words[generator_below(g, sizeof words / sizeof words[0])]));
}

static void put_correction(struct arena *arena, struct generator *g, struct json_writer *w)
{
	json_pair(w, STR("event"), STR("0196a5b0-0000-7000-8000-000000000009"));
	json_pair(w, STR("reason"), STR(SAMPLE_FARM_TEXT));
	if (!chance(g, 3))
		put_raw("replacement", sample_record_json(arena, g, other_kind(g)), w);
	if (chance(g, 2))
		json_pair(w, STR("note"), STR(SAMPLE_PERSONAL));
	if (chance(g, 2))
		json_pair(w, STR("device"), STR(SAMPLE_PERSONAL "-device"));
	if (chance(g, 2))
		json_pair(w, STR("deviceTime"), STR(SAMPLE_DEVICE_TIME "+08:00"));
}

static void put_members(struct arena *arena, struct generator *g, const struct record_kind *kind,
			struct json_writer *w)
{
	static const char *const shortages[] = {
		"{\"quantity\":{\"value\":1,\"unit\":\"jin\"},\"reason\":\"FARMTEXT\"}",
		"{\"quantity\":{\"value\":\"0.5\",\"unit\":\"KGM\"}}"};

	switch (kind->class) {
	case RECORD_OBSERVE:
		put_observation(g, str_of(kind->word), w);
		return;
	case RECORD_CREATE:
		json_pair(w, STR("product"), STR("小白菜"));
		put_raw("sites", STR("[\"site\",\"site2\"]"), w);
		put_quantity(g, w);
		if (chance(g, 2))
			json_pair(w, STR("harvester"), STR(SAMPLE_PERSONAL "-张三"));
		return;
	case RECORD_TRANSFORM:
		put_list(arena, g, "inputs", false, w);
		put_list(arena, g, "outputs", true, w);
		if (strcmp(kind->word, "slaughter") == 0) {
			put_raw("animals", STR("[\"150011600000001\"]"), w);
			json_pair(w, STR("quarantineCertificate"), STR("渝检 " SAMPLE_FARM_TEXT));
		}
		return;
	case RECORD_SHIP:
		put_goods(arena, g, w);
		json_pair(w, STR("to"), STR("market"));
		if (chance(g, 2))
			json_pair(w, STR("vehicle"), STR("渝A" SAMPLE_PERSONAL));
		return;
	case RECORD_RECEIVE:
		json_pair(w, STR("shipment"), STR("0196a5b0-0000-7000-8000-000000000001"));
		put_list(arena, g, "lots", false, w);
		if (chance(g, 2))
			put_raw("shortage", str_of(shortages[generator_below(g, 2)]), w);
		if (chance(g, 2))
			put_raw("temperature", str_of(temperatures), w);
		return;
	case RECORD_STORE:
		put_goods(arena, g, w);
		if (chance(g, 2))
			put_raw("temperature", str_of(temperatures), w);
		return;
	case RECORD_HOLD:
	case RECORD_RELEASE:
	case RECORD_DESTROY:
	case RECORD_RETURN:
		put_goods(arena, g, w);
		json_pair(w, STR("reason"), STR(SAMPLE_FARM_TEXT));
		return;
	case RECORD_TEST:
		json_pair(w, STR("kind"), chance(g, 2) ? STR("lab") : STR("rapid"));
		json_pair(w, STR("outcome"), chance(g, 2) ? STR("positive") : STR("negative"));
		if (chance(g, 2))
			json_pair(w, STR("subject"), STR(SAMPLE_PERSONAL " 3 号摊"));
		else if (chance(g, 2))
			json_pair(w, STR("sample"), STR(SAMPLE_FARM_TEXT "-7"));
		else
			json_pair(w, STR("lot"), STR("lot-1"));
		if (chance(g, 2))
			put_raw("results",
				STR("[{\"substance\":\"噻虫胺 "
				    "(clothianidin)\",\"value\":0.25,\"unit\":\"mg/kg\","
				    "\"detected\":true,\"limitOfDetection\":\"0.010\"},"
				    "{\"substance\":\"x\",\"detected\":false},"
				    "{\"substance\":\"y\",\"value\":\"1.0\",\"unit\":\"NTU\",\"detected\":"
				    "true}]"),
				w);
		if (chance(g, 2))
			json_pair(w, STR("report"), STR(SAMPLE_FARM_TEXT " No. 7"));
		json_pair(w, STR("inhibition"), STR("-3.5"));
		return;
	case RECORD_LOAD:
	case RECORD_UNLOAD:
		json_pair(w, STR("unit"), STR("https://id.gs1.org/00/106141412345678908"));
		if (kind->class == RECORD_LOAD || chance(g, 2))
			put_raw("contents",
				STR("[{\"lot\":\"a\",\"quantity\":{\"value\":2,\"unit\":\"jin\"}},"
				    "{\"unit\":\"CRATE-7\"},{\"lot\":\"b\"}]"),
				w);
		return;
	case RECORD_LOOK:
		put_look(arena, g, str_of(kind->word), w);
		return;
	case RECORD_CORRECT:
		put_correction(arena, g, w);
		return;
	case RECORD_SELL:
		put_goods(arena, g, w);
		json_pair(w, STR("channel"), STR("market"));
		return;
	}
}

struct str sample_record_json(struct arena *arena, struct generator *g, const struct record_kind *kind)
{
	static const char *const times[] = {"2026-05-03T08:30:00+08:00", "2026-05-03T00:30:00.25Z",
					    "2026-05-02T20:30:00-03:30"};
	struct buf out = buf_create(arena, 1024);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, STR("type"), str_of(kind->word));
	json_pair(&w, STR("time"), str_of(times[generator_below(g, 3)]));
	put_members(arena, g, kind, &w);
	if (kind->class != RECORD_CORRECT)
		put_common(arena, g, &w);
	json_end_object(&w);
	return buf_str(&out);
}

const struct record *sample_decode(struct arena *arena, struct str text, struct fault *reterr)
{
	struct record *record = arena_new(arena, struct record);
	const struct record_kind *found;
	struct json json;
	struct instant now;
	enum problem p = instant_parse(STR("2026-06-01T00:00:00Z"), &now);

	if (!p)
		p = json_parse(arena, text, &json, reterr);
	if (!p)
		p = shape_decode(&record_shape, arena, &json, record, reterr);
	if (!p)
		p = record_check(record, now.at_us, &found, reterr);
	return p ? NULL : record;
}

static const struct record *decode(struct arena *arena, struct str text, const struct record_kind *kind)
{
	struct fault fault;
	const struct record *record = sample_decode(arena, text, &fault);

	assert(record && record_kind_find(record->type) == kind);
	return record;
}

static struct epcis_thing thing_of(struct arena *arena, const char *side, size_t index,
				   const struct record_quantity *q)
{
	struct epcis_thing thing = {
		.class_uri = arena_printf(arena, "https://example.cn/o/org/p/greens/b/%s%zu", side, index),
		.product_uri = STR("https://example.cn/o/org/p/greens"),
		.product_version = 3,
		.commodity = STR("vegetable/leafy/pak-choi")};
	struct quantity *net = arena_new(arena, struct quantity);
	enum problem p = PROBLEM_NONE;

	if (q != NULL)
		p = quantity_of(q->value, q->unit, &thing.quantity);
	if (!p && q != NULL && q->net != NULL) {
		p = quantity_of(q->net->value, q->net->unit, net);
		thing.net = net;
	}
	assert(!p);
	return thing;
}

static struct epcis_thing *things_of(struct arena *arena, const char *side, const struct list *lots)
{
	struct epcis_thing *things = arena_array(arena, struct epcis_thing, lots->count);

	for (size_t i = 0; i < lots->count; i++)
		things[i] = thing_of(arena, side, i, ((const struct record_lot *)lots->items)[i].quantity);
	return things;
}

void sample_resolve(struct arena *arena, struct epcis_source *source)
{
	const struct record *record = source->record;
	struct epcis_thing *outputs =
		arena_array(arena, struct epcis_thing, record->outputs.count + record->contents.count + 1);

	source->outputs = outputs;
	if (source->kind->class == RECORD_TRANSFORM) {
		source->inputs = things_of(arena, "in", &record->inputs);
		source->input_count = record->inputs.count;
		for (size_t i = 0; i < record->outputs.count; i++)
			outputs[i] =
				thing_of(arena, "out", i,
					 ((const struct record_output *)record->outputs.items)[i].quantity);
		source->output_count = record->outputs.count;
	} else if (record->contents.count > 0) {
		const struct record_content *contents = record->contents.items;

		size_t n = 0;

		for (size_t i = 0; i < record->contents.count; i++)
			if (contents[i].lot.at != NULL) {
				outputs[n] = thing_of(arena, "lot", n, contents[i].quantity);
				n++;
			}
		source->output_count = n;
	} else if (record->lots.count > 0) {
		source->outputs = things_of(arena, "lot", &record->lots);
		source->output_count = record->lots.count;
	} else if (source->kind->class == RECORD_CREATE || record->lot.at != NULL) {
		outputs[0] = thing_of(arena, "lot", 0, record->quantity);
		source->output_count = 1;
	}
}

static void resolve_places(struct arena *arena, struct generator *g, struct epcis_source *source)
{
	struct epcis_place *places = arena_array(arena, struct epcis_place, 3);

	source->place_count = generator_below(g, 4);
	for (size_t i = 0; i < source->place_count; i++) {
		size_t district = generator_below(g, 2);

		places[i] = (struct epcis_place){
			.uri = arena_printf(arena, "https://example.cn/o/org" SAMPLE_SITE "%zu", i),
			.version = (int64_t)i + 1,
			.personal = chance(g, 3)};
		if (!chance(g, 4))
			places[i].township =
				arena_printf(arena, "50010%zu10%zu", district, generator_below(g, 2));
		if (!chance(g, 6))
			places[i].district = arena_printf(arena, "50010%zu", district);
	}
	source->places = places;
}

struct epcis_source *sample_source(struct arena *arena, struct generator *g, const struct record_kind *kind)
{
	static const struct epcis_party party = {{"https://example.cn/o/org", 24}, {{1}}, 2};
	static const struct epcis_party other = {{"https://example.cn/o/other", 26}, {{2}}, 5};
	struct epcis_source *source = arena_new(arena, struct epcis_source);

	source->kind = kind;
	source->record = decode(arena, sample_record_json(arena, g, kind), kind);
	source->id = generator_uuid(g);
	source->party = source->recorded_by = &party;
	if (record_sends(kind))
		source->to = &other;
	if (kind->class == RECORD_RECEIVE && chance(g, 2))
		source->from = &other;
	if (record_sends(kind) || kind->class == RECORD_RECEIVE)
		source->shipment_uri =
			STR("https://example.cn/o/org/u/shp_AaIBhxA1e5uuHVyXMNGp7AGh_k8Y2HDtgIKMP8E-ILM");
	source->request_sha256 = STR(SAMPLE_REQUEST);
	if (source->record->unit.at != NULL)
		source->parent_uri = STR("https://id.gs1.org/00/106141412345678908");
	if (source->parent_uri.at != NULL || source->record->units.count > 0) {
		static const struct str crates[] = {{"https://example.cn/o/org/u/C1", 29},
						    {"https://example.cn/o/org/u/C2", 29}};

		source->unit_uris = crates;
		source->unit_count = source->parent_uri.at != NULL ? 1 + generator_below(g, 2)
								   : source->record->units.count;
	}
	source->lots_named = source->record->lots.count;
	resolve_places(arena, g, source);
	sample_resolve(arena, source);
	return source;
}

struct str sample_body(struct arena *arena, struct generator *g, const struct record_kind *kind,
		       struct epcis_source **ret)
{
	bool correct = kind->class == RECORD_CORRECT;
	struct epcis_source *source = sample_source(arena, g, correct ? other_kind(g) : kind);
	struct str body = epcis_body_build(arena, source);
	struct epcis_error error = {.time = source->record->time,
				    .id = generator_uuid(g),
				    .declared_by = source->party->uri,
				    .request_sha256 = STR(SAMPLE_REQUEST)};

	*ret = source;
	if (!correct)
		return body;
	error.record = decode(arena, sample_record_json(arena, g, kind), kind);
	if (error.record->replacement != NULL)
		error.corrective = generator_uuid(g);
	return epcis_declaration_build(arena, body, &error);
}
