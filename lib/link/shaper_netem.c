/* SPDX-License-Identifier: MIT */
/* A direction of a link through the kernel's netem: what it can do, and having it done. */

#include "link/shaper_netem.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "topo/distribution.h"

#define OTHERWISE "\"shaper\": \"user\""

int snet__netem_can(const struct snet_impairment *impairment, struct snet_err *err)
{
	const struct {
		bool is_asked;
		const char *what;
	} refusals[] = {
		{impairment->loss_model == SNET_LOSS_NTH, "lose every n-th packet"},
		{impairment->filter, "tell packets apart by a filter"},
		{impairment->trace, "follow a trace"},
		{impairment->decisions, "write what it decides"},
		{impairment->replay, "decide as it is told to"},
		{impairment->queue == SNET_QUEUE_CODEL, "run CoDel on its queue"},
		{impairment->queue == SNET_QUEUE_HEAD_DROP,
		 "drop the oldest packet of a full queue"},
		{impairment->limit_bytes, "limit its queue in bytes"},
		{impairment->limit_ns, "limit its queue in time"},
		{impairment->burst_bytes, "let bursts pass its rate"},
		{impairment->delay_ns > INT64_MAX,
		 "delay packets for more than 292 years"},
		/* The kernel would cut it without a word. */
		{impairment->jitter_ns > INT32_MAX, "vary delays by more than 2.147 s"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (refusals[i].is_asked)
			return snet__err_set(err, -ENOTSUP,
					     "netem cannot %s; " OTHERWISE " can",
					     refusals[i].what);
	return 0;
}

/* Own the table of @path in @ret_loaded, or point to one of ours. */
static int find_table(struct snet__qdisc_netem *netem, struct snet__kept_file *kept,
		      int16_t **ret_loaded, struct snet_err *err)
{
	const struct snet_impairment *impairment = netem->impairment;
	autokept *file = NULL;
	int r;

	if (!impairment->jitter_ns || impairment->down)
		return 0;
	if (impairment->distribution != SNET_DISTRIBUTION_TABLE) {
		netem->table = snet__distribution_table(impairment->distribution);
		netem->table_count = SNET__DISTRIBUTION_SIZE;
		return 0;
	}
	if (!impairment->table)
		return snet__err_set(err, -EINVAL, "a distribution by a table needs one");

	r = snet__kept_file_get(&file, kept, impairment->table, err);
	if (r == 0)
		r = snet__distribution_parse(ret_loaded, &netem->table_count, file, err);
	if (r < 0)
		return r;

	netem->table = *ret_loaded;
	return 0;
}

int snet__netem_set(struct snet__nl *nl, int index,
		    const struct snet_impairment *impairment,
		    struct snet__kept_file *table, uint64_t seed, struct snet_err *err)
{
	struct snet__qdisc_netem netem = {.impairment = impairment, .seed = seed};
	autofree int16_t *loaded = NULL;
	int r;

	r = snet__netem_can(impairment, err);
	if (r == 0)
		r = find_table(&netem, table, &loaded, err);
	if (r < 0)
		return r;

	r = snet__qdisc_set_netem(nl, index, &netem, err);
	if (r == -ENOENT)
		return snet__err_set(
			err, -ENOTSUP,
			"this kernel has no sch_netem: install its module, or "
			"use " OTHERWISE);
	return r;
}

int snet__netem_clear(struct snet__nl *nl, int index, struct snet_err *err)
{
	const struct snet_impairment plain = {0};
	const struct snet__qdisc_netem netem = {.impairment = &plain};
	int r = snet__qdisc_change_netem(nl, index, &netem, err);

	return r == -ENOENT ? 0 : r; /* nothing was ever set */
}

int snet__netem_get(struct snet__nl *nl, int index, struct snet__qdisc *ret,
		    struct snet_err *err)
{
	return snet__qdisc_get_netem(nl, index, ret, err);
}

int snet__netem_counts(struct snet__nl *nl, int index, struct snet__qdisc_counts *ret,
		       struct snet_err *err)
{
	struct snet__qdisc qdisc;
	int r;

	r = snet__qdisc_get_netem(nl, index, &qdisc, err);
	if (r < 0)
		return r;

	*ret = qdisc.counts;
	return 0;
}
