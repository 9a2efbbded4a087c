/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_TRACE_OPS_H
#define SNET_LINK_TRACE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a trace says about one moment, in place of the description's. */
struct snet__trace_moment {
	bool has_delay, has_loss, has_rate;
	uint64_t delay_ns;
	double loss;       /* 0 to 1 */
	uint64_t rate_bps; /* 0: that of the departures */
};

/* What a link can carry over time. Times are the pipe's, and never go back; at least one is there. */
struct snet__trace_ops {
	/* When a packet of @bytes leaves that is the next to be sent at @at_ns: later than any
	 * before it, or with it. Called once for each packet, in order. */
	uint64_t (*departure)(void *trace, uint64_t at_ns, size_t bytes);
	/* What holds at @at_ns; without it nothing but the departures, which never end. */
	void (*point)(void *trace, uint64_t at_ns, struct snet__trace_moment *ret);
	/* Optional: what a person is told of @at_ns: nothing before the trace has begun, which this
	 * does not let it, and after its end. */
	void (*look)(const void *trace, uint64_t at_ns, struct snet__trace_moment *ret);
	/* Optional: go on where @former was, which has the same ops, if it is of the same trace. */
	void (*resume)(void *trace, const void *former);
	/* Optional: the trace is not needed any more. */
	void (*free)(void *trace);
};

#endif
