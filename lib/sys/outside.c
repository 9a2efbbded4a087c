/* SPDX-License-Identifier: MIT */
/* The mutex guards the request, which is on the stack of the one who asks; "turn" lets only one
 * ask at a time. */

#include "sys/outside.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "sys/netns.h"

struct request {
	const char *host; /* to resolve, or NULL: a socket is wanted */
	int domain, type, protocol;
	char addresses[1024];
	int fd;
	struct snet_err err;
	int result;
	bool is_done;
};

struct snet__outside {
	pthread_t thread;
	pthread_mutex_t turn;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct request *request;
	bool is_ending;
};

static int append(char *text, size_t size, const struct addrinfo *found)
{
	char address[NI_MAXHOST];
	size_t length = strlen(text);
	bool is_ipv6 = found->ai_family == AF_INET6;
	int code;

	code = getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address),
			   NULL, 0, NI_NUMERICHOST);
	/* What has no room are the least wanted. */
	if (code == 0 && length + strlen(address) + sizeof(",[]") <= size)
		(void)snprintf(text + length, size - length, "%s%s%s%s",
			       length ? "," : "", is_ipv6 ? "[" : "", address,
			       is_ipv6 ? "]" : "");
	return code;
}

static int resolve(struct request *request)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;
	int code;

	code = getaddrinfo(request->host, NULL, &hints, &found);
	for (const struct addrinfo *at = found; at && code == 0; at = at->ai_next)
		code = append(request->addresses, sizeof(request->addresses), at);
	if (found)
		freeaddrinfo(found);
	if (code != 0)
		return snet__err_set(&request->err, -ENOENT, "cannot find host '%s': %s",
				     request->host, gai_strerror(code));
	return 0;
}

static void serve(struct request *request)
{
	if (request->host)
		request->result = resolve(request);
	else
		request->result = snet__netns_socket(&request->fd, -1, request->domain,
						     request->type, request->protocol,
						     &request->err);
}

static void *run(void *user)
{
	struct snet__outside *outside = user;
	struct request *request;

	(void)pthread_mutex_lock(&outside->mutex);
	while (!outside->is_ending) {
		request = outside->request;
		if (!request || request->is_done) {
			(void)pthread_cond_wait(&outside->changed, &outside->mutex);
			continue;
		}
		/* Nobody touches it until it is done. */
		(void)pthread_mutex_unlock(&outside->mutex);
		serve(request);
		(void)pthread_mutex_lock(&outside->mutex);
		request->is_done = true;
		(void)pthread_cond_broadcast(&outside->changed);
	}
	(void)pthread_mutex_unlock(&outside->mutex);
	return NULL;
}

static int ask(struct snet__outside *outside, struct request *request,
	       struct snet_err *err)
{
	(void)pthread_mutex_lock(&outside->turn);
	(void)pthread_mutex_lock(&outside->mutex);
	outside->request = request;
	(void)pthread_cond_broadcast(&outside->changed);
	while (!request->is_done)
		(void)pthread_cond_wait(&outside->changed, &outside->mutex);
	outside->request = NULL;
	(void)pthread_mutex_unlock(&outside->mutex);
	(void)pthread_mutex_unlock(&outside->turn);

	if (request->result < 0)
		return snet__err_set(err, request->result, "%s", request->err.msg);
	return 0;
}

int snet__outside_new(struct snet__outside **ret, struct snet_err *err)
{
	autofree struct snet__outside *outside = calloc(1, sizeof(*outside));
	sigset_t all, before;
	int r;

	if (!outside)
		return snet__err_oom(err);

	(void)pthread_mutex_init(&outside->turn, NULL);
	(void)pthread_mutex_init(&outside->mutex, NULL);
	(void)pthread_cond_init(&outside->changed, NULL);

	/* The program's signals are no business of our thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&outside->thread, NULL, run, outside);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return snet__err_sys(err, -r, "cannot start a thread");

	*ret = steal_ptr(outside);
	return 0;
}

void snet__outside_free(struct snet__outside *outside)
{
	if (!outside)
		return;

	(void)pthread_mutex_lock(&outside->mutex);
	outside->is_ending = true;
	(void)pthread_cond_broadcast(&outside->changed);
	(void)pthread_mutex_unlock(&outside->mutex);
	(void)pthread_join(outside->thread, NULL); /* it has ended, or is about to */
	(void)pthread_cond_destroy(&outside->changed);
	(void)pthread_mutex_destroy(&outside->mutex);
	(void)pthread_mutex_destroy(&outside->turn);
	free(outside);
}

int snet__outside_socket(struct snet__outside *outside, int *ret_fd, int domain, int type,
			 int protocol, struct snet_err *err)
{
	struct request request = {.domain = domain, .type = type, .protocol = protocol};
	int r;

	r = ask(outside, &request, err);
	if (r < 0)
		return r;

	*ret_fd = request.fd;
	return 0;
}

int snet__outside_resolve(struct snet__outside *outside, char **ret, const char *host,
			  struct snet_err *err)
{
	struct request request = {.host = host};
	char *addresses;
	int r;

	r = ask(outside, &request, err);
	if (r < 0)
		return r;

	addresses = strdup(request.addresses);
	if (!addresses)
		return snet__err_oom(err);

	*ret = addresses;
	return 0;
}
