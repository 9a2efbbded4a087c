/* SPDX-License-Identifier: MIT */
/* The loss models, by their place in enum snet_loss_model. */

#include "link/loss.h"

#include "base/err.h"

static const struct snet__loss_kind *const kinds[] = {
	[SNET_LOSS_RANDOM] = &snet__loss_random,
	[SNET_LOSS_NTH] = &snet__loss_nth,
	[SNET_LOSS_STATE] = &snet__loss_state,
	[SNET_LOSS_GEMODEL] = &snet__loss_gemodel,
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* False for NaN, too. */
static bool are_shares(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(values[i] >= 0 && values[i] <= 1))
			return false;
	return true;
}

int snet__loss_compile(struct snet__loss_rule *ret,
		       const struct snet_impairment *description, struct snet_err *err)
{
	struct snet__loss_rule rule = {0};

	if ((size_t)description->loss_model >= KIND_COUNT)
		return snet__err_set(err, -EINVAL, "no loss model %d",
				     (int)description->loss_model);
	if (!are_shares(&description->loss, 1) ||
	    !are_shares(&description->loss_correlation, 1) ||
	    !are_shares(description->loss_state, 5) ||
	    !are_shares(description->loss_gemodel, 4))
		return snet__err_set(err, -ERANGE, "a share of loss is not from 0 to 1");
	rule.correlation = snet__chance_share(description->loss_correlation);
	rule.kind = kinds[description->loss_model];
	if (!rule.kind->compile(&rule, description))
		rule.kind = NULL;
	*ret = rule;
	return 0;
}
