/* SPDX-License-Identifier: MIT */
/* Links that are worse than their lab file says: impaired, down, up and down. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fault/guards.h"
#include "fault/overlay.h"
#include "fault/share.h"
#include "io/filter.h"
#include "lab/shaping.h"
#include "topo/impairment.h"

struct link_state {
	/* Of all links and directions of the fault: what was counted until it began, until it had
	 * ended, and while no fault at all lay over them. */
	struct snet_link_counts before, during, plain;
	/* Of one that delays only what matches a filter, which a probe need not: what does. */
	struct snet__posts posts;
	struct snet__filter **filters;
	size_t filter_count;
};

/* ---- Before the lab is up. */

/* What faults touch is shaped from the start, so that nothing but what they do to it changes when
 * they begin. */
static int adapt(const struct snet__fault *fault, struct snet_lab *lab,
		 struct snet_err *err)
{
	return snet__links_adapt(&fault->links, fault->name, &lab->model, err);
}

static int check_way(const struct snet__model_link *link,
		     const struct snet_impairment *base, const struct snet__fault *fault,
		     struct snet_err *err)
{
	struct snet_impairment one = snet__impairment_plain;
	const char *key, *lacks;
	int r;

	r = snet__impairment_copy(&one, base, err);
	if (r == 0)
		r = snet__overlay_combine(&one, fault, err);
	if (r == 0)
		r = snet__impairment_check(&one, err);
	for (size_t i = 0; r == 0 && (key = snet__impairment_key(i)); i++) {
		lacks = fault->given[i] && !snet__impairment_is_idle(&one, key)
				? snet__impairment_lacks(&one, key)
				: NULL;
		if (lacks)
			r = snet__err_set(err, -EINVAL, "on link '%s' '%s' %s",
					  link->name, key, lacks);
	}
	snet__impairment_clear(&one);
	return r;
}

/* What is opened when a link is made. */
static int check_files(const struct snet__fault *fault, struct snet_err *err)
{
	const char *key = fault->set.decisions ? "decisions"
			  : fault->set.replay  ? "replay"
					       : NULL;

	return key ? snet__err_set(err, -EINVAL,
				   "'%s' is of a link as long as that is there: say it "
				   "in the lab file",
				   key)
		   : 0;
}

static int check_impair(const struct snet__scenario *scenario,
			const struct snet__fault *fault, struct snet_err *err)
{
	int r = check_files(fault, err);

	for (size_t i = 0; i < fault->links.count && r == 0; i++) {
		const struct snet__model_link *link =
			scenario->model.links[fault->links.items[i]];

		if (fault->ways[0])
			r = check_way(link, &link->forth, fault, err);
		if (r == 0 && fault->ways[1])
			r = check_way(link, &link->back, fault, err);
	}
	return r;
}

/* ---- While it is. */

struct counting {
	const struct snet__injection *injection;
	struct snet_link_counts sum, plain;
};

static void add_counts(struct snet_link_counts *sum, const struct snet_link_counts *one)
{
	sum->in_packets += one->in_packets;
	sum->out_packets += one->out_packets;
	sum->lost_loss += one->lost_loss;
	sum->lost_queue += one->lost_queue;
	sum->lost_codel += one->lost_codel;
	sum->lost_down += one->lost_down;
	sum->lost_pmtu += one->lost_pmtu;
	sum->lost_fault += one->lost_fault;
	sum->duplicated += one->duplicated;
	sum->corrupted += one->corrupted;
	sum->marked += one->marked;
	sum->reordered += one->reordered;
}

static int count_on_engine(void *arg, struct snet_err *err)
{
	struct counting *counting = arg;
	const struct snet__fault *fault = counting->injection->fault;
	const struct snet__run *run = counting->injection->lab->run;
	struct snet_link_counts counts[2], plain[2];

	(void)err;
	for (size_t i = 0; i < fault->links.count; i++) {
		size_t link = fault->links.items[i];

		if (!snet__shaping_count(run, run->links[link], counts) ||
		    !snet__overlays_count_plain(counting->injection->overlays, link,
						plain))
			continue;
		for (int way = 0; way < 2; way++) {
			if (!fault->ways[way])
				continue;
			add_counts(&counting->sum, &counts[way]);
			add_counts(&counting->plain, &plain[way]);
		}
	}
	return 0;
}

static int count(const struct snet__injection *injection, struct snet_link_counts *ret,
		 struct snet_link_counts *ret_plain, struct snet_err *err)
{
	struct counting counting = {.injection = injection};
	int r = snet__lab_call(injection->lab, count_on_engine, &counting, err);

	*ret = counting.sum;
	*ret_plain = counting.plain;
	return r;
}

/* Only what matches the filter is delayed, be that the fault's or the link's own. */
static int watch_way(struct snet__injection *injection, size_t link, int way,
		     struct snet_err *err)
{
	const struct snet__model_link *of = injection->lab->model.links[link];
	struct snet_impairment one = snet__impairment_plain;
	struct link_state *state = injection->state;
	struct snet__guard *guard;
	int r;

	r = snet__impairment_copy(&one, way ? &of->back : &of->forth, err);
	if (r == 0)
		r = snet__overlay_combine(&one, injection->fault, err);
	if (r == 0 && one.filter) {
		guard = snet__posts_add(&state->posts, link, way);
		r = guard ? snet__filter_new(&state->filters[state->filter_count],
					     one.filter, err)
			  : snet__err_oom(err);
		if (r == 0) {
			guard->filter = state->filters[state->filter_count++];
			guard->count = 0;
		}
	}
	snet__impairment_clear(&one);
	return r;
}

static int prepare_impair(struct snet__injection *injection, struct snet_err *err)
{
	const struct snet__fault *fault = injection->fault;
	struct link_state *state = injection->state;
	int r = 0;

	state->posts.is_marked = true;
	state->filters = calloc(2 * fault->links.count + 1, sizeof(*state->filters));
	if (!state->filters)
		return snet__err_oom(err);
	for (size_t i = 0; i < fault->links.count && r == 0; i++)
		for (int way = 0; way < 2 && r == 0; way++)
			if (fault->ways[way])
				r = watch_way(injection, fault->links.items[i], way, err);
	return r;
}

static void clear_impair(struct snet__injection *injection)
{
	struct link_state *state = injection->state;

	snet__posts_clear(&state->posts);
	for (size_t i = 0; i < state->filter_count; i++)
		snet__filter_free(state->filters[i]);
	free(state->filters);
}

static int begin(struct snet__injection *injection, struct snet_err *err)
{
	struct link_state *state = injection->state;
	int r;

	r = count(injection, &state->before, &state->plain, err);
	if (r == 0)
		r = snet__overlays_add(injection->overlays, injection->fault, err);
	return r < 0 ? r : snet__posts_place(&state->posts, injection, err);
}

static int toggle(struct snet__injection *injection, bool on, struct snet_err *err)
{
	if (on)
		return snet__overlays_add(injection->overlays, injection->fault, err);
	return snet__overlays_remove(injection->overlays, injection->fault, err);
}

static int end(struct snet__injection *injection, struct snet_err *err)
{
	struct link_state *state = injection->state;
	int r;

	/* The lab may be gone. */
	(void)snet__posts_remove(&state->posts, injection, NULL);
	r = snet__overlays_remove(injection->overlays, injection->fault, err);
	(void)count(injection, &state->during, &state->plain, NULL);
	return r;
}

static const struct cause {
	const char *name, *words;
	size_t offset;
	/* What brings it about, NULL-terminated; none: a link that is down. */
	const char *keys[5];
} causes[] = {
	{"lost", "lost", offsetof(struct snet_link_counts, lost_loss), {"loss", "trace"}},
	{"lost_queue",
	 "lost at a full queue",
	 offsetof(struct snet_link_counts, lost_queue),
	 {"rate", "limit", "trace"}},
	{"lost_codel",
	 "lost by CoDel",
	 offsetof(struct snet_link_counts, lost_codel),
	 {"queue", "rate", "trace"}},
	{"lost_pmtu",
	 "lost as larger than the path MTU",
	 offsetof(struct snet_link_counts, lost_pmtu),
	 {"pmtu"}},
	{"lost_down",
	 "lost while it was down",
	 offsetof(struct snet_link_counts, lost_down),
	 {NULL}},
	{"duplicated",
	 "duplicated",
	 offsetof(struct snet_link_counts, duplicated),
	 {"duplicate"}},
	{"corrupted",
	 "corrupted",
	 offsetof(struct snet_link_counts, corrupted),
	 {"corrupt"}},
	{"marked", "marked", offsetof(struct snet_link_counts, marked), {"ecn", "loss"}},
	{"reordered",
	 "reordered",
	 offsetof(struct snet_link_counts, reordered),
	 {"reorder", "gap", "replay"}},
};
/* Of what matches a filter. */
static const struct cause delayed = {.keys = {"delay", "jitter", "rate"}};

static bool is_key_of(const char *key, const struct cause *cause)
{
	for (size_t i = 0; cause->keys[i]; i++)
		if (strcmp(key, cause->keys[i]) == 0)
			return true;
	return false;
}

/* Whether of what brings it about the fault gives a link something else than @base has. */
static bool changes(const struct snet__fault *fault, const struct snet_impairment *base,
		    const struct cause *cause)
{
	const char *key;

	for (size_t i = 0; fault->given && (key = snet__impairment_key(i)); i++)
		if (fault->given[i] && is_key_of(key, cause) &&
		    !snet__impairment_is_equal(&fault->set, base, key))
			return true;
	return false;
}

/* Whether it may happen on a link without any fault. */
static bool happens_anyway(const struct snet_impairment *base, const struct cause *cause)
{
	for (size_t i = 0; cause->keys[i]; i++)
		if (!snet__impairment_is_equal(base, &snet__impairment_plain,
					       cause->keys[i]))
			return true;
	return false;
}

static uint64_t number_of(const struct snet_link_counts *counts, size_t offset)
{
	return *(const uint64_t *)((const char *)counts + offset);
}

static uint64_t grown(const struct link_state *state, size_t offset)
{
	return number_of(&state->during, offset) - number_of(&state->before, offset);
}

/* A packet that is two may be lost twice. */
static uint64_t at_most(uint64_t number, uint64_t limit)
{
	return number < limit ? number : limit;
}

/* Whether it happened to more packets than without any fault. */
static bool is_more(const struct link_state *state, const struct cause *cause)
{
	const size_t all = offsetof(struct snet_link_counts, in_packets);
	uint64_t packets = grown(state, all), base = number_of(&state->plain, all);

	return snet__share_is_higher(
		at_most(grown(state, cause->offset), packets), packets,
		at_most(number_of(&state->plain, cause->offset), base), base);
}

/* Whether the fault can bring it about, and whether the links may do so by themselves. */
static void find_reasons(const struct snet__injection *injection,
			 const struct cause *cause, bool *ret_can, bool *ret_happens)
{
	const struct snet__fault *fault = injection->fault;

	*ret_can = *ret_happens = false;
	for (size_t i = 0; i < fault->links.count; i++) {
		const struct snet__model_link *link =
			injection->lab->model.links[fault->links.items[i]];

		for (int way = 0; way < 2; way++) {
			const struct snet_impairment *base =
				way ? &link->back : &link->forth;

			*ret_can |= fault->ways[way] && changes(fault, base, cause);
			*ret_happens |= fault->ways[way] && happens_anyway(base, cause);
		}
	}
}

/* Whether the fault has brought it about. */
static bool is_own(const struct snet__injection *injection, const struct cause *cause)
{
	bool can, happens;

	if (!cause->keys[0])
		return injection->fault->set.down;
	find_reasons(injection, cause, &can, &happens);
	return can && (!happens || is_more(injection->state, cause));
}

/* What comes is delayed by as much as the fault says: that some came, is seen. */
static void measure_matched(const struct snet__injection *injection,
			    struct snet__effect *effect)
{
	const struct link_state *state = injection->state;
	uint64_t seen = snet__posts_seen(&state->posts);
	size_t used = strlen(effect->text);
	bool can, happens;

	if (!state->posts.count)
		return;
	find_reasons(injection, &delayed, &can, &happens);
	effect->has_effect |= can && seen;
	snet__json_add_u64(effect->measures, "matched", seen);
	(void)snprintf(effect->text + used, sizeof(effect->text) - used,
		       ", %" PRIu64 " matched the filter", seen);
}

/* Delays of everything are seen by probes; all else is counted. */
static void measure(struct snet__injection *injection, struct snet__effect *effect)
{
	const struct link_state *state = injection->state;
	uint64_t packets = grown(state, offsetof(struct snet_link_counts, in_packets));
	size_t used;

	used = (size_t)snprintf(effect->text, sizeof(effect->text),
				"%" PRIu64 " packet%s came", packets,
				packets == 1 ? "" : "s");
	snet__json_add_u64(effect->measures, "packets", packets);
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++) {
		uint64_t number = grown(state, causes[i].offset);

		if (!number)
			continue;
		effect->has_effect |= is_own(injection, &causes[i]);
		snet__json_add_u64(effect->measures, causes[i].name, number);
		if (used < sizeof(effect->text))
			used += (size_t)snprintf(effect->text + used,
						 sizeof(effect->text) - used,
						 ", %" PRIu64 " %s", number,
						 causes[i].words);
	}
	measure_matched(injection, effect);
}

static const char *const impair_keys[] = {"links", "direction", "set", NULL};
static const char *const impair_needed[] = {"links", "set", NULL};
static const char *const down_keys[] = {"links", "direction", NULL};
static const char *const flap_keys[] = {"links", "direction", "down", "up", NULL};
static const char *const down_needed[] = {"links", NULL};
static const char *const flap_needed[] = {"links", "down", "up", NULL};

const struct snet__fault_kind snet__fault_impair = {
	.name = "impair",
	.help = "impairments of links are others: delay, loss, rate and all the rest",
	.on = SNET__FAULT_ON_LINKS,
	.keys = impair_keys,
	.needed = impair_needed,
	.check = check_impair,
	.adapt = adapt,
	.state_size = sizeof(struct link_state),
	.prepare = prepare_impair,
	.begin = begin,
	.end = end,
	.measure = measure,
	.clear = clear_impair,
};

const struct snet__fault_kind snet__fault_down = {
	.name = "down",
	.help = "links are down: all packets are lost",
	.on = SNET__FAULT_ON_LINKS,
	.keys = down_keys,
	.needed = down_needed,
	.is_down = true,
	.adapt = adapt,
	.state_size = sizeof(struct link_state),
	.begin = begin,
	.end = end,
	.measure = measure,
};

const struct snet__fault_kind snet__fault_flap = {
	.name = "flap",
	.help = "links are down and up in turns",
	.on = SNET__FAULT_ON_LINKS,
	.keys = flap_keys,
	.needed = flap_needed,
	.is_down = true,
	.adapt = adapt,
	.state_size = sizeof(struct link_state),
	.begin = begin,
	.toggle = toggle,
	.end = end,
	.measure = measure,
};
