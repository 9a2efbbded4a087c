/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_TAP_H
#define SNET_LINK_TAP_H

/* What passes a link, on its way from the thread that moves the packets to one that captures them:
 * a ring of a fixed size. The first never waits for the second: what finds no room is counted.
 * Each has its own half of the functions below; the tap goes when both have left it. */

#include "io/filter.h"
#include "link/packet.h"

struct snet__tap;

#define SNET__TAP_BYTES (16ul << 20)
#define SNET__TAP_ENDS  2

/* What happened to a packet. */
enum snet__tap_fate {
	SNET__TAP_CAME,
	SNET__TAP_LEFT,
	/* Some time after it came; see @cause. A record of its own: the other is not held back until
	 * more is known, so that what is read meanwhile is in order and up to date. */
	SNET__TAP_LOST_LATER,
};

struct snet__tap_record {
	uint32_t room; /* bytes to the next record */
	uint32_t size; /* of the frame; 0: this only fills the ring's end */
	uint32_t captured;
	uint16_t csum_start, csum_offset; /* where a checksum is missing; 0: nowhere */
	uint16_t vlan;                    /* that it is in, without a tag; 0: none */
	unsigned char end;                /* of the link: 0, where it begins, or 1 */
	unsigned char fate;
	unsigned char cause; /* 0, or 1 and the enum snet__drop by which it was lost */
	bool is_copy;        /* that the link has made */
	uint64_t at_ns, came_ns; /* of snet__clock_ns() */
	uint64_t id;
	unsigned char data[];
};

/* @filter is taken, also after a failure; NULL: everything. Of each frame @snaplen bytes. */
int snet__tap_new(struct snet__tap **ret, struct snet__filter *filter, uint32_t snaplen,
		  size_t bytes, struct snet_err *err);

/* ---- For the thread that moves packets. */

/* An eventfd, borrowed during the call, that is written to when the other thread leaves. Before the
 * tap is given to that. Codes of dup(2). */
int snet__tap_set_alarm(struct snet__tap *tap, int alarm, struct snet_err *err);

/* Add @what about a frame, all but its sizes. NULL: it does not match, or there is no room. What
 * is returned may be changed until it is published. */
struct snet__tap_record *snet__tap_add(struct snet__tap *tap,
				       const struct snet__tap_record *what,
				       const void *frame, size_t size);
void snet__tap_publish(struct snet__tap *tap);
/* The other thread has left. */
bool snet__tap_is_left(const struct snet__tap *tap);
/* Nothing more will come. */
void snet__tap_end(struct snet__tap *tap);

/* ---- For the thread that captures. */

/* Readable when there is something to take, or nothing more will come. */
int snet__tap_fd(const struct snet__tap *tap);
/* Before it looks for records: it takes the signal. */
void snet__tap_heed(struct snet__tap *tap);
/* The next record, valid until snet__tap_release(); NULL: none now. */
struct snet__tap_record *snet__tap_next(struct snet__tap *tap);
/* All that were taken. */
void snet__tap_release(struct snet__tap *tap);
/* Nothing more will come than what can be taken now. */
bool snet__tap_is_over(const struct snet__tap *tap);
/* How many found no room, at each end of the link. */
uint64_t snet__tap_missed(const struct snet__tap *tap, unsigned int end);
void snet__tap_leave(struct snet__tap *tap); /* accepts NULL */

#endif
