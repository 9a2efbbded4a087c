/* SPDX-License-Identifier: MIT */
/* What a lookup's thread and its owner share is freed by the later of the two. The mutex guards
 * all that changes. */

#include "sys/lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/thread.h"

struct snet__lookup {
	pthread_t thread; /* the owner's */
	pthread_mutex_t mutex;
	unsigned int users; /* its owner, its thread */
	bool has_ended;
	int fd;
	char *host;
	char addresses[1024];
	int result;
	struct snet_err err;
};

static void release(struct snet__lookup *lookup)
{
	bool is_last;

	(void)pthread_mutex_lock(&lookup->mutex);
	is_last = --lookup->users == 0;
	(void)pthread_mutex_unlock(&lookup->mutex);
	if (!is_last)
		return;

	(void)pthread_mutex_destroy(&lookup->mutex);
	if (lookup->fd >= 0)
		close(lookup->fd);
	free(lookup->host);
	free(lookup);
}

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

static int ask(struct snet__lookup *lookup)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;
	int code;

	code = getaddrinfo(lookup->host, NULL, &hints, &found);
	for (const struct addrinfo *at = found; at && code == 0; at = at->ai_next)
		code = append(lookup->addresses, sizeof(lookup->addresses), at);
	if (found)
		freeaddrinfo(found);
	if (code != 0)
		return snet__err_set(&lookup->err, -ENOENT, "cannot find host '%s': %s",
				     lookup->host, gai_strerror(code));
	return 0;
}

static void *run(void *user)
{
	struct snet__lookup *lookup = user;
	int r = ask(lookup);

	(void)pthread_mutex_lock(&lookup->mutex);
	lookup->result = r;
	lookup->has_ended = true;
	(void)pthread_mutex_unlock(&lookup->mutex);
	(void)eventfd_write(lookup->fd, 1); /* the counter is far from its limit */
	release(lookup);
	return NULL;
}

static int start(struct snet__lookup *lookup, struct snet_err *err)
{
	int r;

	lookup->users++;
	r = snet__thread_start(&lookup->thread, run, lookup, NULL);
	if (r < 0) {
		lookup->users--;
		return snet__err_sys(err, r, "cannot start a thread");
	}
	return 0;
}

static void release_at(struct snet__lookup **at)
{
	if (*at)
		release(*at);
}

int snet__lookup_new(struct snet__lookup **ret, const char *host, struct snet_err *err)
{
	cleanup_with(release_at) struct snet__lookup *lookup = calloc(1, sizeof(*lookup));
	int r;

	if (!lookup)
		return snet__err_oom(err);

	(void)pthread_mutex_init(&lookup->mutex, NULL);
	lookup->users = 1;
	lookup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lookup->fd < 0)
		return snet__err_sys(err, -errno, "cannot look up host '%s'", host);
	lookup->host = strdup(host);
	if (!lookup->host)
		return snet__err_oom(err);
	r = start(lookup, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(lookup);
	return 0;
}

static bool has_ended(struct snet__lookup *lookup)
{
	bool has_ended;

	(void)pthread_mutex_lock(&lookup->mutex);
	has_ended = lookup->has_ended;
	(void)pthread_mutex_unlock(&lookup->mutex);
	return has_ended;
}

void snet__lookup_free(struct snet__lookup *lookup)
{
	if (!lookup)
		return;

	/* A thread that has answered is waited for, as the C library still has to free what it
	 * keeps for it; one that asks may ask for long. */
	if (has_ended(lookup))
		(void)pthread_join(lookup->thread, NULL);
	else
		(void)pthread_detach(lookup->thread);
	release(lookup);
}

int snet__lookup_fd(const struct snet__lookup *lookup)
{
	return lookup->fd;
}

int snet__lookup_result(struct snet__lookup *lookup, char **ret, struct snet_err *err)
{
	char *addresses;

	if (!has_ended(lookup))
		return snet__err_set(err, -EAGAIN, "host '%s' is being looked up",
				     lookup->host);
	if (lookup->result < 0)
		return snet__err_set(err, lookup->result, "%s", lookup->err.msg);

	addresses = strdup(lookup->addresses);
	if (!addresses)
		return snet__err_oom(err);

	*ret = addresses;
	return 0;
}
