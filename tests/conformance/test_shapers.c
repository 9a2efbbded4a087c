/* SPDX-License-Identifier: MIT */
/* What a shaper does to packets: the figures are those of the description, whichever it is. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/distribution.h"
#include "shaper_bed.h"

#define CHANCE 3.29 /* deviations of a normal distribution that 99.9 % are within */

/* Of the last flow that was run. */
static struct packets_arrived bed_got;

static void run(size_t count, uint64_t gap_ns)
{
	packets_run(&bed_got, &bed_a, &bed_b,
		    &(const struct packets_flow){.count = count, .gap_ns = gap_ns});
}

/* How many of @count packets had a certain fate. */
typedef size_t (*fate_fn)(size_t count);

static bool is_share(const char *what, size_t real, size_t count, double share,
		     double spread)
{
	double mean = (double)count * share;
	double wide = CHANCE * sqrt(mean * (1 - share) * spread) + 1;

	printf("%s %g %%: %zu of %zu, which should be %.0f +- %.0f\n", what, share * 100,
	       real, count, mean, wide);
	return fabs((double)real - mean) <= wide;
}

/* Within what chance does 999 times in 1,000; the one time gets a second try, so that this many
 * shares can be looked at each day. */
static void assert_share(const char *what, fate_fn fate, size_t count, double share,
			 double spread)
{
	if (!is_share(what, fate(count), count, share, spread))
		ck_assert_msg(is_share(what, fate(count), count, share, spread), "%s",
			      what);
}

static size_t missing(size_t count)
{
	run(count, 0);
	return bed_got.missing;
}

static size_t twice(size_t count)
{
	run(count, 0);
	ck_assert_uint_eq(bed_got.missing, 0);
	ck_assert_uint_eq(bed_got.count, count + bed_got.twice);
	return bed_got.twice;
}

static size_t corrupt(size_t count)
{
	size_t wrong = 0;

	run(count, 0);
	ck_assert_uint_eq(bed_got.count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_le(bed_got.list[i].wrong_bits, 1);
		wrong += bed_got.list[i].wrong_bits;
	}
	return wrong;
}

/* How much before its time a packet may be there: a shaper sends it so early that it should be there
 * just then. */
#define LEAD_MOST_NS 25000

/* Of a delay of 300 ms, or from 300 ms on. */
static size_t early(size_t count)
{
	size_t sum = 0;

	run(count, 0);
	ck_assert_uint_eq(bed_got.count, count);
	for (size_t i = 0; i < count; i++)
		sum += bed_got.list[i].delay_ns < 300 * MS - LEAD_MOST_NS;
	return sum;
}

/* What depends on how late the machine is may be measured so often, and again whenever it is known to
 * have had no time: then with more of it for each packet. */
#define TRIES       10
#define GAP_MOST_NS ((uint64_t)16 * MS)

struct trial {
	int tries;
	uint64_t gap_ns; /* between two packets */
};

static void try_again(struct trial *trial, const char *what)
{
	if (!bed_was_starved())
		ck_assert_msg(++trial->tries < TRIES, "%s", what);
	else if (trial->gap_ns < GAP_MOST_NS)
		trial->gap_ns *= 2;
}

static bool has_delay(int64_t delay, uint64_t gap_ns)
{
	run(100, gap_ns);
	packets_sort(&bed_got);
	printf("delay %d ms: %.3f to %.3f ms, half below %.3f ms\n", (int)(delay / MS),
	       (double)bed_got.list[0].delay_ns / MS,
	       (double)bed_got.list[99].delay_ns / MS,
	       (double)bed_got.list[50].delay_ns / MS);
	ck_assert_uint_eq(bed_got.count, 100);
	/* Never earlier than that. The clock that is looked at is another one. */
	ck_assert_int_ge(bed_got.list[0].delay_ns, delay - delay / 1000 - LEAD_MOST_NS);
	return bed_got.list[50].delay_ns <= delay + 3 * MS;
}

START_TEST(a_delay_is_that_delay)
{
	static const int delays_ms[] = {1, 10, 100};

	for (size_t i = 0; i < 3; i++) {
		int64_t delay = (int64_t)delays_ms[i] * MS;
		struct trial trial = {.gap_ns = MS};

		bed_set(&(const struct snet_impairment){.delay_ns = (uint64_t)delay});
		while (!has_delay(delay, trial.gap_ns))
			try_again(&trial, "delay");
	}
}
END_TEST

/* Kolmogorov-Smirnov: the largest distance of the delays' distribution from the table's. */
static double distance(const int16_t *table, size_t size, double delay, double jitter)
{
	double most = 0;
	size_t below = 0;

	packets_sort(&bed_got);
	for (size_t i = 0; i < bed_got.count; i++) {
		double entry = ((double)bed_got.list[i].delay_ns - delay) / jitter *
			       SNET__DISTRIBUTION_ONE;

		while (below < size && table[below] <= entry)
			below++;
		most = fmax(most, fabs((double)below / (double)size -
				       (double)i / (double)bed_got.count));
	}
	return most;
}

static void moments(double *ret_mean, double *ret_deviation)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < bed_got.count; i++) {
		double delay = (double)bed_got.list[i].delay_ns;

		sum += delay;
		squares += delay * delay;
	}
	*ret_mean = sum / (double)bed_got.count;
	*ret_deviation = sqrt(squares / (double)bed_got.count - *ret_mean * *ret_mean);
}

/* Of a table, in parts of the jitter. */
static double deviation_of(const int16_t *table, size_t size)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < size; i++) {
		double entry = (double)table[i] / SNET__DISTRIBUTION_ONE;

		sum += entry;
		squares += entry * entry;
	}
	sum /= (double)size;
	return sqrt(squares / (double)size - sum * sum);
}

static bool has_spread(const char *what, const int16_t *table, size_t size,
		       uint64_t gap_ns)
{
	const double delay = 250 * MS, jitter = 50 * MS;
	double expected = deviation_of(table, size), mean, deviation, most;

	run(2000, gap_ns);
	ck_assert_uint_eq(bed_got.count, 2000);
	moments(&mean, &deviation);
	most = distance(table, size, delay, jitter);
	printf("delay 250 ms, jitter 50 ms, %s: mean %.2f ms, deviation %.2f ms (should be "
	       "%.2f), distance %.4f\n",
	       what, mean / MS, deviation / MS, jitter * expected / MS, most);
	/* 1.95 / sqrt(n) at 99.9 %, and a part of a deviation for late timers. */
	return fabs(mean - delay) < 5 * MS &&
	       fabs(deviation / jitter / expected - 1) < 0.15 &&
	       most < 1.95 / sqrt(2000) + 0.02;
}

static void assert_spread(const char *what, const int16_t *table, size_t size)
{
	struct trial trial = {.gap_ns = MS / 4};

	while (!has_spread(what, table, size, trial.gap_ns))
		try_again(&trial, what);
}

/* The uniform one last: the kernel keeps a table once it has one. */
START_TEST(jitter_has_its_distribution)
{
	static const char *const names[] = {"uniform", "normal", "pareto",
					    "paretonormal"};
	struct snet_impairment impairment = {.delay_ns = 250 * MS, .jitter_ns = 50 * MS};

	for (int i = SNET_DISTRIBUTION_PARETONORMAL; i >= SNET_DISTRIBUTION_UNIFORM;
	     i--) {
		impairment.distribution = (enum snet_distribution)i;
		bed_set(&impairment);
		assert_spread(names[i], snet__distribution_table(impairment.distribution),
			      SNET__DISTRIBUTION_SIZE);
	}
}
END_TEST

/* A coin: once the jitter less, or more. */
START_TEST(jitter_may_be_of_a_file)
{
	char path[] = "/tmp/snet-table.XXXXXX";
	struct snet_impairment impairment = {.delay_ns = 300 * MS,
					     .jitter_ns = 200 * MS,
					     .distribution = SNET_DISTRIBUTION_TABLE,
					     .table = path};
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(dprintf(fd, "# a coin\n-8192\n8192\n"), 0);
	bed_set(&impairment);
	(void)remove(path); /* in a guest that goes anyway */
	assert_share("the coin's one side", early, 1000, 0.5, 1);
	for (size_t i = 0; i < bed_got.count; i++)
		ck_assert(bed_got.list[i].delay_ns < 300 * MS ||
			  bed_got.list[i].delay_ns > 499 * MS);
}
END_TEST

START_TEST(random_loss_is_that_share)
{
	static const double shares[] = {0.01, 0.1, 0.5};

	for (size_t i = 0; i < 3; i++) {
		size_t before;

		bed_set(&(const struct snet_impairment){.loss = shares[i]});
		before = bed_count().lost;
		run(1000, 0);
		ck_assert_uint_eq(bed_count().lost - before, bed_got.missing);
		assert_share("loss", missing, 3000, shares[i], 1);
	}
}
END_TEST

static double mean_burst(size_t count)
{
	size_t bursts = 0;

	for (size_t i = 0; i < count; i++)
		bursts += bed_got.copies[i] == 0 && (i == 0 || bed_got.copies[i - 1]);
	return (double)bed_got.missing / (double)bursts;
}

/* Both models with the same two states: a fifth is lost, five in a row at the mean. The spread is
 * that of a chain which keeps three quarters of its state: (1 + 3/4) / (1 - 3/4). */
START_TEST(loss_comes_in_bursts_by_either_model)
{
	static const struct snet_impairment models[] = {
		{.loss_model = SNET_LOSS_GEMODEL, .loss_gemodel = {0.05, 0.2, 1, 0}},
		{.loss_model = SNET_LOSS_STATE, .loss_state = {0.05, 0.2, 0, 0, 0}},
	};

	for (size_t i = 0; i < 2; i++) {
		bed_set(&models[i]);
		assert_share(i ? "loss by four states" : "loss by Gilbert and Elliott",
			     missing, 4000, 0.2, 7);
		printf("bursts of %.2f, which should be 5 +- 1.6\n", mean_burst(4000));
		ck_assert(fabs(mean_burst(4000) - 5) < 1.6);
	}
}
END_TEST

START_TEST(the_good_and_the_bad_state_lose_their_shares)
{
	/* Always in the bad state but for the first packet. */
	bed_set(&(const struct snet_impairment){.loss_model = SNET_LOSS_GEMODEL,
						.loss_gemodel = {1, 0, 0.3, 0}});
	assert_share("loss in the bad state", missing, 3000, 0.3, 1);
	bed_set(&(const struct snet_impairment){.loss_model = SNET_LOSS_GEMODEL,
						.loss_gemodel = {0, 1, 1, 0.05}});
	assert_share("loss in the good state", missing, 3000, 0.05, 1);
}
END_TEST

START_TEST(duplicates_are_that_share)
{
	bed_set(&(const struct snet_impairment){.duplicate = 0.1});
	assert_share("duplicates", twice, 3000, 0.1, 1);
}
END_TEST

START_TEST(corruption_inverts_one_bit)
{
	bed_set(&(const struct snet_impairment){.corrupt = 0.2});
	assert_share("corruption", corrupt, 2000, 0.2, 1);
}
END_TEST

START_TEST(reordering_is_that_share)
{
	size_t before;
	size_t ahead;

	bed_set(&(const struct snet_impairment){.delay_ns = 300 * MS, .reorder = 0.25});
	before = bed_count().reordered;
	ahead = early(500);
	ck_assert_uint_eq(bed_count().reordered - before, ahead);
	assert_share("reordering", early, 2000, 0.25, 1);
}
END_TEST

START_TEST(a_gap_lets_every_fifth_go_ahead)
{
	bed_set(&(const struct snet_impairment){.delay_ns = 200 * MS,
						.reorder = 1,
						.gap = 5});
	run(500, 0);
	ck_assert_uint_eq(bed_got.count, 500);
	for (size_t i = 0; i < bed_got.count; i++)
		ck_assert_int_eq(bed_got.list[i].delay_ns < 200 * MS - LEAD_MOST_NS,
				 bed_got.list[i].number % 5 == 4);
}
END_TEST

static double seconds(size_t size)
{
	const struct packets_flow flow = {.count = 500, .size = size};

	packets_run(&bed_got, &bed_a, &bed_b, &flow);
	ck_assert_uint_eq(bed_got.count, 500);
	return (double)(bed_got.list[499].at_ns - bed_got.list[0].at_ns) / 1e9;
}

static bool has_rate(size_t overhead)
{
	double bits = 499 * 8 * (1000 + (double)overhead), took = seconds(1000);

	printf("rate 10 Mbit, %zu bytes more each: %.3f Mbit\n", overhead,
	       bits / took / 1e6);
	return fabs(took / (bits / 10e6) - 1) < 0.02;
}

START_TEST(a_rate_is_that_rate)
{
	for (int overhead = 0; overhead <= 250; overhead += 250) {
		struct trial trial = {0};

		bed_set(&(const struct snet_impairment){.rate_bps = 10000000,
							.overhead_bytes = overhead});
		while (!has_rate((size_t)overhead))
			try_again(&trial, "rate");
	}
}
END_TEST

START_TEST(a_full_queue_loses_what_comes)
{
	size_t before;

	bed_set(&(const struct snet_impairment){.delay_ns = 200 * MS,
						.limit_packets = 10});
	before = bed_count().lost;
	run(30, 0);
	ck_assert_uint_eq(bed_got.count, 10);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_uint_eq(bed_got.list[i].number, i);
	ck_assert_uint_eq(bed_count().lost - before, 20);
}
END_TEST

START_TEST(packets_that_can_be_are_marked_instead)
{
	struct packets_flow flow = {.count = 500, .is_ip = true};

	bed_set(&(const struct snet_impairment){.loss = 1, .ecn = true});
	packets_run(&bed_got, &bed_a, &bed_b, &flow);
	ck_assert_uint_eq(bed_got.count, 500);
	for (size_t i = 0; i < bed_got.count; i++)
		ck_assert(bed_got.list[i].is_marked);
	flow.is_ip = false;
	packets_run(&bed_got, &bed_a, &bed_b, &flow);
	ck_assert_uint_eq(bed_got.count, 0);
}
END_TEST

/* A packet that is doubled and lost is there once; a copy may be lost in its turn. (netem decides so,
 * since it gives the copy to itself.) So a quarter is lost, and half of a quarter comes twice. */
START_TEST(copies_are_lost_like_others)
{
	bed_set(&(const struct snet_impairment){.loss = 0.5, .duplicate = 0.5});
	assert_share("lost and not doubled", missing, 3000, 0.25, 1);
	ck_assert_uint_eq(bed_got.count, 3000 - bed_got.missing + bed_got.twice);
	ck_assert(is_share("doubled", bed_got.twice, 3000, 0.125, 1));
}
END_TEST

/* How many arrived after one with a higher number. */
static size_t overtaken(size_t count)
{
	uint32_t last = 0;
	size_t sum = 0;

	run(count, 0);
	ck_assert_uint_eq(bed_got.count, count);
	for (size_t i = 0; i < count; i++) {
		sum += bed_got.list[i].number < last;
		last = bed_got.list[i].number > last ? bed_got.list[i].number : last;
	}
	return sum;
}

START_TEST(jitter_reorders_and_neither_delay_nor_rate_does)
{
	struct snet_impairment impairment = {.delay_ns = 50 * MS};

	bed_set(&impairment);
	ck_assert_uint_eq(overtaken(500), 0);
	impairment.jitter_ns = 40 * MS;
	bed_set(&impairment);
	ck_assert_uint_gt(overtaken(500), 250);
	impairment = (struct snet_impairment){.rate_bps = 10000000};
	bed_set(&impairment);
	ck_assert_uint_eq(overtaken(500), 0);
}
END_TEST

static bool adds_up(void)
{
	const double each_ns = 64 * 8 / 512e3 * 1e9;
	double first, last;

	run(50, 0);
	ck_assert_uint_eq(bed_got.count, 50);
	first = (double)bed_got.list[0].delay_ns;
	last = (double)(bed_got.list[49].at_ns - bed_got.list[0].at_ns);
	printf("delay 100 ms, rate 512 kbit: the first after %.2f ms, 49 more in %.2f ms\n",
	       first / MS, last / MS);
	return first > 100 * MS + each_ns - MS / 10 &&
	       first < 100 * MS + each_ns + 5 * MS &&
	       fabs(last / (49 * each_ns) - 1) < 0.1;
}

/* The first is as long on its way as both together, the last as all before it need the medium. */
START_TEST(delay_comes_on_top_of_rate)
{
	struct trial trial = {0};

	bed_set(&(const struct snet_impairment){.delay_ns = 100 * MS,
						.rate_bps = 512000});
	while (!adds_up())
		try_again(&trial, "delay and rate");
}
END_TEST

static size_t lost_of_pairs(size_t count)
{
	size_t pairs = 0;

	run(count, 0);
	for (size_t i = 1; i < count; i++)
		pairs += !bed_got.copies[i] && !bed_got.copies[i - 1];
	return pairs;
}

/* Of random loss each is lost whatever became of the one before: a hundredth are pairs. */
START_TEST(losses_are_independent)
{
	bed_set(&(const struct snet_impairment){.loss = 0.1});
	assert_share("pairs of losses", lost_of_pairs, 4000, 0.01, 1.4);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create(bed_kind);
	TCase *t = tcase_create("shaper");

	bed_require();
	tcase_add_checked_fixture(t, bed_set_up, bed_tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_delay_is_that_delay);
	tcase_add_test(t, jitter_has_its_distribution);
	tcase_add_test(t, jitter_may_be_of_a_file);
	tcase_add_test(t, random_loss_is_that_share);
	tcase_add_test(t, loss_comes_in_bursts_by_either_model);
	tcase_add_test(t, the_good_and_the_bad_state_lose_their_shares);
	tcase_add_test(t, duplicates_are_that_share);
	tcase_add_test(t, corruption_inverts_one_bit);
	tcase_add_test(t, reordering_is_that_share);
	tcase_add_test(t, a_gap_lets_every_fifth_go_ahead);
	tcase_add_test(t, a_rate_is_that_rate);
	tcase_add_test(t, a_full_queue_loses_what_comes);
	tcase_add_test(t, packets_that_can_be_are_marked_instead);
	tcase_add_test(t, copies_are_lost_like_others);
	tcase_add_test(t, jitter_reorders_and_neither_delay_nor_rate_does);
	tcase_add_test(t, delay_comes_on_top_of_rate);
	tcase_add_test(t, losses_are_independent);
	suite_add_tcase(s, t);
	return s;
}
