/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ENDPOINT_H
#define TESTS_ENDPOINT_H

/* A lab, and an OpenWhisk outside of it: a server on the loopback of the test's own network, at a
 * port that is known before it starts. */

#include <unistd.h>

#include "http_server.h"
#include "labs.h"
#include "rights.h"

#define OK_RECORD                                                                                \
	"{\"activationId\":\"0123456789abcdef0123456789abcdef\",\"response\":{\"success\":true," \
	"\"status\":\"success\",\"result\":{\"target\":\"a0\"}}}"

static struct snet_err err;
static struct snet_lab *lab;
static struct snet_trace *trace;
static struct http_server *server;
static int reserved; /* the server's socket until it starts */
static unsigned int port;

/* Defined by each test program. */
static bool serve(struct http_exchange *exchange, void *user);

LABS_UNUSED void start_server(void)
{
	server = http_server_start_on(reserved, port, serve, NULL);
	reserved = -1;
}

LABS_UNUSED void endpoint_set_up(const char *name)
{
	reserved = http_server_reserve(&port);
	trace = NULL;
	server = NULL;
	lab = labs_new(name);
}

LABS_UNUSED void endpoint_tear_down(void)
{
	snet_trace_free(trace);
	snet_lab_free(lab);
	if (server)
		http_server_stop(server);
	if (reserved >= 0)
		close(reserved);
}

#endif
