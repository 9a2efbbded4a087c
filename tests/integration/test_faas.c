/* SPDX-License-Identifier: MIT */
/* What the functions endpoint says about actions and itself; no function runs here. */

#include <fcntl.h>

#include "faasctl.h"
#include "suite.h"

static const char *const hello =
	"{\"exec\":{\"kind\":\"nodejs:default\",\"code\":\"function main(p) { return p; }\"},"
	"\"parameters\":[{\"key\":\"a\",\"value\":1}],"
	"\"annotations\":[{\"key\":\"note\",\"value\":\"first\"}]}";

static struct faasctl ctl;

static void setup(void)
{
	ctl = (struct faasctl){0};
	faasctl_start(&ctl);
}

static void teardown(void)
{
	faasctl_stop(&ctl);
}

static void call_with(const char *headers)
{
	int fd = rawhttp_connect(ctl.port);

	rawhttp_free(&ctl.answer);
	rawhttp_call_on(fd, "GET", NS "/actions", headers, NULL, 0, &ctl.answer);
	close(fd);
}

START_TEST(clients_must_authenticate)
{
	char text[100];

	call_with("");
	ck_assert_uint_eq(ctl.answer.status, 401);
	ck_assert_str_eq(rawhttp_header(&ctl.answer, "WWW-Authenticate", text,
					sizeof(text)),
			 "Basic realm=\"OpenWhisk secure realm\"");
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "The resource requires authentication"));
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "\"code\":\""));
	call_with("Authorization: Basic dXNlcjpwYXNz\r\n");
	ck_assert_uint_eq(ctl.answer.status, 401);
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "The supplied authentication is invalid"));
	call_with("Authorization: Bearer x\r\n");
	ck_assert_uint_eq(ctl.answer.status, 401);
	call_with(GUEST_HEADER);
	ck_assert_uint_eq(ctl.answer.status, 200);
	ck_assert_str_eq(ctl.answer.body, "[]");
}
END_TEST

START_TEST(a_request_keeps_its_transaction_id_unless_it_is_reserved)
{
	char text[200];

	call_with(GUEST_HEADER "X-Request-ID: mine-1\r\n");
	ck_assert_str_eq(rawhttp_header(&ctl.answer, "X-Request-ID", text, sizeof(text)),
			 "mine-1");
	ck_assert_str_eq(rawhttp_header(&ctl.answer, "Access-Control-Allow-Origin", text,
					sizeof(text)),
			 "*");
	call_with(GUEST_HEADER "X-Request-ID: sid_x\r\n");
	ck_assert_uint_eq(strlen(rawhttp_header(&ctl.answer, "X-Request-ID", text,
						sizeof(text))),
			  32);
	call_with(GUEST_HEADER "X-Request-ID: a\"b\r\n");
	ck_assert_uint_eq(strlen(rawhttp_header(&ctl.answer, "X-Request-ID", text,
						sizeof(text))),
			  32);
}
END_TEST

START_TEST(it_describes_itself_as_openwhisk_does)
{
	faasctl_expect(&ctl, "GET", "/", NULL, 200, "\"api_paths\":[\"/api/v1\"]");
	faasctl_expect(&ctl, "GET", "/", NULL, 200,
		       "{\"kind\":\"nodejs:20\",\"default\":true");
	faasctl_expect(&ctl, "GET", "/ping", NULL, 200, "pong");
	faasctl_expect(&ctl, "GET", "/api/v1", NULL, 200, "\"api_version_path\":\"v1\"");
	faasctl_expect(&ctl, "GET", "/api/v1/namespaces", NULL, 200, "[\"guest\"]");
	faasctl_expect(&ctl, "GET", NS "/limits", NULL, 200,
		       "\"maxActionTimeout\":300000");
	faasctl_expect(&ctl, "PUT", NS "/limits", "{}", 405, "\"code\"");
	faasctl_expect(&ctl, "OPTIONS", NS "/actions", NULL, 200, "");
	faasctl_expect(&ctl, "OPTIONS", "/elsewhere", NULL, 404, "\"error\"");
	faasctl_expect(&ctl, "GET", "/api/v1/nonsense", NULL, 404,
		       "The requested resource does not exist.");
	faasctl_expect(&ctl, "GET", "/api/v1/namespaces/other/actions", NULL, 403,
		       "not authorized to access 'other'");
}
END_TEST

START_TEST(what_comes_later_is_refused_clearly)
{
	static const char *const paths[] = {"triggers", "triggers/t", "rules/r",
					    "packages/p", "packages"};
	char target[100];

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		(void)snprintf(target, sizeof(target), NS "/%s", paths[i]);
		faasctl_expect(&ctl, "GET", target, NULL, 501,
			       "are not supported by this endpoint.");
	}
	faasctl_expect(&ctl, "PUT", NS "/triggers/t", "{}", 501,
		       "Triggers are not supported");
	faasctl_expect(&ctl, "PUT", NS "/actions/pkg/a", hello, 501,
		       "Packages are not supported");
	faasctl_expect(&ctl, "GET", NS "/actions/pkg/a", NULL, 404, "does not exist");
	faasctl_expect(&ctl, "GET", "/api/v1/web/guest/default/a.json", NULL, 501,
		       "Web actions are not supported");
	faasctl_expect(&ctl, "PUT", NS "/actions/s",
		       "{\"exec\":{\"kind\":\"sequence\",\"components\":[\"/_/a\"]}}",
		       501, "Sequences are not supported");
}
END_TEST

START_TEST(an_action_is_put_got_and_deleted)
{
	faasctl_expect(&ctl, "PUT", NS "/actions/hello", hello, 200,
		       "\"version\":\"0.0.1\"");
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "\"kind\":\"nodejs:20\""));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"provide-api-key\",\"value\":false}"));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"exec\",\"value\":\"nodejs:20\"}"));
	ck_assert_ptr_nonnull(strstr(
		ctl.answer.body,
		"\"limits\":{\"timeout\":60000,\"memory\":256,\"logs\":10,\"concurrency\":1}"));
	faasctl_expect(&ctl, "GET", NS "/actions/hello", NULL, 200,
		       "\"code\":\"function main");
	(void)faasctl_call(&ctl, "GET", NS "/actions/hello?code=false", NULL);
	ck_assert_ptr_null(strstr(ctl.answer.body, "\"code\""));
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "\"binary\":false"));
	faasctl_expect(&ctl, "DELETE", NS "/actions/hello", NULL, 200,
		       "\"name\":\"hello\"");
	faasctl_expect(
		&ctl, "GET", NS "/actions/hello", NULL, 404,
		"{\"error\":\"The requested resource does not exist.\",\"code\":\"");
	faasctl_expect(&ctl, "DELETE", NS "/actions/hello", NULL, 404, "does not exist");
	faasctl_expect(&ctl, "POST", NS "/actions/hello", NULL, 404, "does not exist");
}
END_TEST

START_TEST(an_update_merges_annotations_and_keeps_what_it_does_not_name)
{
	faasctl_expect(&ctl, "PUT", NS "/actions/hello?", hello, 200, "0.0.1");
	faasctl_expect(&ctl, "PUT", NS "/actions/hello", hello, 409,
		       "resource already exists");
	faasctl_expect(&ctl, "PUT", NS "/actions/hello?overwrite=true",
		       "{\"annotations\":[{\"key\":\"more\",\"value\":true}],"
		       "\"limits\":{\"timeout\":1000}}",
		       200, "\"version\":\"0.0.2\"");
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"note\",\"value\":\"first\"}"));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"more\",\"value\":true}"));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "\"parameters\":[{\"key\":\"a\",\"value\":1}]"));
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "\"timeout\":1000,\"memory\":256"));
	faasctl_expect(&ctl, "PUT", NS "/actions/hello?overwrite=true",
		       "{\"parameters\":[],\"delAnnotations\":[\"note\"]}", 200,
		       "\"parameters\":[]");
	ck_assert_ptr_null(strstr(ctl.answer.body, "note"));
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "more"));
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "function main"));
}
END_TEST

START_TEST(a_wrong_action_is_refused_with_openwhisks_words)
{
#define EXEC "\"exec\":{\"kind\":\"nodejs:20\",\"code\":\"x()\"}"
	static const struct {
		const char *body, *text;
	} cases[] = {
		{"{}", "exec undefined"},
		{"[]", "an action must be an object, not an array"},
		{"{", "The request content was malformed"},
		{"{\"exec\":7}", "exec must be an object"},
		{"{\"exec\":{}}", "'kind' must be a string"},
		{"{\"exec\":{\"kind\":\"foo\",\"code\":\"x\"}}",
		 "The specified runtime 'foo' is not supported by this platform. Valid values "
		 "are: 'nodejs:20', 'nodejs:18', 'nodejs:22', 'python:3.11', 'python:3.10', "
		 "'python:3', 'native', 'go:1.20', 'blackbox'."},
		{"{\"exec\":{\"kind\":\"nodejs:20\"}}", "'code' must be a string"},
		{"{\"exec\":{\"kind\":\"blackbox\",\"code\":\"#!\"}}",
		 "'image' must be a string"},
		{"{" EXEC ",\"parameters\":{\"a\":1}}", "parameters must be an array"},
		{"{" EXEC ",\"annotations\":{}}", "annotations must be an array"},
		{"{" EXEC ",\"annotations\":[1]}", "annotations must be an array of"},
		{"{" EXEC ",\"limits\":{\"timeout\":99}}",
		 "duration 99 milliseconds below allowed threshold of 100 milliseconds"},
		{"{" EXEC ",\"limits\":{\"timeout\":300001}}",
		 "exceeds allowed threshold of 300000 milliseconds"},
		{"{" EXEC ",\"limits\":{\"memory\":513}}",
		 "memory 513 MB exceeds allowed threshold of 512 MB"},
		{"{" EXEC ",\"limits\":{\"memory\":\"1\"}}",
		 "limits.memory must be a whole number"},
		{"{" EXEC ",\"limits\":{\"logs\":11}}", "log size 11 MB exceeds"},
		{"{" EXEC ",\"limits\":{\"concurrency\":2}}", "concurrency 2 exceeds"},
		{"{" EXEC ",\"version\":\"one\"}", "version must be like"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		faasctl_expect(&ctl, "PUT", NS "/actions/a", cases[i].body, 400,
			       cases[i].text);
	faasctl_expect(&ctl, "GET", NS "/actions", NULL, 200, "[]");
}
END_TEST

START_TEST(an_action_must_come_as_json)
{
	int fd = rawhttp_connect(ctl.port);

	rawhttp_call_on(fd, "PUT", NS "/actions/a",
			GUEST_HEADER "Content-Type: text/plain\r\n", hello, strlen(hello),
			&ctl.answer);
	ck_assert_uint_eq(ctl.answer.status, 415);
	close(fd);
}
END_TEST

START_TEST(names_are_checked)
{
	char target[400], name[300];

	memset(name, 'n', 257);
	name[257] = '\0';
	(void)snprintf(target, sizeof(target), NS "/actions/%s", name);
	faasctl_expect(&ctl, "PUT", target, hello, 400,
		       "Name segement longer than allowed: 257 > 256.");
	target[strlen(target) - 1] = '\0';
	faasctl_expect(&ctl, "PUT", target, hello, 200, "nnn");
	faasctl_expect(&ctl, "PUT", NS "/actions/a%24", hello, 400,
		       "The name of the entity contains illegal characters.");
	faasctl_expect(&ctl, "PUT", NS "/actions/a%20b%26c", hello, 200,
		       "\"name\":\"a b&c\"");
	faasctl_expect(&ctl, "GET", NS "/actions/a%20b%26c", NULL, 200, "a b&c");
	faasctl_expect(&ctl, "GET", NS "/actions/%zz", NULL, 404, "does not exist");
	faasctl_expect(&ctl, "POST", NS "/actions", "{}", 405, "\"error\"");
	faasctl_expect(&ctl, "POST", NS "/actions/", "{}", 405, "\"error\"");
}
END_TEST

START_TEST(actions_are_listed_in_windows)
{
	char target[100];

	for (int i = 0; i < 35; i++) {
		(void)snprintf(target, sizeof(target), NS "/actions/a%02d", i);
		faasctl_expect(&ctl, "PUT", target, hello, 200, "0.0.1");
	}
	faasctl_expect(&ctl, "GET", NS "/actions?count=true", NULL, 200,
		       "{\"actions\":35}");
	for (int limit = 0; limit <= 30; limit += 15) {
		struct snet__json *list = NULL;

		(void)snprintf(target, sizeof(target), NS "/actions?limit=%d&skip=10",
			       limit);
		(void)faasctl_call(&ctl, "GET", target, NULL);
		ck_assert_int_eq(snet__json_parse(&list, ctl.answer.body,
						  ctl.answer.body_size, NULL),
				 0);
		ck_assert_uint_eq(snet__json_count(list), limit == 15 ? 15 : 25);
		snet__json_free(list);
	}
	ck_assert_ptr_null(strstr(ctl.answer.body, "\"code\""));
	faasctl_expect(&ctl, "GET", NS "/actions?limit=201", NULL, 400,
		       "The value '201' is not in the range of 0 to 200 for actions.");
	faasctl_expect(&ctl, "GET", NS "/actions?limit=-1", NULL, 400,
		       "The value '-1' is not in the range of 0 to 200 for actions.");
	faasctl_expect(&ctl, "GET", NS "/actions?skip=-1", NULL, 400,
		       "The value '-1' is not greater than or equal to 0 for actions.");
	faasctl_expect(&ctl, "GET", NS "/actions?limit=x", NULL, 400,
		       "The value 'x' is not an integer for actions.");
}
END_TEST

START_TEST(what_is_too_large_is_refused_with_its_size)
{
	size_t size = 48 * 1024 * 1024 + 1;
	char *body = malloc(size + 100), *at = body;
	int fd = rawhttp_connect(ctl.port);

	rawhttp_send_text(fd, "PUT " NS "/actions/a HTTP/1.1\r\nHost: a\r\nExpect: "
			      "100-continue\r\nContent-Length: 99999999\r\n\r\n");
	rawhttp_read(fd, &ctl.answer);
	ck_assert_uint_eq(ctl.answer.status, 413);
	ck_assert_ptr_nonnull(strstr(ctl.answer.body,
				     "Request larger than allowed: 99999999 > "
				     "67108864 bytes."));
	close(fd);

	at += sprintf(at, "{\"exec\":{\"kind\":\"nodejs:20\",\"code\":\"");
	memset(at, ' ', size);
	memcpy(at + size, "\"}}", 4);
	faasctl_expect(&ctl, "PUT", NS "/actions/a", body, 413,
		       "exec larger than allowed: 50331649 > 50331648 bytes.");
	free(body);
}
END_TEST

START_TEST(activations_are_asked_for_with_valid_ids)
{
	faasctl_expect(&ctl, "GET", NS "/activations", NULL, 200, "[]");
	faasctl_expect(&ctl, "GET", NS "/activations/1234567890123456789012345678901",
		       NULL, 400, "Activation id length is 31 but must be 32.");
	faasctl_expect(&ctl, "GET", NS "/activations/1234567890123456789012345678901x",
		       NULL, 400, "The activation id is not valid.");
	faasctl_expect(&ctl, "GET", NS "/activations/12345678901234567890123456789012",
		       NULL, 404, "does not exist");
	faasctl_expect(&ctl, "DELETE", NS "/activations/12345678901234567890123456789012",
		       NULL, 405, "\"error\"");
	faasctl_expect(&ctl, "GET", NS "/activations?docs=true&count=true", NULL, 400,
		       "The parameter 'docs' is not permitted with 'count'.");
	faasctl_expect(&ctl, "GET", NS "/activations?count=true", NULL, 200,
		       "{\"activations\":0}");
}
END_TEST

START_TEST(functions_of_the_lab_are_there_from_the_start)
{
	char path[] = "/tmp/test_faas.XXXXXX.js";
	int fd = mkstemps(path, 3);
	struct snet__faas_function functions[] = {
		{.name = "one",
		 .file = path,
		 .timeout_ms = 500,
		 .parameters = "{\"a\":[1]}"},
		{.name = "two", .code = "def main(p): return p", .kind = "python:3"},
	};
	struct faasctl own = {0};

	ck_assert_int_eq(write(fd, "function main() {}", 18), 18);
	close(fd);
	own.opts.functions = functions;
	own.opts.function_count = 2;
	own.opts.credentials = "u:p";
	faasctl_start(&own);
	faasctl_expect(&own, "GET", NS "/actions", NULL, 401, "invalid");
	faasctl_stop(&own);
	own.opts.credentials = NULL;
	faasctl_start(&own);
	faasctl_expect(&own, "GET", NS "/actions/one", NULL, 200, "function main() {}");
	ck_assert_ptr_nonnull(strstr(own.answer.body, "nodejs:20"));
	ck_assert_ptr_nonnull(strstr(own.answer.body, "\"timeout\":500"));
	ck_assert_ptr_nonnull(strstr(own.answer.body, "{\"key\":\"a\",\"value\":[1]}"));
	faasctl_expect(&own, "GET", NS "/actions/two", NULL, 200, "def main");
	faasctl_stop(&own);
	unlink(path);
}
END_TEST

START_TEST(a_wrong_function_of_the_lab_is_named)
{
	static const struct {
		struct snet__faas_function function;
		const char *text;
	} cases[] = {
		{{.name = "f", .file = "/nonexistent.js"},
		 "function 'f': cannot read '/nonexistent.js': No such file or directory"},
		{{.name = "a/b", .code = "x"}, "'a/b' is no name for a function"},
		{{.name = "f", .code = "x", .kind = "cobol"},
		 "function 'f': The specified runtime 'cobol' is not supported by this platform."},
		{{.name = "f", .code = "x", .timeout_ms = 1},
		 "below allowed threshold of 100"},
		{{.name = "f", .code = "x", .parameters = "[]"},
		 "function 'f': parameters must be an object, not an array"},
		{{.name = "f", .code = "x", .parameters = "{"},
		 "function 'f': parameters: 1:2: JSON ends too early"},
	};
	struct snet__faas *faas = NULL;
	unsigned int port;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct snet__faas_opts opts = {.functions = &cases[i].function,
					       .function_count = 1,
					       .netns = -1,
					       .mntns = -1};
		struct snet_err err = {0};

		opts.listen_fd = rawhttp_listen(&port);
		ck_assert_int_lt(snet__faas_new(&faas, ctl.loop, &opts, &err), 0);
		ck_assert_msg(strstr(err.msg, cases[i].text) != NULL, "%s", err.msg);
		ck_assert_int_eq(fcntl(opts.listen_fd, F_GETFD), -1);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("faas");
	TCase *t = tcase_create("faas");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, clients_must_authenticate);
	tcase_add_test(t, a_request_keeps_its_transaction_id_unless_it_is_reserved);
	tcase_add_test(t, it_describes_itself_as_openwhisk_does);
	tcase_add_test(t, what_comes_later_is_refused_clearly);
	tcase_add_test(t, an_action_is_put_got_and_deleted);
	tcase_add_test(t, an_update_merges_annotations_and_keeps_what_it_does_not_name);
	tcase_add_test(t, a_wrong_action_is_refused_with_openwhisks_words);
	tcase_add_test(t, an_action_must_come_as_json);
	tcase_add_test(t, names_are_checked);
	tcase_add_test(t, actions_are_listed_in_windows);
	tcase_add_test(t, what_is_too_large_is_refused_with_its_size);
	tcase_add_test(t, activations_are_asked_for_with_valid_ids);
	tcase_add_test(t, functions_of_the_lab_are_there_from_the_start);
	tcase_add_test(t, a_wrong_function_of_the_lab_is_named);
	suite_add_tcase(s, t);
	return s;
}
