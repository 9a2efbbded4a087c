/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_TAPS_H
#define SNET_LINK_TAPS_H

/* Those that capture one link, told by the thread that moves its packets. To look costs nothing
 * but a comparison as long as there are none. */

#include "link/pipe.h"
#include "link/tap.h"
#include "sys/packet.h"

#define SNET__TAPS_MAX 8

/* What is told as a cause, besides 1 and an enum snet__drop: the other end did not take it. */
#define SNET__TAPS_REFUSED (1 + SNET__DROP_COUNT)

struct snet__taps {
	struct snet__tap *items[SNET__TAPS_MAX];
	struct snet__tap_record *arrived[SNET__TAPS_MAX]; /* may be NULL, see below */
	size_t count;
};

/* From now on @tap is told. -EBUSY: there are too many. */
int snet__taps_add(struct snet__taps *taps, struct snet__tap *tap, struct snet_err *err);
/* Those who take no more go. Told before the next packet, by snet__taps_publish(), or an alarm. */
void snet__taps_remove_left(struct snet__taps *taps);
/* The link goes. */
void snet__taps_end(struct snet__taps *taps);

/* A packet has come in at an end, and is told of as it was then. Until the next one comes, or this
 * is published, it can be added that it was lost at once. */
void snet__taps_arrive(struct snet__taps *taps, const struct snet__tap_record *what,
		       const struct snet__packet_slot *slot);
void snet__taps_lose_arrived(struct snet__taps *taps, unsigned int cause);
/* One has left, or is lost. */
void snet__taps_tell(struct snet__taps *taps, const struct snet__tap_record *what,
		     const struct snet__packet_slot *slot);
/* Let them know of it. */
void snet__taps_publish(struct snet__taps *taps);

#endif
