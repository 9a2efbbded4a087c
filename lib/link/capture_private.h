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
	int fd;        /* of its socket; -1: the tap has its packets, or it has gone */
	bool is_down;  /* it may be up again, or have gone */
	bool is_whole; /* the kernel gives all that passes: what to write is found here */
	unsigned int vlan; /* whose tag packets get; 0: none */
	uint64_t written, missed;
};

struct snet__capture {
	atomic_uint users;
	pthread_mutex_t
		mutex; /* guards these two, and is held while the end is waited for */
	bool is_running;
	pthread_t thread;
	atomic_bool is_stopping, is_over;
	int stop; /* an eventfd: readable from when it is stopping */

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
	struct snet__tap *tap; /* NULL: none */
	uint32_t tap_iface;    /* of the link's first end; the second is the next */
	uint64_t since_ns, offset_ns; /* the time of day; behind snet__clock_ns() */
	struct snet__pcapng pcapng;
	struct pollfd *polled;
	unsigned char *room; /* for a frame */
	bool is_gone;        /* nobody reads any more */
	struct snet_capture_counts counts;
	int result;
	struct snet_err err;
};

/* The thread. */
void *snet__capture_run(void *capture);
/* Close what it holds: interfaces, the tap, its own descriptor. */
void snet__capture_release(struct snet__capture *capture);

#endif
