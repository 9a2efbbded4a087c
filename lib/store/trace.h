/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_TRACE_H
#define SNET_STORE_TRACE_H

/* What trace.c (traces in memory) and trace_code.c (their bytes in the store) share. */

#include "store/store.h"

/* Longer words are cut. */
#define SNET__TRACE_NODE_MAX   255
#define SNET__TRACE_DETAIL_MAX 1023

/* NULL for none. */
const char *snet__trace_step_name(unsigned int index);
/* The number of names for none. */
unsigned int snet__trace_step_index(const char *name);

/* The bytes of a trace without its id and number. */
size_t snet__trace_encoded_size(const struct snet_trace *trace);
void snet__trace_encode(const struct snet_trace *trace, void *bytes);
/* Add the steps to zeroed @trace and set its outcome. -EPROTO (not such bytes; what was read
 * so far is released), -ENOMEM. */
int snet__trace_decode(struct snet_trace *trace, const void *bytes, size_t size);
/* Only the outcome; PENDING for no bytes. */
enum snet_outcome snet__trace_decode_outcome(const void *bytes, size_t size);
/* Into memory of its own, to be freed with snet_trace_free(). NULL when memory is short;
 * @trace is released then. */
struct snet_trace *snet__trace_move(struct snet_trace *trace);

#endif
