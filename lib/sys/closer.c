/* SPDX-License-Identifier: MIT */
#include "sys/closer.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"

/* At its end it may have all that a large lab had. */
#define THREADS_MAX         64
#define THREADS_MAX_RUNNING 4
#define STACK_BYTES         (256 * 1024)

struct snet__closer {
	pthread_t threads[THREADS_MAX];
	size_t thread_count;

	/* The mutex guards the rest; "more" tells of descriptors, and of the end. */
	pthread_mutex_t mutex;
	pthread_cond_t more;
	int *fds;
	size_t count, cap;
	size_t idle_count; /* threads that wait */
	bool is_ending;
};

static void *run(void *user)
{
	struct snet__closer *closer = user;
	int fd;

	(void)pthread_mutex_lock(&closer->mutex);
	for (;;) {
		while (closer->count) {
			fd = closer->fds[--closer->count];
			(void)pthread_mutex_unlock(&closer->mutex);
			close(fd);
			(void)pthread_mutex_lock(&closer->mutex);
		}
		if (closer->is_ending)
			break;
		closer->idle_count++;
		(void)pthread_cond_wait(&closer->more, &closer->mutex);
		closer->idle_count--;
	}
	(void)pthread_mutex_unlock(&closer->mutex);
	return NULL;
}

int snet__closer_new(struct snet__closer **ret, struct snet_err *err)
{
	struct snet__closer *closer = calloc(1, sizeof(*closer));

	if (!closer)
		return snet__err_oom(err);
	(void)pthread_mutex_init(&closer->mutex, NULL);
	(void)pthread_cond_init(&closer->more, NULL);
	*ret = closer;
	return 0;
}

/* With the mutex held. */
static bool start_thread(struct snet__closer *closer)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int r;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES); /* else the default */
	/* The program's signals are no business of our threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&closer->threads[closer->thread_count], &attr, run, closer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	if (r != 0)
		return false;
	/* Only for debuggers. */
	(void)pthread_setname_np(closer->threads[closer->thread_count++], "snet-closer");
	return true;
}

/* With the mutex held: put it where a thread will find it. */
static bool hand_over(struct snet__closer *closer, int fd)
{
	if (snet__vec_reserve(&closer->fds, &closer->cap, closer->count + 1,
			      sizeof(*closer->fds), NULL) < 0)
		return false;
	if (closer->count >= closer->idle_count &&
	    closer->thread_count < THREADS_MAX_RUNNING && !start_thread(closer) &&
	    !closer->thread_count)
		return false;
	closer->fds[closer->count++] = fd;
	(void)pthread_cond_signal(&closer->more);
	return true;
}

void snet__closer_take(struct snet__closer *closer, int fd)
{
	bool is_handed;

	if (fd < 0)
		return;
	(void)pthread_mutex_lock(&closer->mutex);
	is_handed = hand_over(closer, fd);
	(void)pthread_mutex_unlock(&closer->mutex);
	if (!is_handed)
		close(fd);
}

void snet__closer_free(struct snet__closer *closer)
{
	if (!closer)
		return;
	(void)pthread_mutex_lock(&closer->mutex);
	while (closer->thread_count < THREADS_MAX &&
	       closer->count > closer->thread_count && start_thread(closer))
		;
	closer->is_ending = true;
	(void)pthread_cond_broadcast(&closer->more);
	(void)pthread_mutex_unlock(&closer->mutex);
	for (size_t i = 0; i < closer->thread_count; i++)
		(void)pthread_join(closer->threads[i], NULL); /* it ends now */
	(void)pthread_mutex_destroy(&closer->mutex);
	(void)pthread_cond_destroy(&closer->more);
	free(closer->fds);
	free(closer);
}
