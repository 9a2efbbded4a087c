/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/steps.h"
#include "suite.h"

/* Each step writes a letter for its phase, and its number. */
static struct work {
	char text[64];
	size_t count;
	int again; /* how often the last phase wants to be repeated */
	int result;
} work;

static void note(char phase, size_t at)
{
	size_t end = strlen(work.text);

	work.text[end] = phase;
	work.text[end + 1] = (char)('0' + at);
}

static size_t count(const void *user)
{
	return ((const struct work *)user)->count;
}

static size_t count_none(const void *user)
{
	(void)user;
	return 0;
}

static int once(void *user, size_t at, struct snet_err *err)
{
	(void)user;
	(void)err;
	note('a', at);
	return 0;
}

static int each(void *user, size_t at, struct snet_err *err)
{
	struct work *of = user;

	note('b', at);
	return of->result < 0 ? snet__err_set(err, of->result, "no") : 0;
}

static int again(void *user, size_t at, struct snet_err *err)
{
	struct work *of = user;

	(void)err;
	note('c', at);
	return of->again-- > 0;
}

static const struct snet__phase phases[] = {
	{NULL, once},       {count_none, each}, {count, each},
	{count_none, each}, {NULL, again},
};

static struct snet__steps steps;
static struct snet_err err;

static void set_up(void)
{
	work = (struct work){.count = 3};
	steps = (struct snet__steps){.phases = phases, .count = 5};
}

START_TEST(all_steps_are_done_in_order)
{
	work.again = 2;
	ck_assert_int_eq(snet__steps_walk(&steps, &work, 0, &err), 0);
	ck_assert_str_eq(work.text, "a0b0b1b2c0c0c0");
	ck_assert_int_eq(snet__steps_walk(&steps, &work, 0, &err), 0);
	ck_assert_str_eq(work.text, "a0b0b1b2c0c0c0");
}
END_TEST

START_TEST(a_walk_whose_time_is_over_does_one_step_and_goes_on_there)
{
	size_t walks = 1;

	work.again = 1;
	while (snet__steps_walk(&steps, &work, 1, &err) == 1)
		ck_assert_uint_eq(strlen(work.text), 2 * walks++);
	ck_assert_str_eq(work.text, "a0b0b1b2c0c0");
	ck_assert_uint_eq(walks, 6);
}
END_TEST

START_TEST(a_step_that_fails_ends_the_walk)
{
	work.result = -EIO;
	ck_assert_int_eq(snet__steps_walk(&steps, &work, 0, &err), -EIO);
	ck_assert_str_eq(work.text, "a0b0");
	ck_assert_str_eq(err.msg, "no");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("steps");
	TCase *t = tcase_create("steps");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, all_steps_are_done_in_order);
	tcase_add_test(t, a_walk_whose_time_is_over_does_one_step_and_goes_on_there);
	tcase_add_test(t, a_step_that_fails_ends_the_walk);
	suite_add_tcase(s, t);
	return s;
}
