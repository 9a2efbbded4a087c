/* SPDX-License-Identifier: MIT */
/* Links that are shaped by the kernel's netem, at the end that packets leave from: a node's
 * interface, a switch's port. */

#include <errno.h>
#include <pthread.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/fabric.h"
#include "lab/shaping_kind.h"
#include "link/shaper_netem.h"
#include "topo/netem.h"

static int can(const struct snet__model_link *link, struct snet_err *err)
{
	int r = snet__netem_can_join(link, err);

	if (r == 0)
		r = snet__netem_can(&link->forth, err);
	return r < 0 ? r : snet__netem_can(&link->back, err);
}

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static bool has_netem;

static void ask(void)
{
	has_netem = snet__qdisc_has_netem(NULL);
}

/* Asked once: for a thousand links the answer is the same. */
static bool is_there(struct snet_err *err)
{
	(void)pthread_once(&asked, ask); /* cannot fail */
	return has_netem || (err && snet__qdisc_has_netem(err));
}

/* What netem does at one end of a link. */
struct end {
	struct snet__nl *nl;
	int index;
	bool is_own; /* the connection, which is to be closed */
};

/* A trunk for VLANs that nobody is in has no cable. */
static bool is_anywhere(const struct snet__run_link *link)
{
	return link->number_count > 0;
}

static int open_end(const struct snet__run *run, const struct snet__run_link *link,
		    int at, struct end *ret, struct snet_err *err)
{
	const struct snet__model_node *node = link->link->ends[at];
	autoclose int netns = -1;
	int r;

	*ret = (struct end){.index = link->numbers[0]};
	if (node->role == SNET__ROLE_SWITCH) {
		ret->nl = snet__fabric_find_port(run->fabric, link->numbers[0],
						 at && link->link->ends[0]->role ==
								 SNET__ROLE_SWITCH,
						 &ret->index);
		return 0;
	}
	r = snet__run_open_netns(run->nodes[node->index], &netns, err);
	if (r == 0)
		r = snet__nl_open(&ret->nl, netns, err);
	ret->is_own = r == 0;
	return r;
}

static void close_end(struct end *end)
{
	if (end->is_own)
		snet__nl_close(end->nl);
}

static uint64_t find_seed(const struct snet__run *run, const struct snet__run_link *link,
			  int way)
{
	autofree char *name = snet__text_format("%s %s netem", link->link->name,
						way ? "back" : "forth");
	struct snet__random random;

	snet__random_seed(&random, run->lab->model.seed, name ? name : "netem");
	return snet__random_next(&random) | 1; /* 0: none */
}

static int apply(const struct snet__run *run, const struct snet__run_link *link,
		 const struct snet_impairment impairments[2], bool is_new,
		 struct snet_err *err)
{
	int r = 0;

	for (int i = 0; i < 2 && r == 0 && is_anywhere(link); i++) {
		struct end end;

		r = open_end(run, link, i, &end, err);
		if (r == 0)
			r = snet__netem_set(end.nl, end.index, &impairments[i],
					    link->link->kept[i].table,
					    is_new ? find_seed(run, link, i) : 0, err);
		close_end(&end);
	}
	return r;
}

static int start(struct snet__run *run, struct snet__run_link *link, struct snet_err *err)
{
	const struct snet_impairment impairments[2] = {link->link->forth,
						       link->link->back};

	return apply(run, link, impairments, true, err);
}

static int set(struct snet__run *run, struct snet__run_link *link,
	       const struct snet_impairment impairments[2], struct snet_err *err)
{
	return apply(run, link, impairments, false, err);
}

/* It goes with its interfaces. */
static void stop(struct snet__run *run, struct snet__run_link *link)
{
	(void)run;
	(void)link;
}

/* netem does not tell by what it lost a packet, and plays no traces. */
static bool count(const struct snet__run *run, const struct snet__run_link *link,
		  struct snet_link_counts ret[2], struct snet__trace_moment *ret_traces)
{
	struct snet__qdisc_counts counts = {0};
	int r = 0;

	(void)ret_traces;
	ret[0] = ret[1] = (struct snet_link_counts){0};
	for (int i = 0; i < 2 && r == 0 && is_anywhere(link); i++) {
		struct end end;

		r = open_end(run, link, i, &end, NULL);
		if (r == 0)
			r = snet__netem_counts(end.nl, end.index, &counts, NULL);
		close_end(&end);
		if (r < 0)
			break;
		ret[i] = (struct snet_link_counts){
			.in_packets =
				counts.packets + counts.drops + counts.queued_packets,
			.out_packets = counts.packets,
			.out_bytes = counts.bytes,
			.lost_loss = counts.drops,
			.reordered = counts.reordered,
			.queue_packets = counts.queued_packets,
			.queue_bytes = counts.queued_bytes,
		};
	}
	return r == 0;
}

const struct snet__shaping_kind snet__shaping_netem = {
	.name = "netem",
	.shaper = SNET_SHAPER_NETEM,
	.can = can,
	.is_there = is_there,
	.start = start,
	.set = set,
	.stop = stop,
	.count = count,
};
