/* SPDX-License-Identifier: MIT */
/* Both clocks are the test's: they run on a little at each reading, and jump where it is held up. */

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "suite.h"

#define AHEAD_NS (1000000 * SNET__NS_PER_S)
#define STEP_NS  20

static uint64_t now_ns;
static unsigned int readings;
static uint64_t held_up_ns[32]; /* before which reading, and how long */

int __wrap_clock_gettime(clockid_t id, struct timespec *ret);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret)
{
	uint64_t ns;

	now_ns += STEP_NS;
	if (readings < sizeof(held_up_ns) / sizeof(*held_up_ns))
		now_ns += held_up_ns[readings];
	readings++;
	ns = now_ns + (id == CLOCK_REALTIME ? AHEAD_NS : 0);
	*ret = (struct timespec){.tv_sec = (time_t)(ns / SNET__NS_PER_S),
				 .tv_nsec = (long)(ns % SNET__NS_PER_S)};
	return 0;
}

static void set_up(void)
{
	now_ns = SNET__NS_PER_S;
	readings = 0;
	memset(held_up_ns, 0, sizeof(held_up_ns));
}

static void check(uint64_t off_ns)
{
	uint64_t at_ns, offset_ns;

	readings = 0; /* Check has read it as well */
	offset_ns = snet__clock_offset_ns(&at_ns);
	ck_assert_uint_ge(offset_ns, AHEAD_NS - off_ns);
	ck_assert_uint_le(offset_ns, AHEAD_NS + off_ns);
	ck_assert_uint_eq(at_ns, now_ns);
}

START_TEST(the_clocks_are_read_close_to_each_other)
{
	check(STEP_NS);
	ck_assert_uint_eq(readings, 3);
}
END_TEST

START_TEST(who_is_held_up_reads_again)
{
	for (unsigned int at = 1; at < 5; at++) {
		set_up();
		held_up_ns[at] = 40 * SNET__NS_PER_MS;
		check(STEP_NS);
	}
}
END_TEST

START_TEST(who_is_held_up_often_takes_the_best)
{
	for (unsigned int i = 0; i < 32; i++)
		held_up_ns[i] = i == 6 ? 2 * SNET__NS_PER_US : SNET__NS_PER_MS;
	held_up_ns[5] = 2 * SNET__NS_PER_US;
	check(2 * SNET__NS_PER_US);
	ck_assert_uint_le(readings, 17);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, the_clocks_are_read_close_to_each_other);
	tcase_add_test(t, who_is_held_up_reads_again);
	tcase_add_test(t, who_is_held_up_often_takes_the_best);
	suite_add_tcase(s, t);
	return s;
}
