/* SPDX-License-Identifier: MIT */
/* Captures as answers without an end. A capture writes to one end of a pair of sockets; what comes
 * out of the other goes on to the client, no faster than that takes it, so that what is too much
 * is missed by the capture, which counts it. */

#include "lab/capture.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "api/live.h"
#include "base/cleanup.h"
#include "base/clock.h"

/* What may wait for the client, and how often it is asked whether there is room again. */
#define WAITING_MAX (1 << 20)
#define RETRY_NS    (5 * SNET__NS_PER_MS)
#define READ_SIZE   (64 << 10)
/* At the lab's end; a capture does not need that long. */
#define REST_MS 2000

struct showing {
	struct snet__live *live;
	struct snet__capture *capture;
	struct snet__watch *watch;
	struct snet__timer *retry;
	int fd; /* where the capture comes out */
	char data[READ_SIZE];
};

static void free_showing(struct showing *showing)
{
	snet__watch_free(showing->watch);
	snet__timer_free(showing->retry);
	/* First: a capture has nobody to wait for then. */
	snet__close_at(&showing->fd);
	if (showing->capture)
		snet__capture_end(showing->capture);
	snet__capture_unref(showing->capture);
	free(showing);
}

static void on_closed(void *user)
{
	struct showing *showing = user;

	snet__live_free(showing->live);
	free_showing(showing);
}

/* Hand on what there is: 1, 0 at the end, -EAGAIN. */
static int pass_on(struct showing *showing)
{
	ssize_t n = recv(showing->fd, showing->data, READ_SIZE, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0 ||
	    !snet__httpd_stream_write(showing->live->stream, showing->data, (size_t)n))
		return 0;
	return 1;
}

static void on_readable(void *user, int events)
{
	struct showing *showing = user;

	(void)events;
	if (snet__httpd_stream_waiting(showing->live->stream) > WAITING_MAX) {
		snet__watch_set(showing->watch, 0);
		snet__timer_start(showing->retry, RETRY_NS, 0);
	} else if (pass_on(showing) == 0) {
		snet__watch_set(showing->watch, 0);
		snet__httpd_stream_end(showing->live->stream);
	}
}

static void on_retry(void *user)
{
	struct showing *showing = user;

	snet__watch_set(showing->watch, SNET__WATCH_READ);
}

/* The client has had enough. */
static void on_finish(void *user)
{
	struct showing *showing = user;

	snet__capture_ask_end(showing->capture);
}

/* The lab goes down. */
static void show_rest(void *user)
{
	struct showing *showing = user;
	struct pollfd polled = {.fd = showing->fd, .events = POLLIN};

	snet__capture_ask_end(showing->capture);
	while (poll(&polled, 1, REST_MS) > 0 && pass_on(showing) != 0)
		;
}

static int read_opts(const struct snet__httpd_request *request,
		     struct snet__capture_opts *ret, struct snet_err *err)
{
	uint64_t snaplen = 0;
	int r;

	ret->filter = snet__httpd_query(request, "filter");
	if (ret->filter && !*ret->filter)
		ret->filter = NULL;
	r = snet__api_number(request, "snaplen", &snaplen, err);
	if (r == 0)
		r = snet__api_number(request, "count", &ret->count, err);
	if (r == 0 && snaplen > UINT32_MAX)
		r = snet__err_set(err, -EINVAL, "'snaplen' is at most %u", UINT32_MAX);
	ret->snaplen = (uint32_t)snaplen;
	return r;
}

/* The capture, and what comes out of it. */
static int open_capture(struct showing *showing, struct snet__api *api,
			struct snet__capture_opts *opts, struct snet_err *err)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return snet__err_sys(err, -errno, "cannot make a pair of sockets");
	showing->fd = ends[0];
	opts->fd = ends[1];
	opts->is_own = true;
	r = snet__capture_new(&showing->capture, opts, err);
	if (r == 0)
		r = snet__watch_new(&showing->watch, api->run->loop, showing->fd,
				    on_readable, showing, err);
	if (r == 0)
		r = snet__timer_new(&showing->retry, api->run->loop, on_retry, showing,
				    err);
	return r;
}

/* Once it runs; a request that it does not become has its answer. */
static void show(struct showing *showing, struct snet__httpd_request *request)
{
	struct snet__live *live = showing->live;

	assert(live); /* whoever shows has one */
	live->stream = snet__httpd_start_stream(request, "application/x-pcapng",
						on_closed, showing);
	if (!live->stream) {
		on_closed(showing);
		return;
	}
	live->finish = show_rest;
	live->user = showing;
	snet__httpd_stream_on_finish(live->stream, on_finish);
	snet__watch_set(showing->watch, SNET__WATCH_READ);
}

static int capture(struct snet__api *api, struct snet__httpd_request *request,
		   const char *link, const char *node, struct snet_err *err)
{
	struct showing *showing = calloc(1, sizeof(*showing));
	struct snet__capture_opts opts = {0};
	int r;

	if (!showing)
		return snet__err_oom(err);
	showing->fd = -1;
	r = read_opts(request, &opts, err);
	if (r == 0)
		r = open_capture(showing, api, &opts, err);
	if (r == 0)
		r = snet__capture_start(api->run, showing->capture, link, node, err);
	if (r == 0) {
		showing->live = snet__live_new(api);
		r = showing->live ? 0 : snet__err_oom(err);
	}
	if (r < 0)
		free_showing(showing);
	else
		show(showing, request);
	return r;
}

int snet__api_capture_link(struct snet__api *api, struct snet__httpd_request *request,
			   const char *name, struct snet_err *err)
{
	return capture(api, request, name, NULL, err);
}

int snet__api_capture_node(struct snet__api *api, struct snet__httpd_request *request,
			   const char *name, struct snet_err *err)
{
	return capture(api, request, NULL, name, err);
}
