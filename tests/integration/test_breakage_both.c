/* SPDX-License-Identifier: MIT */
/* Nodes that are killed while something else is done to them, and those that cannot be begun again. */

#include <stdatomic.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "breaking.h"
#include "suite.h"

/* How often functions have been called. */
static struct snet__observer listener;
static atomic_uint invoked;

static void on_step(struct snet__observer *observer, const char *id, const char *step)
{
	(void)observer;
	(void)id;
	invoked += strcmp(step, "invoked") == 0;
}

static void wait_invoked(void)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (!invoked) {
		ck_assert(snet__clock_ns() < until_ns);
		(void)poll(NULL, 0, 1); /* others need the processor */
	}
}

/* It has an event to go on with that no function has answered yet. */
START_TEST(a_paused_relayer_that_is_killed_goes_on_after_its_pause)
{
	char ids[2][SNET_EVENT_ID_MAX + 1];

	add_functions(ECHO);
	add_caller("{\"target\":\"a2\"}");
	programs_up();
	listener = (struct snet__observer){.step = on_step};
	LABS_OK(snet__lab_call(lab, observe, &listener, &err));
	BREAK(KILL, "fn");
	send("b2", ids[0]);
	wait_invoked();
	BREAK(PAUSE, "r2");
	BREAK(KILL, "r2");
	MEND(KILL, "fn");
	invoked = 0;
	MEND(KILL, "r2");
	ck_assert(IS_BROKEN(PAUSE, "r2"));
	send("b2", ids[1]);
	press_other("1");
	press_other("0");
	ck_assert_uint_eq(invoked, 2); /* by the other's relayer */
	LABS_STATE(lab, "a2", "0");
	LABS_OK(snet__lab_call(lab, unobserve, &listener, &err));
	MEND(PAUSE, "r2");
	wait_done(ids[0]);
	wait_done(ids[1]);
	LABS_STATE(lab, "a2", "0");
}
END_TEST

START_TEST(a_paused_button_that_is_killed_sends_after_its_pause)
{
	char id[SNET_EVENT_ID_MAX + 1];

	programs_up();
	BREAK(PAUSE, "b0");
	BREAK(KILL, "b0");
	MEND(KILL, "b0");
	send("b0", id);
	press_other("1");
	press_other("0");
	LABS_STATE(lab, "a0", "0");
	MEND(PAUSE, "b0");
	wait_done(id);
	LABS_STATE(lab, "a0", "1");
}
END_TEST

/* Whichever of the two begins and ends first. */
START_TEST(a_pause_lasts_as_long_as_it_is_to_whatever_is_killed_meanwhile)
{
	static const char *const nodes[] = {"b0", "a0", "r0", "fn"};

	add_functions(ECHO);
	add_caller("{\"target\":\"a2\"}");
	programs_up();
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		const struct snet__breakage of = {.node = nodes[i]};

		BREAK(PAUSE, nodes[i]);
		BREAK(KILL, nodes[i]);
		MEND(KILL, nodes[i]);
		ck_assert_msg(IS_BROKEN(PAUSE, nodes[i]), "%s", nodes[i]);
		MEND(PAUSE, nodes[i]);
		BREAK(KILL, nodes[i]);
		LABS_OK(breaking_do(breaking_begin, PAUSE, &of));
		MEND(KILL, nodes[i]);
		ck_assert_msg(IS_BROKEN(PAUSE, nodes[i]), "%s", nodes[i]);
		BREAK(KILL, nodes[i]);
		MEND(PAUSE, nodes[i]);
		MEND(KILL, nodes[i]);
		ck_assert_msg(!IS_BROKEN(PAUSE, nodes[i]), "%s", nodes[i]);
	}
	LABS_OK(snet_device_press(lab, "b0", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(lab, "a0", "1");
}
END_TEST

/* On the lab's thread, while nothing can be opened. */
static int end_without_files(void *arg, struct snet_err *why)
{
	struct rlimit before, none;
	int r;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = breaking_end(arg, why);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	return r;
}

START_TEST(what_could_not_be_begun_again_cannot_be_broken)
{
	static const char *const nodes[] = {"b0", "a0", "r0", "fn"};

	add_functions(ECHO);
	add_caller("{\"target\":\"a2\"}");
	programs_up();
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		const struct snet__breakage of = {.node = nodes[i]};
		autofree char *down = snet__text_format("'%s' is down", nodes[i]);

		BREAK(KILL, nodes[i]);
		LABS_FAILS(breaking_do(end_without_files, KILL, &of), -EMFILE,
			   "stays killed");
		BREAK_FAILS(KILL, -EHOSTDOWN, down, nodes[i]);
		BREAK_FAILS(PAUSE, -EHOSTDOWN, down, nodes[i]);
		LABS_OK(snet_lab_restart_node(lab, nodes[i], false, &err));
		BREAK(KILL, nodes[i]);
		MEND(KILL, nodes[i]);
	}
	LABS_OK(snet_device_press(lab, "b0", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(lab, "a0", "1");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("breakage_both");
	TCase *tcase = tcase_create("breakage_both");

	rights_get();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, breaking_set_up, programs_tear_down);
	tcase_add_test(tcase, a_paused_relayer_that_is_killed_goes_on_after_its_pause);
	tcase_add_test(tcase, a_paused_button_that_is_killed_sends_after_its_pause);
	tcase_add_test(tcase,
		       a_pause_lasts_as_long_as_it_is_to_whatever_is_killed_meanwhile);
	tcase_add_test(tcase, what_could_not_be_begun_again_cannot_be_broken);
	suite_add_tcase(suite, tcase);
	return suite;
}
