/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_EXCHANGE_H
#define SNET_RELAY_EXCHANGE_H

#include <stdbool.h>

#include "topo/model.h"

/* Whether an event of this type goes along @route. Source: AMQP 0-9-1, section 3.1.3. */
bool snet__exchange_matches(const struct snet__model_route *route, const char *type);

/* Whether two routes end in the same queue: an event is delivered to a queue once, however
 * many of its bindings match. */
bool snet__exchange_is_same_queue(const struct snet__model_route *a,
				  const struct snet__model_route *b);

#endif
