/* SPDX-License-Identifier: MIT */
/* Links that get another MTU while they are there. */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "inside.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"
#include "sys/iface.h"
#include "sys/netns.h"
#include "wait.h"

static struct snet_err err;
static struct snet_lab *lab;
static char *lines;

static void set_up(void)
{
	err = (struct snet_err){0};
	lines = NULL;
	LABS_OK(snet_lab_new(&lab, "lab", &err));
}

static void tear_down(void)
{
	snet_lab_free(lab);
	free(lines);
}

/* JSON with single quotes as it is, and numbers in the place of "%u". */
static char *format_lab(const char *text, unsigned int mtu)
{
	autofree char *number = snet__text_format("%u", mtu);
	char *json = calloc(1, 4 * strlen(text) + 1), *end = json;

	for (const char *at = text; *at; at++)
		if (at[0] == '%' && at[1] == 'u') {
			end = stpcpy(end, number);
			at++;
		} else {
			*end++ = *at == '\'' ? '"' : *at;
		}
	return json;
}

static void up(const char *text, unsigned int mtu)
{
	autofree char *json = format_lab(text, mtu);

	LABS_OK(snet_lab_parse(lab, json, NULL, &err));
	if (strstr(text, "local"))
		LABS_OK(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err));
	LABS_OK(snet_lab_up(lab, &err));
}

static int apply(const char *text, unsigned int mtu)
{
	autofree char *json = format_lab(text, mtu);
	const struct snet_change_opts opts = {.size = sizeof(opts), .text = json};

	free(lines);
	lines = NULL;
	return snet_lab_apply(lab, &opts, &lines, &err);
}

static void resize(const char *text, unsigned int mtu)
{
	LABS_OK(apply(text, mtu));
	ck_assert_msg(strstr(lines, "mtu ") && !strstr(lines, "anew"), "%s", lines);
}

/* What an interface of a node says of itself. */
static struct ifreq ask(const char *node, const char *iface, unsigned long request)
{
	struct ifreq ret = {0};
	int netns = -1, fd = -1;

	(void)snprintf(ret.ifr_name, sizeof(ret.ifr_name), "%s", iface);
	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__netns_socket(&fd, netns, AF_INET, SOCK_DGRAM, 0, &err));
	ck_assert_int_eq(ioctl(fd, request, &ret), 0);
	close(fd);
	close(netns);
	return ret;
}

static unsigned int mtu_of(const char *node, const char *iface)
{
	return (unsigned int)ask(node, iface, SIOCGIFMTU).ifr_mtu;
}

/* Whether a packet of @bytes gets there within @patience_s, and an answer of as many back. */
static bool passes(const char *from, const char *to, unsigned int bytes,
		   const char *patience_s)
{
	autofree char *size = snet__text_format("%u", bytes - 28);
	char address[16];
	const char *const argv[] = {"ping", "-n", "-c", "1",  "-W",    patience_s,
				    "-M",   "do", "-s", size, address, NULL};

	LABS_OK(snet_node_address(lab, to, address, &err));
	return inside_run(lab, from, argv) == 0;
}

#define EXPECT_MTU(from, to, mtu)                               \
	do {                                                    \
		ck_assert_uint_eq(mtu_of(from, "eth0"), mtu);   \
		ck_assert(passes(from, to, mtu, "30"));         \
		ck_assert(passes(to, from, mtu, "30"));         \
		ck_assert(!passes(from, to, (mtu) + 1, "0.2")); \
	} while (0)

/* Ports of two VLANs, the trunk between, a cable, and a router that has one more; @a: what is with a's
 * link, @x: with that of x. */
#define ALL(a, x)                                                                      \
	"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 't', 'kind': 'switch'}," \
	"{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'},"                \
	"{'name': 'c', 'kind': 'host'}, {'name': 'd', 'kind': 'host'},"                \
	"{'name': 'x', 'kind': 'host'}, {'name': 'y', 'kind': 'host'}], 'links': ["    \
	"{'from': 'a', 'to': 's', 'vlan': 10, 'mtu': %u" a "},"                        \
	"{'from': 'b', 'to': 't', 'vlan': 10, 'mtu': %u},"                             \
	"{'from': 'c', 'to': 's', 'vlan': 20, 'mtu': %u},"                             \
	"{'from': 'd', 'to': 't', 'vlan': 20, 'mtu': %u, 'delay': '1ms'},"             \
	"{'from': 's', 'to': 't', 'vlans': [10, 20], 'mtu': %u},"                      \
	"{'from': 'x', 'to': 'y', 'mtu': %u" x "}]}"

static void expect_all(unsigned int mtu)
{
	EXPECT_MTU("a", "b", mtu);
	EXPECT_MTU("c", "d", mtu);
	EXPECT_MTU("x", "y", mtu);
}

START_TEST(all_of_a_link_has_its_mtu)
{
	int index;

	up(ALL("", ""), 1500);
	index = ask("a", "eth0", SIOCGIFINDEX).ifr_ifindex;
	resize(ALL("", ""), 9000);
	expect_all(9000);
	resize(ALL("", ""), 1400);
	expect_all(1400);
	/* One that is cut late, and one that is made anew with a shaper. */
	LABS_OK(apply(ALL(", 'delay': '1ms'", ", 'delay': '1ms'"), 1400));
	expect_all(1400);
	resize(ALL(", 'delay': '1ms'", ", 'delay': '1ms'"), 3000);
	expect_all(3000);
	ck_assert_int_eq(ask("a", "eth0", SIOCGIFINDEX).ifr_ifindex, index);
}
END_TEST

START_TEST(one_that_comes_to_be_enough_for_ipv6_is_made_anew)
{
	static const char *const addresses[] = {
		"sh", "-c", "[ $(ip -6 -o address show dev eth0 | wc -l) = 0 ]", NULL};

	up(ALL("", ""), 1500);
	resize(ALL("", ""), 1000);
	expect_all(1000);
	LABS_OK(apply(ALL("", ""), 1500));
	ck_assert_msg(strstr(lines, "~ link a-s: mtu 1000 \u2192 1500 (made anew)\n"),
		      "%s", lines);
	expect_all(1500);
	ck_assert_int_eq(inside_run(lab, "a", addresses), 0);
}
END_TEST

/* ---- Changes that fail. */

#define PRESSED(nodes, links)                                                        \
	"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', 'kind': "         \
	"'relayer', 'routes': [{'function': 'echo'}]}, {'name': 'b', 'kind': "       \
	"'button', 'data': {'target': 'a'}}, {'name': 'a', 'kind': 'actuator'},"     \
	"{'name': 'h', 'kind': 'host'}, {'name': 'g', 'kind': 'host'}" nodes         \
	"], 'links': [{'from': 'r', 'to': 's'}, {'from': 'b', 'to': 's'}, {'from': " \
	"'a', 'to': 's'}, {'from': 'g', 'to': 's', 'mtu': %u},"                      \
	"{'from': 'h', 'to': 's', 'mtu': %u}" links "],"                             \
	"'backends': {'local': {'kind': 'native'}}}"

static void press(void)
{
	LABS_OK(snet_device_press(lab, "b", NULL, NULL, WAIT_MS, &err));
}

START_TEST(mtus_go_back_when_a_change_fails)
{
	up(PRESSED("", ""), 1500);
	ck_assert_int_eq(
		apply(PRESSED(", {'name': 'p', 'kind': 'process', 'command': ['/no/such']}",
			      ", {'from': 'p', 'to': 's'}"),
		      9000),
		-ENOENT);
	EXPECT_MTU("h", "g", 1500);
	press();
	resize(PRESSED("", ""), 9000);
	EXPECT_MTU("h", "g", 9000);
}
END_TEST

/* As a program in the node may. */
static void remove_iface(const char *node)
{
	struct snet__nl *nl = NULL;
	int netns = -1, index;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__nl_open(&nl, netns, &err));
	LABS_OK(snet__iface_find(nl, "eth0", &index, &err));
	LABS_OK(snet__iface_remove(nl, index, &err));
	snet__nl_close(nl);
	close(netns);
}

START_TEST(a_link_that_cannot_be_changed_is_made_anew)
{
	up(PRESSED("", ""), 1500);
	remove_iface("h");
	ck_assert_int_eq(apply(PRESSED("", ""), 9000), -ENODEV);
	ck_assert_msg(strncmp(err.msg, "link 'h-s': cannot set the MTU of ", 34) == 0,
		      "%s", err.msg);
	EXPECT_MTU("h", "g", 1500);
	press();
	resize(PRESSED("", ""), 9000);
	EXPECT_MTU("h", "g", 9000);
	press();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("resizing");
	TCase *t = tcase_create("resizing");

	rights_get();
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, all_of_a_link_has_its_mtu);
	tcase_add_test(t, one_that_comes_to_be_enough_for_ipv6_is_made_anew);
	tcase_add_test(t, mtus_go_back_when_a_change_fails);
	tcase_add_test(t, a_link_that_cannot_be_changed_is_made_anew);
	suite_add_tcase(s, t);
	return s;
}
