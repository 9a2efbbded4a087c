/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "suite.h"

START_TEST(durations_have_units)
{
	uint64_t ns = 0;

	ck_assert_int_eq(snet__text_parse_duration(&ns, "20ms"), 0);
	ck_assert_uint_eq(ns, 20000000);
	ck_assert_int_eq(snet__text_parse_duration(&ns, "1.5 s"), 0);
	ck_assert_uint_eq(ns, 1500000000);
	ck_assert_int_eq(snet__text_parse_duration(&ns, "7us"), 0);
	ck_assert_uint_eq(ns, 7000);
	ck_assert_int_eq(snet__text_parse_duration(&ns, "2min"), 0);
	ck_assert_uint_eq(ns, 120000000000);
}
END_TEST

START_TEST(what_is_no_quantity_is_refused)
{
	static const char *const bad[] = {"",      "ms",    "20 parsecs", "-3ms",
					  "0x10s", "1e3ms", "inf",        "20ms ",
					  " 20ms", "1.s",   ".5s",        "nan"};
	uint64_t ns = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(snet__text_parse_duration(&ns, bad[i]) == -EINVAL, "'%s'",
			      bad[i]);
	ck_assert_int_eq(snet__text_parse_duration(&ns, "99999999999999h"), -ERANGE);
	ck_assert_int_eq(snet__text_parse_duration(&ns, "0.9ns"), -ERANGE);
	ck_assert_uint_eq(ns, 7);
}
END_TEST

static void expect_name(const char *path, const char *expected)
{
	char name[SNET__TEXT_NAME_MAX + 1];

	ck_assert_str_eq(snet__text_name_after(name, path, "lab"), expected);
}

START_TEST(a_file_lends_its_name)
{
	expect_name("house.json", "house");
	expect_name("/a.b/my.house.json", "my.house");
	expect_name("../house", "house");
	expect_name("-", "lab");
	expect_name("", "lab");
	expect_name("labs/", "lab");
	expect_name("labs/.json", "lab");
	expect_name("my house.json", "lab");
	expect_name(
		"012345678901234567890123456789012345678901234567890123456789012.json",
		"012345678901234567890123456789012345678901234567890123456789012");
	expect_name(
		"0123456789012345678901234567890123456789012345678901234567890123.json",
		"lab");
}
END_TEST

START_TEST(shares_rates_and_sizes_have_their_own_units)
{
	uint64_t value = 0;
	double share = 0;

	ck_assert_int_eq(snet__text_parse_share(&share, "0.1%"), 0);
	ck_assert_double_eq_tol(share, 0.001, 1e-12);
	ck_assert_int_eq(snet__text_parse_share(&share, "101%"), -ERANGE);
	ck_assert_int_eq(snet__text_parse_number(&share, "12.5"), 0);
	ck_assert_double_eq_tol(share, 12.5, 1e-12);
	ck_assert_int_eq(snet__text_parse_number(&share, "12%"), -EINVAL);
	ck_assert_int_eq(snet__text_parse_number(&share, "-1"), -EINVAL);
	/* What is written in one way is what is written in the other. */
	ck_assert_int_eq(snet__text_parse_share(&share, "0.0001%"), 0);
	ck_assert(share >= 1e-6 && share <= 1e-6);
	ck_assert_int_eq(snet__text_parse_share(&share, "0.0000000012144%"), 0);
	ck_assert(share >= 1.2144e-11 && share <= 1.2144e-11);
	ck_assert_int_eq(snet__text_parse_rate(&value, "20Mbit"), 0);
	ck_assert_uint_eq(value, 20000000);
	ck_assert_int_eq(snet__text_parse_rate(&value, "20ms"), -EINVAL);
	ck_assert_int_eq(snet__text_parse_rate(&value, "0.0009kbit"), -ERANGE);
	ck_assert_int_eq(snet__text_parse_rate(&value, "0bit"), 0);
	ck_assert_uint_eq(value, 0);
	ck_assert_int_eq(snet__text_parse_size(&value, "64KiB"), 0);
	ck_assert_uint_eq(value, 65536);
}
END_TEST

START_TEST(durations_print_with_few_figures)
{
	char text[32];

	ck_assert_str_eq(snet__text_format_duration(text, sizeof(text), 61400000),
			 "61.4 ms");
	ck_assert_str_eq(snet__text_format_duration(text, sizeof(text), 850), "850 ns");
	ck_assert_str_eq(snet__text_format_duration(text, sizeof(text), 2500000000),
			 "2.50 s");
}
END_TEST

START_TEST(control_characters_are_not_plain)
{
	struct snet_err err;

	ck_assert(snet__text_is_plain("a b\303\274\302\240~"));
	ck_assert(!snet__text_is_plain("a\nb"));
	ck_assert(!snet__text_is_plain("a\033[31m"));
	ck_assert(!snet__text_is_plain("\177"));
	ck_assert(!snet__text_is_plain("a\302\23331m"));

	(void)snet__err_set(&err, -EIO, "%s", "a\nb\033c\302\233d\177\303\274");
	ck_assert_str_eq(err.msg, "a b c  d \303\274");
}
END_TEST

START_TEST(only_utf8_is_utf8)
{
	ck_assert(snet__text_is_utf8("", 0));
	ck_assert(snet__text_is_utf8("a\303\274\342\202\254\360\237\230\200", 10));
	ck_assert(!snet__text_is_utf8("\300\200", 2));         /* overlong */
	ck_assert(!snet__text_is_utf8("\355\240\200", 3));     /* surrogate */
	ck_assert(!snet__text_is_utf8("\364\220\200\200", 4)); /* above U+10FFFF */
	ck_assert(!snet__text_is_utf8("\342\202", 2));         /* cut */
	ck_assert(!snet__text_is_utf8("\200", 1));
}
END_TEST

START_TEST(bytes_become_text)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} cases[] = {
		{"", 0, ""},
		{"plain", 5, "plain"},
		{"\303\244\342\202\254", 5, "\303\244\342\202\254"},
		{"a\377b", 3, "a\357\277\275b"},
		{"a\0b", 3, "a\357\277\275b"},
		/* A character that is cut off. */
		{"a\342\202", 3, "a\357\277\275\357\277\275"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = snet__text_from_bytes(cases[i].bytes, cases[i].size);

		ck_assert_str_eq(text, cases[i].text);
		free(text);
	}
}
END_TEST

START_TEST(words_are_quoted_as_shells_want_it)
{
	static const char *const cases[][2] = {
		{"/tmp/a-b_c/t.json", "/tmp/a-b_c/t.json"},
		{"", "''"},
		{"sp ace'q", "'sp ace'\\''q'"},
		{"$HOME", "'$HOME'"},
		{"b\303\244r", "'b\303\244r'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *word = snet__text_format_word(cases[i][0]);

		ck_assert_str_eq(word, cases[i][1]);
		free(word);
	}
}
END_TEST

START_TEST(a_text_grows_by_pieces_whatever_is_in_them)
{
	struct snet__text_buffer buffer = {0};

	snet__text_add(&buffer, "", 0);
	ck_assert_str_eq(buffer.data, "");
	for (int i = 0; i < 1000; i++)
		snet__text_add(&buffer, "a\0bc", 3);
	ck_assert_uint_eq(buffer.size, 3000);
	ck_assert_mem_eq(buffer.data + 2997, "a\0b", 4);
	free(buffer.data);
}
END_TEST

START_TEST(a_typing_error_is_guessed)
{
	static const char *const keys[] = {"name", "kind", "delay", "count", NULL};

	ck_assert_str_eq(snet__text_find_similar("dealy", keys), "delay");
	ck_assert_str_eq(snet__text_find_similar("knd", keys), "kind");
	ck_assert_ptr_null(snet__text_find_similar("zzzz", keys));
	ck_assert_ptr_null(
		snet__text_find_similar("bogus", (const char *[]){"logs", NULL}));
	ck_assert_str_eq(snet__text_find_similar("butn",
						 (const char *[]){"button", NULL}),
			 "button");
	ck_assert_ptr_null(snet__text_find_similar("", keys));
}
END_TEST

START_TEST(names_are_dns_labels_with_a_little_more)
{
	ck_assert(snet__text_is_name("sw0"));
	ck_assert(snet__text_is_name("a-b_c.d"));
	ck_assert(!snet__text_is_name(""));
	ck_assert(!snet__text_is_name("-a"));
	ck_assert(!snet__text_is_name("a b"));
	ck_assert(!snet__text_is_name("a/b"));
	ck_assert(!snet__text_is_name(
		"a123456789a123456789a123456789a123456789a123456789a123456789a123"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_test(t, durations_have_units);
	tcase_add_test(t, what_is_no_quantity_is_refused);
	tcase_add_test(t, a_file_lends_its_name);
	tcase_add_test(t, shares_rates_and_sizes_have_their_own_units);
	tcase_add_test(t, durations_print_with_few_figures);
	tcase_add_test(t, control_characters_are_not_plain);
	tcase_add_test(t, only_utf8_is_utf8);
	tcase_add_test(t, bytes_become_text);
	tcase_add_test(t, words_are_quoted_as_shells_want_it);
	tcase_add_test(t, a_text_grows_by_pieces_whatever_is_in_them);
	tcase_add_test(t, a_typing_error_is_guessed);
	tcase_add_test(t, names_are_dns_labels_with_a_little_more);
	suite_add_tcase(s, t);
	return s;
}
