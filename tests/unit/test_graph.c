/* SPDX-License-Identifier: MIT */
/* Pictures of labs. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/topo.h>

#include "quoted.h"
#include "suite.h"
#include "topo/graph.h"

static struct snet__model model;
static struct snet_err err;
static char *picture;

static void setup(void)
{
	snet__model_init(&model);
	err = (struct snet_err){0};
	picture = NULL;
}

static void teardown(void)
{
	free(picture);
	snet__model_clear(&model);
}

static void read_lab(const char *text)
{
	struct snet__problems problems = {0};
	char *json = quoted(text);
	int r = snet__model_read(&model, json, strlen(json), NULL, &problems, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	snet__problems_clear(&problems);
	free(json);
}

static void draw(const char *format, bool all, const char *status)
{
	struct snet__graph_opts opts = {.all = all};
	char *text = status ? quoted(status) : NULL;
	autojson *json = NULL;

	if (status)
		ck_assert_int_eq(snet__json_parse(&json, text, strlen(text), NULL), 0);
	opts.status = json;
	free(picture);
	picture = NULL;
	ck_assert_msg(snet__graph_draw(&picture, &model, format, &opts, &err) == 0, "%s",
		      err.msg);
	free(text);
}

static size_t count_of(const char *text)
{
	size_t count = 0;

	for (const char *at = picture; (at = strstr(at, text)); at++)
		count++;
	return count;
}

#define HAS(text) \
	ck_assert_msg(strstr(picture, text) != NULL, "lacks\n%s\n%s", text, picture)
#define LACKS(text) \
	ck_assert_msg(strstr(picture, text) == NULL, "has\n%s\n%s", text, picture)

static const char house[] =
	"{'lab': 'house', 'nodes': [{'name': 's1', 'kind': 'switch'},"
	"{'name': 'end', 'kind': 'relayer', 'routes': [{'function': 'f'}]},"
	"{'name': 'b{i}', 'kind': 'button', 'count': 2},"
	"{'name': 'a{i}', 'kind': 'actuator', 'count': 6},"
	"{'name': 'c', 'kind': 'functions'}], 'links': [{'from': 'end', 'to': 's1'},"
	"{'from': 'b{i}', 'to': 's1', 'count': 2, 'delay': '2ms', 'jitter': '1ms', 'loss': '1%'},"
	"{'from': 'a{i}', 'to': 's1', 'count': 6},"
	"{'from': 'c', 'to': 's1', 'delay': '20ms', 'back': {'delay': 0, 'rate': '8bit',"
	" 'limit': 7}}], 'backends': {'c': {'kind': 'openwhisk', 'node': 'c'}}}";

START_TEST(a_house_as_dot)
{
	read_lab(house);
	draw("dot", false, NULL);
	HAS("graph \"house\" {\n");
	HAS("rankdir=TB");
	HAS("\t\"s1\" [color=\"#41699c\", fillcolor=\"#dce8f6\", shape=box, style=\"filled\", "
	    "label=<s1<br/><font point-size=\"9\" color=\"#5c6770\">switch</font>>];\n");
	HAS("\t\"end\" [");
	HAS("shape=hexagon");
	HAS("<tr><td colspan=\"4\"><font point-size=\"9\" color=\"#5c6770\">6 actuators</font>"
	    "</td></tr>\n<tr><td bgcolor=\"#fadfd9\">a0</td>");
	HAS("a3</td></tr>\n<tr><td bgcolor=\"#fadfd9\">a4</td>");
	/* Services are above the network, devices below it; six equal ones have one line. */
	HAS("\t\"end\" -- \"s1\";\n");
	HAS("\t\"s1\" -- \"b1\" [label=< 2ms \u00b11ms, 1% loss >];\n");
	HAS("\t\"s1\" -- \"a0\";\n");
	HAS("\t\"c\" -- \"s1\" [label=< to s1: 20ms<br/>back: 8bit, queue 7 >];\n}\n");
	ck_assert_uint_eq(count_of(" -- "), 5);
}
END_TEST

START_TEST(what_happens_on_a_link_is_told_in_few_words)
{
	read_lab(
		"{'nodes': [{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'},"
		"{'name': 'd', 'kind': 'host'}], 'links': [{'from': 'a', 'to': 'b',"
		"'profile': 'wifi', 'loss': {'nth': 9}, 'shaper': 'user', 'down': true},"
		"{'from': 'b', 'to': 'd', 'delay': '1ms', 'jitter': '1ms',"
		"'distribution': 'normal', 'ecn': true, 'filter': 'len < 9'}]}");
	draw("dot", false, NULL);
	HAS("[label=< shaper user, wifi, {&quot;nth&quot;:9} loss, down >");
	HAS("[label=< 1ms \u00b11ms, normal, ecn, filter len &lt; 9 >");
}
END_TEST

START_TEST(a_house_as_mermaid)
{
	read_lab(house);
	draw("mermaid", false, NULL);
	ck_assert_str_eq(
		picture,
		"flowchart TB\n"
		"  n0[\"s1<br><small>switch</small>\"]:::switch\n"
		"  n1{{\"end<br><small>relayer</small>\"}}:::relayer\n"
		"  n2([\"b0<br><small>button</small>\"]):::button\n"
		"  n3([\"b1<br><small>button</small>\"]):::button\n"
		"  subgraph n4[\"6 actuators\"]\n"
		"    n4_1([\"a0\"]):::actuator\n"
		"    n4_2([\"a1\"]):::actuator\n"
		"    n4_3([\"a2\"]):::actuator\n"
		"    n4_4([\"a3\"]):::actuator\n"
		"    n4_5([\"a4\"]):::actuator\n"
		"    n4_6([\"a5\"]):::actuator\n"
		"  end\n"
		"  n5[[\"c<br><small>functions</small>\"]]:::functions\n"
		"  n1 --- n0\n"
		"  n0 ---|\"2ms \u00b11ms, 1% loss\"| n2\n"
		"  n0 ---|\"2ms \u00b11ms, 1% loss\"| n3\n"
		"  n0 --- n4\n"
		"  n5 ---|\"to s1: 20ms<br>back: 8bit, queue 7\"| n0\n"
		"  classDef switch fill:#dce8f6,stroke:#41699c,color:#1c2429\n"
		"  classDef relayer fill:#fdebc8,stroke:#b0750f,color:#1c2429\n"
		"  classDef functions fill:#e8e0f5,stroke:#6a4aa8,color:#1c2429\n"
		"  classDef button fill:#ddf1dd,stroke:#3d8344,color:#1c2429\n"
		"  classDef actuator fill:#fadfd9,stroke:#b24a34,color:#1c2429\n");
}
END_TEST

START_TEST(a_lab_that_runs_shows_states_and_what_is_down)
{
	read_lab(house);
	draw("dot", false,
	     "{'nodes': [{'name': 'a0', 'state': 1}, {'name': 'b0', 'state': null},"
	     "{'name': 'b1', 'state': '<&>'}, {'name': 'c',"
	     "'state': '0123456789012345678901234567890'}],"
	     "'links': [{'name': 'b0-s1', 'up': false}, {'name': 'a2-s1', 'up': false},"
	     "{'name': 'c-s1', 'up': true}]}");
	HAS("\">button</font>");
	HAS("\">button, &lt;&amp;&gt;</font>");
	HAS("\">functions</font>");
	HAS("\t\"s1\" -- \"b0\" [label=< 2ms \u00b11ms, 1% loss >, style=dashed, "
	    "color=\"#c0392b\"];\n");
	/* Whose link is down is not like the others any more. */
	HAS("\t\"s1\" -- \"a2\" [style=dashed, color=\"#c0392b\"];\n");
	HAS("5 actuators");
	ck_assert_uint_eq(count_of("dashed"), 2);
	draw("mermaid", false, "{'links': [{'name': 'b0-s1', 'up': false}]}");
	HAS("  n0 -.-|\"2ms \u00b11ms, 1% loss\"| n2\n");
	draw("dot", false, "[7]");
	LACKS("dashed");
}
END_TEST

/* Kinds of a program may be called anything. */
START_TEST(whatever_a_kind_is_called_stays_a_label)
{
	static const char *const kinds[] = {"a\"<b>&amp;#quot;\\]", NULL};
	const struct snet_node_opts odd = {.size = sizeof(odd),
					   .name = "odd",
					   .kind = kinds[0]};
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "odd",
					    .to = "s1"};
	struct snet__problems problems = {0};

	model.device_kinds = kinds;
	read_lab(house);
	ck_assert_int_eq(snet__model_add_node(&model, &odd, &err), 0);
	ck_assert_int_eq(snet__model_add_link(&model, &link, &err), 0);
	ck_assert_int_eq(snet__model_check(&model, &problems, &err), 0);
	draw("dot", false, NULL);
	HAS("a&quot;&lt;b&gt;&amp;amp;#quot;\\]</font>>];\n");
	draw("mermaid", false, NULL);
	HAS("<small>a#34;#60;b#62;#38;amp;#35;quot;#92;]</small>\"]):::device\n");
	if (!snet__graph_svg.version())
		return;
	draw("svg", false, NULL);
	HAS("a&quot;&lt;b&gt;&amp;amp;#quot;\\]</text>");
}
END_TEST

static void read_many(int count)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "{'nodes': [{'name': 'r', 'kind': 'relayer'},"
		       "{'name': 's{i}', 'kind': 'switch', 'count': 2},"
		       "{'name': 'x{i}', 'kind': 'button', 'count': 2},"
		       "{'name': 'b{i}', 'kind': 'button', 'count': %d}],"
		       "'links': [{'from': 'r', 'to': 's0'}, {'from': 's1', 'to': 's0'},"
		       "{'from': 'x{i}', 'to': 's0', 'count': 2},"
		       "{'from': 'b{i}', 'to': 's1', 'count': %d}]}",
		       count, count);
	read_lab(text);
}

START_TEST(many_equal_devices_become_one)
{
	read_many(198);
	draw("dot", false, NULL);
	HAS(">b100</td>");
	snet__model_clear(&model);
	read_many(199);
	draw("dot", false, NULL);
	HAS("\"b0\" [color=\"#3d8344\", fillcolor=\"#ddf1dd\", shape=box, "
	    "style=\"filled,rounded\", peripheries=2, label=<b0 \u2026 b198<br/>"
	    "<font point-size=\"9\" color=\"#5c6770\">199 buttons</font>>];\n");
	LACKS("b100");
	HAS("\"x1\" [");
	HAS("\t\"s1\" -- \"b0\";\n");
	HAS("\t\"s0\" -- \"s1\";\n");
	draw("mermaid", false, NULL);
	HAS("([\"b0 \u2026 b198<br><small>199 buttons</small>\"]):::button\n");
	draw("dot", true, NULL);
	HAS(">b198</td>");
}
END_TEST

/* Whichever end of its link is named first. */
START_TEST(links_of_devices_are_told_as_the_devices_see_them)
{
	read_lab("{'nodes': [{'name': 's', 'kind': 'switch'},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 12}], 'links': ["
		 "{'from': 's', 'to': 'h{i}', 'count': 3, 'delay': '1ms',"
		 " 'back': {'delay': '2ms'}},"
		 "{'from': 'h{i+3}', 'to': 's', 'count': 3, 'delay': '2ms',"
		 " 'back': {'delay': '1ms'}},"
		 "{'from': 's', 'to': 'h{i+6}', 'count': 3, 'profile': 'wan'},"
		 "{'from': 'h{i+9}', 'to': 's', 'count': 3, 'profile': 'wan'}]}");
	draw("dot", false, NULL);
	ck_assert_uint_eq(count_of(" -- "), 2);
	HAS("\t\"s\" -- \"h0\" [label=< to s: 2ms<br/>back: 1ms >];\n");
	HAS("\t\"s\" -- \"h6\" [label=< wan >];\n");
}
END_TEST

START_TEST(devices_that_send_otherwise_are_not_equal)
{
	read_lab("{'nodes': [{'name': 's', 'kind': 'switch'},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 10}], 'links': ["
		 "{'from': 's', 'to': 'h{i}', 'count': 5, 'profile': 'dsl'},"
		 "{'from': 'h{i+5}', 'to': 's', 'count': 5, 'profile': 'dsl'}]}");
	draw("dot", false, NULL);
	ck_assert_uint_eq(count_of("5 hosts"), 2);
	HAS("\t\"s\" -- \"h5\" [label=< dsl >];\n");
	HAS("\t\"s\" -- \"h0\" [label=< to s: dsl, 1500kbit<br/>back: 25ms, 384kbit >];\n");
}
END_TEST

/* A row that would be too wide is a column. */
START_TEST(wide_labs_are_drawn_from_left_to_right)
{
	read_lab("{'nodes': [{'name': 'top', 'kind': 'switch'},"
		 "{'name': 's{i}', 'kind': 'switch', 'count': 20}],"
		 "'links': [{'from': 's{i}', 'to': 'top', 'count': 20}]}");
	draw("dot", false, NULL);
	HAS("rankdir=LR");
	HAS("\"top\" -- \"s7\"");
	draw("mermaid", false, NULL);
	HAS("flowchart LR\n");
}
END_TEST

START_TEST(formats_are_found_by_name_and_by_file)
{
	read_lab(house);
	ck_assert_ptr_eq(snet__graph_find("mermaid"), &snet__graph_mermaid);
	ck_assert_ptr_null(snet__graph_find("png"));
	ck_assert_ptr_eq(snet__graph_find_suffix("a.b/house.gv"), &snet__graph_dot);
	ck_assert_ptr_eq(snet__graph_find_suffix("house.mmd"), &snet__graph_mermaid);
	ck_assert_ptr_eq(snet__graph_find_suffix(".svg"), &snet__graph_svg);
	ck_assert_ptr_null(snet__graph_find_suffix("house"));
	ck_assert_int_eq(snet__graph_draw(&picture, &model, "png", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "no format 'png' for pictures: dot, mermaid or svg");
}
END_TEST

START_TEST(a_house_as_svg)
{
	read_lab(house);
	if (!snet__graph_svg.version()) {
		ck_assert_int_eq(snet__graph_draw(&picture, &model, "svg", NULL, &err),
				 -ENOTSUP);
		return;
	}
	/* Graphviz can be used again after it was used. */
	for (int i = 0; i < 3; i++) {
		draw("svg", false, NULL);
		HAS("<svg ");
		HAS("</svg>");
		HAS(">end</text>");
		HAS(">a5</text>");
		HAS("to s1: 20ms");
	}
}
END_TEST

/* Graphviz (2.43) breaks the heap over labels that it lays out within a row. */
START_TEST(only_labels_within_a_row_stand_beside_it)
{
	read_lab("{'nodes': [{'name': 'a{i}', 'kind': 'router', 'count': 3},"
		 "{'name': 'h{i}', 'kind': 'host', 'count': 3}], 'links': ["
		 "{'from': 'a0', 'to': 'a1', 'delay': '1ms'},"
		 "{'from': 'a0', 'to': 'a2', 'delay': '2ms'},"
		 "{'from': 'a1', 'to': 'a2', 'delay': '3ms'},"
		 "{'from': 'h0', 'to': 'h1', 'delay': '4ms'},"
		 "{'from': 'h1', 'to': 'h2'}, {'from': 'h2', 'to': 'a2'}]}");
	draw("dot", false, NULL);
	HAS(" [label=< 1ms >];\n");
	HAS(" [label=< 2ms >];\n");
	HAS(" [xlabel=< 3ms >, constraint=false];\n");
	HAS(" [label=< 4ms >];\n");
	HAS("\t\"h1\" -- \"h2\" [constraint=false];\n");
	if (!snet__graph_svg.version())
		return;
	draw("svg", false, NULL);
	HAS(" 3ms ");
	HAS(" 4ms ");
}
END_TEST

/* The pictures of a generated lab, as large as one is looked at. */
START_TEST(each_generated_lab_is_drawn_as_svg)
{
	static const unsigned int sizes[] = {10, 100, 400};
	struct snet_topo_opts opts = {
		.size = sizeof(opts),
		.kind = snet_topo_kind_name((size_t)_i / 2),
		.fanout = 2,
		.profiles = _i % 2,
	};

	if (!snet__graph_svg.version())
		return;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char *text = NULL;

		opts.devices = sizes[i];
		/* A picture of many needs no more lines than one of a few to be one. */
		if (opts.devices == 400)
			opts.fanout = SNET_TOPO_FANOUT_DEFAULT;
		ck_assert_int_eq(snet_topo_generate(&text, &opts, &err), 0);
		free(picture);
		picture = NULL;
		ck_assert_msg(snet__graph_draw_text(&picture, text, "svg", NULL, &err) ==
				      0,
			      "%s %u: %s", opts.kind, opts.devices, err.msg);
		HAS("</svg>");
		free(text);
	}
}
END_TEST

START_TEST(a_text_with_kinds_of_a_program_is_drawn)
{
	char *text = quoted(
		"{'nodes': [{'name': 'r', 'kind': 'relayer', 'routes': [{'function':"
		" 'f', 'backend': 'b'}]}, {'name': 's', 'kind': 'switch'},"
		"{'name': 'q{i}', 'kind': 'quiet\\u009b\\u001b', 'count': 5}], 'links': ["
		"{'from': 'r', 'to': 's'}, {'from': 'q{i}', 'to': 's', 'count': 5}],"
		"'backends': {'b': {'kind': 'hold'}}}");

	ck_assert_int_eq(snet__graph_draw_text(&picture, text, "dot", NULL, &err), 0);
	HAS("5 quiet   s");
	free(text);
	ck_assert_int_eq(snet__graph_draw_text(&picture, "{", "dot", NULL, &err),
			 -EINVAL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("graph");
	TCase *t = tcase_create("graph"), *large = tcase_create("large");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(large, setup, teardown);
	tcase_set_timeout(large, 60);
	tcase_set_tags(large, "large");
	tcase_add_test(t, a_house_as_dot);
	tcase_add_test(t, what_happens_on_a_link_is_told_in_few_words);
	tcase_add_test(t, a_house_as_mermaid);
	tcase_add_test(t, a_lab_that_runs_shows_states_and_what_is_down);
	tcase_add_test(t, whatever_a_kind_is_called_stays_a_label);
	tcase_add_test(t, many_equal_devices_become_one);
	tcase_add_test(t, links_of_devices_are_told_as_the_devices_see_them);
	tcase_add_test(t, devices_that_send_otherwise_are_not_equal);
	tcase_add_test(t, wide_labs_are_drawn_from_left_to_right);
	tcase_add_test(t, formats_are_found_by_name_and_by_file);
	tcase_add_test(t, a_house_as_svg);
	tcase_add_test(t, only_labels_within_a_row_stand_beside_it);
	tcase_add_loop_test(large, each_generated_lab_is_drawn_as_svg, 0, 2 * 7);
	tcase_add_test(t, a_text_with_kinds_of_a_program_is_drawn);
	suite_add_tcase(s, t);
	suite_add_tcase(s, large);
	return s;
}
