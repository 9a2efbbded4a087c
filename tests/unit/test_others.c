/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "suite.h"
#include "sys/others.h"

static struct snet_err err;

START_TEST(idle_time_is_nobodys)
{
	struct snet__processor_time time;

	ck_assert_int_eq(snet__others_parse(&time, "cpu  1 2 3 40 50 6 7 8 1 1\n", &err),
			 0);
	ck_assert_double_eq(time.busy, 27);
	ck_assert_double_eq(time.all, 117);
}
END_TEST

START_TEST(what_does_not_say_all_is_refused)
{
	struct snet__processor_time time;

	ck_assert_int_eq(snet__others_parse(&time, "cpu  1 2 3 4\n", &err), -EINVAL);
	ck_assert_int_eq(snet__others_parse(&time, "cpux 1 2 3 4 5 6 7 8\n", &err),
			 -EINVAL);
	ck_assert_int_eq(snet__others_parse(&time, "", &err), -EINVAL);
}
END_TEST

START_TEST(times_of_watching_add_up)
{
	struct snet__others others = {.taken = 30, .all = 100};

	ck_assert_double_eq(snet__others_share(&others), 0.3);
	/* One that was never begun. */
	snet__others_end(&others);
	ck_assert_double_eq(snet__others_share(&others), 0.3);
	others = (struct snet__others){.taken = -0.5, .all = 100};
	ck_assert_double_eq(snet__others_share(&others), 0);
	others = (struct snet__others){0};
	ck_assert_double_eq(snet__others_share(&others), -1);
}
END_TEST

/* However busy the machine is: this process has a part of it, which others do not. */
START_TEST(what_this_process_takes_is_not_others)
{
	struct snet__others others = {0};
	uint64_t until_ns = snet__clock_ns() + SNET__NS_PER_S / 2;

	snet__others_begin(&others);
	while (snet__clock_ns() < until_ns)
		;
	snet__others_end(&others);
	ck_assert_double_gt(others.all, 0);
	ck_assert_double_ge(snet__others_share(&others), 0);
	ck_assert_double_lt(others.taken, others.all);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("others");
	TCase *t = tcase_create("others");

	tcase_add_test(t, idle_time_is_nobodys);
	tcase_add_test(t, what_does_not_say_all_is_refused);
	tcase_add_test(t, times_of_watching_add_up);
	tcase_add_test(t, what_this_process_takes_is_not_others);
	suite_add_tcase(s, t);
	return s;
}
