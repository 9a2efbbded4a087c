/* SPDX-License-Identifier: MIT */
/* Generated lab files: each is a good lab with exactly the devices that were
 * asked for, and the same each time. The allocators of the program and of cJSON
 * are wrapped here. */

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <snet/topo.h>

#include "io/json.h"
#include "model_fixture.h"
#include "scarce.h"
#include "suite.h"

static char *generate(const struct snet_topo_opts *opts)
{
	struct snet_topo_opts complete = *opts;
	char *text = NULL;
	int r;

	complete.size = sizeof(complete);
	r = snet_topo_generate(&text, &complete, &err);
	ck_assert_msg(r == 0, "%s %u: %s", opts->kind, opts->devices, err.msg);
	return text;
}

static void read_generated(const struct snet_topo_opts *opts)
{
	char *text = generate(opts);
	int r;

	teardown();
	setup();
	r = snet__model_read(&model, text, strlen(text), "/nowhere", &problems, &err);
	ck_assert_msg(r == 0, "%s %u: %s", opts->kind, opts->devices, err.msg);
	ck_assert_uint_eq(problems.count, 0);
	/* There are addresses for all segments, and routes between them. */
	r = snet__model_plan(&model, &err);
	ck_assert_msg(r == 0, "%s %u: %s", opts->kind, opts->devices, err.msg);
	free(text);
}

/* What a button's data names is an actuator of its relayer. */
static void check_target(const struct snet__model_node *button)
{
	const struct snet__model_node *target;
	struct snet__json *data = NULL;

	ck_assert_int_eq(snet__json_parse(&data, button->data, strlen(button->data),
					  &err),
			 0);
	target = snet__model_find_node(&model, snet__json_get_string(data, "target"));
	ck_assert_msg(target && strcmp(target->kind, "actuator") == 0, "%s presses %s",
		      button->name, button->data);
	ck_assert_str_eq(target->relayer, button->relayer);
	snet__json_free(data);
}

/* Per node: links to devices, and devices that have it as their relayer. That
 * the relayer can be reached was checked when the file was read. */
struct counts {
	unsigned int links, devices;
};

static struct counts *count_devices(void)
{
	struct counts *counts = calloc(model.node_count, sizeof(*counts));

	ck_assert_ptr_nonnull(counts);
	for (size_t i = 0; i < model.link_count; i++) {
		const struct snet__model_node
			*from = snet__model_find_node(&model, model.links[i]->from),
			*to = snet__model_find_node(&model, model.links[i]->to);

		counts[to->index].links += from->role == SNET__ROLE_DEVICE;
		counts[from->index].links += from->role == SNET__ROLE_DEVICE;
	}
	for (size_t i = 0; i < model.node_count; i++)
		if (model.nodes[i]->role == SNET__ROLE_DEVICE)
			counts[snet__model_find_node(&model, model.nodes[i]->relayer)
				       ->index]
				.devices++;
	return counts;
}

static void check_lab(const struct snet_topo_opts *opts, unsigned int fanout,
		      unsigned int relayer_max)
{
	unsigned int devices = 0, sensors = 0;
	struct counts *counts = count_devices();

	for (size_t i = 0; i < model.node_count; i++) {
		const struct snet__model_node *node = model.nodes[i];

		if (node->role == SNET__ROLE_DEVICE) {
			devices++;
			ck_assert_uint_eq(counts[i].links, 1);
		} else if (node->role == SNET__ROLE_SWITCH) {
			ck_assert_msg(counts[i].links <= fanout, "%s: %u devices",
				      node->name, counts[i].links);
		} else if (node->role == SNET__ROLE_RELAYER) {
			ck_assert_msg(counts[i].devices <= relayer_max, "%s: %u devices",
				      node->name, counts[i].devices);
		}
		if (node->kind && strcmp(node->kind, "button") == 0)
			check_target(node);
		if (node->kind && strcmp(node->kind, "sensor") == 0) {
			sensors++;
			ck_assert_uint_eq(node->every_ns, 60000000000);
		}
	}
	free(counts);
	ck_assert_uint_eq(devices, opts->devices);
	ck_assert_uint_eq(sensors, (unsigned int)(opts->devices * opts->sensors + 0.5));
}

static const struct {
	const char *kind;
	bool has_fanout;          /* no switch has more devices */
	unsigned int relayer_max; /* devices of one relayer */
	unsigned int read_max;    /* larger ones this version cannot read */
} kinds[] = {
	{"star", false, 100000}, {"tree", true, 100000},   {"ring", true, 100000},
	{"mesh", false, 100000}, {"linear", true, 100000}, {"campus", true, 500},
	{"city", true, 500},
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const unsigned int sizes[] = {1, 2, 3, 48, 49, 1000, 10000};
#define SIZES (sizeof(sizes) / sizeof(*sizes))

static void check_one(const struct snet_topo_opts *opts)
{
	unsigned int fanout = opts->fanout ? opts->fanout : SNET_TOPO_FANOUT_DEFAULT;
	size_t kind = 0;

	while (strcmp(kinds[kind].kind, opts->kind) != 0)
		kind++;
	read_generated(opts);
	check_lab(opts, kinds[kind].has_fanout ? fanout : 100000,
		  kinds[kind].relayer_max);
}

START_TEST(each_lab_is_good_and_has_its_devices)
{
	const char *kind = kinds[_i].kind;

	for (size_t i = 0; i < SIZES; i++)
		check_one(&(struct snet_topo_opts){.kind = kind, .devices = sizes[i]});
	for (size_t i = 0; i < SIZES && sizes[i] <= 1000; i++) {
		check_one(&(struct snet_topo_opts){.kind = kind,
						   .devices = sizes[i],
						   .fanout = 500,
						   .seed = UINT64_MAX});
		check_one(&(struct snet_topo_opts){.kind = kind,
						   .devices = sizes[i],
						   .fanout = 3,
						   .seed = 5,
						   .sensors = 0.13});
		check_one(&(struct snet_topo_opts){.kind = kind,
						   .devices = sizes[i],
						   .sensors = 1,
						   .profiles = true});
	}
}
END_TEST

/* A third of its nodes are devices. */
START_TEST(the_largest_lab_is_good)
{
	check_one(&(struct snet_topo_opts){
		.kind = "tree",
		.devices = SNET_TOPO_DEVICES_MAX,
		.fanout = SNET_TOPO_FANOUT_MIN,
		.sensors = 0.01,
	});
}
END_TEST

START_TEST(equal_options_give_equal_bytes)
{
	struct snet_topo_opts opts = {.kind = kinds[_i].kind, .devices = 1000};
	char *once = generate(&opts), *twice = generate(&opts), *other;

	ck_assert_str_eq(once, twice);
	opts.seed = 8;
	other = generate(&opts);
	ck_assert_str_ne(once, other);
	free(once);
	free(twice);
	free(other);
}
END_TEST

START_TEST(the_seed_decides_the_sizes_of_buildings)
{
	size_t floors[2] = {0};

	for (uint64_t seed = 0; seed < 2; seed++) {
		read_generated(&(struct snet_topo_opts){.kind = "campus",
							.devices = 1000,
							.seed = seed});
		for (size_t i = 0; i < model.node_count; i++)
			floors[seed] += model.nodes[i]->role == SNET__ROLE_SWITCH;
	}
	ck_assert_uint_ne(floors[0], floors[1]);
}
END_TEST

/* Of buildings whose devices are all alike to their floors: with few movers among the sensors those
 * have floors of their own. */
static void check_floors(const struct snet_topo_opts *opts)
{
	unsigned int least = (opts->fanout + 1) / 2;
	struct counts *counts;

	check_one(opts);
	counts = count_devices();
	for (size_t i = 0; i < model.node_count; i++)
		ck_assert_msg(model.nodes[i]->role != SNET__ROLE_SWITCH ||
				      counts[i].links >= least,
			      "%s of %u devices, fanout %u, seed %u: %u on %s",
			      opts->kind, opts->devices, opts->fanout,
			      (unsigned int)opts->seed, counts[i].links,
			      model.nodes[i]->name);
	free(counts);
}

START_TEST(no_floor_is_less_than_half_full)
{
	static const unsigned int fanouts[] = {2, 3, 10, 48, 251, 300, 499, 500};
	static const unsigned int sizes_of[] = {0, 1, 7, 50, 300, 777};
	static const double sensors[] = {0, 0.3};
	static const char *const of[] = {"campus", "city"};

	for (size_t i = 0; i < sizeof(fanouts) / sizeof(*fanouts); i++)
		for (size_t j = 0; j < sizeof(sizes_of) / sizeof(*sizes_of); j++)
			for (unsigned int seed = 0; seed < 4; seed++)
				check_floors(&(struct snet_topo_opts){
					.kind = of[_i],
					.fanout = fanouts[i],
					/* Two such floors at least. */
					.devices = fanouts[i] + 1 + sizes_of[j],
					.sensors = fanouts[i] > 3 ? sensors[seed % 2] : 0,
					.seed = seed});
}
END_TEST

static void check_buttons(const struct snet_topo_opts *opts)
{
	size_t buttons = 0, movers = 0;

	check_one(opts);
	for (size_t i = 0; i < model.node_count; i++) {
		buttons += strcmp(model.nodes[i]->kind, "button") == 0;
		movers += model.nodes[i]->role == SNET__ROLE_DEVICE &&
			  strcmp(model.nodes[i]->kind, "sensor") != 0;
	}
	ck_assert_msg(buttons * 4 >= movers - movers % 2 && buttons * 2 <= movers,
		      "%s of %u devices, seed %u: %zu buttons of %zu", opts->kind,
		      opts->devices, (unsigned int)opts->seed, buttons, movers);
}

/* Also where switches are small, or most devices are sensors. */
START_TEST(small_labs_have_their_share_of_buttons)
{
	static const unsigned int few[] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 30, 100};
	static const unsigned int fanouts[] = {0, 2, 3, 8};
	static const double sensors[] = {0, 0.3, 0.5, 0.8, 0.95};

	for (size_t i = 0; i < sizeof(few) / sizeof(*few); i++)
		for (unsigned int j = 0; j < 2 * 20; j++)
			check_buttons(
				&(struct snet_topo_opts){.kind = kinds[_i].kind,
							 .devices = few[i],
							 .fanout = fanouts[j % 4],
							 .sensors = sensors[j / 4 % 5],
							 .seed = j});
}
END_TEST

START_TEST(a_star_of_ten_thousand_is_a_short_file)
{
	char *text = generate(&(struct snet_topo_opts){
		.kind = "star", .name = "big", .devices = 10000, .seed = 7});
	unsigned int lines = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_lt(lines, 30);
	ck_assert_ptr_nonnull(strstr(text, "\"lab\": \"big\",\n  \"seed\": 7,\n"));
	ck_assert_ptr_nonnull(
		strstr(text,
		       "{\"name\": \"a{i}\", \"kind\": \"actuator\", \"count\": 5000, "));
	ck_assert_ptr_nonnull(
		strstr(text, "{\"from\": \"a{i}\", \"to\": \"s0\", \"count\": 5000}"));
	free(text);
}
END_TEST

START_TEST(profiles_are_on_both_directions_of_each_link)
{
	read_generated(&(struct snet_topo_opts){
		.kind = "city", .devices = 100, .sensors = 0.1, .profiles = true});
	for (size_t i = 0; i < model.link_count; i++) {
		ck_assert_uint_gt(model.links[i]->forth.delay_ns, 0);
		ck_assert_uint_gt(model.links[i]->back.delay_ns, 0);
		ck_assert_uint_gt(model.links[i]->forth.rate_bps, 0);
		ck_assert_uint_gt(model.links[i]->back.rate_bps, 0);
		ck_assert_ptr_nonnull(model.links[i]->profile);
		if (strcmp(model.links[i]->profile, "lte-m") == 0)
			ck_assert_uint_gt(model.links[i]->forth.rate_bps,
					  model.links[i]->back.rate_bps);
	}
	read_generated(&(struct snet_topo_opts){.kind = "city", .devices = 100});
	for (size_t i = 0; i < model.link_count; i++)
		ck_assert_uint_eq(model.links[i]->forth.delay_ns, 0);
}
END_TEST

START_TEST(what_was_generated_can_be_parsed)
{
	char *text = generate(&(struct snet_topo_opts){.kind = "star", .devices = 4});
	struct snet_lab *lab = NULL;

	ck_assert_int_eq(snet_lab_new(&lab, "x", &err), 0);
	ck_assert_int_eq(snet_lab_parse(lab, "{", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "1:2: JSON ends too early");
	ck_assert_int_eq(snet_lab_parse(lab, text, NULL, &err), 0);
	ck_assert_str_eq(snet_lab_name(lab), "star");
	ck_assert_uint_eq(snet_lab_node_count(lab), 7);
	ck_assert_uint_eq(snet_lab_link_count(lab), 6);
	ck_assert_int_eq(snet_lab_parse(lab, text, NULL, &err), -EBUSY);
	snet_lab_free(lab);
	free(text);
}
END_TEST

static void expect(struct snet_topo_opts opts, const char *msg)
{
	char *text = NULL;

	opts.size = sizeof(opts);
	ck_assert_int_eq(snet_topo_generate(&text, &opts, &err), -EINVAL);
	ck_assert_str_eq(err.msg, msg);
	ck_assert_ptr_null(text);
}

START_TEST(what_is_out_of_range_is_named)
{
	const struct snet_topo_opts small = {.kind = "star"};
	char *text = NULL;

	ck_assert_int_eq(snet_topo_generate(&text, &small, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "size must be sizeof(struct snet_topo_opts)");
	expect((struct snet_topo_opts){0}, "a topology needs a kind");
	expect((struct snet_topo_opts){.kind = "stra"},
	       "unknown kind 'stra', did you mean 'star'?");
	expect((struct snet_topo_opts){.kind = "teapot"}, "unknown kind 'teapot'");
	expect((struct snet_topo_opts){.kind = "star", .name = "my lab"},
	       "name: 'my lab' is no name: letters, digits, '_', '-', '.', the first a "
	       "letter or a digit");
	expect((struct snet_topo_opts){.kind = "star", .devices = 100001},
	       "devices: 100001 is out of range: 1 to 100000");
	expect((struct snet_topo_opts){.kind = "star", .fanout = 1},
	       "fanout: 1 is out of range: 2 to 500");
	expect((struct snet_topo_opts){.kind = "star", .sensors = 1.5},
	       "sensors: out of range: 0% to 100%");
}
END_TEST

START_TEST(kinds_are_listed_with_help)
{
	for (size_t i = 0; i < KINDS; i++) {
		ck_assert_str_eq(snet_topo_kind_name(i), kinds[i].kind);
		ck_assert_uint_gt(strlen(snet_topo_kind_help(i)), 0);
	}
	ck_assert_ptr_null(snet_topo_kind_name(KINDS));
	ck_assert_ptr_null(snet_topo_kind_help(KINDS));
}
END_TEST

START_TEST(without_memory_there_is_no_lab)
{
	struct snet_topo_opts opts = {
		.size = sizeof(opts),
		.kind = kinds[_i].kind,
		.devices = 20,
		.fanout = 4,
		.sensors = 0.2,
		.profiles = true,
	};
	cJSON_Hooks hooks = {.malloc_fn = __wrap_malloc, .free_fn = free};
	char *text = NULL, *whole = generate(&opts);
	int r = -ENOMEM;

	cJSON_InitHooks(&hooks);
	for (int nth = 0; r < 0; nth++) {
		left = nth;
		r = snet_topo_generate(&text, &opts, &err);
		left = -1; /* Check allocates, too */
		ck_assert(r == 0 || r == -ENOMEM);
		ck_assert_int_eq(r == 0, text != NULL);
	}
	ck_assert_str_eq(text, whole);
	free(text);
	free(whole);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("generate");
	TCase *t = tcase_create("generate"), *large = tcase_create("large");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(large, setup, teardown);
	tcase_set_timeout(large, 240);
	tcase_set_tags(large, "large");
	tcase_add_loop_test(large, each_lab_is_good_and_has_its_devices, 0, KINDS);
	tcase_add_test(large, the_largest_lab_is_good);
	tcase_add_loop_test(t, equal_options_give_equal_bytes, 0, KINDS);
	tcase_add_test(t, the_seed_decides_the_sizes_of_buildings);
	tcase_add_loop_test(large, no_floor_is_less_than_half_full, 0, 2);
	tcase_add_loop_test(large, small_labs_have_their_share_of_buttons, 0, KINDS);
	tcase_add_test(t, a_star_of_ten_thousand_is_a_short_file);
	tcase_add_test(t, profiles_are_on_both_directions_of_each_link);
	tcase_add_test(t, what_was_generated_can_be_parsed);
	tcase_add_test(t, what_is_out_of_range_is_named);
	tcase_add_test(t, kinds_are_listed_with_help);
	tcase_add_loop_test(t, without_memory_there_is_no_lab, 0, KINDS);
	suite_add_tcase(s, t);
	suite_add_tcase(s, large);
	return s;
}
