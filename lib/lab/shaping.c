/* SPDX-License-Identifier: MIT */
/* Which shaper a link has, and what is the same for all of them. */

#include "lab/shaping.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/cable.h"
#include "lab/capture.h"
#include "lab/fabric.h"
#include "lab/shaping_kind.h"
#include "link/guard.h"
#include "link/shaper_user.h"
#include "topo/impairment.h"
#include "topo/write.h"
#include "topo/write_value.h"

const struct snet__shaping_kind *const snet__shaping_kinds[] = {&snet__shaping_netem,
								&snet__shaping_user,
								NULL};

static bool is_possible(const struct snet__shaping_kind *kind,
			const struct snet__model_link *link, struct snet_err *err)
{
	return kind->can(link, err) == 0 && kind->is_there(err);
}

const struct snet__shaping_kind *snet__shaping_choose(const struct snet__model_link *link)
{
	if (!snet__link_is_shaped(link))
		return NULL;
	for (size_t i = 0; snet__shaping_kinds[i]; i++) {
		const struct snet__shaping_kind *kind = snet__shaping_kinds[i];

		if (link->shaper == kind->shaper ||
		    (link->shaper == SNET_SHAPER_AUTO && is_possible(kind, link, NULL)))
			return kind;
	}
	return &snet__shaping_user;
}

void snet__shaping_keep(struct snet__model_link *link,
			const struct snet__model_link *former)
{
	const struct snet__shaping_kind *kind = snet__shaping_choose(former);

	if (link->shaper == SNET_SHAPER_AUTO && kind &&
	    snet__shaping_choose(link) != kind && kind->can(link, NULL) == 0)
		link->shaper = kind->shaper;
}

bool snet__shaping_is_cut(const struct snet__model_link *link)
{
	const struct snet__shaping_kind *kind = snet__shaping_choose(link);

	return kind && kind->is_cut;
}

int snet__shaping_check(const struct snet__model *model, struct snet_err *err)
{
	struct snet_err why = {0};

	for (size_t i = 0; i < model->link_count; i++) {
		const struct snet__model_link *link = model->links[i];
		const struct snet__shaping_kind *kind =
			link->shaper == SNET_SHAPER_AUTO ? NULL
							 : snet__shaping_choose(link);

		if (kind && !kind->is_there(&why))
			return snet__err_set(
				err, -ENOTSUP,
				"link '%s': %s: load it (modprobe "
				"sch_netem), or let \"shaper\" be \"user\" or "
				"\"auto\"",
				link->name, why.msg);
	}
	return 0;
}

/* What the kernel hands on as one packet, to be cut when it leaves the machine, would be lost, or
 * wait its turn, as one: where that matters it is cut before. */
static uint32_t find_segments(const struct snet__run_link *link)
{
	return link->is_by_packet || link->counting ? 1 : SNET__IFACE_SEGMENTS_MAX;
}

static void note(struct snet__run_link *link, const struct snet_impairment *forth,
		 const struct snet_impairment *back)
{
	link->is_by_packet =
		!snet__impairment_is_delay(forth) || !snet__impairment_is_delay(back);
}

static int set_segments(struct snet__run *run, struct snet__run_link *link,
			struct snet_err *err)
{
	uint32_t max = find_segments(link);
	int r;

	if (link->segments == max)
		return 0;
	r = snet__cable_set(run, link, snet__iface_set_segments, max, err);
	if (r == 0)
		link->segments = max;
	return r;
}

static int cut(struct snet__run *run, struct snet__run_link *link, struct snet_err *err)
{
	for (int i = 0; i < 2; i++)
		run->is_unsettled |= link->link->ends[i]->stp;
	link->is_cut = true;
	return snet__fabric_cut(run->fabric, link->numbers[0], link->link->mtu, err);
}

/* What captures it is told by the shaper before any packet goes that way. */
static int divert(struct snet__run *run, const struct snet__run_link *link,
		  struct snet_err *err)
{
	int r;

	snet__captures_hold(run, link->link->name);
	snet__captures_add(run, link->link->name);
	r = snet__fabric_divert(run->fabric, link->numbers[0], err);
	if (r == 0)
		snet__captures_turn(run, link->link->name);
	return r;
}

static int start_link(struct snet__run *run, struct snet__run_link *link,
		      struct snet_err *err)
{
	bool is_late; /* a plain one up to now, whose packets go on until all is ready */
	int r = 0;

	link->shaping = snet__shaping_choose(link->link);
	link->segments = SNET__IFACE_SEGMENTS_MAX;
	note(link, &link->link->forth, &link->link->back);
	is_late = link->shaping->is_cut && !link->is_cut;
	if (is_late)
		r = cut(run, link, err);
	if (r == 0)
		r = set_segments(run, link, err);
	if (r == 0)
		r = link->shaping->start(run, link, err);
	if (r == 0 && is_late)
		r = divert(run, link, err);
	return r;
}

int snet__shaping_start(struct snet__run *run, struct snet__run_link *link,
			struct snet_err *err)
{
	int r;

	if (link->shaping || !snet__link_is_shaped(link->link))
		return 0;
	r = start_link(run, link, err);
	if (r == 0)
		return 0;
	/* Nothing passes any more where its cable is cut: it is to be made anew. */
	snet__shaping_stop(run, link);
	link->is_spoiled = true;
	return snet__err_prefix(err, r, "link '%s'", link->link->name);
}

void snet__shaping_stop(struct snet__run *run, struct snet__run_link *link)
{
	if (link->shaping)
		link->shaping->stop(run, link);
	link->shaping = NULL;
}

void snet__shaping_free(struct snet__run *run)
{
	snet__shaper_free(run->shaper);
	run->shaper = NULL;
}

int snet__shaping_set(struct snet__run *run, struct snet__run_link *link,
		      const struct snet_impairment impairments[2], struct snet_err *err)
{
	bool was_by_packet = link->is_by_packet;
	int r;

	note(link, &impairments[0], &impairments[1]);
	r = set_segments(run, link, err);
	if (r == 0)
		r = link->shaping->set(run, link, impairments, err);
	if (r < 0)
		link->is_by_packet = was_by_packet;
	return r < 0 ? snet__err_prefix(err, r, "link '%s'", link->link->name) : 0;
}

/* Whoever counts packets is to see each. */
static bool is_counting(const struct snet__guard *guard)
{
	return guard->first > 1 || guard->count != UINT64_MAX;
}

int snet__shaping_add_guard(struct snet__run *run, struct snet__run_link *link,
			    bool is_back, struct snet__guard *guard, struct snet_err *err)
{
	int r;

	if (!link->shaped)
		return snet__err_set(err, -ENOTSUP,
				     "packets on link '%s' do not pass through us",
				     link->link->name);
	link->counting += is_counting(guard);
	r = set_segments(run, link, err);
	if (r < 0) {
		link->counting -= is_counting(guard);
		return snet__err_prefix(err, r, "link '%s'", link->link->name);
	}
	snet__shaped_add_guard(link->shaped, is_back, guard);
	return 0;
}

void snet__shaping_remove_guard(struct snet__run *run, struct snet__run_link *link,
				bool is_back, struct snet__guard *guard)
{
	if (!link->shaped)
		return;
	snet__shaped_remove_guard(link->shaped, is_back, guard);
	link->counting -= is_counting(guard);
	(void)set_segments(run, link, NULL); /* else it is only slower */
}

bool snet__shaping_count(const struct snet__run *run, const struct snet__run_link *link,
			 struct snet_link_counts ret[2])
{
	return link->shaping && link->shaping->count(run, link, ret, NULL);
}

bool snet__shaping_glance(const struct snet__run *run, const struct snet__run_link *link,
			  struct snet__shaper_total ret[2])
{
	struct snet_link_counts counts[2];

	if (link->shaped) {
		memcpy(ret, snet__shaped_totals(link->shaped), 2 * sizeof(*ret));
		return true;
	}
	if (!snet__shaping_count(run, link, counts))
		return false;
	for (int i = 0; i < 2; i++)
		ret[i] = (struct snet__shaper_total){
			.in = counts[i].in_packets,
			.queued = counts[i].queue_packets,
			.lost = counts[i].lost_loss, /* netem counts all there */
		};
	return true;
}

/* As in struct snet_link_counts. */
#define COUNT(name)                                            \
	{                                                      \
#name, offsetof(struct snet_link_counts, name) \
	}
static const struct {
	const char *name;
	size_t offset;
} count_names[] = {
	COUNT(in_packets),   COUNT(in_bytes),          COUNT(out_packets),
	COUNT(out_bytes),    COUNT(lost_loss),         COUNT(lost_queue),
	COUNT(lost_codel),   COUNT(lost_down),         COUNT(lost_pmtu),
	COUNT(lost_memory),  COUNT(lost_fault),        COUNT(missed),
	COUNT(refused),      COUNT(duplicated),        COUNT(corrupted),
	COUNT(marked),       COUNT(reordered),         COUNT(queue_packets),
	COUNT(queue_bytes),  COUNT(queue_packets_max), COUNT(queue_bytes_max),
	COUNT(delay_p50_ns), COUNT(delay_p90_ns),      COUNT(delay_p99_ns),
	COUNT(delay_max_ns),
};

bool snet__shaping_tells(const struct snet__run_link *link, size_t offset)
{
	/* What netem counts. */
	static const size_t few[] = {
		offsetof(struct snet_link_counts, in_packets),
		offsetof(struct snet_link_counts, out_packets),
		offsetof(struct snet_link_counts, out_bytes),
		offsetof(struct snet_link_counts, lost_loss),
		offsetof(struct snet_link_counts, reordered),
		offsetof(struct snet_link_counts, queue_packets),
		offsetof(struct snet_link_counts, queue_bytes),
	};

	if (link->shaping == &snet__shaping_user)
		return true;
	for (size_t i = 0; link->shaping && i < sizeof(few) / sizeof(*few); i++)
		if (few[i] == offset)
			return true;
	return false;
}

static struct snet__json *describe_counts(const struct snet__run_link *link,
					  const struct snet_link_counts *counts)
{
	struct snet__json *json = snet__json_new_object();

	for (size_t i = 0; i < sizeof(count_names) / sizeof(*count_names); i++)
		if (snet__shaping_tells(link, count_names[i].offset))
			snet__json_add_u64(json, count_names[i].name,
					   *(const uint64_t *)((const char *)counts +
							       count_names[i].offset));
	return json;
}

/* What is in force in one direction; adds the faults that are at work there to @faults. */
static const struct snet_impairment *find_way(const struct snet__run *run,
					      const struct snet__model_link *link,
					      bool is_back, struct snet__json *faults)
{
	const struct snet_impairment *now = NULL;

	if (run->describe_broken)
		now = run->describe_broken(run->broken, link->index, is_back, faults);
	if (now)
		return now;
	return is_back ? &link->back : &link->forth;
}

bool snet__shaping_is_down(const struct snet__run *run, const struct snet__run_link *link)
{
	return find_way(run, link->link, false, NULL)->down ||
	       find_way(run, link->link, true, NULL)->down;
}

/* What is empty goes without saying. */
static void add_some(struct snet__json *json, const char *key, struct snet__json *some)
{
	if (snet__json_count(some))
		(void)snet__json_add(json, key, some);
	else
		snet__json_free(some);
}

static struct snet__json *describe_moment(const struct snet__trace_moment *moment)
{
	struct snet__json *json = snet__json_new_object();

	if (moment->has_delay)
		(void)snet__json_add(json, "delay",
				     snet__write_duration(moment->delay_ns));
	if (moment->has_loss)
		(void)snet__json_add(json, "loss", snet__write_share(moment->loss));
	if (moment->has_rate)
		(void)snet__json_add(json, "rate", snet__write_rate(moment->rate_bps));
	return json;
}

static struct snet__json *describe_way(const struct snet__run *run,
				       const struct snet__model_link *link, bool is_back)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__json *faults = snet__json_new_array();

	(void)snet__json_add(json, "impairments",
			     snet__write_impairment(
				     find_way(run, link, is_back, faults)));
	add_some(json, "faults", faults);
	return json;
}

struct snet__json *snet__shaping_describe(const struct snet__run *run,
					  const struct snet__run_link *link)
{
	static const char *const ways[] = {"forth", "back"};
	struct snet__json *json = snet__json_new_object();
	struct snet__trace_moment traces[2] = {{0}, {0}};
	struct snet_link_counts counts[2];
	bool is_shaped = link->shaping && link->shaping->count(run, link, counts, traces);

	snet__json_add_string(json, "name", link->link->name);
	snet__json_add_string(json, "from", link->link->from);
	snet__json_add_string(json, "to", link->link->to);
	snet__json_add_u64(json, "mtu", snet__link_mtu(link->link));
	snet__json_add_string(json, "shaper",
			      link->shaping ? link->shaping->name : "none");
	for (int i = 0; i < 2; i++) {
		struct snet__json *way =
			snet__json_add(json, ways[i], describe_way(run, link->link, i));

		add_some(way, "trace_now", describe_moment(&traces[i]));
		if (is_shaped)
			(void)snet__json_add(way, "counts",
					     describe_counts(link, &counts[i]));
	}
	return json;
}

struct snet__json *snet__shaping_lateness(const struct snet__run *run)
{
	struct snet__shaper_lateness lateness;
	struct snet__json *json;

	if (!run->shaper)
		return NULL;
	snet__shaper_lateness(run->shaper, &lateness);
	json = snet__json_new_object();
	snet__json_add_number(json, "p50", (double)lateness.p50_ns / 1e3);
	snet__json_add_number(json, "p99", (double)lateness.p99_ns / 1e3);
	snet__json_add_number(json, "max", (double)lateness.max_ns / 1e3);
	return json;
}

char *snet__shaping_starved(const struct snet__run *run,
			    const struct snet__shaper_moment *since,
			    struct snet__shaper_moment *ret)
{
	struct snet__shaper_moment now;
	char than[32];

	*ret = (struct snet__shaper_moment){.than_ns = since->than_ns};
	if (!run->shaper)
		return NULL;
	snet__shaper_mark(run->shaper, &now, since->than_ns);
	*ret = snet__shaper_between(since, &now);
	if (ret->late < 2 ||
	    (double)ret->late <= SNET__STARVED_SHARE * (double)ret->packets)
		return NULL;
	return snet__text_format("the shaper's thread was starved: %.1f%% of %" PRIu64
				 " packets left more than %s late",
				 100 * (double)ret->late / (double)ret->packets,
				 ret->packets,
				 snet__text_format_duration(than, sizeof(than),
							    ret->than_ns));
}

void snet__shaping_sum(const struct snet__run *run, struct snet__shaper_total *ret)
{
	*ret = (struct snet__shaper_total){0};
	if (run->shaper)
		snet__shaper_count_all(run->shaper, ret);
}

char *snet__shaping_total(const struct snet__run *run)
{
	struct snet__shaper_total total;

	if (!run->shaper)
		return NULL;
	snet__shaping_sum(run, &total);
	return snet__text_format("{\"packets\":%" PRIu64 ",\"lost\":%" PRIu64
				 ",\"queued\":%" PRIu64 "}",
				 total.in, total.lost, total.queued);
}

struct asked {
	struct snet_lab *lab;
	const char *link;
	struct snet_link_counts counts[2];
};

static int count_on_engine(void *arg, struct snet_err *err)
{
	struct asked *asked = arg;
	const struct snet__run *run = asked->lab->run;
	const struct snet__model_link *link =
		snet__model_find_link(&run->lab->model, asked->link);

	if (!link)
		return snet__model_refuse_link(&run->lab->model, asked->link, err);
	if (snet__link_is_shaped(link) && !run->links[link->index]->shaping)
		return snet__run_refuse_absent("link", link->name, err);
	if (!snet__shaping_count(run, run->links[link->index], asked->counts))
		return snet__err_set(
			err, -ENODATA,
			"link '%s' is a plain one: nobody counts its packets",
			asked->link);
	return 0;
}

int snet_link_count(struct snet_lab *lab, const char *link, enum snet_direction direction,
		    struct snet_link_counts *ret, struct snet_err *err)
{
	struct asked asked = {.lab = lab, .link = link};
	int r;

	if (!link)
		return snet__err_set(err, -EINVAL, "link: missing");
	if (direction != SNET_DIRECTION_FORTH && direction != SNET_DIRECTION_BACK)
		return snet__err_set(err, -EINVAL, "counts are those of one direction");
	r = snet__lab_call(lab, count_on_engine, &asked, err);
	if (r == 0)
		*ret = asked.counts[direction == SNET_DIRECTION_BACK];
	return r;
}
