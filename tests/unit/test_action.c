/* SPDX-License-Identifier: MIT */
/* The pure parts of the functions endpoint: names, code, kinds, and the judging of results. */

#include <stdlib.h>
#include <string.h>

#include "faas/run.h"
#include "suite.h"

#define NO_JSON \
	"{\"error\":\"The action did not produce a valid JSON or JSON Array response: "

START_TEST(names_are_those_of_openwhisk)
{
	static const char *const good[] = {"a", "_", "hello", "a b", "a.b-c@d&e", "9"};
	static const char *const bad[] = {"",   " a",  "a ", "-a",
					  ".a", "a/b", "a$", "\303\244"};
	char name[258];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(snet__faas_is_name(good[i]), "'%s'", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!snet__faas_is_name(bad[i]), "'%s'", bad[i]);
	memset(name, 'a', 257);
	name[257] = '\0';
	ck_assert(!snet__faas_is_name(name));
	name[256] = '\0';
	ck_assert(snet__faas_is_name(name));
}
END_TEST

START_TEST(code_that_looks_like_base64_is_binary)
{
	static const char *const binary[] = {"abcd", "main", "UEsDBA==", " YWI= \n",
					     "+/+/"};
	static const char *const text[] = {"", "abc", "a-cd", "=abc", "ab=c", "main()"};

	for (size_t i = 0; i < sizeof(binary) / sizeof(*binary); i++)
		ck_assert_msg(snet__faas_is_binary(binary[i], strlen(binary[i])), "'%s'",
			      binary[i]);
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		ck_assert_msg(!snet__faas_is_binary(text[i], strlen(text[i])), "'%s'",
			      text[i]);
}
END_TEST

START_TEST(kinds_find_their_runtime)
{
	const char *kind = NULL;

	ck_assert_ptr_eq(snet__faas_find_runtime("nodejs:default", NULL, &kind),
			 &snet__faas_nodejs);
	ck_assert_str_eq(kind, "nodejs:20");
	ck_assert_ptr_eq(snet__faas_find_runtime("python:3.9", NULL, &kind),
			 &snet__faas_python);
	ck_assert_str_eq(kind, "python:3.9");
	ck_assert_ptr_eq(snet__faas_find_runtime("blackbox", "openwhisk/dockerskeleton",
						 &kind),
			 &snet__faas_blackbox);
	ck_assert_ptr_eq(snet__faas_find_runtime("blackbox", "openwhisk/actionloop-base",
						 &kind),
			 &snet__faas_native);
	ck_assert_str_eq(kind, "blackbox");
	ck_assert_ptr_null(snet__faas_find_runtime("cobol:60", NULL, &kind));
	ck_assert_str_eq(snet__faas_kind_of_file("a/b.js"), "nodejs:20");
	ck_assert_str_eq(snet__faas_kind_of_file("b.py"), "python:3.11");
	ck_assert_str_eq(snet__faas_kind_of_file("a.out"), "blackbox");
}
END_TEST

START_TEST(results_are_judged_as_openwhisk_does)
{
	static const struct {
		const char *line;
		enum snet__faas_status status;
		const char *result;
	} cases[] = {
		{"{\"a\":1}", SNET__FAAS_SUCCESS, "{\"a\":1}"},
		{"[1]", SNET__FAAS_SUCCESS, "[1]"},
		{"{\"error\":null}", SNET__FAAS_APPLICATION_ERROR, "{\"error\":null}"},
		{"!{\"error\":\"x\"}", SNET__FAAS_DEVELOPER_ERROR, "{\"error\":\"x\"}"},
		{"!nonsense", SNET__FAAS_DEVELOPER_ERROR, NO_JSON "!nonsense\"}"},
		{"7", SNET__FAAS_DEVELOPER_ERROR, NO_JSON "7\"}"},
		{"", SNET__FAAS_DEVELOPER_ERROR, NO_JSON "\"}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct snet__faas_outcome outcome = {0};

		snet__faas_judge(cases[i].line, strlen(cases[i].line), &outcome);
		ck_assert_int_eq(outcome.status, cases[i].status);
		ck_assert_str_eq(outcome.result, cases[i].result);
		free(outcome.result);
	}
}
END_TEST

START_TEST(ids_are_32_hexadecimal_digits_and_differ)
{
	char a[SNET__FAAS_ID_SIZE], b[SNET__FAAS_ID_SIZE];

	snet__faas_new_id(a);
	snet__faas_new_id(b);
	ck_assert_uint_eq(strlen(a), 32);
	ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 32);
	ck_assert_str_ne(a, b);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("action");
	TCase *t = tcase_create("action");

	tcase_add_test(t, names_are_those_of_openwhisk);
	tcase_add_test(t, code_that_looks_like_base64_is_binary);
	tcase_add_test(t, kinds_find_their_runtime);
	tcase_add_test(t, results_are_judged_as_openwhisk_does);
	tcase_add_test(t, ids_are_32_hexadecimal_digits_and_differ);
	suite_add_tcase(s, t);
	return s;
}
