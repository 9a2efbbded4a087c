/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "suite.h"

START_TEST(base64_is_as_the_rfc_has_it)
{
	/* Source: RFC 4648 section 10 */
	static const char *const pairs[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		size_t size = 0;
		char *text = snet__base64_encode(pairs[i][0], strlen(pairs[i][0]));
		char *data = snet__base64_decode(text, strlen(text), &size);

		ck_assert_str_eq(text, pairs[i][1]);
		ck_assert(snet__base64_is(text, strlen(text)));
		ck_assert_uint_eq(size, strlen(pairs[i][0]));
		ck_assert_mem_eq(data, pairs[i][0], size);
		free(text);
		free(data);
	}
}
END_TEST

START_TEST(what_is_not_base64_is_known)
{
	static const char *const bad[] = {"Z",        "Zg",    "Zg=", "Z===",
					  "Zm9v=Zg=", "Zm 9v", "===="};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!snet__base64_is(bad[i], strlen(bad[i])), "%s", bad[i]);
}
END_TEST

START_TEST(what_is_not_of_the_alphabet_is_passed_over)
{
	size_t size = 0;
	char *data = snet__base64_decode(" Zm9v\nYmFy\n", 11, &size);

	ck_assert_uint_eq(size, 6);
	ck_assert_mem_eq(data, "foobar", 6);
	free(data);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("base64");
	TCase *t = tcase_create("base64");

	tcase_add_test(t, base64_is_as_the_rfc_has_it);
	tcase_add_test(t, what_is_not_base64_is_known);
	tcase_add_test(t, what_is_not_of_the_alphabet_is_passed_over);
	suite_add_tcase(s, t);
	return s;
}
