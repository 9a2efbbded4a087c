/* SPDX-License-Identifier: MIT */
/* GET of the root, by a connection of its own, of which only the status is of interest. The rest is
 * read and thrown away, until the server closes: it is not to be told of a broken connection. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "fault/probe_ops.h"
#include "sys/netns.h"

/* As texts that live for ever: "100", "101" ... "599", each with its zero. */
#define TEN(tens)                                                              \
	tens "0\0" tens "1\0" tens "2\0" tens "3\0" tens "4\0" tens "5\0" tens \
	     "6\0" tens "7\0" tens "8\0" tens "9\0"
#define HUNDRED(hundreds) \
	TEN(hundreds "0") \
	TEN(hundreds "1") \
	TEN(hundreds "2") \
	TEN(hundreds "3") \
	TEN(hundreds "4") \
	TEN(hundreds "5") \
	TEN(hundreds "6") TEN(hundreds "7") TEN(hundreds "8") TEN(hundreds "9")
static const char statuses[] =
	HUNDRED("1") HUNDRED("2") HUNDRED("3") HUNDRED("4") HUNDRED("5");

/* Each question has its own socket; they are made in this namespace. */
static int hold_netns(struct snet__probe *probe, int netns, struct snet_err *err)
{
	probe->netns = fcntl(netns, F_DUPFD_CLOEXEC, 0);
	return probe->netns < 0 ? snet__err_sys(err, -errno, "cannot hold its namespace")
				: 0;
}

static int connect_from(const struct snet__probe *probe, struct snet__question *question)
{
	const struct sockaddr_in from = {.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(probe->opts.from)};
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(probe->opts.to),
				       .sin_port = htons((uint16_t)probe->opts.port)};
	const int on = 1;

	/* Else one port would be taken for each address, whoever is at the other end. */
	(void)setsockopt(question->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(question->fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		return -errno;
	question->at_ns = snet__clock_ns();
	if (connect(question->fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS)
		return -errno;
	return snet__probe_watch(question, question->fd, EPOLLOUT);
}

static void ask(struct snet__probe *probe, struct snet__question *question)
{
	int r = snet__netns_socket(&question->fd, probe->netns, AF_INET, SOCK_STREAM, 0,
				   NULL);

	question->is_connected = false;
	question->size = 0;
	if (r == 0)
		r = connect_from(probe, question);
	if (r < 0)
		snet__question_fail(question, r);
}

static int send_request(const struct snet__probe *probe, struct snet__question *question)
{
	const struct in_addr to = {.s_addr = htonl(probe->opts.to)};
	char address[INET_ADDRSTRLEN], request[128];
	socklen_t length = sizeof(int);
	int code = 0, size;

	(void)getsockopt(question->fd, SOL_SOCKET, SO_ERROR, &code, &length);
	if (code)
		return -code;
	(void)inet_ntop(AF_INET, &to, address, sizeof(address)); /* there is room */
	size = snprintf(request, sizeof(request),
			"GET / HTTP/1.1\r\nHost: %s:%u\r\nConnection: close\r\n\r\n",
			address, probe->opts.port);
	/* A new connection has room for that. */
	if (send(question->fd, request, (size_t)size, MSG_NOSIGNAL) < 0)
		return -errno;
	question->is_connected = true;
	return snet__probe_watch(question, question->fd, EPOLLIN);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Source: RFC 9112 section 4 */
static void tell_status(struct snet__question *question)
{
	const char *head = question->head, *code = head + 9;
	unsigned int status;

	if (memcmp(head, "HTTP/1.", 7) != 0 || !is_digit(head[7]) || head[8] != ' ' ||
	    code[0] < '1' || code[0] > '5' || !is_digit(code[1]) || !is_digit(code[2])) {
		snet__question_tell(question, false, "not HTTP");
		return;
	}
	status = (unsigned int)((code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] -
				'0');
	snet__question_tell(question, true, &statuses[(size_t)4 * (status - 100)]);
}

static void read_more(struct snet__question *question)
{
	char rest[4096];
	size_t left = sizeof(question->head) - question->size;
	ssize_t n = left ? recv(question->fd, question->head + question->size, left, 0)
			 : recv(question->fd, rest, sizeof(rest), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		snet__question_fail(question, -errno);
	} else if (n == 0) {
		snet__question_tell(question, false, "closed");
		snet__question_end(question);
	} else if (left) {
		question->size += (size_t)n;
		if (question->size == sizeof(question->head))
			tell_status(question);
	}
}

static void ready(struct snet__probe *probe, struct snet__question *question)
{
	int r;

	if (question->is_connected) {
		read_more(question);
		return;
	}
	r = send_request(probe, question);
	if (r < 0)
		snet__question_fail(question, r);
}

const struct snet__probe_ops snet__probe_http = {
	.name = "http",
	.has_port = true,
	.open = hold_netns,
	.ask = ask,
	.ready = ready,
};
