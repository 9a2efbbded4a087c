/* SPDX-License-Identifier: MIT */
/* The blocking client of OpenWhisk's API against a scripted server. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/whisk.h"
#include "backend/whisk_url.h"
#include "http_server.h"
#include "suite.h"

static struct http_server *server;
static struct snet__whisk *whisk;
static char seen[4096]; /* the last request's body; read after its answer */

static void serve_list(struct http_exchange *exchange)
{
	static const char item[] = "{\"namespace\":\"guest\",\"name\":\"f\"},";
	bool is_first = strstr(exchange->head, "skip=0 ") != NULL;
	char *text = calloc(1, 210 * sizeof(item));

	ck_assert_ptr_nonnull(text);
	(void)strcat(text, "[");
	for (int i = 0; i < (is_first ? 200 : 3); i++)
		(void)strcat(text, item);
	text[strlen(text) - 1] = ']';
	http_answer(exchange, 200, "", text);
	free(text);
}

static void serve_invocation(struct http_exchange *exchange)
{
	static const char done[] =
		"{\"activationId\":\"id\",\"response\":{\"success\":true,\"result\":{\"a\":1}}}";

	if (!strstr(exchange->head, "blocking=true"))
		http_answer(exchange, 202, "", "{\"activationId\":\"id\"}");
	else if (strstr(exchange->head, "/array?"))
		http_answer(exchange, 200, "", "[1,2]");
	else if (strstr(exchange->head, "/fail?"))
		http_answer(exchange, 502, "",
			    "{\"activationId\":\"id\",\"response\":{\"success\":false,"
			    "\"result\":{\"error\":\"no such lamp\"}}}");
	else if (strstr(exchange->head, "/slow?"))
		http_answer(exchange, 202, "", "{\"activationId\":\"id\"}");
	else
		http_answer(exchange, 200, "", done);
}

static bool serve(struct http_exchange *exchange, void *user)
{
	(void)snprintf(seen, sizeof(seen), "%s", exchange->body);
	if (strstr(exchange->head, "Authorization: Basic YmFk"))
		http_answer(exchange, 401, "", "{\"error\":\"no\",\"code\":\"1\"}");
	else if (strstr(exchange->head, "/nosuch"))
		http_answer(exchange, 404, "", "{\"error\":\"no\",\"code\":\"1\"}");
	else if (strstr(exchange->head, "/actions?limit"))
		serve_list(exchange);
	else if (strstr(exchange->head, "/odd?"))
		http_answer(exchange, 409, "",
			    "{\"error\":\"it is a package\",\"code\":\"1\"}");
	else if (strstr(exchange->head, "/html?"))
		http_answer(exchange, 200, "", "<html></html>");
	else if (strstr(exchange->head, "/activations/id "))
		http_answer(exchange, 200, "",
			    "{\"activationId\":\"id\",\"response\":{\"success\":true,"
			    "\"result\":{\"late\":true}}}");
	else if (strncmp(exchange->head, "POST", 4) == 0)
		serve_invocation(exchange);
	else
		http_answer(exchange, 200, "", "{\"name\":\"f\",\"version\":\"0.0.2\"}");
	return true;
}

static void open_with(const char *key)
{
	struct snet__whisk_opts opts = {.api_host = http_server_url(server),
					.credentials = key};

	snet__whisk_free(whisk);
	whisk = NULL;
	ck_assert_int_eq(snet__whisk_new(&whisk, &opts, NULL), 0);
}

static void set_up(void)
{
	server = http_server_start(serve, NULL);
	open_with("uuid:key");
}

static void tear_down(void)
{
	snet__whisk_free(whisk);
	http_server_stop(server);
}

START_TEST(a_long_list_comes_in_pages)
{
	autojson *list = NULL;

	ck_assert_int_eq(snet__whisk_list(whisk, &list, NULL), 0);
	ck_assert_uint_eq(snet__json_count(list), 203);
	ck_assert_uint_eq(http_server_requests(server), 2);
}
END_TEST

START_TEST(put_sends_what_openwhisk_takes)
{
	autojson *params = NULL, *made = NULL;
	struct snet__whisk_action action = {.name = "f",
					    .kind = "blackbox",
					    .code = "Zm9v",
					    .timeout_ms = 1000};

	ck_assert_int_eq(snet__json_parse(&params, "{\"k\":[1]}", 9, NULL), 0);
	action.params = params;
	ck_assert_int_eq(snet__whisk_put(whisk, &action, &made, NULL), 0);
	ck_assert_str_eq(seen,
			 "{\"exec\":{\"kind\":\"blackbox\",\"code\":\"Zm9v\",\"image\":"
			 "\"openwhisk/dockerskeleton\"},\"limits\":{\"timeout\":1000},"
			 "\"parameters\":[{\"key\":\"k\",\"value\":[1]}]}");
	ck_assert_str_eq(snet__json_get_string(made, "version"), "0.0.2");
}
END_TEST

static void check_result(const char *name, const char *expected)
{
	autojson *result = NULL;
	autofree char *text = NULL;

	ck_assert_int_eq(snet__whisk_invoke(whisk, name, "{}", 0, &result, NULL), 0);
	text = snet__json_format(result);
	ck_assert_str_eq(text, expected);
}

START_TEST(invoke_gives_the_result_when_there_is_one)
{
	check_result("f", "{\"a\":1}");
	check_result("array", "[1,2]");
	check_result("slow", "{\"late\":true}");
}
END_TEST

START_TEST(invoke_fails_in_the_functions_words)
{
	struct snet_err err = {0};
	autojson *result = NULL;

	ck_assert_int_eq(snet__whisk_invoke(whisk, "fail", "{}", 0, &result, &err),
			 -EREMOTEIO);
	ck_assert_str_eq(err.msg, "no such lamp");
}
END_TEST

START_TEST(start_gives_the_activation)
{
	autofree char *id = NULL;

	ck_assert_int_eq(snet__whisk_start(whisk, "f", "{}", &id, NULL), 0);
	ck_assert_str_eq(id, "id");
}
END_TEST

static void check_message(const char *name, int code, const char *format)
{
	struct snet_err err = {0};
	autojson *json = NULL;
	char text[512];

	(void)snprintf(text, sizeof(text), "'%s' %s", http_server_url(server), format);
	ck_assert_int_eq(snet__whisk_get(whisk, name, &json, &err), code);
	ck_assert_str_eq(err.msg, text);
}

START_TEST(refusals_are_explained)
{
	check_message("nosuch", -ENOENT, "has no function 'nosuch'");
	check_message("odd", -EIO, "refuses: it is a package");
	check_message("html", -EIO, "answers with HTTP status 200: is it OpenWhisk?");
	open_with("bad:key");
	check_message(
		"f", -EACCES,
		"does not accept the credentials: check the key or the .wskprops file");
}
END_TEST

START_TEST(without_a_host_it_says_where_it_looked)
{
	struct snet__whisk_opts opts = {0};
	struct snet__whisk *other = NULL;
	struct snet_err err = {0};

	(void)setenv("WSK_CONFIG_FILE", "/nowhere/props", 1);
	ck_assert_int_eq(snet__whisk_new(&other, &opts, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no API host was given: cannot open '/nowhere/props': "
				  "No such file or directory");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("whisk");
	TCase *t = tcase_create("whisk");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_long_list_comes_in_pages);
	tcase_add_test(t, put_sends_what_openwhisk_takes);
	tcase_add_test(t, invoke_gives_the_result_when_there_is_one);
	tcase_add_test(t, invoke_fails_in_the_functions_words);
	tcase_add_test(t, start_gives_the_activation);
	tcase_add_test(t, refusals_are_explained);
	tcase_add_test(t, without_a_host_it_says_where_it_looked);
	suite_add_tcase(s, t);
	return s;
}
