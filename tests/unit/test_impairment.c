/* SPDX-License-Identifier: MIT */
/* What a lab file says of a link: each key, what profiles and directions share, what is wrong, and
 * that it is written as it was read. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <snet/link.h>

#include "base/clock.h"
#include "base/text.h"
#include "suite.h"
#include "topo/impairment.h"
#include "topo/model.h"
#include "topo/write.h"

#define MS SNET__NS_PER_MS

static char folder[sizeof("/tmp/test_impairment.XXXXXX")];
static struct snet__model model;
static struct snet__problems problems;
static struct snet_err err;

static void write_file(const char *name, const char *text)
{
	char *path = snet__text_format("%s/%s", folder, name);
	FILE *file = fopen(path, "we");

	fputs(text, file);
	fclose(file);
	free(path);
}

static void setup(void)
{
	/* Anew for each test: without forking, one process runs them all. */
	strcpy(folder, "/tmp/test_impairment.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file("a.dist", "-8192 8192\n");
	write_file("bad.dist", "1\ntwo\n");
	write_file("a.trace", "1\n2\n");
	write_file("bad.csv", "time,delay\n0,1ms\n0,2ms\n");
	write_file("log.forth", "1 0 - 0\nend\n");
	write_file("part.forth", "1 0 - 0\n");
	write_file("part.back", "end\n2 0 - 0\n");
	write_file("log.back", "1 0 - 0\n2 later - 0\n");
	snet__model_init(&model);
	problems = (struct snet__problems){0};
	err = (struct snet_err){0};
}

static void teardown(void)
{
	static const char *const names[] = {"a.dist",     "bad.dist",  "a.trace",
					    "bad.csv",    "log.forth", "log.back",
					    "part.forth", "part.back"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = snet__text_format("%s/%s", folder, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(folder);
	snet__problems_clear(&problems);
	snet__model_clear(&model);
}

/* Read a link of two nodes that has these keys, with ' for ". */
static int read_link(const char *keys)
{
	char *text = snet__text_format(
		"{'nodes': [{'name': 'a', 'kind': 'host'}, {'name': 'b', 'kind': 'host'}],\n"
		"'links': [{'from': 'a', 'to': 'b'%s%s}]}",
		*keys ? ", " : "", keys);
	int r;

	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	snet__problems_clear(&problems);
	snet__model_clear(&model);
	r = snet__model_read(&model, text, strlen(text), folder, &problems, &err);
	free(text);
	return r;
}

static const struct snet__model_link *good(const char *keys)
{
	ck_assert_msg(read_link(keys) == 0, "%s: %s", keys, err.msg);
	return model.links[0];
}

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-12;
}

START_TEST(each_key_is_read)
{
	const struct snet_impairment *one = &good("'delay': '20ms', 'jitter': '2ms',"
						  "'distribution': 'paretonormal',"
						  "'delay_correlation': '25%'")
						     ->forth;

	ck_assert_uint_eq(one->delay_ns, 20 * MS);
	ck_assert_uint_eq(one->jitter_ns, 2 * MS);
	ck_assert_int_eq(one->distribution, SNET_DISTRIBUTION_PARETONORMAL);
	ck_assert(is_near(one->delay_correlation, 0.25));

	one = &good("'loss': '1%', 'loss_correlation': 0.5, 'duplicate': '2%',"
		    "'duplicate_correlation': '3%', 'corrupt': '4%',"
		    "'corrupt_correlation': '5%'")
		       ->back;
	ck_assert_int_eq(one->loss_model, SNET_LOSS_RANDOM);
	ck_assert(is_near(one->loss, 0.01) && is_near(one->loss_correlation, 0.5));
	ck_assert(is_near(one->duplicate, 0.02) && is_near(one->corrupt, 0.04));
	ck_assert(is_near(one->duplicate_correlation, 0.03));
	ck_assert(is_near(one->corrupt_correlation, 0.05));

	one = &good("'delay': 1, 'reorder': '1%', 'reorder_correlation': '50%', 'gap': 5,"
		    "'rate': '1Mbit', 'burst': '2kB', 'overhead': '-4B'")
		       ->forth;
	ck_assert(is_near(one->reorder, 0.01) && is_near(one->reorder_correlation, 0.5));
	ck_assert_uint_eq(one->gap, 5);
	ck_assert_uint_eq(one->burst_bytes, 2000);
	ck_assert_int_eq(one->overhead_bytes, -4);

	one = &good("'queue': 'codel', 'codel_target': '1ms', 'codel_interval': '9ms',"
		    "'ecn': true, 'filter': 'udp', 'trace': 'a.trace', 'trace_once': true,"
		    "'down': true")
		       ->forth;
	ck_assert_int_eq(one->queue, SNET_QUEUE_CODEL);
	ck_assert_uint_eq(one->codel_target_ns, MS);
	ck_assert_uint_eq(one->codel_interval_ns, 9 * MS);
	ck_assert(one->ecn && one->trace_once && one->down);
	ck_assert_str_eq(one->filter, "udp");
	ck_assert_ptr_nonnull(strstr(one->trace, "/a.trace"));

	ck_assert_int_eq(good("'shaper': 'user'")->shaper, SNET_SHAPER_USER);
	ck_assert(snet__link_is_shaped(model.links[0]));
	ck_assert(!snet__link_is_shaped(good("'shaper': 'auto'")));
	ck_assert(snet__link_is_shaped(good("'back': {'down': true}")));
}
END_TEST

START_TEST(losses_have_models)
{
	const struct snet_impairment *one = &good("'loss': {'nth': 100}")->forth;

	ck_assert_int_eq(one->loss_model, SNET_LOSS_NTH);
	ck_assert_uint_eq(one->loss_nth, 100);
	one = &good("'loss': {'state': ['1%']}")->forth;
	ck_assert_int_eq(one->loss_model, SNET_LOSS_STATE);
	ck_assert(is_near(one->loss_state[0], 0.01) && is_near(one->loss_state[1], 0.99));
	ck_assert(is_near(one->loss_state[2], 0) && is_near(one->loss_state[3], 1));
	one = &good("'loss': {'state': ['1%', '2%', '3%', '4%', '5%']}")->forth;
	ck_assert(is_near(one->loss_state[1], 0.02) && is_near(one->loss_state[4], 0.05));
	one = &good("'loss': {'gemodel': ['1%', '10%', '70%', 0.001]}")->forth;
	ck_assert_int_eq(one->loss_model, SNET_LOSS_GEMODEL);
	ck_assert(is_near(one->loss_gemodel[2], 0.7));
	ck_assert(is_near(one->loss_gemodel[3], 0.001));
	one = &good("'loss': {'gemodel': ['1%']}")->forth;
	ck_assert(is_near(one->loss_gemodel[1], 0.99));
	ck_assert(is_near(one->loss_gemodel[2], 1) && is_near(one->loss_gemodel[3], 0));
	/* A way back has its own, and nothing of the other. */
	one = &good("'loss': {'gemodel': ['1%']}, 'back': {'loss': '2%'}")->back;
	ck_assert_int_eq(one->loss_model, SNET_LOSS_RANDOM);
	ck_assert(is_near(one->loss, 0.02) && is_near(one->loss_gemodel[2], 0));
}
END_TEST

START_TEST(limits_are_of_three_kinds)
{
	const struct snet_impairment *one = &good("'limit': 9")->forth;

	ck_assert_uint_eq(one->limit_packets, 9);
	ck_assert_uint_eq(good("'limit': '64KiB'")->forth.limit_bytes, 65536);
	ck_assert_uint_eq(good("'limit': '50ms'")->forth.limit_ns, 50 * MS);
	one = &good("'limit': ['1s', 7, '10 kB'], 'back': {'limit': '2s'}")->forth;
	ck_assert_uint_eq(one->limit_packets, 7);
	ck_assert_uint_eq(one->limit_bytes, 10000);
	ck_assert_uint_eq(one->limit_ns, 1000 * MS);
	ck_assert_uint_eq(model.links[0]->back.limit_packets, 0);
	ck_assert_uint_eq(model.links[0]->back.limit_ns, 2000 * MS);
}
END_TEST

START_TEST(a_distribution_may_be_a_file)
{
	const struct snet__model_link *link =
		good("'jitter': 1, 'distribution': 'a.dist', 'back': {'distribution': "
		     "'normal'}");

	ck_assert_int_eq(link->forth.distribution, SNET_DISTRIBUTION_TABLE);
	ck_assert_ptr_nonnull(strstr(link->forth.table, "/a.dist"));
	ck_assert_int_eq(link->back.distribution, SNET_DISTRIBUTION_NORMAL);
	ck_assert_ptr_null(link->back.table);
}
END_TEST

START_TEST(what_is_turned_off_takes_along_what_needs_it)
{
	const struct snet__model_link *link =
		good("'delay': 1, 'jitter': 1, 'distribution': 'a.dist', 'reorder': 0.5,"
		     "'gap': 3, 'rate': 9, 'burst': 9, 'overhead': 9, 'queue': 'codel',"
		     "'codel_target': 1, 'filter': 'tcp', 'trace': 'a.trace',"
		     "'trace_once': true, 'loss': 0.5, 'loss_correlation': 0.5,"
		     "'back': {'delay': 0, 'jitter': 0, 'rate': 0, 'queue': 'tail-drop',"
		     "'filter': null, 'trace': null, 'loss': 0}");

	ck_assert(snet__impairment_is_plain(&link->back));
	ck_assert_str_eq(link->forth.filter, "tcp");
}
END_TEST

START_TEST(a_profile_is_what_keys_are_different_from)
{
	struct snet_impairment forth, back;
	const struct snet__model_link *link;

	ck_assert_int_eq(snet_profile_get(&forth, &back, "lte-m", &err), 0);
	link = good("'profile': 'lte-m'");
	ck_assert_str_eq(link->profile, "lte-m");
	ck_assert_uint_eq(link->forth.rate_bps, forth.rate_bps);
	ck_assert_uint_eq(link->back.rate_bps, back.rate_bps);
	/* The link's own keys hold in both directions, "back" in one. */
	link = good("'rate': 8, 'profile': 'lte-m', 'back': {'delay': 0}");
	ck_assert_uint_eq(link->forth.rate_bps, 8);
	ck_assert_uint_eq(link->back.rate_bps, 8);
	ck_assert_uint_eq(link->forth.delay_ns, forth.delay_ns);
	ck_assert_uint_eq(link->back.delay_ns, 0);
	/* What needs something that is turned off is not complained about. */
	link = good("'profile': 'wifi', 'jitter': 0");
	ck_assert_int_eq(link->forth.distribution, SNET_DISTRIBUTION_UNIFORM);
}
END_TEST

/* LoRa: SF * 125 kHz / 2^SF * 4/5, rounded. */
START_TEST(profiles_are_all_different_and_valid)
{
	static const uint64_t lora[] = {5469, 3125, 1758, 977, 537, 293};
	struct snet_impairment ways[64][2];
	const char *name;
	size_t count = 0;

	for (; (name = snet_profile_name(count)); count++) {
		struct snet_impairment *way = ways[count];
		char *keys = snet__text_format("'profile': '%s'", name);

		ck_assert_int_eq(snet_profile_get(&way[0], &way[1], name, &err), 0);
		ck_assert_int_eq(snet__impairment_check(&way[0], &err), 0);
		ck_assert_int_eq(snet__impairment_check(&way[1], &err), 0);
		ck_assert_uint_gt(way[0].delay_ns, 0);
		ck_assert_uint_gt(way[1].rate_bps, 0);
		(void)good(keys);
		free(keys);
		for (size_t i = 0; i < count; i++)
			ck_assert_msg(memcmp(ways[i], way, sizeof(ways[i])) != 0,
				      "%s is like %s", name, snet_profile_name(i));
	}
	ck_assert_uint_eq(count, 21);
	for (size_t i = 0; i < 6; i++) {
		char *lora_name = snet__text_format("lora-sf%zu", i + 7);

		ck_assert_int_eq(snet_profile_get(&ways[0][0], &ways[0][1], lora_name,
						  &err),
				 0);
		ck_assert_uint_eq(ways[0][0].rate_bps, lora[i]);
		free(lora_name);
	}
	ck_assert_int_eq(snet_profile_get(&ways[0][0], &ways[0][1], "wfii", &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "unknown profile 'wfii', did you mean 'wifi'?");
	ck_assert_int_eq(snet_profile_get(&ways[0][0], &ways[0][1], "telegraph", &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "unknown profile 'telegraph': see snet-lab(5)");
}
END_TEST

static const struct {
	const char *keys, *lines;
} bad[] = {
	{"'profile': 'wifi7'",
	 "links[0].profile: unknown profile 'wifi7', did you mean 'wifi'?\n"},
	{"'profile': 7", "links[0].profile: expected a string, got a number\n"},
	{"'back': {'profile': 'wifi'}", "links[0].back.profile: unknown key\n"},
	{"'shaper': 'kernel'",
	 "links[0].shaper: expected 'auto', 'netem' or 'user', got 'kernel'\n"},
	{"'distribution': 'gauss'",
	 "links[0].distribution: expected 'uniform', 'normal', 'pareto', 'paretonormal' or a "
	 "file such as 'office.dist', got 'gauss'\n"},
	{"'distribution': '.dist'",
	 "links[0].distribution: expected 'uniform', 'normal', 'pareto', 'paretonormal' or a "
	 "file such as 'office.dist', got '.dist'\n"},
	{"'loss_corelation': 1",
	 "links[0].loss_corelation: unknown key, did you mean 'loss_correlation'?\n"},
	{"'loss': []", "links[0].loss: expected a share such as '0.1%', got an array\n"},
	{"'loss': {}", "links[0].loss: expected one of 'nth', 'state', 'gemodel'\n"},
	{"'loss': {'nth': 2, 'state': [0]}",
	 "links[0].loss: expected one of 'nth', 'state', 'gemodel'\n"},
	{"'loss': {'gemodell': [0]}",
	 "links[0].loss.gemodell: unknown key, did you mean 'gemodel'?\n"},
	{"'loss': {'nth': 0}", "links[0].loss.nth: out of range: 1 to 1000000000\n"},
	{"'loss': {'state': []}",
	 "links[0].loss.state: expected 1 to 5 shares: p13, p31, p32, p23, p14, got an array "
	 "of 0\n"},
	{"'loss': {'gemodel': [0, 0, 0, 0, 0]}",
	 "links[0].loss.gemodel: expected 1 to 4 shares: p, r, 1-h, 1-k, got an array of 5\n"},
	{"'loss': {'gemodel': 7}",
	 "links[0].loss.gemodel: expected 1 to 4 shares: p, r, 1-h, 1-k, got a number\n"},
	{"'loss': {'gemodel': ['1%', '101%', 'x']}",
	 "links[0].loss.gemodel[1]: out of range: 0% to 100%\n"
	 "links[0].loss.gemodel[2]: expected a share such as '0.1%', got 'x'\n"},
	{"'loss': {'state': ['60%', 0, 0, 0, '60%']}",
	 "links[0].loss: state 1 is left by p13 and p14, together more than 100%\n"},
	{"'loss': {'state': [0, '60%', '60%']}",
	 "links[0].loss: state 3 is left by p31 and p32, together more than 100%\n"},
	{"'loss': {'nth': 9}, 'loss_correlation': '1%'",
	 "links[0].loss_correlation: needs a 'loss' that is one share\n"},
	{"'reorder': '1%'",
	 "links[0].reorder: needs a 'delay', which some packets do not wait for\n"},
	{"'gap': 5", "links[0].gap: needs a 'reorder'\n"},
	{"'gap': 1000001", "links[0].gap: out of range: at most 1000000\n"},
	{"'burst': '9kB', 'overhead': 4",
	 "links[0].burst: needs a 'rate'\nlinks[0].overhead: needs a 'rate'\n"},
	{"'rate': 1, 'burst': '5GiB'", "links[0].burst: out of range: at most 4GiB\n"},
	{"'rate': 1, 'overhead': 65536",
	 "links[0].overhead: out of range: -65535 to 65535\n"},
	{"'rate': 1, 'overhead': 0.5",
	 "links[0].overhead: expected whole bytes, got 0.5\n"},
	{"'rate': 1, 'overhead': 'x'",
	 "links[0].overhead: expected bytes such as 18, got 'x'\n"},
	{"'limit': '100'",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got '100'\n"},
	{"'limit': ''",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got ''\n"},
	{"'limit': true",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got a boolean\n"},
	{"'limit': [1, 2]", "links[0].limit[1]: a second limit of its kind\n"},
	{"'limit': ['1s', '2ms']", "links[0].limit[1]: a second limit of its kind\n"},
	{"'limit': []", "links[0].limit: expected at least one limit\n"},
	{"'limit': '2h'", "links[0].limit: out of range: at most 1h\n"},
	{"'limit': '99999GiB'", "links[0].limit: out of range: at most 1024GiB\n"},
	{"'limit': 10000001", "links[0].limit: out of range: at most 10000000\n"},
	{"'queue': 'red'",
	 "links[0].queue: expected 'tail-drop', 'head-drop' or 'codel', got 'red'\n"},
	{"'codel_target': '5ms', 'codel_interval': '9ms'",
	 "links[0].codel_target: needs \"queue\": \"codel\"\n"
	 "links[0].codel_interval: needs \"queue\": \"codel\"\n"},
	{"'delay_correlation': 1, 'distribution': 'normal'",
	 "links[0].delay_correlation: needs a 'jitter'\n"
	 "links[0].distribution: needs a 'jitter'\n"},
	{"'duplicate_correlation': 1, 'corrupt_correlation': 1, 'reorder_correlation': 1",
	 "links[0].duplicate_correlation: needs a 'duplicate'\n"
	 "links[0].corrupt_correlation: needs a 'corrupt'\n"
	 "links[0].reorder_correlation: needs a 'reorder'\n"},
	{"'trace_once': true", "links[0].trace_once: needs a 'trace'\n"},
	{"'filter': ''", "links[0].filter: cannot be empty\n"},
	{"'ecn': 1", "links[0].ecn: expected true or false, got a number\n"},
	{"'back': {'burst': 9}, 'gap': 2",
	 "links[0].back.burst: needs a 'rate'\nlinks[0].gap: needs a 'reorder'\n"},
	/* The whole of a file that is named is read; once. */
	{"'jitter': 1, 'distribution': 'bad.dist'",
	 "links[0].distribution: FOLDER/bad.dist:2: expected a number from -32768 to 32767, "
	 "got 'two'\n"},
	{"'back': {'trace': 'bad.csv'}",
	 "links[0].back.trace: FOLDER/bad.csv:3: the time is not after that before\n"},
	{"'trace': 'none.csv'",
	 "links[0].trace: cannot read 'FOLDER/none.csv': No such file or directory\n"},
	{"'trace': '/dev/null'", "links[0].trace: '/dev/null' is not a file\n"},
	{"'replay': 'log', 'back': {'trace': 'bad.csv'}",
	 "links[0].back.replay: FOLDER/log.back:2: '2 later - 0' is no decision\n"
	 "links[0].back.trace: FOLDER/bad.csv:3: the time is not after that before\n"},
	{"'replay': 'part'",
	 "links[0].back.replay: FOLDER/part.back:2: behind the end\n"
	 "links[0].replay: 'FOLDER/part.forth' is not complete: its last line is not 'end'\n"},
	{"'replay': 'none'",
	 "links[0].back.replay: cannot open 'FOLDER/none.back': No such file or directory\n"
	 "links[0].replay: cannot open 'FOLDER/none.forth': No such file or directory\n"},
	{"'decisions': 'log', 'back': {'decisions': null, 'replay': 'log'}",
	 "links[0].back.replay: link 'a-b' writes this file\n"},
};

/* The folder has another name each time. */
static char *list_problems(void)
{
	size_t size = 0;
	char *lines = NULL;
	FILE *out = open_memstream(&lines, &size);

	for (size_t i = 0; i < problems.count; i++) {
		const char *text = problems.items[i].text, *at = strstr(text, folder);

		ck_assert_uint_eq(problems.items[i].line, 2);
		if (at)
			fprintf(out, "%s: %.*sFOLDER%s\n", problems.items[i].path,
				(int)(at - text), text, at + strlen(folder));
		else
			fprintf(out, "%s: %s\n", problems.items[i].path, text);
	}
	fclose(out);
	return lines;
}

START_TEST(each_mistake_is_told)
{
	char *lines;

	ck_assert_int_eq(read_link(bad[_i].keys), -EINVAL);
	lines = list_problems();
	ck_assert_msg(strcmp(lines, bad[_i].lines) == 0, "%s\nsays\n%snot\n%s",
		      bad[_i].keys, lines, bad[_i].lines);
	free(lines);
}
END_TEST

START_TEST(a_complaint_stands_where_its_key_does)
{
	ck_assert_int_eq(read_link("'back': {'burst':\n 9}"), -EINVAL);
	ck_assert_uint_eq(problems.items[0].line, 3);
	ck_assert_uint_eq(problems.items[0].column, 2);
}
END_TEST

/* What is written of a link that was read. */
static const struct {
	const char *keys;
	const char *written; /* NULL: the same */
} links[] = {
	{"", NULL},
	{"'loss': 1e-6, 'duplicate': 1.2144e-11",
	 "'loss': '0.0001%', 'duplicate': '0.0000000012144%'"},
	{"'delay': '20ms', 'jitter': '2ms', 'distribution': 'normal', 'loss': '1%'",
	 NULL},
	{"'delay': 0, 'loss': 0, 'limit': 0, 'ecn': false, 'filter': null", ""},
	{"'loss': {'nth': 100}", NULL},
	{"'loss': {'gemodel': ['1%', '10%', '70%', '0.1%']}", NULL},
	{"'loss': {'state': ['1%']}",
	 "'loss': {'state': ['1%', '99%', '0%', '100%', '0%']}"},
	{"'limit': [7, '64KiB', '50ms']", NULL},
	{"'limit': ['50ms', 7]", "'limit': [7, '50ms']"},
	{"'limit': '64KiB'", NULL},
	{"'rate': '1Mbit', 'burst': '1500B', 'overhead': -4", NULL},
	{"'shaper': 'netem', 'profile': 'wifi'", NULL},
	{"'profile': 'wifi', 'delay': '1500us', 'back': {'rate': '65Mbit'}",
	 "'profile': 'wifi'"},
	{"'profile': 'lte', 'delay': '1ms'", NULL},
	{"'profile': 'lte', 'delay': '1ms', 'back': {'delay': '35ms'}", NULL},
	{"'profile': 'wifi', 'jitter': 0", "'profile': 'wifi', 'jitter': '0s'"},
	{"'profile': 'nb-iot', 'rate': '62kbit'", "'profile': 'nb-iot', 'back': {'rate': "
						  "'62kbit'}"},
	{"'rate': '1Mbit', 'burst': '1500B', 'back': {'rate': 0}",
	 "'rate': '1Mbit', 'burst': '1500B', 'back': {'rate': '0bit'}"},
	{"'filter': 'udp', 'ecn': true, 'back': {'filter': null, 'ecn': false}",
	 "'ecn': true, 'filter': 'udp', 'back': {'ecn': false, 'filter': null}"},
	{"'loss': '1%', 'back': {'loss': {'nth': 7}}", NULL},
	{"'queue': 'codel', 'codel_target': '1ms', 'back': {'queue': 'head-drop'}", NULL},
	{"'down': true, 'back': {'down': false}", NULL},
	{"'jitter': '1ms', 'distribution': 'a.dist', 'trace': 'a.trace', 'trace_once': true",
	 NULL},
};

static char *write_link(void)
{
	const struct snet__format_opts opts = {.folder = folder};
	autojson *json = snet__write_link(model.links[0], &opts);

	return snet__json_format(json);
}

START_TEST(a_link_is_written_as_it_was_read)
{
	const char *wanted = links[_i].written ? links[_i].written : links[_i].keys;
	char *json = snet__text_format("{'from': 'a', 'to': 'b'%s%s}",
				       *wanted ? ", " : "", wanted);
	struct snet_impairment forth = {0}, back = {0};
	autojson *tree = NULL;
	char *want, *got, *keys;

	for (char *at = json; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	ck_assert_int_eq(snet__json_parse(&tree, json, strlen(json), &err), 0);
	want = snet__json_format(tree);
	(void)good(links[_i].keys);
	ck_assert_int_eq(snet__impairment_copy(&forth, &model.links[0]->forth, &err), 0);
	ck_assert_int_eq(snet__impairment_copy(&back, &model.links[0]->back, &err), 0);
	got = write_link();
	ck_assert_str_eq(got, want);

	/* And it is the same when it is read again. */
	keys = strdup(got + strlen("{\"from\":\"a\",\"to\":\"b\""));
	keys[strlen(keys) - 1] = '\0';
	(void)good(*keys ? keys + 1 : keys);
	for (size_t i = 0; snet__impairment_key(i); i++) {
		const char *key = snet__impairment_key(i);

		ck_assert_msg(snet__impairment_is_equal(&forth, &model.links[0]->forth,
							key),
			      "%s", key);
		ck_assert_msg(snet__impairment_is_equal(&back, &model.links[0]->back,
							key),
			      "back.%s", key);
	}
	snet__impairment_clear(&forth);
	snet__impairment_clear(&back);
	free(keys);
	free(got);
	free(want);
	free(json);
}
END_TEST

/* ---- Built in C. */

static int add(struct snet_impairment forth, enum snet_shaper shaper)
{
	const struct snet_link_opts opts = {
		.size = sizeof(opts),
		.from = "a",
		.to = "b",
		.forth = forth,
		.shaper = shaper,
	};

	return snet__model_add_link(&model, &opts, &err);
}

START_TEST(a_link_built_in_c_has_its_own_texts)
{
	char filter[] = "udp", table[] = "/nowhere/a.dist", file[] = "/nowhere/a.trace";
	const struct snet_impairment given = {
		.jitter_ns = 1,
		.distribution = SNET_DISTRIBUTION_TABLE,
		.table = table,
		.filter = filter,
		.trace = file,
	};

	ck_assert_int_eq(add(given, SNET_SHAPER_USER), 0);
	filter[0] = table[1] = file[1] = 'x';
	ck_assert_str_eq(model.links[0]->forth.filter, "udp");
	ck_assert_str_eq(model.links[0]->forth.table, "/nowhere/a.dist");
	ck_assert_str_eq(model.links[0]->forth.trace, "/nowhere/a.trace");
	ck_assert_int_eq(model.links[0]->shaper, SNET_SHAPER_USER);
	/* The files are looked at when the lab is checked. */
	ck_assert_int_eq(snet__model_check(&model, &problems, &err), -EINVAL);
	ck_assert_str_eq(problems.items[2].path, "links[0].distribution");
	ck_assert_str_eq(problems.items[2].text,
			 "cannot open '/nowhere/a.dist': No such file or directory");
	ck_assert_str_eq(problems.items[3].path, "links[0].trace");
}
END_TEST

START_TEST(each_field_is_checked_in_c)
{
	static const struct {
		struct snet_impairment one;
		const char *text;
	} cases[] = {
		{{.delay_ns = UINT64_MAX}, "delay: out of range: at most 1h"},
		{{.loss = NAN}, "loss: out of range: 0% to 100%"},
		{{.reorder_correlation = -1},
		 "reorder_correlation: out of range: 0% to 100%"},
		{{.loss_model = SNET_LOSS_GEMODEL, .loss_gemodel = {0, 0, 0, 2}},
		 "loss: out of range: 0% to 100%"},
		{{.loss_model = SNET_LOSS_NTH},
		 "loss: nth: out of range: 1 to 1000000000"},
		{{.loss_nth = 7}, "loss_nth: needs SNET_LOSS_NTH"},
		{{.loss_model = SNET_LOSS_NTH, .loss_nth = 7, .loss = 0.5},
		 "loss: needs SNET_LOSS_RANDOM"},
		{{.loss_state = {0, 0, 0.5}}, "loss_state: needs SNET_LOSS_STATE"},
		{{.loss_gemodel = {0, 0, 0.5}}, "loss_gemodel: needs SNET_LOSS_GEMODEL"},
		{{.loss_model = SNET_LOSS_STATE, .loss_state = {0.7, 0, 0, 0, 0.7}},
		 "loss: state 1 is left by p13 and p14, together more than 100%"},
		{{.loss_model = 9}, "loss_model: none of enum snet_loss_model"},
		{{.queue = 9}, "queue: none of enum snet_queue"},
		{{.distribution = 9}, "distribution: none of enum snet_distribution"},
		{{.distribution = SNET_DISTRIBUTION_TABLE}, "table: missing"},
		{{.table = "x"}, "table: needs SNET_DISTRIBUTION_TABLE"},
		{{.filter = ""}, "filter: cannot be empty"},
		{{.trace = "a\nb"}, "trace: cannot have control characters in it"},
		{{.overhead_bytes = -65536}, "overhead: out of range: -65535 to 65535"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_int_eq(add(cases[i].one, SNET_SHAPER_AUTO), -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.msg, "link 'a-b': "));
		ck_assert_str_eq(err.msg + strlen("link 'a-b': "), cases[i].text);
	}
	ck_assert_int_eq(add((struct snet_impairment){0}, 9), -EINVAL);
	ck_assert_str_eq(err.msg, "link 'a-b': shaper: none of enum snet_shaper");
	ck_assert_uint_eq(model.link_count, 0);
}
END_TEST

START_TEST(what_does_not_go_together_in_c_is_told_by_the_check)
{
	ck_assert_int_eq(add((struct snet_impairment){.burst_bytes = 9}, 0), 0);
	ck_assert_int_eq(snet__model_check(&model, &problems, &err), -EINVAL);
	ck_assert_str_eq(problems.items[2].path, "links[0].burst");
	ck_assert_str_eq(problems.items[2].text, "needs a 'rate'");
}
END_TEST

START_TEST(a_copy_of_a_model_has_all_of_a_link)
{
	struct snet__model copy;

	(void)good("'profile': 'wifi', 'shaper': 'user', 'distribution': 'a.dist',"
		   "'filter': 'udp', 'trace': 'a.trace', 'back': {'down': true}");
	ck_assert_int_eq(snet__model_copy(&copy, &model, &err), 0);
	for (size_t i = 0; snet__impairment_key(i); i++) {
		const char *key = snet__impairment_key(i);

		ck_assert(snet__impairment_is_equal(&copy.links[0]->forth,
						    &model.links[0]->forth, key));
		ck_assert(snet__impairment_is_equal(&copy.links[0]->back,
						    &model.links[0]->back, key));
	}
	ck_assert_str_eq(copy.links[0]->profile, "wifi");
	ck_assert_int_eq(copy.links[0]->shaper, SNET_SHAPER_USER);
	snet__model_clear(&copy);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

Suite *suite(void)
{
	Suite *s = suite_create("impairment");
	TCase *t = tcase_create("impairment");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_key_is_read);
	tcase_add_test(t, losses_have_models);
	tcase_add_test(t, limits_are_of_three_kinds);
	tcase_add_test(t, a_distribution_may_be_a_file);
	tcase_add_test(t, what_is_turned_off_takes_along_what_needs_it);
	tcase_add_test(t, a_profile_is_what_keys_are_different_from);
	tcase_add_test(t, profiles_are_all_different_and_valid);
	tcase_add_loop_test(t, each_mistake_is_told, 0, COUNT(bad));
	tcase_add_test(t, a_complaint_stands_where_its_key_does);
	tcase_add_loop_test(t, a_link_is_written_as_it_was_read, 0, COUNT(links));
	tcase_add_test(t, a_link_built_in_c_has_its_own_texts);
	tcase_add_test(t, each_field_is_checked_in_c);
	tcase_add_test(t, what_does_not_go_together_in_c_is_told_by_the_check);
	tcase_add_test(t, a_copy_of_a_model_has_all_of_a_link);
	suite_add_tcase(s, t);
	return s;
}
