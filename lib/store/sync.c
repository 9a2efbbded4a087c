/* SPDX-License-Identifier: MIT */
/* The background sync of a store whose durability is "process". The page cache survives the
 * death of every process; this bounds what a loss of power costs. A commit never waits for it:
 * LMDB syncs with fdatasync() on the file, outside of its writer's lock. */

#include "store/sync.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/thread.h"

struct snet__sync {
	MDB_env *env;
	const char *folder;
	pthread_t thread;
	pthread_mutex_t lock; /* guards stop, and the wake-up for dirty */
	pthread_cond_t wake;
	atomic_bool dirty;
	bool stop;
};

/* Wait a second, or until there is to be no more waiting. */
static void wait_second(struct snet__sync *sync)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	while (!sync->stop)
		if (pthread_cond_timedwait(&sync->wake, &sync->lock, &until) != 0)
			return;
}

static void sync_now(struct snet__sync *sync)
{
	int rc;

	atomic_store(&sync->dirty, false);
	rc = mdb_env_sync(sync->env, 1);
	if (rc != 0)
		snet__log(SNET_LOG_WARNING, "cannot sync the store folder=%s reason=%s",
			  sync->folder, mdb_strerror(rc));
}

static void *run(void *user)
{
	struct snet__sync *sync = user;

	pthread_mutex_lock(&sync->lock);
	for (;;) {
		while (!sync->stop && !atomic_load(&sync->dirty))
			pthread_cond_wait(&sync->wake, &sync->lock);
		if (sync->stop)
			break;
		wait_second(sync);
		pthread_mutex_unlock(&sync->lock);
		sync_now(sync);
		pthread_mutex_lock(&sync->lock);
	}
	pthread_mutex_unlock(&sync->lock);
	return NULL;
}

int snet__sync_new(struct snet__sync **ret, MDB_env *env, const char *folder,
		   struct snet_err *err)
{
	struct snet__sync *sync = calloc(1, sizeof(*sync));
	pthread_condattr_t attr;
	int r;

	if (!sync)
		return snet__err_oom(err);

	sync->env = env;
	sync->folder = folder;
	pthread_mutex_init(&sync->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&sync->wake, &attr);
	pthread_condattr_destroy(&attr);

	r = snet__thread_start(&sync->thread, run, sync, NULL);
	if (r < 0) {
		pthread_cond_destroy(&sync->wake);
		pthread_mutex_destroy(&sync->lock);
		free(sync);
		return snet__err_sys(err, r, "cannot start the store's sync thread");
	}
	*ret = sync;
	return 0;
}

void snet__sync_mark(struct snet__sync *sync)
{
	if (atomic_exchange(&sync->dirty, true))
		return;

	/* Under the lock, or the thread could miss it between its test and its wait. */
	pthread_mutex_lock(&sync->lock);
	pthread_cond_signal(&sync->wake);
	pthread_mutex_unlock(&sync->lock);
}

void snet__sync_free(struct snet__sync *sync)
{
	if (!sync)
		return;

	pthread_mutex_lock(&sync->lock);
	sync->stop = true;
	pthread_cond_signal(&sync->wake);
	pthread_mutex_unlock(&sync->lock);
	pthread_join(sync->thread, NULL);

	if (atomic_load(&sync->dirty))
		sync_now(sync);
	pthread_cond_destroy(&sync->wake);
	pthread_mutex_destroy(&sync->lock);
	free(sync);
}
