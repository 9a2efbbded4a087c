/* SPDX-License-Identifier: MIT */
/* What chance decides. Each stream is asked for each packet, whether the others have lost it or
 * not: the n-th packet has the n-th number of each. Of netem this differs only in which packets a
 * correlation joins, where packets are lost as well.
 * Source: tc-netem(8) for the meaning of each. */

#include "link/decider.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static int seed_stream(struct snet__chance *chance, uint64_t seed, const char *prefix,
		       const char *purpose)
{
	autofree char *name = snet__text_format("%s/%s", prefix, purpose);

	if (!name)
		return -ENOMEM;
	snet__chance_seed(chance, seed, name);
	return 0;
}

static int seed_streams(struct snet__decider_streams *streams, uint64_t seed,
			const char *prefix)
{
	const struct {
		struct snet__chance *chance;
		const char *purpose;
	} all[] = {
		{&streams->loss.chance, "loss"}, {&streams->duplicate, "duplicate"},
		{&streams->corrupt, "corrupt"},  {&streams->place, "place"},
		{&streams->reorder, "reorder"},  {&streams->delay, "delay"},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && r == 0; i++)
		r = seed_stream(all[i].chance, seed, prefix, all[i].purpose);
	return r;
}

int snet__decider_init(struct snet__decider *decider, uint64_t seed, const char *link,
		       bool is_back, struct snet_err *err)
{
	const char *direction = is_back ? "back" : "forth";
	autofree char *packets = snet__text_format("link/%s/%s", link, direction);
	autofree char *copies = snet__text_format("link/%s/%s/copy", link, direction);

	memset(decider, 0, sizeof(*decider));
	if (!packets || !copies || seed_streams(&decider->packets, seed, packets) < 0 ||
	    seed_streams(&decider->copies, seed, copies) < 0)
		return snet__err_oom(err);
	return 0;
}

static bool hits(struct snet__chance *chance, const struct snet__share *share)
{
	return snet__chance_hits(chance, share->share, share->correlation);
}

static bool is_lost(struct snet__decider_streams *streams,
		    const struct snet__rules *rules,
		    const struct snet__trace_moment *point)
{
	const struct snet__loss_rule *rule = &rules->loss;

	if (point && point->has_loss)
		return snet__chance_hits(&streams->loss.chance,
					 snet__chance_share(point->loss),
					 rule->correlation);
	return rule->kind && rule->kind->loses(rule, &streams->loss, streams->count);
}

/* Once in a gap at most, and not before it is over. */
static bool is_at_once(struct snet__decider_streams *streams,
		       const struct snet__rules *rules)
{
	if (!rules->reorder.share)
		return false;
	if (streams->in_row >= rules->gap - 1 &&
	    hits(&streams->reorder, &rules->reorder)) {
		streams->in_row = 0;
		return true;
	}
	if (streams->in_row < UINT32_MAX)
		streams->in_row++;
	return false;
}

void snet__decider_decide(struct snet__decider *decider, const struct snet__rules *rules,
			  const struct snet__trace_moment *point, bool is_copy,
			  struct snet__decision *ret)
{
	struct snet__decider_streams *streams =
		is_copy ? &decider->copies : &decider->packets;
	uint64_t delay_ns = point && point->has_delay ? point->delay_ns : rules->delay_ns;
	unsigned int fate = is_copy ? SNET__FATE_COPY : 0;

	streams->count++;
	ret->number = decider->packets.count;
	ret->place = 0;
	if (!is_copy && hits(&streams->duplicate, &rules->duplicate))
		fate |= SNET__FATE_DUPLICATE;
	if (is_lost(streams, rules, point))
		fate |= SNET__FATE_LOSE;
	if (hits(&streams->corrupt, &rules->corrupt)) {
		fate |= SNET__FATE_CORRUPT;
		ret->place = snet__chance_next(&streams->place, 0);
	}
	if (is_at_once(streams, rules))
		fate |= SNET__FATE_AT_ONCE;
	ret->delay_ns = snet__dist_draw(&rules->dist, &streams->delay, delay_ns);
	ret->fate = (uint8_t)fate;
}
