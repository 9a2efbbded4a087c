/* SPDX-License-Identifier: MIT */
/* Which packets a filter lets be, and what a trace says of them. */

#include "link/hooks.h"
#include "pipe_fixture.h"
#include "suite.h"
#include "text_file.h"

static bool is_large(void *filter, const struct snet__packet *packet)
{
	return packet->size > *(uint32_t *)filter;
}

static int frees;

static void count_free(void *hook)
{
	frees++;
}

START_TEST(what_a_filter_leaves_out_passes_at_once)
{
	const struct snet_impairment slow = {.delay_ns = 10 * MS,
					     .loss_nth = 2,
					     .loss_model = SNET_LOSS_NTH};
	uint32_t limit = 500;
	const struct snet__rule_hooks hooks = {.applies = is_large,
					       .filter = &limit,
					       .filter_free = count_free};

	frees = 0;
	bed = bed_new_seeded(&slow, 42, "l", false, &hooks);
	for (int i = 0; i < 10; i++)
		bed_push(bed, i % 2 ? 1000 : 100);
	ck_assert_uint_eq(bed->out_count, 5);
	bed_drain(bed);
	/* They are not counted for the loss, either. */
	ck_assert_uint_eq(bed->out_count, 8);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_LOSS], 2);
	ck_assert_uint_eq(bed->outs[5].number, 2);
	bed_free(bed);
	bed = NULL;
	ck_assert_int_eq(frees, 1);
}
END_TEST

/* Packets for which it is, with others among them that are not: some of each are refused. */
static struct bed *run_filtered(uint32_t *limit, bool has_others)
{
	const struct snet_impairment all = {.delay_ns = 10 * MS,
					    .jitter_ns = 5 * MS,
					    .loss = 0.5,
					    .duplicate = 0.5,
					    .corrupt = 0.5,
					    .reorder = 0.5};
	const struct snet__rule_hooks hooks = {.applies = is_large, .filter = limit};
	struct bed *run = bed_new_seeded(&all, 42, "l", false, &hooks);

	for (int i = 0; i < 100; i++) {
		if (i % 3)
			bed_push(run, 1000);
		else
			bed_refuse(run, 1000);
		if (has_others)
			bed_push(run, 100);
		if (has_others)
			bed_refuse(run, 100);
	}
	bed_drain(run);
	return run;
}

START_TEST(chance_does_not_depend_on_what_a_filter_leaves_out)
{
	uint32_t limit = 500;
	struct bed *other = run_filtered(&limit, true);

	bed = run_filtered(&limit, false);
	ck_assert_uint_ge(bed->decision_count, 100);
	ck_assert(bed_decided_as(bed, other));
	ck_assert_uint_eq(bed_counts(other)->lost[SNET__DROP_MEMORY], 34 + 100);
	bed_free(other);
}
END_TEST

/* A packet of any size each 10 ms. */
static uint64_t depart(void *trace, uint64_t at_ns, size_t bytes)
{
	uint64_t *next = trace, departure;

	while (*next < at_ns)
		*next += 10 * MS;
	departure = *next;
	*next += 10 * MS;
	return departure;
}

START_TEST(a_trace_says_when_packets_leave)
{
	static const struct snet__trace_ops ops = {.departure = depart};
	const struct snet_impairment description = {.delay_ns = MS, .trace = "file"};
	uint64_t next = 0;
	const struct snet__rule_hooks hooks = {.trace_ops = &ops, .trace = &next};

	bed = bed_new_seeded(&description, 42, "l", false, &hooks);
	for (int i = 0; i < 3; i++)
		bed_push(bed, 100);
	bed_advance(bed, 100 * MS);
	bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 4);
	ck_assert_uint_eq(bed->outs[0].left_ns, 10 * MS);
	ck_assert_uint_eq(bed->outs[1].left_ns, 20 * MS);
	ck_assert_uint_eq(bed->outs[2].left_ns, 30 * MS);
	ck_assert_uint_eq(bed->outs[3].left_ns, 110 * MS);
	/* By default as many may wait as with netem, but what is delayed does not wait yet. */
	for (int i = 0; i < 1100; i++)
		bed_push(bed, 100);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 0);
	bed_advance(bed, bed->now_ns + MS);
	for (int i = 0; i < 100; i++)
		bed_push(bed, 100);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_QUEUE], 100);
	bed_drain(bed);
}
END_TEST

/* What leaves is sent in half an hour. */
static uint64_t depart_late(void *trace, uint64_t at_ns, size_t bytes)
{
	return at_ns + 1800 * S;
}

START_TEST(what_a_trace_has_delayed_does_not_wait_for_it_without)
{
	static const struct snet__trace_ops ops = {.departure = depart_late};
	const struct snet_impairment description = {.trace = "file"}, plain = {0};
	const struct snet__rule_hooks hooks = {.trace_ops = &ops};

	bed = bed_new_seeded(&description, 42, "l", false, &hooks);
	for (int i = 0; i < 3; i++)
		bed_push(bed, 100);
	bed_advance(bed, S);
	bed_set(bed, &plain);
	bed_push(bed, 100);
	bed_advance(bed, S);
	ck_assert_uint_eq(bed->out_count, 4);
	ck_assert(bed_is_ordered(bed));
}
END_TEST

/* Until 1 s: 8 kbit/s; then 10 ms; then nothing passes. */
static void point(void *trace, uint64_t at_ns, struct snet__trace_moment *ret)
{
	*ret = (struct snet__trace_moment){
		.has_delay = at_ns >= S,
		.delay_ns = 10 * MS,
		.has_loss = at_ns >= 2 * S,
		.loss = 1,
		.has_rate = at_ns < S,
		.rate_bps = 8000,
	};
}

START_TEST(a_trace_says_what_holds_at_a_time)
{
	static const struct snet__trace_ops ops = {.point = point, .free = count_free};
	const struct snet_impairment description = {.delay_ns = MS, .trace = "file"};
	const struct snet__rule_hooks hooks = {.trace_ops = &ops};

	frees = 0;
	bed = bed_new_seeded(&description, 42, "l", false, &hooks);
	bed_push(bed, 100);
	bed_advance(bed, S);
	bed_push(bed, 100);
	bed_advance(bed, 2 * S);
	bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 2);
	ck_assert_uint_eq(bed->outs[0].left_ns, 101 * MS);
	ck_assert_uint_eq(bed->outs[1].left_ns, S + 10 * MS);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_LOSS], 1);
	bed_free(bed);
	bed = NULL;
	ck_assert_int_eq(frees, 1);
}
END_TEST

static struct snet__trace_moment look(void)
{
	struct snet__trace_moment ret;

	snet__pipe_look(bed->pipe, bed->now_ns, &ret);
	return ret;
}

static void expect_silence(void)
{
	struct snet__trace_moment said = look();

	ck_assert(!said.has_delay && !said.has_loss && !said.has_rate);
}

static void play(const char *text)
{
	const struct snet_impairment description = {.trace = path, .trace_once = true};
	struct snet__rule_hooks hooks;

	text_file_set_up();
	text_file_write(text);
	ck_assert_int_eq(snet__hooks_make(&hooks, &description, NULL, NULL), 0);
	text_file_tear_down();
	bed = bed_new_seeded(&description, 42, "l", false, &hooks);
}

START_TEST(what_a_trace_says_is_told_from_its_first_packet_to_its_end)
{
	struct snet__trace_moment said;

	play("time,delay,loss\n0,30ms,0\n10s,80ms,25%\n20s,1ms,0\n");
	expect_silence();
	/* Whoever looks does not let it begin. */
	bed_advance(bed, 5 * S);
	expect_silence();
	bed_push(bed, 100);
	bed_advance(bed, 14 * S);
	ck_assert_uint_eq(look().delay_ns, 30 * MS);
	bed_advance(bed, 16 * S);
	said = look();
	ck_assert(said.has_delay && said.has_loss && !said.has_rate);
	ck_assert_uint_eq(said.delay_ns, 80 * MS);
	ck_assert_double_eq_tol(said.loss, 0.25, 1e-9);
	bed_advance(bed, 35 * S);
	expect_silence();
}
END_TEST

START_TEST(deliveries_are_told_as_a_rate)
{
	struct snet__trace_moment said;

	play("10\n20\n1500\n");
	bed_advance(bed, 5 * S);
	expect_silence();
	bed_push(bed, 100);
	said = look();
	ck_assert(!said.has_delay && !said.has_loss && said.has_rate);
	ck_assert_uint_eq(said.rate_bps, 24000);
	bed_advance(bed, 6500 * MS);
	expect_silence();
}
END_TEST

START_TEST(who_has_no_trace_is_told_nothing)
{
	const struct snet_impairment slow = {.delay_ns = MS};

	bed = bed_new(&slow);
	bed_push(bed, 100);
	expect_silence();
	bed_drain(bed);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("hooks");
	TCase *tcase = tcase_create("hooks");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_a_filter_leaves_out_passes_at_once);
	tcase_add_test(tcase, chance_does_not_depend_on_what_a_filter_leaves_out);
	tcase_add_test(tcase, a_trace_says_when_packets_leave);
	tcase_add_test(tcase, what_a_trace_has_delayed_does_not_wait_for_it_without);
	tcase_add_test(tcase, a_trace_says_what_holds_at_a_time);
	tcase_add_test(tcase, what_a_trace_says_is_told_from_its_first_packet_to_its_end);
	tcase_add_test(tcase, deliveries_are_told_as_a_rate);
	tcase_add_test(tcase, who_has_no_trace_is_told_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
