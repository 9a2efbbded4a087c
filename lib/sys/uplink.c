/* SPDX-License-Identifier: MIT */
/* The number of an uplink decides its name and its addresses. The kernel gives a name only once, so
 * labs of any number and of any user that share a host take different ones without knowing of
 * each other. What else there may be on a host, a VPN for example, is asked for: an address is
 * free when neither the host nor the namespace has a route to it but the one for everything. */

#include "sys/uplink.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "sys/conf.h"
#include "sys/iface.h"
#include "sys/nft.h"

#define UPLINKS_MAX 4096
/* Where so many blocks in a row are in use, all of a pool are. */
#define TRIES_MAX 16
#define PREFIX    30
/* A default route, or the two halves of one that some VPNs have. */
#define DEFAULT_PREFIX_MAX 1

/* Blocks of four addresses, the number's own in each. Source: RFC 6598, addresses that providers
 * share behind their own translation; RFC 3927, link-local ones. */
static const uint32_t pools[] = {
	100U << 24 | 99U << 16,             /* 100.99.0.0/18 */
	169U << 24 | 254U << 16 | 64U << 8, /* 169.254.64.0/18 */
};

struct ends {
	struct snet__nl *host, *inside;
	int host_netns, netns;
};

static void ends_close(struct ends *ends)
{
	snet__nl_close(ends->host);
	snet__nl_close(ends->inside);
}

/* The pair with the first number from *@number on whose name is free. */
static int make_pair(const struct ends *ends, unsigned int *number, char name[16],
		     struct snet_err *err)
{
	int index, r = -EEXIST;

	for (; *number < UPLINKS_MAX; ++*number) {
		(void)snprintf(name, 16, "snetgw%u", *number); /* it fits */
		r = snet__iface_add_veth(ends->host, name, 0, SNET__UPLINK_INSIDE,
					 ends->netns, &index, err);
		if (r != -EEXIST)
			break;
	}
	return r;
}

static bool is_free(const struct ends *ends, uint32_t block)
{
	struct snet__nl *const both[] = {ends->host, ends->inside};

	for (int i = 0; i < 2; i++)
		for (uint32_t j = 0; j < 4; j++)
			if (snet__iface_find_route(both[i], block + j) >
			    DEFAULT_PREFIX_MAX)
				return false;
	return true;
}

/* A block of the number's that is free; 0 for none. */
static uint32_t find_block(const struct ends *ends, unsigned int number)
{
	for (size_t i = 0; i < sizeof(pools) / sizeof(*pools); i++)
		if (is_free(ends, pools[i] + number * 4))
			return pools[i] + number * 4;
	return 0;
}

static int make_addressed(const struct ends *ends, struct snet__uplink *uplink,
			  struct snet_err *err)
{
	unsigned int number = 0;
	uint32_t block;
	int r;

	for (int tries = 0; tries < TRIES_MAX; tries++, number++) {
		r = make_pair(ends, &number, uplink->name, err);
		if (r < 0)
			return r;
		block = find_block(ends, number);
		uplink->host_ipv4 = block + 1;
		uplink->ipv4 = block + 2;
		if (block)
			return 0;
		snet__uplink_down(ends->netns);
	}
	return snet__err_set(err, -ENOSPC,
			     "no address is free: this host has routes to both "
			     "100.99.0.0/18 and 169.254.64.0/18");
}

static int set_up(struct snet__nl *nl, const char *name, uint32_t ipv4,
		  struct snet_err *err)
{
	int index, r;

	r = snet__iface_find(nl, name, &index, err);
	if (r == 0)
		r = snet__iface_disable_autoconf(nl, index, err);
	if (r == 0)
		r = snet__iface_add_address(nl, index, ipv4, PREFIX, err);
	return r == 0 ? snet__iface_up(nl, index, err) : r;
}

/* Hand on what comes back from outside, and send there what is for nobody inside. */
static int route_inside(const struct ends *ends, const struct snet__uplink *uplink,
			struct snet_err *err)
{
	struct snet__iface_route everything = {.family = AF_INET};
	uint32_t via = htonl(uplink->host_ipv4);
	int index, r;

	memcpy(everything.via, &via, sizeof(via));
	r = snet__iface_find(ends->inside, SNET__UPLINK_INSIDE, &index, err);
	if (r == 0)
		r = snet__conf_set_iface(ends->inside, index, 0, true, err);
	return r == 0 ? snet__iface_add_route(ends->inside, &everything, err) : r;
}

static int open_ends(struct ends *ends, struct snet_err *err)
{
	int r;

	r = snet__nl_open(&ends->host, ends->host_netns, err);
	return r == 0 ? snet__nl_open(&ends->inside, ends->netns, err) : r;
}

int snet__uplink_up(struct snet__uplink *ret, int netns, int host, struct snet_err *err)
{
	cleanup_with(ends_close) struct ends ends = {.host_netns = host, .netns = netns};
	struct snet__uplink uplink = {0};
	int r;

	r = open_ends(&ends, err);
	if (r == 0)
		r = make_addressed(&ends, &uplink, err);
	if (r < 0)
		return r;

	r = set_up(ends.host, uplink.name, uplink.host_ipv4, err);
	if (r == 0)
		r = set_up(ends.inside, SNET__UPLINK_INSIDE, uplink.ipv4, err);
	if (r == 0)
		r = route_inside(&ends, &uplink, err);
	if (r == 0)
		r = snet__nft_masquerade(netns, SNET__UPLINK_INSIDE, err);
	if (r < 0) {
		snet__uplink_down(netns);
		return r;
	}

	*ret = uplink;
	return 0;
}

void snet__uplink_down(int netns)
{
	struct snet__nl *nl = NULL;
	int index;

	/* Whatever fails here: the namespace takes both ends with it. */
	if (snet__nl_open(&nl, netns, NULL) == 0 &&
	    snet__iface_find(nl, SNET__UPLINK_INSIDE, &index, NULL) == 0)
		(void)snet__iface_remove(nl, index, NULL);
	snet__nl_close(nl);
}
