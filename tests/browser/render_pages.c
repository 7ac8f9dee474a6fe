/* SPDX-License-Identifier: Apache-2.0
 * Writes every page with invented values into a directory, for the tests that look at pages in a browser. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/pages/sample.h"
#include "sample_proof.h"

static const char *const suffixes[2] = {"zh", "en"};

static void save_as(const char *directory, const char *name, struct str text)
{
	char path[512]; /* a directory below a temporary one, and a short name */

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		exit(EXIT_FAILURE);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(text.at, 1, text.len, file) != text.len || fclose(file)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
}

static void save(const char *directory, const char *name, enum language language, struct str html)
{
	struct arena *arena = arena_create();

	save_as(directory, arena_printf(arena, "%s.%s.html", name, suffixes[language]).at, html);
	arena_destroy(arena);
}

static struct trail *with_verdict(struct trail *trail, struct str verdict)
{
	trail->verdict = verdict;
	return trail;
}

/* The recalled one has all that can be added: alert, banners, log checkpoint. */
static struct trail *recalled(struct arena *arena)
{
	static struct trail_name title = {LITERAL("采收早于安全间隔期"),
					  LITERAL("Harvested before the pre-harvest interval ended")};
	static struct trail_alert alert = {LITERAL("a1"), LITERAL("I01"), LITERAL("critical"),
					   LITERAL("escalated"), &title};
	struct trail *trail = with_verdict(sample_trail(arena, 4, 12), STR("recalled"));

	trail->alerts = (struct list){&alert, 1};
	trail->lot->test = true;
	trail->demonstration = true;
	trail->checkpoint =
		STR("log.example.cn/farmtrail\n70000\nq0dqkV8kYx2o4Qm8T5yq3w7q1r2mJcC5gq8h8z0b1a4=\n\n"
		    "— log.example.cn/farmtrail "
		    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
		    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n");
	return trail;
}

static struct trail *entered_late(struct trail *trail)
{
	struct trail_step *steps = trail->steps.items;

	steps[0].recorded_at = STR("2026-05-09T01:00:00.000001Z");
	steps[0].entry_mode = STR("paper");
	steps[2].entry_mode = STR("import");
	steps[3].recorded_at = STR("2026-04-01T01:00:00.000001Z");
	return trail;
}

static struct trail *at_tier(struct trail *trail, struct str tier)
{
	struct trail_origin *origins = trail->origins.items;
	struct trail_step *steps = trail->steps.items;

	trail->tier = tier;
	for (size_t i = 0; i < trail->origins.count; i++) {
		origins[i].farm = NULL;
		origins[i].party = NULL;
	}
	for (size_t i = 0; i < trail->steps.count; i++) {
		steps[i].place = NULL;
		if (i < 2)
			steps[i].party = steps[i].recorded_by = NULL;
	}
	return trail;
}

static void render_trails(struct arena *arena, const char *directory, enum language language)
{
	struct page page = sample_page(language);

	save(directory, "single", language, page_trail(arena, &page, sample_trail(arena, 1, 5)));
	save(directory, "mix", language, page_trail(arena, &page, entered_late(sample_mix(arena))));
	save(directory, "budget", language, page_trail(arena, &page, sample_trail(arena, 4, 12)));
	save(directory, "long", language, page_trail(arena, &page, sample_trail(arena, 6, 200)));
	save(directory, "recalled", language, page_trail(arena, &page, recalled(arena)));
	save(directory, "township", language,
	     page_trail(arena, &page, at_tier(sample_trail(arena, 3, 6), STR("township"))));
	save(directory, "hostile", language, page_trail(arena, &page, sample_hostile(arena)));
	for (int v = 0; v < VERDICT_COUNT; v++) {
		struct trail *trail = with_verdict(sample_trail(arena, 1, 2), str_of(verdict_words[v]));
		char name[64]; /* "verdict-" and a verdict word */
		(void)snprintf(name, sizeof(name), "verdict-%s", verdict_words[v]);
		save(directory, name, language, page_trail(arena, &page, trail));
	}
}

/* The pages of packs: every state, with and without earlier scans. */
static void render_items(struct arena *arena, const char *directory, enum language language)
{
	static const struct instant earlier = {INT64_C(1777774320000000), 480},
				    later = {INT64_C(1779774320000000), 480};
	const struct {
		const char *name, *verdict;
		enum page_item_state state;
		struct page_item item;
	} rows[] = {
		{"item-first", "registered", PAGE_ITEM_ACTIVE, {.scans = 0}},
		{"item-scanned", "registered", PAGE_ITEM_ACTIVE, {.first_scan = earlier, .scans = 41}},
		{"item-copied", "suspicious", PAGE_ITEM_ACTIVE, {.first_scan = earlier, .scans = 2041}},
		{"item-inactive", "unregistered", PAGE_ITEM_INACTIVE, {.scans = 0}},
		{"item-voided",
		 "voided",
		 PAGE_ITEM_VOIDED,
		 {.first_scan = earlier, .scans = 2, .voided_at = later}},
	};
	struct page page = sample_page(language);
	page.path = STR("");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct page_item item = rows[i].item;
		struct trail *trail = with_verdict(sample_trail(arena, 2, 5), str_of(rows[i].verdict));
		struct page_gap gap = page_item_frame(arena, &page, trail, rows[i].state);
		item.code = STR("K7K3F-9Q2M-X4TC-AB12");
		struct str words = page_item_words(arena, language, &item);
		save(directory, rows[i].name, language,
		     arena_printf(arena, "%.*s%.*s%.*s", STR_ARGS(gap.head), STR_ARGS(words),
				  STR_ARGS(gap.tail)));
	}
}

/* A crate with a hostile name in it, a place, a home. */
static void render_things(const char *directory, const struct page *page)
{
	static struct trail_name lemon = {LITERAL("柠檬礼盒"), LITERAL("Lemon gift box")},
				 hostile = {LITERAL("<script>alert(1)</script>"), {NULL, 0}},
				 crate = {LITERAL("CRATE-00017"), {NULL, 0}},
				 plot = {LITERAL("一号地块"), LITERAL("Plot 1")},
				 party = {LITERAL("柏梓柠檬专业合作社"), LITERAL("Bozi Lemon Cooperative")},
				 none;
	static struct trail_region district = {{NULL, 0}, LITERAL("潼南区"), LITERAL("Tongnan")},
				   township = {LITERAL("500152105"), LITERAL("柏梓镇"), LITERAL("Bozi")};
	static const struct page_thing_lot lots[] = {
		{LITERAL("lot_1"), LITERAL("TN-20260504-11"), LITERAL("B7K2M9P4QX3WD"), &lemon},
		{LITERAL("lot_2"),
		 LITERAL("20260504-A-VERY-LONG-NUMBER-OF-A-LOT-THAT-NOBODY-CUTS"),
		 {NULL, 0},
		 &hostile},
	};
	static const struct trail_certificate certificates[] = {{LITERAL("green"),
								 LITERAL("LB-36-2605"),
								 {NULL, 0},
								 LITERAL("2026-01-01"),
								 LITERAL("2027-12-31")}};
	static struct str units[] = {LITERAL("CRATE-00018"), LITERAL("CRATE-00019")};
	struct page_thing thing = {.test = true,
				   .code = STR("U7K2M9P4QX3WD"),
				   .code_grouped = STR("U7K2M-9P4Q-X3WD"),
				   .name = &crate,
				   .lots = {(void *)(uintptr_t)lots, 2},
				   .units = {units, 2},
				   .more = true};
	struct arena *arena = arena_create();

	save(directory, "unit", page->language, page_thing(arena, page, &thing));
	thing = (struct page_thing){.is_place = true,
				    .code = STR("F7K2M9P4QX3WD"),
				    .code_grouped = STR("F7K2M-9P4Q-X3WD"),
				    .name = &plot,
				    .place_kind = STR("plot"),
				    .district = &district,
				    .region = &township,
				    .party = &party,
				    .lots = {(void *)(uintptr_t)lots, 2},
				    .certificates = {(void *)(uintptr_t)certificates, 1}};
	save(directory, "place", page->language, page_thing(arena, page, &thing));
	thing = (struct page_thing){.is_place = true,
				    .code = STR("F7K2M9P4QX3WD"),
				    .code_grouped = STR("F7K2M-9P4Q-X3WD"),
				    .name = &none,
				    .place_kind = STR("house"),
				    .region = &township,
				    .withheld = STR("personal")};
	save(directory, "place-home", page->language, page_thing(arena, page, &thing));
	arena_destroy(arena);
}

static void render_others(struct arena *arena, const char *directory, enum language language)
{
	static const struct page_hit hits[] = {
		{LITERAL("code"), LITERAL("7K2M9P4QX3WD"), LITERAL("柠檬礼盒 2.5 千克，批次 TN-20260504-11"),
		 LITERAL("/t/7K2M9P4QX3WD")},
		{LITERAL("party"), LITERAL("柏梓柠檬专业合作社"), LITERAL("重庆市潼南区"), LITERAL("/q?q=x")},
		{LITERAL("certificate"),
		 LITERAL("HG-50015220260077"),
		 {NULL, 0},
		 LITERAL("javascript:alert(1)")},
	};
	static const struct fault fault = {
		"/inputs/0/quantity", NULL, {NULL, 0}, LITERAL("available 12 KGM, asked 40 KGM")};
	struct page page = sample_page(language);
	struct str typed = STR("7K2M-9P4Q-X3WE");

	save(directory, "unknown", language, page_unknown_code(arena, &page, typed));
	save(directory, "malformed", language, page_malformed_code(arena, &page, STR("UUU <b>?")));
	save(directory, "home", language, page_home(arena, &page));
	save(directory, "results", language,
	     page_results(arena, &page, STR("柠檬"), hits, 3, /* more */ true));
	save(directory, "nothing", language,
	     page_results(arena, &page, STR("zzz"), NULL, 0, /* more */ false));
	save(directory, "problems", language, page_problem_index(arena, &page));
	save(directory, "problem-type", language, page_problem_type(arena, &page, PROBLEM_LOT_SHORT));
	save(directory, "problem", language,
	     page_problem(arena, &page, PROBLEM_LOT_SHORT, &fault, STR("req-0001")));
	save(directory, "verify", language, page_verify_help(arena, &page));
	render_things(directory, &page);
	static const struct page_mirror_copy copy = {LITERAL("log.example.cn/farmtrail/2"), 70000,
						     LITERAL("q0dqkV8kYx2o4Qm8T5yq3w7q1r2mJcC5gq8h8z0b1a4="),
						     LITERAL("log.example.cn/farmtrail/2+0d5ae9fc+"
							     "AbW2nA2bqE1f6tKp5YQm7m0y3sF1v8xq2kq3w7q1r2mJ"),
						     LITERAL("2026-05-03T00:30:00Z")};
	page.other_file = language == LANGUAGE_ZH ? STR("mirror.en.html") : STR("mirror.zh.html");
	save(directory, "mirror", language, page_mirror_root(arena, &page, &copy));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: render_pages DIRECTORY\n");
		return EXIT_FAILURE;
	}
	struct arena *arena = arena_create();
	for (int language = 0; language < 2; language++) {
		render_trails(arena, argv[1], (enum language)language);
		render_items(arena, argv[1], (enum language)language);
		render_others(arena, argv[1], (enum language)language);
	}
	save_as(argv[1], "proof.json", sample_proof(arena));
	arena_destroy(arena);
	return EXIT_SUCCESS;
}
