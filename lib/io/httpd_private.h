/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_HTTPD_PRIVATE_H
#define SNET_IO_HTTPD_PRIVATE_H

/* The server's inside, for httpd.c, httpd_fault.c and httpd_stream.c. */

#include <microhttpd.h>
#include <sys/socket.h>

#include "io/httpd.h"

struct header {
	char *name, *value;
};

struct snet__httpd_request {
	struct snet__httpd_request *next, **at; /* in the server's list */
	struct snet__httpd *httpd;
	struct MHD_Connection *connection;
	char *path;
	const char *method;
	char *body;
	size_t size, cap;
	size_t too_large;
	struct header *headers;
	size_t header_count, header_cap;
	struct snet__httpd_stream *stream;
	bool begun;      /* the handler was called for its head */
	bool given;      /* it was handed over */
	bool in_handler; /* it is being handed over */
	bool answered;
	bool failed; /* no memory for an answer: the connection is closed */
	bool suspended;
	void (*upgraded)(void *user, int sock);
	void *upgraded_user;
};

/* A connection, while it exists. */
struct connection {
	struct connection *next, **at;
	int fd;
};

struct snet__httpd {
	struct MHD_Daemon *mhd;
	struct snet__watch *watch;
	struct snet__timer *timer; /* for what MHD times out */
	struct snet__timer *soon;  /* for the next turn */
	struct snet__loop *loop;
	struct snet__httpd_request *requests;
	snet__httpd_fn fn;
	void *user;
	size_t body_max;
	struct allowance {
		const char *path;
		size_t body_max;
	} * allowances; /* for the bodies of some paths */
	size_t allowance_count, allowance_cap;
	struct connection *connections;
	unsigned int refusals, silences; /* who asks for them; meanwhile nothing runs */
	struct sockaddr_storage address; /* where it listened before it refused */
	bool running;  /* inside MHD_run(), which must not be entered twice */
	bool again;    /* something was resumed meanwhile */
	bool draining; /* answers go out, no requests come in */
	bool closing;  /* nothing does */
};

struct snet__httpd_stream {
	struct snet__httpd_request *request;
	struct snet__watch *watch; /* tells when the client goes while nothing is sent */
	char *data;
	size_t begin, end, cap;
	void (*closed)(void *user);
	void (*finish)(void *user); /* NULL: none, or it was called */
	void *user;
	bool ended;
	bool finished; /* by its client, which still reads */
	bool gone;
};

/* Let MHD work in the next turn of the loop: who answers a request is not called back, and what
 * it holds is not freed, by what MHD finds to do for others. */
void snet__httpd_run_soon(struct snet__httpd *httpd);
static inline bool snet__httpd_is_paused(const struct snet__httpd *httpd)
{
	return httpd->refusals || httpd->silences;
}
void snet__httpd_resume(struct snet__httpd_request *request);
void snet__httpd_suspend(struct snet__httpd_request *request);
/* Queue @response (NULL: none could be made, so the connection is closed). */
void snet__httpd_answer(struct snet__httpd_request *request, unsigned int status,
			struct MHD_Response *response);
/* Accepts NULL. */
void snet__httpd_stream_free(struct snet__httpd_stream *stream);

#endif
