/* SPDX-License-Identifier: MIT */
/* Links that are shaped by a thread of this process, which stands between the halves of their
 * cables. */

#include <stdlib.h>

#include "base/cleanup.h"
#include "lab/fabric.h"
#include "lab/shaping_kind.h"
#include "link/shaper_user.h"

static int can(const struct snet__model_link *link, struct snet_err *err)
{
	(void)link;
	(void)err;
	return 0;
}

static bool is_there(struct snet_err *err)
{
	(void)err;
	return true;
}

/* At a switch the first half is the node's, whichever end of the link that is. */
static bool is_turned(const struct snet__model_link *link)
{
	return link->ends[0]->role == SNET__ROLE_SWITCH &&
	       link->ends[1]->role != SNET__ROLE_SWITCH;
}

static int open_cables(const struct snet__run *run, const struct snet__run_link *link,
		       int (*cables)[2], struct snet_err *err)
{
	bool turned = is_turned(link->link);
	int r = 0;

	for (size_t i = 0; i < link->number_count; i++)
		cables[i][0] = cables[i][1] = -1;
	for (size_t i = 0; i < link->number_count && r == 0; i++)
		for (int half = 0; half < 2 && r == 0; half++)
			r = snet__fabric_open_half(run->fabric, link->numbers[i], half,
						   &cables[i][half != turned], err);
	for (size_t i = 0; i < link->number_count && r < 0; i++)
		for (int half = 0; half < 2; half++)
			snet__close_at(&cables[i][half]);
	return r;
}

static int start(struct snet__run *run, struct snet__run_link *link, struct snet_err *err)
{
	const struct snet_impairment impairments[2] = {link->link->forth,
						       link->link->back};
	autofree int(*cables)[2] = calloc(link->number_count + 1, sizeof(*cables));
	const struct snet__shaped_opts opts = {
		.name = link->link->name,
		.seed = run->lab->model.seed,
		.impairments = impairments,
		.kept = link->link->kept,
		.cables = (const int(*)[2])cables,
		.vlans = link->vlans,
		.cable_count = link->number_count,
	};
	int r;

	if (!cables)
		return snet__err_oom(err);
	r = run->shaper ? 0 : snet__shaper_new(&run->shaper, err);
	if (r == 0)
		r = open_cables(run, link, cables, err);
	return r < 0 ? r : snet__shaper_add(run->shaper, &link->shaped, &opts, err);
}

static void stop(struct snet__run *run, struct snet__run_link *link)
{
	snet__shaper_remove(link->shaped);
	link->shaped = NULL;
}

static int set(struct snet__run *run, struct snet__run_link *link,
	       const struct snet_impairment impairments[2], struct snet_err *err)
{
	return snet__shaped_set(link->shaped, impairments, link->link->kept, err);
}

static void fill_counts(struct snet_link_counts *ret,
			const struct snet__shaper_counts *from)
{
	const struct snet__pipe_counts *pipe = &from->pipe;

	*ret = (struct snet_link_counts){
		.in_packets = pipe->in_packets,
		.in_bytes = pipe->in_bytes,
		.out_packets = pipe->out_packets,
		.out_bytes = pipe->out_bytes,
		.lost_loss = pipe->lost[SNET__DROP_LOSS],
		.lost_queue = pipe->lost[SNET__DROP_QUEUE],
		.lost_codel = pipe->lost[SNET__DROP_CODEL],
		.lost_down = pipe->lost[SNET__DROP_DOWN],
		.lost_pmtu = pipe->lost[SNET__DROP_PMTU],
		.lost_memory = pipe->lost[SNET__DROP_MEMORY],
		.lost_fault = pipe->lost[SNET__DROP_FAULT],
		.missed = from->missed,
		.refused = from->refused,
		.duplicated = pipe->duplicated,
		.corrupted = pipe->corrupted,
		.marked = pipe->marked,
		.reordered = pipe->reordered,
		.queue_packets = pipe->queue_packets,
		.queue_bytes = pipe->queue_bytes,
		.queue_packets_max = pipe->queue_packets_max,
		.queue_bytes_max = pipe->queue_bytes_max,
		.delay_p50_ns = from->delay_p50_ns,
		.delay_p90_ns = from->delay_p90_ns,
		.delay_p99_ns = from->delay_p99_ns,
		.delay_max_ns = from->delay_max_ns,
	};
}

static bool count(const struct snet__run *run, const struct snet__run_link *link,
		  struct snet_link_counts ret[2], struct snet__trace_moment *ret_traces)
{
	struct snet__shaper_counts counts[2];

	if (!link->shaped)
		return false;
	snet__shaped_count(link->shaped, counts);
	for (int i = 0; i < 2; i++) {
		fill_counts(&ret[i], &counts[i]);
		if (ret_traces)
			ret_traces[i] = counts[i].trace;
	}
	return true;
}

const struct snet__shaping_kind snet__shaping_user = {
	.name = "user",
	.shaper = SNET_SHAPER_USER,
	.is_cut = true,
	.can = can,
	.is_there = is_there,
	.start = start,
	.set = set,
	.stop = stop,
	.count = count,
};
