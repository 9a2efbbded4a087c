/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_SYNC_H
#define SNET_STORE_SYNC_H

/* A thread that brings what was committed to the disk about once a second, while there is
 * something. Between it and the writer passes one flag: the writer sets it after a commit,
 * the thread clears it before it syncs. Everything else in the store is the writer's. */

#include <lmdb.h>

#include "base/err.h"

struct snet__sync;

/* @env and @folder are borrowed until snet__sync_free(). */
int snet__sync_new(struct snet__sync **ret, MDB_env *env, const char *folder,
		   struct snet_err *err);
/* Something was committed. Cheap: wakes the thread only when it had nothing to do. */
void snet__sync_mark(struct snet__sync *sync);
/* Sync what is left and end the thread. Accepts NULL. */
void snet__sync_free(struct snet__sync *sync);

#endif
