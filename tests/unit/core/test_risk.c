/* SPDX-License-Identifier: Apache-2.0
 * The rules find what they should, on the day they should, and say it with numbers, dates and sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ft/codec/json.h"
#include "ft/core/reference.h"
#include "ft/core/risk.h"

static const char bans[] =
	"kind,name_zh,name_en,category,scope_zh,scope_en,effective_date,legal_basis,source\n"
	"pesticide,克百威,carbofuran,banned,全面禁止,all uses,2026-06-01,Announcement "
	"736,https://example.org/736\n"
	"pesticide,克百威,carbofuran,crop_restricted,蔬菜,vegetables,2002-05-24,Announcement "
	"199,https://example.org/199\n"
	"pesticide,丁硫克百威,carbosulfan,restricted_use,定点经营,licensed sale,2017-10-01,2017 "
	"list,https://example.org/2017\n"
	"pesticide,甲基对硫磷,parathion-methyl,banned,全面禁止,all uses,,Announcement "
	"322,https://example.org/322\n"
	"pesticide,对硫磷,parathion,banned,全面禁止,all uses,,Announcement 322,https://example.org/322\n"
	"pesticide,二溴乙烷,ethylene dibromide (EDB),banned,全面禁止,all uses,2002-05-24,Announcement "
	"199,https://example.org/199\n"
	"pesticide,\"2,4-滴丁酯\",\"2,4-D butyl ester\",banned,全面禁止,all "
	"uses,2023-01-23,note,https://example.org/24d\n"
	"pesticide,砷类,arsenic compounds,banned,全面禁止,all uses,2002-05-24,Announcement "
	"199,https://example.org/199\n"
	"vet_drug,呋喃丹(克百威),carbofuran,banned,所有食品动物,all food animals,2019-12-27,Announcement "
	"250,https://example.org/250\n"
	"vet_drug,氯霉素及其盐、酯,\"chloramphenicol, their salts and esters\",banned,所有食品动物,all food "
	"animals,2019-12-27,Announcement 250,https://example.org/250\n"
	"vet_drug,β-兴奋剂类及其盐、酯,\"beta-agonists, their salts and esters\",banned,所有食品动物,all "
	"food animals,2019-12-27,Announcement 250,https://example.org/250\n";
static const char intervals[] =
	"active_zh,active_en,formulation,crop_zh,crop_en,phi_days_min,phi_days_max,max_uses_per_season,"
	"source\n"
	"氯氟氰菊酯(功夫),cyhalothrin,2.5%乳油,蔬菜,vegetables,7,7,,https://example.org/a\n"
	"氯氟氰菊酯,cyhalothrin,2.5%微囊悬浮剂,小白菜,pak choi,14,14,3,https://example.org/b\n"
	"氯氟氰菊酯,cyhalothrin,10%水乳剂,小白菜,pak choi,7,7,3,https://example.org/b\n"
	"阿维菌素,abamectin,1.8%乳油,黄瓜,cucumber,2,2,3,https://example.org/c\n"
	"阿维菌素(爱福丁),abamectin,1.8%乳油,蔬菜,vegetables,7,7,,https://example.org/a\n"
	"甲霜灵锰锌(瑞毒霉锰锌),metalaxyl + "
	"mancozeb,58%可湿性粉剂,蔬菜,vegetables,2,3,,https://example.org/a\n"
	"联苯菊酯,bifenthrin,10%乳油,番茄(大棚),tomato (greenhouse),4,4,3,https://example.org/c\n"
	"三唑锡,azocyclotin,25%可湿性粉剂,柑桔,citrus,30,30,2,https://example.org/c\n";
static const char crops[] = "commodity,name_zh,name_en,source\n"
			    "vegetable,蔬菜,vegetables,s\npak-choi,小白菜,pak choi,s\npak-choi,叶菜,leafy "
			    "vegetables,s\npak-choi,蔬菜,vegetables,s\n"
			    "cucumber,黄瓜,cucumber,s\ncucumber,蔬菜,vegetables,s\ntomato,番茄,tomato,"
			    "s\ntomato,蔬菜,vegetables,s\n"
			    "citrus,柑橘,citrus,s\ncitrus,柑桔,citrus,s\norange,橙,orange,s\norange,柑橘,"
			    "citrus,s\norange,柑桔,citrus,s\nrice,水稻,rice,s\n";
static const char yields[] =
	"process,commodity,measure,expected_permille,hard_permille,source\n"
	"pack,,,1000,1050,default\nprocess,,,1000,3000,default\nprocess,vegetable,,800,900,default\n"
	"process,pak-choi,,700,750,default\nslaughter,,mass,850,1000,default\n";

static const char withdrawals[] = "product_zh,species_zh,species_en,withdrawal,unit,source\n"
				  "土霉素片,猪,pig,7,day,s\n土霉素片,牛,cattle,9,day,s\n"
				  "土霉素注射液,猪,pig,28,day,s\n甲砜霉素散,鱼,fish,500,degree_day,s\n"
				  "氟苯尼考粉,不分,unspecified (all),20,day,s\n";

struct world {
	struct arena *arena;
	struct reference ref;
};

static int setup(void **state)
{
	struct arena *arena = arena_create();
	struct world *world = arena_new(arena, struct world);
	const struct reference_texts texts = {str_of(bans), str_of(intervals), str_of(crops), str_of(yields),
					      str_of(withdrawals)};
	struct fault fault;

	world->arena = arena;
	*state = world;
	return reference_parse(arena, &texts, STR("test-edition"), &world->ref, &fault) ? -1 : 0;
}

static int teardown(void **state)
{
	arena_destroy(((struct world *)*state)->arena);
	return 0;
}

static struct instant at(const char *text)
{
	struct instant t;

	assert_int_equal(instant_parse(str_of(text), &t), PROBLEM_NONE);
	return t;
}

static struct risk_use use_of(const char *time, const char *type, const char *product,
			      const struct str *active, size_t count)
{
	return (struct risk_use){.event = {{7}},
				 .time = at(time),
				 .type = str_of(type),
				 .product = str_of(product),
				 .active = active,
				 .active_count = count};
}

static size_t count_r01(struct world *w, const char *time, const char *type, const char *product,
			const char *active)
{
	struct str list[1] = {str_of(active)};
	struct risk_use use = use_of(time, type, product, list, active != NULL);
	struct risk_findings found;

	risk_r01(w->arena, &w->ref, &use, &found);
	return found.count;
}

static bool contains(struct str text, const char *part)
{
	return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void a_banned_active_is_found_from_the_day_of_the_ban_on(void **state)
{
	struct world *w = *state;

	assert_int_equal(count_r01(w, "2026-06-01T00:00:00+08:00", "treat", NULL, "克百威"), 1);
	assert_int_equal(count_r01(w, "2026-05-31T23:59:59+08:00", "treat", NULL, "克百威"), 0);
	/* The day is that of the record's own offset, not of UTC. */
	assert_int_equal(count_r01(w, "2026-05-31T23:30:00-05:00", "treat", NULL, "克百威"), 0);
	assert_int_equal(count_r01(w, "2026-06-01T00:30:00+08:00", "treat", NULL, "carbofuran"), 1);
	/* A ban without a date holds always. */
	assert_int_equal(count_r01(w, "1999-01-01T00:00:00+08:00", "treat", NULL, "对硫磷"), 1);
}

static void a_finding_says_what_when_and_by_which_law(void **state)
{
	struct world *w = *state;
	struct str active[] = {STR("克百威")};
	struct risk_use use = use_of("2026-07-02T08:00:00+08:00", "treat", "呋喃丹颗粒剂", active, 1);
	struct risk_findings found;
	struct json json;
	struct fault fault;

	risk_r01(w->arena, &w->ref, &use, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].rule, "R01");
	assert_int_equal(found.items[0].severity, SEVERITY_CRITICAL);
	assert_int_equal(found.items[0].due_after_s, 7200);
	assert_string_equal(found.items[0].edition.at, "test-edition");
	assert_true(contains(found.items[0].reason_zh, "2026-07-02"));
	assert_true(contains(found.items[0].reason_zh, "2026-06-01"));
	assert_true(contains(found.items[0].reason_en, "carbofuran"));
	assert_true(contains(found.items[0].reason_en, "Announcement 736"));
	assert_int_equal(found.items[0].evidence_count, 2);
	assert_true(uuid_equal(found.items[0].evidence[0].event, use.event));
	assert_true(contains(found.items[0].evidence[1].reference, "https://example.org/736"));
	assert_true(found.items[0].action_zh.len > 0 && found.items[0].action_en.len > 0);
	assert_int_equal(json_parse(w->arena, found.items[0].inputs_json, &json, &fault), PROBLEM_NONE);
	assert_true(str_equal(json_text(json_get(json_get(&json, STR("ban")), STR("name"))), STR("克百威")));
	assert_true(uuid_is_nil(found.items[0].lot.org));
}

static void the_same_facts_give_the_same_subject_and_the_same_bytes(void **state)
{
	struct world *w = *state;
	struct str chinese[] = {STR("克百威")}, english[] = {STR("Carbofuran")};
	struct risk_use a = use_of("2026-07-02T08:00:00+08:00", "treat", NULL, chinese, 1);
	struct risk_use b = use_of("2026-07-02T08:00:00+08:00", "treat", NULL, english, 1);
	struct risk_findings x, y, z;

	risk_r01(w->arena, &w->ref, &a, &x);
	risk_r01(w->arena, &w->ref, &a, &y);
	risk_r01(w->arena, &w->ref, &b, &z);
	assert_true(str_equal(x.items[0].inputs_json, y.items[0].inputs_json));
	assert_true(str_equal(x.items[0].reason_zh, y.items[0].reason_zh));
	assert_true(str_equal(x.items[0].subject, z.items[0].subject));
}

static void names_are_found_however_they_are_written(void **state)
{
	struct world *w = *state;
	static const char *const spellings[] = {"Parathion-Methyl",
						"PARATHION METHYL",
						"甲基对硫磷",
						" 甲基 对硫磷 ",
						"ｐａｒａｔｈｉｏｎ－ｍｅｔｈｙｌ",
						"50% 甲基对硫磷",
						"EDB",
						"ethylene dibromide",
						"2,4-滴丁酯",
						"2、4-滴丁酯",
						"甲基·对硫磷",
						"甲基对硫磷　",
						"2，4-滴丁酯",
						"2,4-D butyl ester"};

	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
		if (count_r01(w, "2026-01-01T00:00:00+08:00", "treat", NULL, spellings[i]) != 1)
			fail_msg("%s", spellings[i]);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "treat", NULL, "吡虫啉"), 0);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "medicate", NULL, "氯霉素"), 1);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "medicate", NULL, "β-兴奋剂"), 1);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "medicate", NULL, "beta-agonists"), 1);
}

static void a_product_name_is_searched_when_no_active_is_named(void **state)
{
	struct world *w = *state;
	const char *day = "2026-07-01T00:00:00+08:00";

	assert_int_equal(count_r01(w, day, "treat", "3%克百威颗粒剂", NULL), 1);
	assert_int_equal(count_r01(w, day, "treat", "Carbofuran 3% GR", NULL), 1);
	/* carbosulfan contains carbofuran's Chinese name and is another substance */
	assert_int_equal(count_r01(w, day, "treat", "20%丁硫克百威乳油", NULL), 0);
	assert_int_equal(count_r01(w, day, "treat", "20%丁硫克百威乳油 3%克百威颗粒剂", NULL), 1);
	/* one substance, not two, though one name contains the other */
	assert_int_equal(count_r01(w, day, "treat", "50%甲基对硫磷乳油", NULL), 1);
	assert_int_equal(count_r01(w, day, "treat", "parathion-methyl EC", NULL), 1);
	/* Latin names are whole words: "edb" does not stand in "feedbag" */
	assert_int_equal(count_r01(w, day, "treat", "feedbag", NULL), 0);
	assert_int_equal(count_r01(w, day, "treat", "EDB 30", NULL), 1);
	/* what the record says is in it counts, not what the product is called */
	assert_int_equal(count_r01(w, day, "treat", "克百威替代品", "吡虫啉"), 0);
	assert_int_equal(count_r01(w, day, "treat", "", NULL), 0);
	assert_int_equal(count_r01(w, day, "treat", NULL, NULL), 0);
}

static void a_ban_for_animals_does_not_bind_crops(void **state)
{
	struct world *w = *state;

	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "treat", NULL, "克百威"), 0);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "medicate", NULL, "克百威"), 1);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "feed", NULL, "克百威"), 1);
	/* not known where: the date of the pesticide binds */
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", NULL, NULL, "克百威"), 0);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", NULL, NULL, "氯霉素"), 1);
	assert_int_equal(count_r01(w, "2026-01-01T00:00:00+08:00", "treat", NULL, "氯霉素"), 0);
	/* banned as both: told once */
	assert_int_equal(count_r01(w, "2026-07-01T00:00:00+08:00", "medicate", NULL, "克百威"), 1);
}

static void every_banned_active_of_a_mixture_is_told(void **state)
{
	struct world *w = *state;
	struct str active[] = {STR("对硫磷"), STR("吡虫啉"), STR("EDB"), STR("parathion")};
	struct risk_use use = use_of("2026-07-02T08:00:00+08:00", "treat", NULL, active, 4);
	struct risk_findings found;

	risk_r01(w->arena, &w->ref, &use, &found);
	assert_int_equal(found.count, 2);
	assert_false(str_equal(found.items[0].subject, found.items[1].subject));
}

/* Days missing of one use before a harvest of this commodity; 0: no finding. */
static struct risk_findings i01(struct world *w, const char *used, const char *cut, const char *product,
				const char *active, const char *commodity, bool sold)
{
	struct str list[1] = {str_of(active)};
	struct risk_use use = use_of(used, "treat", product, list, active != NULL);
	struct risk_harvest harvest = {.event = {{9}},
				       .lot = {{{1}}, {{2}}},
				       .time = at(cut),
				       .commodity = str_of(commodity),
				       .sold = sold};
	struct risk_findings found;

	risk_i01(w->arena, &w->ref, &use, 1, &harvest, &found);
	use.commodity = harvest.commodity;
	bool breaks = risk_i01_breaks(use.time, harvest.time, risk_i01_days(w->arena, &w->ref, &use));
	assert_int_equal(breaks, found.count > 0);
	return found;
}

static bool found_i01(struct world *w, const char *used, const char *cut, const char *product,
		      const char *active, const char *commodity)
{
	return i01(w, used, cut, product, active, commodity, false).count == 1;
}

/* Days that are missing when it is slaughtered six days after the use; 0: no finding. */
static int missing_at_slaughter(struct world *w, const char *type, const char *product, const char *active,
				const char *commodity)
{
	struct str list[1] = {str_of(active)};
	struct risk_use use = use_of("2026-05-01T08:00:00+08:00", type, product, list, active != NULL);
	struct risk_harvest slaughter = {.event = {{8}},
					 .time = at("2026-05-07T08:00:00+08:00"),
					 .commodity = str_of(commodity),
					 .slaughter = true};
	struct risk_findings found;

	risk_i01(w->arena, &w->ref, &use, 1, &slaughter, &found);
	for (int days = 1; days < 30 && found.count; days++)
		if (strstr(found.items[0].reason_en.at, arena_printf(w->arena, ": %d days missing", days).at))
			return days;
	return 0;
}

static void a_drug_withdraws_the_species_until_slaughter(void **state)
{
	struct world *w = *state;

	assert_int_equal(missing_at_slaughter(w, "medicate", "兴牧土霉素片", NULL, "meat/pig"), 1);
	assert_int_equal(missing_at_slaughter(w, "medicate", "土霉素片", "土霉素", "meat/cattle"), 3);
	assert_int_equal(missing_at_slaughter(w, "medicate", "土霉素注射液", NULL, "meat/pig"), 22);
	/* the product is not known: the longest of what contains the active */
	assert_int_equal(missing_at_slaughter(w, "feed", "加药饲料", "土霉素", "meat/pig"), 22);
	assert_int_equal(missing_at_slaughter(w, "medicate", "氟苯尼考粉", NULL, "meat/pig"), 14);
	assert_int_equal(missing_at_slaughter(w, "medicate", "土霉素片", NULL, "meat/sheep"), 0);
	assert_int_equal(missing_at_slaughter(w, "medicate", "加药饲料", NULL, "meat/pig"), 0);
	assert_int_equal(missing_at_slaughter(w, "treat", "土霉素片", NULL, "meat/pig"), 0);
	assert_int_equal(missing_at_slaughter(w, "medicate", "甲砜霉素散", NULL, "fish"), 0);
}

static void a_harvest_on_the_first_legal_day_is_legal(void **state)
{
	struct world *w = *state;

	assert_true(found_i01(w, "2026-05-01T08:00:00+08:00", "2026-05-02T08:00:00+08:00", NULL, "阿维菌素",
			      "cucumber"));
	assert_false(found_i01(w, "2026-05-01T08:00:00+08:00", "2026-05-03T00:00:00+08:00", NULL, "阿维菌素",
			       "cucumber"));
	assert_true(found_i01(w, "2026-05-01T23:59:00+08:00", "2026-05-02T23:59:00+08:00", NULL, "阿维菌素",
			      "cucumber"));
	/* Days of each record's own offset: late on the 1st in one, early on the 3rd in the other. */
	assert_false(found_i01(w, "2026-05-01T23:00:00-08:00", "2026-05-03T22:00:00+08:00", NULL, "阿维菌素",
			       "cucumber"));
	assert_true(found_i01(w, "2026-05-02T00:30:00+08:00", "2026-05-03T23:00:00+08:00", NULL, "阿维菌素",
			      "cucumber"));
}

static void the_plot_tells_the_crop_when_the_harvest_does_not(void **state)
{
	struct world *w = *state;
	struct str active[] = {STR("阿维菌素")};
	struct risk_use use = use_of("2026-05-01T08:00:00+08:00", "treat", NULL, active, 1);
	struct risk_harvest harvest = {.event = {{9}}, .time = at("2026-05-02T08:00:00+08:00")};
	struct risk_findings found;

	use.commodity = STR("vegetable/cucumber");
	risk_i01(w->arena, &w->ref, &use, 1, &harvest, &found);
	assert_int_equal(found.count, 1);
	use.commodity = STR("rice");
	risk_i01(w->arena, &w->ref, &use, 1, &harvest, &found);
	assert_int_equal(found.count, 0);
	risk_i01(w->arena, &w->ref, &use, 0, &harvest, &found);
	assert_int_equal(found.count, 0);
}

static void the_longest_interval_of_all_is_kept_to_its_last_day(void **state)
{
	const char *used = "2026-05-01T08:00:00+08:00";

	assert_true(found_i01(*state, used, "2026-05-30T08:00:00+08:00", NULL, "三唑锡", "citrus"));
	assert_false(found_i01(*state, used, "2026-05-31T08:00:00+08:00", NULL, "三唑锡", "citrus"));
}

static void a_use_after_the_harvest_does_not_count(void **state)
{
	assert_false(found_i01(*state, "2026-05-02T09:00:00+08:00", "2026-05-02T08:00:00+08:00", NULL,
			       "阿维菌素", "cucumber"));
	assert_true(found_i01(*state, "2026-05-02T08:00:00+08:00", "2026-05-02T09:00:00+08:00", NULL,
			      "阿维菌素", "cucumber"));
}

static void the_nearest_crop_that_has_a_row_binds(void **state)
{
	struct world *w = *state;
	const char *used = "2026-05-01T08:00:00+08:00", *cut = "2026-05-04T08:00:00+08:00"; /* 3 days */

	assert_false(found_i01(w, used, cut, NULL, "abamectin", "vegetable/fruiting/cucumber"));
	assert_true(found_i01(w, used, cut, NULL, "abamectin", "vegetable/leafy/spinach-of-no-row"));
	assert_true(found_i01(w, used, cut, NULL, "abamectin", "vegetables"));
	assert_true(found_i01(w, used, cut, NULL, "abamectin", "tomatoes"));
	assert_true(found_i01(w, used, cut, NULL, "三唑锡", "fruit/orange"));
	assert_true(found_i01(w, used, cut, NULL, "联苯菊酯", "番茄"));
	assert_false(found_i01(w, used, cut, NULL, "abamectin", "rice"));
	assert_false(found_i01(w, used, cut, NULL, "abamectin", ""));
	assert_false(found_i01(w, used, cut, NULL, "abamectin", NULL));
	assert_false(found_i01(w, used, cut, NULL, "an unknown thing", "cucumber"));
}

static void the_formulation_in_the_products_name_chooses_the_row(void **state)
{
	struct world *w = *state;
	const char *used = "2026-05-01T08:00:00+08:00", *cut = "2026-05-09T08:00:00+08:00"; /* 8 days */

	assert_false(found_i01(w, used, cut, "10%高效水乳剂", "氯氟氰菊酯", "pak-choi"));
	assert_true(found_i01(w, used, cut, "2.5%微囊悬浮剂", "氯氟氰菊酯", "pak-choi"));
	/* said nothing, or something else: the longest */
	assert_true(found_i01(w, used, cut, NULL, "氯氟氰菊酯", "pak-choi"));
	assert_true(found_i01(w, used, cut, "功夫 悬浮剂", "氯氟氰菊酯", "pak-choi"));
	/* active and formulation both from the product's name */
	assert_true(found_i01(w, used, cut, "2.5%氯氟氰菊酯微囊悬浮剂", NULL, "pak-choi"));
	assert_false(found_i01(w, used, cut, "10%氯氟氰菊酯水乳剂", NULL, "pak-choi"));
}

static void a_mixture_is_used_when_all_its_parts_are(void **state)
{
	struct world *w = *state;
	struct str both[] = {STR("Mancozeb"), STR("metalaxyl")}, one[] = {STR("metalaxyl")};
	struct risk_use uses[] = {use_of("2026-05-01T08:00:00+08:00", "treat", NULL, both, 2),
				  use_of("2026-05-01T08:00:00+08:00", "treat", NULL, one, 1)};
	struct risk_harvest harvest = {
		.event = {{9}}, .time = at("2026-05-02T08:00:00+08:00"), .commodity = STR("tomato")};
	struct risk_findings found;

	risk_i01(w->arena, &w->ref, uses, 2, &harvest, &found);
	assert_int_equal(found.count, 1);
	assert_true(found_i01(w, "2026-05-01T08:00:00+08:00", "2026-05-02T08:00:00+08:00", "瑞毒霉锰锌", NULL,
			      "tomato"));
}

static void the_finding_says_days_missing_and_the_earliest_legal_day(void **state)
{
	struct world *w = *state;
	struct risk_findings held = i01(w, "2026-05-01T08:00:00+08:00", "2026-05-03T08:00:00+08:00", NULL,
					"氯氟氰菊酯", "pak-choi", false);
	struct risk_findings sold = i01(w, "2026-05-01T08:00:00+08:00", "2026-05-03T08:00:00+08:00", NULL,
					"氯氟氰菊酯", "pak-choi", true);
	struct json json;
	struct fault fault;

	assert_int_equal(held.count, 1);
	assert_int_equal(held.items[0].severity, SEVERITY_HIGH);
	assert_int_equal(held.items[0].due_after_s, 24 * 3600);
	assert_int_equal(sold.items[0].severity, SEVERITY_CRITICAL);
	assert_true(contains(held.items[0].reason_zh, "还差 12 天"));
	assert_true(contains(held.items[0].reason_zh, "2026-05-15"));
	assert_true(contains(held.items[0].reason_en, "12 days missing"));
	assert_true(contains(held.items[0].reason_en, "2026-05-15"));
	assert_true(contains(held.items[0].evidence[2].reference, "https://example.org/b"));
	assert_int_equal(held.items[0].evidence_count, 3);
	assert_true(str_equal(held.items[0].subject, sold.items[0].subject));
	assert_int_equal(held.items[0].lot.lot.octets[0], 2);
	assert_int_equal(json_parse(w->arena, held.items[0].inputs_json, &json, &fault), PROBLEM_NONE);
}

static struct risk_transform transform(const char *process, const char *commodity, const char *in,
				       const char *out, enum dimension d)
{
	struct risk_transform t = {
		.event = {{5}}, .process = str_of(process), .commodity = str_of(commodity), .dimension = d};

	assert_true(decimal_parse(str_of(in), &t.input));
	assert_true(decimal_parse(str_of(out), &t.output));
	return t;
}

/* 0: nothing, 1: alert, 2: refused */
static int m01(struct world *w, const char *process, const char *commodity, const char *in, const char *out,
	       enum dimension d)
{
	struct risk_transform t = transform(process, commodity, in, out, d);
	struct risk_findings found;
	struct str detail;
	bool refuse;

	risk_m01(w->arena, &w->ref, &t, &found, &refuse, &detail);
	assert_true(found.count == 1 || !refuse);
	assert_int_equal(detail.at != NULL, found.count == 1);
	return refuse ? 2 : (int)found.count;
}

static void a_yield_at_its_limit_is_allowed_and_a_grain_above_is_not(void **state)
{
	struct world *w = *state;

	assert_int_equal(m01(w, "pack", NULL, "100", "100", DIMENSION_MASS), 0);
	assert_int_equal(m01(w, "pack", NULL, "100", "100.000000000000001", DIMENSION_MASS), 1);
	assert_int_equal(m01(w, "pack", NULL, "100", "105", DIMENSION_MASS), 1);
	assert_int_equal(m01(w, "pack", NULL, "100", "105.000001", DIMENSION_MASS), 2);
	assert_int_equal(m01(w, "process", NULL, "100", "300", DIMENSION_MASS), 1);
	assert_int_equal(m01(w, "process", NULL, "100", "300.1", DIMENSION_MASS), 2);
	assert_int_equal(m01(w, "process", NULL, "3", "1", DIMENSION_MASS), 0);
	/* as large as amounts get, and as small */
	assert_int_equal(
		m01(w, "pack", NULL, "200000000000000000000", "200000000000000000000", DIMENSION_MASS), 0);
	assert_int_equal(m01(w, "pack", NULL, "0.000000000001", "1000000000000000000", DIMENSION_MASS), 2);
}

static void a_yield_of_the_commodity_comes_before_the_general_one(void **state)
{
	struct world *w = *state;

	assert_int_equal(m01(w, "process", "vegetable/leafy/lettuce", "100", "85", DIMENSION_MASS), 1);
	assert_int_equal(m01(w, "process", "vegetable/leafy/lettuce", "100", "80", DIMENSION_MASS), 0);
	assert_int_equal(m01(w, "process", "vegetable/leafy/pak-choi", "100", "76", DIMENSION_MASS), 2);
	assert_int_equal(m01(w, "process", "fruit", "100", "100", DIMENSION_MASS), 0);
}

static void slaughter_is_weighed_not_counted(void **state)
{
	struct world *w = *state;

	assert_int_equal(m01(w, "slaughter", NULL, "100", "86", DIMENSION_MASS), 1);
	assert_int_equal(m01(w, "slaughter", NULL, "1", "2", DIMENSION_COUNT), 0);
	assert_int_equal(m01(w, "harvest", NULL, "1", "2", DIMENSION_MASS), 0);
	assert_int_equal(m01(w, "pack", NULL, "0", "2", DIMENSION_MASS), 0);
}

static void a_yield_finding_tells_the_amounts(void **state)
{
	struct world *w = *state;
	struct risk_transform t = transform("process", NULL, "100", "320", DIMENSION_MASS);
	struct risk_findings found;
	struct str detail;
	bool refuse;

	risk_m01(w->arena, &w->ref, &t, &found, &refuse, &detail);
	assert_true(refuse);
	assert_string_equal(detail.at, "in 100 KGM, out 320 KGM: at most 300 %");
	assert_true(contains(found.items[0].reason_en, "320 %"));
	assert_true(contains(found.items[0].evidence[1].reference, "default"));
	assert_true(str_starts(found.items[0].subject, STR("M01 ")));
}

static void a_difference_of_a_receipt_is_told_with_its_sign(void **state)
{
	struct world *w = *state;
	struct risk_ledger l = {.event = {{3}},
				.lot = {{{1}}, {{2}}},
				.expected = decimal_of(100),
				.found = decimal_of(95),
				.dimension = DIMENSION_MASS,
				.reason_given = STR("运输途中损耗")};
	struct risk_findings found;

	risk_m02(w->arena, &w->ref, &l, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].severity, SEVERITY_HIGH);
	assert_true(contains(found.items[0].reason_en, "5 KGM missing"));
	assert_true(contains(found.items[0].reason_zh, "少 5 KGM"));
	assert_true(contains(found.items[0].evidence[0].words_zh, "运输途中损耗"));
	l.found = decimal_of(103);
	risk_m02(w->arena, &w->ref, &l, &found);
	assert_true(contains(found.items[0].reason_en, "3 KGM too much"));
	l.found = l.expected;
	risk_m02(w->arena, &w->ref, &l, &found);
	assert_int_equal(found.count, 0);
}

static void a_test_raises_what_it_found(void **state)
{
	struct world *w = *state;
	const struct record_result results[] = {
		{.substance = STR("对硫磷 (parathion)"),
		 .value = STR("0.02"),
		 .unit = STR("mg/kg"),
		 .detected = true},
		{.substance = STR("克百威"), .detected = false},
		{.substance = STR("a substance of no list"), .detected = true}};
	struct risk_test t = {.event = {{1}},
			      .lot = {{{2}}, {{3}}},
			      .time = {INT64_C(1777795200000000), 480},
			      .kind = STR("lab"),
			      .outcome = STR("negative"),
			      .results = results,
			      .result_count = 3};
	struct risk_findings found;

	risk_test(w->arena, &w->ref, &t, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].rule, "R06");
	assert_int_equal(found.items[0].severity, SEVERITY_CRITICAL);
	assert_true(contains(found.items[0].reason_zh, "对硫磷"));
	t.result_count = 0;
	risk_test(w->arena, &w->ref, &t, &found);
	assert_int_equal(found.count, 0);
	t.outcome = STR("positive");
	risk_test(w->arena, &w->ref, &t, &found);
	assert_string_equal(found.items[0].rule, "R05");
	assert_int_equal(found.items[0].severity, SEVERITY_HIGH);
	t.shipped = true;
	risk_test(w->arena, &w->ref, &t, &found);
	assert_int_equal(found.items[0].severity, SEVERITY_CRITICAL);
	t.kind = STR("rapid");
	risk_test(w->arena, &w->ref, &t, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].rule, "R08");
	assert_int_equal(found.items[0].severity, SEVERITY_HIGH);
	assert_int_equal(found.items[0].due_after_s, 3 * 24 * 3600);
	t.outcome = STR("invalid");
	risk_test(w->arena, &w->ref, &t, &found);
	assert_int_equal(found.count, 0);
}

static void the_catalogue_lists_every_rule_once(void **state)
{
	size_t rules = 0, reasons = 0;

	(void)state;
	for (const struct risk_rule *rule; (rule = risk_rule_at(rules)) != NULL; rules++) {
		assert_true(strlen(rule->id) == 3 && rule->version >= 1 && strlen(rule->title_zh) > 0);
		assert_true(strlen(rule->title_en) > 0 && strlen(rule->trigger_en) > 0);
	}
	assert_int_equal(rules, 10);
	while (risk_close_reason_at(reasons) != NULL)
		reasons++;
	assert_true(reasons >= 5);
	assert_string_equal(severity_words[SEVERITY_CRITICAL], "critical");
	assert_string_equal(severity_words[SEVERITY_LOW], "low");
}

static size_t found_k01(struct arena *arena, const struct risk_scans *scans, struct risk_findings *ret)
{
	static const struct reference ref = {.edition = {"none", 4}};

	risk_k01(arena, &ref, &risk_scan_limits, scans, ret);
	assert_true(risk_scans_copied(&risk_scan_limits, scans) == (ret->count == 1));
	return ret->count;
}

static void a_code_that_many_scan_is_on_several_packs(void **state)
{
	struct arena *arena = ((struct world *)*state)->arena;
	struct risk_findings found;
	struct risk_scans scans = {.code = {"K0123456789ABCDEF", 17},
				   .lot = {{{1}}, {{2}}},
				   .hour_us = INT64_C(1777795200000000),
				   .hour_scans = 200,
				   .hour_networks = 2,
				   .day = 20576,
				   .day_scans = 200,
				   .day_networks = 2};

	assert_int_equal(found_k01(arena, &scans, &found), 1);
	assert_int_equal(found.items[0].severity, SEVERITY_HIGH);
	assert_true(str_equal(found.items[0].subject, STR("K01 K0123456789ABCDEF")));
	assert_int_equal(found.items[0].evidence_count, 3);
	assert_non_null(strstr(arena_str(arena, found.items[0].evidence[1].words_en).at,
			       "200 scans from at least 2 networks in the 1 hours that began at "
			       "2026-05-03T16:00:00+08:00"));
	assert_true(str_equal(found.items[0].evidence[2].reference, STR("/t/K0123456789ABCDEF")));
	scans.hour_scans = 199;
	assert_int_equal(found_k01(arena, &scans, &found), 0);
	scans.hour_scans = 100000;
	scans.hour_networks = 1; /* a shop shows it all day */
	assert_int_equal(found_k01(arena, &scans, &found), 0);
	scans.day_networks = 12;
	scans.day_scans = 12;
	assert_int_equal(found_k01(arena, &scans, &found), 1);
}

static void labels_that_are_not_in_use_are_told_of_their_lot(void **state)
{
	static const struct reference ref = {.edition = {"none", 4}};
	struct arena *arena = ((struct world *)*state)->arena;
	struct risk_findings found;
	struct risk_scans scans = {
		.code = {"K0123456789ABCDEF", 17}, .lot = {{{1}}, {{2}}}, .day_scans = 5, .day_networks = 3};

	risk_k03(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_int_equal(found.count, 1);
	assert_true(str_starts(found.items[0].subject, STR("K03 lot_")));
	assert_int_equal(found.items[0].evidence_count, 2);
	scans.day_scans = 4;
	risk_k03(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_int_equal(found.count, 0);
	scans.day_scans = 500;
	scans.day_networks = 2; /* the packhouse tries its labels */
	risk_k03(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_int_equal(found.count, 0);
}

static void goods_that_are_withdrawn_and_scanned_are_told_of_their_lot(void **state)
{
	static const struct reference ref = {.edition = {"none", 4}};
	struct arena *arena = ((struct world *)*state)->arena;
	struct risk_findings found;
	struct risk_scans scans = {.code = {"K0123456789ABCDEF", 17},
				   .lot = {{{1}}, {{2}}},
				   .day_scans = 5,
				   .day_networks = 3,
				   .ended = {"returned", 8},
				   .ended_us = INT64_C(1777795200000000)};

	risk_k04(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].severity, SEVERITY_HIGH);
	assert_true(str_starts(found.items[0].subject, STR("K04 lot_")));
	assert_int_equal(found.items[0].evidence_count, 3);
	assert_true(str_equal(found.items[0].evidence[2].words_en,
			      STR("since 2026-05-03T16:00:00+08:00 the lot is returned, all of it")));
	scans.ended_us = 0; /* what it was made of is */
	risk_k04(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_true(str_starts(found.items[0].evidence[2].words_en, STR("the page said then")));
	scans.day_networks = 2;
	risk_k04(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_int_equal(found.count, 0);
	scans.day_networks = 30;
	scans.day_scans = 4;
	risk_k04(arena, &ref, &risk_scan_limits, &scans, &found);
	assert_int_equal(found.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_that_many_scan_is_on_several_packs),
		TEST(labels_that_are_not_in_use_are_told_of_their_lot),
		TEST(goods_that_are_withdrawn_and_scanned_are_told_of_their_lot),
		TEST(a_banned_active_is_found_from_the_day_of_the_ban_on),
		TEST(a_finding_says_what_when_and_by_which_law),
		TEST(the_same_facts_give_the_same_subject_and_the_same_bytes),
		TEST(names_are_found_however_they_are_written),
		TEST(a_product_name_is_searched_when_no_active_is_named),
		TEST(a_ban_for_animals_does_not_bind_crops),
		TEST(every_banned_active_of_a_mixture_is_told),
		TEST(a_harvest_on_the_first_legal_day_is_legal),
		TEST(the_plot_tells_the_crop_when_the_harvest_does_not),
		TEST(the_longest_interval_of_all_is_kept_to_its_last_day),
		TEST(a_use_after_the_harvest_does_not_count),
		TEST(the_nearest_crop_that_has_a_row_binds),
		TEST(the_formulation_in_the_products_name_chooses_the_row),
		TEST(a_mixture_is_used_when_all_its_parts_are),
		TEST(the_finding_says_days_missing_and_the_earliest_legal_day),
		TEST(a_yield_at_its_limit_is_allowed_and_a_grain_above_is_not),
		TEST(a_yield_of_the_commodity_comes_before_the_general_one),
		TEST(slaughter_is_weighed_not_counted),
		TEST(a_drug_withdraws_the_species_until_slaughter),
		TEST(a_yield_finding_tells_the_amounts),
		TEST(a_difference_of_a_receipt_is_told_with_its_sign),
		TEST(a_test_raises_what_it_found),
		TEST(the_catalogue_lists_every_rule_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
