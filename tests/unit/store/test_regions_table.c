/* SPDX-License-Identifier: Apache-2.0
 * region_tables_read: dated changes applied to the tree, and tables that contradict themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "embedded_priv.h"
#include "regions_table_priv.h"

#include "ft/base/time.h"
#include "ft/db/db.h"

#define REGIONS_HEAD "code,name,level,parent_code,pinyin,kind\n"
#define CHANGES_HEAD "date,change,code,name,old_parent,new_parent,source\n"
#define TWO_DISTRICTS \
	REGIONS_HEAD "500000,重庆市,province,,Chong Qing Shi,municipality\n" \
		     "500112,渝北区,district,500000,Yu Bei Qu,district\n" \
		     "500112016,两路街道,township,500112,Liang Lu Jie Dao,subdistrict\n"

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static enum problem read_tables(struct arena *arena, const char *regions, const char *changes,
				struct region_tables *ret, struct fault *reterr)
{
	return region_tables_read(arena, str_of(regions), str_of(changes), ret, reterr);
}

static size_t place_of(const struct region_columns *r, const char *code)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_equal(r->code[i], str_of(code)))
			return i;
	fail_msg("%s is not there", code);
	return 0;
}

static void a_moved_township_has_its_new_holder_and_the_old_one_its_last_day(void **state)
{
	struct region_tables t;
	struct fault fault = {0};
	int32_t day;
	assert_true(date_parse(STR("2025-11-06"), &day));
	assert_int_equal(read_tables(*state, TWO_DISTRICTS,
				     CHANGES_HEAD "2025-11-06,established,,两江新区,500000,500000,x\n"
						  "2025-11-06,abolished,500112,渝北区,500000,,x\n"
						  "2025-11-06,moved,500112016,两路街道,500112,两江新区,x\n",
				     &t, &fault),
			 PROBLEM_NONE);
	size_t township = place_of(&t.regions, "500112016"), old = place_of(&t.regions, "500112"),
	       own = place_of(&t.regions, "500X01");
	assert_true(str_equal(t.regions.parent[township], STR("500X01")));
	assert_int_equal(t.regions.valid_to[old], day);
	assert_int_equal(t.regions.valid_from[own], day);
	assert_int_equal(t.regions.valid_to[own], SQL_NULL_DAY);
	assert_int_equal(t.changes.count, 3);
	assert_true(str_equal(t.changes.new_parent[2], STR("500X01")));
	assert_null(t.changes.new_parent[1].at);
}

static void a_table_that_contradicts_itself_is_refused(void **state)
{
	static const struct {
		const char *regions, *changes;
	} cases[] = {
		{REGIONS_HEAD "500112,渝北区,district,500000,Yu Bei Qu,district\n", CHANGES_HEAD},
		{TWO_DISTRICTS, CHANGES_HEAD "2025-11-06,moved,500112099,无,500112,500000,x\n"},
		{TWO_DISTRICTS, CHANGES_HEAD "2025-11-06,established,,无名区,500000,500000,x\n"},
		{TWO_DISTRICTS, CHANGES_HEAD "2025-11-06,renamed,500112,渝北区,500000,500000,x\n"},
		{TWO_DISTRICTS, CHANGES_HEAD "soon,abolished,500112,渝北区,500000,,x\n"},
		{TWO_DISTRICTS, CHANGES_HEAD "2025-11-06,moved,500112016,两路街道,500112,500999,x\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct region_tables t;
		struct fault fault = {0};
		assert_int_equal(read_tables(*state, cases[i].regions, cases[i].changes, &t, &fault),
				 PROBLEM_INTERNAL);
		assert_non_null(fault.detail.at);
	}
}

static const char *shipped(const char *name)
{
	const struct embedded_file *file = embedded_find(name);
	assert_non_null(file);
	return file ? file->text : "";
}

static void the_shipped_tables_are_whole(void **state)
{
	struct region_tables t;
	struct fault fault = {0};
	assert_int_equal(read_tables(*state, shipped("regions_chongqing_chengdu"), shipped("region_changes"),
				     &t, &fault),
			 PROBLEM_NONE);
	assert_true(str_equal(t.regions.parent[place_of(&t.regions, "500112133")], STR("500109")));
	assert_true(str_equal(t.regions.parent[place_of(&t.regions, "500105007")], STR("500X01")));
	assert_true(str_equal(t.regions.parent[place_of(&t.regions, "500109110")], STR("500109")));
	assert_int_not_equal(t.regions.valid_to[place_of(&t.regions, "500105")], SQL_NULL_DAY);
	assert_null(embedded_find("no such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_moved_township_has_its_new_holder_and_the_old_one_its_last_day, make_arena,
			end_arena),
		cmocka_unit_test_setup_teardown(a_table_that_contradicts_itself_is_refused, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(the_shipped_tables_are_whole, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
