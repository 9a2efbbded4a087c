/* SPDX-License-Identifier: MIT */
/* The bytes of a trace as they are in the store: whatever they are, reading them ends in a
 * trace that can be printed and written, or in an error that leaves nothing behind. */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is written is read again as the same. */
static void check_again(const struct snet_trace *trace)
{
	size_t size = snet__trace_encoded_size(trace);
	struct snet_trace again = {0};
	void *bytes = malloc(size);
	char *one, *two;

	assert(bytes);
	snet__trace_encode(trace, bytes);
	assert(snet__trace_decode_outcome(bytes, size) == trace->outcome);
	assert(snet__trace_decode(&again, bytes, size) == 0);
	one = snet__trace_json(trace);
	two = snet__trace_json(&again);
	assert(one && two && strcmp(one, two) == 0);
	assert(snet__text_is_utf8(one, strlen(one)));
	free(one);
	free(two);
	free(bytes);
	snet__trace_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snet_trace trace = {0};
	int r;

	(void)snet__trace_decode_outcome(data, size);
	r = snet__trace_decode(&trace, data, size);
	if (r == 0) {
		check_again(&trace);
		(void)snet_trace_total_ns(&trace);
	} else {
		assert(r == -EPROTO);
		assert(!trace.steps && !trace.count);
	}
	snet__trace_clear(&trace);
	return 0;
}
