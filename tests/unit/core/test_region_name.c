/* SPDX-License-Identifier: Apache-2.0
 * English names of regions. */
#include "../check.h"

#include "ft/core/region_name.h"

static void check_name(const char *pinyin, const char *english)
{
	struct arena *arena = arena_create();
	struct str name = region_name_english(arena, str_of(pinyin));
	if (!str_equal(name, str_of(english)))
		fail_msg("%s: %.*s", pinyin, STR_ARGS(name));
	arena_destroy(arena);
}

static void kinds_of_places_are_translated(void **state)
{
	(void)state;
	check_name("Chong Qing Shi", "Chongqing");
	check_name("Si Chuan Sheng", "Sichuan");
	check_name("Bei Bei Qu", "Beibei District");
	check_name("Liang Jiang Xin Qu", "Liangjiang New Area");
	check_name("Kai Xian", "Kai County");
	check_name("Jing Guan Zhen", "Jingguan Town");
	check_name("Jie Fang Bei Jie Dao", "Jiefangbei Subdistrict");
}

static void a_vowel_inside_a_name_gets_an_apostrophe(void **state)
{
	(void)state;
	check_name("Xi An Shi", "Xi'an");
	check_name("Chang An Tu Jia Zu Xiang", "Chang'an Tujia Township");
	check_name("E Ling Jie Dao", "Eling Subdistrict");
}

static void peoples_stand_apart(void **state)
{
	(void)state;
	check_name("Shi Zhu Tu Jia Zu Zi Zhi Xian", "Shizhu Tujia Autonomous County");
	check_name("Hao Kou Miao Zu Ge Lao Zu Xiang", "Haokou Miao Gelao Township");
	check_name("Xiu Shan Tu Jia Zu Miao Zu Zi Zhi Xian", "Xiushan Tujia Miao Autonomous County");
}

static void odd_names_stay_whole(void **state)
{
	(void)state;
	check_name("", "");
	check_name("Shi", "Shi");
	check_name("Wan Sheng", "Wan");
	check_name("A", "A");
	check_name("Zu Zu Zu", "Zuzuzu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_places_are_translated),
		cmocka_unit_test(a_vowel_inside_a_name_gets_an_apostrophe),
		cmocka_unit_test(peoples_stand_apart),
		cmocka_unit_test(odd_names_stay_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
