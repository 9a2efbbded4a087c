/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_SHARE_H
#define SNET_FAULT_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether @hits of @all are a larger share than @base_hits of @base_all, and that by more than
 * chance: at a level of 99.9 %, one-sided, so that of a thousand comparisons of what is the same
 * one says so. Of none nothing can be said. */
bool snet__share_is_higher(uint64_t hits, uint64_t all, uint64_t base_hits,
			   uint64_t base_all);

#endif
