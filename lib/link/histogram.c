/* SPDX-License-Identifier: MIT */
/* Log-linear classes: below 64 each number has its own; above, each power of two has 32. */

#include "link/histogram.h"

#include <math.h>
#include <stdbool.h>

#define STEPS     SNET__HISTOGRAM_STEPS
#define STEP_BITS 5
_Static_assert(1 << STEP_BITS == STEPS, "a class is found by shifting");

static unsigned int class_of(uint64_t ns)
{
	unsigned int shift, at;

	if (ns < STEPS)
		return (unsigned int)ns;
	shift = 63 - STEP_BITS - (unsigned int)__builtin_clzll(ns);
	at = shift * STEPS + (unsigned int)(ns >> shift);
	return at < SNET__HISTOGRAM_CLASSES ? at : SNET__HISTOGRAM_CLASSES - 1;
}

/* The middle of a class. */
static uint64_t middle_of(unsigned int at)
{
	unsigned int shift = at < 2 * STEPS ? 0 : at / STEPS - 1;
	uint64_t low = (uint64_t)(at - shift * STEPS) << shift;

	return low + (UINT64_C(1) << shift) / 2;
}

static void halve(struct snet__histogram *histogram)
{
	for (unsigned int i = 0; i < SNET__HISTOGRAM_CLASSES; i++)
		histogram->counts[i] /= 2;
	histogram->halvings++;
}

void snet__histogram_add(struct snet__histogram *histogram, uint64_t ns)
{
	unsigned int at = class_of(ns);

	if (ns > histogram->max_ns)
		histogram->max_ns = ns;
	/* Four thousand million in one class: the shares matter, not the counts. */
	if (histogram->counts[at] == UINT32_MAX)
		halve(histogram);
	histogram->counts[at]++;
}

/* Counts of @from, as if that had been halved as often as @into. */
static uint64_t count_of(const struct snet__histogram *from, unsigned int at,
			 const struct snet__histogram *into)
{
	unsigned int halvings = into->halvings - from->halvings;

	return halvings < 32 ? from->counts[at] >> halvings : 0;
}

static bool has_room(const struct snet__histogram *into,
		     const struct snet__histogram *from)
{
	if (into->halvings < from->halvings)
		return false;
	for (unsigned int i = 0; i < SNET__HISTOGRAM_CLASSES; i++)
		if (into->counts[i] + count_of(from, i, into) > UINT32_MAX)
			return false;
	return true;
}

void snet__histogram_merge(struct snet__histogram *into,
			   const struct snet__histogram *from)
{
	while (!has_room(into, from))
		halve(into);
	for (unsigned int i = 0; i < SNET__HISTOGRAM_CLASSES; i++)
		into->counts[i] += (uint32_t)count_of(from, i, into);
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
}

void snet__histogram_count(const struct snet__histogram *histogram, uint64_t ns,
			   uint64_t *ret_total, uint64_t *ret_above)
{
	unsigned int own = class_of(ns);

	*ret_total = *ret_above = 0;
	for (unsigned int i = 0; i < SNET__HISTOGRAM_CLASSES; i++) {
		*ret_total += histogram->counts[i];
		*ret_above += i > own ? histogram->counts[i] : 0;
	}
}

uint64_t snet__histogram_quantile(const struct snet__histogram *histogram, double share)
{
	uint64_t total = 0, sum = 0, wanted;

	for (unsigned int i = 0; i < SNET__HISTOGRAM_CLASSES; i++)
		total += histogram->counts[i];
	wanted = (uint64_t)ceil(share * (double)total);
	if (wanted >= total)
		return histogram->max_ns;
	for (unsigned int i = 0; i < SNET__HISTOGRAM_CLASSES; i++) {
		sum += histogram->counts[i];
		if (sum && sum >= wanted) {
			uint64_t ns = middle_of(i);

			return ns < histogram->max_ns ? ns : histogram->max_ns;
		}
	}
	return histogram->max_ns;
}
