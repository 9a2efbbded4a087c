/* SPDX-License-Identifier: MIT */
/* Threads of the library, in a program whose signals are no business of theirs: a handler would run
 * in whatever namespace the thread is in, and SIGPIPE is one that the thread causes. */

#include "base/thread.h"

#include <signal.h>

int snet__thread_start(pthread_t *ret, void *(*fn)(void *), void *arg, const char *name)
{
	pthread_t alone, *thread = ret ? ret : &alone;
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, NULL, fn, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;
	if (name)
		(void)pthread_setname_np(*thread, name); /* only for debuggers */
	if (!ret)
		(void)pthread_detach(*thread); /* it exists, and nobody joins it */
	return 0;
}
