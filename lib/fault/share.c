/* SPDX-License-Identifier: MIT */
/* Two shares, compared by Fisher's exact test: if both were one, so many hits would fall to the
 * first group by chance as balls that are drawn from an urn. It holds for few as well as for many,
 * and takes each try to be independent of the others. Source: R. A. Fisher, Statistical Methods for
 * Research Workers, 5th edition (1934), section 21.02. */

#include "fault/share.h"

#include <math.h>

#define CHANCE 0.001 /* that it is said of what is the same */
/* What a further term adds to a sum that is too small to matter. */
#define NEGLIGIBLE 1e-9

static double log_choose(double all, double some)
{
	int sign;

	return lgamma_r(all + 1, &sign) - lgamma_r(some + 1, &sign) -
	       lgamma_r(all - some + 1, &sign);
}

bool snet__share_is_higher(uint64_t hits, uint64_t all, uint64_t base_hits,
			   uint64_t base_all)
{
	double n = (double)all, m = (double)base_all, x = (double)hits;
	double k = x + (double)base_hits, last = k < n ? k : n, term, sum;

	if (!all || !base_all || x * m <= (double)base_hits * n)
		return false;
	term = sum = exp(log_choose(n, x) + log_choose(m, k - x) - log_choose(n + m, k));
	/* Above the mean each is smaller than the one before. */
	for (; x < last && sum <= CHANCE && term > sum * NEGLIGIBLE; x++) {
		term *= (k - x) * (n - x) / ((x + 1) * (m - k + x + 1));
		sum += term;
	}
	return sum <= CHANCE;
}
