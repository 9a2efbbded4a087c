/* SPDX-License-Identifier: MIT */
/* The page, and how text of a run is made safe for it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/report_parts.h"
#include "report_bed.h"
#include "suite.h"

/* ---- The page. */

START_TEST(the_page_asks_for_nothing)
{
	static const char *const foreign[] = {"<script", "src=",      "url(",  "http:",
					      "https:",  "@import",   "<link", "<iframe",
					      "onload",  "javascript"};
	autofree char *text = format("html");

	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		ck_assert_msg(!strstr(text, foreign[i]), "'%s'", foreign[i]);
	need(text, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		   "'none'; style-src 'unsafe-inline';");
}
END_TEST

START_TEST(the_page_has_its_parts_in_order)
{
	static const char *const parts[] = {
		"class=\"banner bad\"", "id=\"expectations\"", "id=\"timeline\"",
		"id=\"receipts\"",      "id=\"traces\"",       "id=\"machine\"",
		"id=\"again\"",         "--seed 42</code>",    "<footer>"};
	autofree char *text = format("html");
	const char *at = text;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at, "no '%s' in its place", parts[i]);
	}
	need(text, "<dt>Pressed</dt><dd>400</dd>");
	need(text, "<dt>share</dt><dd>97.5 %</dd>");
	need(text, "<th scope=\"row\">rate error 100Mbit</th><td>0.002</td>");
	need(text, "+2.0 ms");
}
END_TEST

START_TEST(a_link_of_the_page_leads_to_a_trace)
{
	autofree char *text = format("html");
	const char *at = text;
	char id[40];
	size_t links = 0;

	for (; (at = strstr(at, "<a href=\"#e")); at++, links++) {
		(void)snprintf(id, sizeof(id), "id=\"e%lu\"", strtoul(at + 11, NULL, 10));
		ck_assert_uint_eq(count(text, id), 1);
	}
	/* Each from the timeline; the named ones also from their findings. */
	ck_assert_uint_gt(links, 18);
	ck_assert_uint_eq(count(text, "class=\"trace\""), 18);
}
END_TEST

/* As of what was asked when the run was about to end. */
START_TEST(a_round_trip_is_shown_where_losses_are_not_known)
{
	autofree char *text = NULL;

	run.history.faults[0].measures =
		"{\"probes\":{\"before\":{\"asked\":null,\"answered\":null,\"rtt_p50\":null},"
		"\"during\":{\"asked\":40,\"answered\":0,\"rtt_p50\":null},"
		"\"after\":{\"asked\":null,\"answered\":null,\"rtt_p50\":4200000}}}";
	text = format("html");
	need(text, "data-label=\"Before\"><span>\342\200\223</span></td>");
	need(text, "data-label=\"During\"><span>no answer<br><span class=\"quiet "
		   "small\">0 of 40</span></span></td>");
	need(text, "data-label=\"After\"><span>4.2 ms</span></td>");
}
END_TEST

START_TEST(few_events_are_drawn_one_by_one)
{
	autofree char *text = format("html");
	size_t shown = count(text, "<title>sw");

	ck_assert_uint_eq(shown, run.history.events_count);
	ck_assert_ptr_null(strstr(text, "too many to draw"));
}
END_TEST

START_TEST(many_events_are_drawn_as_quantiles)
{
	autofree char *text = format("html");

	need(text, "20\xe2\x80\xaf"
		   "000 events are too many to draw each");
	ck_assert_uint_eq(count(text, "<path class=\"p99\""), 2); /* and in the legend */
	ck_assert_uint_eq(count(text, "<title>sw"), 300);
	need(text, " not delivered</title>");
	ck_assert_uint_lt(strlen(text), 1u << 20);
}
END_TEST

START_TEST(a_trace_that_goes_on_and_on_is_cut)
{
	struct snet__history_event *event = &run.history.events[399];
	struct snet__history_step steps[203];
	autofree char *text = NULL;

	for (size_t i = 0; i < 203; i++)
		steps[i] = (struct snet__history_step){.step = i == 0   ? "pressed"
							       : i == 1 ? "received"
							       : i % 2  ? "retry"
									: "invoked",
						       .node = "r0",
						       .detail = "",
						       .at_ns = event->pressed_ns +
								i * 100000000};
	event->steps = steps;
	event->step_count = 203;
	run.history.commands_count--; /* its own */
	event->outcome = SNET_OUTCOME_FAILED;
	ck_assert_int_eq(snet__judgement_add(&run.judgements[3], "lost", 399, NULL, 0,
					     "it is lost"),
			 0);
	text = format("html");
	need(text, "61 more like these");
}
END_TEST

/* ---- What comes from a run. */

START_TEST(nothing_of_a_run_is_markup)
{
	autofree char *html = format("html"), *xml = format("junit");

	ck_assert_ptr_null(strstr(html, "<script"));
	ck_assert_ptr_null(strstr(xml, "<script"));
	need(html, "&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"
		   "\xef\xbf\xbd\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd");
	need(xml, "&lt;/td&gt;&lt;script&gt;");
}
END_TEST

START_TEST(no_report_has_control_characters)
{
	autofree char *text = format(formats[_i]);

	ck_assert(snet__text_is_utf8(text, strlen(text)) ||
		  strcmp(formats[_i], "json") == 0);
	for (const char *at = text; *at; at++)
		ck_assert_msg((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t',
			      "0x%02x in %s", (unsigned char)*at, formats[_i]);
}
END_TEST

START_TEST(markup_is_escaped_character_by_character)
{
	static const struct {
		const char *text, *plain, *markup;
	} cases[] = {
		{"a<b>&\"'", "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
		{"1\n2\t3", "1 2 3", "1&#10;2&#9;3"},
		{"\302\265s \342\206\222 \360\237\224\245",
		 "\302\265s \342\206\222 \360\237\224\245",
		 "\302\265s \342\206\222 \360\237\224\245"},
		{"\x7f\302\205", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\342\206", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd"},
		{NULL, "", ""},
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		out = open_memstream(&text, &size);
		snet__put_plain(out, cases[i].text);
		ck_assert_int_eq(fclose(out), 0);
		ck_assert_str_eq(text, cases[i].plain);
		free(text);
		out = open_memstream(&text, &size);
		snet__put_markup(out, cases[i].text);
		ck_assert_int_eq(fclose(out), 0);
		ck_assert_str_eq(text, cases[i].markup);
		free(text);
	}
}
END_TEST

START_TEST(a_machine_that_is_not_calibrated_is_told_of)
{
	autofree char *page = format("html"), *other = NULL;

	ck_assert_uint_eq(count(page, "is not calibrated"), 0);
	run.report.calibration = NULL;
	other = format("html");
	need(other, "not known, as it is not calibrated; <code>snet calibrate</code>");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("report_html");
	TCase *plain = tcase_create("plain"), *hostile = tcase_create("hostile");
	TCase *many = tcase_create("many");

	tcase_add_checked_fixture(plain, setup_run, teardown_run);
	tcase_add_test(plain, the_page_asks_for_nothing);
	tcase_add_test(plain, the_page_has_its_parts_in_order);
	tcase_add_test(plain, a_link_of_the_page_leads_to_a_trace);
	tcase_add_test(plain, a_round_trip_is_shown_where_losses_are_not_known);
	tcase_add_test(plain, few_events_are_drawn_one_by_one);
	tcase_add_test(plain, a_machine_that_is_not_calibrated_is_told_of);
	tcase_add_test(plain, a_trace_that_goes_on_and_on_is_cut);
	tcase_add_test(plain, markup_is_escaped_character_by_character);
	suite_add_tcase(suite, plain);
	tcase_add_checked_fixture(hostile, setup_hostile, teardown_run);
	tcase_add_test(hostile, nothing_of_a_run_is_markup);
	tcase_add_loop_test(hostile, no_report_has_control_characters, 0, 4);
	suite_add_tcase(suite, hostile);
	tcase_add_checked_fixture(many, setup_many, teardown_run);
	tcase_add_test(many, many_events_are_drawn_as_quantiles);
	suite_add_tcase(suite, many);
	return suite;
}
