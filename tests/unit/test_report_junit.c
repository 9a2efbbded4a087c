/* SPDX-License-Identifier: MIT */
/* What CI systems are told of a run that never was. */

#include "base/cleanup.h"
#include "fault/report_parts.h"
#include "report_bed.h"
#include "suite.h"

START_TEST(junit_has_a_case_for_each_expectation_and_fault)
{
	autofree char *text = format("junit");

	ck_assert_uint_eq(count(text, "<testcase "), 7);
	ck_assert_uint_eq(count(text, "<failure "), 2);
	ck_assert_uint_eq(count(text, "<error "), 1);
	ck_assert_uint_eq(count(text, " tests=\"7\" failures=\"2\" errors=\"1\" "
				      "skipped=\"0\" time=\"21.000\""),
			  2);
	need(text, "<property name=\"seed\" value=\"42\"/>");
	need(text, "classname=\"outage.expectations\" name=\"delivery exactly-once\"");
	need(text, "classname=\"outage.faults\" name=\"filter\" time=\"1.001\"");
	need(text, "timestamp=\"2026-11-28T06:15:18\"");
	need(text, run.judgements[0].findings[0].text);
}
END_TEST

START_TEST(junit_has_no_two_cases_of_a_name)
{
	autofree char *text = NULL;

	free(run.expectations[3].name);
	run.expectations[3] = run.expectations[0];
	run.history.faults[1].name = run.history.faults[0].name;
	run.history.faults[1].occurrence = 1;
	text = format("junit");
	ck_assert_uint_eq(count(text, "name=\"delivery exactly-once\""), 1);
	ck_assert_uint_eq(count(text, "name=\"delivery exactly-once (2)\""), 1);
	ck_assert_uint_eq(count(text, "faults\" name=\"outage\""), 1);
	ck_assert_uint_eq(count(text, "faults\" name=\"outage #2\""), 1);
}
END_TEST

START_TEST(junit_skips_an_optional_fault_without_effect)
{
	autofree char *text = NULL;

	run.history.faults[2].is_optional = true;
	text = format("junit");
	need(text, "<skipped message=\"no effect, optional\"");
	need(text, "failures=\"1\" errors=\"1\" skipped=\"1\"");
}
END_TEST

/* A run that nothing else can be said of. */
static void add_missing(void)
{
	for (size_t i = 0; i < MADE_EXPECTATIONS; i++)
		run.judgements[i].verdict = SNET_VERDICT_UNTRUSTED;
	run.history.faults[2].begun_ns = run.history.faults[2].healed_ns = SNET__NEVER;
}

START_TEST(a_fault_that_did_not_begin_fails_a_run)
{
	autofree char *text = NULL, *plain = NULL;

	add_missing();
	text = format("junit");
	need(text, "failures=\"1\" errors=\"4\" skipped=\"0\"");
	need(text, "<failure message=\"did not begin\" type=\"receipt\">");
	plain = format("text");
	need(plain, "\u2717 fault filter: did not begin");
}
END_TEST

START_TEST(a_fault_that_did_not_begin_says_nothing_of_a_run_that_was_broken_off)
{
	autofree char *text = NULL, *plain = NULL, *page = NULL;

	add_missing();
	run.report.verdict = SNET_VERDICT_UNTRUSTED;
	text = format("junit");
	need(text, "failures=\"0\" errors=\"5\" skipped=\"0\"");
	plain = format("text");
	need(plain, "? fault filter: did not begin");
	page = format("html");
	need(page, "<span class=\"chip small doubt\">did not begin</span>");
}
END_TEST

START_TEST(junit_fails_a_run_that_is_violated_beside_what_is_undecided)
{
	autofree char *text = NULL;

	add_missing();
	run.history.faults[2].is_optional = true;
	run.report.reason = "until: 0 of 1 events had come to 'applied'";
	text = format("junit");
	need(text, "tests=\"8\" failures=\"1\" errors=\"4\" skipped=\"1\"");
	need(text, "<skipped message=\"did not begin, optional\"");
	need(text, "until: 0 of 1 events had come to &#39;applied&#39;\" "
		   "type=\"violated\">");
}
END_TEST

/* A CI system sees nothing but cases. */
START_TEST(junit_fails_a_run_that_no_case_fails)
{
	autofree char *text = NULL;

	for (size_t i = 0; i < MADE_EXPECTATIONS; i++)
		run.judgements[i].verdict = SNET_VERDICT_HELD;
	run.history.faults[2].has_effect = true;
	run.report.verdict = SNET_VERDICT_UNTRUSTED;
	run.report.reason = "12 actions were late";
	text = format("junit");
	need(text, "tests=\"8\" failures=\"0\" errors=\"1\"");
	need(text, "<error message=\"12 actions were late\" type=\"untrusted\">");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("report_junit");
	TCase *plain = tcase_create("plain");

	tcase_add_checked_fixture(plain, setup_run, teardown_run);
	tcase_add_test(plain, junit_has_a_case_for_each_expectation_and_fault);
	tcase_add_test(plain, junit_has_no_two_cases_of_a_name);
	tcase_add_test(plain, junit_skips_an_optional_fault_without_effect);
	tcase_add_test(plain, a_fault_that_did_not_begin_fails_a_run);
	tcase_add_test(
		plain,
		a_fault_that_did_not_begin_says_nothing_of_a_run_that_was_broken_off);
	tcase_add_test(plain,
		       junit_fails_a_run_that_is_violated_beside_what_is_undecided);
	tcase_add_test(plain, junit_fails_a_run_that_no_case_fails);
	suite_add_tcase(suite, plain);
	return suite;
}
