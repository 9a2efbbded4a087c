/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_FORWARD_H
#define SNET_IO_FORWARD_H

/* Ways out of a network namespace: TCP ports in it that lead to places outside. For each
 * connection that arrives one is made outside, with the rights of any program there, and the two
 * are joined. What cannot be connected is reset inside: there it looks like a server that broke
 * off, as a server would whose own network has failed. */

#include <stdint.h>

#include "io/loop.h"
#include "sys/outside.h"

/* Connections at a time; each has two descriptors. */
#define SNET__FORWARD_CONNECTIONS_MAX 1000

struct snet__forward;

struct snet__forward_opts {
	int netns;                     /* where the ports are; borrowed during calls */
	struct snet__outside *outside; /* borrowed */
	/* Optional: a line for each connection that was refused or failed, for a person. */
	void (*log)(void *user, const char *line);
	void *user;
};

struct snet__forward_counts {
	uint64_t connections; /* now */
	uint64_t total;       /* ever accepted; refused ones are not */
	uint64_t failed;      /* that could not be made outside */
	uint64_t refused;     /* because there were too many */
	uint64_t in_bytes;    /* that came in from outside */
	uint64_t out_bytes;
};

int snet__forward_new(struct snet__forward **ret, struct snet__loop *loop,
		      const struct snet__forward_opts *opts, struct snet_err *err);
/* Open connections are reset. Accepts NULL. */
void snet__forward_free(struct snet__forward *forward);
/* Let @port lead to @host:@to_port, whose addresses are asked for when they are needed, and
 * again when they are old. @host: a name or an address, IPv6 without brackets. -EADDRINUSE. */
int snet__forward_add(struct snet__forward *forward, unsigned int port, const char *host,
		      unsigned int to_port, struct snet_err *err);
const struct snet__forward_counts *snet__forward_counts(
	const struct snet__forward *forward);

#endif
