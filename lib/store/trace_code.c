/* SPDX-License-Identifier: MIT */
/* Traces as bytes. First the version, the outcome (a byte each) and the number of steps (2);
 * then each step: its name's index (1), time (8), length of node (1) and of detail (2), node,
 * detail. Numbers are big-endian. Reading trusts no length. */

#include <string.h>

#include "store/db.h"
#include "store/trace.h"

#define VERSION    1
#define HEAD_BYTES 4
#define STEP_BYTES 12

size_t snet__trace_encoded_size(const struct snet_trace *trace)
{
	size_t size = HEAD_BYTES;

	for (size_t i = 0; i < trace->count; i++)
		size += STEP_BYTES + strlen(trace->steps[i].node) +
			strlen(trace->steps[i].detail);
	return size;
}

static unsigned char *put_number(unsigned char *to, uint64_t number, unsigned int bytes)
{
	while (bytes--)
		*to++ = (unsigned char)(number >> 8 * bytes);
	return to;
}

void snet__trace_encode(const struct snet_trace *trace, void *bytes)
{
	unsigned char *to = bytes;

	to = put_number(to, VERSION, 1);
	to = put_number(to, trace->outcome, 1);
	to = put_number(to, trace->count, 2);
	for (size_t i = 0; i < trace->count; i++) {
		const struct snet_step *step = &trace->steps[i];
		size_t node = strlen(step->node), detail = strlen(step->detail);

		to = put_number(to, snet__trace_step_index(step->step), 1);
		to = put_number(to, step->at_ns, 8);
		to = put_number(to, node, 1);
		to = put_number(to, detail, 2);
		to = mempcpy(to, step->node, node);
		to = mempcpy(to, step->detail, detail);
	}
}

/* Read one step at *@at: its bytes, or a negative errno. */
static int decode_step(struct snet_trace *trace, const unsigned char **at,
		       const unsigned char *end)
{
	char node_text[SNET__TRACE_NODE_MAX + 1], detail_text[SNET__TRACE_DETAIL_MAX + 1];
	size_t node, detail;
	const char *name;
	uint64_t at_ns;

	if (end - *at < STEP_BYTES)
		return -EPROTO;
	name = snet__trace_step_name(**at);
	at_ns = snet__db_number(*at + 1, 8);
	node = (size_t)snet__db_number(*at + 9, 1);
	detail = (size_t)snet__db_number(*at + 10, 2);
	*at += STEP_BYTES;
	if (!name || detail > SNET__TRACE_DETAIL_MAX ||
	    (size_t)(end - *at) < node + detail)
		return -EPROTO;

	*(char *)mempcpy(node_text, *at, node) = '\0';
	*(char *)mempcpy(detail_text, *at + node, detail) = '\0';
	*at += node + detail;
	return snet__trace_add(trace, name, node_text, at_ns, detail_text);
}

int snet__trace_decode(struct snet_trace *trace, const void *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = at + size;
	uint64_t count;
	int r = 0;

	if (size < HEAD_BYTES || at[0] != VERSION || at[1] > SNET_OUTCOME_FAILED)
		return -EPROTO;
	trace->outcome = (enum snet_outcome)at[1];
	count = snet__db_number(at + 2, 2);
	at += HEAD_BYTES;
	while (r == 0 && count--)
		r = decode_step(trace, &at, end);
	if (r == 0 && at != end)
		r = -EPROTO;
	if (r < 0)
		snet__trace_clear(trace);
	return r;
}

enum snet_outcome snet__trace_decode_outcome(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	if (size < HEAD_BYTES || at[1] > SNET_OUTCOME_FAILED)
		return SNET_OUTCOME_PENDING;
	return (enum snet_outcome)at[1];
}
