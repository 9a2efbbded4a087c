/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "fault/share.h"
#include "suite.h"

/* All of two, and none of others: by chance once in as many ways as there are to choose two. */
START_TEST(what_chance_does_once_in_a_thousand_times_is_none)
{
	ck_assert(snet__share_is_higher(2, 2, 0, 44));  /* 1 in 1,035 */
	ck_assert(!snet__share_is_higher(2, 2, 0, 43)); /* 1 in 990 */
	ck_assert(snet__share_is_higher(1, 1, 0, 1000));
	ck_assert(!snet__share_is_higher(1, 1, 0, 998));
	ck_assert(snet__share_is_higher(5, 5, 0, 20));
	ck_assert(!snet__share_is_higher(5, 20, 2, 40));
}
END_TEST

START_TEST(large_numbers_are_no_matter)
{
	ck_assert(!snet__share_is_higher(201000, 1000000, 200000, 1000000));
	ck_assert(snet__share_is_higher(203000, 1000000, 200000, 1000000));
	ck_assert(snet__share_is_higher(2000000000, 4000000000, 1999000000, 4000000000));
	ck_assert(snet__share_is_higher(10, 4000000000, 0, 4000000000));
	ck_assert(!snet__share_is_higher(9, 4000000000, 0, 4000000000));
}
END_TEST

START_TEST(what_is_no_larger_is_not_higher)
{
	ck_assert(!snet__share_is_higher(0, 0, 0, 0));
	ck_assert(!snet__share_is_higher(0, 9, 0, 9));
	ck_assert(!snet__share_is_higher(9, 9, 0, 0));
	ck_assert(!snet__share_is_higher(0, 0, 0, 9));
	ck_assert(!snet__share_is_higher(9, 9, 9, 9));
	ck_assert(!snet__share_is_higher(500, 1000, 500, 1000));
	ck_assert(!snet__share_is_higher(0, 1000, 1000, 1000));
}
END_TEST

static double chance_of(unsigned int hits, unsigned int all, double share)
{
	return exp(lgamma(all + 1.0) - lgamma(hits + 1.0) - lgamma(all - hits + 1.0) +
		   hits * log(share) + (all - hits) * log(1 - share));
}

/* Over everything that can come of 20 and 60 tries with one share. */
START_TEST(it_is_said_of_what_is_the_same_no_oftener_than_it_may)
{
	static const double shares[] = {0.01, 0.2, 0.36, 0.5, 0.95};
	double said = 0;

	for (unsigned int x = 0; x <= 20; x++)
		for (unsigned int y = 0; y <= 60; y++)
			if (snet__share_is_higher(x, 20, y, 60))
				said += chance_of(x, 20, shares[_i]) *
					chance_of(y, 60, shares[_i]);
	ck_assert_double_le(said, 0.001);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("share");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, what_chance_does_once_in_a_thousand_times_is_none);
	tcase_add_test(tc, large_numbers_are_no_matter);
	tcase_add_test(tc, what_is_no_larger_is_not_higher);
	tcase_add_loop_test(tc, it_is_said_of_what_is_the_same_no_oftener_than_it_may, 0,
			    5);
	suite_add_tcase(s, tc);
	return s;
}
