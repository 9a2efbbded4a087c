/* SPDX-License-Identifier: MIT */
/* Answers without an end. What is written waits in the stream's buffer until MHD asks for it;
 * while there is nothing the connection is suspended, and a watch of our own notices when its
 * client goes. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/vec.h"
#include "io/httpd_private.h"

/* Room for a follower's backlog of the longest events. */
#define STREAM_WAIT_MAX (40 << 20)
#define STREAM_BLOCK    (16 * 1024)

void snet__httpd_stream_free(struct snet__httpd_stream *stream)
{
	if (!stream)
		return;
	snet__watch_free(stream->watch);
	free(stream->data);
	free(stream);
}

/* MHD can send: give it what waits, or suspend until there is something. */
static ssize_t read_stream(void *user, uint64_t position, char *data, size_t max)
{
	struct snet__httpd_stream *stream = user;
	size_t size = stream->end - stream->begin;

	if (stream->gone || stream->request->httpd->closing)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (size == 0 && stream->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (size == 0) {
		if (!stream->finished)
			snet__watch_set(stream->watch, SNET__WATCH_READ);
		snet__httpd_suspend(stream->request);
		return 0;
	}
	if (size > max)
		size = max;
	memcpy(data, stream->data + stream->begin, size);
	stream->begin += size;
	if (stream->begin == stream->end)
		stream->begin = stream->end = 0;
	return (ssize_t)size;
}

static void wake_stream(struct snet__httpd_stream *stream)
{
	struct snet__httpd *httpd = stream->request->httpd;

	snet__httpd_resume(stream->request);
	snet__httpd_run_soon(httpd);
}

/* Of its two halves, not only the one by which it sends. */
static bool has_hung_up(int sock)
{
	struct pollfd polled = {.fd = sock};

	return poll(&polled, 1, 0) != 0;
}

/* A client says nothing during a stream, so what can be read is its end. */
static void on_client(void *user, int events)
{
	struct snet__httpd_stream *stream = user;
	int sock = MHD_get_connection_info(stream->request->connection,
					   MHD_CONNECTION_INFO_CONNECTION_FD)
			   ->connect_fd;
	char dropped[512];
	ssize_t n;

	if (!stream->request->suspended && !stream->finish) {
		/* MHD is sending, and sees itself when that fails. What stays unread would
		 * call again and again. */
		snet__watch_set(stream->watch, 0);
		return;
	}
	n = recv(sock, dropped, sizeof(dropped), MSG_DONTWAIT);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (n == 0 && stream->finish && !has_hung_up(sock)) {
		void (*finish)(void *user) = stream->finish;

		stream->finish = NULL;
		stream->finished = true;
		snet__watch_set(stream->watch, 0);
		finish(stream->user);
		return;
	}
	stream->gone = true;
	wake_stream(stream);
}

struct snet__httpd_stream *snet__httpd_start_stream(struct snet__httpd_request *request,
						    const char *content_type,
						    void (*closed)(void *user),
						    void *user)
{
	struct snet__httpd_stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response = NULL;
	int sock = MHD_get_connection_info(request->connection,
					   MHD_CONNECTION_INFO_CONNECTION_FD)
			   ->connect_fd;

	if (stream && snet__watch_new(&stream->watch, request->httpd->loop, sock,
				      on_client, stream, NULL) == 0)
		response =
			MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
							  read_stream, stream, NULL);
	if (!response) {
		snet__httpd_stream_free(stream);
		snet__httpd_respond(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "", 0);
		return NULL;
	}
	stream->request = request;
	stream->closed = closed;
	stream->user = user;
	request->stream = stream;
	snet__watch_set(stream->watch, SNET__WATCH_READ);
	if (content_type)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					      content_type);
	/* What the client sends meanwhile is dropped, so no request can follow. */
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	snet__httpd_answer(request, MHD_HTTP_OK, response);
	return stream;
}

bool snet__httpd_stream_write(struct snet__httpd_stream *stream, const void *data,
			      size_t size)
{
	if (stream->ended || stream->end - stream->begin + size > STREAM_WAIT_MAX)
		return false;
	if (!size)
		return true; /* there may be no memory yet to copy nothing to */
	if (stream->begin) {
		memmove(stream->data, stream->data + stream->begin,
			stream->end - stream->begin);
		stream->end -= stream->begin;
		stream->begin = 0;
	}
	if (snet__vec_reserve(&stream->data, &stream->cap, stream->end + size, 1, NULL) <
	    0)
		return false;
	memcpy(stream->data + stream->end, data, size);
	stream->end += size;
	wake_stream(stream);
	return true;
}

size_t snet__httpd_stream_waiting(const struct snet__httpd_stream *stream)
{
	return stream->end - stream->begin;
}

void snet__httpd_stream_on_finish(struct snet__httpd_stream *stream,
				  void (*finish)(void *user))
{
	stream->finish = finish;
}

void snet__httpd_stream_end(struct snet__httpd_stream *stream)
{
	stream->ended = true;
	wake_stream(stream);
}
