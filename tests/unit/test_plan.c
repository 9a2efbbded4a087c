/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static struct snet__model_link *join(const char *from, const char *to)
{
	struct snet_link_opts opts = {.size = sizeof(opts), .from = from, .to = to};

	ck_assert_int_eq(snet__model_add_link(&model, &opts, NULL), 0);
	return model.links[model.link_count - 1];
}

/* A host on switch "s". */
static void add_host(const char *name, const char *address)
{
	add(name, "host", address);
	(void)join(name, "s");
}

static void plan(void)
{
	struct snet__problems problems = {0};
	struct snet_err err = {0};
	int r = snet__model_check(&model, &problems, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_int_eq(snet__model_plan(&model, NULL), 0);
}

static uint32_t address_of(const char *name, size_t index)
{
	const struct snet__model_node *node = snet__model_find_node(&model, name);

	ck_assert_uint_lt(index, node->iface_count);
	return node->ifaces[index].ipv4;
}

/* "10.0.0.0/16 via 10.1.0.1, ..." */
static const char *routes_of(const char *name)
{
	const struct snet__model_node *node = snet__model_find_node(&model, name);
	static char text[1000];

	text[0] = '\0';
	for (size_t i = 0; i < node->hop_count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "%s%x/%u via %x", i ? ", " : "", node->hops[i].net,
			       node->hops[i].prefix, node->hops[i].via);
	return text;
}

START_TEST(addresses_follow_the_order_of_the_file)
{
	add("s", "switch", NULL);
	add_host("a", NULL);
	add_host("b", NULL);
	plan();
	ck_assert_uint_eq(model.nodes[0]->ipv4, 0);
	ck_assert_uint_eq(model.nodes[1]->ipv4, 0x0a000001);
	ck_assert_uint_eq(model.nodes[2]->ipv4, 0x0a000002);
	ck_assert_uint_eq(model.nodes[2]->ifaces[0].prefix, 16);
	ck_assert_mem_eq(model.nodes[2]->ifaces[0].mac, "\x02\x00\x0a\x00\x00\x02", 6);
	ck_assert_str_eq(routes_of("a"), "");
}
END_TEST

START_TEST(given_addresses_are_left_out)
{
	add("s", "switch", NULL);
	add_host("a", NULL);
	add_host("b", "10.0.0.3");
	add_host("c", "10.0.0.2");
	add_host("d", NULL);
	add_host("e", "10.0.0.1");
	for (int i = 0; i < 2; i++) {
		plan();
		ck_assert_uint_eq(address_of("a", 0), 0x0a000004);
		ck_assert_uint_eq(address_of("b", 0), 0x0a000003);
		ck_assert_uint_eq(address_of("d", 0), 0x0a000005);
	}
}
END_TEST

static void add_backend(const char *name, const char *url, const char *gateway)
{
	struct snet_backend_opts opts = {
		.size = sizeof(opts),
		.name = name,
		.kind = "openwhisk",
		.url = url,
		.gateway = gateway,
	};

	ck_assert_int_eq(snet__model_add_backend(&model, &opts, NULL), 0);
}

START_TEST(a_gateway_listens_at_the_urls_port_or_the_next_that_is_free)
{
	const unsigned int ports[] = {444, 444, 445, 81, 443, 65535, 1, 0, 80};
	struct snet_forward_opts forward = {.size = sizeof(forward),
					    .port = 443,
					    .to = "h:1"};

	add("g", "gateway", NULL);
	add("h", "gateway", NULL);
	ck_assert_int_eq(snet__model_add_forward(&model, "g", &forward, NULL), 0);
	forward.port = 80;
	ck_assert_int_eq(snet__model_add_forward(&model, "g", &forward, NULL), 0);
	add_backend("a", "https://ow.example", "g");
	add_backend("b", "https://ow.example", "g"); /* shares it */
	add_backend("c", "https://other.example:443", "g");
	add_backend("d", "http://[::1]/", "g");
	add_backend("e", "https://ow.example", "h");
	add_backend("f", "http://x:65535", "g");
	add_backend("i", "http://y:65535", "g");
	add_backend("j", "http://y", NULL);
	add_backend("k", "http://y", "h");
	for (int twice = 0; twice < 2; twice++) {
		ck_assert_int_eq(snet__model_plan(&model, NULL), 0);
		for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
			ck_assert_uint_eq(model.backends[i].gateway_port, ports[i]);
	}
}
END_TEST

START_TEST(only_a_gateway_with_nat_leads_outside)
{
	add("g", "gateway", NULL);
	add_backend("a", "https://ow.example", "g");
	ck_assert(!snet__model_leads_outside(model.nodes[0]));
	model.nodes[0]->mode = SNET__GATEWAY_NAT;
	ck_assert(snet__model_leads_outside(model.nodes[0]));
	/* And needs no port for it. */
	ck_assert_int_eq(snet__model_plan(&model, NULL), 0);
	ck_assert_uint_eq(model.backends[0].gateway_port, 0);
}
END_TEST

START_TEST(given_addresses_far_apart_are_in_one_subnet)
{
	add("s", "switch", NULL);
	add_host("a", "10.0.0.3");
	add_host("b", "10.200.0.3");
	plan();
	ck_assert_uint_eq(model.segments[0].subnet, 0x0a000000);
	ck_assert_uint_eq(model.segments[0].prefix, 8);
}
END_TEST

START_TEST(given_addresses_of_two_segments_may_be_close)
{
	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add_host("a", "10.0.0.9");
	add("b", "host", "10.0.0.17");
	(void)join("b", "t");
	plan();
	ck_assert_uint_eq(address_of("a", 0), 0x0a000009);
	ck_assert_uint_eq(address_of("b", 0), 0x0a000011);
	ck_assert_uint_eq(snet__model_find_node(&model, "a")->ifaces[0].prefix, 28);
}
END_TEST

START_TEST(a_full_subnet_is_used_to_its_last_address)
{
	model.subnet = 0xc0a80000;
	model.prefix = 30;
	add("s", "switch", NULL);
	add_host("a", NULL);
	add_host("b", NULL);
	plan();
	ck_assert_uint_eq(address_of("b", 0), 0xc0a80002);
}
END_TEST

START_TEST(each_segment_has_a_subnet_and_routers_lead_to_all)
{
	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add("r", "router", NULL);
	add("q", "router", NULL);
	add_host("a", NULL);
	add("b", "host", NULL);
	add("c", "host", NULL);
	(void)join("b", "t");
	(void)join("r", "s");
	(void)join("r", "q");
	(void)join("q", "t");
	(void)join("q", "c");
	plan();
	/* In the order of the links: s, t, r-q, q-c. */
	ck_assert_uint_eq(model.segment_count, 4);
	ck_assert_uint_eq(address_of("r", 0), 0x0a000001);
	ck_assert_uint_eq(address_of("a", 0), 0x0a000002);
	ck_assert_uint_eq(address_of("b", 0), 0x0a010002);
	ck_assert_uint_eq(address_of("r", 1), 0x0a020001);
	ck_assert_uint_eq(address_of("q", 0), 0x0a020002);
	ck_assert_uint_eq(address_of("c", 0), 0x0a030002);
	ck_assert_str_eq(routes_of("a"), "0/0 via a000001");
	ck_assert_str_eq(routes_of("r"), "0/0 via a020002");
	ck_assert_str_eq(routes_of("q"), "0/0 via a020001");
	ck_assert_str_eq(routes_of("c"), "0/0 via a030001");
	/* A second way out for one of them, which then tells them apart. */
	add("d", "host", NULL);
	add("p", "router", NULL);
	(void)join("p", "s");
	(void)join("p", "d");
	plan();
	ck_assert_uint_eq(address_of("d", 0), 0x0a040001);
	ck_assert_str_eq(routes_of("a"),
			 "a010000/16 via a000001, a020000/15 via a000001, "
			 "a040000/16 via a000003");
	ck_assert_str_eq(routes_of("d"), "0/0 via a040002");
}
END_TEST

/* By the longest of the prefixes that match; 0: none. */
static uint32_t way_to(const struct snet__model_node *node, uint32_t address)
{
	const struct snet__model_hop *best = NULL;

	for (size_t i = 0; i < node->hop_count; i++) {
		const struct snet__model_hop *hop = &node->hops[i];
		uint32_t mask = hop->prefix ? UINT32_MAX << (32 - hop->prefix) : 0;

		if ((address & mask) == hop->net && (!best || hop->prefix > best->prefix))
			best = hop;
	}
	return best ? best->via : 0;
}

START_TEST(of_equal_ways_the_first_interface_has_the_first)
{
	add("r1", "router", NULL);
	add("r2", "router", NULL);
	add("r3", "router", NULL);
	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add("h", "host", NULL);
	add("u", "host", NULL);
	(void)join("h", "s");
	(void)join("h", "t");
	(void)join("r1", "t");
	(void)join("r3", "s");
	(void)join("r2", "s");
	add("v", "switch", NULL);
	for (int i = 0; i < 3; i++)
		(void)join(model.nodes[i]->name, "v");
	(void)join("u", "v");
	plan();
	ck_assert_uint_eq(way_to(snet__model_find_node(&model, "h"), address_of("u", 0)),
			  address_of("r2", 0));
}
END_TEST

START_TEST(a_chain_of_routers_has_few_routes)
{
	char name[8], before[8] = "";
	const struct snet__model_node *node;

	for (int i = 0; i < 100; i++, strcpy(before, name)) {
		(void)snprintf(name, sizeof(name), "r%d", i);
		add(name, "router", NULL);
		if (*before)
			(void)join(before, name);
	}
	plan();
	ck_assert_uint_eq(model.segment_count, 99);
	for (uint32_t i = 1; i < 99; i++) {
		node = model.nodes[i];
		/* As many as numbers up to 99 have bits, on either side. */
		ck_assert_uint_le(node->hop_count, 14);
		for (uint32_t k = 0; k < 99; k++)
			if (k != i && k != i - 1)
				ck_assert_uint_eq(way_to(node, 0x0a000001 + (k << 16)),
						  k < i ? node->ifaces[0].ipv4 - 1
							: node->ifaces[1].ipv4 + 1);
	}
}
END_TEST

START_TEST(all_addresses_of_a_host_in_several_areas_are_reached)
{
	add("a", "host", NULL);
	add("m", "host", NULL);
	add("r", "router", NULL);
	add("b", "host", NULL);
	add("s", "switch", NULL);
	add_host("c", NULL);
	(void)join("a", "m");
	(void)join("m", "r");
	(void)join("r", "b");
	(void)join("r", "s");
	plan();
	ck_assert_uint_eq(address_of("m", 0), 0x0a010002);
	ck_assert_uint_eq(address_of("m", 1), 0x0a020001);
	/* A router next to it, and whoever has that for all ways; nothing leads beyond m. */
	ck_assert_str_eq(routes_of("r"), "a010002/32 via a020001");
	ck_assert_str_eq(routes_of("b"), "0/0 via a030001");
	ck_assert_str_eq(routes_of("c"), "0/0 via a000001");
	ck_assert_str_eq(routes_of("m"), "0/0 via a020002");
	/* One that knows no router at all. */
	ck_assert_str_eq(routes_of("a"), "a020001/32 via a010002");
	/* One beside it, with a router for the rest. */
	(void)join("m", "s");
	plan();
	ck_assert_uint_eq(address_of("m", 2), 0x0a000001);
	ck_assert_str_eq(routes_of("c"), "0/0 via a000002, a010002/32 via a000001");
	ck_assert_str_eq(routes_of("a"),
			 "a000001/32 via a010002, a020001/32 via a010002");
}
END_TEST

START_TEST(a_router_knows_the_many_hosts_in_several_areas)
{
	char name[8];

	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add_host("a", NULL);
	add("r", "router", NULL);
	(void)join("r", "s");
	for (int i = 0; i < 70; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		add_host(name, NULL);
		(void)join(name, "t");
	}
	/* Without another neighbour it is no router: nobody goes by way of it. */
	plan();
	ck_assert_uint_eq(snet__model_find_node(&model, "a")->hop_count, 70);
	add("b", "host", NULL);
	(void)join("r", "b");
	plan();
	ck_assert_str_eq(routes_of("a"), "0/0 via a000002");
	ck_assert_uint_eq(snet__model_find_node(&model, "r")->hop_count, 70);
}
END_TEST

START_TEST(hosts_in_several_areas_reach_each_other)
{
	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add("u", "switch", NULL);
	add_host("m", NULL);
	add_host("n", NULL);
	(void)join("m", "t");
	(void)join("n", "u");
	plan();
	ck_assert_uint_eq(address_of("m", 1), 0x0a010001);
	ck_assert_uint_eq(address_of("n", 1), 0x0a020001);
	ck_assert_str_eq(routes_of("m"), "a020001/32 via a000002");
	ck_assert_str_eq(routes_of("n"), "a010001/32 via a000001");
}
END_TEST

START_TEST(the_first_address_of_a_node_beside_another_needs_no_router)
{
	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add("m", "host", NULL);
	add("r", "router", NULL);
	add("a", "host", NULL);
	add("b", "host", NULL);
	add("c", "host", NULL);
	(void)join("m", "s");
	(void)join("m", "t");
	(void)join("r", "s");
	(void)join("r", "t");
	(void)join("a", "s");
	(void)join("b", "t");
	(void)join("c", "r");
	(void)join("r", "m");
	plan();
	ck_assert_uint_eq(address_of("m", 0), 0x0a000001);
	ck_assert_uint_eq(address_of("m", 1), 0x0a010001);
	ck_assert_uint_eq(address_of("r", 1), 0x0a010002);
	ck_assert_str_eq(routes_of("b"), "0/0 via a010002, a000001/32 via a010001");
	/* Its second one they reach by the router, and so does who is not beside it. */
	ck_assert_str_eq(routes_of("a"), "0/0 via a000002");
	ck_assert_str_eq(routes_of("c"), "0/0 via a020001");
	/* That has an interface where the first one is. */
	ck_assert_str_eq(routes_of("r"), "");
}
END_TEST

/* Each in a room, and all in one segment besides. */
START_TEST(many_hosts_in_several_segments_have_few_routes)
{
	char name[8], room[8];

	add("t", "switch", NULL);
	add("r", "router", NULL);
	(void)join("r", "t");
	for (int i = 0; i < 7; i++) {
		(void)snprintf(room, sizeof(room), "s%d", i);
		add(room, "switch", NULL);
		(void)join("r", room);
	}
	for (int i = 0; i < 70; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		(void)snprintf(room, sizeof(room), "s%d", i % 7);
		add(name, "host", NULL);
		(void)join(name, room);
		(void)join(name, "t");
	}
	plan();
	/* The other rooms by the router, and not the ten hosts in each. */
	ck_assert_uint_le(snet__model_find_node(&model, "m0")->hop_count, 6);
}
END_TEST

START_TEST(the_way_outside_is_the_usual_one)
{
	add("s", "switch", NULL);
	add("r", "router", NULL);
	add("g", "gateway", NULL);
	add_host("a", NULL);
	add("b", "host", NULL);
	(void)join("r", "s");
	(void)join("g", "s");
	(void)join("r", "b");
	model.nodes[2]->mode = SNET__GATEWAY_NAT;
	plan();
	ck_assert_uint_eq(address_of("g", 0), 0x0a000002);
	ck_assert_str_eq(routes_of("a"), "0/0 via a000002, a010000/16 via a000001");
	ck_assert_str_eq(routes_of("b"), "0/0 via a010001");
	ck_assert_str_eq(routes_of("r"), "0/0 via a000002");
	/* For which the usual one is not in the lab. */
	ck_assert_str_eq(routes_of("g"), "a010000/16 via a000001");
}
END_TEST

START_TEST(nodes_in_other_vlans_are_in_other_segments)
{
	add("s", "switch", NULL);
	add("t", "switch", NULL);
	add_host("a", NULL);
	add("b", "host", NULL);
	add("c", "host", NULL);
	add("d", "host", NULL);
	join("b", "s")->vlan = 20;
	join("c", "t")->vlan = 20;
	join("d", "t")->vlan = 30;
	(void)join("s", "t");
	plan();
	ck_assert_uint_eq(model.segment_count, 3);
	ck_assert_uint_eq(address_of("a", 0), 0x0a000001);
	ck_assert_uint_eq(address_of("b", 0), 0x0a010001);
	ck_assert_uint_eq(address_of("c", 0), 0x0a010002);
	ck_assert_uint_eq(address_of("d", 0), 0x0a020001);
	ck_assert_uint_eq(model.nodes[0]->bridge_count, 3);
	/* The trunk of the default VLAN alone parts the others. */
	model.links[4]->vlan = 1;
	plan();
	ck_assert_uint_eq(model.segment_count, 4);
	ck_assert_uint_eq(address_of("c", 0), 0x0a020001);
}
END_TEST

START_TEST(a_switch_may_choose_its_subnet)
{
	add("s", "switch", NULL);
	add_host("a", NULL);
	add("b", "host", NULL);
	add("r", "router", NULL);
	(void)join("r", "s");
	(void)join("r", "b");
	model.nodes[0]->subnet = strdup("192.168.7.0/24");
	plan();
	ck_assert_uint_eq(address_of("a", 0), 0xc0a80701);
	ck_assert_uint_eq(model.nodes[1]->ifaces[0].prefix, 24);
	ck_assert_uint_eq(address_of("b", 0), 0x0a000001);
}
END_TEST

static void describe_growing(bool grown)
{
	snet__model_init(&model);
	add("s", "switch", NULL);
	if (grown)
		add_host("new", NULL);
	add_host("a", NULL);
	if (grown) {
		add("t", "switch", NULL);
		add("r", "router", NULL);
		(void)join("r", "t");
		(void)join("r", "s");
	}
	add_host("b", NULL);
}

START_TEST(what_was_there_before_keeps_its_address)
{
	struct snet__model before;

	describe_growing(false);
	plan();
	before = model;
	describe_growing(true);
	model.before = &before;
	plan();
	ck_assert_uint_eq(address_of("a", 0), 0x0a000001);
	ck_assert_uint_eq(address_of("b", 0), 0x0a000002);
	ck_assert_uint_eq(address_of("new", 0), 0x0a000003);
	ck_assert_uint_eq(address_of("r", 1), 0x0a000004);
	ck_assert_uint_eq(address_of("r", 0), 0x0a010001);
	snet__model_clear(&before);
}
END_TEST

START_TEST(an_ipv6_address_ends_with_the_ipv4_one)
{
	unsigned char ipv6[16];

	model.has_ipv6 = true;
	model.ipv6[0] = 0xfd;
	snet__model_ipv6(ipv6, &model, 0x0a000105);
	ck_assert_mem_eq(ipv6, "\xfd\0\0\0\0\0\0\0\0\0\0\0\x0a\0\1\5", 16);
}
END_TEST

START_TEST(an_ipv6_address_gives_the_ipv4_one)
{
	struct snet__problems problems = {0};

	add("s", "switch", NULL);
	add_host("a", "fd00::a00:105");
	add_host("b", NULL);
	add_host("c", "fd00::10.0.0.1");
	model.has_ipv6 = true;
	model.ipv6[0] = 0xfd;
	plan();
	ck_assert_uint_eq(address_of("a", 0), 0x0a000105);
	ck_assert_uint_eq(address_of("b", 0), 0x0a000002);
	ck_assert_uint_eq(address_of("c", 0), 0x0a000001);
	/* Of one network only, and none twice. */
	add_host("d", "fd01::a00:106");
	add_host("e", "10.0.1.5");
	ck_assert_int_eq(snet__model_check(&model, &problems, NULL), -EINVAL);
	ck_assert_uint_eq(problems.count, 2);
	ck_assert_str_eq(problems.items[0].text,
			 "'fd01::a00:106' is not in the lab's IPv6 network fd00::/96");
	ck_assert_str_eq(problems.items[1].text, "'10.0.1.5' is also the address of 'a'");
	snet__problems_clear(&problems);
}
END_TEST

/* A switch with a host that is called after it. */
static void add_segment(const char *name, const char *host)
{
	add(name, "switch", NULL);
	add(host, "host", NULL);
	(void)join(host, name);
}

/* @is_more: with so many segments that each would get a smaller part of the subnet. */
static void describe_parts(bool is_more)
{
	snet__model_init(&model);
	model.prefix = 24;
	add_segment("s", "a");
	add_segment("t", "b");
	if (!is_more)
		return;
	add_segment("u", "c");
	add_segment("v", "d");
	add_segment("w", "e");
	add_host("new", "10.0.0.20");
}

START_TEST(a_segment_keeps_its_subnet_when_it_is_given_an_address_of_it)
{
	struct snet__model before;

	describe_parts(false);
	plan();
	before = model;
	describe_parts(true);
	model.before = &before;
	plan();
	ck_assert_uint_eq(address_of("new", 0), 0x0a000014);
	ck_assert_uint_eq(address_of("a", 0), 0x0a000001);
	ck_assert_uint_eq(address_of("b", 0), 0x0a000041);
	ck_assert_uint_eq(snet__model_find_node(&model, "a")->ifaces[0].prefix, 26);
	snet__model_clear(&before);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, addresses_follow_the_order_of_the_file);
	tcase_add_test(t, given_addresses_are_left_out);
	tcase_add_test(t, a_gateway_listens_at_the_urls_port_or_the_next_that_is_free);
	tcase_add_test(t, only_a_gateway_with_nat_leads_outside);
	tcase_add_test(t, given_addresses_far_apart_are_in_one_subnet);
	tcase_add_test(t, given_addresses_of_two_segments_may_be_close);
	tcase_add_test(t, a_full_subnet_is_used_to_its_last_address);
	tcase_add_test(t, each_segment_has_a_subnet_and_routers_lead_to_all);
	tcase_add_test(t, of_equal_ways_the_first_interface_has_the_first);
	tcase_add_test(t, a_chain_of_routers_has_few_routes);
	tcase_add_test(t, all_addresses_of_a_host_in_several_areas_are_reached);
	tcase_add_test(t, a_router_knows_the_many_hosts_in_several_areas);
	tcase_add_test(t, hosts_in_several_areas_reach_each_other);
	tcase_add_test(t, the_first_address_of_a_node_beside_another_needs_no_router);
	tcase_add_test(t, many_hosts_in_several_segments_have_few_routes);
	tcase_add_test(t, the_way_outside_is_the_usual_one);
	tcase_add_test(t, nodes_in_other_vlans_are_in_other_segments);
	tcase_add_test(t, a_switch_may_choose_its_subnet);
	tcase_add_test(t, what_was_there_before_keeps_its_address);
	tcase_add_test(t, a_segment_keeps_its_subnet_when_it_is_given_an_address_of_it);
	tcase_add_test(t, an_ipv6_address_ends_with_the_ipv4_one);
	tcase_add_test(t, an_ipv6_address_gives_the_ipv4_one);
	suite_add_tcase(s, t);
	return s;
}
