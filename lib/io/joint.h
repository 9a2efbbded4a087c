/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_JOINT_H
#define SNET_IO_JOINT_H

/* Two connected sockets made into one connection: what arrives at either leaves at the other,
 * ends included. */

#include <stdint.h>

#include "io/loop.h"

struct snet__joint;

/* The joint is over: 0 when both sides had ended, else a negative errno, and both were reset.
 * Both sockets are closed. May free the joint, and must do so some time. */
typedef void (*snet__joint_fn)(void *user, int result);

struct snet__joint_opts {
	int sides[2]; /* non-blocking; taken, on failure too */
	/* Counts what has been passed on to sides[0] and sides[1]; borrowed. */
	uint64_t *bytes[2];
	snet__joint_fn fn;
	void *user;
};
int snet__joint_new(struct snet__joint **ret, struct snet__loop *loop,
		    const struct snet__joint_opts *opts, struct snet_err *err);
/* One that is not over is reset, without its callback. Accepts NULL. */
void snet__joint_free(struct snet__joint *joint);

/* Close @fd so that its peer sees the connection break, not end. */
void snet__socket_reset(int fd);

#endif
