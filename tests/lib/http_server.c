/* SPDX-License-Identifier: MIT */
/* The test server. Stopping shuts every socket down, which ends every thread. */

#include "http_server.h"

#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define REQUEST_MAX     (2u << 20)

struct connection {
	struct http_server *server;
	pthread_t thread;
	int fd;
};

struct http_server {
	http_handler handler;
	void *user;
	int fd;
	int stop[2]; /* a pipe; its end of file says that it is over */
	char url[64];
	pthread_t thread;
	struct connection connections[CONNECTIONS_MAX];
	atomic_uint connection_count, request_count;
};

void http_say(struct http_exchange *exchange, const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	for (; left; text += n, left -= (size_t)n) {
		n = send(exchange->fd, text, left, MSG_NOSIGNAL);
		if (n <= 0)
			return;
	}
}

void http_answer(struct http_exchange *exchange, unsigned int status, const char *headers,
		 const char *body)
{
	char *text = NULL;
	int r;

	r = asprintf(&text, "HTTP/1.1 %u Status\r\n%sContent-Length: %zu\r\n\r\n%s",
		     status, headers, strlen(body), body);
	assert(r > 0);
	http_say(exchange, text);
	free(text);
}

void http_wait_for_stop(struct http_exchange *exchange)
{
	struct pollfd stop = {.fd = exchange->server->stop[0], .events = POLLIN};

	(void)poll(&stop, 1, 60000);
}

/* Reads until @size bytes are there, or with 0 until the end of the headers. */
static bool read_part(int fd, char *text, size_t *length, size_t size)
{
	ssize_t n;

	while (size ? *length < size : !strstr(text, "\r\n\r\n")) {
		n = recv(fd, text + *length, REQUEST_MAX - *length - 1, 0);
		if (n <= 0)
			return false;
		*length += (size_t)n;
		text[*length] = '\0';
	}
	return true;
}

static void *serve(void *user)
{
	struct connection *connection = user;
	struct http_server *server = connection->server;
	struct http_exchange exchange = {.server = server, .fd = connection->fd};
	char *text = calloc(1, REQUEST_MAX), *head, *field;
	size_t length, head_length, body_length;
	bool go_on = true;

	while (go_on) {
		length = 0;
		text[0] = '\0';
		if (!read_part(exchange.fd, text, &length, 0))
			break;
		head_length = (size_t)(strstr(text, "\r\n\r\n") - text) + 4;
		field = strcasestr(text, "\r\nContent-Length:");
		body_length = field && field < text + head_length
				      ? (size_t)atol(field + 17)
				      : 0;
		if (!read_part(exchange.fd, text, &length, head_length + body_length))
			break;
		head = strndup(text, head_length);
		exchange.head = head;
		exchange.body = text + head_length;
		exchange.number = atomic_fetch_add(&server->request_count, 1);
		go_on = server->handler(&exchange, server->user);
		free(head);
	}
	free(text);
	(void)shutdown(exchange.fd, SHUT_RDWR);
	return NULL;
}

static void *accept_all(void *user)
{
	struct http_server *server = user;
	struct connection *connection;
	unsigned int i;
	int fd;

	while ((fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		i = atomic_load(&server->connection_count);
		assert(i < CONNECTIONS_MAX);
		connection = &server->connections[i];
		connection->server = server;
		connection->fd = fd;
		atomic_fetch_add(&server->connection_count, 1);
		assert(pthread_create(&connection->thread, NULL, serve, connection) == 0);
	}
	return NULL;
}

struct http_server *http_server_start(http_handler handler, void *user)
{
	return http_server_start_on(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0,
				    handler, user);
}

struct http_server *http_server_start_on(int fd, unsigned int port, http_handler handler,
					 void *user)
{
	struct http_server *server = calloc(1, sizeof(*server));
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);

	assert(server);
	server->handler = handler;
	server->user = user;
	server->fd = fd;
	assert(server->fd >= 0 &&
	       bind(server->fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	assert(listen(server->fd, 64) == 0 && pipe(server->stop) == 0);
	assert(getsockname(server->fd, (struct sockaddr *)&at, &size) == 0);
	(void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u",
		       ntohs(at.sin_port));
	assert(pthread_create(&server->thread, NULL, accept_all, server) == 0);
	return server;
}

void http_server_stop(struct http_server *server)
{
	(void)shutdown(server->fd, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->stop[1]);
	for (unsigned int i = 0; i < server->connection_count; i++) {
		(void)shutdown(server->connections[i].fd, SHUT_RDWR);
		(void)pthread_join(server->connections[i].thread, NULL);
		(void)close(server->connections[i].fd);
	}
	(void)close(server->stop[0]);
	(void)close(server->fd);
	free(server);
}

const char *http_server_url(const struct http_server *server)
{
	return server->url;
}

unsigned int http_server_requests(const struct http_server *server)
{
	return atomic_load(&server->request_count);
}

unsigned int http_server_connections(const struct http_server *server)
{
	return atomic_load(&server->connection_count);
}
