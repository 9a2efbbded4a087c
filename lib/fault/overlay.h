/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_OVERLAY_H
#define SNET_FAULT_OVERLAY_H

/* What faults do to the impairments of links, over what the lab file says of them: several at once
 * lie over each other in the order in which they began, and a link is as it was when all are gone.
 * Whoever looks at a link of the lab meanwhile is told what is in force there, and of which faults:
 * also of those that do something else to its packets. */

#include "fault/scenario.h"
#include "lab/lab.h"

struct snet__overlays;

/* @lab is borrowed. */
int snet__overlays_new(struct snet__overlays **ret, struct snet_lab *lab,
		       struct snet_err *err);
void snet__overlays_free(struct snet__overlays *overlays);

/* Lay @fault over its links, or take it away again: all of them at once, and each from one packet to
 * the next. Taking away what is not there does nothing. */
int snet__overlays_add(struct snet__overlays *overlays, const struct snet__fault *fault,
		       struct snet_err *err);
int snet__overlays_remove(struct snet__overlays *overlays,
			  const struct snet__fault *fault, struct snet_err *err);

/* @fault is at work on a link in one direction, and no more: what is laid over links is marked as
 * such. On the lab's thread. -ENOMEM. */
int snet__overlays_add_mark(struct snet__overlays *overlays,
			    const struct snet__fault *fault, size_t link, bool is_back,
			    struct snet_err *err);
void snet__overlays_remove_mark(struct snet__overlays *overlays,
				const struct snet__fault *fault, size_t link,
				bool is_back);

/* What has happened to the packets of a link, forth and back, while no fault lay over it. On the lab's
 * thread; false when nobody counts. */
bool snet__overlays_count_plain(const struct snet__overlays *overlays, size_t link,
				struct snet_link_counts ret[2]);

/* What of @one changes when @fault lies over it. -ENOMEM */
int snet__overlay_combine(struct snet_impairment *one, const struct snet__fault *fault,
			  struct snet_err *err);

#endif
