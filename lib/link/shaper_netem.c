/* SPDX-License-Identifier: MIT */
/* A direction of a link through the kernel's netem. */

#include "link/shaper_netem.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "topo/distribution.h"
#include "topo/netem.h"

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
			"use \"shaper\": \"user\"");
	return r;
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
