/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_ENGINE_H
#define SNET_LAB_ENGINE_H

/* The thread of a lab: it runs the loop and owns all that changes. Between it and the others
 * pass only tasks, embedded in their owners' structs. */

#include <stdbool.h>

#include "io/loop.h"

struct snet__engine;

int snet__engine_new(struct snet__engine **ret, struct snet_err *err);
/* Ends the thread. Accepts NULL. */
void snet__engine_free(struct snet__engine *engine);
struct snet__loop *snet__engine_loop(const struct snet__engine *engine);
/* Whether the calling thread is the engine's. */
bool snet__engine_is_own(const struct snet__engine *engine);

/* Run @fn on the engine's thread and wait for its return; at once when this is that thread. */
typedef int (*snet__engine_fn)(void *arg, struct snet_err *err);
int snet__engine_call(struct snet__engine *engine, snet__engine_fn fn, void *arg,
		      struct snet_err *err);

#endif
