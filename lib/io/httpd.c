/* SPDX-License-Identifier: MIT */
/* The HTTP server: libmicrohttpd (MHD) as a passive object. The loop watches MHD's epoll
 * descriptor and lets it work when that is readable.
 *
 * A request that is not answered during the call of its handler is suspended: MHD then forgets
 * its socket until it is resumed, which is why it stays valid whatever its client does. An
 * answer resumes it and has MHD send in the next turn of the loop. Streams are in
 * httpd_stream.c, faults in httpd_fault.c. */

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vec.h"
#include "io/httpd_private.h"

/* Longer than a client keeps an idle connection (libcurl: 118 s), so that it is the client who
 * closes and no request crosses our closing on the wire. */
#define IDLE_S         600
#define CONNECTION_MAX 10000

size_t snet__httpd_body_max(const struct snet__httpd_request *request)
{
	const struct snet__httpd *httpd = request->httpd;

	for (size_t i = 0; i < httpd->allowance_count; i++)
		if (strcmp(httpd->allowances[i].path, request->path) == 0)
			return httpd->allowances[i].body_max;
	return httpd->body_max;
}

/* Let MHD do what it can now. */
static void run(struct snet__httpd *httpd)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	httpd->again = true;
	if (httpd->running || httpd->closing || snet__httpd_is_paused(httpd))
		return;

	httpd->running = true;
	while (httpd->again) {
		httpd->again = false;
		(void)MHD_run(httpd->mhd); /* fails only with a thread of its own */
		if (MHD_get_timeout(httpd->mhd, &wait_ms) != MHD_YES)
			snet__timer_stop(httpd->timer);
		else if (wait_ms == 0)
			httpd->again = true;
		else
			snet__timer_start(httpd->timer, wait_ms * SNET__NS_PER_MS, 0);
	}
	httpd->running = false;
}

void snet__httpd_run_soon(struct snet__httpd *httpd)
{
	httpd->again = true;
	if (!httpd->running && !httpd->closing && !snet__httpd_is_paused(httpd))
		snet__timer_start(httpd->soon, 0, 0);
}

static void on_readable(void *user, int events)
{
	run(user);
}

static void on_timer(void *user)
{
	run(user);
}

void snet__httpd_resume(struct snet__httpd_request *request)
{
	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->connection);
}

void snet__httpd_suspend(struct snet__httpd_request *request)
{
	request->suspended = true;
	MHD_suspend_connection(request->connection);
}

static void free_request(struct snet__httpd_request *request)
{
	if (request->at)
		*request->at = request->next;
	if (request->next)
		request->next->at = request->at;
	for (size_t i = 0; i < request->header_count; i++) {
		free(request->headers[i].name);
		free(request->headers[i].value);
	}
	free(request->headers);
	free(request->body);
	free(request->path);
	snet__httpd_stream_free(request->stream);
	if (request->upgraded)
		request->upgraded(request->upgraded_user, -1);
	free(request);
}

/* A connection has come or gone. */
static void on_connection(void *user, struct MHD_Connection *connection, void **at,
			  enum MHD_ConnectionNotificationCode code)
{
	struct snet__httpd *httpd = user;
	struct connection *one = *at;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED && one) {
		*one->at = one->next;
		if (one->next)
			one->next->at = one->at;
		free(one);
	}
	if (code != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	*at = one = calloc(1, sizeof(*one));
	if (!one)
		return; /* faults will not know of it */
	one->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			  ->connect_fd;
	one->next = httpd->connections;
	one->at = &httpd->connections;
	if (one->next)
		one->next->at = &one->next;
	httpd->connections = one;
}

/* The first that MHD says of a request. What it returns comes back as *@at below. */
static void *on_uri(void *user, const char *uri, struct MHD_Connection *connection)
{
	struct snet__httpd *httpd = user;
	struct snet__httpd_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->httpd = httpd;
	request->connection = connection;
	request->path = strndup(uri, strcspn(uri, "?"));
	request->next = httpd->requests;
	if (request->next)
		request->next->at = &request->next;
	request->at = &httpd->requests;
	httpd->requests = request;
	return request;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **at,
			 enum MHD_RequestTerminationCode code)
{
	struct snet__httpd_request *request = *at;

	if (!request)
		return;
	*at = NULL;
	if (request->stream && request->stream->closed)
		request->stream->closed(request->stream->user);
	free_request(request);
}

/* Hand a whole request over, once, and suspend it unless it is answered at once. */
static enum MHD_Result give(struct snet__httpd_request *request)
{
	if (request->given)
		return request->failed ? MHD_NO : MHD_YES;

	request->given = true;
	request->in_handler = true;
	request->httpd->fn(request->httpd->user, request);
	request->in_handler = false;
	if (request->failed)
		return MHD_NO;
	if (!request->answered)
		snet__httpd_suspend(request);
	return MHD_YES;
}

static enum MHD_Result begin(struct snet__httpd_request *request, const char *method)
{
	const char *length = snet__httpd_header(request, "Content-Length");
	const char *expect = snet__httpd_header(request, "Expect");
	unsigned long long announced = length ? strtoull(length, NULL, 10) : 0;

	request->begun = true;
	request->method = method;
	if (announced > snet__httpd_body_max(request)) {
		request->too_large = announced;
		/* It waits for leave to send: refuse before. Others send anyway, and would find
		 * the connection reset and the answer lost if their bytes were not read. */
		if (expect && strcasecmp(expect, "100-continue") == 0)
			return give(request);
	}
	return MHD_YES;
}

static enum MHD_Result take_body(struct snet__httpd_request *request, const char *data,
				 size_t size)
{
	size_t need = request->size + size + 1;

	if (need - 1 > snet__httpd_body_max(request) && request->too_large < need - 1)
		request->too_large = need - 1;
	if (request->too_large) {
		request->size += size; /* counted, not kept */
		return MHD_YES;
	}
	if (snet__vec_reserve(&request->body, &request->cap, need, 1, NULL) < 0)
		return MHD_NO;
	memcpy(request->body + request->size, data, size);
	request->size += size;
	request->body[request->size] = '\0';
	return MHD_YES;
}

/* MHD calls this for the head, for each piece of the body, and at the end of the request. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *data, size_t *size,
				  void **at)
{
	struct snet__httpd_request *request = *at;
	enum MHD_Result result;

	/* MHD_NO closes the connection. */
	if (!request || !request->path || request->httpd->draining)
		return MHD_NO;
	if (!request->begun)
		return begin(request, method);
	if (*size) {
		result = take_body(request, data, *size);
		*size = 0;
		return result;
	}
	return give(request);
}

static int start_mhd(struct snet__httpd *httpd, int listen_fd, struct snet_err *err)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE;

	/* MHD accepts until there is nothing left. */
	if (fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK) < 0) {
		int r = snet__err_sys(err, -errno, "cannot use listening descriptor %d",
				      listen_fd);
		close(listen_fd);
		return r;
	}
	httpd->mhd = MHD_start_daemon(flags, 0, NULL, NULL, on_request, httpd,
				      MHD_OPTION_LISTEN_SOCKET, listen_fd,
				      MHD_OPTION_URI_LOG_CALLBACK, on_uri, httpd,
				      MHD_OPTION_NOTIFY_COMPLETED, on_completed, httpd,
				      MHD_OPTION_NOTIFY_CONNECTION, on_connection, httpd,
				      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
				      MHD_OPTION_CONNECTION_LIMIT,
				      (unsigned int)CONNECTION_MAX, MHD_OPTION_END);
	if (!httpd->mhd) {
		/* Whether MHD has closed it by then differs between versions. */
		if (fcntl(listen_fd, F_GETFD) >= 0)
			close(listen_fd);
		return snet__err_set(err, -ENOMEM, "cannot start an HTTP server");
	}
	return 0;
}

static void httpd_free_at(struct snet__httpd **at)
{
	snet__httpd_free(*at);
}

int snet__httpd_new(struct snet__httpd **ret, struct snet__loop *loop, int listen_fd,
		    size_t body_max, snet__httpd_fn fn, void *user, struct snet_err *err)
{
	cleanup_with(httpd_free_at) struct snet__httpd *httpd = calloc(1, sizeof(*httpd));
	int epoll_fd, r;

	if (!httpd) {
		close(listen_fd);
		return snet__err_oom(err);
	}
	httpd->loop = loop;
	httpd->body_max = body_max;
	httpd->fn = fn;
	httpd->user = user;

	r = start_mhd(httpd, listen_fd, err);
	if (r < 0)
		return r;
	r = snet__timer_new(&httpd->timer, loop, on_timer, httpd, err);
	if (r == 0)
		r = snet__timer_new(&httpd->soon, loop, on_timer, httpd, err);
	if (r < 0)
		return r;
	epoll_fd = MHD_get_daemon_info(httpd->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	r = snet__watch_new(&httpd->watch, loop, epoll_fd, on_readable, httpd, err);
	if (r < 0)
		return r;

	snet__watch_set(httpd->watch, SNET__WATCH_READ);
	*ret = steal_ptr(httpd);
	return 0;
}

void snet__httpd_cut(struct snet__httpd *httpd)
{
	httpd->closing = true;
}

void snet__httpd_free(struct snet__httpd *httpd)
{
	struct snet__httpd_request *request;

	if (!httpd)
		return;

	/* What was answered in this turn still goes out; nothing more comes in. */
	httpd->draining = true;
	if (httpd->watch && !httpd->running)
		run(httpd);
	httpd->closing = true;
	snet__watch_free(httpd->watch);
	snet__timer_free(httpd->timer);
	snet__timer_free(httpd->soon);
	/* MHD aborts when it is stopped with connections suspended. */
	for (request = httpd->requests; request; request = request->next)
		snet__httpd_resume(request);
	if (httpd->mhd)
		MHD_stop_daemon(httpd->mhd);
	/* Requests that MHD has not reported as completed. */
	while (httpd->requests)
		free_request(httpd->requests);
	free(httpd->allowances);
	free(httpd);
}

int snet__httpd_allow(struct snet__httpd *httpd, const char *path, size_t body_max,
		      struct snet_err *err)
{
	int r;

	r = snet__vec_reserve(&httpd->allowances, &httpd->allowance_cap,
			      httpd->allowance_count + 1, sizeof(*httpd->allowances),
			      err);
	if (r < 0)
		return r;
	httpd->allowances[httpd->allowance_count++] = (struct allowance){path, body_max};
	return 0;
}

const char *snet__httpd_method(const struct snet__httpd_request *request)
{
	return request->method;
}

const char *snet__httpd_path(const struct snet__httpd_request *request)
{
	return request->path;
}

const char *snet__httpd_query(const struct snet__httpd_request *request, const char *key)
{
	const char *value = NULL;
	size_t size = 0;

	if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, key,
					  strlen(key), &value, &size) != MHD_YES)
		return NULL;
	return value ? value : "";
}

struct key_search {
	const char *const *keys;
	const char *other;
};

static enum MHD_Result on_key(void *user, enum MHD_ValueKind kind, const char *key,
			      const char *value)
{
	struct key_search *search = user;

	(void)kind;
	(void)value;
	for (const char *const *at = search->keys; *at; at++)
		if (strcmp(key, *at) == 0)
			return MHD_YES;
	search->other = key;
	return MHD_NO;
}

const char *snet__httpd_find_other_key(const struct snet__httpd_request *request,
				       const char *const *keys)
{
	struct key_search search = {.keys = keys};

	(void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND,
					on_key, &search);
	return search.other;
}

const char *snet__httpd_header(const struct snet__httpd_request *request,
			       const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *snet__httpd_body(const struct snet__httpd_request *request, size_t *ret_size)
{
	*ret_size = request->body ? request->size : 0;
	return request->body ? request->body : "";
}

size_t snet__httpd_too_large(const struct snet__httpd_request *request)
{
	return request->too_large;
}

bool snet__httpd_basic_auth(const struct snet__httpd_request *request, char **ret_user,
			    char **ret_password)
{
	autofree char *user = NULL;
	autofree char *password = NULL;
	char *mhd_user, *mhd_password = NULL;

	mhd_user =
		MHD_basic_auth_get_username_password(request->connection, &mhd_password);
	/* Copied, since they are to be freed and MHD's are MHD's to free. */
	if (mhd_user && mhd_password) {
		user = strdup(mhd_user);
		password = strdup(mhd_password);
	}
	MHD_free(mhd_user);
	MHD_free(mhd_password);
	if (!user || !password)
		return false;
	*ret_user = steal_ptr(user);
	*ret_password = steal_ptr(password);
	return true;
}

void snet__httpd_add_header(struct snet__httpd_request *request, const char *name,
			    const char *value)
{
	struct header *header;

	/* Without memory the answer goes without it. */
	if (snet__vec_reserve(&request->headers, &request->header_cap,
			      request->header_count + 1, sizeof(*header), NULL) < 0)
		return;
	header = &request->headers[request->header_count];
	header->name = strdup(name);
	header->value = strdup(value);
	if (header->name && header->value) {
		request->header_count++;
	} else {
		free(header->name);
		free(header->value);
	}
}

void snet__httpd_answer(struct snet__httpd_request *request, unsigned int status,
			struct MHD_Response *response)
{
	struct snet__httpd *httpd = request->httpd;

	if (response) {
		for (size_t i = 0; i < request->header_count; i++)
			(void)MHD_add_response_header(response, request->headers[i].name,
						      request->headers[i].value);
		request->answered = MHD_queue_response(request->connection, status,
						       response) == MHD_YES;
		MHD_destroy_response(response);
	}
	request->failed = !request->answered;
	if (request->in_handler)
		return;
	snet__httpd_resume(request);
	snet__httpd_run_soon(httpd);
}

void snet__httpd_respond(struct snet__httpd_request *request, unsigned int status,
			 const char *content_type, const void *body, size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)(uintptr_t)body,
						MHD_RESPMEM_MUST_COPY);

	if (response && content_type)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					      content_type);
	snet__httpd_answer(request, status, response);
}

static void on_upgraded(void *user, struct MHD_Connection *connection, void *at,
			const char *extra, size_t extra_size, MHD_socket sock,
			struct MHD_UpgradeResponseHandle *handle)
{
	struct snet__httpd_request *request = user;

	request->upgraded(request->upgraded_user, sock);
	request->upgraded = NULL;
	(void)MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE); /* cannot fail */
}

void snet__httpd_upgrade(struct snet__httpd_request *request, const char *protocol,
			 void (*fn)(void *user, int sock), void *user)
{
	struct MHD_Response *response =
		MHD_create_response_for_upgrade(on_upgraded, request);

	request->upgraded = fn;
	request->upgraded_user = user;
	if (response)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_UPGRADE,
					      protocol);
	snet__httpd_answer(request, MHD_HTTP_SWITCHING_PROTOCOLS, response);
}
