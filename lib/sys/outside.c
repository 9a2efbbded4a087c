/* SPDX-License-Identifier: MIT */
/* The mutex guards the request, which is on the stack of the one who asks; "turn" lets only one
 * ask at a time. */

#include "sys/outside.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/thread.h"
#include "sys/netns.h"

struct request {
	const char *host; /* to look up, or NULL: a socket is wanted */
	int domain, type, protocol;
	struct snet__lookup *lookup;
	int fd;
	struct snet_err err;
	int result;
	bool is_done;
};

/* A host that was found. */
struct known {
	struct known *next;
	char *addresses;
	char host[];
};

struct snet__outside {
	pthread_t thread;
	pthread_mutex_t turn;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct request *request;
	bool is_ending;
	int netns;
	struct known *known; /* of the thread that resolves */
};

static void serve(struct request *request)
{
	if (request->host)
		request->result =
			snet__lookup_new(&request->lookup, request->host, &request->err);
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
	int r;

	if (!outside)
		return snet__err_oom(err);

	r = snet__netns_open_own(&outside->netns, err);
	if (r < 0)
		return r;
	(void)pthread_mutex_init(&outside->turn, NULL);
	(void)pthread_mutex_init(&outside->mutex, NULL);
	(void)pthread_cond_init(&outside->changed, NULL);

	r = snet__thread_start(&outside->thread, run, outside, NULL);
	if (r < 0) {
		close(outside->netns);
		return snet__err_sys(err, r, "cannot start a thread");
	}

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
	while (outside->known) {
		struct known *known = outside->known;

		outside->known = known->next;
		free(known->addresses);
		free(known);
	}
	close(outside->netns);
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

int snet__outside_lookup(struct snet__outside *outside, struct snet__lookup **ret,
			 const char *host, struct snet_err *err)
{
	struct request request = {.host = host};
	int r;

	r = ask(outside, &request, err);
	if (r < 0)
		return r;

	*ret = request.lookup;
	return 0;
}

static const struct known *find_known(const struct snet__outside *outside,
				      const char *host)
{
	const struct known *known = outside->known;

	while (known && strcmp(known->host, host) != 0)
		known = known->next;
	return known;
}

/* Without memory it is asked for again. */
static void remember(struct snet__outside *outside, const char *host,
		     const char *addresses)
{
	size_t size = strlen(host) + 1;
	struct known *known = calloc(1, sizeof(*known) + size);

	if (!known)
		return;
	known->addresses = strdup(addresses);
	if (!known->addresses) {
		free(known);
		return;
	}
	memcpy(known->host, host, size);
	known->next = outside->known;
	outside->known = known;
}

static void lookup_free_at(struct snet__lookup **at)
{
	snet__lookup_free(*at);
}

int snet__outside_resolve(struct snet__outside *outside, char **ret, const char *host,
			  struct snet_err *err)
{
	cleanup_with(lookup_free_at) struct snet__lookup *lookup = NULL;
	const struct known *known = find_known(outside, host);
	struct pollfd ended = {.events = POLLIN};
	int r;

	if (known) {
		*ret = strdup(known->addresses);
		return *ret ? 0 : snet__err_oom(err);
	}
	r = snet__outside_lookup(outside, &lookup, host, err);
	if (r < 0)
		return r;

	ended.fd = snet__lookup_fd(lookup);
	do
		r = snet__lookup_result(lookup, ret, err);
	while (r == -EAGAIN && (poll(&ended, 1, -1) >= 0 || errno == EINTR));
	if (r == 0)
		remember(outside, host, *ret);
	return r;
}

int snet__outside_netns(const struct snet__outside *outside)
{
	return outside->netns;
}
