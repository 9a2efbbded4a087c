/* SPDX-License-Identifier: MIT */
/* Links that are built in C, and copied: what is theirs, and what is wrong. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include <snet/link.h>

#include "impairment_bed.h"
#include "suite.h"

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
		{{.delay_ns = UINT64_MAX}, "delay: out of range: 0, or 1ns to 1h"},
		{{.loss = NAN}, "loss: out of range: 0% to 100%"},
		{{.pmtu = 67}, "pmtu: out of range: 68 to 65535"},
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
	ck_assert_str_eq(problems.items[2].text, "needs a 'rate' or a 'trace'");
}
END_TEST

START_TEST(a_copy_of_a_model_has_all_of_a_link)
{
	struct snet__model copy;

	(void)good("'profile': 'wifi', 'shaper': 'user', 'distribution': 'a.dist',"
		   "'filter': 'udp', 'trace': 'a.trace', 'back': {'down': true}");
	ck_assert_int_eq(snet__model_copy(&copy, &model, &err), 0);
	same_links(copy.links[0], model.links[0]);
	ck_assert_str_eq(copy.links[0]->profile, "wifi");
	ck_assert_int_eq(copy.links[0]->shaper, SNET_SHAPER_USER);
	snet__model_clear(&copy);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("add_link");
	TCase *t = tcase_create("add_link");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_link_built_in_c_has_its_own_texts);
	tcase_add_test(t, each_field_is_checked_in_c);
	tcase_add_test(t, what_does_not_go_together_in_c_is_told_by_the_check);
	tcase_add_test(t, a_copy_of_a_model_has_all_of_a_link);
	suite_add_tcase(s, t);
	return s;
}
