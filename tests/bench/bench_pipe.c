/* SPDX-License-Identifier: MIT */
/* What a pipe costs a packet, in and out again: with nothing set; with delay, normal jitter and
 * loss, a thousand packets being on their way; and with a rate. */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "link/pipe.h"

#define PACKETS 1000000
#define ROUNDS  5
#define MS      UINT64_C(1000000)
#define SIZE    100

static struct snet__packets unused;

static struct snet__packet *take_unused(void)
{
	struct snet__packet *packet = snet__packets_remove(&unused);

	if (!packet)
		packet = calloc(1, sizeof(*packet) + SIZE);
	if (!packet)
		exit(1);
	packet->size = SIZE;
	return packet;
}

static struct snet__packet *copy(void *user, const struct snet__packet *packet)
{
	return take_unused();
}

static void drop(void *user, struct snet__packet *packet, enum snet__drop cause)
{
	snet__packets_add(&unused, packet);
}

static const struct snet__pipe_ops ops = {.copy = copy, .drop = drop};

static struct snet__pipe *make_pipe(const struct snet_impairment *description)
{
	struct snet__pipe_opts opts = {.seed = 1, .link = "bench", .ops = &ops};
	struct snet__rules *rules;
	struct snet__pipe *pipe;

	if (snet__rules_new(&rules, description, NULL, NULL) < 0 ||
	    snet__pipe_new(&pipe, &opts, rules, NULL) < 0)
		exit(1);
	return pipe;
}

/* One packet each @gap_ns. */
static double measure(const struct snet_impairment *description, uint64_t gap_ns)
{
	struct snet__pipe *pipe = make_pipe(description);
	uint64_t now_ns = 0, began = snet__clock_ns(), took;
	struct snet__packet *packet;

	for (int i = 0; i < PACKETS; i++, now_ns += gap_ns) {
		snet__pipe_push(pipe, now_ns, take_unused());
		while (snet__pipe_next_ns(pipe) <= now_ns &&
		       (packet = snet__pipe_pop(pipe, now_ns)))
			snet__packets_add(&unused, packet);
	}
	took = snet__clock_ns() - began;
	snet__pipe_free(pipe);
	return (double)took / PACKETS;
}

int main(void)
{
	static const struct {
		const char *name;
		struct snet_impairment description;
	} kinds[] = {
		{"plain", {0}},
		{"delay", {.delay_ns = 10 * MS}},
		{"jitter_loss",
		 {.delay_ns = 10 * MS,
		  .jitter_ns = MS,
		  .distribution = SNET_DISTRIBUTION_NORMAL,
		  .loss = 0.01}},
		{"rate", {.delay_ns = 10 * MS, .rate_bps = 100000000}},
		{"codel", {.rate_bps = 80000000, .queue = SNET_QUEUE_CODEL}},
		{"jitter_10000",
		 {.delay_ns = 1000 * MS,
		  .jitter_ns = 100 * MS,
		  .distribution = SNET_DISTRIBUTION_NORMAL,
		  .loss = 0.01}},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		double best = measure(&kinds[i].description, 10000);

		for (int round = 1; round < ROUNDS; round++) {
			double again = measure(&kinds[i].description, 10000);

			best = again < best ? again : best;
		}
		printf("{\"bench\":\"pipe_%s\",\"ns_per_packet\":%.1f}\n", kinds[i].name,
		       best);
	}
	return 0;
}
