/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_MEASURE_H
#define SNET_LAB_MEASURE_H

/* What a link does to packets, measured from outside: a lab of two hosts and a cable, and sockets in
 * the hosts. Each call takes some seconds, and must not be made by a callback of a lab. */

#include <stddef.h>
#include <stdint.h>

#include <snet/snet.h>

/* A cable between two hosts: what is measured. */
struct snet__measured {
	enum snet_shaper shaper;
	struct snet_impairment forth; /* from where packets are sent */
};

/* Of times that were measured. */
struct snet__quantiles {
	double p50_us, p99_us;
};

/* A stream of TCP, in Gbit/s. */
int snet__measure_stream(double *ret, const struct snet__measured *measured,
			 struct snet_err *err);
/* Frames of 64 bytes that come through, of as many as one thread sends. */
int snet__measure_packets(double *ret_per_s, const struct snet__measured *measured,
			  struct snet_err *err);
/* Half of the time of a packet there and back, between two threads that each have a processor of their
 * own where there are two. */
int snet__measure_latency(struct snet__quantiles *ret,
			  const struct snet__measured *measured, struct snet_err *err);
/* How far the delay is from what it is to be, of single packets, from when they are sent until the
 * kernel of the other host has them. */
int snet__measure_delay(struct snet__quantiles *ret,
			const struct snet__measured *measured, struct snet_err *err);
/* What comes through of more than the rate: by how much it is more than the rate, as a share. The
 * link's queue is chosen for it. */
int snet__measure_rate(double *ret_error, const struct snet__measured *measured,
		       struct snet_err *err);
/* The share of @count packets that do not come. */
int snet__measure_loss(double *ret, const struct snet__measured *measured, size_t count,
		       struct snet_err *err);
/* How late a thread is that only sleeps until a time: what the machine does by itself. */
void snet__measure_timer(struct snet__quantiles *ret);

#endif
