/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_DECISION_H
#define SNET_TOPO_DECISION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What becomes of a packet, as far as chance decides it: times, and what is in the way, do not. */
enum {
	SNET__FATE_LOSE = 1,      /* or mark it */
	SNET__FATE_DUPLICATE = 2, /* with LOSE, one of the two is left */
	SNET__FATE_CORRUPT = 4,
	SNET__FATE_AT_ONCE = 8, /* ahead of all that are delayed */
	SNET__FATE_COPY = 16,   /* this is about the second one of a DUPLICATE */
};

struct snet__decision {
	uint64_t
		number; /* of those that were decided about, from 1; a copy has its packet's */
	uint64_t delay_ns;
	uint32_t place; /* of the bit that is inverted: in 2^-32 of the packet */
	uint8_t fate;
};

/* A line of a log: the number, the delay in ns, letters for the fate ("-": none) and the place:
 * "17 20000000 dc 2147483648". @text has room for SNET__DECISION_TEXT_MAX bytes. */
#define SNET__DECISION_TEXT_MAX 64
/* The last line of a log that nothing is missing of. */
#define SNET__DECISION_END "end"
char *snet__decision_format(char *text, const struct snet__decision *decision);
/* -EINVAL: not such a line. */
int snet__decision_parse(struct snet__decision *ret, const char *text,
			 struct snet_err *err);

#endif
