/* SPDX-License-Identifier: Apache-2.0
 * Invented trails for the tests of pages. */
#include "sample.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/crypto/digest.h"

#define HOSTILE "<script>alert(1)</script>\"'&\xe2\x80\xae txt.exe\xff"

struct grower {
	struct trail_region *district, *township;
	struct trail_place *farm;
	struct trail_party *party;
};

static struct trail_region province = {LITERAL("500000"), LITERAL("重庆市"), LITERAL("Chongqing")};
static struct trail_region districts[] = {
	{LITERAL("500152"), LITERAL("潼南区"), LITERAL("Tongnan District")},
	{LITERAL("500151"), LITERAL("铜梁区"), LITERAL("Tongliang District")},
	{LITERAL("500117"), LITERAL("合川区"), LITERAL("Hechuan District")},
};
static struct trail_region townships[] = {
	{LITERAL("500152101"), LITERAL("柏梓镇"), LITERAL("Baizi Town")},
	{LITERAL("500152104"), LITERAL("太安镇"), LITERAL("Tai'an Town")},
	{LITERAL("500151105"), LITERAL("安居镇"), LITERAL("Anju Town")},
	{LITERAL("500117102"), LITERAL("涞滩镇"), LITERAL("Laitan Town")},
};
static struct trail_name names[] = {
	{LITERAL("柏梓柠檬专业合作社"), LITERAL("Baizi Lemon Cooperative")},
	{LITERAL("太安李家家庭农场"), {NULL, 0}},
	{LITERAL("安居蔬菜种植场"), LITERAL("Anju Vegetable Grower")},
	{LITERAL("涞滩果业有限公司"), LITERAL("Laitan Fruit Ltd")},
	{LITERAL("潼南农产品加工有限公司"), LITERAL("Tongnan Produce Processing Ltd")},
	{LITERAL("渝北冷链运输"), LITERAL("Yubei Cold Chain")},
	{LITERAL("龙溪农贸市场"), LITERAL("Longxi Market")},
	{LITERAL("柠檬"), LITERAL("Lemons")},
	{LITERAL("柠檬礼盒 2.5 千克"), LITERAL("Lemon box, 2.5 kg")},
	{LITERAL("采收早于安全间隔期"), LITERAL("Harvested before the pre-harvest interval ended")},
};
static struct trail_party parties[] = {
	{LITERAL("p0"), &names[0], LITERAL("cooperative"), {NULL, 0}},
	{LITERAL("p1"), &names[1], LITERAL("family_farm"), {NULL, 0}},
	{LITERAL("p2"), &names[2], LITERAL("enterprise"), {NULL, 0}},
	{LITERAL("p3"), &names[3], LITERAL("enterprise"), {NULL, 0}},
	{LITERAL("p4"), &names[4], LITERAL("enterprise"), {NULL, 0}},
	{LITERAL("p5"), &names[5], LITERAL("carrier"), {NULL, 0}},
	{LITERAL("p6"), &names[6], LITERAL("market"), {NULL, 0}},
};
static struct trail_party person = {LITERAL("p7"), NULL, LITERAL("family_farm"), LITERAL("personal")};
static struct trail_place places[] = {
	{LITERAL("s0"), LITERAL("3 号柠檬园"), LITERAL("plot"), {NULL, 0}},
	{LITERAL("s1"), LITERAL("李家湾 1 号地"), LITERAL("plot"), {NULL, 0}},
	{LITERAL("s2"), LITERAL("安居东地块"), LITERAL("plot"), {NULL, 0}},
	{LITERAL("s3"), LITERAL("涞滩二坡果园"), LITERAL("plot"), {NULL, 0}},
	{LITERAL("s4"), LITERAL("潼南分选包装车间"), LITERAL("packhouse"), {NULL, 0}},
	{LITERAL("s5"), LITERAL("渝 A·冷藏车 17"), LITERAL("vehicle"), {NULL, 0}},
	{LITERAL("s6"), LITERAL("B 区 12 号摊位"), LITERAL("stall"), {NULL, 0}},
};
static struct trail_place hidden_place = {LITERAL("s7"), {NULL, 0}, LITERAL("plot"), LITERAL("personal")};
static struct trail_product fruit = {LITERAL("f0"), LITERAL("NM-01"), LITERAL("lemon"), {NULL, 0}, &names[7]};
static struct trail_product box = {LITERAL("f1"), LITERAL("NM-BOX"), LITERAL("lemon"),
				   LITERAL("09506000134352"), &names[8]};
static const char *const origin_lots[] = {"BZ-20260503-1", "TA-20260502-4", "AJ-20260503-2",
					  "LT-20260501-9", "BZ-20260430-7", "TA-20260430-2"};

/* Shares that sum to one, largest first. */
static const char *const shares[6][6] = {
	{"1"},
	{"0.6200", "0.3800"},
	{"0.5000", "0.3333", "0.1667"},
	{"0.4100", "0.3200", "0.2050", "0.0650"},
	{"0.4100", "0.3000", "0.2000", "0.0850", "0.0050"},
	{"0.4000", "0.3000", "0.2000", "0.0850", "0.0100", "0.0050"},
};

/* As random as a real digest, so that sizes after compression are honest. */
static struct str digest_of(struct arena *arena, size_t n)
{
	struct str text = arena_printf(arena, "record %zu", n);
	struct sha256 digest = sha256_of(str_bytes(text));

	return base64_encode(arena, (struct bytes){digest.octets, sizeof(digest.octets)});
}

static struct str event_id(struct arena *arena, size_t n)
{
	struct str text = arena_printf(arena, "event %zu", n);
	struct sha256 digest = sha256_of(str_bytes(text));
	struct str hex = hex_encode(arena, (struct bytes){digest.octets, 10});

	return arena_printf(arena, "019650aa-%.4s-7%.3s-8%.3s-%.10s%02zu", hex.at, hex.at + 4, hex.at + 7,
			    hex.at + 10, n % 100);
}

static struct list list_of(struct arena *arena, const void *items, size_t count, size_t size)
{
	void *copy = arena_alloc_array(arena, count, size);

	memcpy(copy, items, count * size);
	return (struct list){copy, count};
}
#define LIST_OF(arena, type, ...) \
	list_of((arena), (type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__}) / sizeof(type), sizeof(type))

static void fill_origin(struct arena *arena, struct trail_origin *origin, size_t i, size_t count)
{
	*origin = (struct trail_origin){
		.lot = str_of(origin_lots[i]),
		.lot_number = str_of(origin_lots[i]),
		.share = str_of(shares[count - 1][i]),
		.share_exact = STR("1/2"),
		.province = &province,
		.district = &districts[i % 4 / 2 + i % 4 / 3],
		.township = &townships[i % 4],
		.farm = &places[i % 4],
		.party = &parties[i % 4],
		.harvested = arena_printf(arena, "2026-05-%02zu", 3 - i % 3),
	};
	if (i != 1) {
		origin->certificates = LIST_OF(arena, struct trail_certificate,
					       {STR("compliance"),
						arena_printf(arena, "HG-5001522026%04zu", 77 + 131 * i),
						{NULL, 0},
						origin->harvested,
						{NULL, 0}});
	} else {
		origin->gaps = LIST_OF(arena, struct trail_gap, {STR("certificate")});
	}
	if (i % 2 == 0)
		origin->tests = LIST_OF(arena, struct trail_test,
					{event_id(arena, 900 + i), STR("rapid"), STR("negative"),
					 arena_printf(arena, "2026-05-03T0%zu:12:00+08:00", 6 + i)});
}

struct step_row {
	const char *type;
	size_t party, place;
	bool makes;
};
/* The usual way of a box of fruit; repeated when more steps are asked for. */
static const struct step_row way[] = {
	{"treat", 0, 0, false},  {"harvest", 0, 0, true}, {"harvest", 1, 1, true},  {"harvest", 2, 2, true},
	{"harvest", 3, 3, true}, {"ship", 0, 0, false},   {"receive", 4, 4, false}, {"mix", 4, 4, true},
	{"pack", 4, 4, true},    {"ship", 5, 5, false},   {"receive", 6, 6, false}, {"sell", 6, 6, false},
};
enum { WAY = sizeof(way) / sizeof(way[0]) };

static struct trail_flow flow_of(const char *lot, struct trail_product *product, const char *share)
{
	return (struct trail_flow){str_of(lot), str_of(lot), product, str_of(share), NULL};
}

static void fill_flows(struct arena *arena, struct trail_step *step, const struct step_row *row,
		       size_t origin_count)
{
	if (strcmp(row->type, "harvest") == 0) {
		step->outputs =
			LIST_OF(arena, struct trail_flow, flow_of(origin_lots[row->party], &fruit, NULL));
	} else if (strcmp(row->type, "mix") == 0) {
		struct trail_flow *inputs = arena_array(arena, struct trail_flow, origin_count);
		for (size_t i = 0; i < origin_count; i++)
			inputs[i] = flow_of(origin_lots[i], &fruit, shares[origin_count - 1][i]);
		step->inputs = (struct list){inputs, origin_count};
		step->outputs = LIST_OF(arena, struct trail_flow, flow_of("TN-20260504-M2", &fruit, NULL));
	} else if (strcmp(row->type, "pack") == 0) {
		step->inputs = LIST_OF(arena, struct trail_flow, flow_of("TN-20260504-M2", &fruit, "1"));
		step->outputs = LIST_OF(arena, struct trail_flow, flow_of("TN-20260504-11", &box, NULL));
	} else if (strcmp(row->type, "treat") != 0) {
		step->inputs = LIST_OF(
			arena, struct trail_flow,
			flow_of(row->party < 4 ? origin_lots[row->party] : "TN-20260504-11", NULL, NULL));
	}
	if (strcmp(row->type, "ship") == 0)
		step->to = &parties[row->party < 4 ? 4 : 6];
}

static void fill_step(struct arena *arena, struct trail_step *step, size_t n, size_t count,
		      size_t origin_count)
{
	static struct str actives[] = {LITERAL("啶虫脒")};
	static struct trail_input_use used = {LITERAL("5% 啶虫脒乳油"), {actives, 1}};
	/* A short trail is the end of the way and its first harvest. */
	const struct step_row *row =
		&way[count < WAY && n > 0 ? WAY - count + n : (count < WAY ? 1 : n % WAY)];
	usec_t at = INT64_C(1777764600) * USEC_PER_SEC + (usec_t)n * 4711 * USEC_PER_SEC;

	*step = (struct trail_step){
		.event = event_id(arena, n),
		.type = str_of(row->type),
		.time = {at, 480},
		.recorded_at = utc_print(arena, at + (usec_t)(97 + 13 * n) * USEC_PER_SEC),
		.party = &parties[row->party],
		.recorded_by = &parties[n % 5 == 3 ? 4 : row->party],
		.place = &places[row->place],
		.district = &districts[row->party < 4 ? row->party / 2 + row->party / 3 : 0],
		.township = row->party < 4 ? &townships[row->party] : NULL,
	};
	if (strcmp(row->type, "treat") == 0)
		step->used = &used;
	fill_flows(arena, step, row, origin_count);
	step->proof = arena_new(arena, struct trail_proof);
	*step->proof = (struct trail_proof){
		digest_of(arena, n), arena_printf(arena, "/v1/events/%.*s/proof", STR_ARGS(step->event))};
}

struct trail *sample_trail(struct arena *arena, size_t origin_count, size_t step_count)
{
	struct trail *trail = arena_new(arena, struct trail);
	struct trail_origin *origins = arena_array(arena, struct trail_origin, origin_count);
	struct trail_step *steps = arena_array(arena, struct trail_step, step_count);

	for (size_t i = 0; i < origin_count; i++)
		fill_origin(arena, &origins[i], i, origin_count);
	for (size_t i = 0; i < step_count; i++)
		fill_step(arena, &steps[i], i, step_count, origin_count);
	trail->lot = arena_new(arena, struct trail_lot);
	*trail->lot = (struct trail_lot){
		.id = STR("TN-20260504-11"),
		.number = STR("TN-20260504-11"),
		.code = STR("7K2M9P4QX3WD"),
		.product = &box,
		.issuer = &parties[4],
		.produced = STR("2026-05-04"),
		.expires = STR("2026-06-03"),
	};
	trail->lot->quantity = arena_new(arena, struct trail_quantity);
	*trail->lot->quantity = (struct trail_quantity){STR("2.5"), STR("KGM")};
	trail->rest = arena_new(arena, struct trail_rest);
	*trail->rest = (struct trail_rest){0, STR("0")};
	trail->verdict = STR("registered");
	trail->tier = STR("farm");
	trail->as_of = STR("2026-05-06T10:12:00+08:00");
	trail->origin_count = (int64_t)origin_count;
	trail->origins = (struct list){origins, origin_count};
	trail->steps = (struct list){steps, step_count};
	return trail;
}

struct trail *sample_mix(struct arena *arena)
{
	struct trail *trail = sample_trail(arena, 2, 12);
	struct trail_origin *origins = trail->origins.items;
	struct trail_step *steps = trail->steps.items;

	origins[1].farm = &hidden_place;
	origins[1].party = &person;
	for (size_t i = 0; i < trail->steps.count; i++) {
		if (steps[i].party == &parties[1]) {
			steps[i].party = steps[i].recorded_by = &person;
			steps[i].place = &hidden_place;
		}
	}
	steps[6].corrected = STR("01a0000d-0000-7000-8000-0000000000ff");
	steps[6].correction = arena_new(arena, struct trail_correction);
	*steps[6].correction = (struct trail_correction){.replacement = steps[7].event,
							 .reason = STR("重复过磅"),
							 .recorded_at = STR("2026-05-04T01:30:00Z"),
							 .party = &parties[0]};
	steps[7].corrects = steps[6].event;
	return trail;
}

static struct trail_name hostile_name = {LITERAL(HOSTILE), LITERAL(HOSTILE)};
static struct trail_region hostile_region = {LITERAL(HOSTILE), LITERAL(HOSTILE), LITERAL(HOSTILE)};
static struct trail_party hostile_party = {LITERAL(HOSTILE), &hostile_name, LITERAL(HOSTILE), {NULL, 0}};
static struct trail_place hostile_place = {LITERAL(HOSTILE), LITERAL(HOSTILE), LITERAL(HOSTILE), {NULL, 0}};
static struct trail_product hostile_product = {LITERAL(HOSTILE), LITERAL(HOSTILE), LITERAL(HOSTILE),
					       LITERAL(HOSTILE), &hostile_name};

struct trail *sample_hostile(struct arena *arena)
{
	static struct str actives[] = {LITERAL(HOSTILE)};
	static struct trail_input_use used = {LITERAL(HOSTILE), {actives, 1}};
	static struct trail_quantity quantity = {LITERAL(HOSTILE), LITERAL(HOSTILE)};
	static struct trail_proof proof = {LITERAL(HOSTILE), LITERAL("javascript:alert(1)")};
	struct trail *trail = sample_trail(arena, 2, 3);

	*trail->lot = (struct trail_lot){STR(HOSTILE),     STR(HOSTILE), STR(HOSTILE),
					 &hostile_product, &quantity,    &hostile_party,
					 STR(HOSTILE),     STR(HOSTILE), true};
	struct trail_origin *origin = trail->origins.items;
	origin->lot = origin->lot_number = origin->share = origin->harvested = STR(HOSTILE);
	origin->province = origin->city = origin->district = origin->township = &hostile_region;
	origin->farm = &hostile_place;
	origin->party = &hostile_party;
	origin->certificates =
		LIST_OF(arena, struct trail_certificate,
			{STR(HOSTILE), STR(HOSTILE), STR(HOSTILE), STR(HOSTILE), STR(HOSTILE)});
	origin->tests =
		LIST_OF(arena, struct trail_test, {STR(HOSTILE), STR(HOSTILE), STR(HOSTILE), STR(HOSTILE)});
	origin->gaps = LIST_OF(arena, struct trail_gap, {STR(HOSTILE)});
	struct trail_step *step = trail->steps.items;
	step->event = step->type = step->recorded_at = step->corrected = STR(HOSTILE);
	step->correction = arena_new(arena, struct trail_correction);
	*step->correction =
		(struct trail_correction){STR(HOSTILE), STR(HOSTILE), STR(HOSTILE), &hostile_party};
	step->corrects = STR(HOSTILE);
	step->party = step->to = &hostile_party;
	step->place = &hostile_place;
	step->district = step->township = &hostile_region;
	step->used = &used;
	step->inputs = LIST_OF(arena, struct trail_flow,
			       {STR(HOSTILE), STR(HOSTILE), &hostile_product, STR(HOSTILE), &quantity});
	step->proof = &proof;
	trail->alerts = LIST_OF(arena, struct trail_alert,
				{STR(HOSTILE), STR(HOSTILE), STR(HOSTILE), STR(HOSTILE), &hostile_name});
	trail->verdict = trail->tier = trail->as_of = trail->checkpoint = STR(HOSTILE);
	return trail;
}

struct page sample_page(enum language language)
{
	return (struct page){.language = language,
			     .path = STR("/t/7K2M9P4QX3WD"),
			     .public_url = STR("https://id.example.cn")};
}
