/* SPDX-License-Identifier: MIT */
#ifndef CLI_SAVED_H
#define CLI_SAVED_H

/* What can be said of a lab that is down: its store, and the status that its process saved. */

#include <snet/store.h>

#include "cli/lab.h"
#include "io/json.h"

static inline void saved_close_at(struct snet_store **at)
{
	snet_store_close(*at);
}
#define autostore cleanup_with(saved_close_at) struct snet_store

/* Save what GET /v1/status answers into the lab's state folder. */
int saved_put_status(const char *folder, const char *status, struct snet_err *err);
/* The saved status, its links down, its states those of the store. */
int saved_get_status(struct snet__json **ret, const struct lab *lab,
		     struct snet_err *err);

#endif
