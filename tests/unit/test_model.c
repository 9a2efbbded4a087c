/* SPDX-License-Identifier: MIT */
/* Labs built in C, and models written as files. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_fixture.h"
#include "suite.h"

#define ADD(what, ...)                                                            \
	snet__model_add_##what(&model,                                            \
			       &(const struct snet_##what##_opts){                \
				       .size = sizeof(struct snet_##what##_opts), \
				       __VA_ARGS__},                              \
			       &err)
#define ADD_TO(node, what, ...)                                                   \
	snet__model_add_##what(&model, node,                                      \
			       &(const struct snet_##what##_opts){                \
				       .size = sizeof(struct snet_##what##_opts), \
				       __VA_ARGS__},                              \
			       &err)

static void expect(int r, int code, const char *msg)
{
	ck_assert_str_eq(err.msg, msg);
	ck_assert_int_eq(r, code);
	err = (struct snet_err){0};
}

static void build_house(void)
{
	ck_assert_int_eq(ADD(node, .name = "s1", .kind = "switch"), 0);
	ck_assert_int_eq(ADD(node, .name = "r0", .kind = "relayer"), 0);
	ck_assert_int_eq(ADD(node, .name = "b0", .kind = "button",
			     .data = "{\"target\":\"a0\"}"),
			 0);
	ck_assert_int_eq(ADD(node, .name = "a0", .kind = "actuator",
			     .address = "10.0.0.9"),
			 0);
	ck_assert_int_eq(ADD(node, .name = "m0", .kind = "sensor", .values = "[1,2]",
			     .every_ns = 1500000000),
			 0);
	ck_assert_int_eq(ADD(node, .name = "f0", .kind = "functions",
			     .credentials = "u:k"),
			 0);
	ck_assert_int_eq(ADD(node, .name = "g0", .kind = "gateway", .mode = "nat"), 0);
	ck_assert_int_eq(ADD_TO("g0", forward, .port = 25, .to = "[2001:db8::1]:25"), 0);
	ck_assert_int_eq(ADD(link, .from = "r0", .to = "s1"), 0);
	ck_assert_int_eq(ADD(link, .from = "b0", .to = "s1"), 0);
	ck_assert_int_eq(ADD(link, .from = "a0", .to = "s1",
			     .forth = {.delay_ns = 20000000},
			     .back = {.delay_ns = 1, .loss = 0.001, .rate_bps = 300000}),
			 0);
	ck_assert_int_eq(ADD(link, .from = "m0", .to = "s1"), 0);
	ck_assert_int_eq(ADD(link, .from = "f0", .to = "s1"), 0);
	ck_assert_int_eq(ADD(link, .from = "g0", .to = "s1"), 0);
	ck_assert_int_eq(ADD(backend, .name = "cloud", .kind = "openwhisk", .node = "f0"),
			 0);
	ck_assert_int_eq(ADD(backend, .name = "far", .kind = "openwhisk",
			     .url = "https://ow.example", .gateway = "g0"),
			 0);
	ck_assert_int_eq(ADD_TO("r0", route, .function = "flip", .backend = "cloud"), 0);
	ck_assert_int_eq(ADD_TO("r0", route, .function = "log", .exchange = "fanout",
				.backend = "far", .ttl_ns = 7200000000000),
			 0);
	ck_assert_int_eq(ADD_TO("f0", function, .name = "flip", .code = "{i}",
				.kind = "nodejs:default", .timeout_ms = 1500),
			 0);
}

START_TEST(a_lab_built_in_c_fits_together)
{
	build_house();
	ck_assert_int_eq(snet__model_check(&model, &problems, &err), 0);
	ck_assert_uint_eq(problems.count, 0);
	ck_assert_str_eq(model.nodes[2]->relayer, "r0");
	ck_assert_str_eq(model.nodes[2]->type, "press");
	ck_assert_str_eq(model.nodes[3]->state, "0");
	ck_assert_str_eq(model.nodes[1]->routes[0].backend, "cloud");
	ck_assert_str_eq(model.links[2]->name, "a0-s1");
	ck_assert_ptr_eq(snet__model_find_node(&model, "a0"), model.nodes[3]);
	ck_assert_ptr_null(snet__model_find_node(&model, "a1"));
	ck_assert_int_eq(snet__model_check(&model, &problems, &err), 0);
}
END_TEST

START_TEST(what_is_written_reads_the_same)
{
	struct snet__model copy;
	char *once, *twice;

	build_house();
	model.name = strdup("house");
	model.seed = UINT64_MAX - 1;
	model.durability = SNET_DURABILITY_DISK;
	model.subnet = 10U << 24;
	model.prefix = 24;
	ck_assert_int_eq(snet__model_check(&model, &problems, &err), 0);
	once = snet__model_format(&model, NULL);
	ck_assert_ptr_nonnull(once);
	snet__model_init(&copy);
	ck_assert_int_eq(snet__model_read(&copy, once, strlen(once), NULL, &problems,
					  &err),
			 0);
	twice = snet__model_format(&copy, NULL);
	ck_assert_str_eq(once, twice);
	ck_assert_uint_eq(copy.seed, UINT64_MAX - 1);
	ck_assert_uint_eq(copy.prefix, 24);
	ck_assert_uint_eq(copy.links[2]->forth.delay_ns, 20000000);
	ck_assert_uint_eq(copy.links[2]->back.delay_ns, 1);
	ck_assert_uint_eq(copy.links[2]->back.rate_bps, 300000);
	ck_assert_uint_eq(copy.nodes[4]->every_ns, 1500000000);
	ck_assert_str_eq(copy.nodes[5]->functions[0].code, "{i}");
	ck_assert_uint_eq(copy.nodes[5]->functions[0].timeout_ms, 1500);
	ck_assert_uint_eq(copy.nodes[1]->routes[1].ttl_ns, 7200000000000);
	ck_assert_int_eq(copy.nodes[6]->mode, SNET__GATEWAY_NAT);
	ck_assert_uint_eq(copy.nodes[6]->forwards[0].port, 25);
	ck_assert_str_eq(copy.nodes[6]->forwards[0].to, "[2001:db8::1]:25");
	ck_assert_str_eq(copy.backends[1].gateway, "g0");
	free(once);
	free(twice);
	snet__model_clear(&copy);
}
END_TEST

START_TEST(nodes_are_checked_field_by_field)
{
	const struct snet_node_opts small = {.name = "x", .kind = "host"};

	expect(snet__model_add_node(&model, &small, &err), -EINVAL,
	       "size must be sizeof(struct snet_node_opts)");
	expect(ADD(node, .name = "x"), -EINVAL, "a node needs a name and a kind");
	expect(ADD(node, .name = "x", .kind = "teapot"), -EINVAL,
	       "node 'x': unknown kind 'teapot'");
	expect(ADD(node, .name = "", .kind = "host"), -EINVAL,
	       "node '': name: a name cannot be empty");
	expect(ADD(node, .name = "x", .kind = "switch", .address = "10.0.0.1"), -EINVAL,
	       "node 'x': a switch has no address");
	expect(ADD(node, .name = "x", .kind = "actuator", .every_ns = 5), -EINVAL,
	       "node 'x': an actuator has no every_ns");
	expect(ADD(node, .name = "x", .kind = "button", .data = "{"), -EINVAL,
	       "node 'x': data: not JSON: 1:2: JSON ends too early");
	expect(ADD(node, .name = "x", .kind = "sensor", .values = "[]"), -EINVAL,
	       "node 'x': values: expected an array of at least one value");
	expect(ADD(node, .name = "x", .kind = "sensor", .every_ns = 5), -EINVAL,
	       "node 'x': every_ns: out of range: 1ms to 24h");
	ck_assert_int_eq(ADD(node, .name = "x", .kind = "host"), 0);
	expect(ADD(node, .name = "x", .kind = "host"), -EEXIST,
	       "node 'x': another node has this name");
	ck_assert_uint_eq(model.node_count, 1);
}
END_TEST

START_TEST(links_backends_routes_and_functions_are_checked_too)
{
	build_house();
	expect(ADD(link, .from = "x"), -EINVAL, "a link needs two nodes, from and to");
	expect(ADD(link, .from = "x", .to = "y", .back = {.loss = 1.5}), -EINVAL,
	       "link 'x-y': loss: out of range: 0% to 100%");
	expect(ADD(backend, .name = "cloud", .kind = "native"), -EEXIST,
	       "backend 'cloud': another backend has this name");
	expect(ADD(backend, .name = "b", .kind = "openwhisk", .url = "ow"), -EINVAL,
	       "backend 'b': url: expected a URL such as 'https://ow.example:443', got 'ow'");
	expect(ADD_TO("r1", route, .function = "f"), -ENOENT, "no relayer 'r1'");
	expect(ADD_TO("r0", route, .key = "f"), -EINVAL,
	       "route of relayer 'r0': needs a function");
	expect(ADD_TO("r0", route, .function = "f", .exchange = "topic"), -EINVAL,
	       "route of relayer 'r0': exchange: expected 'direct' or 'fanout', got 'topic'");
	expect(ADD_TO("r0", function, .name = "f"), -ENOENT, "no functions node 'r0'");
	expect(ADD_TO("f0", function, .name = "f"), -EINVAL,
	       "function 'f' of node 'f0': needs either a file or code");
	expect(ADD_TO("f0", function, .name = "flip", .file = "x.js"), -EEXIST,
	       "function 'flip' of node 'f0': another function has this name");
	expect(ADD_TO("f0", function, .name = "f", .file = "x.js", .memory_mb = 64),
	       -EINVAL,
	       "function 'f' of node 'f0': memory_mb: out of range: 128MiB to 512MiB");
}
END_TEST

START_TEST(gateways_and_their_forwards_are_checked_too)
{
	build_house();
	expect(ADD(node, .name = "x", .kind = "host", .mode = "nat"), -EINVAL,
	       "node 'x': a host has no mode");
	expect(ADD(node, .name = "x", .kind = "gateway", .mode = "tan"), -EINVAL,
	       "node 'x': mode: expected 'forward' or 'nat', got 'tan'");
	expect(ADD_TO("r0", forward, .port = 1, .to = "h:1"), -ENOENT, "no gateway 'r0'");
	expect(ADD_TO("g0", forward, .port = 1), -EINVAL,
	       "forward of gateway 'g0': needs a 'to'");
	expect(ADD_TO("g0", forward, .to = "h:1"), -EINVAL,
	       "forward of gateway 'g0': port: out of range: 1 to 65535");
	expect(ADD_TO("g0", forward, .port = 1, .to = "h"), -EINVAL,
	       "forward of gateway 'g0': to: expected a place such as 'ow.example:443', "
	       "got 'h'");
	expect(ADD_TO("g0", forward, .port = 25, .to = "h:1"), -EEXIST,
	       "forward of gateway 'g0': port 25 leads to '[2001:db8::1]:25' already");
}
END_TEST

START_TEST(what_does_not_fit_is_told_without_a_place)
{
	ck_assert_int_eq(ADD(node, .name = "b", .kind = "button"), 0);
	ck_assert_int_eq(ADD(link, .from = "b", .to = "s"), 0);
	expect(snet__model_check(&model, &problems, &err), -EINVAL,
	       "links[0].to: no node 's' (and 1 more error)");
	ck_assert_str_eq(problems.items[1].text,
			 "missing: a button needs a relayer, and the lab has none");
	ck_assert_uint_eq(problems.items[1].line, 0);
}
END_TEST

static unsigned int draw(unsigned int *random, unsigned int below)
{
	*random = *random * 1103515245 + 12345;
	return (*random >> 16) % below;
}

/* Some of four switches, in any order, with some of twelve hosts, and a router between them. */
static void read_some(struct snet__model *ret, unsigned int prefix, unsigned int *random)
{
	char nodes[2000], links[2000] = "", text[5000];
	unsigned int first = draw(random, 16), there = draw(random, 1 << 16) | 1;

	(void)strcpy(nodes, "{\"name\": \"r\", \"kind\": \"router\"}");
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int at = (first + 5 * i) % 16;
		char *node = nodes + strlen(nodes), *link = links + strlen(links);

		if (!(there & 1 << at) || !(there & 1 << at % 4))
			continue;
		(void)sprintf(node, ", {\"name\": \"n%u\", \"kind\": \"%s\"}", at,
			      at < 4 ? "switch" : "host");
		if (at < 4)
			(void)sprintf(link, "%s{\"from\": \"r\", \"to\": \"n%u\"}",
				      *links ? ", " : "", at);
		else
			(void)sprintf(link, "%s{\"from\": \"n%u\", \"to\": \"n%u\"}",
				      *links ? ", " : "", at, at % 4);
	}
	(void)sprintf(text,
		      "{\"lab\": \"l\", \"subnet\": \"10.0.0.0/%u\", \"nodes\": [%s], "
		      "\"links\": [%s]}",
		      prefix, nodes, links);
	snet__model_init(ret);
	ck_assert_msg(snet__model_read(ret, text, strlen(text), "", &problems, &err) == 0,
		      "%s", err.msg);
}

static void plan_as(struct snet__model *now, const struct snet__model *before)
{
	now->before = before;
	ck_assert_msg(snet__model_check(now, &problems, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__model_plan(now, &err), 0);
	now->before = NULL;
}

/* A lab from the file that @of is written as has the same addresses; that tells how many. */
static size_t check_recreated(const struct snet__model *of)
{
	struct snet__model copy, again;
	size_t given = 0;
	char *text;
	int r = snet__model_copy_in_place(&copy, of, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	text = snet__model_format(&copy, NULL);
	snet__model_clear(&copy);
	snet__model_init(&again);
	ck_assert_int_eq(snet__model_read(&again, text, strlen(text), "", &problems,
					  &err),
			 0);
	plan_as(&again, NULL);
	for (size_t i = 0; i < of->node_count; i++)
		for (size_t k = 0; k < of->nodes[i]->iface_count; k++)
			ck_assert_msg(again.nodes[i]->ifaces[k].ipv4 ==
					      of->nodes[i]->ifaces[k].ipv4,
				      "%s has another in %s", of->nodes[i]->name, text);
	for (const char *at = text; (at = strstr(at, "\"address\"")); at++)
		given++;
	snet__model_clear(&again);
	free(text);
	return given;
}

START_TEST(a_file_recreates_the_addresses_of_a_lab_that_was_changed)
{
	unsigned int random = (unsigned int)_i, prefix = 22 + random % 5;
	struct snet__model next;

	read_some(&model, prefix, &random);
	plan_as(&model, NULL);
	ck_assert_uint_eq(check_recreated(&model), 0);
	for (int i = 0; i < 20; i++) {
		read_some(&next, prefix, &random);
		plan_as(&next, &model);
		snet__model_clear(&model);
		model = next;
		(void)check_recreated(&model);
	}
}
END_TEST

/* A copy was read from a text that nobody has seen. */
START_TEST(what_does_not_fit_in_a_copy_is_told_by_its_name)
{
	static const char lab[] =
		"{\"nodes\": [{\"name\": \"r0\", \"kind\": \"relayer\", \"routes\": ["
		"{\"function\": \"f\"}]}, {\"name\": \"x\", \"kind\": \"router\"},"
		"{\"name\": \"s{i}\", \"kind\": \"switch\", \"count\": 2},"
		"{\"name\": \"f0\", \"kind\": \"functions\"}], \"links\": ["
		"{\"from\": \"r0\", \"to\": \"s0\"}, {\"from\": \"f0\", \"to\": \"s1\"},"
		"{\"from\": \"x\", \"to\": \"s{i}\", \"count\": 2}],"
		"\"backends\": {\"b\": {\"kind\": \"openwhisk\", \"node\": \"f0\"}}}";
	const char *const names[] = {"x"};
	struct snet__model copy;

	ck_assert_int_eq(snet__model_read(&model, lab, strlen(lab), "", &problems, &err),
			 0);
	ck_assert_int_eq(snet__model_copy(&copy, &model, &err), 0);
	ck_assert_int_eq(snet__model_remove_nodes(&copy, names, 1, &err), 0);
	expect(snet__model_check(&copy, &problems, &err), -EINVAL,
	       "node r0.routes[0].backend: 'r0' cannot reach 'f0', node of backend 'b': "
	       "no links lead there");
	snet__model_clear(&copy);
}
END_TEST

START_TEST(only_addresses_that_would_be_others_are_given)
{
	const char *const names[] = {"b"};
	struct snet__model next;

	ck_assert_int_eq(ADD(node, .name = "s", .kind = "switch"), 0);
	for (int i = 0; i < 4; i++) {
		const char name[] = {(char)('a' + i), '\0'};

		ck_assert_int_eq(ADD(node, .name = name, .kind = "host"), 0);
		ck_assert_int_eq(ADD(link, .from = name, .to = "s"), 0);
	}
	plan_as(&model, NULL);
	ck_assert_int_eq(snet__model_copy(&next, &model, &err), 0);
	ck_assert_int_eq(snet__model_remove_nodes(&next, names, 1, &err), 0);
	plan_as(&next, &model);
	ck_assert_uint_eq(check_recreated(&next), 2);
	snet__model_clear(&next);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("model");
	TCase *t = tcase_create("model");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_lab_built_in_c_fits_together);
	tcase_add_test(t, what_is_written_reads_the_same);
	tcase_add_test(t, nodes_are_checked_field_by_field);
	tcase_add_test(t, links_backends_routes_and_functions_are_checked_too);
	tcase_add_test(t, gateways_and_their_forwards_are_checked_too);
	tcase_add_test(t, what_does_not_fit_is_told_without_a_place);
	tcase_add_test(t, what_does_not_fit_in_a_copy_is_told_by_its_name);
	tcase_add_test(t, only_addresses_that_would_be_others_are_given);
	tcase_add_loop_test(t, a_file_recreates_the_addresses_of_a_lab_that_was_changed,
			    0, 40);
	suite_add_tcase(s, t);
	return s;
}
