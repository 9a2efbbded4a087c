/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_THREAD_H
#define SNET_BASE_THREAD_H

#include <pthread.h>

/* Run @fn in a thread of its own, with all signals blocked. @ret: to be joined, and with glibc there
 * before @fn runs; NULL, and nobody joins it. @name: at most 15 letters, or NULL. Codes of pthread_create(3). */
int snet__thread_start(pthread_t *ret, void *(*fn)(void *), void *arg, const char *name);

#endif
