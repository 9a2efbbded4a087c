/* SPDX-License-Identifier: MIT */
/* A server that misbehaves on purpose.
 *
 * Refusing and silence both keep MHD from running, so that nothing is accepted, read or sent;
 * the kernel does the rest. A listening TCP socket that is shut down answers with RST, keeps its
 * port, and may listen again. A socket filter that lets nothing pass drops packets before TCP
 * sees them, so that they are not even acknowledged, and the socket counts them. */

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "io/httpd_private.h"

struct cut {
	size_t size;
	char data[];
};

void snet__httpd_drop(struct snet__httpd_request *request)
{
	snet__httpd_answer(request, 0, NULL);
}

static ssize_t read_cut(void *user, uint64_t at, char *to, size_t max)
{
	const struct cut *cut = user;
	size_t left = at < cut->size ? cut->size - (size_t)at : 0;

	if (!left)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (left > max)
		left = max;
	memcpy(to, cut->data + at, left);
	return (ssize_t)left;
}

void snet__httpd_respond_cut(struct snet__httpd_request *request, unsigned int status,
			     const char *content_type, const void *body, size_t size)
{
	struct cut *cut = calloc(1, sizeof(*cut) + size / 2);
	struct MHD_Response *response = NULL;

	if (cut) {
		cut->size = size / 2;
		memcpy(cut->data, body, cut->size);
		response = MHD_create_response_from_callback(size, 4096, read_cut, cut,
							     free);
		if (!response)
			free(cut);
	}
	if (response && content_type)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					      content_type);
	snet__httpd_answer(request, status, response);
}

void snet__httpd_clear_headers(struct snet__httpd_request *request)
{
	for (; request->header_count; request->header_count--) {
		free(request->headers[request->header_count - 1].name);
		free(request->headers[request->header_count - 1].value);
	}
}

static int listen_fd(const struct snet__httpd *httpd)
{
	return MHD_get_daemon_info(httpd->mhd, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd;
}

/* The epoll descriptor stays readable while nobody looks. */
static void pause_or_go_on(struct snet__httpd *httpd)
{
	bool is_paused = snet__httpd_is_paused(httpd);

	snet__watch_set(httpd->watch, is_paused ? 0 : SNET__WATCH_READ);
	if (!is_paused)
		snet__httpd_run_soon(httpd);
}

size_t snet__httpd_start_refusing(struct snet__httpd *httpd)
{
	socklen_t size = sizeof(httpd->address);
	size_t count = 0;

	if (httpd->refusals++)
		return 0;
	pause_or_go_on(httpd);
	(void)getsockname(listen_fd(httpd), (struct sockaddr *)&httpd->address, &size);
	(void)shutdown(listen_fd(httpd), SHUT_RD);
	/* Both ways: the kernel then resets a connection that still sends. One that the client
	 * has closed already is not connected any more, which is no error. */
	for (struct connection *at = httpd->connections; at; at = at->next)
		count += shutdown(at->fd, SHUT_RDWR) == 0;
	return count;
}

/* A port that the kernel had chosen itself is given back when the socket stops listening, although
 * getsockname(2) still tells it. -EINVAL: the socket has kept its port. */
static int take_port(const struct snet__httpd *httpd, int fd)
{
	socklen_t size = httpd->address.ss_family == AF_INET
				 ? sizeof(struct sockaddr_in)
				 : sizeof(struct sockaddr_in6);

	if (bind(fd, (const struct sockaddr *)&httpd->address, size) < 0 &&
	    errno != EINVAL)
		return -errno;
	return 0;
}

int snet__httpd_stop_refusing(struct snet__httpd *httpd)
{
	int fd = listen_fd(httpd), r;

	if (--httpd->refusals)
		return 0;
	r = take_port(httpd, fd);
	if (r == 0 && listen(fd, SOMAXCONN) < 0)
		r = -errno;
	pause_or_go_on(httpd);
	return r;
}

static int drop_all(int fd)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &none};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0
		       ? -errno
		       : 0;
}

static void drop_none(int fd)
{
	const int ignored = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
}

int snet__httpd_start_silence(struct snet__httpd *httpd)
{
	int r;

	if (httpd->silences++)
		return 0;
	pause_or_go_on(httpd);
	r = drop_all(listen_fd(httpd));
	for (struct connection *at = httpd->connections; at && r == 0; at = at->next)
		r = drop_all(at->fd);
	if (r < 0)
		snet__httpd_stop_silence(httpd);
	return r;
}

void snet__httpd_stop_silence(struct snet__httpd *httpd)
{
	if (--httpd->silences)
		return;
	drop_none(listen_fd(httpd));
	for (struct connection *at = httpd->connections; at; at = at->next)
		drop_none(at->fd);
	pause_or_go_on(httpd);
}

static uint64_t count_dropped(int fd)
{
	uint32_t values[SK_MEMINFO_VARS] = {0};
	socklen_t size = sizeof(values);

	/* Zero where the kernel does not know the question. */
	(void)getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &size);
	return values[SK_MEMINFO_DROPS];
}

uint64_t snet__httpd_count_dropped(const struct snet__httpd *httpd)
{
	uint64_t count = count_dropped(listen_fd(httpd));

	for (const struct connection *at = httpd->connections; at; at = at->next)
		count += count_dropped(at->fd);
	return count;
}
