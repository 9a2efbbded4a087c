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
