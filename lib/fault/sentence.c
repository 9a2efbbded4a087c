/* SPDX-License-Identifier: MIT */
#include "fault/sentence.h"

#include <stdarg.h>
#include <stdio.h>

void snet__sentence_add(struct snet__sentence *sentence, const char *fmt, ...)
{
	size_t room = sizeof(sentence->text) - sentence->used;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(sentence->text + sentence->used, room, fmt, args);
	va_end(args);
	if (n > 0)
		sentence->used += (size_t)n < room ? (size_t)n : room - 1;
}
