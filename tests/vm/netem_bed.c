/* SPDX-License-Identifier: MIT */
#include "netem_bed.h"

#include <stdlib.h>

#include "rights.h"

struct packets_end bed_a, bed_b;
struct packets_arrived bed_got;

static void set_up(void)
{
	packets_new(&bed_a, &bed_b);
}

static void tear_down(void)
{
	packets_free(&bed_a, &bed_b);
}

TCase *bed_case(const char *name)
{
	TCase *ret = tcase_create(name);

	rights_get();
	tcase_add_checked_fixture(ret, set_up, tear_down);
	tcase_set_timeout(ret, 60);
	return ret;
}

void bed_set(const struct snet_impairment *impairment)
{
	struct snet_err err = {0};

	ck_assert_msg(snet__netem_set(bed_a.nl, bed_a.index, impairment, NULL, 0, &err) ==
			      0,
		      "%s", err.msg);
}

struct snet__qdisc bed_get(void)
{
	struct snet_err err = {0};
	struct snet__qdisc qdisc;

	ck_assert_msg(snet__netem_get(bed_a.nl, bed_a.index, &qdisc, &err) == 0, "%s",
		      err.msg);
	return qdisc;
}

static int compare(const void *left, const void *right)
{
	const struct packets_one *one = left, *other = right;

	return (one->delay_ns > other->delay_ns) - (one->delay_ns < other->delay_ns);
}

void bed_sort_delays(void)
{
	qsort(bed_got.list, bed_got.count, sizeof(*bed_got.list), compare);
}
