/* SPDX-License-Identifier: MIT */
/* A thread fills a small ring with namespaces, the caller empties it. The mutex guards all
 * members; "changed" tells either side of a change. When the thread fails it just ends: the
 * caller's own attempt then meets the same error, and reports it. */

#include "lab/ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/thread.h"
#include "sys/netns.h"
#include "sys/nl.h"

#define READY_MAX 32

struct snet__ahead {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t to_make;
	bool has_ended;
	int home; /* a namespace for the thread; borrowed */
	size_t first, count;
	struct ready {
		int fd;
		struct snet__nl *nl;
	} ready[READY_MAX];
};

/* Called with the mutex held; gives it up while the kernel works. */
static bool make_one(struct snet__ahead *ahead)
{
	struct ready made;
	int r;

	ahead->to_make--;
	(void)pthread_mutex_unlock(&ahead->mutex);
	r = snet__netns_new_connected(&made.fd, &made.nl, NULL);
	(void)pthread_mutex_lock(&ahead->mutex);
	if (r < 0)
		return false;

	ahead->ready[(ahead->first + ahead->count++) % READY_MAX] = made;
	(void)pthread_cond_broadcast(&ahead->changed);
	return true;
}

static void *run(void *user)
{
	struct snet__ahead *ahead = user;

	/* Best effort: on the host's network it works too, if more slowly without root. */
	(void)snet__netns_settle(ahead->home, NULL);
	(void)pthread_mutex_lock(&ahead->mutex);
	while (ahead->to_make) {
		if (ahead->count == READY_MAX)
			(void)pthread_cond_wait(&ahead->changed, &ahead->mutex);
		else if (!make_one(ahead))
			break;
	}
	ahead->has_ended = true;
	(void)pthread_cond_broadcast(&ahead->changed);
	(void)pthread_mutex_unlock(&ahead->mutex);
	snet__netns_unsettle();
	return NULL;
}

int snet__ahead_new(struct snet__ahead **ret, size_t count, int home,
		    struct snet_err *err)
{
	autofree struct snet__ahead *ahead = calloc(1, sizeof(*ahead));
	int r;

	if (!ahead)
		return snet__err_oom(err);

	ahead->to_make = count;
	ahead->home = home;
	(void)pthread_mutex_init(&ahead->mutex, NULL);
	(void)pthread_cond_init(&ahead->changed, NULL);

	r = snet__thread_start(&ahead->thread, run, ahead, NULL);
	if (r < 0)
		return snet__err_sys(err, r, "cannot start a thread");

	*ret = steal_ptr(ahead);
	return 0;
}

static bool take_ready(struct snet__ahead *ahead, struct ready *ret)
{
	bool has = false;

	(void)pthread_mutex_lock(&ahead->mutex);
	while (!ahead->count && !ahead->has_ended)
		(void)pthread_cond_wait(&ahead->changed, &ahead->mutex);
	if (ahead->count) {
		*ret = ahead->ready[ahead->first];
		ahead->first = (ahead->first + 1) % READY_MAX;
		ahead->count--;
		has = true;
		(void)pthread_cond_broadcast(&ahead->changed);
	}
	(void)pthread_mutex_unlock(&ahead->mutex);
	return has;
}

int snet__ahead_take(struct snet__ahead *ahead, int *ret_fd, struct snet__nl **ret_nl,
		     struct snet_err *err)
{
	struct ready ready;

	if (!ahead || !take_ready(ahead, &ready))
		return snet__netns_new_connected(ret_fd, ret_nl, err);

	*ret_fd = ready.fd;
	*ret_nl = ready.nl;
	return 0;
}

void snet__ahead_free(struct snet__ahead *ahead)
{
	struct ready ready;

	if (!ahead)
		return;

	(void)pthread_mutex_lock(&ahead->mutex);
	ahead->to_make = 0;
	(void)pthread_mutex_unlock(&ahead->mutex);
	/* Each one taken wakes the thread, should it wait for room. */
	while (take_ready(ahead, &ready)) {
		close(ready.fd);
		snet__nl_close(ready.nl);
	}
	(void)pthread_join(ahead->thread, NULL); /* it has ended, or is about to */
	(void)pthread_cond_destroy(&ahead->changed);
	(void)pthread_mutex_destroy(&ahead->mutex);
	free(ahead);
}
