/* SPDX-License-Identifier: MIT */
/* What a lab file says of a link: each key, what directions share, and what is wrong. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "impairment_bed.h"
#include "suite.h"
#include "topo/impairment.h"

#define MS SNET__NS_PER_MS

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
		    "'pmtu': 1280, 'ecn': true, 'filter': 'udp', 'trace': 'a.trace', 'trace_once': true,"
		    "'down': true")
		       ->forth;
	ck_assert_int_eq(one->queue, SNET_QUEUE_CODEL);
	ck_assert_uint_eq(one->codel_target_ns, MS);
	ck_assert_uint_eq(one->codel_interval_ns, 9 * MS);
	ck_assert_uint_eq(one->pmtu, 1280);
	ck_assert(one->ecn && one->trace_once && one->down);
	ck_assert_str_eq(one->filter, "udp");
	ck_assert_ptr_nonnull(strstr(one->trace, "/a.trace"));

	ck_assert_int_eq(good("'shaper': 'user'")->shaper, SNET_SHAPER_USER);
	ck_assert(snet__link_is_shaped(model.links[0]));
	ck_assert(!snet__link_is_shaped(good("'shaper': 'auto'")));
	ck_assert(snet__link_is_shaped(good("'back': {'down': true}")));
	ck_assert(snet__link_is_shaped(good("'back': {'pmtu': 68}")));
	ck_assert(!snet__link_is_shaped(good("'pmtu': 0, 'mtu': 1400")));
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

static const struct {
	const char *keys, *lines;
} bad[] = {
	{"'profile': 'wifi7'",
	 "links[0].profile: unknown profile 'wifi7', did you mean 'wifi'?\n"},
	{"'profile': 'lora'",
	 "links[0].profile: unknown profile 'lora': there are ethernet, fibre, wan, wifi, "
	 "ble, zigbee, thread, lora-sf7, lora-sf8, lora-sf9, lora-sf10, lora-sf11, "
	 "lora-sf12, nb-iot, lte-m, 3g, lte, 5g, dsl, leo, geo\n"},
	{"'profile': 7", "links[0].profile: expected a string, got a number\n"},
	{"'back': {'profile': 'wifi', 'mtu': 1000}",
	 "links[0].back.profile: belongs to the link, not to a direction\n"
	 "links[0].back.mtu: belongs to the link, not to a direction\n"},
	{"'shaper': 'kernel'",
	 "links[0].shaper: expected 'auto', 'netem' or 'user', got 'kernel'\n"},
	{"'rate': 0.4, 'back': {'rate': '0.5bit'}",
	 "links[0].rate: out of range: 0, or 1bit to 1000Gbit\n"
	 "links[0].back.rate: out of range: 0, or 1bit to 1000Gbit\n"},
	{"'rate': '20MB', 'delay': '1 sec', 'burst': '2MBit', 'jitter': 'much'",
	 "links[0].rate: expected a rate such as '20Mbit', got '20MB': the units are bit, "
	 "kbit, Mbit, Gbit\n"
	 "links[0].delay: expected a duration such as '20ms', got '1 sec': the units are ns, "
	 "us, ms, s, min, h\n"
	 "links[0].burst: expected a size such as '256MiB', got '2MBit': the units are B, "
	 "kB, MB, GB, KiB, MiB, GiB\n"
	 "links[0].jitter: expected a duration such as '20ms', got 'much'\n"},
	{"'distribution': 'gauss'",
	 "links[0].distribution: expected 'uniform', 'normal', 'pareto', 'paretonormal' or a "
	 "file such as 'office.dist', got 'gauss'\n"},
	{"'distribution': '.dist'",
	 "links[0].distribution: expected 'uniform', 'normal', 'pareto', 'paretonormal' or a "
	 "file such as 'office.dist', got '.dist'\n"},
	{"'loss_corelation': 1",
	 "links[0].loss_corelation: unknown key, did you mean 'loss_correlation'?\n"},
	{"'loss': []",
	 "links[0].loss: expected a share such as '0.1%', or an object such as {\"nth\": "
	 "100}, {\"state\": [0.01]}, {\"gemodel\": [0.01, 0.1]}, got an array\n"},
	{"'loss': 'nth'",
	 "links[0].loss: expected a share such as '0.1%', or an object such as {\"nth\": "
	 "100}, {\"state\": [0.01]}, {\"gemodel\": [0.01, 0.1]}, got 'nth'\n"},
	{"'loss': {}", "links[0].loss: expected one of 'nth', 'state', 'gemodel'\n"},
	{"'loss': {'nth': 2, 'state': [0]}",
	 "links[0].loss: expected one of 'nth', 'state', 'gemodel', and no more\n"},
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
	 "links[0].loss_correlation: needs a 'loss' that is one share, or a 'trace'\n"},
	{"'reorder': '1%'",
	 "links[0].reorder: needs a 'delay', which some packets do not wait for\n"},
	{"'gap': 5", "links[0].gap: needs a 'reorder'\n"},
	{"'gap': 1000001", "links[0].gap: out of range: at most 1000000\n"},
	{"'burst': '9kB', 'overhead': 4",
	 "links[0].burst: needs a 'rate' or a 'trace'\nlinks[0].overhead: needs a 'rate' or a 'trace'\n"},
	{"'rate': 1, 'burst': '5GiB'",
	 "links[0].burst: out of range: 0, or 1B to 4GiB\n"},
	{"'rate': 1, 'overhead': 65536",
	 "links[0].overhead: out of range: -65535 to 65535\n"},
	{"'rate': 1, 'overhead': 0.5",
	 "links[0].overhead: expected whole bytes, got 0.5\n"},
	{"'rate': 1, 'overhead': 'x'",
	 "links[0].overhead: expected bytes such as 18, got 'x'\n"},
	{"'limit': '100'",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got '100': the units are B, kB, MB, GB, KiB, MiB, GiB and ns, us, "
	 "ms, s, min, h\n"},
	{"'limit': '64KB'",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got '64KB': the units are B, kB, MB, GB, KiB, MiB, GiB and ns, us, "
	 "ms, s, min, h\n"},
	{"'limit': ''",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got ''\n"},
	{"'limit': true",
	 "links[0].limit: expected packets such as 100, a size such as '64KiB' or a duration "
	 "such as '50ms', got a boolean\n"},
	{"'limit': [1, 2]", "links[0].limit[1]: a second limit of its kind\n"},
	{"'limit': ['1s', '2ms']", "links[0].limit[1]: a second limit of its kind\n"},
	{"'limit': []", "links[0].limit: expected at least one limit\n"},
	{"'limit': '2h'", "links[0].limit: out of range: 0, or 1ns to 1h\n"},
	{"'limit': '99999GiB'", "links[0].limit: out of range: 0, or 1B to 1024GiB\n"},
	{"'limit': ['0.1ns', '0.1B']",
	 "links[0].limit[0]: out of range: 0, or 1ns to 1h\n"
	 "links[0].limit[1]: out of range: 0, or 1B to 1024GiB\n"},
	{"'delay': '0.1ns', 'back': {'delay': 1e-10}",
	 "links[0].delay: out of range: 0, or 1ns to 1h\n"
	 "links[0].back.delay: out of range: 0, or 1ns to 1h\n"},
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
	{"'filter': ''", "links[0].filter: cannot be empty: null is for none\n"},
	{"'filter': ' '", "links[0].filter: cannot be empty: null is for none\n"},
	{"'back': {'decisions': 'logs/'}",
	 "links[0].back.decisions: 'FOLDER/logs/' is a folder: name a file in it\n"},
	{"'pmtu': 67", "links[0].pmtu: out of range: 68 to 65535\n"},
	{"'pmtu': -1", "links[0].pmtu: expected a whole number from 68 on, got -1\n"},
	{"'pmtu': '1kB'", "links[0].pmtu: expected a whole number, got a string\n"},
	{"'ecn': 1", "links[0].ecn: expected true or false, got a number\n"},
	{"'back': {'burst': 9}, 'gap': 2",
	 "links[0].back.burst: needs a 'rate' or a 'trace'\nlinks[0].gap: needs a 'reorder'\n"},
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
	/* Whatever way leads to it. */
	{"'decisions': 'log', 'back': {'decisions': null, 'replay': './/./log'}",
	 "links[0].back.replay: link 'a-b' writes this file\n"},
	{"'decisions': 'log'}, {'name': 'l', 'from': 'a', 'to': 'b', 'decisions': './log'",
	 "links[1].decisions: link 'a-b' writes this file too: each needs its own\n"},
};

/* The folder has another name each time. */
static char *list_problems(void)
{
	size_t size = 0;
	char *lines = NULL;
	FILE *out = open_memstream(&lines, &size);

	for (size_t i = 0; i < problems.count; i++) {
		const char *text = problems.items[i].text,
			   *at = strstr(text, folder.path);

		ck_assert_uint_eq(problems.items[i].line, 2);
		if (at)
			fprintf(out, "%s: %.*sFOLDER%s\n", problems.items[i].path,
				(int)(at - text), text, at + strlen(folder.path));
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

START_TEST(a_file_to_write_needs_a_folder_to_write_in)
{
	autofree char *open = snet__text_format("%s/open.forth", folder.path);
	char *lines;
	int r;

	ck_assert_int_eq(snet__file_write(open, "", SNET__FILE_SHARED, &err), 0);
	ck_assert_int_eq(chmod(open, 0666), 0);
	ck_assert_int_eq(chmod(folder.path, 0555), 0);
	/* What the real user may do is what counts; a user namespace may have only one. */
	if (geteuid() == 0 && setreuid(65534, (uid_t)-1) < 0)
		return;
	r = read_link("'decisions': 'new'");
	lines = list_problems();
	/* One that is there is written to. */
	(void)good("'decisions': 'open'");
	if (geteuid() == 0)
		ck_assert_int_eq(setreuid(0, (uid_t)-1), 0);
	ck_assert_int_eq(chmod(folder.path, 0755), 0);
	(void)good("'decisions': 'new'");
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_str_eq(lines, "links[0].decisions: nothing can be written in 'FOLDER': "
				"Permission denied\n");
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
	tcase_add_loop_test(t, each_mistake_is_told, 0, COUNT(bad));
	tcase_add_test(t, a_file_to_write_needs_a_folder_to_write_in);
	tcase_add_test(t, a_complaint_stands_where_its_key_does);
	suite_add_tcase(s, t);
	return s;
}
