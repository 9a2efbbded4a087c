/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RAWHTTP_H
#define TESTS_RAWHTTP_H

/* A blocking HTTP client of a few lines over a raw socket, so that servers are tested with
 * bytes that no library would send. Header-only: each test program has its own. */

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define RAWHTTP_UNUSED __attribute__((unused)) static

struct rawhttp_answer {
	unsigned int status;
	char *head; /* status line and headers */
	char *body;
	size_t body_size;
};

/* A listening socket on a loopback port of the kernel's choice. */
RAWHTTP_UNUSED int rawhttp_listen(unsigned int *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(fd, 0);
	/* So that a server that has stopped listening may listen there again. */
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)),
			 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

RAWHTTP_UNUSED int rawhttp_connect(unsigned int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port)};
	struct timeval deadline = {.tv_sec = 60};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline,
				    sizeof(deadline)),
			 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

RAWHTTP_UNUSED void rawhttp_send(int fd, const void *data, size_t size)
{
	const char *from = data;
	ssize_t n;

	for (; size; from += n, size -= (size_t)n) {
		do
			n = send(fd, from, size, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return; /* the server has refused the rest; its answer tells */
	}
}

RAWHTTP_UNUSED void rawhttp_send_text(int fd, const char *text)
{
	rawhttp_send(fd, text, strlen(text));
}

/* The value of a header, cut off at its line's end in @text; NULL when absent. */
RAWHTTP_UNUSED const char *rawhttp_header(const struct rawhttp_answer *answer,
					  const char *name, char *text, size_t size)
{
	size_t length = strlen(name);

	for (char *line = strstr(answer->head, "\r\n"); line;
	     line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			line += length + 1;
			line += strspn(line, " ");
			(void)snprintf(text, size, "%.*s", (int)strcspn(line, "\r\n"),
				       line);
			return text;
		}
	}
	return NULL;
}

/* Read one whole answer: to its Content-Length, or to the end of the connection. */
RAWHTTP_UNUSED void rawhttp_read(int fd, struct rawhttp_answer *answer)
{
	size_t have = 0, cap = 65536, want = SIZE_MAX;
	char *data = malloc(cap + 1), *end = NULL, length[32];
	ssize_t n;

	*answer = (struct rawhttp_answer){0};
	while (have < want) {
		if (have == cap)
			data = realloc(data, (cap *= 2) + 1);
		/* The end of a worker is a signal to its parent. */
		do
			n = recv(fd, data + have, cap - have, 0);
		while (n < 0 && errno == EINTR);
		ck_assert_msg(n >= 0, "no answer: %s", strerror(errno));
		if (n == 0)
			break;
		have += (size_t)n;
		data[have] = '\0';
		if (want == SIZE_MAX && (end = strstr(data, "\r\n\r\n"))) {
			answer->head = strndup(data, (size_t)(end - data));
			want = (size_t)(end + 4 - data);
			if (rawhttp_header(answer, "Content-Length", length,
					   sizeof(length)))
				want += strtoul(length, NULL, 10);
			else if (strncmp(data, "HTTP/1.1 1", 10) &&
				 strncmp(data + 9, "204", 3))
				want = SIZE_MAX - 1; /* to the end */
		}
	}
	ck_assert_msg(answer->head != NULL, "the connection ended without an answer");
	data[have] = '\0';
	end = strstr(data, "\r\n\r\n") + 4;
	answer->status = (unsigned int)strtoul(data + 9, NULL, 10);
	answer->body_size = have - (size_t)(end - data);
	answer->body = malloc(answer->body_size + 1);
	memcpy(answer->body, end, answer->body_size + 1);
	free(data);
}

RAWHTTP_UNUSED void rawhttp_free(struct rawhttp_answer *answer)
{
	free(answer->head);
	free(answer->body);
	*answer = (struct rawhttp_answer){0};
}

/* One request over the open connection @fd. @headers: lines each ended by CR LF, or "". */
RAWHTTP_UNUSED void rawhttp_call_on(int fd, const char *method, const char *target,
				    const char *headers, const void *body,
				    size_t body_size, struct rawhttp_answer *answer)
{
	size_t size = strlen(method) + strlen(target) + strlen(headers) + 128;
	char *head = malloc(size + body_size);
	int n = snprintf(
		head, size,
		"%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n",
		method, target, headers, body_size);

	if (body_size)
		memcpy(head + n, body, body_size);
	rawhttp_send(fd, head, (size_t)n + body_size);
	free(head);
	rawhttp_read(fd, answer);
}

#endif
