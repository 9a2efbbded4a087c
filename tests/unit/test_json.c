/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/json.h"
#include "suite.h"

static const struct {
	const char *text, *msg;
} bad[] = {
	{"", "1:1: JSON ends too early"},
	{"[1,\n 2", "2:3: JSON ends too early"},
	{"\"abc", "1:5: JSON ends too early"},
	{"[1}", "1:3: expected ']', got '}'"},
	{"]", "1:1: closes what was not opened"},
	{"[1] 2", "1:5: something follows the JSON value"},
	{"[nope]", "1:2: not JSON near 'nope]'"},
	{"{\"a\":1,\"b\":2,\"a\":3}", "1:14: key 'a': given twice"},
	{"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"h\":9}",
	 "1:50: key 'h': given twice"},
	{"{\"a\":[0,{\"b\":{\"c\":1,\"c\":2}}]}", "1:21: a[1].b: key 'c': given twice"},
	{"[[1e999]]", "1:3: [0][0]: the number is too large"},
	{"1e999", "1:1: the number is too large"},
	{"[\"\xc3\xa4\xff\"]", "1:4: not UTF-8"},
	{"[\"\\u0000\"]", "1:3: \\u0000 in a string is not supported"},
	{"[\"a\nb\"]", "1:4: a control character in a string: write it as \\u00XX"},
	{"[\001]", "1:2: a control character"},
};

START_TEST(what_is_no_json_is_refused_with_its_place)
{
	struct snet__json *json = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(snet__json_parse(&json, bad[_i].text, strlen(bad[_i].text),
					  &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, bad[_i].msg);
	ck_assert_ptr_null(json);
}
END_TEST

START_TEST(nothing_behind_the_text_is_read)
{
	struct snet__json *json = NULL;
	char *text = malloc(4);

	memcpy(text, "[tru", 4);
	ck_assert_int_eq(snet__json_parse(&json, text, 4, NULL), -EINVAL);
	memcpy(text, "\"ab\\", 4);
	ck_assert_int_eq(snet__json_parse(&json, text, 4, NULL), -EINVAL);
	free(text);
}
END_TEST

START_TEST(a_zero_is_data_only_when_it_is_escaped_twice)
{
	autojson *json = NULL;

	ck_assert_int_eq(snet__json_parse(&json, "[\"\\\\u0000\"]", 11, NULL), 0);
	ck_assert_str_eq(snet__json_string(snet__json_at(json, 0)), "\\u0000");
	ck_assert_int_eq(snet__json_parse(&json, "[\0]", 3, NULL), -EINVAL);
}
END_TEST

START_TEST(values_have_types)
{
	static const char text[] =
		"{\"n\":null,\"b\":true,\"i\":7,\"s\":\"x\",\"a\":[1,2],\"o\":{}}";
	autojson *json = NULL;

	ck_assert_int_eq(snet__json_parse(&json, text, strlen(text), NULL), 0);
	ck_assert(snet__json_is(snet__json_get(json, "n"), SNET__JSON_NULL));
	ck_assert(snet__json_is_true(snet__json_get(json, "b")));
	ck_assert(snet__json_number(snet__json_get(json, "i"), 0) > 6.9);
	ck_assert_str_eq(snet__json_get_string(json, "s"), "x");
	ck_assert_ptr_null(snet__json_get_string(json, "i"));
	ck_assert_uint_eq(snet__json_count(snet__json_get(json, "a")), 2);
	ck_assert_ptr_null(snet__json_at(snet__json_get(json, "a"), 2));
	ck_assert_str_eq(snet__json_type_name(snet__json_get(json, "o")), "an object");
	ck_assert_ptr_null(snet__json_get(NULL, "x"));
	ck_assert(!snet__json_is(NULL, SNET__JSON_NULL));
}
END_TEST

START_TEST(trees_are_built_and_changed)
{
	autojson *json = snet__json_new_object();
	char *text;

	snet__json_add_string(json, "s", "x");
	snet__json_add_string(json, "none", NULL);
	snet__json_add_u64(json, "u", 18446744073709551615ull);
	snet__json_add_bool(json, "b", false);
	ck_assert_int_eq(snet__json_set(json, "s", snet__json_new_number(1)), 0);
	snet__json_remove(json, "b");
	ck_assert_ptr_null(snet__json_append(NULL, snet__json_new_null()));
	text = snet__json_format(json);
	ck_assert_str_eq(text, "{\"s\":1,\"u\":18446744073709551615}");
	free(text);
}
END_TEST

START_TEST(places_are_in_characters)
{
	static const char text[] =
		"\xef\xbb\xbf{\n  \"\xc3\xa4\" : [ 1,\n\"x\\\"]\" ,true]}";
	struct snet__json_places *places = NULL;
	const struct snet__json *array;
	unsigned int line, column;
	autojson *json = NULL;

	ck_assert_int_eq(snet__json_parse(&json, text, strlen(text), NULL), 0);
	ck_assert_int_eq(snet__json_places_new(&places, json, text, strlen(text), NULL),
			 0);
	array = snet__json_first(json);
	snet__json_places_find(places, array, true, &line, &column);
	ck_assert_uint_eq(line, 2);
	ck_assert_uint_eq(column, 3);
	snet__json_places_find(places, array, false, &line, &column);
	ck_assert_uint_eq(column, 9);
	snet__json_places_find(places, snet__json_at(array, 2), false, &line, &column);
	ck_assert_uint_eq(line, 3);
	ck_assert_uint_eq(column, 9);
	snet__json_places_free(places);
}
END_TEST

/* Each is printed as it stands here. */
static const char *const pretty[] = {
	"{}\n",
	"[]\n",
	"7\n",
	"{\n  \"a\": 1,\n  \"b\": {},\n  \"c\": [\n    1,\n    {\"\\\"\": \"\\n\"}\n  ]\n}\n",
	/* A member that does not fit goes to the next line; one that does not fit there either
	 * is broken. */
	"{\n"
	"  \"nodes\": [\n"
	"    {\"name\": \"first\", \"text\": \"long enough for a line of its own with what follows\",\n"
	"     \"list\": [\"of which\", \"every part\", \"would have fitted\", \"but not all\"], \"end\": 1},\n"
	"    {\"name\": \"second\",\n"
	"     \"routes\": [\n"
	"      {\"exchange\": \"direct\", \"key\": \"value\", \"function\": \"smooth\", \"backend\": \"cloud\"},\n"
	"      {\"exchange\": \"fanout\", \"function\": \"audit\"}\n"
	"    ], \"end\": 1}\n"
	"  ]\n"
	"}\n",
	"{\n"
	"  \"data\": {\n"
	"    \"values\": [1000000001, 1000000002, 1000000003, 1000000004, 1000000005, 1000000006,\n"
	"     1000000007, 1000000008, 1000000009, 1000000010, 1000000011, 1000000012, 1000000013,\n"
	"     1000000014]\n"
	"  }\n"
	"}\n",
};

START_TEST(what_fits_in_a_line_is_printed_in_one)
{
	autojson *json = NULL;
	autofree char *text = NULL;

	ck_assert_int_eq(snet__json_parse(&json, pretty[_i], strlen(pretty[_i]), NULL),
			 0);
	text = snet__json_format_pretty(json);
	ck_assert_str_eq(text, pretty[_i]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");

	tcase_add_loop_test(t, what_is_no_json_is_refused_with_its_place, 0,
			    (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(t, nothing_behind_the_text_is_read);
	tcase_add_test(t, a_zero_is_data_only_when_it_is_escaped_twice);
	tcase_add_test(t, values_have_types);
	tcase_add_test(t, trees_are_built_and_changed);
	tcase_add_test(t, places_are_in_characters);
	tcase_add_loop_test(t, what_fits_in_a_line_is_printed_in_one, 0,
			    (int)(sizeof(pretty) / sizeof(*pretty)));
	suite_add_tcase(s, t);
	return s;
}
