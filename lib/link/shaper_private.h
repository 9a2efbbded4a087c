/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_SHAPER_PRIVATE_H
#define SNET_LINK_SHAPER_PRIVATE_H

/* The shaper's own: shaper_user.c shares links out among threads, shaper_thread.c has a thread and
 * its time, shaper_flow.c what packets go through, shaper_link.c the links. */

#include <pthread.h>
#include <stdbool.h>

#include "link/buffers.h"
#include "link/heap.h"
#include "link/histogram.h"
#include "link/scribe.h"
#include "link/shaper_user.h"
#include "link/taps.h"
#include "sys/closer.h"
#include "sys/packet.h"
#include "topo/decision_file.h"

/* Of a cable. */
struct snet__end {
	struct snet__way *way; /* which leads from here */
	int fd, out;           /* both are the cable's */
	uint16_t vlan;         /* of the cable; 0: none */
};

struct snet__way {
	struct snet__heap_item item; /* first: when its next packet is due */
	struct snet__shaper_thread *thread;
	struct snet__pipe *pipe;
	struct snet__taps *taps;             /* the link's */
	unsigned char from;                  /* which end it begins at: 0 or 1 */
	const struct snet__packet *arriving; /* is being pushed */
	bool is_plain;                       /* packets simply pass */
	uint64_t last_ns;                    /* when the last packet came */
	uint64_t missed, refused;
	struct snet__buffers_share share;
	struct snet__sheet *sheet; /* NULL: nobody wants to know what is decided */
	struct snet__decision_reader *reader; /* NULL: all is by chance */
	struct snet__kept_files kept;         /* of what is in force; the callers' */
};

struct snet__shaped {
	struct snet__shaped *next;
	struct snet__shaper_thread *thread;
	struct snet__way ways[2];
	struct snet__end *ends; /* of each cable: from here, from there */
	size_t end_count;
	struct snet__taps taps;
	struct snet__shaper_total
		totals[2]; /* of each way, when they were asked for last */
};

struct snet__shaper_call {
	struct snet__shaper_call *next;
	int (*fn)(struct snet__shaper_thread *thread, void *arg, struct snet_err *err);
	void *arg;
	struct snet_err *err;
	int result;
	bool is_done;
};

enum snet__margin {
	SNET__MARGIN_THRIFTY,
	SNET__MARGIN_WIDE,
};
#define SNET__MARGINS 2

struct snet__shaper_thread {
	pthread_t thread;
	int epoll, wake;
	struct snet__closer *closer;
	size_t link_count; /* the callers' */

	/* The mutex guards these; "done" tells of a call's end. */
	pthread_mutex_t mutex;
	pthread_cond_t done;
	struct snet__shaper_call *calls;

	/* The thread's own. */
	bool is_ending;
	struct snet__shaped *links;
	struct snet__heap due;
	struct snet__buffers *buffers;
	struct snet__buffer *incoming[SNET__PACKET_BATCH]; /* room for the next frames */
	struct snet__histogram lateness;
	uint64_t margins_ns[SNET__MARGINS]; /* how long before it is to send to wake up */
	uint64_t lead_ns;               /* how long before a packet is due to send it */
	uint64_t saved_ns, saved_at_ns; /* polling that may still be done, as of when */
	uint64_t packets_at_ns;         /* when some came last */
	uint64_t plain_at_ns;           /* when one came last that was to pass at once */
	uint64_t window_ns;             /* when the present window began, */
	uint64_t idle_ns; /* and how long the thread has slept or polled in it */
	bool is_batching;
};

/* shaper_flow.c; on the thread. */
extern const struct snet__pipe_ops snet__shaper_ops, snet__shaper_written_ops;
void snet__shaper_take_in(struct snet__end *end);
void snet__shaper_send_due(struct snet__way *way, uint64_t now_ns);
/* After the pipe has changed. */
void snet__shaper_schedule(struct snet__way *way);

/* shaper_thread.c */
/* @closer: borrowed, for the links' sockets. */
int snet__shaper_thread_new(struct snet__shaper_thread **ret, struct snet__closer *closer,
			    struct snet_err *err);
/* With all its links. Accepts NULL. */
void snet__shaper_thread_free(struct snet__shaper_thread *thread);
/* Have @fn run on the thread, and wait for it. */
int snet__shaper_call(struct snet__shaper_thread *thread,
		      int (*fn)(struct snet__shaper_thread *thread, void *arg,
				struct snet_err *err),
		      void *arg, struct snet_err *err);
/* On the thread: how long it took to send one packet. */
void snet__shaper_learn_lead(struct snet__shaper_thread *thread, uint64_t took_ns);
/* On the thread: tell @user of what arrives at @fd. */
int snet__shaper_watch(const struct snet__shaper_thread *thread, int fd, void *user,
		       struct snet_err *err);

/* shaper_link.c */
/* Make a link, the thread's from then on. @scribe: NULL until something is to be written. */
int snet__shaped_new(struct snet__shaped **ret, struct snet__shaper_thread *thread,
		     struct snet__scribe **scribe, const struct snet__shaped_opts *opts,
		     struct snet_err *err);
/* For who cannot make one. */
void snet__shaped_close_cables(const struct snet__shaped_opts *opts);
/* On the thread, or without it: the link has nothing to do with it any more. Cannot fail. */
int snet__shaper_detach(struct snet__shaper_thread *thread, void *link,
			struct snet_err *err);
/* On the thread: add up what the kernel has dropped at its ends since this was called last. */
void snet__shaped_count_missed(const struct snet__shaped *link);
/* The rest of it, which may wait for a disk. */
void snet__shaped_free(struct snet__shaped *link);

#endif
