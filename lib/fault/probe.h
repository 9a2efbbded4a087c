/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_PROBE_H
#define SNET_FAULT_PROBE_H

/* Asking over and over whether one node reaches another, and how long that takes: the measurements
 * of which receipts are made. A thread of its own asks all probes, by sockets that were opened in
 * the namespaces of the nodes. */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct snet__prober;

enum snet__probe_kind {
	SNET__PROBE_ICMP, /* an echo request: the path, and the kernel behind it */
	SNET__PROBE_COAP, /* an empty confirmable message, which is reset: RFC 7252 section 4.3 */
	SNET__PROBE_HTTP, /* GET of the root, any status */
	SNET__PROBE_KIND_COUNT,
};
/* "icmp" ... */
const char *snet__probe_name(enum snet__probe_kind kind);

struct snet__probe_opts {
	enum snet__probe_kind kind;
	int netns;         /* whence; borrowed during the call */
	uint32_t from, to; /* IPv4, host byte order */
	unsigned int port; /* not for ICMP */
	uint64_t every_ns, timeout_ns;
};

/* One measurement; on the prober's thread. @rtt_ns: UINT64_MAX without an answer. @detail: the status
 * "200" of an answer; or why there is none: "refused" (by the node: nobody listens, or hangs up),
 * "unreachable" (by the kernel or a router), "forbidden" (by a firewall's EPERM), "closed" or "not HTTP"
 * (what came instead), "failed" (no memory, no descriptor); NULL for nothing more to say. Static.
 *
 * A kernel tells of a UDP port where nobody listens no more than once a second, but for the first six
 * times (icmp_ratelimit in icmp(7)): the others are without an answer, and without a detail. */
typedef void (*snet__probe_fn)(void *user, unsigned int probe, uint64_t at_ns,
			       uint64_t rtt_ns, const char *detail);

int snet__prober_new(struct snet__prober **ret, snet__probe_fn fn, void *user,
		     struct snet_err *err);
/* Before it is started. @ret: numbers from 0. -EINVAL (@opts), -E2BIG (1,000 are enough), codes of
 * socket(2), bind(2) and connect(2). Each takes a descriptor; one for HTTP as many more as it has open
 * questions, at most 64. */
int snet__prober_add(struct snet__prober *prober, const struct snet__probe_opts *opts,
		     unsigned int *ret, struct snet_err *err);
int snet__prober_start(struct snet__prober *prober, struct snet_err *err);
/* What is asked and not answered yet is told as unanswered only if its time has come. No call of @fn
 * comes behind this. Accepts NULL. */
void snet__prober_free(struct snet__prober *prober);

#endif
