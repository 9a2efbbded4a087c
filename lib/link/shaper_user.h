/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_SHAPER_USER_H
#define SNET_LINK_SHAPER_USER_H

/* Links that are shaped by threads of ours. Each cable of such a link ends here: what arrives at
 * one end waits in a pipe (link/pipe.h), and is at the other when its time has come. A thread
 * serves a thousand links of a lab, and more when there are no processors for more threads; these
 * calls are made by one other, and wait for it. */

#include "link/pipe.h"
#include "link/tap.h"
#include "topo/kept_file.h"

struct snet__shaper;
struct snet__shaped;

int snet__shaper_new(struct snet__shaper **ret, struct snet_err *err);
/* With all its links. Accepts NULL. */
void snet__shaper_free(struct snet__shaper *shaper);

struct snet__shaped_opts {
	const char *name;
	uint64_t seed;                             /* the lab's */
	const struct snet_impairment *impairments; /* two: forth and back */
	const struct snet__kept_files *kept;       /* two, of what they name; or NULL */
	/* Its cables: two packet sockets each (sys/packet.h), of the end where it begins and of the
	 * other; they are taken, also after a failure. */
	const int (*cables)[2];
	const unsigned int *vlans; /* of each cable, 0 for none; NULL: none has one */
	size_t cable_count;
};
int snet__shaper_add(struct snet__shaper *shaper, struct snet__shaped **ret,
		     const struct snet__shaped_opts *opts, struct snet_err *err);
/* Accepts NULL. */
void snet__shaper_remove(struct snet__shaped *link);
/* From one packet to the next. @kept: as above; what is neither there nor in force already is read.
 * Nothing changes after a failure. */
int snet__shaped_set(struct snet__shaped *link,
		     const struct snet_impairment impairments[2],
		     const struct snet__kept_files *kept, struct snet_err *err);

/* Tell @tap of all packets from now on, until the one who takes them leaves it. -EBUSY: too many
 * are told; it is then the caller's still. */
int snet__shaped_tap(struct snet__shaped *link, struct snet__tap *tap,
		     struct snet_err *err);

/* Let @guard look at what comes in one direction, and take it away again; borrowed in between. */
void snet__shaped_add_guard(struct snet__shaped *link, bool is_back,
			    struct snet__guard *guard);
void snet__shaped_remove_guard(struct snet__shaped *link, bool is_back,
			       struct snet__guard *guard);

/* Of one direction. */
struct snet__shaper_counts {
	struct snet__pipe_counts pipe;
	uint64_t missed;  /* came too fast for the thread, before the pipe */
	uint64_t refused; /* by the other end, behind it: it is down, or has no room */
	uint64_t delay_p50_ns, delay_p90_ns, delay_p99_ns, delay_max_ns; /* in the pipe */
	struct snet__trace_moment trace; /* what it says now */
};
/* @ret: two, forth and back. */
void snet__shaped_count(const struct snet__shaped *link,
			struct snet__shaper_counts ret[2]);
/* All links and directions together: packets that came, that are on their way, and that were lost by
 * any cause. */
struct snet__shaper_total {
	uint64_t in, queued, lost;
};
void snet__shaper_count_all(struct snet__shaper *shaper, struct snet__shaper_total *ret);
/* Of a link, forth and back, as of the last snet__shaper_count_all(): zero before. */
const struct snet__shaper_total *snet__shaped_totals(const struct snet__shaped *link);

/* How late packets left, of all links: what the machine did to the delays. */
struct snet__shaper_lateness {
	uint64_t p50_ns, p99_ns, max_ns;
};
void snet__shaper_lateness(struct snet__shaper *shaper,
			   struct snet__shaper_lateness *ret);

/* A moment, for the shares that leave late from then on: how many packets were to wait up to it, and
 * how many of them left later than @than_ns. With zero in all but that: when the shaper began. */
struct snet__shaper_moment {
	uint64_t than_ns;
	uint64_t packets, late;
	unsigned int halvings; /* of the histogram that it is from */
};
void snet__shaper_mark(struct snet__shaper *shaper, struct snet__shaper_moment *ret,
		       uint64_t than_ns);
/* What was between two moments of the same than_ns. */
struct snet__shaper_moment snet__shaper_between(const struct snet__shaper_moment *from,
						const struct snet__shaper_moment *to);

#endif
