/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_MEDIUM_H
#define SNET_LINK_MEDIUM_H

#include <stdint.h>

#include "base/clock.h"
#include "link/packet.h"

/* When the last bit of all that was sent has left, exactly: what a nanosecond is too coarse for is
 * carried on to the next packet. */
struct snet__medium {
	uint64_t free_ns;
	uint64_t rest; /* of bits times 10^9, below the rate */
};

/* Higher is as good as no limit; lower, no sum overflows. */
#define SNET__RATE_MAX_BPS (UINT64_C(1) << 62)
#define SNET__BYTES_MAX    (UINT64_C(1) << 29)

static inline uint64_t snet__medium_bytes(const struct snet__packet *packet,
					  int32_t overhead_bytes)
{
	int64_t segments = packet->segments ? packet->segments : 1;
	int64_t bytes = snet__packet_wire_bytes(packet) + segments * overhead_bytes;

	return bytes > 0 ? (uint64_t)bytes : 0;
}

/* Send @bytes, not before @ready_ns. A rate of 0 takes no time. */
static inline void snet__medium_send(struct snet__medium *medium, uint64_t rate_bps,
				     uint64_t bytes, uint64_t ready_ns)
{
	uint64_t scaled;

	if (medium->free_ns < ready_ns) {
		medium->free_ns = ready_ns;
		medium->rest = 0;
	}
	if (!rate_bps)
		return;
	if (bytes > SNET__BYTES_MAX)
		bytes = SNET__BYTES_MAX;
	scaled = bytes * 8 * SNET__NS_PER_S + medium->rest;
	medium->free_ns += scaled / rate_bps;
	medium->rest = scaled % rate_bps;
}

#endif
