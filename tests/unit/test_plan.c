/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "suite.h"
#include "topo/model.h"

static struct snet__model model;

static void setup(void)
{
	snet__model_init(&model);
}

static void teardown(void)
{
	snet__model_clear(&model);
}

static void add(const char *name, const char *kind, const char *address)
{
	struct snet_node_opts opts = {
		.size = sizeof(opts),
		.name = name,
		.kind = kind,
		.address = address,
	};

	ck_assert_int_eq(snet__model_add_node(&model, &opts, NULL), 0);
}

START_TEST(addresses_follow_the_order_of_the_file)
{
	add("s", "switch", NULL);
	add("a", "host", NULL);
	add("b", "host", NULL);
	ck_assert_int_eq(snet__model_plan(&model, NULL), 0);
	ck_assert_uint_eq(model.nodes[0].ipv4, 0);
	ck_assert_uint_eq(model.nodes[1].ipv4, 0x0a000001);
	ck_assert_uint_eq(model.nodes[2].ipv4, 0x0a000002);
}
END_TEST

START_TEST(given_addresses_are_left_out)
{
	add("a", "host", NULL);
	add("b", "host", "10.0.0.3");
	add("c", "host", "10.0.0.2");
	add("d", "host", NULL);
	add("e", "host", "10.0.0.1");
	ck_assert_int_eq(snet__model_plan(&model, NULL), 0);
	ck_assert_uint_eq(model.nodes[0].ipv4, 0x0a000004);
	ck_assert_uint_eq(model.nodes[1].ipv4, 0x0a000003);
	ck_assert_uint_eq(model.nodes[3].ipv4, 0x0a000005);
	ck_assert_int_eq(snet__model_plan(&model, NULL), 0);
	ck_assert_uint_eq(model.nodes[3].ipv4, 0x0a000005);
}
END_TEST

START_TEST(a_full_subnet_names_the_node_that_has_no_room)
{
	struct snet_err err = {0};

	model.subnet = 0xc0a80000;
	model.prefix = 30;
	add("a", "host", NULL);
	add("b", "host", NULL);
	ck_assert_int_eq(snet__model_plan(&model, &err), 0);
	ck_assert_uint_eq(model.nodes[1].ipv4, 0xc0a80002);
	add("c", "host", NULL);
	ck_assert_int_eq(snet__model_plan(&model, &err), -ENOSPC);
	ck_assert_str_eq(err.msg, "the subnet has no address for node 'c'");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, addresses_follow_the_order_of_the_file);
	tcase_add_test(t, given_addresses_are_left_out);
	tcase_add_test(t, a_full_subnet_names_the_node_that_has_no_room);
	suite_add_tcase(s, t);
	return s;
}
