/* SPDX-License-Identifier: MIT */
/* The ports of a forward and the connections that come in at them.
 *
 * A connection waits for its port's addresses, tries them one after another, and is a joint from
 * then on. Nothing is read from inside before that: what a client sends early stays in its
 * socket. */

#include "io/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "io/joint.h"
#include "io/place.h"
#include "sys/netns.h"

#define CONNECT_NS      (10 * SNET__NS_PER_S) /* for each address */
#define ACCEPT_AGAIN_NS (100 * SNET__NS_PER_MS)
/* How many to accept before others have their turn. */
#define ACCEPT_MAX 64
/* A peer that is gone without a word is found out after some three minutes. */
#define KEEPALIVE_S 120

struct port {
	struct snet__forward *forward;
	struct port *next;
	unsigned int number;
	struct snet__place *to;
	int fd;
	struct snet__watch *watch;
	struct snet__timer *again; /* after the process had no descriptor left */
};

struct connection {
	struct port *port;
	struct connection *next, **at;
	bool is_waiting; /* for addresses */
	int inside, outside;
	size_t tried; /* addresses */
	int why;      /* the last one failed */
	struct snet__watch *watch;
	struct snet__timer *timer;
	struct snet__joint *joint;
};

struct snet__forward {
	struct snet__loop *loop;
	struct snet__forward_opts opts;
	struct port *ports;
	struct connection *connections;
	struct snet__forward_counts counts;
};

/* "10.0.0.1:40112" or "[fd00::1]:40112" */
static const char *format_peer(char *text, size_t size, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} peer = {.v6 = {0}};
	const unsigned char *bytes = peer.v6.sin6_addr.s6_addr;
	socklen_t peer_size = sizeof(peer);
	char address[INET6_ADDRSTRLEN] = "?";
	bool is_v6 = false;

	(void)getpeername(fd, &peer.any, &peer_size); /* it may be gone */
	if (peer.any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &peer.v4.sin_addr, address, sizeof(address));
	} else if (peer.any.sa_family == AF_INET6) {
		is_v6 = !IN6_IS_ADDR_V4MAPPED(&peer.v6.sin6_addr);
		(void)inet_ntop(is_v6 ? AF_INET6 : AF_INET, is_v6 ? bytes : bytes + 12,
				address, sizeof(address));
	}
	/* Both families have the port in the same place. */
	(void)snprintf(text, size, "%s%s%s:%u", is_v6 ? "[" : "", address,
		       is_v6 ? "]" : "", ntohs(peer.v6.sin6_port));
	return text;
}

/* "failed: 10.0.0.1:40112 to 'ow.example:443' at port 443: Connection refused" */
__attribute__((format(printf, 4, 5))) static void say(const struct port *port,
						      const char *what, int inside,
						      const char *fmt, ...)
{
	const struct snet__forward_opts *opts = &port->forward->opts;
	autofree char *line = NULL;
	char from[INET6_ADDRSTRLEN + 10], why[SNET_ERR_MAX];
	va_list args;

	if (!opts->log)
		return;
	va_start(args, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, args); /* cut when long */
	va_end(args);
	line = snet__text_format("%s: %s to '%s' at port %u: %s", what,
				 format_peer(from, sizeof(from), inside),
				 snet__place_name(port->to), port->number, why);
	if (line)
		opts->log(opts->user, line);
}

/* Connections --------------------------------------------------------------------------- */

static void stop_connecting(struct connection *connection)
{
	snet__watch_free(steal_ptr(connection->watch));
	snet__timer_free(steal_ptr(connection->timer));
}

static void connection_free(struct connection *connection)
{
	connection->port->forward->counts.connections--;
	*connection->at = connection->next;
	if (connection->next)
		connection->next->at = connection->at;
	stop_connecting(connection);
	snet__joint_free(connection->joint);
	if (connection->inside >= 0)
		snet__socket_reset(connection->inside);
	if (connection->outside >= 0)
		close(connection->outside);
	free(connection);
}

static void fail(struct connection *connection, const char *why)
{
	connection->port->forward->counts.failed++;
	say(connection->port, "failed", connection->inside, "%s", why);
	connection_free(connection);
}

static void on_over(void *user, int result)
{
	(void)result; /* whoever was connected has learned it */
	connection_free(user);
}

static void tune(int fd)
{
	const int on = 1, idle = KEEPALIVE_S, interval = 15, count = 4;

	/* What one side sent at once is passed on at once. Neither setting can fail on TCP. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static void join(struct connection *connection)
{
	struct snet__forward *forward = connection->port->forward;
	struct snet__joint_opts opts = {
		.bytes = {&forward->counts.in_bytes, &forward->counts.out_bytes},
		.fn = on_over,
		.user = connection,
	};
	struct snet_err err = {0};

	stop_connecting(connection);
	tune(connection->inside);
	tune(connection->outside);
	opts.sides[0] = steal_fd(&connection->inside);
	opts.sides[1] = steal_fd(&connection->outside);
	if (snet__joint_new(&connection->joint, forward->loop, &opts, &err) < 0)
		fail(connection, err.msg);
}

static void try_next(struct connection *connection);

/* The address that is being tried. */
static void give_up(struct connection *connection, int why)
{
	connection->why = why;
	stop_connecting(connection);
	if (connection->outside >= 0)
		close(steal_fd(&connection->outside));
}

static void on_connected(void *user, int events)
{
	struct connection *connection = user;
	int why = 0;
	socklen_t size = sizeof(why);

	(void)events;
	if (getsockopt(connection->outside, SOL_SOCKET, SO_ERROR, &why, &size) < 0)
		why = errno;
	if (!why) {
		join(connection);
		return;
	}
	give_up(connection, -why);
	try_next(connection);
}

static void on_late(void *user)
{
	give_up(user, -ETIMEDOUT);
	try_next(user);
}

/* 0 when the connection is under way, 1 when it is there. */
static int connect_to(struct connection *connection, const struct sockaddr *address,
		      socklen_t size)
{
	struct snet__forward *forward = connection->port->forward;
	int r;

	r = snet__outside_socket(forward->opts.outside, &connection->outside,
				 address->sa_family, SOCK_STREAM, 0, NULL);
	if (r < 0)
		return r;
	if (connect(connection->outside, address, size) == 0)
		return 1;
	if (errno != EINPROGRESS)
		return -errno;
	r = snet__watch_new(&connection->watch, forward->loop, connection->outside,
			    on_connected, connection, NULL);
	if (r == 0)
		r = snet__timer_new(&connection->timer, forward->loop, on_late,
				    connection, NULL);
	if (r < 0)
		return r;
	snet__watch_set(connection->watch, SNET__WATCH_WRITE);
	snet__timer_start(connection->timer, CONNECT_NS, 0);
	return 0;
}

static void try_next(struct connection *connection)
{
	struct snet__place *to = connection->port->to;
	const struct sockaddr *address;
	socklen_t size;
	int r = -1;

	while (r < 0 && (address = snet__place_address(to, connection->tried, &size))) {
		connection->tried++;
		r = connect_to(connection, address, size);
		if (r < 0)
			give_up(connection, r);
	}
	if (r == 1)
		join(connection);
	if (r >= 0)
		return;
	snet__place_doubt(to);
	fail(connection, strerrordesc_np(-connection->why));
}

/* Those that wait for addresses go on, or fail for the reason @why. */
static void on_place(void *user, const char *why)
{
	struct port *port = user;
	struct connection *connection, *next;

	for (connection = port->forward->connections; connection; connection = next) {
		next = connection->next;
		if (connection->port != port || !connection->is_waiting)
			continue;
		connection->is_waiting = false;
		if (why)
			fail(connection, why);
		else
			try_next(connection);
	}
}

/* Ports --------------------------------------------------------------------------------- */

/* Takes @inside. */
static void begin(struct port *port, int inside)
{
	struct snet__forward *forward = port->forward;
	struct connection *connection = NULL;

	if (forward->counts.connections < SNET__FORWARD_CONNECTIONS_MAX)
		connection = calloc(1, sizeof(*connection));
	if (!connection) {
		forward->counts.refused++;
		say(port, "refused", inside, "%llu connections are open already",
		    (unsigned long long)forward->counts.connections);
		snet__socket_reset(inside);
		return;
	}

	*connection = (struct connection){.port = port,
					  .next = forward->connections,
					  .at = &forward->connections,
					  .inside = inside,
					  .outside = -1,
					  .why = -EHOSTUNREACH};
	if (connection->next)
		connection->next->at = &connection->next;
	forward->connections = connection;
	forward->counts.connections++;
	forward->counts.total++;
	if (snet__place_is_known(port->to)) {
		try_next(connection);
	} else {
		connection->is_waiting = true;
		snet__place_ask(port->to, on_place, port);
	}
}

static void on_again(void *user)
{
	struct port *port = user;

	snet__watch_set(port->watch, SNET__WATCH_READ);
}

static void on_arrived(void *user, int events)
{
	struct port *port = user;
	int fd;

	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			begin(port, fd);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return;
		/* Too many open files, or no memory: it would be told again at once. */
		say(port, "waiting", -1, "%s", strerrordesc_np(errno));
		snet__watch_set(port->watch, 0);
		snet__timer_start(port->again, ACCEPT_AGAIN_NS, 0);
		return;
	}
}

static void port_free(struct port *port)
{
	if (!port)
		return;
	snet__timer_free(port->again);
	snet__watch_free(port->watch);
	if (port->fd >= 0)
		close(port->fd);
	snet__place_free(port->to);
	free(port);
}

static void port_free_at(struct port **at)
{
	port_free(*at);
}

int snet__forward_add(struct snet__forward *forward, unsigned int number,
		      const char *host, unsigned int to_port, struct snet_err *err)
{
	cleanup_with(port_free_at) struct port *port = calloc(1, sizeof(*port));
	int r;

	if (!port)
		return snet__err_oom(err);

	port->fd = -1;
	port->forward = forward;
	port->number = number;
	r = snet__place_new(&port->to, forward->loop, forward->opts.outside, host,
			    to_port, err);
	if (r < 0)
		return r;
	r = snet__netns_listen(&port->fd, forward->opts.netns, (uint16_t)number, err);
	if (r == 0)
		r = snet__watch_new(&port->watch, forward->loop, port->fd, on_arrived,
				    port, err);
	if (r == 0)
		r = snet__timer_new(&port->again, forward->loop, on_again, port, err);
	if (r < 0)
		return snet__err_prefix(err, r, "cannot forward to '%s'",
					snet__place_name(port->to));

	port->next = forward->ports;
	forward->ports = port;
	snet__watch_set(steal_ptr(port)->watch, SNET__WATCH_READ);
	return 0;
}

int snet__forward_new(struct snet__forward **ret, struct snet__loop *loop,
		      const struct snet__forward_opts *opts, struct snet_err *err)
{
	struct snet__forward *forward = calloc(1, sizeof(*forward));

	if (!forward)
		return snet__err_oom(err);

	forward->loop = loop;
	forward->opts = *opts;
	*ret = forward;
	return 0;
}

void snet__forward_free(struct snet__forward *forward)
{
	struct port *next;

	if (!forward)
		return;
	while (forward->connections)
		connection_free(forward->connections);
	for (struct port *port = forward->ports; port; port = next) {
		next = port->next;
		port_free(port);
	}
	free(forward);
}

const struct snet__forward_counts *snet__forward_counts(
	const struct snet__forward *forward)
{
	return &forward->counts;
}
