/* SPDX-License-Identifier: MIT */
/* Exchanges: how the type of an event is compared with the key of a route. */

#include "relay/exchange.h"

#include <string.h>

static bool match_direct(const struct snet__model_route *route, const char *type)
{
	return strcmp(route->key, type) == 0;
}

static bool match_fanout(const struct snet__model_route *route, const char *type)
{
	(void)route;
	(void)type;
	return true;
}

static bool (*const matchers[])(const struct snet__model_route *route,
				const char *type) = {
	[SNET__EXCHANGE_DIRECT] = match_direct,
	[SNET__EXCHANGE_FANOUT] = match_fanout,
};

bool snet__exchange_matches(const struct snet__model_route *route, const char *type)
{
	return matchers[route->exchange](route, type);
}

bool snet__exchange_is_same_queue(const struct snet__model_route *a,
				  const struct snet__model_route *b)
{
	return strcmp(a->function, b->function) == 0 &&
	       strcmp(a->backend, b->backend) == 0;
}
