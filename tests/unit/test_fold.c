/* SPDX-License-Identifier: MIT */
/* What "count" can repeat is found again, and whatever is written reads the same. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_fixture.h"
#include "suite.h"
#include "topo/expand.h"
#include "topo/kinds.h"
#include "topo/write.h"

#define ADD(what, ...)                                                                   \
	ck_assert_msg(snet__model_add_##what(&model,                                     \
					     &(const struct snet_##what##_opts){         \
						     .size = sizeof(                     \
							     struct snet_##what##_opts), \
						     __VA_ARGS__},                       \
					     &err) == 0,                                 \
		      "%s", err.msg)

static void check(void)
{
	ck_assert_msg(snet__model_check(&model, &problems, &err) == 0, "%s", err.msg);
}

/* Every entry of @of, one a line. */
static char *list_entries(const struct snet__model *of)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < of->node_count; i++) {
		autojson *node = snet__write_node(of, of->nodes[i], NULL);
		autofree char *line = snet__json_format(node);

		fprintf(out, "%s\n", line);
	}
	for (size_t i = 0; i < of->link_count; i++) {
		autojson *link = snet__write_link(of->links[i], NULL);
		autofree char *line = snet__json_format(link);

		fprintf(out, "%s\n", line);
	}
	for (size_t i = 0; i < of->backend_count; i++) {
		autojson *backend = snet__write_backend(&of->backends[i]);
		autofree char *line = snet__json_format(backend);

		fprintf(out, "%s %s\n", of->backends[i].name, line);
	}
	fclose(out);
	return text;
}

/* Returns what is written, to be freed, once it has been read again. */
static char *write_and_read(void)
{
	char *text = snet__model_format(&model, NULL);
	struct snet__model copy;
	char *before, *after;

	ck_assert_ptr_nonnull(text);
	snet__model_init(&copy);
	ck_assert_msg(snet__model_read(&copy, text, strlen(text), NULL, &problems,
				       &err) == 0,
		      "%s in:\n%s", err.msg, text);
	before = list_entries(&model);
	after = list_entries(&copy);
	ck_assert_msg(strcmp(before, after) == 0, "%s\nbefore:\n%s\nafter:\n%s", text,
		      before, after);
	free(before);
	free(after);
	snet__model_clear(&copy);
	return text;
}

static void read_text(const char *text)
{
	ck_assert_msg(snet__model_read(&model, text, strlen(text), NULL, &problems,
				       &err) == 0,
		      "%s", err.msg);
}

static const struct {
	const char *first, *second, *template; /* NULL: none */
} pairs[] = {
	{"a0", "a1", "a{i}"},
	{"a7", "a8", "a{i+7}"},
	{"a9", "a10", "a{i+9}"},
	{"a00", "a01", "a0{i}"},
	{"a09", "a10", NULL},
	{"a1", "a0", NULL},
	{"a1", "a3", NULL},
	{"a", "b", NULL},
	{"a1", "b2", NULL},
	{"a1", "a1b", NULL},
	{"a", "a1", NULL},
	{"f1b9", "f1b10", "f1b{i+9}"},
	{"f1b0", "f2b1", "f{i+1}b{i}"},
	{"10.0.0.9", "10.0.0.10", "10.0.0.{i+9}"},
	{"a01", "a2", NULL},
	{"a1", "a02", NULL},
	{"a0", "a01", NULL},
	{"999999999", "1000000000", NULL},
	{"999999998", "999999999", "{i+999999998}"},
	{"", "", ""},
	{"{i}", "{i}", "{{}i}"},
	{"{i+1}", "{i+2}", "{{}i+{i+1}}"},
	{"{i+1}", "{i+1}", "{{}i+1}"},
	{"{{}", "{{}", "{{}{}"},
	{"{{{}i}{", "{{{}i}{", "{{{}{}i}{"},
	{"{x{i+}{i-1}", "{x{i+}{i-1}", "{x{i+}{i-1}"},
	{"{0{i}", "{1{i}", "{{i}{{}i}"},
};

START_TEST(two_neighbours_have_a_template_that_expands_to_both)
{
	char *template = NULL, *first = NULL, *second = NULL;
	int r = snet__expand_find(&template, pairs[_i].first, pairs[_i].second);

	if (!pairs[_i].template) {
		ck_assert_int_lt(r, 0);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(template, pairs[_i].template);
	ck_assert_int_eq(snet__expand(&first, template, 0), 0);
	ck_assert_int_eq(snet__expand(&second, template, 1), 0);
	ck_assert_str_eq(first, pairs[_i].first);
	ck_assert_str_eq(second, pairs[_i].second);
	ck_assert_int_eq(snet__expand_has_number(template),
			 strcmp(pairs[_i].first, pairs[_i].second) != 0);
	free(template);
	free(first);
	free(second);
}
END_TEST

/* A lab, and how it is written. */
static const char *const files[] = {
	"{\n"
	"  \"lab\": \"house\",\n"
	"  \"seed\": 42,\n"
	"  \"nodes\": [\n"
	"    {\"name\": \"s1\", \"kind\": \"switch\"},\n"
	"    {\"name\": \"r0\", \"kind\": \"relayer\", \"routes\": [{\"function\": \"f\", "
	"\"backend\": \"c\"}]},\n"
	"    {\"name\": \"sw{i}\", \"kind\": \"button\", \"count\": 50, \"relayer\": \"r0\", "
	"\"data\": {\"target\": \"a{i}\"}},\n"
	"    {\"name\": \"a{i}\", \"kind\": \"actuator\", \"count\": 50, \"relayer\": \"r0\"},\n"
	"    {\"name\": \"c\", \"kind\": \"functions\",\n"
	"     \"functions\": {\"f\": {\"code\": \"x{i}\", \"kind\": \"nodejs:default\"}}}\n"
	"  ],\n"
	"  \"links\": [\n"
	"    {\"from\": \"r0\", \"to\": \"s1\"},\n"
	"    {\"from\": \"sw{i}\", \"to\": \"s1\", \"count\": 50, \"delay\": \"2ms\", "
	"\"loss\": \"0.1%\"},\n"
	"    {\"from\": \"a{i}\", \"to\": \"s1\", \"count\": 50},\n"
	"    {\"from\": \"c\", \"to\": \"s1\", \"delay\": \"20ms\", \"back\": {\"delay\": "
	"\"35ms\"}}\n"
	"  ],\n"
	"  \"backends\": {\n"
	"    \"c\": {\"kind\": \"openwhisk\", \"node\": \"c\"}\n"
	"  }\n"
	"}\n",
	/* Numbers that do not begin at 0; a pair of them is not worth it. */
	"{\n"
	"  \"nodes\": [\n"
	"    {\"name\": \"s\", \"kind\": \"switch\"},\n"
	"    {\"name\": \"a1\", \"kind\": \"host\"},\n"
	"    {\"name\": \"a2\", \"kind\": \"host\"},\n"
	"    {\"name\": \"b{i+1}\", \"kind\": \"host\", \"count\": 3, \"address\": "
	"\"10.0.0.{i+9}\"},\n"
	"    {\"name\": \"c0{i}\", \"kind\": \"host\", \"count\": 10},\n"
	"    {\"name\": \"c{i+10}\", \"kind\": \"host\", \"count\": 5}\n"
	"  ],\n"
	"  \"links\": [\n"
	"    {\"from\": \"a1\", \"to\": \"s\"},\n"
	"    {\"from\": \"a2\", \"to\": \"s\"},\n"
	"    {\"from\": \"b{i+1}\", \"to\": \"s\", \"count\": 3},\n"
	"    {\"from\": \"c0{i}\", \"to\": \"s\", \"count\": 10},\n"
	"    {\"from\": \"c{i+10}\", \"to\": \"s\", \"count\": 5}\n"
	"  ]\n"
	"}\n",
	"{\n"
	"  \"nodes\": [\n"
	"    {\"name\": \"s{i}\", \"kind\": \"switch\", \"count\": 9}\n"
	"  ],\n"
	"  \"links\": [\n"
	"    {\"from\": \"s{i}\", \"to\": \"s{i+1}\", \"count\": 8}\n"
	"  ]\n"
	"}\n",
};

START_TEST(a_file_is_written_as_a_person_would_write_it)
{
	char *text;

	read_text(files[_i]);
	text = write_and_read();
	ck_assert_str_eq(text, files[_i]);
	free(text);
}
END_TEST

START_TEST(what_breaks_a_run_is_written_alone)
{
	char name[16], *text;

	ADD(node, .name = "s", .kind = "switch");
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		ADD(node, .name = name, .kind = "host",
		    .address = i == 12 ? "10.0.7.7" : NULL);
		ADD(link, .from = name, .to = "s", .forth.delay_ns = i == 20 ? 5 : 0);
	}
	check();
	text = write_and_read();
	ck_assert_ptr_nonnull(strstr(text, "{\"name\": \"h{i}\", \"kind\": \"host\", "
					   "\"count\": 12},\n    {\"name\": \"h12\""));
	ck_assert_ptr_nonnull(
		strstr(text, "\"h{i+13}\", \"kind\": \"host\", \"count\": 17"));
	ck_assert_ptr_nonnull(
		strstr(text, "{\"from\": \"h20\", \"to\": \"s\", \"delay\""));
	ck_assert_ptr_nonnull(strstr(text, "\"h{i+21}\", \"to\": \"s\", \"count\": 9"));
	free(text);
}
END_TEST

START_TEST(links_that_differ_by_their_names_are_repetitions)
{
	char *text;

	read_text(
		"{\"nodes\": [{\"name\": \"a\", \"kind\": \"switch\", \"stp\": true},"
		"{\"name\": \"b\", \"kind\": \"switch\", \"stp\": true},"
		"{\"name\": \"q{i}\", \"kind\": \"router\", \"count\": 4, \"interfaces\":"
		" [{\"address\": \"10.0.0.1{i}\"}]}], \"links\": ["
		"{\"from\": \"a\", \"to\": \"b\", \"name\": \"n0\"},"
		"{\"from\": \"a\", \"to\": \"b\", \"name\": \"n1\"},"
		"{\"from\": \"a\", \"to\": \"b\", \"name\": \"n2\"},"
		"{\"from\": \"q{i}\", \"to\": \"a\", \"count\": 4, \"name\": \"up{i}\","
		" \"vlan\": 7}]}");
	text = write_and_read();
	ck_assert_ptr_nonnull(
		strstr(text, "\"to\": \"b\", \"count\": 3, \"name\": \"n{i}\"}"));
	ck_assert_ptr_nonnull(strstr(text, "\"count\": 4, \"name\": \"up{i}\""));
	ck_assert_ptr_nonnull(strstr(text, "[{\"address\": \"10.0.0.{i+10}\"}]"));
	free(text);
}
END_TEST

/* Numbers below @below; the same in each run. */
static unsigned int draw(uint64_t *seed, unsigned int below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(*seed >> 33) % below;
}

static void draw_text(uint64_t *seed, char *text, size_t size, const char *alphabet)
{
	size_t length = 1 + draw(seed, (unsigned int)size - 1);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[draw(seed, (unsigned int)strlen(alphabet))];
	text[length] = '\0';
}

/* A name that is likely to follow the one before, and as likely to be in its way. */
static void draw_name(uint64_t *seed, char *name, size_t size, unsigned int *number)
{
	unsigned int form = draw(seed, 4) ? 0 : draw(seed, 6);

	*number = draw(seed, 5) ? *number + 1 : draw(seed, 12);
	if (form == 0)
		(void)snprintf(name, size, "a%u", *number);
	else if (form == 1)
		(void)snprintf(name, size, "a0%u", *number);
	else if (form == 2)
		(void)snprintf(name, size, "%ub", *number);
	else if (form == 3)
		(void)snprintf(name, size, "a-%u.%u", *number, *number / 3);
	else if (form == 4)
		(void)snprintf(name, size, "n%ux%u", *number / 3, *number);
	else
		draw_text(seed, name, 4, "ab019");
	/* Digits alone would be an address. */
	if (!name[strspn(name, "0123456789")])
		(void)strcat(name, "a");
}

static void add_random_node(uint64_t *seed, const char *name, unsigned int number)
{
	static const char hostile[] = "{{{i}}+0189 x\\\"";
	char type[12], data[64];
	unsigned int shape = draw(seed, 6);

	draw_text(seed, type, 8, "{{i}}+019");
	(void)snprintf(data, sizeof(data), "{\"k%u\":[\"%s\",{\"functions\":\"%u\"}]}",
		       draw(seed, 2) ? number : 7, type, number);
	if (shape == 0)
		(void)snprintf(data, sizeof(data), "\"%c%c\"", hostile[draw(seed, 13)],
			       hostile[draw(seed, 13)]);
	if (shape < 3)
		ADD(node, .name = name, .kind = "button", .data = data,
		    .type = draw(seed, 3) ? "t" : type);
	else if (shape < 5)
		ADD(node, .name = name, .kind = "actuator",
		    .state = draw(seed, 3) ? "{\"code\":\"0\",\"on\":1}" : data);
	else
		ADD(node, .name = name, .kind = "sensor", .values = "[1,\"{i}\"]",
		    .every_ns = draw(seed, 2) ? number * 1000000ull + 1000000 : 0);
}

START_TEST(whatever_is_written_reads_the_same)
{
	uint64_t seed = (uint64_t)_i;
	unsigned int number = 0;
	char name[64], text[16];

	ADD(node, .name = "s", .kind = "switch");
	ADD(node, .name = "r", .kind = "relayer");
	ADD(node, .name = "f", .kind = "functions");
	ADD(link, .from = "r", .to = "s");
	ADD(link, .from = "f", .to = "s");
	draw_text(&seed, text, 8, "{{i}}+01");
	ADD(backend, .name = "cloud", .kind = "openwhisk", .url = "http://{i}/0",
	    .credentials = text);
	ck_assert_int_eq(snet__model_add_route(&model, "r",
					       &(const struct snet_route_opts){
						       .size = sizeof(
							       struct snet_route_opts),
						       .function = "flip{i}",
						       .key = text},
					       &err),
			 0);
	ck_assert_int_eq(snet__model_add_function(
				 &model, "f",
				 &(const struct snet_function_opts){
					 .size = sizeof(struct snet_function_opts),
					 .name = "flip1",
					 .code = "{i}{{}{i+1}",
					 .kind = "x{i}"},
				 &err),
			 0);
	for (unsigned int i = 0; i < 40; i++) {
		draw_name(&seed, name, sizeof(name), &number);
		if (snet__model_find_node(&model, name))
			continue;
		add_random_node(&seed, name, number);
		ADD(link, .from = name, .to = "s",
		    .forth = {.delay_ns = draw(&seed, 4) ? 1000 : number,
			      .loss = draw(&seed, 9) ? 0 : 0.1},
		    .back = {.delay_ns = draw(&seed, 4) ? 1000 : 7,
			     .limit_packets = draw(&seed, 9) ? 0 : number});
	}
	check();
	free(write_and_read());
}
END_TEST

START_TEST(ten_thousand_devices_take_a_few_lines)
{
	char name[64], to[16], *text;

	ADD(node, .name = "r", .kind = "relayer");
	ADD(node, .name = "top", .kind = "switch");
	ADD(link, .from = "r", .to = "top");
	for (int i = 0; i < 20; i++) {
		(void)snprintf(to, sizeof(to), "s%d", i);
		ADD(node, .name = to, .kind = "switch");
		ADD(link, .from = to, .to = "top");
	}
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "b%d", i);
		(void)snprintf(to, sizeof(to), "s%d", i / 500);
		ADD(node, .name = name, .kind = "button");
		ADD(link, .from = name, .to = to);
	}
	check();
	text = write_and_read();
	ck_assert_uint_lt(strlen(text), 2000);
	free(text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("fold");
	TCase *t = tcase_create("fold"), *large = tcase_create("large");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(large, setup, teardown);
	tcase_set_timeout(large, 60);
	tcase_set_tags(large, "large");
	tcase_add_loop_test(t, two_neighbours_have_a_template_that_expands_to_both, 0,
			    (int)(sizeof(pairs) / sizeof(*pairs)));
	tcase_add_loop_test(t, a_file_is_written_as_a_person_would_write_it, 0,
			    (int)(sizeof(files) / sizeof(*files)));
	tcase_add_test(t, what_breaks_a_run_is_written_alone);
	tcase_add_test(t, links_that_differ_by_their_names_are_repetitions);
	tcase_add_loop_test(large, whatever_is_written_reads_the_same, 0, 500);
	tcase_add_test(large, ten_thousand_devices_take_a_few_lines);
	suite_add_tcase(s, t);
	suite_add_tcase(s, large);
	return s;
}
