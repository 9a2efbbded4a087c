/* SPDX-License-Identifier: MIT */
/* Files of histories: how texts are written, and what a file may have. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "history_fixture.h"
#include "suite.h"

static void write_text(const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

#define SAME_TEXT(a, b) ck_assert_pstr_eq(a, b)
#define SAME(a, b)      ck_assert_uint_eq(a, b)

static struct snet__history_event *add_event(void)
{
	struct snet__history_event *event = snet__history_add_event(&history, "e");

	ck_assert_ptr_nonnull(event);
	event->node = "sw0";
	event->pressed_ns = 1;
	return event;
}

/* ---- How it is written. */

START_TEST(any_text_is_escaped_and_read_as_the_same)
{
	char all[128] = "",
	     id[] = "\"\\/\b\f\n\r\t\x7f \xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa1";
	struct snet__history_event *event = snet__history_add_event(&history, id);

	for (int i = 1; i < 127; i++)
		all[i - 1] = (char)i;
	event->node = id;
	event->dropped_ns = 2;
	event->why = all;
	event->data = "[\"\\u00e4\\/\\ud83d\\udca1\", -0.5e+3, {}, [], true]";
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	SAME_TEXT(again.events[0].id, id);
	SAME_TEXT(again.events[0].node, id);
	SAME_TEXT(again.events[0].why, all);
	SAME_TEXT(again.events[0].data, history.events[0].data);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_replaced)
{
	ck_assert_ptr_nonnull(
		snet__history_add_note(&history, "log", NULL, "a\xff\xc3", 1));
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	SAME_TEXT(again.notes[0].text, "a\xef\xbf\xbd\xef\xbf\xbd");
}
END_TEST

START_TEST(a_press_that_was_refused_is_one_without_an_event)
{
	struct snet__history_note *note =
		snet__history_add_note(&history, SNET__NOTE_REFUSED, "sw0", "it is down",
				       3);
	autofree char *text = NULL;

	note->planned_ns = 2;
	note->data = "{}";
	OK(write_it());
	OK(snet__file_read(&text, NULL, path, 1 << 20, &err));
	ck_assert_ptr_nonnull(
		strstr(text,
		       "{\"at\":3,\"type\":\"press\",\"node\":\"sw0\",\"data\":{},"
		       "\"planned\":2,\"pressed\":false,\"why\":\"it is down\"}\n"));
}
END_TEST

START_TEST(line_breaks_in_json_become_blanks)
{
	add_event()->data = "{\n\"a\":\r\n1}";
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	SAME_TEXT(again.events[0].data, "{ \"a\":  1}");
}
END_TEST

START_TEST(what_is_said_to_be_json_must_be)
{
	static const char *const wrong[] = {"",         "{",     "1 2",      "{\"a\" 1}",
					    "[1,]",     "nul",   "\"\\x\"",  "\"a",
					    "\"\\u1\"", "01",    "1.",       "-",
					    "\"\t\"",   "{1:2}", "\"\xff\"", "[1}"};

	add_event();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		history.events[0].data = wrong[i];
		ck_assert_msg(write_it() == -EINVAL, "%s", wrong[i]);
		ck_assert_ptr_nonnull(strstr(err.msg, "'data' is not JSON"));
	}
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	autoclose int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(snet__history_write(&history, fd, &err), -ENOSPC);
	ck_assert_str_eq(err.msg, "cannot write the history: No space left on device");
}
END_TEST

/* ---- What a file may have. */

#define RUN   "{\"at\":0,\"type\":\"run\",\"seed\":1,\"began\":2}\n"
#define PRESS "{\"at\":1,\"type\":\"press\",\"event\":\"e\",\"node\":\"sw0\"}\n"
#define PROBE                                                                               \
	"{\"at\":0,\"type\":\"probe\",\"probe\":0,\"kind\":\"icmp\",\"from\":\"a\",\"to\":" \
	"\"b\",\"entry\":0}\n"
#define END "{\"at\":9,\"type\":\"end\",\"workload_end\":3,\"healed\":4}\n"

START_TEST(what_is_unknown_is_ignored)
{
	write_text(
		RUN
		"{\"at\":0,\"type\":\"weather\",\"node\":7,\"steps\":{}}\n"
		"\n# a remark\n"
		" { \"new\" : [1, {\"at\": 2}] , \"\\u0061t\" : 1,\"type\":\"press\","
		"\"node\":\"\\u0073w0\",\"event\":\"e\"}\t\n"
		"{\"at\":5,\"type\":\"event\",\"event\":\"e\",\"outcome\":\"done\","
		"\"steps\":[{\"why\":1,\"at\":3,\"step\":\"new\",\"node\":\"r0\"}]}\n" END);
	OK(snet__history_read(&history, path, &err));
	SAME(history.events_count, 1);
	SAME(history.events[0].pressed_ns, 1);
	SAME_TEXT(history.events[0].node, "sw0");
	SAME_TEXT(history.events[0].steps[0].step, "new");
	SAME_TEXT(history.events[0].steps[0].detail, "");
}
END_TEST

static const struct {
	const char *text, *line, *what;
} malformed[] = {
	{"", "1", "the file ends before the run: no 'end'"},
	{RUN, "1", "the file ends before the run: no 'end'"},
	{PRESS END, "1", "no history: the first line must be of type 'run'"},
	{RUN RUN END, "2", "a second 'run'"},
	{RUN END PRESS, "3", "something follows the 'end'"},
	{RUN "[1]\n" END, "2", "expected an object"},
	{RUN "{\"at\":1\n" END, "2", "it ends too early"},
	{RUN "{\"at\":1,\n" END, "2", "it ends too early"},
	{RUN "{\"at\"\n" END, "2", "expected ':' behind a key"},
	{RUN "{\"at\":1 \"type\":\"x\"}\n" END, "2", "expected ',' or the end of"},
	{RUN "{at:1}\n" END, "2", "expected a key"},
	{RUN "{\"at\":1,\"type\":\"x\"} 1\n" END, "2",
	 "something follows the JSON value"},
	{RUN "{\"at\":1,\"type\":\"x}\n" END, "2", "it ends within a string"},
	{RUN "{\"at\":1,\"type\":\"\tx\"}\n" END, "2", "a control character in a string"},
	{RUN "{\"at\":1,\"type\":\"\\u0000\"}\n" END, "2", "no such escape in a string"},
	{RUN "{\"at\":1,\"type\":\"\\ud800\"}\n" END, "2", "no such escape in a string"},
	{RUN "{\"at\":1,\"type\":\"\\udc00\\ud800\"}\n" END, "2", "no such escape"},
	{RUN "{\"at\":1,\"type\":\"\xff\"}\n" END, "2", "not UTF-8"},
	{RUN "{\"at\":1,\"type\":x}\n" END, "2", "not JSON"},
	{RUN "{\"at\":.1,\"type\":\"x\"}\n" END, "2", "not JSON"},
	{RUN "{\"at\":1e,\"type\":\"x\"}\n" END, "2", "not a number"},
	{RUN "{\"type\":\"x\"}\n" END, "2", "'at' is missing"},
	{RUN "{\"at\":1}\n" END, "2", "'type' is missing"},
	{RUN "{\"at\":1,\"type\":7}\n" END, "2", "'type': expected a string, got 7"},
	{RUN "{\"at\":1,\"at\":1}\n" END, "2", "'at' is there twice"},
	{RUN "{\"at\":-1,\"type\":\"x\"}\n" END, "2",
	 "'at': expected a whole number from 0 on, got -1"},
	{RUN "{\"at\":1.5,\"type\":\"x\"}\n" END, "2", "'at': expected a whole number"},
	{RUN "{\"at\":\"1\",\"type\":\"x\"}\n" END, "2",
	 "'at': expected a whole number from 0 on, got \"1\""},
	{RUN "{\"at\":18446744073709551616,\"type\":\"x\"}\n" END, "2",
	 "'at': must be at most 18446744073709551615"},
	{"{\"at\":0,\"type\":\"run\",\"began\":1}\n" END, "1", "'seed' is missing"},
	{"{\"at\":0,\"type\":\"run\",\"seed\":1}\n" END, "1", "'began' is missing"},
	{"{\"at\":0,\"type\":\"run\",\"seed\":1,\"began\":2,\"lab\":null}\n" END, "1",
	 "'lab': expected a string, got null"},
	{RUN "{\"at\":1,\"type\":\"press\",\"node\":\"sw0\"}\n" END, "2",
	 "'event' is missing"},
	{RUN "{\"at\":1,\"type\":\"press\",\"pressed\":false,\"why\":\"\"}\n" END, "2",
	 "'node' is missing"},
	{RUN "{\"at\":1,\"type\":\"press\",\"pressed\":false,\"node\":\"sw0\"}\n" END,
	 "2", "'why' is missing"},
	{RUN "{\"at\":1,\"type\":\"press\",\"event\":\"e\"}\n" END, "2",
	 "'node' is missing"},
	{RUN
	 "{\"at\":1,\"type\":\"press\",\"event\":\"e\",\"node\":\"a\",\"pressed\":1}\n" END,
	 "2", "'pressed': expected true or false, got 1"},
	{RUN PRESS PRESS END, "3", "a second 'press' of event 'e'"},
	{RUN PRESS "{\"at\":1,\"type\":\"acknowledged\",\"event\":\"f\"}\n" END, "3",
	 "there is no 'press' of event 'f'"},
	{RUN "{\"at\":1,\"type\":\"dropped\"}\n" END, "2", "'event' is missing"},
	{RUN PRESS
	 "{\"at\":1,\"type\":\"event\",\"event\":\"e\",\"outcome\":\"lost\"}\n" END,
	 "3", "'outcome': there is no 'lost'"},
	{RUN PRESS
	 "{\"at\":1,\"type\":\"event\",\"event\":\"e\",\"outcome\":\"done\"}\n" END,
	 "3", "'steps' is missing"},
	{RUN PRESS "{\"at\":1,\"type\":\"event\",\"event\":\"e\",\"outcome\":\"done\","
		   "\"steps\":{}}\n" END,
	 "3", "'steps': expected an array, got {}"},
	{RUN PRESS "{\"at\":1,\"type\":\"event\",\"event\":\"e\",\"outcome\":\"done\","
		   "\"steps\":[1]}\n" END,
	 "3", "expected an object"},
	{RUN PRESS "{\"at\":1,\"type\":\"event\",\"event\":\"e\",\"outcome\":\"done\","
		   "\"steps\":[{\"at\":1,\"node\":\"r0\"}]}\n" END,
	 "3", "'step' is missing"},
	{RUN "{\"at\":1,\"type\":\"command\",\"node\":\"a\"}\n" END, "2",
	 "'command' is missing"},
	{RUN
	 "{\"at\":1,\"type\":\"command\",\"node\":\"a\",\"command\":\"c\",\"event\":\"f\"}\n" END,
	 "2", "there is no 'press' of event 'f'"},
	{RUN "{\"at\":1,\"type\":\"state\",\"node\":\"a\"}\n" END, "2",
	 "'state' is missing"},
	{RUN
	 "{\"at\":1,\"type\":\"fault\",\"name\":\"f\",\"kind\":\"down\",\"what\":\"w\","
	 "\"entry\":4294967296}\n" END,
	 "2", "'entry': must be at most 4294967295"},
	{RUN "{\"at\":1,\"type\":\"fault\",\"name\":\"f\",\"kind\":\"down\"}\n" END, "2",
	 "'what' is missing"},
	{RUN PROBE PROBE END, "3", "'probe': expected 1, the next"},
	{RUN PROBE "{\"at\":1,\"type\":\"sample\",\"probe\":1}\n" END, "3",
	 "there is no probe 1"},
	{RUN "{\"at\":1,\"type\":\"note\",\"kind\":\"log\"}\n" END, "2",
	 "'text' is missing"},
	{RUN "{\"at\":1,\"type\":\"end\",\"healed\":1}\n", "2",
	 "'workload_end' is missing"},
};
#define MALFORMED_COUNT (int)(sizeof(malformed) / sizeof(*malformed))

START_TEST(what_is_malformed_is_told_with_its_line)
{
	autofree char *wanted = snet__text_format("%s:%s: %s", path, malformed[_i].line,
						  malformed[_i].what);

	write_text(malformed[_i].text);
	ck_assert_int_eq(snet__history_read(&history, path, &err), -EINVAL);
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_msg(strncmp(err.msg, wanted, strlen(wanted)) == 0,
		      "wanted '%s', got '%s'", wanted, err.msg);
}
END_TEST

START_TEST(too_deep_is_refused)
{
	autofree char *deep = malloc(4096);

	ck_assert_ptr_nonnull(deep);
	memset(deep, '[', 2000);
	memset(deep + 2000, ']', 2000);
	deep[4000] = '\0';
	add_event()->data = deep;
	ck_assert_int_eq(write_it(), -EINVAL);
	history.events[0].data = deep + 1000; /* half of them opened, all closed */
	ck_assert_int_eq(write_it(), -EINVAL);
	deep[3000] = '\0';
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	SAME_TEXT(again.events[0].data, history.events[0].data);
}
END_TEST

START_TEST(no_file_and_no_text_are_told)
{
	FILE *file;

	ck_assert_int_eq(snet__history_read(&history, path, &err), -ENOENT);
	ck_assert_int_eq(snet__history_read(&history, folder.path, &err), -EISDIR);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite("\0\n", 1, 2, file), 2);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(snet__history_read(&history, path, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, ":1: not a text"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("history_file");
	TCase *t = tcase_create("history_file");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, any_text_is_escaped_and_read_as_the_same);
	tcase_add_test(t, bytes_that_are_no_text_are_replaced);
	tcase_add_test(t, a_press_that_was_refused_is_one_without_an_event);
	tcase_add_test(t, line_breaks_in_json_become_blanks);
	tcase_add_test(t, what_is_said_to_be_json_must_be);
	tcase_add_test(t, a_full_disk_is_told);
	tcase_add_test(t, what_is_unknown_is_ignored);
	tcase_add_loop_test(t, what_is_malformed_is_told_with_its_line, 0,
			    MALFORMED_COUNT);
	tcase_add_test(t, too_deep_is_refused);
	tcase_add_test(t, no_file_and_no_text_are_told);
	suite_add_tcase(s, t);
	return s;
}
