/* SPDX-License-Identifier: Apache-2.0
 * The file of the key-encryption key is read only when nobody else can read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "service_priv.h"

static char directory[64], file[96], other[96];

static int create(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/farmtrail-kek-XXXXXX");
	if (!mkdtemp(directory))
		return 1;
	snprintf(file, sizeof file, "%s/kek", directory);
	snprintf(other, sizeof other, "%s/other", directory);
	return 0;
}

static int destroy(void **state)
{
	(void)state;
	unlink(file);
	unlink(other);
	return rmdir(directory);
}

static void write_file(const char *path, const char *content, mode_t mode)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(content, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#define OTHER_DIGITS "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void a_narrow_file_is_read(void **state)
{
	(void)state;
	uint8_t kek[KEK_LEN];
	write_file(file, DIGITS "\n", 0600);
	assert_null(kek_read(file, kek));
	for (size_t i = 0; i < sizeof kek; i++)
		assert_int_equal(kek[i], i);
	assert_int_equal(chmod(file, 0400), 0);
	assert_null(kek_read(file, kek));
}

/* A ring of what stands in the two files, and what it had before. */
static void the_next_key_comes_first_and_the_last_one_stays_for_a_while(void **state)
{
	(void)state;
	char next[128];
	struct kek_ring ring = {0};
	snprintf(next, sizeof next, "%s" SIGNER_KEK_NEXT, file);
	write_file(file, DIGITS "\n", 0600);
	kek_ring_read(file, &ring);
	assert_int_equal(ring.count, 1);
	assert_false(ring.has_next);
	write_file(next, OTHER_DIGITS "\n", 0644); /* open to others: not taken */
	kek_ring_read(file, &ring);
	assert_int_equal(ring.count, 1);
	assert_false(ring.has_next);
	assert_int_equal(chmod(next, 0600), 0);
	kek_ring_read(file, &ring);
	assert_int_equal(ring.count, 2);
	assert_true(ring.has_next);
	assert_int_equal(ring.keys[0][0], 0xff);
	assert_int_equal(ring.keys[1][0], 0);
	assert_int_equal(rename(next, file), 0);
	kek_ring_read(file, &ring);
	assert_int_equal(ring.count, 2);
	assert_false(ring.has_next);
	assert_int_equal(ring.keys[0][0], 0xff);
	assert_int_equal(unlink(file), 0); /* nothing is forgotten for want of a file */
	kek_ring_read(file, &ring);
	assert_int_equal(ring.count, 2);
}

static void wider_modes_are_refused(void **state)
{
	(void)state;
	static const mode_t modes[] = {0640, 0604, 0620, 0610, 0666, 0644, 0601};
	uint8_t kek[KEK_LEN];
	write_file(file, DIGITS "\n", 0600);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_equal(chmod(file, modes[i]), 0);
		assert_non_null(kek_read(file, kek));
	}
}

static void a_file_of_another_user_is_refused(void **state)
{
	(void)state;
	uint8_t kek[KEK_LEN];
	write_file(file, DIGITS "\n", 0600);
	if (chown(file, 65534, 65534) != 0)
		skip(); /* giving files away takes root */
	const char *why = kek_read(file, kek);
	assert_non_null(why);
	assert_non_null(strstr(why, "another user"));
}

static void what_is_not_a_plain_file_is_refused(void **state)
{
	(void)state;
	uint8_t kek[KEK_LEN];
	assert_non_null(kek_read(file, kek));
	assert_non_null(kek_read(directory, kek));
	write_file(other, DIGITS "\n", 0600);
	assert_int_equal(symlink(other, file), 0);
	assert_non_null(kek_read(file, kek));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_non_null(kek_read(file, kek));
}

static void other_content_is_refused(void **state)
{
	(void)state;
	static const char *const contents[] = {
		"",
		DIGITS,
		DIGITS "\n\n",
		DIGITS "00\n",
		"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
		"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"};
	uint8_t kek[KEK_LEN];
	for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
		write_file(file, contents[i], 0600);
		assert_non_null(kek_read(file, kek));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_narrow_file_is_read, create, destroy),
		cmocka_unit_test_setup_teardown(the_next_key_comes_first_and_the_last_one_stays_for_a_while,
						create, destroy),
		cmocka_unit_test_setup_teardown(wider_modes_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(a_file_of_another_user_is_refused, create, destroy),
		cmocka_unit_test_setup_teardown(what_is_not_a_plain_file_is_refused, create, destroy),
		cmocka_unit_test_setup_teardown(other_content_is_refused, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
