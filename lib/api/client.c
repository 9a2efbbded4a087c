/* SPDX-License-Identifier: MIT */
/* Talking to a lab over its socket. A connection is one request and its answer, read through a
 * growing buffer; see the header for why HTTP/1.0 is enough. */

#include "api/client.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/vec.h"
#include "sys/unix.h"

#define HEAD_MAX      (64u << 10)
#define ANSWER_MAX    (256u << 20)
#define LINE_SIZE_MAX (16u << 20)
#define READ_SIZE     (64u << 10)

/* How long a lab may take to begin its answer to a stream or an upgrade. */
#define BEGIN_MS 10000

struct snet__client_stream {
	int fd;
	char *data; /* what was read: [taken, filled) is still to be used */
	size_t cap, taken, filled;
	size_t searched; /* no line ends in [taken, searched) */
	size_t left;     /* bytes that the lab has promised and not sent yet */
	bool ended;
	struct snet__json *refusal; /* the answer, when it was an error */
};

int snet__client_stream_fd(const struct snet__client_stream *stream)
{
	return stream->fd;
}

void snet__client_stream_close(struct snet__client_stream *stream)
{
	if (!stream)
		return;

	if (stream->fd >= 0)
		close(stream->fd);
	snet__json_free(stream->refusal);
	free(stream->data);
	free(stream);
}

int snet__client_connect(int *ret_fd, const char *sock, struct snet_err *err)
{
	struct sockaddr_un address;
	autoclose int fd = -1;

	if (snet__unix_address(&address, sock) < 0)
		return snet__err_set(err, -EINVAL,
				     "the path of a socket is too long: '%s'", sock);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot make a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return snet__err_sys(err, -errno, "cannot reach the lab at '%s'", sock);

	*ret_fd = steal_fd(&fd);
	return 0;
}

static int send_all(int fd, const char *data, size_t size, struct snet_err *err)
{
	while (size) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return snet__err_sys(err, -errno, "cannot ask the lab");
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int send_request(int fd, const char *method, const char *target,
			const char *headers, const char *body, struct snet_err *err)
{
	size_t size = body ? strlen(body) : 0;
	autofree char *head = snet__text_format("%s %s\r\n"
						"%sContent-Length: %zu\r\n\r\n",
						method, target, headers, size);
	int r;

	if (!head)
		return snet__err_oom(err);

	r = send_all(fd, head, strlen(head), err);
	return r < 0 ? r : send_all(fd, body, size, err);
}

/* Read once more: 1, or 0 at the end; -EAGAIN when nothing came in time. */
static int fill(struct snet__client_stream *stream, int timeout_ms, struct snet_err *err)
{
	struct pollfd poll_fd = {.fd = stream->fd, .events = POLLIN};
	ssize_t n;
	int r;

	if (stream->ended)
		return 0;
	if (stream->taken > stream->filled / 2) {
		stream->filled -= stream->taken;
		stream->searched -= stream->taken;
		memmove(stream->data, stream->data + stream->taken, stream->filled);
		stream->taken = 0;
	}
	r = snet__vec_reserve(&stream->data, &stream->cap, stream->filled + READ_SIZE + 1,
			      1, err);
	if (r < 0)
		return r;

	r = poll(&poll_fd, 1, timeout_ms);
	if (r == 0 || (r < 0 && errno == EINTR))
		return -EAGAIN;
	n = recv(stream->fd, stream->data + stream->filled, READ_SIZE, 0);
	/* A lab that is killed with input unread resets the connection: its end as well. */
	if (n < 0 && errno != ECONNRESET)
		return errno == EINTR ? -EAGAIN
				      : snet__err_sys(err, -errno, "cannot hear the lab");
	if (n <= 0) {
		stream->ended = true;
		return stream->left ? snet__err_set(err, -EPROTO, "the lab has ended")
				    : 0;
	}
	stream->left -= (size_t)n < stream->left ? (size_t)n : stream->left;
	stream->filled += (size_t)n;
	stream->data[stream->filled] = '\0';
	return 1;
}

/* Read until @deadline_ns of the clock, or for ever when it is 0. As fill(), but a signal does
 * not end it, and lateness is an error. */
static int fill_until(struct snet__client_stream *stream, uint64_t deadline_ns,
		      struct snet_err *err)
{
	uint64_t now;
	int r;

	do {
		now = snet__clock_ns();
		if (deadline_ns && now >= deadline_ns)
			return snet__err_set(err, -ETIMEDOUT, "the lab does not answer");
		r = fill(stream,
			 deadline_ns ? (int)((deadline_ns - now) / SNET__NS_PER_MS) + 1
				     : -1,
			 err);
	} while (r == -EAGAIN);
	return r;
}

/* The length of the answer to @head: 0 for one that is as long as the connection. */
static size_t length_of(const char *head)
{
	static const char name[] = "\r\nContent-Length:";
	const char *found = strcasestr(head, name);

	return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

/* Read the head of the answer and take it; its status goes to @ret_status. */
static int read_head(struct snet__client_stream *stream, unsigned int *ret_status,
		     uint64_t deadline_ns, struct snet_err *err)
{
	char *end = NULL;
	size_t size, length;
	int r;

	while (!end) {
		r = fill_until(stream, deadline_ns, err);
		if (r < 0)
			return r;
		if (r == 0 || stream->filled > HEAD_MAX)
			return snet__err_set(err, -EPROTO, "the lab has ended");
		end = strstr(stream->data, "\r\n\r\n");
	}
	if (sscanf(stream->data, "HTTP/1.%*1[01] %3u", ret_status) != 1)
		return snet__err_set(err, -EPROTO, "this socket is not a lab's");

	*end = '\0';
	stream->taken = (size_t)(end - stream->data) + 4;
	stream->searched = stream->taken;
	size = stream->filled - stream->taken;
	length = length_of(stream->data);
	stream->left = length > size ? length - size : 0;
	return 0;
}

static int read_rest(struct snet__client_stream *stream, uint64_t deadline_ns,
		     struct snet_err *err)
{
	int r;

	do {
		r = fill_until(stream, deadline_ns, err);
		if (r > 0 && stream->filled - stream->taken > ANSWER_MAX)
			return snet__err_set(err, -EPROTO,
					     "the lab's answer is too long");
	} while (r > 0);
	return r;
}

/* What the lab says went wrong. Its errno is the result; without one, a guess by the status. */
static int take_error(const struct snet__json *answer, unsigned int status,
		      struct snet_err *err)
{
	const char *text = snet__json_get_string(answer, "error");
	double code = snet__json_number(snet__json_get(answer, "errno"), 0);

	if (code >= 0 || code < -4095)
		code = status == 404 ? -ENOENT : status == 504 ? -ETIMEDOUT : -EPROTO;
	if (!text)
		return snet__err_set(err, (int)code, "the lab answers with status %u",
				     status);
	return snet__err_set(err, (int)code, "%s", text);
}

static int open_stream(struct snet__client_stream **ret, const char *sock,
		       struct snet_err *err)
{
	autostream *stream = NULL;
	int r;

	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return snet__err_oom(err);
	stream->fd = -1;
	r = snet__client_connect(&stream->fd, sock, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(stream);
	return 0;
}

/* Ask, and read the head. An answer that is an error is read whole and becomes @err. */
static int begin(struct snet__client_stream *stream, const char *method,
		 const char *target, const char *body, unsigned int *ret_status,
		 uint64_t deadline_ns, struct snet_err *err)
{
	autofree char *versioned = snet__text_format("%s HTTP/1.0", target);
	int r;

	if (!versioned)
		return snet__err_oom(err);
	r = send_request(stream->fd, method, versioned, "", body, err);
	if (r < 0)
		return r;
	r = read_head(stream, ret_status, deadline_ns, err);
	if (r < 0 || *ret_status / 100 == 2)
		return r;
	r = read_rest(stream, deadline_ns, err);
	if (r < 0)
		return r;
	/* An error that is no JSON is reported by its status alone. */
	(void)snet__json_parse(&stream->refusal, stream->data + stream->taken,
			       stream->filled - stream->taken, NULL);
	return take_error(stream->refusal, *ret_status, err);
}

int snet__client_request(char **ret, const struct snet__client_request *request,
			 struct snet__json **ret_refusal, struct snet_err *err)
{
	uint64_t deadline_ns = 0;
	unsigned int status = 0;
	autostream *stream = NULL;
	int r;

	if (request->timeout_ms >= 0)
		deadline_ns = snet__clock_ns() +
			      (uint64_t)request->timeout_ms * SNET__NS_PER_MS;
	r = open_stream(&stream, request->sock, err);
	if (r < 0)
		return r;
	r = begin(stream, request->method, request->target, request->body, &status,
		  deadline_ns, err);
	if (r < 0 && ret_refusal)
		*ret_refusal = steal_ptr(stream->refusal);
	if (r == 0)
		r = read_rest(stream, deadline_ns, err);
	if (r < 0)
		return r;

	while (stream->filled > stream->taken && stream->data[stream->filled - 1] == '\n')
		stream->filled--;
	*ret = strndup(stream->data + stream->taken, stream->filled - stream->taken);
	return *ret ? 0 : snet__err_oom(err);
}

int snet__client_ask(char **ret, const char *sock, const char *method, const char *target,
		     const char *body, int timeout_ms, struct snet_err *err)
{
	const struct snet__client_request request = {
		.sock = sock,
		.method = method,
		.target = target,
		.body = body,
		.timeout_ms = timeout_ms,
	};

	return snet__client_request(ret, &request, NULL, err);
}

int snet__client_call(struct snet__json **ret, const char *sock, const char *method,
		      const char *target, const char *body, int timeout_ms,
		      struct snet_err *err)
{
	autofree char *answer = NULL;
	int r;

	r = snet__client_ask(&answer, sock, method, target, body, timeout_ms, err);
	if (r < 0)
		return r;
	r = snet__json_parse(ret, answer, strlen(answer), err);
	return r < 0 ? snet__err_prefix(err, -EPROTO, "the lab's answer") : 0;
}

char *snet__client_encode(const char *text)
{
	char *encoded = malloc(strlen(text) * 3 + 1), *to = encoded;

	for (; encoded && *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			*to++ = *text;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*text);
	}
	if (encoded)
		*to = '\0';
	return encoded;
}

static int open_answer(struct snet__client_stream **ret, const char *sock,
		       const char *method, const char *target, struct snet_err *err)
{
	uint64_t deadline_ns = snet__clock_ns() + BEGIN_MS * SNET__NS_PER_MS;
	unsigned int status = 0;
	autostream *stream = NULL;
	int r;

	r = open_stream(&stream, sock, err);
	if (r < 0)
		return r;
	r = begin(stream, method, target, NULL, &status, deadline_ns, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(stream);
	return 0;
}

int snet__client_stream_open(struct snet__client_stream **ret, const char *sock,
			     const char *target, struct snet_err *err)
{
	return open_answer(ret, sock, "GET", target, err);
}

int snet__client_stream_post(struct snet__client_stream **ret, const char *sock,
			     const char *target, struct snet_err *err)
{
	return open_answer(ret, sock, "POST", target, err);
}

/* Take a line out of the buffer, or what is left of one at the end. */
static bool take_line(struct snet__client_stream *stream, const char **ret)
{
	char *at = stream->data + stream->searched, *end;

	end = memchr(at, '\n', stream->filled - stream->searched);
	stream->searched = stream->filled;
	if (!end && (!stream->ended || stream->taken == stream->filled))
		return false;
	if (!end)
		end = stream->data + stream->filled; /* there is room for its zero */

	*end = '\0';
	*ret = stream->data + stream->taken;
	stream->taken = (size_t)(end - stream->data) + 1;
	if (stream->taken > stream->filled)
		stream->taken = stream->filled;
	stream->searched = stream->taken;
	return true;
}

int snet__client_stream_read(struct snet__client_stream *stream, int timeout_ms,
			     const char **ret_line, struct snet_err *err)
{
	int r;

	while (!take_line(stream, ret_line)) {
		if (stream->filled - stream->taken > LINE_SIZE_MAX)
			return snet__err_set(err, -EPROTO,
					     "the lab sends too long a line");
		r = fill(stream, timeout_ms, err);
		if (r < 0)
			return r;
		if (r == 0 && stream->taken == stream->filled)
			return 0;
	}
	return 1;
}

/* What is behind @searched was not told of. */
int snet__client_stream_more(struct snet__client_stream *stream, int timeout_ms,
			     const void **ret, size_t *ret_size, struct snet_err *err)
{
	int r = 1;

	if (stream->searched == stream->filled)
		r = fill(stream, timeout_ms, err);
	if (r <= 0)
		return r;
	stream->searched = stream->filled;
	*ret = stream->data + stream->taken;
	*ret_size = stream->filled - stream->taken;
	return 1;
}

void snet__client_stream_take(struct snet__client_stream *stream, size_t size)
{
	stream->taken += size;
}

void snet__client_stream_finish(struct snet__client_stream *stream)
{
	(void)shutdown(stream->fd, SHUT_WR); /* fails when the lab has gone */
}

/* The descriptors come with the first byte behind the head; it must not be read before. */
static int receive_fds(int fds[SNET__ENTER_COUNT], int sock, struct snet_err *err)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * SNET__ENTER_COUNT)];
		struct cmsghdr align;
	} control = {{0}};
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct pollfd poll_fd = {.fd = sock, .events = POLLIN};
	struct cmsghdr *header;

	if (poll(&poll_fd, 1, BEGIN_MS) <= 0)
		return snet__err_set(err, -ETIMEDOUT, "the lab does not answer");
	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot receive the node's namespaces");
	header = CMSG_FIRSTHDR(&msg);
	if (!header || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int) * SNET__ENTER_COUNT))
		return snet__err_set(err, -EPROTO, "the lab sent no namespaces");

	memcpy(fds, CMSG_DATA(header), sizeof(int) * SNET__ENTER_COUNT);
	return 0;
}

/* Read the head of an upgraded connection byte by byte: what follows it is not for us. */
static int read_upgrade(int fd, unsigned int *ret_status, struct snet_err *err)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char head[4096];
	size_t size = 0;

	do {
		if (poll(&poll_fd, 1, BEGIN_MS) <= 0)
			return snet__err_set(err, -ETIMEDOUT, "the lab does not answer");
		if (size + 1 >= sizeof(head) || recv(fd, head + size, 1, 0) != 1)
			return snet__err_set(err, -EPROTO, "the lab has ended");
		head[++size] = '\0';
	} while (size < 4 || memcmp(head + size - 4, "\r\n\r\n", 4) != 0);
	if (sscanf(head, "HTTP/1.%*1[01] %3u", ret_status) != 1)
		return snet__err_set(err, -EPROTO, "this socket is not a lab's");
	return 0;
}

/* The body of a refusal, read until the lab closes or a second of silence. */
static int read_refusal(int fd, unsigned int status, struct snet_err *err)
{
	struct snet__client_stream stream = {.fd = fd};
	autojson *answer = NULL;
	int r;

	do {
		r = fill(&stream, 1000, NULL);
	} while (r > 0 && stream.filled < HEAD_MAX);
	if (stream.filled)
		(void)snet__json_parse(&answer, stream.data, stream.filled, NULL);
	free(stream.data);
	return take_error(answer, status, err);
}

int snet__client_enter(int ret_fds[SNET__ENTER_COUNT], const char *sock, const char *node,
		       struct snet_err *err)
{
	autofree char *encoded = snet__client_encode(node), *target = NULL;
	unsigned int status = 0;
	autoclose int fd = -1;
	int r;

	for (int i = 0; i < SNET__ENTER_COUNT; i++)
		ret_fds[i] = -1;
	if (encoded)
		target = snet__text_format("/v1/nodes/%s/enter HTTP/1.1", encoded);
	if (!target)
		return snet__err_oom(err);
	r = snet__client_connect(&fd, sock, err);
	if (r < 0)
		return r;
	r = send_request(fd, "POST", target,
			 "Host: snet\r\nConnection: Upgrade\r\nUpgrade: snet-enter\r\n",
			 NULL, err);
	if (r < 0)
		return r;
	r = read_upgrade(fd, &status, err);
	if (r < 0)
		return r;
	if (status != 101)
		return read_refusal(fd, status, err);
	return receive_fds(ret_fds, fd, err);
}
