/* SPDX-License-Identifier: MIT */
#include "io/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#define ADDRESSES_MAX 8
#define GOOD_NS       (30 * SNET__NS_PER_S)

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct snet__place {
	struct snet__loop *loop;
	struct snet__outside *outside;
	char *host, *name;
	unsigned int port;
	union address addresses[ADDRESSES_MAX];
	size_t count;
	uint64_t good_until_ns;      /* UINT64_MAX when the host is an address */
	struct snet__lookup *lookup; /* NULL when none is under way */
	struct snet__watch *watch;
	snet__place_fn fn;
	void *user;
};

static bool parse_address(union address *ret, const char *text, unsigned int port)
{
	*ret = (union address){0};
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) != 1)
		return false;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	return true;
}

/* @list: as of snet__lookup_result(); cut up */
static void keep_addresses(struct snet__place *place, char *list)
{
	char *rest = NULL;

	place->count = 0;
	for (char *one = strtok_r(list, ",[]", &rest);
	     one && place->count < ADDRESSES_MAX; one = strtok_r(NULL, ",[]", &rest))
		/* What is no address by itself names an interface: it is of use to none but the
		 * host. */
		if (parse_address(&place->addresses[place->count], one, place->port))
			place->count++;
}

static void end_lookup(struct snet__place *place)
{
	snet__watch_free(steal_ptr(place->watch));
	snet__lookup_free(steal_ptr(place->lookup));
}

static void on_ended(void *user, int events)
{
	struct snet__place *place = user;
	autofree char *list = NULL;
	struct snet_err err = {0};
	int r;

	(void)events;
	r = snet__lookup_result(place->lookup, &list, &err);
	if (r == -EAGAIN)
		return;
	end_lookup(place);
	if (r == 0) {
		keep_addresses(place, list);
		place->good_until_ns = snet__clock_ns() + GOOD_NS;
	}
	place->fn(place->user, r < 0 ? err.msg : NULL);
}

void snet__place_ask(struct snet__place *place, snet__place_fn fn, void *user)
{
	struct snet_err err = {0};
	int r;

	if (place->lookup)
		return;
	place->fn = fn;
	place->user = user;
	r = snet__outside_lookup(place->outside, &place->lookup, place->host, &err);
	if (r == 0)
		r = snet__watch_new(&place->watch, place->loop,
				    snet__lookup_fd(place->lookup), on_ended, place,
				    &err);
	if (r < 0) {
		end_lookup(place);
		fn(user, err.msg);
		return;
	}
	snet__watch_set(place->watch, SNET__WATCH_READ);
}

bool snet__place_is_known(const struct snet__place *place)
{
	return snet__clock_ns() < place->good_until_ns;
}

void snet__place_doubt(struct snet__place *place)
{
	if (place->good_until_ns != UINT64_MAX)
		place->good_until_ns = 0;
}

const struct sockaddr *snet__place_address(const struct snet__place *place, size_t index,
					   socklen_t *ret_size)
{
	const union address *address = &place->addresses[index];

	if (index >= place->count)
		return NULL;
	*ret_size = address->any.sa_family == AF_INET ? sizeof(address->v4)
						      : sizeof(address->v6);
	return &address->any;
}

const char *snet__place_name(const struct snet__place *place)
{
	return place->name;
}

static void place_free_at(struct snet__place **at)
{
	snet__place_free(*at);
}

int snet__place_new(struct snet__place **ret, struct snet__loop *loop,
		    struct snet__outside *outside, const char *host, unsigned int port,
		    struct snet_err *err)
{
	cleanup_with(place_free_at) struct snet__place *place = calloc(1, sizeof(*place));
	bool is_ipv6 = strchr(host, ':');

	if (!place)
		return snet__err_oom(err);
	place->loop = loop;
	place->outside = outside;
	place->port = port;
	place->host = strdup(host);
	place->name = snet__text_format("%s%s%s:%u", is_ipv6 ? "[" : "", host,
					is_ipv6 ? "]" : "", port);
	if (!place->host || !place->name)
		return snet__err_oom(err);
	if (parse_address(&place->addresses[0], host, port)) {
		place->count = 1;
		place->good_until_ns = UINT64_MAX;
	}

	*ret = steal_ptr(place);
	return 0;
}

void snet__place_free(struct snet__place *place)
{
	if (!place)
		return;
	end_lookup(place);
	free(place->host);
	free(place->name);
	free(place);
}
