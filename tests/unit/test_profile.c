/* SPDX-License-Identifier: MIT */
/* Profiles of links: what their numbers are, and what keys beside them change. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <snet/link.h>

#include "base/text.h"
#include "impairment_bed.h"
#include "suite.h"
#include "topo/impairment.h"

START_TEST(a_profile_is_what_keys_are_different_from)
{
	struct snet_impairment forth, back;
	const struct snet__model_link *link;

	ck_assert_int_eq(snet_profile_get(&forth, &back, "lte-m", &err), 0);
	link = good("'profile': 'lte-m'");
	ck_assert_str_eq(link->profile, "lte-m");
	ck_assert_uint_eq(link->forth.rate_bps, forth.rate_bps);
	ck_assert_uint_eq(link->back.rate_bps, back.rate_bps);
	/* The link's own keys hold in both directions, "back" in one. */
	link = good("'rate': 8, 'profile': 'lte-m', 'back': {'delay': 0}");
	ck_assert_uint_eq(link->forth.rate_bps, 8);
	ck_assert_uint_eq(link->back.rate_bps, 8);
	ck_assert_uint_eq(link->forth.delay_ns, forth.delay_ns);
	ck_assert_uint_eq(link->back.delay_ns, 0);
	/* What needs something that is turned off is not complained about. */
	link = good("'profile': 'wifi', 'jitter': 0");
	ck_assert_int_eq(link->forth.distribution, SNET_DISTRIBUTION_UNIFORM);
}
END_TEST

/* LoRa: SF * 125 kHz / 2^SF * 4/5, rounded. */
START_TEST(profiles_are_all_different_and_valid)
{
	static const uint64_t lora[] = {5469, 3125, 1758, 977, 537, 293};
	struct snet_impairment ways[64][2];
	const char *name;
	size_t count = 0;

	for (; (name = snet_profile_name(count)); count++) {
		struct snet_impairment *way = ways[count];
		char *keys = snet__text_format("'profile': '%s'", name);

		ck_assert_int_eq(snet_profile_get(&way[0], &way[1], name, &err), 0);
		ck_assert_int_eq(snet__impairment_check(&way[0], &err), 0);
		ck_assert_int_eq(snet__impairment_check(&way[1], &err), 0);
		ck_assert_uint_gt(way[0].delay_ns, 0);
		ck_assert_uint_gt(way[1].rate_bps, 0);
		(void)good(keys);
		free(keys);
		for (size_t i = 0; i < count; i++)
			ck_assert_msg(memcmp(ways[i], way, sizeof(ways[i])) != 0,
				      "%s is like %s", name, snet_profile_name(i));
	}
	ck_assert_uint_eq(count, 21);
	for (size_t i = 0; i < 6; i++) {
		char *lora_name = snet__text_format("lora-sf%zu", i + 7);

		ck_assert_int_eq(snet_profile_get(&ways[0][0], &ways[0][1], lora_name,
						  &err),
				 0);
		ck_assert_uint_eq(ways[0][0].rate_bps, lora[i]);
		free(lora_name);
	}
	ck_assert_int_eq(snet_profile_get(&ways[0][0], &ways[0][1], "wfii", &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "unknown profile 'wfii', did you mean 'wifi'?");
	ck_assert_int_eq(snet_profile_get(&ways[0][0], &ways[0][1], "telegraph", &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "unknown profile 'telegraph': there are ethernet, "));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_profile_is_what_keys_are_different_from);
	tcase_add_test(t, profiles_are_all_different_and_valid);
	suite_add_tcase(s, t);
	return s;
}
