/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_CLOCK_H
#define SNET_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define SNET__NS_PER_S  1000000000ull
#define SNET__NS_PER_MS 1000000ull
#define SNET__NS_PER_US 1000ull

/* CLOCK_MONOTONIC: one clock for all processes of a machine, what every trace uses. */
uint64_t snet__clock_ns(void);

/* CLOCK_REALTIME: only for what leaves the machine, such as a CloudEvent's "time". */
uint64_t snet__clock_wall_ns(void);

/* How far that is ahead of the other, as of @ret_now_ns of the other, which is read as well: not off
 * by what else the processor did between the two. */
uint64_t snet__clock_offset_ns(uint64_t *ret_now_ns);

/* The longest text of snet__clock_format(), with its zero. */
#define SNET__CLOCK_TEXT_MAX 40

/* RFC 3339 in UTC with nine digits of a second: 2026-11-23T21:09:00.123456789Z */
void snet__clock_format(char text[static SNET__CLOCK_TEXT_MAX], uint64_t wall_ns);

#endif
