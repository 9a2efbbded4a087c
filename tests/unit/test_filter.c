/* SPDX-License-Identifier: MIT */
/* Expressions about frames; skipped where libsnet was built without libpcap. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/filter.h"
#include "link/hooks.h"
#include "suite.h"

/* From 10.0.0.1:4000 to 10.0.0.2:5683, UDP, "hello". */
static const unsigned char frame[] = {
	2,    0, 0, 0,    0,    0,    2,    0, 0,  0,  0, 1,   8,   0, /* Ethernet */
	0x45, 0, 0, 33,   0,    0,    0,    0, 64, 17, 0, 0,   10,  0,   0,   1,   10,
	0,    0, 2, 0x0f, 0xa0, 0x16, 0x33, 0, 13, 0,  0, 'h', 'e', 'l', 'l', 'o',
};

static bool matches(const char *expression)
{
	autofilter *filter = NULL;
	struct snet_err err = {0};

	ck_assert_msg(snet__filter_new(&filter, expression, &err) == 0, "%s", err.msg);
	return snet__filter_matches(filter, frame, sizeof(frame), sizeof(frame));
}

START_TEST(a_frame_matches_or_does_not)
{
	ck_assert(matches("udp"));
	ck_assert(matches("udp port 5683"));
	ck_assert(matches("src host 10.0.0.1 and dst net 10.0.0.0/8"));
	ck_assert(matches("less 47"));
	ck_assert(matches("ether src 02:00:00:00:00:01"));
	ck_assert(matches("udp[8:4] = 0x68656c6c"));
	ck_assert(!matches("tcp"));
	ck_assert(!matches("udp port 5684"));
	ck_assert(!matches("greater 48"));
	ck_assert(!matches("vlan"));
	ck_assert(matches(""));
}
END_TEST

static bool matches_in(const char *expression, unsigned int vlan)
{
	autofilter *filter = NULL;

	ck_assert_int_eq(snet__filter_new(&filter, expression, NULL), 0);
	return snet__filter_matches_in(filter, vlan, frame, sizeof(frame));
}

START_TEST(only_an_expression_about_vlans_sees_a_tag)
{
	ck_assert(matches_in("vlan", 10));
	ck_assert(matches_in("vlan 10", 10));
	ck_assert(matches_in("vlan 10 and udp port 5683", 10));
	ck_assert(matches_in("vlan and greater 51", 10));
	ck_assert(matches_in("not vlan 20", 10));
	ck_assert(!matches_in("vlan 20", 10));
	ck_assert(!matches_in("vlan 10 and tcp", 10));
	ck_assert(!matches_in("vlan", 0));
	ck_assert(matches_in("udp port 5683", 10));
	ck_assert(!matches_in("udp port 33024", 10)); /* 0x8100 */
	ck_assert(matches_in("udp port 33024 or src port 4000", 10));
	ck_assert(matches_in("less 47", 10));
}
END_TEST

START_TEST(a_wrong_expression_is_told_in_libpcaps_words)
{
	struct snet__filter *filter = NULL;
	struct snet_err err = {0};

	ck_assert_int_eq(snet__filter_new(&filter, "udp prt 5", &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "no filter 'udp prt 5': "));
	ck_assert_ptr_nonnull(strstr(err.msg, "syntax error"));
	ck_assert_ptr_null(filter);
	ck_assert_int_eq(snet__filter_new(&filter, "inbound", &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than is in a packet"));
	ck_assert_int_eq(snet__filter_new(&filter, "udp", NULL), 0);
	snet__filter_free(filter);
}
END_TEST

START_TEST(one_filter_has_several_users)
{
	struct snet__filter *filter = NULL;

	ck_assert_int_eq(snet__filter_new(&filter, "udp", NULL), 0);
	ck_assert_ptr_eq(snet__filter_ref(filter), filter);
	snet__filter_free(filter);
	ck_assert(snet__filter_matches(filter, frame, sizeof(frame), sizeof(frame)));
	snet__filter_free(filter);
	snet__filter_free(NULL);
}
END_TEST

START_TEST(an_impairment_applies_to_what_its_filter_matches)
{
	const struct snet_impairment wanted = {.filter = "udp port 5683"};
	const struct snet_impairment other = {.filter = "tcp"};
	const struct snet_impairment wrong = {.filter = "udp prt"};
	struct snet__packet *packet = calloc(1, sizeof(*packet) + sizeof(frame));
	struct snet__rule_hooks hooks;
	struct snet_err err = {0};

	packet->size = sizeof(frame);
	memcpy(packet->data, frame, sizeof(frame));
	ck_assert_int_eq(snet__hooks_make(&hooks, &wanted, NULL, &err), 0);
	ck_assert(hooks.applies(hooks.filter, packet));
	snet__hooks_clear(&hooks);
	ck_assert_int_eq(snet__hooks_make(&hooks, &other, NULL, &err), 0);
	ck_assert(!hooks.applies(hooks.filter, packet));
	snet__hooks_clear(&hooks);
	ck_assert_int_eq(snet__hooks_make(&hooks, &wrong, NULL, &err), -EINVAL);
	ck_assert_int_eq(snet__hooks_make(&hooks, &(struct snet_impairment){0}, NULL,
					  &err),
			 0);
	ck_assert_ptr_null(hooks.applies);
	free(packet);
}
END_TEST

/* Names of hosts in it may stand for something else by now, or for nothing. */
START_TEST(a_filter_is_made_once)
{
	struct snet__kept_files kept = {0};
	const struct snet_impairment same = {.filter = "udp"}, other = {.filter = "tcp"};
	struct snet__rule_hooks hooks;

	ck_assert_int_eq(snet__filter_new(&kept.filter, "udp", NULL), 0);
	ck_assert(snet__filter_is_of(kept.filter, "udp"));
	ck_assert(!snet__filter_is_of(kept.filter, NULL));
	ck_assert(!snet__filter_is_of(NULL, "udp"));
	ck_assert_int_eq(snet__hooks_make(&hooks, &same, &kept, NULL), 0);
	ck_assert_ptr_eq(hooks.filter, kept.filter);
	snet__hooks_clear(&hooks);
	ck_assert_int_eq(snet__hooks_make(&hooks, &other, &kept, NULL), 0);
	ck_assert_ptr_ne(hooks.filter, kept.filter);
	snet__hooks_clear(&hooks);
	snet__kept_files_clear(&kept);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("filter");
	TCase *t = tcase_create("filter");

	if (!snet__filter_version()) {
		fprintf(stderr, "skipped: built without libpcap\n");
		exit(77);
	}
	tcase_add_test(t, a_frame_matches_or_does_not);
	tcase_add_test(t, only_an_expression_about_vlans_sees_a_tag);
	tcase_add_test(t, a_wrong_expression_is_told_in_libpcaps_words);
	tcase_add_test(t, one_filter_has_several_users);
	tcase_add_test(t, an_impairment_applies_to_what_its_filter_matches);
	tcase_add_test(t, a_filter_is_made_once);
	suite_add_tcase(s, t);
	return s;
}
