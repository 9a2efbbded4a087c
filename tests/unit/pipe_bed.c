/* SPDX-License-Identifier: MIT */
#include "pipe_bed.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "suite.h"

void bed_need(bool is_so, const char *what)
{
	if (!is_so)
		ck_abort_msg("%s", what);
}

static struct snet__packet *make_packet(struct bed *bed, const void *data, uint32_t size)
{
	struct snet__packet *packet = calloc(1, sizeof(*packet) + size);

	bed_need(packet, "there is memory");
	packet->size = size;
	if (data)
		memcpy(packet->data, data, size);
	bed->held++;
	return packet;
}

static struct snet__packet *copy(void *user, const struct snet__packet *packet)
{
	struct bed *bed = user;

	return bed->has_memory ? make_packet(bed, packet->data, packet->size) : NULL;
}

static void drop(void *user, struct snet__packet *packet, enum snet__drop cause)
{
	struct bed *bed = user;

	bed->dropped[cause]++;
	bed->held--;
	free(packet);
}

static void change(void *user, struct snet__packet *packet)
{
	struct bed *bed = user;

	bed->changed++;
}

static void note_decision(void *user, const struct snet__decision *decision)
{
	struct bed *bed = user;

	bed_need(snet__vec_reserve(&bed->decisions, &bed->decision_cap,
				   bed->decision_count + 1, sizeof(*bed->decisions),
				   NULL) == 0,
		 "there is memory");
	bed->decisions[bed->decision_count++] = *decision;
}

static const struct snet__pipe_ops ops = {
	.copy = copy,
	.drop = drop,
	.change = change,
	.decided = note_decision,
};

static struct snet__rules *make_rules(const struct snet_impairment *description,
				      const struct snet__rule_hooks *hooks)
{
	struct snet__rules *rules;
	struct snet_err err = {0};

	ck_assert_msg(snet__rules_new(&rules, description, hooks, &err) == 0, "%s",
		      err.msg);
	return rules;
}

struct bed *bed_new_seeded(const struct snet_impairment *description, uint64_t seed,
			   const char *link, bool is_back,
			   const struct snet__rule_hooks *hooks)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct snet__pipe_opts opts = {
		.seed = seed,
		.link = link,
		.is_back = is_back,
		.ops = &ops,
		.user = bed,
		.lead_ns = &bed->lead_ns,
	};

	ck_assert_ptr_nonnull(bed);
	bed->has_memory = true;
	ck_assert_int_eq(snet__pipe_new(&bed->pipe, &opts, make_rules(description, hooks),
					NULL),
			 0);
	return bed;
}

struct bed *bed_new(const struct snet_impairment *description)
{
	return bed_new_seeded(description, 42, "l", false, NULL);
}

/* What holds at any time. */
static void check_counts(const struct bed *bed)
{
	const struct snet__pipe_counts *counts = snet__pipe_counts(bed->pipe);
	uint64_t lost = 0;

	for (int i = 0; i < SNET__DROP_COUNT; i++) {
		bed_need(counts->lost[i] >= bed->dropped[i], "each loss is counted");
		lost += counts->lost[i];
	}
	bed_need(counts->in_packets + counts->duplicated ==
			 counts->out_packets + lost + counts->queue_packets,
		 "what came in came out, was lost, or is there");
	bed_need(counts->queue_packets == bed->held, "the queue is what is held");
	bed_need(counts->out_packets == bed->out_count, "all that leave are counted");
	bed_need(counts->queue_packets_max >= counts->queue_packets, "most is most");
	bed_need(counts->queue_packets || !counts->queue_bytes, "nothing has no bytes");
}

void bed_free(struct bed *bed)
{
	check_counts(bed);
	snet__pipe_free(bed->pipe);
	ck_assert_uint_eq(bed->held, 0);
	free(bed->outs);
	free(bed->decisions);
	free(bed->last_out);
	free(bed);
}

static void note_out(struct bed *bed, struct snet__packet *packet)
{
	bed_need(snet__vec_reserve(&bed->outs, &bed->out_cap, bed->out_count + 1,
				   sizeof(*bed->outs), NULL) == 0,
		 "there is memory");
	bed->outs[bed->out_count++] = (struct bed_out){
		.number = packet->number,
		.arrived_ns = packet->arrived_ns,
		.left_ns = bed->now_ns,
		.size = packet->size,
	};
	free(bed->last_out);
	bed->last_out = malloc(packet->size + 1);
	bed_need(bed->last_out, "there is memory");
	memcpy(bed->last_out, packet->data, packet->size);
	bed->last_size = packet->size;
	bed->held--;
	free(packet);
}

static void pop_all(struct bed *bed)
{
	struct snet__packet *packet;

	while ((packet = snet__pipe_pop(bed->pipe, bed->now_ns))) {
		bed_need(packet->due_ns >= bed->now_ns &&
				 packet->due_ns - bed->now_ns <= bed->lead_ns,
			 "a packet leaves when it is due, or so long before");
		note_out(bed, packet);
	}
}

void bed_set(struct bed *bed, const struct snet_impairment *description)
{
	snet__pipe_set(bed->pipe, bed->now_ns, make_rules(description, NULL));
	pop_all(bed);
}

void bed_push_data(struct bed *bed, const void *data, uint32_t size)
{
	snet__pipe_push(bed->pipe, bed->now_ns, make_packet(bed, data, size));
	pop_all(bed);
}

void bed_push(struct bed *bed, uint32_t size)
{
	bed_push_data(bed, NULL, size);
}

void bed_push_late(struct bed *bed, size_t count, uint64_t gap_ns, uint32_t size)
{
	struct snet__packet *packet;

	for (size_t i = 0; i < count; i++) {
		bed->now_ns += i ? gap_ns : 0;
		snet__pipe_push(bed->pipe, bed->now_ns, make_packet(bed, NULL, size));
	}
	while ((packet = snet__pipe_pop(bed->pipe, bed->now_ns)))
		note_out(bed, packet);
}

void bed_refuse(struct bed *bed, uint32_t size)
{
	struct snet__packet *packet = make_packet(bed, NULL, size);

	snet__pipe_refuse(bed->pipe, bed->now_ns, packet);
	bed->held--;
	free(packet);
}

void bed_advance(struct bed *bed, uint64_t until_ns)
{
	for (;;) {
		uint64_t next = snet__pipe_next_ns(bed->pipe);

		if (next > until_ns)
			break;
		bed_need(next >= bed->now_ns, "time does not go back");
		bed->now_ns = next;
		pop_all(bed);
	}
	bed->now_ns = until_ns;
}

void bed_drain(struct bed *bed)
{
	uint64_t next;

	while ((next = snet__pipe_next_ns(bed->pipe)) < UINT64_MAX)
		bed_advance(bed, next);
	ck_assert_uint_eq(bed->held, 0);
}

void bed_run(struct bed *bed, size_t count, uint64_t gap_ns, uint32_t size)
{
	for (size_t i = 0; i < count; i++) {
		bed_push(bed, size);
		if (i + 1 < count)
			bed_advance(bed, bed->now_ns + gap_ns);
	}
	bed_drain(bed);
}

const struct snet__pipe_counts *bed_counts(const struct bed *bed)
{
	check_counts(bed);
	return snet__pipe_counts(bed->pipe);
}

unsigned int *bed_times_out(const struct bed *bed, size_t count)
{
	unsigned int *times = calloc(count + 1, sizeof(*times));

	ck_assert_ptr_nonnull(times);
	for (size_t i = 0; i < bed->out_count; i++) {
		bed_need(bed->outs[i].number <= count, "no packet is unknown");
		times[bed->outs[i].number]++;
	}
	return times;
}

bool bed_decided_as(const struct bed *bed, const struct bed *other)
{
	if (bed->decision_count != other->decision_count)
		return false;
	for (size_t i = 0; i < bed->decision_count; i++) {
		const struct snet__decision *a = &bed->decisions[i],
					    *b = &other->decisions[i];

		if (a->number != b->number || a->fate != b->fate ||
		    a->delay_ns != b->delay_ns || a->place != b->place)
			return false;
	}
	return true;
}

bool bed_is_ordered(const struct bed *bed)
{
	for (size_t i = 1; i < bed->out_count; i++)
		if (bed->outs[i].number < bed->outs[i - 1].number)
			return false;
	return true;
}
