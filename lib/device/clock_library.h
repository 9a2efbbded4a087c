/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_CLOCK_LIBRARY_H
#define SNET_DEVICE_CLOCK_LIBRARY_H

/* The library that shifts the time of day of a program, which the dynamic linker loads into it
 * first (LD_PRELOAD). It is a part of this one and written to a file: it need not be found. */

#include <stddef.h>

/* The variable that names a file which begins with the nanoseconds to add, an int64_t. The library
 * maps it, so what is stored there counts from the next call on. */
#define SNET__CLOCK_VARIABLE "SNET_CLOCK"

/* Made of clock_library.c by the build. */
extern const unsigned char snet__clock_library[];
extern const size_t snet__clock_library_size;

#endif
