/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_CAPTURE_PRIVATE_H
#define SNET_LINK_CAPTURE_PRIVATE_H

/* The inside of a capture: capture.c has the object, capture_run.c its thread. */

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "link/capture.h"
#include "link/pcapng.h"

struct snet__capture_iface {
	char *name, *description;
	int fd; /* of its socket; -1: a tap has its packets, or it has gone */
	/* Of a shaped link, whose first end this is, and the next one its second; or NULL. */
	struct snet__tap *tap;
	bool is_down;  /* it has been: it may be up again, or have gone */
	bool is_whole; /* the kernel gives all that passes: what to write is found here */
	unsigned int vlan; /* whose tag packets get; 0: none */
	/* By the time of day: it came into the file; its socket is to end with what had come by
	 * then, 0: it is not. */
	uint64_t since_ns, until_ns;
	uint64_t written, missed;
};

struct snet__capture {
	atomic_uint users;
	pthread_mutex_t
		mutex; /* guards these two, and is held while the end is waited for */
	bool is_running;
	pthread_t thread;
	atomic_bool is_stopping, is_over;
	int wake; /* an eventfd: written to when it is stopping, or the next have changed */

	/* What it is to go on with: of the one who adds to it, and once that is offered of the
	 * thread, which takes it. */
	pthread_mutex_t offering; /* guards the next */
	bool is_offered;
	bool is_held;   /* more may be offered: it does not end for having nothing left */
	bool is_closed; /* the thread takes no more */
	struct snet__capture_iface *added;
	size_t added_count, added_cap;
	size_t all;          /* interfaces, with those that are offered */
	size_t former;       /* those of them that end with what had come by then: */
	uint64_t offered_ns; /* by the time of day */

	/* Constant while it runs. */
	char *expression;
	struct snet__filter *filter;
	uint32_t snaplen;
	uint64_t count;
	bool is_own_out, is_socket_out, is_file_out;

	/* The thread's own while it runs. */
	int out;
	struct snet__capture_iface *ifaces;
	size_t iface_count, iface_cap;
	uint64_t offset_ns; /* the time of day behind snet__clock_ns() */
	struct snet__pcapng pcapng;
	struct pollfd *polled;
	size_t polled_cap;
	unsigned char *room; /* for a frame */
	bool is_gone;        /* nobody reads any more */
	struct snet_capture_counts counts;
	int result;
	struct snet_err err;
};

/* The thread. */
void *snet__capture_run(void *capture);
/* Close what it holds: interfaces, taps, its own descriptor. */
void snet__capture_release(struct snet__capture *capture);

#endif
