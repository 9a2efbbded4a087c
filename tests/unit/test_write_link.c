/* SPDX-License-Identifier: MIT */
/* A link is written as it was read. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "impairment_bed.h"
#include "io/json.h"
#include "quoted.h"
#include "suite.h"
#include "topo/write.h"

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
	const struct snet__format_opts opts = {.folder = folder.path};
	autojson *json = snet__write_link(model.links[0], &opts);

	return snet__json_format(json);
}

START_TEST(a_link_is_written_as_it_was_read)
{
	const char *wanted = links[_i].written ? links[_i].written : links[_i].keys;
	autofree char *json = quote(snet__text_format("{'from': 'a', 'to': 'b'%s%s}",
						      *wanted ? ", " : "", wanted));
	autofree char *want = NULL, *got = NULL, *keys = NULL;
	autojson *tree = NULL;
	struct snet__model first;

	ck_assert_int_eq(snet__json_parse(&tree, json, strlen(json), &err), 0);
	want = snet__json_format(tree);
	(void)good(links[_i].keys);
	got = write_link();
	ck_assert_str_eq(got, want);

	/* And it is the same when it is read again. */
	ck_assert_int_eq(snet__model_copy(&first, &model, &err), 0);
	keys = strdup(got + strlen("{\"from\":\"a\",\"to\":\"b\""));
	keys[strlen(keys) - 1] = '\0';
	same_links(first.links[0], good(*keys ? keys + 1 : keys));
	snet__model_clear(&first);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("write_link");
	TCase *t = tcase_create("write_link");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_link_is_written_as_it_was_read, 0, COUNT(links));
	suite_add_tcase(s, t);
	return s;
}
