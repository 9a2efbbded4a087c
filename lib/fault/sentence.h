/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_SENTENCE_H
#define SNET_FAULT_SENTENCE_H

/* Words and numbers behind each other; what does not fit is left out. Zeroed is empty. */

#include <stddef.h>

struct snet__sentence {
	char text[600];
	size_t used;
};

__attribute__((format(printf, 2, 3))) void snet__sentence_add(
	struct snet__sentence *sentence, const char *fmt, ...);

#endif
