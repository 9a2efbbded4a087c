/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

/* A small HTTP server of raw sockets on 127.0.0.1, a thread a connection, that does what a test
 * tells it to: also what no proper server would. */

#include <stdbool.h>
#include <stddef.h>

struct http_server;

/* One request that came in whole. */
struct http_exchange {
	struct http_server *server;
	int fd;
	unsigned int number; /* of requests, from 0 */
	const char *head;    /* request line and headers */
	const char *body;
};

/* Answers @exchange; false closes the connection. On a thread of the connection. */
typedef bool (*http_handler)(struct http_exchange *exchange, void *user);

struct http_server *http_server_start(http_handler handler, void *user);
/* With a blocking stream socket, which may be of another namespace; taken. @port 0: any. */
struct http_server *http_server_start_on(int fd, unsigned int port, http_handler handler,
					 void *user);
/* Ends all connections and handlers that wait. */
void http_server_stop(struct http_server *server);
/* "http://127.0.0.1:PORT" */
const char *http_server_url(const struct http_server *server);
unsigned int http_server_requests(const struct http_server *server);
unsigned int http_server_connections(const struct http_server *server);

/* For handlers: raw bytes; a whole answer; wait until the test stops the server. */
void http_say(struct http_exchange *exchange, const char *text);
void http_answer(struct http_exchange *exchange, unsigned int status, const char *headers,
		 const char *body);
void http_wait_for_stop(struct http_exchange *exchange);

#endif
