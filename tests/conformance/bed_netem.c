/* SPDX-License-Identifier: MIT */
/* The kernel's netem at one end of a pair. */

#include "link/shaper_netem.h"
#include "rights.h"
#include "shaper_bed.h"
#include "sys/qdisc.h"

struct packets_end bed_a, bed_b;
const char bed_kind[] = "netem";

void bed_require(void)
{
	struct snet_err err = {0};

	rights_get();
	if (snet__qdisc_has_netem(&err))
		return;
	fprintf(stderr, "skipped: %s\n", err.msg);
	exit(77);
}

void bed_set_up(void)
{
	packets_new(&bed_a, &bed_b);
}

void bed_tear_down(void)
{
	packets_free(&bed_a, &bed_b);
}

void bed_set(const struct snet_impairment *impairment)
{
	struct snet_err err = {0};

	ck_assert_msg(snet__netem_set(bed_a.nl, bed_a.index, impairment, NULL, 0, &err) ==
			      0,
		      "%s", err.msg);
}

struct bed_counts bed_count(void)
{
	struct snet__qdisc qdisc;
	struct snet_err err = {0};

	ck_assert_msg(snet__qdisc_get_netem(bed_a.nl, bed_a.index, &qdisc, &err) == 0,
		      "%s", err.msg);
	return (struct bed_counts){.lost = qdisc.counts.drops,
				   .reordered = qdisc.counts.reordered,
				   .queued = qdisc.counts.queued_packets};
}

bool bed_was_starved(void)
{
	return false; /* it is not told */
}
