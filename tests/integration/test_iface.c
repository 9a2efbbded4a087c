/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "sys/nl.h"

static int ns, other;
static struct snet__nl *nl;
static struct snet_err err;

static void set_up(void)
{
	ck_assert_msg(snet__netns_new(&ns, &err) == 0, "%s", err.msg);
	ck_assert_msg(snet__netns_new(&other, &err) == 0, "%s", err.msg);
	ck_assert_msg(snet__nl_open(&nl, ns, &err) == 0, "%s", err.msg);
}

static void tear_down(void)
{
	snet__nl_close(nl);
	close(other);
	close(ns);
}

/* Flags of @name in @netns, -1 when there is no such interface. */
static int flags_of(int netns, const char *name)
{
	struct ifreq request = {0};
	int sock = -1, r;

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ck_assert_int_eq(snet__netns_socket(&sock, netns, AF_INET, SOCK_DGRAM, 0, &err),
			 0);
	r = ioctl(sock, SIOCGIFFLAGS, &request);
	close(sock);
	return r < 0 ? -1 : request.ifr_flags;
}

START_TEST(a_pair_has_its_ends_in_two_namespaces)
{
	int bridge = 0, index = 0, found = 0;

	ck_assert_msg(snet__iface_add_bridge(nl, "br0", &bridge, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(snet__iface_add_veth(nl, "p0", bridge, "eth0", other, &index,
					   &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(snet__iface_find(nl, "p0", &found, &err), 0);
	ck_assert_int_eq(found, index);
	ck_assert(flags_of(ns, "br0") & IFF_UP);
	ck_assert(!(flags_of(ns, "p0") & IFF_UP));
	ck_assert_int_eq(flags_of(ns, "eth0"), -1);
	ck_assert_int_ge(flags_of(other, "eth0"), 0);
	ck_assert_int_eq(snet__iface_up(nl, index, &err), 0);
	ck_assert(flags_of(ns, "p0") & IFF_UP);
	ck_assert_int_eq(snet__iface_down(nl, index, &err), 0);
	ck_assert(!(flags_of(ns, "p0") & IFF_UP));
	ck_assert_int_eq(snet__iface_remove(nl, index, &err), 0);
	ck_assert_int_eq(flags_of(other, "eth0"), -1);
}
END_TEST

START_TEST(the_kernels_words_are_in_the_message)
{
	const unsigned char mac[6] = {2, 0, 0, 0, 0, 1};
	int index = 0;

	ck_assert_int_eq(snet__iface_add_veth(nl, "p3", 0, "eth0", other, &index, &err),
			 0);
	ck_assert_int_eq(snet__iface_add_veth(nl, "p3", 0, "eth1", other, &index, &err),
			 -EEXIST);
	ck_assert_str_eq(err.msg, "cannot create link 'p3': File exists");
	ck_assert_int_eq(snet__iface_add_address(nl, 1, 0x0a000001, 8, &err), 0);
	ck_assert_int_eq(snet__iface_add_address(nl, 1, 0x0a000001, 8, &err), -EEXIST);
	/* What the kernel adds differs between its versions. */
	ck_assert_msg(strstr(err.msg, "cannot add address '10.0.0.1': File exists") ==
			      err.msg,
		      "%s", err.msg);
	ck_assert_int_eq(snet__iface_add_veth(nl, "a/b", 0, "eth1", other, &index, &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "cannot create link 'a/b': Invalid argument");
	ck_assert_int_eq(snet__iface_find(nl, "p9", &index, &err), -ENODEV);
	ck_assert_str_eq(err.msg, "cannot find interface 'p9': No such device");
	ck_assert_int_eq(snet__iface_add_neighbour(nl, 4711, 0x0a000001, mac, &err),
			 -ENODEV);
	ck_assert_msg(strstr(err.msg,
			     "cannot add neighbour '10.0.0.1': No such device") ==
			      err.msg,
		      "%s", err.msg);
}
END_TEST

START_TEST(long_names_are_refused_before_the_kernel_is_asked)
{
	int index = 0;

	ck_assert_int_eq(snet__iface_add_bridge(nl, "abcdefghijklmnop", &index, &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg,
			 "interface name 'abcdefghijklmnop' is not of 1 to 15 bytes");
	ck_assert_int_eq(snet__iface_add_veth(nl, "", 0, "x", other, &index, &err),
			 -EINVAL);
	ck_assert_int_eq(snet__iface_add_address(nl, 1, 0x0a000001, 33, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "prefix '33' is longer than 32 bits");
}
END_TEST

START_TEST(a_batch_reports_its_first_failure)
{
	int r;

	snet__nl_hold(nl);
	r = snet__iface_add_bridge_at(nl, "b1", 50, NULL, false, &err);
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(flags_of(ns, "b1"), -1); /* not yet */
	ck_assert_int_eq(snet__iface_up(nl, 51, &err), 0);
	ck_assert_int_eq(snet__iface_set_master(nl, 52, 50, &err), 0);
	ck_assert_int_eq(snet__iface_up(nl, 50, &err), 0);
	ck_assert_int_eq(snet__nl_finish(nl, r, &err), -ENODEV);
	ck_assert_str_eq(err.msg,
			 "cannot bring up interface 'number 51': No such device");
	ck_assert(flags_of(ns, "b1") & IFF_UP); /* what came later was done */
}
END_TEST

START_TEST(a_batch_may_be_longer_than_the_queue)
{
	const unsigned char mac[6] = {2, 0, 0, 0, 0, 1};
	int index = 0, r = 0;

	ck_assert_int_eq(snet__iface_add_bridge(nl, "br0", &index, &err), 0);
	snet__nl_hold(nl);
	for (uint32_t i = 0; r == 0 && i < 1000; i++)
		r = snet__iface_add_neighbour(nl, index, 0x0a000001 + i, mac, &err);
	ck_assert_msg(snet__nl_finish(nl, r, &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(a_batch_given_up_does_nothing)
{
	snet__nl_hold(nl);
	ck_assert_int_eq(snet__iface_add_bridge_at(nl, "b1", 50, NULL, false, &err), 0);
	ck_assert_int_eq(snet__nl_finish(nl, -EINVAL, &err), -EINVAL);
	ck_assert_int_eq(snet__nl_finish(nl, 0, &err), 0);
	ck_assert_int_eq(flags_of(ns, "b1"), -1);
}
END_TEST

START_TEST(no_ipv6_address_appears_by_itself)
{
	char line[200];
	int index = 0, bridge = 0;
	FILE *file;

	ck_assert_int_eq(snet__iface_add_bridge(nl, "br0", &bridge, &err), 0);
	ck_assert_int_eq(snet__iface_add_veth(nl, "p0", bridge, "eth0", other, &index,
					      &err),
			 0);
	ck_assert_int_eq(snet__iface_up(nl, index, &err), 0);
	ck_assert_int_eq(snet__netns_settle(ns, &err), 0);
	file = fopen("/proc/thread-self/net/if_inet6", "re");
	while (file && fgets(line, sizeof(line), file))
		ck_assert_msg(strstr(line, " lo\n") != NULL, "%s", line);
	if (file)
		fclose(file);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("iface");
	TCase *t = tcase_create("iface");

	rights_get();
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_pair_has_its_ends_in_two_namespaces);
	tcase_add_test(t, the_kernels_words_are_in_the_message);
	tcase_add_test(t, long_names_are_refused_before_the_kernel_is_asked);
	tcase_add_test(t, a_batch_reports_its_first_failure);
	tcase_add_test(t, a_batch_may_be_longer_than_the_queue);
	tcase_add_test(t, a_batch_given_up_does_nothing);
	tcase_add_test(t, no_ipv6_address_appears_by_itself);
	suite_add_tcase(s, t);
	return s;
}
