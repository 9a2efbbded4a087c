/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_CAPTURE_H
#define SNET_LINK_CAPTURE_H

/* Packets as pcapng, written by a thread of its own: those of interfaces, which the kernel keeps
 * for it, and those of a shaped link, which come through a tap. What it does not write in time is
 * missed, and counted; nobody waits for it. */

#include <snet/link.h>

#include "link/tap.h"

struct snet__capture;

struct snet__capture_opts {
	const char *filter; /* NULL: everything */
	uint32_t snaplen;   /* of each packet at most; 0: all */
	uint64_t count;     /* it ends after so many; 0: never */
	int fd;             /* where it is written to: closed at the end when @is_own */
	bool is_own;        /* also after a failure */
};
int snet__capture_new(struct snet__capture **ret, const struct snet__capture_opts *opts,
		      struct snet_err *err);

/* ---- What is captured: by one thread, before it starts, and again while it goes on, but then only
 * when that is offered. */

/* An interface. */
struct snet__capture_socket {
	int netns, index;
	const char *name, *description; /* in the file */
	unsigned int vlan; /* that its packets are in, without a tag; 0: none */
};
int snet__capture_add_socket(struct snet__capture *capture,
			     const struct snet__capture_socket *socket,
			     struct snet_err *err);
/* A shaped link, each of its ends an interface. The tap is for the one who shapes it. */
int snet__capture_add_tap(struct snet__capture *capture, const char *const names[2],
			  const char *description, struct snet__tap **ret_tap,
			  struct snet_err *err);

/* Have it go on with what was added since the last time. What it captured until then ends with what
 * has come by now, and has interfaces of its own in the file. */
void snet__capture_offer(struct snet__capture *capture);
/* Whether it is to wait for an offer when all that it captures has gone, rather than to end. */
void snet__capture_hold(struct snet__capture *capture, bool is_held);

/* ---- Its life. */

/* Once; a failure ends it. */
int snet__capture_begin(struct snet__capture *capture, struct snet_err *err);
/* It has ended by itself, or about to be. */
bool snet__capture_is_over(const struct snet__capture *capture);
/* Have it write what there is, and end. Any thread, any number of times. */
void snet__capture_ask_end(struct snet__capture *capture);
/* The same, and wait until it has; it then holds no interface, and no
 * descriptor. Any thread, any number of times. */
void snet__capture_end(struct snet__capture *capture);
/* After its end: -errno of what it failed by. */
int snet__capture_result(const struct snet__capture *capture,
			 struct snet_capture_counts *ret, struct snet_err *err);

void snet__capture_ref(struct snet__capture *capture);
/* The last one ends it. Accepts NULL. */
void snet__capture_unref(struct snet__capture *capture);

#endif
