/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_FILTER_H
#define SNET_IO_FILTER_H

/* Expressions of pcap-filter(7) about Ethernet frames, by libpcap. Where libsnet was built without
 * it, none can be had: -EOPNOTSUPP. Names of hosts in an expression are looked up as the process
 * does, which may take its time; numbers are not. Constant once it is made: any number of threads
 * may use one. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct snet__filter;

/* -EINVAL with libpcap's own words, -EOPNOTSUPP, -ENOMEM. */
int snet__filter_new(struct snet__filter **ret, const char *expression,
		     struct snet_err *err);
/* @filter when it is of @expression, else a new one; to be freed. */
int snet__filter_get(struct snet__filter **ret, struct snet__filter *filter,
		     const char *expression, struct snet_err *err);
/* Whether @filter, which may be NULL, is of @expression, which may be, too. */
bool snet__filter_is_of(const struct snet__filter *filter, const char *expression);
/* Each of its users frees it; the last does it. NULL for NULL. */
struct snet__filter *snet__filter_ref(struct snet__filter *filter);
void snet__filter_free(struct snet__filter *filter); /* accepts NULL */
/* Is a frame, of which @captured bytes are at hand, one of those? */
bool snet__filter_matches(const struct snet__filter *filter, const void *frame,
			  size_t size, size_t captured);
/* The same of one that a switch has in @vlan, without its tag: an expression about VLANs sees it
 * tagged (IEEE 802.1Q), any other as it is. @vlan: 0 for none. */
bool snet__filter_matches_in(const struct snet__filter *filter, unsigned int vlan,
			     const void *frame, size_t size);
/* Let the kernel give the socket @fd, of packet(7), only such frames. 1: it looks for VLAN tags, which
 * the kernel keeps beside a frame; it is for the caller to match what comes. */
int snet__filter_attach(const struct snet__filter *filter, int fd, struct snet_err *err);

/* Of libpcap; NULL when there is none. */
const char *snet__filter_version(void);

static inline void snet__filter_free_at(struct snet__filter **at)
{
	snet__filter_free(*at);
}
#define autofilter cleanup_with(snet__filter_free_at) struct snet__filter

#endif
