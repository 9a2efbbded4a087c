/* SPDX-License-Identifier: MIT */
/* A joint is two ways, one from each socket to the other. A way reads only when all it has read
 * before is written, so that whoever receives slowly slows down the sender, and an idle
 * connection has no buffer. It ends with what it read last: the socket it writes to is then shut
 * down for writing, and the other way goes on. What breaks on either side breaks the other. */

#include "io/joint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

#define READ_MAX 65536

struct side {
	struct snet__joint *joint;
	int fd;
	struct snet__watch *watch;
	int events; /* that are watched for */

	/* The way that ends here. */
	char *left; /* read and not yet written */
	size_t left_at, left_size;
	uint64_t *bytes;
	bool has_ended; /* nothing more will be read */
	bool is_shut;   /* and that was passed on */
};

struct snet__joint {
	struct side sides[2];
	snet__joint_fn fn;
	void *user;
};

void snet__socket_reset(int fd)
{
	const struct linger now = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); /* else it ends */
	close(fd);
}

static struct side *other(struct side *side)
{
	struct snet__joint *joint = side->joint;

	return side == &joint->sides[0] ? &joint->sides[1] : &joint->sides[0];
}

static void side_close(struct side *side, bool is_broken)
{
	snet__watch_free(steal_ptr(side->watch));
	free(steal_ptr(side->left));
	if (side->fd < 0)
		return;
	if (is_broken)
		snet__socket_reset(side->fd);
	else
		close(side->fd);
	side->fd = -1;
}

static void joint_close(struct snet__joint *joint, bool is_broken)
{
	for (int i = 0; i < 2; i++)
		side_close(&joint->sides[i], is_broken);
}

/* Pass an end on, once all that came before it has been. */
static int pass_end(struct side *to)
{
	if (!to->has_ended || to->left || to->is_shut)
		return 0;
	if (shutdown(to->fd, SHUT_WR) < 0)
		return -errno;
	to->is_shut = true;
	return 0;
}

/* How much of @data the socket takes now. */
static ssize_t write_some(struct side *to, const char *data, size_t size)
{
	ssize_t done = send(to->fd, data, size, MSG_NOSIGNAL);

	if (done < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*to->bytes += (uint64_t)done;
	return done;
}

/* Write what is left. */
static int drain(struct side *to)
{
	ssize_t done;

	if (!to->left)
		return 0;
	done = write_some(to, to->left + to->left_at, to->left_size - to->left_at);
	if (done < 0)
		return (int)done;
	to->left_at += (size_t)done;
	if (to->left_at < to->left_size)
		return 0;
	free(steal_ptr(to->left));
	return pass_end(to);
}

static int keep(struct side *to, const char *data, size_t size)
{
	to->left = malloc(size);
	if (!to->left)
		return -ENOMEM;
	memcpy(to->left, data, size);
	to->left_at = 0;
	to->left_size = size;
	return 0;
}

/* Read once, so that one busy connection does not hold up the others. */
static int pump(struct side *from)
{
	struct side *to = other(from);
	char data[READ_MAX];
	ssize_t size, done;

	if (to->left || to->has_ended)
		return 0;
	size = recv(from->fd, data, sizeof(data), 0);
	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (size == 0) {
		to->has_ended = true;
		return pass_end(to);
	}
	done = write_some(to, data, (size_t)size);
	if (done < 0)
		return (int)done;
	return done < size ? keep(to, data + done, (size_t)(size - done)) : 0;
}

static void watch(struct side *side)
{
	const struct side *way = other(side);
	int events = (way->has_ended || way->left ? 0 : SNET__WATCH_READ) |
		     (side->left ? SNET__WATCH_WRITE : 0);

	if (events != side->events)
		snet__watch_set(side->watch, events);
	side->events = events;
}

static void on_event(void *user, int events)
{
	struct side *side = user;
	struct snet__joint *joint = side->joint;
	int r = 0;

	if (events & SNET__WATCH_WRITE)
		r = drain(side);
	if (r == 0 && events & SNET__WATCH_READ)
		r = pump(side);
	if (r == 0 && !(joint->sides[0].is_shut && joint->sides[1].is_shut)) {
		watch(&joint->sides[0]);
		watch(&joint->sides[1]);
		return;
	}
	joint_close(joint, r < 0);
	joint->fn(joint->user, r);
}

static void joint_free_at(struct snet__joint **at)
{
	snet__joint_free(*at);
}

int snet__joint_new(struct snet__joint **ret, struct snet__loop *loop,
		    const struct snet__joint_opts *opts, struct snet_err *err)
{
	cleanup_with(joint_free_at) struct snet__joint *joint = calloc(1, sizeof(*joint));
	int r = 0;

	if (!joint) {
		snet__socket_reset(opts->sides[0]);
		snet__socket_reset(opts->sides[1]);
		return snet__err_oom(err);
	}

	joint->fn = opts->fn;
	joint->user = opts->user;
	for (int i = 0; i < 2; i++) {
		joint->sides[i].joint = joint;
		joint->sides[i].fd = opts->sides[i];
		joint->sides[i].bytes = opts->bytes[i];
	}
	for (int i = 0; i < 2 && r == 0; i++)
		r = snet__watch_new(&joint->sides[i].watch, loop, opts->sides[i],
				    on_event, &joint->sides[i], err);
	if (r < 0)
		return r;

	watch(&joint->sides[0]);
	watch(&joint->sides[1]);
	*ret = steal_ptr(joint);
	return 0;
}

void snet__joint_free(struct snet__joint *joint)
{
	if (!joint)
		return;
	joint_close(joint, true);
	free(joint);
}
