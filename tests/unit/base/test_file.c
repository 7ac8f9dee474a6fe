/* SPDX-License-Identifier: Apache-2.0
 * Files stand whole or not at all, with the mode they were given, and nothing beside them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ft/base/file.h"

struct place {
	struct arena *arena;
	char dir[32];
	struct str path;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	strncpy(place->dir, "/tmp/farmtrail-file-XXXXXX", sizeof place->dir - 1);
	assert_non_null(mkdtemp(place->dir));
	place->arena = arena_create();
	place->path = arena_printf(place->arena, "%s/kept", place->dir);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	(void)unlink(place->path.at);
	(void)unlink(file_temporary_of(place->arena, place->path).at);
	assert_int_equal(rmdir(place->dir), 0);
	arena_destroy(place->arena);
	free(place);
	return 0;
}

static void assert_holds(const struct place *place, const char *content, mode_t mode)
{
	char text[64] = {0};
	struct stat facts;
	int fd = open(place->path.at, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof text - 1) >= 0);
	assert_int_equal(fstat(fd, &facts), 0);
	close(fd);
	assert_string_equal(text, content);
	assert_int_equal(facts.st_mode & 0777, mode);
}

static size_t names_in(const struct place *place)
{
	size_t count = 0;
	DIR *dir = opendir(place->dir);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* . and .. */
}

static void a_file_is_replaced_whatever_a_killed_writer_left(void **state)
{
	struct place *place = *state;
	assert_true(file_replace(place->arena, place->path, 0600, STR("one\n")));
	assert_holds(place, "one\n", 0600);
	assert_true(file_create(place->arena, file_temporary_of(place->arena, place->path), 0666, STR("ha")));
	assert_true(file_replace(place->arena, place->path, 0600, STR("two\n")));
	assert_holds(place, "two\n", 0600);
	assert_int_equal(names_in(place), 1);
}

static void a_file_is_created_once(void **state)
{
	struct place *place = *state;
	assert_true(file_create(place->arena, place->path, 0640, STR("one")));
	errno = 0;
	assert_false(file_create(place->arena, place->path, 0640, STR("two")));
	assert_int_equal(errno, EEXIST);
	assert_holds(place, "one", 0640);
	(void)unlink(place->path.at);
	assert_int_equal(symlink("/tmp/farmtrail-nowhere", place->path.at), 0);
	assert_false(file_create(place->arena, place->path, 0640, STR("two")));
}

/* A full disk, for which a limit on sizes stands. */
static void what_does_not_fit_leaves_what_was_there(void **state)
{
	struct place *place = *state;
	struct rlimit was, small = {4, 4};
	assert_true(file_replace(place->arena, place->path, 0600, STR("one\n")));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool replaced = file_replace(place->arena, place->path, 0600, STR("longer\n"));
	int why = errno;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_false(replaced);
	assert_int_equal(why, EFBIG);
	assert_holds(place, "one\n", 0600);
	assert_int_equal(names_in(place), 1);
}

static void a_name_without_a_directory_is_here(void **state)
{
	struct place *place = *state;
	assert_string_equal(file_temporary_of(place->arena, STR("kept")).at, "./.kept.new");
	assert_string_equal(file_temporary_of(place->arena, STR("/a/kept")).at, "/a/.kept.new");
	assert_true(file_sync_directory_of(place->arena, STR("kept")));
	assert_false(file_sync_directory_of(place->arena, STR("/nowhere/kept")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_replaced_whatever_a_killed_writer_left, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_is_created_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_leaves_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_without_a_directory_is_here, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
