/* SPDX-License-Identifier: MIT */
#include "link/hooks.h"

#include "base/err.h"
#include "io/filter.h"
#include "link/player.h"

static bool applies(void *filter, const struct snet__packet *packet)
{
	return snet__filter_matches_in(filter, packet->vlan, packet->data, packet->size);
}

static void free_filter(void *filter)
{
	snet__filter_free(filter);
}

static int make_filter(struct snet__rule_hooks *ret, const char *expression,
		       struct snet__filter *kept, struct snet_err *err)
{
	struct snet__filter *filter = NULL;
	int r;

	r = snet__filter_get(&filter, kept, expression, err);
	if (r < 0)
		return r;
	ret->applies = applies;
	ret->filter_free = free_filter;
	ret->filter = filter;
	return 0;
}

int snet__hooks_make(struct snet__rule_hooks *ret,
		     const struct snet_impairment *description,
		     const struct snet__kept_files *kept, struct snet_err *err)
{
	int r = 0;

	*ret = (struct snet__rule_hooks){.table = kept ? kept->table : NULL};
	if (description->trace)
		r = snet__player_new(ret, description, kept ? kept->trace : NULL, err);
	if (r == 0 && description->filter)
		r = make_filter(ret, description->filter, kept ? kept->filter : NULL,
				err);
	if (r < 0)
		snet__hooks_clear(ret);
	return r;
}

void snet__hooks_clear(struct snet__rule_hooks *hooks)
{
	if (hooks->filter_free)
		hooks->filter_free(hooks->filter);
	if (hooks->trace_ops && hooks->trace_ops->free)
		hooks->trace_ops->free(hooks->trace);
	*hooks = (struct snet__rule_hooks){0};
}
