/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_STEPS_H
#define SNET_BASE_STEPS_H

/* Work of many short steps, one after the other, that can be left between any two of them: the
 * place is kept for the next time. */

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What is done once, or for each of so many; constant. */
struct snet__phase {
	/* How many steps it has, asked before each; NULL: one. */
	size_t (*count)(const void *work);
	/* 0; 1: the same step once more; or negative. */
	int (*step)(void *work, size_t at, struct snet_err *err);
};

struct snet__steps {
	const struct snet__phase *phases;
	size_t count;
	size_t phase, at; /* the next step */
};

/* One step, and more until it is @until_ns by snet__clock_ns(); 0: all. 1 when there are more, 0
 * after the last, negative after one that has failed. */
int snet__steps_walk(struct snet__steps *steps, void *work, uint64_t until_ns,
		     struct snet_err *err);

#endif
