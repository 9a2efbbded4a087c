/* SPDX-License-Identifier: MIT */
/* netem by the kernel that runs the test: used where there is one, else missed in clear words. What
 * it does to packets is tests/vm's matter. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "link/shaper_netem.h"
#include "rights.h"
#include "suite.h"
#include "sys/netns.h"
#include "sys/nl.h"

#define MS 1000000ull

static struct snet__nl *nl;
static struct snet_err err;
static int ns, other, bridge, port;

static void set_up(void)
{
	ck_assert_msg(snet__netns_new(&ns, &err) == 0, "%s", err.msg);
	ck_assert_msg(snet__netns_new(&other, &err) == 0, "%s", err.msg);
	ck_assert_msg(snet__nl_open(&nl, ns, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(snet__iface_add_bridge(nl, "br0", &bridge, &err), 0);
	ck_assert_int_eq(snet__iface_add_veth(nl, "p0", bridge, "eth0", other, &port,
					      &err),
			 0);
}

static void tear_down(void)
{
	snet__nl_close(nl);
	close(other);
	close(ns);
}

static const struct snet_impairment slow = {.delay_ns = 20 * MS,
					    .jitter_ns = 3 * MS,
					    .distribution = SNET_DISTRIBUTION_NORMAL,
					    .loss = 0.01};

START_TEST(a_kernel_without_netem_is_named_with_the_remedy)
{
	if (snet__qdisc_has_netem(&err))
		return;

	ck_assert_str_eq(err.msg, "this kernel has no sch_netem");
	ck_assert_int_eq(snet__netem_set(nl, port, &slow, NULL, 7, &err), -ENOTSUP);
	ck_assert_int_eq(err.code, -ENOTSUP);
	ck_assert_str_eq(err.msg, "this kernel has no sch_netem: install its module, or "
				  "use \"shaper\": \"user\"");
}
END_TEST

START_TEST(a_kernel_with_netem_does_as_it_is_told)
{
	const struct snet_impairment plain = {0};
	struct snet__qdisc qdisc;

	if (!snet__qdisc_has_netem(&err))
		return;

	ck_assert_msg(snet__netem_set(nl, port, &slow, NULL, 7, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(snet__qdisc_get_netem(nl, port, &qdisc, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(qdisc.impairment.delay_ns, 20 * MS);
	ck_assert_msg(snet__netem_set(nl, port, &plain, NULL, 0, &err) == 0, "%s",
		      err.msg);
	ck_assert_int_eq(snet__qdisc_get_netem(nl, port, &qdisc, &err), 0);
	ck_assert_uint_eq(qdisc.impairment.delay_ns, 0);
}
END_TEST

START_TEST(an_interface_without_netem_says_so)
{
	struct snet__qdisc qdisc;

	ck_assert_int_eq(snet__qdisc_get_netem(nl, SNET__IFACE_LOOPBACK, &qdisc, &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg, "interface 'number 1' has no netem");
}
END_TEST

START_TEST(an_interface_that_is_none_says_so)
{
	struct snet__qdisc_counts counts;

	ck_assert_int_eq(snet__netem_set(nl, 4711, &slow, NULL, 0, &err), -ENODEV);
	ck_assert_str_eq(err.msg,
			 "cannot set netem of interface 'number 4711': No such device");
	ck_assert_int_eq(snet__netem_counts(nl, 4711, &counts, &err), -ENODEV);
}
END_TEST

/* Tables make requests long: more of them than a datagram takes. */
START_TEST(a_batch_may_have_many_tables)
{
	int r = 0;

	snet__nl_hold(nl);
	for (int i = 0; r == 0 && i < 100; i++)
		r = snet__netem_set(nl, 4711, &slow, NULL, 0, &err);
	ck_assert_int_eq(snet__nl_finish(nl, r, &err), -ENODEV);
	ck_assert_ptr_nonnull(strstr(err.msg, "No such device"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("netem");
	TCase *t = tcase_create("netem");

	rights_get();
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_kernel_without_netem_is_named_with_the_remedy);
	tcase_add_test(t, a_kernel_with_netem_does_as_it_is_told);
	tcase_add_test(t, an_interface_without_netem_says_so);
	tcase_add_test(t, an_interface_that_is_none_says_so);
	tcase_add_test(t, a_batch_may_have_many_tables);
	suite_add_tcase(s, t);
	return s;
}
