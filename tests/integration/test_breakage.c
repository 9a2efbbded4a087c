/* SPDX-License-Identifier: MIT */
/* Nodes that are broken on purpose while their lab runs, and mended: what takes effect, what is
 * mended, who is not disturbed. */

#include <stdatomic.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "breaking.h"
#include "fault/recorder.h"
#include "suite.h"

/* What observers were told that is lost. */
static struct snet__observer dropped;
static char dropped_id[SNET_EVENT_ID_MAX + 1], dropped_why[128];

static void on_dropped(struct snet__observer *observer, const char *id, const char *why)
{
	(void)observer;
	(void)snprintf(dropped_id, sizeof(dropped_id), "%s", id);
	(void)snprintf(dropped_why, sizeof(dropped_why), "%s", why);
}

START_TEST(a_killed_button_loses_what_was_not_acknowledged)
{
	char id[SNET_EVENT_ID_MAX + 1];

	programs_up();
	dropped = (struct snet__observer){.dropped = on_dropped};
	LABS_OK(snet__lab_call(lab, observe, &dropped, &err));
	BREAK(KILL, "r0");
	send("b0", id);
	BREAK(KILL, "b0");
	LABS_OK(snet__lab_call(lab, unobserve, &dropped, &err));
	ck_assert_str_eq(dropped_id, id);
	ck_assert_str_eq(dropped_why, "its device was killed before the relayer had "
				      "acknowledged it");
	LABS_FAILS(snet_device_send(lab, "b0", NULL, id, &err), -EHOSTDOWN,
		   "'b0' is down");
	press_other("1");
	MEND(KILL, "r0");
	MEND(KILL, "b0");
	LABS_OK(snet_device_press(lab, "b0", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(lab, "a0", "1");
}
END_TEST

START_TEST(a_killed_actuator_keeps_its_state_and_gets_its_command_later)
{
	char id[SNET_EVENT_ID_MAX + 1], state[SNET_STATE_MAX];

	programs_up();
	LABS_OK(snet_device_press(lab, "b0", NULL, NULL, WAIT_MS, &err));
	BREAK(KILL, "a0");
	LABS_FAILS(snet_device_state(lab, "a0", state, &err), -EHOSTDOWN, "'a0' is down");
	send("b0", id);
	press_other("1");
	/* Killed twice, it lives when both are over. */
	BREAK(KILL, "a0");
	LABS_OK(breaking_do(breaking_end, KILL, &(struct snet__breakage){.node = "a0"}));
	ck_assert(IS_BROKEN(KILL, "a0"));
	MEND(KILL, "a0");
	wait_done(id);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

START_TEST(a_killed_relayer_goes_on_from_its_store)
{
	char ids[8][SNET_EVENT_ID_MAX + 1];

	programs_up();
	/* Acknowledged, and on the way to an actuator that is not there. */
	BREAK(KILL, "a0");
	for (int i = 0; i < 8; i++)
		send("b0", ids[i]);
	BREAK(KILL, "r0");
	press_other("1");
	MEND(KILL, "r0");
	MEND(KILL, "a0");
	for (int i = 0; i < 8; i++)
		wait_done(ids[i]);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

static bool has_acknowledged(struct snet__recorder *recorder)
{
	const struct snet__history *history = recorder->history;
	bool has;

	snet__recorder_lock(recorder);
	has = history->events_count && history->events[0].acknowledged_ns != SNET__NEVER;
	snet__recorder_unlock(recorder);
	return has;
}

static void wait_acknowledged(struct snet__recorder *recorder)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (!has_acknowledged(recorder)) {
		ck_assert(snet__clock_ns() < until_ns);
		(void)poll(NULL, 0, 1); /* others need the processor, and the lock */
	}
}

/* What a recorder says of an event that has no actuator, and perhaps no relayer any more, when its
 * run ends. */
static bool is_forgotten(bool kills_relayer)
{
	static const struct snet__scenario scenario = {.duration_ns = SNET__NEVER};
	struct snet__history history = {0};
	struct snet__recorder recorder;
	char id[SNET_EVENT_ID_MAX + 1];
	bool is;

	LABS_OK(snet__recorder_init(&recorder, lab, &scenario, &history, &err));
	LABS_OK(snet__recorder_start(&recorder, &err));
	send("b0", id);
	wait_acknowledged(&recorder);
	if (kills_relayer)
		BREAK(KILL, "r0");
	snet__recorder_stop(&recorder);
	snet__recorder_clear(&recorder);
	ck_assert_uint_eq(history.events_count, 1);
	ck_assert_uint_gt(history.events[0].step_count, 0);
	ck_assert_int_eq(history.events[0].outcome, SNET_OUTCOME_PENDING);
	is = history.events[0].is_forgotten;
	snet__history_clear(&history);
	return is;
}

START_TEST(what_is_stored_and_has_no_relayer_any_more_is_forgotten)
{
	programs_up();
	BREAK(KILL, "a0");
	ck_assert(!is_forgotten(false));
	ck_assert(is_forgotten(true));
}
END_TEST

static int emit_at_birth(struct snet_device *device, struct snet_err *why)
{
	return snet_device_emit(device, "press", "{\"target\":\"a0\"}", why);
}

/* Nobody has pressed: its relayer is the first to tell of the event. */
START_TEST(what_a_device_sends_as_it_begins_is_under_way_until_it_ends)
{
	static const struct snet__scenario scenario = {.duration_ns = SNET__NEVER};
	static const struct snet_device_kind born = {.size = sizeof(born),
						     .name = "born",
						     .init = emit_at_birth};
	struct snet__history history = {0};
	struct snet__recorder recorder;

	LABS_OK(snet_lab_add_device_kind(lab, &born, &err));
	LABS_NODE(lab, .name = "n0", .kind = "born", .relayer = "r0");
	programs_up();
	wait_state("a0", "1");
	BREAK(KILL, "a0");
	BREAK(KILL, "n0");
	LABS_OK(snet__recorder_init(&recorder, lab, &scenario, &history, &err));
	LABS_OK(snet__recorder_start(&recorder, &err));
	MEND(KILL, "n0");
	wait_acknowledged(&recorder);
	ck_assert(!snet__recorder_settle(&recorder, 0));
	MEND(KILL, "a0");
	ck_assert(snet__recorder_settle(&recorder, snet__recorder_now(&recorder) +
							   WAIT_MS * SNET__NS_PER_MS));
	snet__recorder_stop(&recorder);
	snet__recorder_clear(&recorder);
	ck_assert_uint_eq(history.events_count, 1);
	ck_assert_int_eq(history.events[0].outcome, SNET_OUTCOME_DONE);
	snet__history_clear(&history);
}
END_TEST

/* What is begun anew by other ways is whole, and mending it once more does nothing. */
START_TEST(a_restarted_node_is_mended)
{
	programs_up();
	BREAK(KILL, "r0");
	BREAK(PAUSE, "a0");
	LABS_OK(snet_lab_restart_node(lab, "r0", false, &err));
	LABS_OK(snet_lab_restart_node(lab, "a0", false, &err));
	ck_assert(!IS_BROKEN(KILL, "r0"));
	ck_assert(!IS_BROKEN(PAUSE, "a0"));
	MEND(KILL, "r0");
	MEND(PAUSE, "a0");
}
END_TEST

START_TEST(a_lab_with_broken_nodes_changes_and_goes_down)
{
	const struct snet_change_opts more = {
		.size = sizeof(more),
		.text = "{\"nodes\": [{\"name\": \"b9\", \"kind\": \"button\", "
			"\"relayer\": \"r1\", \"data\": {\"target\": \"a1\"}}], "
			"\"links\": [{\"from\": \"b9\", \"to\": \"s1\"}]}"};

	programs_up();
	BREAK(KILL, "r0");
	BREAK(KILL, "a0");
	BREAK(PAUSE, "b0");
	LABS_OK(snet_lab_extend(lab, &more, NULL, &err));
	LABS_OK(snet_device_press(lab, "b9", NULL, NULL, WAIT_MS, &err));
	ck_assert(IS_BROKEN(KILL, "r0"));
	ck_assert(IS_BROKEN(PAUSE, "b0"));
	LABS_OK(snet_lab_remove_node(lab, "a0", &err));
	MEND(KILL, "a0");
	press_other("0");
	BREAK(PAUSE, "r1");
	BREAK(KILL, "b9");
	snet_lab_down(lab);
	LABS_OK(snet_lab_up(lab, &err));
	press_other("1");
}
END_TEST

START_TEST(a_paused_relayer_acknowledges_later)
{
	char id[SNET_EVENT_ID_MAX + 1];

	programs_up();
	BREAK(PAUSE, "r0");
	send("b0", id);
	press_other("1");
	press_other("0");
	LABS_STATE(lab, "a0", "0");
	MEND(PAUSE, "r0");
	wait_done(id);
	LABS_STATE(lab, "a0", "1");
}
END_TEST

START_TEST(a_paused_button_sends_what_was_pressed_later)
{
	char ids[2][SNET_EVENT_ID_MAX + 1];

	programs_up();
	BREAK(PAUSE, "b0");
	send("b0", ids[0]);
	send("b0", ids[1]);
	press_other("1");
	press_other("0");
	LABS_STATE(lab, "a0", "0");
	MEND(PAUSE, "b0");
	wait_done(ids[0]);
	wait_done(ids[1]);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

START_TEST(a_paused_actuator_obeys_later)
{
	char id[SNET_EVENT_ID_MAX + 1];

	programs_up();
	BREAK(PAUSE, "a0");
	send("b0", id);
	press_other("1");
	press_other("0");
	LABS_STATE(lab, "a0", "0");
	MEND(PAUSE, "a0");
	wait_done(id);
	LABS_STATE(lab, "a0", "1");
}
END_TEST

/* How many events a sensor has sent, of two that measure as often. */
static struct snet__observer counter;
static atomic_uint measured[2];
static int passed_fd;

static void count_event(struct snet__observer *observer, uint64_t seq, const char *event)
{
	(void)observer;
	(void)seq;
	measured[strstr(event, "\"subject\":\"s0\"") ? 0 : 1]++;
	if (measured[1] % 20 == 0)
		(void)!write(passed_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static int start_count(void *arg, struct snet_err *why)
{
	measured[0] = measured[1] = 0;
	return observe(arg, why);
}

static void wait_passed(void)
{
	uint64_t value;

	ck_assert(wait_readable(passed_fd));
	ck_assert_int_eq(read(passed_fd, &value, sizeof(value)), sizeof(value));
}

START_TEST(a_paused_sensor_measures_not_at_all_and_then_goes_on)
{
	passed_fd = eventfd(0, EFD_CLOEXEC);
	LABS_NODE(lab, .name = "s0", .kind = "sensor", .relayer = "r0",
		  .every_ns = 5 * SNET__NS_PER_MS);
	LABS_NODE(lab, .name = "s9", .kind = "sensor", .relayer = "r0",
		  .every_ns = 5 * SNET__NS_PER_MS);
	programs_up();
	BREAK(PAUSE, "s0");
	counter = (struct snet__observer){.event = count_event};
	/* What it sent before that may have to be journaled yet. */
	press_other("1");
	LABS_OK(snet__lab_call(lab, start_count, &counter, &err));
	wait_passed();
	wait_passed();
	ck_assert_uint_eq(measured[0], 0);
	MEND(PAUSE, "s0");
	wait_passed();
	wait_passed();
	ck_assert_uint_gt(measured[0], 0);
	LABS_OK(snet__lab_call(lab, unobserve, &counter, &err));
	close(passed_fd);
}
END_TEST

START_TEST(a_killed_functions_node_is_asked_again)
{
	char id[SNET_EVENT_ID_MAX + 1];

	add_functions("def main(e):\n print('runs', flush=True)\n return e['data']\n");
	add_caller("{\"target\":\"a2\",\"set\":7}");
	programs_up();
	BREAK(KILL, "fn");
	send("b2", id);
	/* A relayer that begins meanwhile knows where it was. */
	BREAK(KILL, "r2");
	MEND(KILL, "r2");
	press_other("1");
	MEND(KILL, "fn");
	wait_state("a2", "7");
	wait_done(id);
}
END_TEST

START_TEST(a_paused_functions_node_answers_later)
{
	char id[SNET_EVENT_ID_MAX + 1];
	autofree char *go = snet__text_format("%s/go", folder.path);
	autofree char *code =
		snet__text_format("import os, time\n"
				  "def main(e):\n print('runs', flush=True)\n"
				  " while not os.path.exists('%s'): time.sleep(0.001)\n"
				  " return e['data']\n",
				  go);

	add_functions(code);
	add_caller("{\"target\":\"a2\",\"set\":7}");
	programs_up();
	send("b2", id);
	expect_log("fn", "echo: runs");
	BREAK(PAUSE, "fn");
	close(open(go, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	press_other("1");
	press_other("0");
	LABS_STATE(lab, "a2", "0");
	MEND(PAUSE, "fn");
	wait_done(id);
	LABS_STATE(lab, "a2", "7");
	(void)unlink(go);
}
END_TEST

/* No acknowledgement, no state, no end of an event while it lasts, and all of it after that. */
START_TEST(a_full_store_acknowledges_nothing_and_then_goes_on)
{
	const struct snet__breakage r0 = {.node = "r0"}, r1 = {.node = "r1"};
	char ids[4][SNET_EVENT_ID_MAX + 1];

	programs_up();
	BREAK(KILL, "a0");
	send("b0", ids[0]);
	/* It is one store to both. */
	LABS_OK(breaking_do(breaking_begin, FULL, &r0));
	LABS_OK(breaking_do(breaking_begin, FULL, &r1));
	for (int i = 1; i < 3; i++)
		send("b0", ids[i]);
	send("b1", ids[3]);
	LABS_FAILS(snet_lab_wait_trace(lab, ids[3], 100, NULL, &err), -ETIMEDOUT, ids[3]);
	LABS_STATE(lab, "a1", "0");
	ck_assert(IS_BROKEN(FULL, "r0"));
	LABS_OK(breaking_do(breaking_end, FULL, &r1));
	ck_assert(IS_BROKEN(FULL, "r0"));
	MEND(FULL, "r0");
	MEND(KILL, "a0");
	for (int i = 0; i < 4; i++)
		wait_done(ids[i]);
	wait_state("a1", "1");
	wait_state("a0", "1");
}
END_TEST

static char refused_ids[2][SNET_EVENT_ID_MAX + 1];

/* A device asks again with what was refused: that is told again, and is one event. */
static void on_refused(struct snet__observer *observer, const char *id,
		       const struct snet_err *why)
{
	size_t i = 0;

	(void)observer;
	(void)why;
	while (i < 2 && refused_ids[i][0] && strcmp(refused_ids[i], id) != 0)
		i++;
	if (i < 2)
		(void)snprintf(refused_ids[i], sizeof(refused_ids[i]), "%s", id);
}

/* Also of the second, which waits behind the first; both stay with their device. */
START_TEST(a_full_store_is_told_at_once_to_who_presses)
{
	struct snet__observer refusals = {.refused = on_refused};
	const struct snet__breakage full = {.node = "r0"};
	char told[2][sizeof(err.msg)];

	programs_up();
	LABS_OK(snet__lab_call(lab, observe, &refusals, &err));
	LABS_OK(breaking_do(breaking_begin, FULL, &full));
	for (int i = 0; i < 2; i++) {
		LABS_FAILS(snet_device_press(lab, "b0", NULL, NULL, WAIT_MS, &err), -EIO,
			   "cannot grow: No space left on device: make room on its disk");
		(void)snprintf(told[i], sizeof(told[i]), "%s", err.msg);
	}
	/* The lab's thread wrote refused_ids: it has ended with them after this. */
	LABS_OK(snet__lab_call(lab, unobserve, &refusals, &err));
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_nonnull(strstr(told[i], refused_ids[i]));
	MEND(FULL, "r0");
	for (int i = 0; i < 2; i++)
		wait_done(refused_ids[i]);
	LABS_STATE(lab, "a0", "0");
}
END_TEST

START_TEST(what_cannot_be_broken_says_why)
{
	programs_up();
	BREAK_FAILS(KILL, -ENOENT, "lab 'programs' has no node 'x'", "x");
	BREAK_FAILS(KILL, -EINVAL, "'s1' cannot be killed: it is a switch", "s1");
	BREAK_FAILS(PAUSE, -EINVAL, "'s1' cannot be paused: it is a switch", "s1");
	BREAK_FAILS(
		SLOW, -EINVAL,
		"'b0' cannot be slowed down: it is a button, not a program of its own",
		"b0", .millicpus = 50);
	BREAK_FAILS(
		SKEW, -EINVAL,
		"'a0' cannot be skewed: it is an actuator: only a process has a clock "
		"of its own",
		"a0", .offset_ns = 1);
	BREAK_FAILS(FULL, -EINVAL,
		    "'b0' cannot be filled: it is a button: only a process or a relayer "
		    "has a disk that can be full",
		    "b0");
	LABS_FAILS(snet__breakage_prepare(SKEW, lab,
					  &(struct snet__breakage){.node = "a0"}, &err),
		   -EBUSY, "is up already");
	ck_assert_ptr_eq(snet__breakage_find_kind("pause"), PAUSE);
	ck_assert_ptr_null(snet__breakage_find_kind("x"));
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("breakage");
	TCase *tcase = tcase_create("breakage");

	rights_get();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, breaking_set_up, programs_tear_down);
	tcase_add_test(tcase, a_killed_button_loses_what_was_not_acknowledged);
	tcase_add_test(tcase,
		       a_killed_actuator_keeps_its_state_and_gets_its_command_later);
	tcase_add_test(tcase, a_killed_relayer_goes_on_from_its_store);
	tcase_add_test(tcase, what_is_stored_and_has_no_relayer_any_more_is_forgotten);
	tcase_add_test(tcase,
		       what_a_device_sends_as_it_begins_is_under_way_until_it_ends);
	tcase_add_test(tcase, a_restarted_node_is_mended);
	tcase_add_test(tcase, a_lab_with_broken_nodes_changes_and_goes_down);
	tcase_add_test(tcase, a_paused_relayer_acknowledges_later);
	tcase_add_test(tcase, a_paused_button_sends_what_was_pressed_later);
	tcase_add_test(tcase, a_paused_actuator_obeys_later);
	tcase_add_test(tcase, a_paused_sensor_measures_not_at_all_and_then_goes_on);
	tcase_add_test(tcase, a_killed_functions_node_is_asked_again);
	tcase_add_test(tcase, a_paused_functions_node_answers_later);
	tcase_add_test(tcase, a_full_store_acknowledges_nothing_and_then_goes_on);
	tcase_add_test(tcase, a_full_store_is_told_at_once_to_who_presses);
	tcase_add_test(tcase, what_cannot_be_broken_says_why);
	suite_add_tcase(suite, tcase);
	return suite;
}
