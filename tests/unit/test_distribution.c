/* SPDX-License-Identifier: MIT */
/* Tables of distributions: what is in them, and what is wrong with them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "text_file.h"
#include "topo/distribution.h"

static struct snet_err err;

static void setup(void)
{
	text_file_set_up();
	err = (struct snet_err){0};
}

static void teardown(void)
{
	text_file_tear_down();
}

static int load_from(int16_t **ret, size_t *ret_count, const char *from)
{
	autokept *file = NULL;
	int r = snet__kept_file_new(&file, from, &err);

	return r < 0 ? r : snet__distribution_parse(ret, ret_count, file, &err);
}

static int load(int16_t **ret, size_t *ret_count, const char *text)
{
	text_file_write(text);
	return load_from(ret, ret_count, path);
}

START_TEST(numbers_are_read_as_tc_does)
{
	int16_t *table = NULL;
	size_t count = 0;

	ck_assert_msg(load(&table, &count, "# of tc\n-32768 -1\t0\r\n\n  8192 32767") ==
			      0,
		      "%s", err.msg);
	ck_assert_uint_eq(count, 5);
	ck_assert_int_eq(table[0], INT16_MIN);
	ck_assert_int_eq(table[3], SNET__DISTRIBUTION_ONE);
	ck_assert_int_eq(table[4], INT16_MAX);
	free(table);
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_line)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"1 2\n3 x", ":2: expected a number from -32768 to 32767, got 'x'"},
		{"1 2\n\n3 40000",
		 ":3: expected a number from -32768 to 32767, got '40000'"},
	};
	int16_t *table = NULL;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_int_eq(load(&table, &count, cases[i].text), -EINVAL);
		ck_assert_msg(strncmp(err.msg, path, strlen(path)) == 0, "%s", err.msg);
		ck_assert_str_eq(err.msg + strlen(path), cases[i].line);
	}
	ck_assert_int_eq(load(&table, &count, "7"), -EINVAL);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "has one number: a distribution needs two"));
}
END_TEST

START_TEST(a_table_has_an_end)
{
	size_t size = 2 * (SNET__DISTRIBUTION_MAX + 1), count = 0;
	char *text = calloc(1, size + 1);
	int16_t *table = NULL;

	for (size_t i = 0; i < size; i += 2)
		memcpy(text + i, "1 ", 2);
	ck_assert_int_eq(load(&table, &count, text), -EINVAL);
	ck_assert_str_eq(err.msg + strlen(path), ":1: more than 16384 numbers");
	text[size - 2] = '\0';
	ck_assert_int_eq(load(&table, &count, text), 0);
	ck_assert_uint_eq(count, SNET__DISTRIBUTION_MAX);
	free(table);
	free(text);
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	int16_t *table = NULL;
	size_t count = 0;

	ck_assert_int_eq(load_from(&table, &count, "/nowhere/x"), -ENOENT);
	ck_assert_str_eq(err.msg, "cannot open '/nowhere/x': No such file or directory");
	ck_assert_int_eq(load_from(&table, &count, "/dev/zero"), -EINVAL);
	ck_assert_str_eq(err.msg, "'/dev/zero' is not a file");
	ck_assert_int_eq(load_from(&table, &count, "/proc/self/exe"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, ":1: not a text"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("distribution");
	TCase *t = tcase_create("distribution");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, numbers_are_read_as_tc_does);
	tcase_add_test(t, what_is_wrong_is_told_with_its_line);
	tcase_add_test(t, a_table_has_an_end);
	tcase_add_test(t, what_is_no_file_is_told);
	suite_add_tcase(s, t);
	return s;
}
