/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/tui/draw.h"
#include "cli/tui/model.h"
#include "suite.h"

#define S SNET__NS_PER_S

static const char status[] =
	"{\"status\":{\"lab\":\"house\",\"nodes\":["
	"{\"name\":\"s1\",\"kind\":\"switch\",\"addresses\":[],\"state\":null},"
	"{\"name\":\"r0\",\"kind\":\"relayer\",\"addresses\":[\"10.0.0.1\"],\"state\":null},"
	"{\"name\":\"sw0\",\"kind\":\"button\",\"addresses\":[\"10.0.0.2\"],\"state\":null},"
	"{\"name\":\"sw1\",\"kind\":\"button\",\"addresses\":[\"10.0.0.3\"],\"state\":null},"
	"{\"name\":\"a0\",\"kind\":\"actuator\",\"addresses\":[\"10.0.0.4\"],\"state\":0},"
	"{\"name\":\"a1\",\"kind\":\"actuator\",\"addresses\":[\"10.0.0.5\"],\"state\":1}],"
	"\"links\":[{\"name\":\"r0-s1\",\"from\":\"r0\",\"to\":\"s1\",\"up\":true}]}}";

static struct tui_model *model;

static int feed(const char *line, uint64_t now_ns)
{
	return tui_model_feed(model, line, strlen(line), now_ns, NULL);
}

static void feed_event(const char *id, const char *source, const char *data,
		       uint64_t now_ns)
{
	char line[400];

	(void)snprintf(
		line, sizeof(line),
		"{\"event\":{\"id\":\"%s\",\"source\":\"/house/%s\",\"type\":\"press\","
		"\"time\":\"2026-11-23T21:09:00.123456789Z\",\"data\":%s}}",
		id, source, data);
	ck_assert_int_eq(feed(line, now_ns), 0);
}

static void feed_trace(const char *id, const char *outcome, unsigned int took_ms,
		       uint64_t now_ns)
{
	char line[400];

	(void)snprintf(line, sizeof(line),
		       "{\"trace\":{\"id\":\"%s\",\"outcome\":\"%s\",\"steps\":["
		       "{\"step\":\"pressed\",\"node\":\"sw0\",\"at_ns\":1000000000},"
		       "{\"step\":\"applied\",\"node\":\"a0\",\"detail\":\"0 \u2192 1\","
		       "\"at_ns\":%llu}]}}",
		       id, outcome, 1000000000ull + took_ms * 1000000ull);
	ck_assert_int_eq(feed(line, now_ns), 0);
}

static void setup(void)
{
	ck_assert_int_eq(tui_model_new(&model, NULL), 0);
	ck_assert_int_eq(feed(status, 100 * S), 0);
}

static void teardown(void)
{
	tui_model_free(model);
}

START_TEST(nodes_have_roles_and_states)
{
	ck_assert_uint_eq(model->node_count, 6);
	ck_assert_str_eq(model->lab, "house");
	ck_assert_int_eq(tui_model_find(model, "sw0")->role, TUI_ROLE_SENDER);
	ck_assert_int_eq(tui_model_find(model, "a0")->role, TUI_ROLE_ACTUATOR);
	ck_assert_int_eq(tui_model_find(model, "s1")->role, TUI_ROLE_REST);
	ck_assert(!tui_model_find(model, "a0")->is_on);
	ck_assert(tui_model_find(model, "a1")->is_on);
	ck_assert_str_eq(tui_model_find(model, "a1")->state, "1");
	ck_assert_str_eq(tui_model_find(model, "sw0")->state, "");
	ck_assert_ptr_null(tui_model_find(model, "sw9"));
}
END_TEST

START_TEST(a_button_learns_its_actuator_from_the_target_of_its_event)
{
	ck_assert_uint_eq(tui_item_count(model), 4);
	feed_event("e1", "sw1", "{\"target\":\"a1\"}", 100 * S);
	ck_assert_uint_eq(tui_model_find(model, "sw1")->target_count, 1);
	ck_assert(tui_model_find(model, "a1")->is_target);
	/* a1 now stands beside sw1 and no longer alone. */
	ck_assert_uint_eq(tui_item_count(model), 3);
	feed_event("e2", "sw1", "{\"target\":\"a1\"}", 100 * S);
	ck_assert_uint_eq(tui_model_find(model, "sw1")->target_count, 1);
}
END_TEST

START_TEST(a_button_learns_its_actuator_from_the_steps_of_a_trace)
{
	feed_event("e1", "sw0", "null", 100 * S);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->target_count, 0);
	feed_trace("e1", "done", 20, 100 * S);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->target_count, 1);
	ck_assert_str_eq(model->nodes[tui_model_find(model, "sw0")->targets[0]].name,
			 "a0");
}
END_TEST

START_TEST(a_target_that_is_no_actuator_is_not_learnt)
{
	feed_event("e1", "sw0", "{\"target\":\"r0\"}", 100 * S);
	feed_event("e2", "sw0", "{\"target\":\"nowhere\"}", 100 * S);
	feed_event("e3", "sw0", "{\"target\":7}", 100 * S);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->target_count, 0);
}
END_TEST

START_TEST(an_event_is_pending_until_its_trace_ends)
{
	const struct tui_event *event;

	feed_event("e1", "sw0", "null", 100 * S);
	event = tui_model_event(model, model->event_count, 0);
	ck_assert_int_eq(event->outcome, TUI_OUTCOME_PENDING);
	ck_assert_str_eq(event->time, "21:09:00.123");
	ck_assert_str_eq(event->source, "sw0");
	ck_assert_uint_eq(tui_model_find(model, "sw0")->pending, 1);
	feed_trace("e1", "pending", 10, 100 * S);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->pending, 1);
	feed_trace("e1", "done", 20, 100 * S);
	ck_assert_int_eq(event->outcome, TUI_OUTCOME_DONE);
	ck_assert_uint_eq(event->took_ns, 20000000);
	ck_assert_str_eq(event->text, "a0: 0 \u2192 1");
	ck_assert_uint_eq(tui_model_find(model, "sw0")->pending, 0);
	ck_assert_uint_eq(model->done, 1);
}
END_TEST

START_TEST(an_event_and_a_trace_told_twice_count_once)
{
	char id[SNET_EVENT_ID_MAX + 1] = "";

	memset(id, 'e', SNET_EVENT_ID_MAX);
	feed_event(id, "sw0", "null", 100 * S);
	feed_event(id, "sw0", "null", 0);
	feed_trace(id, "done", 20, 100 * S);
	feed_trace(id, "done", 20, 0);
	ck_assert_uint_eq(model->event_count, 1);
	ck_assert_uint_eq(model->done, 1);
	ck_assert_uint_eq(model->sample_count, 1);
}
END_TEST

START_TEST(a_failure_marks_the_button_and_is_no_latency)
{
	feed_event("e1", "sw0", "null", 100 * S);
	feed_trace("e1", "failed", 20, 100 * S);
	ck_assert(tui_model_find(model, "sw0")->has_failed);
	ck_assert_uint_eq(model->failed, 1);
	ck_assert_uint_eq(tui_model_percentile(model, 0.5), 0);
	feed_event("e2", "sw0", "null", 100 * S);
	feed_trace("e2", "done", 20, 100 * S);
	ck_assert(!tui_model_find(model, "sw0")->has_failed);
}
END_TEST

START_TEST(percentiles_are_those_of_the_nearest_rank)
{
	char id[20];

	for (unsigned int i = 1; i <= 100; i++) {
		(void)snprintf(id, sizeof(id), "e%u", i);
		feed_event(id, "sw0", "null", 100 * S);
		feed_trace(id, "done", i, 100 * S);
	}
	ck_assert_uint_eq(tui_model_percentile(model, 0.5), 50000000);
	ck_assert_uint_eq(tui_model_percentile(model, 0.99), 99000000);
	ck_assert_uint_eq(tui_model_percentile(model, 1), 100000000);
}
END_TEST

START_TEST(the_rate_is_that_of_the_ten_seconds_before_this_one)
{
	char id[20];

	for (unsigned int i = 0; i < 50; i++) {
		(void)snprintf(id, sizeof(id), "e%u", i);
		feed_event(id, "sw0", "null", 100 * S);
	}
	ck_assert_double_eq(tui_model_rate(model), 0);
	tui_model_tick(model, 101 * S);
	ck_assert_double_eq(tui_model_rate(model), 5);
	tui_model_tick(model, 110 * S);
	ck_assert_double_eq(tui_model_rate(model), 5);
	tui_model_tick(model, 111 * S);
	ck_assert_double_eq(tui_model_rate(model), 0);
	tui_model_tick(model, 100000 * S);
	ck_assert_double_eq(tui_model_rate(model), 0);
}
END_TEST

START_TEST(what_happened_before_counts_for_no_rate)
{
	feed_event("e1", "sw0", "null", 0);
	feed_trace("e1", "done", 20, 0);
	tui_model_tick(model, 101 * S);
	ck_assert_double_eq(tui_model_rate(model), 0);
	ck_assert_uint_eq(tui_model_percentile(model, 0.5), 20000000);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->pending, 0);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->active_ns, 0);
}
END_TEST

START_TEST(only_the_newest_events_are_kept)
{
	char id[20];

	for (unsigned int i = 0; i < TUI_EVENTS_MAX + 10; i++) {
		(void)snprintf(id, sizeof(id), "e%u", i);
		feed_event(id, "sw0", "null", 100 * S);
	}
	ck_assert_str_eq(tui_model_event(model, model->event_count, 0)->id, "e521");
	ck_assert_str_eq(tui_model_event(model, model->event_count, 511)->id, "e10");
	ck_assert_ptr_null(tui_model_event(model, model->event_count, 512));
	/* Paused at the fifth, which has been overwritten. */
	ck_assert_ptr_null(tui_model_event(model, 5, 0));
	ck_assert_str_eq(tui_model_event(model, 12, 0)->id, "e11");
	ck_assert_ptr_null(tui_model_event(model, 12, 2));
}
END_TEST

START_TEST(a_state_changes_the_device)
{
	ck_assert_int_eq(feed("{\"state\":{\"node\":\"a0\",\"state\":1}}", 100 * S), 0);
	ck_assert(tui_model_find(model, "a0")->is_on);
	ck_assert_int_eq(feed("{\"state\":{\"node\":\"a0\",\"state\":\"off\"}}", 100 * S),
			 0);
	ck_assert(!tui_model_find(model, "a0")->is_on);
	ck_assert_str_eq(tui_model_find(model, "a0")->state, "off");
	ck_assert_int_eq(feed("{\"state\":{\"node\":\"a9\",\"state\":1}}", 100 * S), 0);
}
END_TEST

START_TEST(a_lab_that_comes_back_keeps_what_was_learnt)
{
	feed_event("e1", "sw0", "{\"target\":\"a0\"}", 100 * S);
	ck_assert_int_eq(feed(status, 101 * S), 0);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->target_count, 1);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->pending, 0);
	ck_assert_int_eq(
		feed("{\"status\":{\"lab\":\"house\",\"nodes\":[{\"name\":\"sw0\","
		     "\"kind\":\"button\"}],\"links\":[]}}",
		     102 * S),
		0);
	ck_assert_uint_eq(model->node_count, 1);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->target_count, 0);
}
END_TEST

/* In another order, with one node more and one that has become something else. */
START_TEST(a_lab_that_changes_keeps_what_was_learnt)
{
	feed_event("e1", "sw0", "{\"target\":\"a0\"}", 100 * S);
	feed_event("e2", "sw1", "{\"target\":\"a1\"}", 100 * S);
	ck_assert_int_eq(feed("{\"status\":{\"lab\":\"house\",\"nodes\":["
			      "{\"name\":\"new\",\"kind\":\"button\"},"
			      "{\"name\":\"a0\",\"kind\":\"actuator\",\"state\":0},"
			      "{\"name\":\"a1\",\"kind\":\"button\"},"
			      "{\"name\":\"sw1\",\"kind\":\"button\"},"
			      "{\"name\":\"sw0\",\"kind\":\"button\"}],\"links\":[]}}",
			      101 * S),
			 0);
	ck_assert_uint_eq(model->node_count, 5);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->events, 1);
	ck_assert_uint_eq(tui_model_find(model, "sw0")->target_count, 1);
	ck_assert_str_eq(model->nodes[tui_model_find(model, "sw0")->targets[0]].name,
			 "a0");
	ck_assert(tui_model_find(model, "a0")->is_target);
	ck_assert_uint_eq(tui_model_find(model, "sw1")->target_count, 0);
	ck_assert_uint_eq(tui_model_find(model, "new")->events, 0);
	/* new, sw0 with a0, sw1, a1 */
	ck_assert_uint_eq(tui_item_count(model), 4);
	feed_event("e3", "new", "{\"target\":\"a0\"}", 101 * S);
	ck_assert_uint_eq(tui_model_find(model, "new")->target_count, 1);
	/* The last button that moves it goes. */
	ck_assert_int_eq(
		feed("{\"status\":{\"lab\":\"house\",\"nodes\":[{\"name\":\"a0\","
		     "\"kind\":\"actuator\",\"state\":0}],\"links\":[]}}",
		     102 * S),
		0);
	ck_assert(!tui_model_find(model, "a0")->is_target);
}
END_TEST

START_TEST(garbage_is_refused_and_changes_nothing)
{
	struct snet_err err = {0};

	ck_assert_int_lt(tui_model_feed(model, "{", 1, 100 * S, &err), 0);
	ck_assert_int_eq(tui_model_feed(model, "{}", 2, 100 * S, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "the lab tells what this version cannot read");
	ck_assert_int_lt(feed("[1]", 100 * S), 0);
	ck_assert_int_eq(feed("{\"event\":{}}", 100 * S), 0);
	ck_assert_int_eq(feed("{\"trace\":{\"steps\":3}}", 100 * S), 0);
	ck_assert_uint_eq(model->event_count, 0);
	ck_assert_uint_eq(model->node_count, 6);
}
END_TEST

static char *frame(unsigned int width, unsigned int height, struct tui_view *view)
{
	struct canvas canvas = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert_int_eq(canvas_resize(&canvas, width, height, NULL), 0);
	tui_draw(&canvas, model, view, 200 * S);
	canvas_print(&canvas, out, false);
	canvas_free(&canvas);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(a_frame_shows_switches_beside_their_actuators_and_events)
{
	struct tui_view view = {.is_frame = true};
	char *text;

	feed_event("e1", "sw0", "{\"target\":\"a0\"}", 100 * S);
	feed_event("e2", "sw1", "{\"target\":\"a1\"}", 100 * S);
	feed_trace("e1", "done", 20, 100 * S);
	text = frame(60, 16, &view);
	ck_assert_ptr_nonnull(strstr(text, " house  6 nodes  1 links\n"));
	ck_assert_ptr_nonnull(strstr(text, "sw0 \u2500\u2500\u25b6 \u25cb a0 0"));
	ck_assert_ptr_nonnull(strstr(text, "sw1 \u2500\u2500\u25b6 \u25cf a1 1"));
	ck_assert_ptr_nonnull(strstr(text, "\u2713 21:09:00.123  sw0"));
	ck_assert_ptr_nonnull(strstr(text, "p50 20"));
	free(text);
}
END_TEST

START_TEST(a_frame_tells_what_links_do)
{
	static const char line[] =
		"{\"links\":{\"packets\":1200,\"lost\":12,\"queued\":3}}";
	struct tui_view view = {.is_frame = true};
	char *text;

	ck_assert_int_eq(tui_model_feed(model, line, strlen(line), 100 * S, NULL), 0);
	text = frame(80, 16, &view);
	ck_assert_ptr_nonnull(strstr(text,
				     " house  6 nodes  1 links  1200 packets shaped, "
				     "12 lost, 3 on their way\n"));
	free(text);
}
END_TEST

START_TEST(what_links_do_is_told_in_fewer_words_on_a_narrow_screen)
{
	static const char line[] =
		"{\"links\":{\"packets\":1200,\"lost\":12,\"queued\":3}}";
	struct tui_view view = {.is_connected = true};
	char *text;

	ck_assert_int_eq(tui_model_feed(model, line, strlen(line), 100 * S, NULL), 0);
	text = frame(80, 16, &view);
	ck_assert_ptr_nonnull(strstr(text, " links  1200 packets shaped, 12 lost, 3 on "
					   "their way   \u25cf live\n"));
	free(text);
	text = frame(66, 16, &view);
	ck_assert_ptr_nonnull(strstr(text, " links  1200 shaped, 12 lost, 3 queued   "));
	ck_assert_ptr_nonnull(strstr(text, "\u25cf live\n"));
	free(text);
	text = frame(40, 16, &view);
	ck_assert_ptr_nonnull(strstr(text, " links  1200 s\u2026\u25cf live\n"));
	free(text);
}
END_TEST

/* Those that the kernel shapes are not of the thread's. */
START_TEST(the_status_tells_what_links_have_done_so_far)
{
	static const char line[] = "{\"status\":{\"lab\":\"l\",\"nodes\":[],\"links\":["
				   "{\"name\":\"a-b\",\"shaper\":\"user\","
				   "\"forth\":{\"packets\":5,\"lost\":2,\"queued\":1},"
				   "\"back\":{\"packets\":3,\"lost\":0,\"queued\":3}},"
				   "{\"name\":\"c-d\",\"shaper\":\"netem\","
				   "\"forth\":{\"packets\":99,\"lost\":9,\"queued\":9}},"
				   "{\"name\":\"e-f\"}]}}";
	struct tui_view view = {.is_frame = true};
	char *text;

	ck_assert_int_eq(tui_model_feed(model, line, strlen(line), 0, NULL), 0);
	text = frame(80, 16, &view);
	ck_assert_ptr_nonnull(strstr(text, " l  0 nodes  3 links  8 packets shaped, "
					   "2 lost, 4 on their way\n"));
	free(text);
	ck_assert_int_eq(tui_model_feed(model, status, strlen(status), 0, NULL), 0);
	text = frame(80, 16, &view);
	ck_assert_ptr_null(strstr(text, "shaped"));
	free(text);
}
END_TEST

/* Of one that a thread of the lab shapes, and of one of the kernel's, which counts less and is
 * down in one direction. */
static const char links[] =
	"{\"links\":[{\"name\":\"r0-s1\",\"shaper\":\"user\","
	"\"forth\":{\"impairments\":{\"delay\":\"20ms\"},\"counts\":{"
	"\"in_packets\":1200,\"in_bytes\":120000,\"out_packets\":1180,"
	"\"out_bytes\":118000,\"lost_loss\":12,\"lost_queue\":3,\"lost_codel\":0,"
	"\"lost_down\":0,\"missed\":0,\"refused\":2,\"duplicated\":4,"
	"\"corrupted\":0,\"reordered\":6,\"marked\":7,\"queue_packets\":5,"
	"\"queue_bytes\":500,\"queue_packets_max\":40,\"queue_bytes_max\":4000,"
	"\"delay_p50_ns\":20100000,\"delay_p90_ns\":25000000,"
	"\"delay_p99_ns\":31000000,\"delay_max_ns\":44000000}},"
	"\"back\":{\"trace_now\":{\"delay\":\"9ms\",\"rate\":\"12Mbit\"},"
	"\"counts\":{\"in_packets\":0,\"out_packets\":0,\"lost_loss\":0,"
	"\"queue_packets\":0,\"queue_packets_max\":0,\"delay_p50_ns\":0}}},"
	"{\"name\":\"sw0-s1\",\"shaper\":\"netem\","
	"\"forth\":{\"impairments\":{\"down\":true},\"counts\":{\"in_packets\":7,"
	"\"out_packets\":6,\"lost_loss\":1,\"reordered\":2,"
	"\"queue_packets\":0}},\"back\":{}}]}";

START_TEST(a_frame_shows_each_direction_of_links)
{
	struct tui_view view = {.has_links = true, .is_connected = true};
	char *text;

	text = frame(80, 16, &view);
	ck_assert_ptr_nonnull(strstr(text, "\n no link is shaped\n"));
	free(text);
	ck_assert_int_eq(tui_model_feed(model, links, strlen(links), 0, NULL), 0);
	text = frame(80, 16, &view);
	ck_assert_ptr_nonnull(strstr(
		text,
		"\n"
		" LINK   DIR    UP        IN    LOST  QUEUE   MOST       P50       P99 TRACE\n"
		" r0-s1  forth yes      1200      17      5     40   20.1 ms   31.0 ms -\n"
		"        back  yes         0       0      0      0         -         - 9ms - 12M\u2026\n"
		" sw0-s1 forth  no         7       1      0      -         -         - -\n"
		"        back  yes         -       -      -      -         -         - -\n"));
	ck_assert_ptr_null(strstr(text, "sw0 "));
	ck_assert_ptr_nonnull(strstr(text, "s devices"));
	free(text);
}
END_TEST

/* The frame's last lines from the rule on, without latency, rate and keys; to be freed. */
static char *foot(unsigned int width, unsigned int height, size_t way)
{
	struct tui_view view = {.has_links = true, .selected_way = way};
	char *text = frame(width, height, &view), *at = strstr(text, "\u2500 "), *end,
	     *ret;

	ck_assert_ptr_nonnull(at);
	end = strstr(at, "\u2500 events");
	if (!end)
		end = strstr(at, " latency ");
	ret = strndup(at, end ? (size_t)(end - at) : strlen(at));
	free(text);
	ck_assert_ptr_nonnull(ret);
	return ret;
}

static void expect_foot(unsigned int width, unsigned int height, size_t way,
			const char *rows)
{
	char *text = foot(width, height, way), *at = strchr(text, '\n');

	ck_assert_ptr_nonnull(at);
	ck_assert_str_eq(at + 1, rows);
	free(text);
}

START_TEST(all_that_the_selected_direction_has_counted_is_told)
{
	char *text;

	ck_assert_int_eq(tui_model_feed(model, links, strlen(links), 0, NULL), 0);
	text = foot(80, 24, 0);
	ck_assert_ptr_nonnull(strstr(text, "\u2500 r0-s1 forth \u2500"));
	free(text);
	expect_foot(
		80, 24, 0,
		" packets 1200 in  1180 out  5 on their way  40 at most\n"
		" lost    17 in all  12 by chance  3 by a full queue  2 refused behind it\n"
		" changed 4 duplicated  0 corrupted  6 reordered  7 marked\n"
		" bytes   120000 in  118000 out  500 on their way  4000 at most\n"
		" delay   p50 20.1 ms  p90 25.0 ms  p99 31.0 ms  at most 44.0 ms\n");
	/* What is not counted is left out. */
	expect_foot(80, 24, 1,
		    " packets 0 in  0 out  0 on their way  0 at most\n"
		    " lost    0 in all\n"
		    " trace   9ms - 12Mbit\n");
	text = foot(80, 24, 2);
	ck_assert_ptr_nonnull(strstr(text, "\u2500 sw0-s1 forth is down \u2500"));
	free(text);
	expect_foot(80, 24, 2,
		    " packets 7 in  6 out  0 on their way\n"
		    " lost    1 in all\n"
		    " changed 2 reordered\n");
	expect_foot(80, 24, 100, " packets nothing is counted yet\n");
}
END_TEST

START_TEST(on_a_small_screen_it_takes_more_rows_or_the_first_are_told)
{
	ck_assert_int_eq(tui_model_feed(model, links, strlen(links), 0, NULL), 0);
	expect_foot(40, 24, 0,
		    " packets 1200 in  1180 out\n"
		    "         5 on their way  40 at most\n"
		    " lost    17 in all  12 by chance\n"
		    "         3 by a full queue\n"
		    "         2 refused behind it\n"
		    " changed 4 duplicated  0 corrupted\n"
		    "         6 reordered  7 marked\n"
		    " bytes   120000 in  118000 out\n"
		    "         500 on their way  4000 at most\n"
		    " delay   p50 20.1 ms  p90 25.0 ms\n"
		    "         p99 31.0 ms  at most 44.0 ms\n");
	expect_foot(
		80, 10, 0,
		" packets 1200 in  1180 out  5 on their way  40 at most\n"
		" lost    17 in all  12 by chance  3 by a full queue  2 refused behind it\n");
}
END_TEST

START_TEST(the_selected_direction_is_seen)
{
	struct tui_view view = {.has_links = true, .first_way = 100, .selected_way = 100};
	char *text;

	ck_assert_int_eq(tui_model_feed(model, links, strlen(links), 0, NULL), 0);
	text = frame(80, 6, &view); /* title, heading, three directions, keys */
	ck_assert_uint_eq(view.first_way, 1);
	ck_assert_uint_eq(view.selected_way, 3);
	ck_assert_ptr_null(strstr(text, "forth yes      1200"));
	ck_assert_ptr_nonnull(strstr(text, " r0-s1  back  yes         0"));
	ck_assert_ptr_nonnull(strstr(text, " sw0-s1 forth  no         7"));
	free(text);
	view.selected_way = 0;
	text = frame(80, 6, &view);
	ck_assert_uint_eq(view.first_way, 0);
	ck_assert_ptr_nonnull(strstr(text, "forth yes      1200"));
	free(text);
}
END_TEST

START_TEST(a_frame_of_any_size_is_drawn)
{
	struct tui_view view = {.has_help = true,
				.selected = 1000,
				.is_connected = true,
				.has_links = _i == 1};

	ck_assert_int_eq(tui_model_feed(model, links, strlen(links), 0, NULL), 0);

	feed_event("e1", "sw0", "{\"target\":\"a0\"}", 100 * S);
	for (unsigned int height = 1; height < 30; height++) {
		for (unsigned int width = 1; width < 100; width += 7) {
			char *text = frame(width, height, &view);

			ck_assert_ptr_nonnull(text);
			free(text);
		}
	}
	ck_assert(view.has_links || view.selected < tui_item_count(model));
}
END_TEST

START_TEST(what_a_device_sends_cannot_move_the_cursor)
{
	struct tui_view view = {.is_frame = true};
	char *text;

	feed_event("e1", "sw0", "\"\\u001b[2J\\nx\"", 100 * S);
	text = frame(80, 16, &view);
	ck_assert_ptr_null(strchr(text, '\33'));
	ck_assert_ptr_nonnull(strstr(text, "?[2J?x"));
	free(text);
}
END_TEST

START_TEST(sparklines_are_scaled_to_their_largest_value)
{
	const double values[] = {0, 1, 4, 8};
	char text[40];

	tui_sparkline(text, sizeof(text), values, 4);
	ck_assert_str_eq(text, " \u2582\u2585\u2588");
}
END_TEST

Suite *suite(void)
{
	Suite *all = suite_create("tui_model");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, nodes_have_roles_and_states);
	tcase_add_test(core, a_button_learns_its_actuator_from_the_target_of_its_event);
	tcase_add_test(core, a_button_learns_its_actuator_from_the_steps_of_a_trace);
	tcase_add_test(core, a_target_that_is_no_actuator_is_not_learnt);
	tcase_add_test(core, an_event_is_pending_until_its_trace_ends);
	tcase_add_test(core, an_event_and_a_trace_told_twice_count_once);
	tcase_add_test(core, a_failure_marks_the_button_and_is_no_latency);
	tcase_add_test(core, percentiles_are_those_of_the_nearest_rank);
	tcase_add_test(core, the_rate_is_that_of_the_ten_seconds_before_this_one);
	tcase_add_test(core, what_happened_before_counts_for_no_rate);
	tcase_add_test(core, only_the_newest_events_are_kept);
	tcase_add_test(core, a_state_changes_the_device);
	tcase_add_test(core, a_lab_that_comes_back_keeps_what_was_learnt);
	tcase_add_test(core, a_lab_that_changes_keeps_what_was_learnt);
	tcase_add_test(core, garbage_is_refused_and_changes_nothing);
	tcase_add_test(core, a_frame_shows_switches_beside_their_actuators_and_events);
	tcase_add_test(core, a_frame_tells_what_links_do);
	tcase_add_test(core, what_links_do_is_told_in_fewer_words_on_a_narrow_screen);
	tcase_add_test(core, the_status_tells_what_links_have_done_so_far);
	tcase_add_test(core, a_frame_shows_each_direction_of_links);
	tcase_add_test(core, all_that_the_selected_direction_has_counted_is_told);
	tcase_add_test(core, on_a_small_screen_it_takes_more_rows_or_the_first_are_told);
	tcase_add_test(core, the_selected_direction_is_seen);
	tcase_add_loop_test(core, a_frame_of_any_size_is_drawn, 0, 2);
	tcase_add_test(core, what_a_device_sends_cannot_move_the_cursor);
	tcase_add_test(core, sparklines_are_scaled_to_their_largest_value);
	suite_add_tcase(all, core);
	return all;
}
