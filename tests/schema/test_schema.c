/* SPDX-License-Identifier: MIT */
/* The schema and the reader know the same keys. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/kind.h"
#include "fault/reader.h"
#include "store/trace.h"
#include "suite.h"
#include "topo/kinds.h"
#include "topo/reader.h"

enum {
	LAB,
	SCENARIO,
	SCHEMA_COUNT
};
static const char *const files[] = {SCHEMA_FILE, SCENARIO_SCHEMA_FILE};
static struct snet__json *schemas[SCHEMA_COUNT];

static struct snet__json *load(const char *path)
{
	struct snet__json *json = NULL;
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 20);
	struct snet_err err = {0};
	size_t size;

	ck_assert_msg(file && text, "%s", path);
	size = fread(text, 1, 1 << 20, file);
	fclose(file);
	ck_assert_msg(snet__json_parse(&json, text, size, &err) == 0, "%s", err.msg);
	free(text);
	return json;
}

static void setup(void)
{
	for (int i = 0; i < SCHEMA_COUNT; i++)
		schemas[i] = load(files[i]);
}

static void teardown(void)
{
	for (int i = 0; i < SCHEMA_COUNT; i++)
		snet__json_free(schemas[i]);
}

static const struct {
	const struct snet__keys *keys;
	int schema;
} tables[] = {
	{&snet__keys_lab, LAB},           {&snet__keys_node, LAB},
	{&snet__keys_link, LAB},          {&snet__keys_impairment, LAB},
	{&snet__keys_backend, LAB},       {&snet__keys_route, LAB},
	{&snet__keys_function, LAB},      {&snet__keys_forward, LAB},
	{&snet__keys_interface, LAB},     {&snet__keys_loss, LAB},
	{&snet__keys_scenario, SCENARIO}, {&snet__keys_workload, SCENARIO},
	{&snet__keys_timeline, SCENARIO}, {&snet__keys_after, SCENARIO},
	{&snet__keys_expect, SCENARIO},   {&snet__keys_until, SCENARIO},
};

static const struct snet__json *definition(int schema, const char *what)
{
	return *what ? snet__json_get(snet__json_get(schemas[schema], "$defs"), what)
		     : schemas[schema];
}

static bool has_string(const struct snet__json *array, const char *text)
{
	for (const struct snet__json *one = snet__json_first(array); one;
	     one = snet__json_next(one))
		if (strcmp(snet__json_string(one), text) == 0)
			return true;
	return false;
}

START_TEST(each_key_is_in_both)
{
	const struct snet__keys *keys = tables[_i].keys;
	const struct snet__json *object = definition(tables[_i].schema, keys->what);
	const struct snet__json *properties = snet__json_get(object, "properties");

	ck_assert_msg(properties != NULL, "'%s' is not in the schema", keys->what);
	for (size_t i = 0; i < keys->count; i++) {
		const char *name = keys->keys[i].name;

		ck_assert_msg(snet__json_get(properties, name) != NULL,
			      "'%s' of '%s' is not in the schema", name, keys->what);
		ck_assert_msg(has_string(snet__json_get(object, "required"), name) ==
				      keys->keys[i].is_needed,
			      "whether '%s' of '%s' is needed", name, keys->what);
	}
	ck_assert_uint_eq(snet__json_count(properties), keys->count);
	ck_assert(snet__json_is(snet__json_get(object, "additionalProperties"),
				SNET__JSON_BOOL));
}
END_TEST

/* The "then" of the schema's condition on a kind. */
static const struct snet__json *keys_of_kind(const char *kind)
{
	const struct snet__json *rule =
		snet__json_first(snet__json_get(definition(LAB, "node"), "allOf"));

	for (; rule; rule = snet__json_next(rule)) {
		const struct snet__json *test = snet__json_get(rule, "if");

		test = snet__json_get(snet__json_get(test, "properties"), "kind");
		if (strcmp(snet__json_get_string(test, "const"), kind) == 0)
			return snet__json_get(snet__json_get(snet__json_get(rule, "then"),
							     "propertyNames"),
					      "enum");
	}
	return NULL;
}

START_TEST(each_kind_of_node_has_the_same_keys_in_both)
{
	const struct snet__node_kind *kind;

	for (size_t i = 0; (kind = snet__kind_at(i)); i++) {
		const struct snet__json *names = keys_of_kind(kind->name);
		size_t count = 0;

		ck_assert_msg(names != NULL, "%s", kind->name);
		for (size_t j = 0; j < snet__keys_node.count; j++) {
			if (!(snet__keys_node.keys[j].kinds & kind->bit))
				continue;
			count++;
			ck_assert_msg(has_string(names, snet__keys_node.keys[j].name),
				      "%s.%s", kind->name, snet__keys_node.keys[j].name);
		}
		ck_assert_uint_eq(snet__json_count(names), count);
	}
}
END_TEST

START_TEST(each_step_is_in_both)
{
	const struct snet__json *names =
		snet__json_get(definition(SCENARIO, "step"), "enum");
	unsigned int count = 0;

	for (const char *name; (name = snet__trace_step_name(count)); count++)
		ck_assert_msg(has_string(names, name), "'%s'", name);
	ck_assert(has_string(names, SNET__STEP_OBEYED));
	ck_assert_uint_eq(snet__json_count(names), count + 1);
}
END_TEST

/* What an entry needs beside its @key when that is @name; NULL: nothing. */
static const struct snet__json *needed_with(const char *what, const char *key,
					    const char *name)
{
	const struct snet__json *rule =
		snet__json_first(snet__json_get(definition(SCENARIO, what), "allOf"));

	for (; rule; rule = snet__json_next(rule)) {
		const struct snet__json *test = snet__json_get(rule, "if");

		test = snet__json_get(snet__json_get(test, "properties"), key);
		if (has_string(snet__json_get(test, "enum"), name))
			return snet__json_get(snet__json_get(rule, "then"), "required");
	}
	return NULL;
}

static const struct snet__json *names_of(const char *what, const char *key)
{
	const struct snet__json *properties =
		snet__json_get(definition(SCENARIO, what), "properties");

	return snet__json_get(snet__json_get(properties, key), "enum");
}

START_TEST(each_fault_has_the_same_needs_in_both)
{
	const struct snet__json *names = names_of("fault", "fault");
	const struct snet__fault_kind *kind;
	size_t count = 0;

	for (; (kind = snet__fault_kind_at(count)); count++) {
		const struct snet__json *needed =
			needed_with("fault", "fault", kind->name);
		size_t i = 0;

		ck_assert_msg(has_string(names, kind->name), "'%s'", kind->name);
		for (; kind->needed && kind->needed[i]; i++)
			ck_assert_msg(has_string(needed, kind->needed[i]), "%s.%s",
				      kind->name, kind->needed[i]);
		ck_assert_uint_eq(snet__json_count(needed), i);
	}
	ck_assert_uint_eq(snet__json_count(names), count);
}
END_TEST

/* A checker says what it needs when that is not there; none needs two things. */
START_TEST(each_checker_has_the_same_needs_in_both)
{
	const struct snet__json *names = names_of("expect", "check");
	const struct snet__checker *checker;
	size_t count = 0;

	for (; (checker = snet__checkers[count]); count++) {
		struct snet__expectation expectation = {.checker = checker,
							.within_ns = SNET__NEVER,
							.below_ns = SNET__NEVER,
							.share = -1,
							.quantile = -1};
		const struct snet__json *needed =
			needed_with("expect", "check", checker->name);
		struct snet_err err = {0};
		char message[SNET_ERR_MAX] = "";

		ck_assert_msg(has_string(names, checker->name), "'%s'", checker->name);
		ck_assert_uint_le(snet__json_count(needed), 1);
		if (needed)
			(void)snprintf(message, sizeof(message), "'%s' needs '%s'",
				       checker->name,
				       snet__json_string(snet__json_first(needed)));
		ck_assert_int_eq(checker->prepare(&expectation, &err),
				 needed ? -EINVAL : 0);
		ck_assert_str_eq(err.msg, message);
	}
	ck_assert_uint_eq(snet__json_count(names), count);
}
END_TEST

START_TEST(the_example_is_a_lab)
{
	struct snet__problems problems = {0};
	struct snet_err err = {0};
	struct snet__model model;

	snet__model_init(&model);
	ck_assert_msg(snet__model_load(&model, HOUSE_FILE, &problems, &err) == 0, "%s",
		      err.msg);
	ck_assert_uint_eq(model.node_count, 9);
	ck_assert_uint_eq(model.link_count, 8);
	ck_assert_str_eq(snet__model_find_node(&model, "sw2")->data,
			 "{\"target\":\"a2\"}");
	snet__model_clear(&model);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("schema");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_key_is_in_both, 0,
			    (int)(sizeof(tables) / sizeof(*tables)));
	tcase_add_test(t, each_kind_of_node_has_the_same_keys_in_both);
	tcase_add_test(t, each_step_is_in_both);
	tcase_add_test(t, each_fault_has_the_same_needs_in_both);
	tcase_add_test(t, each_checker_has_the_same_needs_in_both);
	tcase_add_test(t, the_example_is_a_lab);
	suite_add_tcase(s, t);
	return s;
}
