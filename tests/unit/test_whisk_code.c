/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/whisk_code.h"
#include "suite.h"

START_TEST(a_files_name_tells_its_language)
{
	ck_assert_str_eq(snet__whisk_code_kind("a/b.js"), "nodejs:default");
	ck_assert_str_eq(snet__whisk_code_kind("b.mjs"), "nodejs:default");
	ck_assert_str_eq(snet__whisk_code_kind("b.py"), "python:default");
	ck_assert_str_eq(snet__whisk_code_kind("b"), "blackbox");
	ck_assert_str_eq(snet__whisk_code_kind("b.js.bin"), "blackbox");
}
END_TEST

START_TEST(sources_go_as_text_and_programs_as_base64)
{
	char path[] = "/tmp/test_whisk_code.XXXXXX", *code = NULL, text[128];
	struct snet_err err = {0};
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(snet__whisk_code_load(&code, path, "nodejs:default", &err),
			 -EINVAL);
	(void)snprintf(text, sizeof(text), "'%s' is empty", path);
	ck_assert_str_eq(err.msg, text);
	ck_assert_int_eq(write(fd, "foobar", 6), 6);
	ck_assert_int_eq(snet__whisk_code_load(&code, path, "nodejs:default", NULL), 0);
	ck_assert_str_eq(code, "foobar");
	free(code);
	ck_assert_int_eq(snet__whisk_code_load(&code, path, "blackbox", NULL), 0);
	ck_assert_str_eq(code, "Zm9vYmFy");
	free(code);
	ck_assert_int_eq(write(fd, "\0\0\0", 3), 3); /* an archive, say */
	ck_assert_int_eq(snet__whisk_code_load(&code, path, "nodejs:default", NULL), 0);
	ck_assert_str_eq(code, "Zm9vYmFyAAAA");
	free(code);
	(void)close(fd);
	(void)unlink(path);
	ck_assert_int_eq(snet__whisk_code_load(&code, path, "blackbox", &err), -ENOENT);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("whisk_code");
	TCase *t = tcase_create("whisk_code");

	tcase_add_test(t, a_files_name_tells_its_language);
	tcase_add_test(t, sources_go_as_text_and_programs_as_base64);
	suite_add_tcase(s, t);
	return s;
}
