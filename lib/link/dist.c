/* SPDX-License-Identifier: MIT */
/* Jitter. A table holds the quantiles of a distribution, in 1/8192 of the standard deviation;
 * picking any of them at random has that distribution.
 * Source: tc-netem(8), "distribution". */

#include "link/dist.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "topo/distribution.h"

static int load_table(struct snet__dist_rule *rule, const char *path,
		      struct snet__kept_file *kept, struct snet_err *err)
{
	autokept *file = NULL;
	int r;

	if (!path)
		return snet__err_set(err, -EINVAL,
				     "a distribution of a file needs its 'table'");
	r = snet__kept_file_get(&file, kept, path, err);
	if (r == 0)
		r = snet__distribution_parse(&rule->own, &rule->count, file, err);
	rule->table = rule->own;
	return r;
}

int snet__dist_compile(struct snet__dist_rule *ret,
		       const struct snet_impairment *description,
		       struct snet__kept_file *kept, struct snet_err *err)
{
	struct snet__dist_rule rule = {.jitter_ns = description->jitter_ns};
	int r = 0;

	if (description->distribution > SNET_DISTRIBUTION_TABLE)
		return snet__err_set(err, -EINVAL, "no distribution %d",
				     (int)description->distribution);
	if (rule.jitter_ns > SNET__DELAY_MAX_NS)
		return snet__err_set(err, -ERANGE, "the jitter is longer than 19 hours");
	if (!(description->delay_correlation >= 0 && description->delay_correlation <= 1))
		return snet__err_set(err, -ERANGE,
				     "the correlation of the delay is not from 0 to 1");
	rule.correlation = snet__chance_share(description->delay_correlation);
	if (description->distribution == SNET_DISTRIBUTION_TABLE) {
		r = load_table(&rule, description->table, kept, err);
	} else if (description->distribution != SNET_DISTRIBUTION_UNIFORM) {
		rule.table = snet__distribution_table(description->distribution);
		rule.count = SNET__DISTRIBUTION_SIZE;
	}
	if (r == 0)
		*ret = rule;
	return r;
}

void snet__dist_clear(struct snet__dist_rule *rule)
{
	free(rule->own);
	memset(rule, 0, sizeof(*rule));
}

/* From -jitter to +jitter. */
static int64_t draw_uniform(uint64_t jitter_ns, uint32_t random)
{
	/* random / 2^32 of the width, in two halves that do not overflow. */
	uint64_t width = 2 * jitter_ns;
	uint64_t part = (width >> 32) * random + ((width & UINT32_MAX) * random >> 32);

	return (int64_t)(part - jitter_ns);
}

/* The jitter times an entry, rounded, in two parts that do not overflow. */
static int64_t draw_entry(uint64_t jitter_ns, int64_t entry)
{
	int64_t whole = (int64_t)(jitter_ns / SNET__DISTRIBUTION_ONE) * entry;
	int64_t rest = (int64_t)(jitter_ns % SNET__DISTRIBUTION_ONE) * entry;

	rest += rest >= 0 ? SNET__DISTRIBUTION_ONE / 2 : -SNET__DISTRIBUTION_ONE / 2;
	return whole + rest / SNET__DISTRIBUTION_ONE;
}

uint64_t snet__dist_draw(const struct snet__dist_rule *rule, struct snet__chance *chance,
			 uint64_t delay_ns)
{
	uint32_t random;
	int64_t delay;

	if (!rule->jitter_ns)
		return delay_ns;
	random = snet__chance_next(chance, rule->correlation);
	if (rule->table)
		delay = draw_entry(rule->jitter_ns, rule->table[random % rule->count]);
	else
		delay = draw_uniform(rule->jitter_ns, random);
	delay += (int64_t)delay_ns;
	return delay > 0 ? (uint64_t)delay : 0;
}
