/* SPDX-License-Identifier: MIT */
/* The HTTP client: libcurl's multi interface, driven by the loop.
 *
 * curl says which descriptors it waits for and when it wants to be called; both become watches
 * and one timer. Sockets are opened here, in the client's network namespace, and their watches
 * live as long as they do: a kept-alive connection costs no epoll_ctl() a call. Easy handles
 * are pooled, with all that never changes set once. */

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "io/http_exchange.h"
#include "sys/netns.h"

#define TIMEOUT_DEFAULT_NS (60 * SNET__NS_PER_S)
#define IDLE_HANDLES_MAX   64

struct http_socket {
	struct snet__http *http;
	struct http_socket *next;
	struct snet__watch *watch; /* NULL until curl waits for it */
	int fd;
	int events;
	bool is_ours;   /* opened here, so that its closing is heard of */
	bool is_waited; /* by curl, now */
};

struct snet__http {
	struct snet__loop *loop; /* NULL: for one blocking call */
	CURLM *multi;
	struct snet__timer *timer;
	int netns;
	struct snet__outside *outside;
	bool insecure;
	char *unix_socket;
	struct curl_slist *connect_to;
	struct curl_slist *resolve;
	struct http_socket *sockets;
	struct snet__http_call *calls;
	CURL *idle[IDLE_HANDLES_MAX];
	size_t idle_count;
	bool *gone; /* set by free, when that happens inside a callback */
};

struct snet__http_call {
	struct snet__http *http; /* NULL once it has ended */
	struct snet__http_call *next, **at;
	struct snet__http_exchange exchange;
	snet__http_fn fn;
	void *user;
};

static void init_curl(void)
{
	(void)curl_global_init(
		CURL_GLOBAL_DEFAULT); /* repeated, and reported, by init calls */
}

/* Until 7.84 curl's own implicit initialisation is not safe with threads. */
static void init_curl_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init_curl);
}

/* Sockets ------------------------------------------------------------------------------- */

static struct http_socket *socket_find(struct snet__http *http, int fd)
{
	struct http_socket *sock = http->sockets;

	while (sock && sock->fd != fd)
		sock = sock->next;
	return sock;
}

static void socket_free(struct http_socket *sock)
{
	struct http_socket **at = &sock->http->sockets;

	while (*at != sock)
		at = &(*at)->next;
	*at = sock->next;
	snet__watch_free(sock->watch);
	free(sock);
}

static struct http_socket *socket_new(struct snet__http *http, int fd, bool is_ours)
{
	struct http_socket *sock = socket_find(http, fd);

	/* curl closed it without a word, and the kernel gave its number out again. */
	if (sock)
		socket_free(sock);

	sock = calloc(1, sizeof(*sock));
	if (!sock)
		return NULL;

	sock->http = http;
	sock->fd = fd;
	sock->is_ours = is_ours;
	sock->next = http->sockets;
	http->sockets = sock;
	return sock;
}

static void socket_set(struct http_socket *sock, int events)
{
	if (sock->events != events)
		snet__watch_set(sock->watch, events);
	sock->events = events;
}

static void deliver(struct snet__http *http);

static void on_socket(void *user, int events)
{
	struct http_socket *sock = user;
	struct snet__http *http = sock->http;
	int running;

	/* An idle connection that the peer closed: curl looks itself before it is used again. */
	if (!sock->is_waited) {
		socket_set(sock, 0);
		return;
	}

	(void)curl_multi_socket_action(http->multi, sock->fd,
				       (events & SNET__WATCH_READ ? CURL_CSELECT_IN : 0) |
					       (events & SNET__WATCH_WRITE
							? CURL_CSELECT_OUT
							: 0),
				       &running);
	deliver(http);
}

static int wait_for(struct snet__http *http, struct http_socket *sock, int fd, int what)
{
	int r;

	if (!sock)
		sock = socket_find(http, fd);
	if (!sock)
		sock = socket_new(http, fd, false);
	if (!sock)
		return -1;
	if (!sock->watch) {
		r = snet__watch_new(&sock->watch, http->loop, fd, on_socket, sock, NULL);
		if (r < 0)
			return -1;
	}

	sock->is_waited = true;
	(void)curl_multi_assign(http->multi, fd, sock); /* saves the search, no more */
	socket_set(sock, (what & CURL_POLL_IN ? SNET__WATCH_READ : 0) |
				 (what & CURL_POLL_OUT ? SNET__WATCH_WRITE : 0));
	return 0;
}

/* curl closes a socket that it could not connect before it says that it waits for it no more,
 * and not by our on_close(). To watch such a number would be the end of the loop. */
static bool is_connected(const struct http_socket *sock)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	return getpeername(sock->fd, (struct sockaddr *)&peer, &size) == 0;
}

/* CURLMOPT_SOCKETFUNCTION */
static int on_wait(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned)
{
	struct snet__http *http = user;
	struct http_socket *sock = assigned;

	if (what != CURL_POLL_REMOVE)
		return wait_for(http, sock, fd, what);
	if (!sock)
		return 0;

	/* Ours stay watched: the next call most likely waits for the same. curl's own, such as
	 * its resolver's, are closed by it right after this. */
	sock->is_waited = false;
	if (!sock->is_ours || !is_connected(sock))
		socket_free(sock);
	else if (sock->watch)
		socket_set(sock, SNET__WATCH_READ);
	return 0;
}

/* CURLOPT_OPENSOCKETFUNCTION */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct snet__http *http = user;
	autoclose int fd = -1;
	int r;

	if (http->outside)
		r = snet__outside_socket(http->outside, &fd, to->family, to->socktype,
					 to->protocol, NULL);
	else
		r = snet__netns_socket(&fd, http->netns, to->family, to->socktype,
				       to->protocol, NULL);
	if (r < 0)
		return CURL_SOCKET_BAD;
	if (http->loop && !socket_new(http, fd, true))
		return CURL_SOCKET_BAD;

	return steal_fd(&fd);
}

/* CURLOPT_CLOSESOCKETFUNCTION */
static int on_close(void *user, curl_socket_t fd)
{
	struct http_socket *sock = socket_find(user, fd);

	if (sock)
		socket_free(sock);
	return close(fd);
}

/* CURLMOPT_TIMERFUNCTION */
static int on_timer_wanted(CURLM *multi, long delay_ms, void *user)
{
	struct snet__http *http = user;

	if (delay_ms < 0)
		snet__timer_stop(http->timer);
	else
		snet__timer_start(http->timer, (uint64_t)delay_ms * SNET__NS_PER_MS, 0);
	return 0;
}

static void on_timer(void *user)
{
	struct snet__http *http = user;
	int running;

	(void)curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	deliver(http);
}

/* Calls --------------------------------------------------------------------------------- */

static CURL *easy_new(struct snet__http *http)
{
	const struct snet__http_opts opts = {.insecure = http->insecure,
					     .unix_socket = http->unix_socket};
	CURL *easy = snet__http_easy_new(&opts, http->connect_to);
	int bad;

	if (!easy)
		return NULL;

	bad = (int)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_RESOLVE, http->resolve);
	if (!bad)
		return easy;

	curl_easy_cleanup(easy);
	return NULL;
}

static void easy_release(struct snet__http *http, CURL *easy)
{
	if (!easy)
		return;
	/* The call that it pointed into goes. */
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, NULL);
	if (http->idle_count == IDLE_HANDLES_MAX)
		curl_easy_cleanup(easy);
	else
		http->idle[http->idle_count++] = easy;
}

static void call_unlink(struct snet__http_call *call)
{
	if (!call->at)
		return;
	*call->at = call->next;
	if (call->next)
		call->next->at = call->at;
	call->at = NULL;
}

/* Its easy handle must be gone from the multi handle. */
static void call_free(struct snet__http_call *call)
{
	if (!call)
		return;
	call_unlink(call);
	if (call->exchange.easy && call->http)
		easy_release(call->http, call->exchange.easy);
	snet__http_exchange_clear(&call->exchange);
	free(call);
}

static void call_free_at(struct snet__http_call **at)
{
	call_free(*at);
}

static int call_new(struct snet__http_call **ret, struct snet__http *http,
		    const struct snet__http_request *request, snet__http_fn fn,
		    void *user, struct snet_err *err)
{
	cleanup_with(call_free_at) struct snet__http_call *call =
		calloc(1, sizeof(*call));

	if (!call)
		return snet__err_oom(err);

	call->http = http;
	call->fn = fn;
	call->user = user;
	call->exchange.timeout_ns =
		request->timeout_ns ? request->timeout_ns : TIMEOUT_DEFAULT_NS;
	call->exchange.is_repeatable = strcmp(request->method, "GET") == 0 ||
				       strcmp(request->method, "HEAD") == 0;
	call->exchange.easy =
		http->idle_count ? http->idle[--http->idle_count] : easy_new(http);
	if (!call->exchange.easy ||
	    snet__http_exchange_set(&call->exchange, request) < 0 ||
	    curl_easy_setopt(call->exchange.easy, CURLOPT_PRIVATE, call) != CURLE_OK)
		return snet__err_oom(err);

	*ret = steal_ptr(call);
	return 0;
}

/* Tell the end of @call, which is freed with the easy handle's ties cut. */
static void finish(struct snet__http_call *call, CURLcode code)
{
	struct snet__http_response response = {.call = call,
					       .sent = call->exchange.sent,
					       .body = ""};
	long status = 0;

	if (call->exchange.body.data && !code) {
		response.body = call->exchange.body.data;
		response.body_size = call->exchange.body.size;
	}
	if (code) {
		response.timed_out = code == CURLE_OPERATION_TIMEDOUT;
		response.too_large = call->exchange.too_large;
		response.untrusted = code == CURLE_PEER_FAILED_VERIFICATION ||
				     code == CURLE_SSL_CACERT_BADFILE;
		response.error = snet__http_exchange_explain(&call->exchange, code);
	} else if (curl_easy_getinfo(call->exchange.easy, CURLINFO_RESPONSE_CODE,
				     &status) == CURLE_OK) {
		response.status = (unsigned int)status;
	}

	call_unlink(call);
	easy_release(call->http, steal_ptr(call->exchange.easy));
	call->http = NULL;
	call->fn(call->user, &response);
	call_free(call);
}

const char *snet__http_header(const struct snet__http_response *response,
			      const char *name)
{
	return snet__http_exchange_header(&response->call->exchange, name);
}

static void deliver(struct snet__http *http)
{
	struct snet__http_call *call;
	bool gone = false;
	CURLcode code;
	CURLMsg *msg;
	int left;

	http->gone = &gone;
	while ((msg = curl_multi_info_read(http->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
					(char **)&call);
		(void)curl_multi_remove_handle(http->multi,
					       call->exchange.easy); /* frees msg */
		finish(call, code);
		if (gone)
			return;
	}
	http->gone = NULL;
}

int snet__http_start(struct snet__http *http, const struct snet__http_request *request,
		     snet__http_fn fn, void *user, struct snet__http_call **ret,
		     struct snet_err *err)
{
	struct snet__http_call *call = NULL;
	CURLMcode code;
	int r;

	r = call_new(&call, http, request, fn, user, err);
	if (r < 0)
		return r;

	call->next = http->calls;
	call->at = &http->calls;
	if (call->next)
		call->next->at = &call->next;
	http->calls = call;
	/* It wants the timer at once, so the call starts in the next turn. */
	code = curl_multi_add_handle(http->multi, call->exchange.easy);
	if (code) {
		call_free(call);
		return snet__err_set(err, -EIO, "cannot start an HTTP call: %s",
				     curl_multi_strerror(code));
	}

	if (ret)
		*ret = call;
	return 0;
}

void snet__http_cancel(struct snet__http_call *call)
{
	if (!call || !call->http)
		return;
	(void)curl_multi_remove_handle(call->http->multi, call->exchange.easy);
	call_free(call);
}

/* Clients ------------------------------------------------------------------------------- */

static int multi_new(struct snet__http *http, struct snet_err *err)
{
	int bad, r;

	r = snet__timer_new(&http->timer, http->loop, on_timer, http, err);
	if (r < 0)
		return r;

	http->multi = curl_multi_init();
	if (!http->multi)
		return snet__err_oom(err);

	bad = (int)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_wait);
	bad |= (int)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	bad |= (int)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION,
				      on_timer_wanted);
	bad |= (int)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	bad |= (int)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
				      (long)IDLE_HANDLES_MAX);
	return bad ? snet__err_oom(err) : 0;
}

static void http_free_at(struct snet__http **at)
{
	snet__http_free(*at);
}

int snet__http_new(struct snet__http **ret, struct snet__loop *loop,
		   const struct snet__http_opts *opts, struct snet_err *err)
{
	cleanup_with(http_free_at) struct snet__http *http = calloc(1, sizeof(*http));
	int r;

	init_curl_once();
	if (!http)
		return snet__err_oom(err);

	http->loop = loop;
	http->netns = opts->netns;
	http->outside = opts->outside;
	http->insecure = opts->insecure;
	if (opts->unix_socket) {
		http->unix_socket = strdup(opts->unix_socket);
		if (!http->unix_socket)
			return snet__err_oom(err);
	}
	if (opts->connect_to) {
		http->connect_to = curl_slist_append(NULL, opts->connect_to);
		if (!http->connect_to)
			return snet__err_oom(err);
	}
	if (opts->resolve) {
		http->resolve = curl_slist_append(NULL, opts->resolve);
		if (!http->resolve)
			return snet__err_oom(err);
	}
	if (loop) {
		r = multi_new(http, err);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(http);
	return 0;
}

void snet__http_free(struct snet__http *http)
{
	if (!http)
		return;
	if (http->gone)
		*http->gone = true;
	while (http->calls)
		snet__http_cancel(http->calls);
	while (http->idle_count)
		curl_easy_cleanup(http->idle[--http->idle_count]);
	/* Closes the connections, and so asks for timers and sockets once more. */
	if (http->multi)
		(void)curl_multi_cleanup(http->multi);
	while (http->sockets)
		socket_free(http->sockets);
	snet__timer_free(http->timer);
	curl_slist_free_all(http->connect_to);
	curl_slist_free_all(http->resolve);
	free(http->unix_socket);
	free(http);
}

int snet__http_run(const struct snet__http_opts *opts,
		   const struct snet__http_request *request, snet__http_fn fn, void *user,
		   struct snet_err *err)
{
	cleanup_with(http_free_at) struct snet__http *http = NULL;
	struct snet__http_call *call = NULL;
	int r;

	r = snet__http_new(&http, NULL, opts, err);
	if (r < 0)
		return r;

	r = call_new(&call, http, request, fn, user, err);
	if (r < 0)
		return r;

	finish(call, curl_easy_perform(call->exchange.easy));
	return 0;
}
