/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now); /* cannot fail for these two clocks */
	return (uint64_t)now.tv_sec * SNET__NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t snet__clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t snet__clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

/* Two readings of the one with the other between them: when they are far from each other, this thread
 * was held up. The closest of a few it is, then. */
#define CLOSE_NS SNET__NS_PER_US
#define READINGS 8

uint64_t snet__clock_offset_ns(uint64_t *ret_now_ns)
{
	uint64_t before_ns = snet__clock_ns(), closest_ns = UINT64_MAX, offset_ns = 0;

	for (int i = 0; i < READINGS && closest_ns > CLOSE_NS; i++) {
		uint64_t wall_ns = snet__clock_wall_ns(), after_ns = snet__clock_ns();

		if (after_ns - before_ns < closest_ns) {
			closest_ns = after_ns - before_ns;
			offset_ns = wall_ns - before_ns - closest_ns / 2;
		}
		before_ns = after_ns;
	}
	*ret_now_ns = before_ns;
	return offset_ns;
}

void snet__clock_format(char text[static SNET__CLOCK_TEXT_MAX], uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / SNET__NS_PER_S);
	struct tm utc;
	size_t length;

	(void)gmtime_r(&seconds, &utc); /* fails only for years beyond an int */
	length = strftime(text, SNET__CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(text + length, SNET__CLOCK_TEXT_MAX - length, ".%09uZ",
		       (unsigned int)(wall_ns % SNET__NS_PER_S));
}
