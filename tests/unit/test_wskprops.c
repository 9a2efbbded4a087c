/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/whisk_url.h"
#include "backend/wskprops.h"
#include "suite.h"

static char folder[sizeof("/tmp/test_wskprops.XXXXXX")];

static void set_up(void)
{
	/* For each test anew, also where all run in one process. */
	(void)strcpy(folder, "/tmp/test_wskprops.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)setenv("HOME", folder, 1);
	(void)unsetenv("WSK_CONFIG_FILE");
}

static void tear_down(void)
{
	(void)rmdir(folder);
}

static void write_file(char path[256], const char *name, const char *text)
{
	FILE *file;

	(void)snprintf(path, 256, "%s/%s", folder, name);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

START_TEST(lines_are_read_as_wsk_reads_them)
{
	autoprops props = {0};

	ck_assert_int_eq(snet__wskprops_parse(&props,
					      "# AUTH=no:no\n"
					      "\r\n"
					      " APIHOST = https://ow.example:443 \r\n"
					      "AUTH=a=b:c\n"
					      "AUTH=first:one\n"
					      "OTHER=thing\n"
					      "nonsense\n"
					      "AUTH=uuid:key",
					      NULL),
			 0);
	ck_assert_str_eq(props.api_host, "https://ow.example:443");
	ck_assert_str_eq(props.auth, "uuid:key");
}
END_TEST

START_TEST(an_empty_file_says_nothing)
{
	autoprops props = {0};

	ck_assert_int_eq(snet__wskprops_parse(&props, "", NULL), 0);
	ck_assert_ptr_null(props.api_host);
	ck_assert_ptr_null(props.auth);
}
END_TEST

START_TEST(credentials_are_a_key_or_a_path)
{
	char path[256], *key = NULL;

	ck_assert_int_eq(snet__wskprops_find_key(&key, "u:k", NULL), 0);
	ck_assert_str_eq(key, "u:k");
	free(key);
	write_file(path, "props", "AUTH=from:path\n");
	ck_assert_int_eq(snet__wskprops_find_key(&key, path, NULL), 0);
	ck_assert_str_eq(key, "from:path");
	free(key);
	ck_assert_int_eq(snet__wskprops_find_key(&key, "~/props", NULL), 0);
	ck_assert_str_eq(key, "from:path");
	free(key);
	(void)unlink(path);
}
END_TEST

START_TEST(the_default_file_is_wsks)
{
	char path[256], other[256], *key = NULL;

	write_file(path, ".wskprops", "AUTH=from:home\n");
	ck_assert_int_eq(snet__wskprops_find_key(&key, NULL, NULL), 0);
	ck_assert_str_eq(key, "from:home");
	free(key);
	write_file(other, "other", "AUTH=from:variable\n");
	(void)setenv("WSK_CONFIG_FILE", other, 1);
	ck_assert_int_eq(snet__wskprops_find_key(&key, NULL, NULL), 0);
	ck_assert_str_eq(key, "from:variable");
	free(key);
	(void)unlink(path);
	(void)unlink(other);
}
END_TEST

START_TEST(missing_credentials_are_explained)
{
	struct snet_err err = {0};
	char path[256], text[600], *key = NULL;

	ck_assert_int_eq(snet__wskprops_find_key(&key, "/nowhere/props", &err), -ENOENT);
	ck_assert_str_eq(err.msg,
			 "no credentials ('uuid:key' or the path of a .wskprops file): "
			 "cannot open '/nowhere/props': No such file or directory");
	write_file(path, "props", "APIHOST=x\n");
	ck_assert_int_eq(snet__wskprops_find_key(&key, path, &err), -EINVAL);
	(void)snprintf(text, sizeof(text), "no AUTH=uuid:key in '%s'", path);
	ck_assert_str_eq(err.msg, text);
	ck_assert_ptr_null(key);
	(void)unlink(path);
}
END_TEST

START_TEST(an_api_host_needs_no_scheme)
{
	static const char *const hosts[][2] = {
		{"ow.example", "https://ow.example"},
		{"http://127.0.0.1:3233", "http://127.0.0.1:3233"},
		{"https://ow.example:443/", "https://ow.example:443"},
		{"ow.example/api/v1", "https://ow.example"},
		{"http://[fd00::1]:3233", "http://[fd00::1]:3233"},
	};
	static const char *const bad[] = {"",      "ftp://x", "http://", "a b",
					  "u:p@h", "h/path",  "h?q"};
	struct snet_err err = {0};
	char *base = NULL;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		ck_assert_int_eq(snet__whisk_url_base(&base, hosts[i][0], NULL), 0);
		ck_assert_str_eq(base, hosts[i][1]);
		free(base);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(snet__whisk_url_base(&base, bad[i], &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'h?q' is not an API host: 'HOST[:PORT]'");
}
END_TEST

START_TEST(names_become_paths)
{
	static const char *const names[][2] = {
		{"flip", "http://h/api/v1/namespaces/_/actions/flip?x"},
		{"pkg/flip", "http://h/api/v1/namespaces/_/actions/pkg/flip?x"},
		{"/ns/flip", "http://h/api/v1/namespaces/ns/actions/flip?x"},
		{"/n s/p&g/f\303\274r",
		 "http://h/api/v1/namespaces/n%20s/actions/p%26g/f%C3%BCr?x"},
		{"a?b#c%", "http://h/api/v1/namespaces/_/actions/a%3Fb%23c%25?x"},
	};
	static const char *const bad[] = {"",     "/",     "/a",       "a/",
					  "a//b", "a/b/c", "/a/b/c/d", "/ns/../x",
					  "..",   "./a",   "/a//b"};
	struct snet_err err = {0};
	char *url = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ck_assert_int_eq(snet__whisk_url_action(&url, "http://h", names[i][0],
							"?x", NULL),
				 0);
		ck_assert_str_eq(url, names[i][1]);
		free(url);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(snet__whisk_url_action(&url, "http://h", bad[i], "",
						     &err) == -EINVAL,
			      "'%s'", bad[i]);
	ck_assert_str_eq(err.msg,
			 "'/a//b' is not a function's name: 'NAME', 'PACKAGE/NAME' or "
			 "'/NAMESPACE/[PACKAGE/]NAME'");
	ck_assert_int_eq(snet__whisk_url_activation(&url, "http://h", "/ns/f", "12ab",
						    NULL),
			 0);
	ck_assert_str_eq(url, "http://h/api/v1/namespaces/ns/activations/12ab");
	free(url);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("wskprops");
	TCase *t = tcase_create("wskprops");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, lines_are_read_as_wsk_reads_them);
	tcase_add_test(t, an_empty_file_says_nothing);
	tcase_add_test(t, credentials_are_a_key_or_a_path);
	tcase_add_test(t, the_default_file_is_wsks);
	tcase_add_test(t, missing_credentials_are_explained);
	tcase_add_test(t, an_api_host_needs_no_scheme);
	tcase_add_test(t, names_become_paths);
	suite_add_tcase(s, t);
	return s;
}
