/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_FABRIC_H
#define SNET_LAB_FABRIC_H

/* The network of one lab in the kernel: a private namespace, the fabric, in which the
 * switches and their ports are, and one namespace a node, held by the descriptor that its
 * caller owns. Nothing of it has a name outside, and all of it goes with the descriptors. */

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct snet__fabric;

int snet__fabric_new(struct snet__fabric **ret, struct snet_err *err);
void snet__fabric_free(struct snet__fabric *fabric);
/* The fabric's namespace, borrowed: a place for the lab's threads (snet__netns_settle()). */
int snet__fabric_netns(const struct snet__fabric *fabric);
/* On a host with Docker each bridge of the machine hands its packets to iptables as well. No
 * rule is in the fabric, but the asking alone costs a tenth of a packet's way. By a thread that
 * can enter the fabric; without effect on other namespaces, and where it is not allowed. */
void snet__fabric_skip_filters(struct snet__fabric *fabric);

/* Say that @nodes more nodes will be added now, so that a thread makes their namespaces ahead.
 * Optional; worth it from a few dozen nodes on. Ends with the last of them, or the fabric. */
int snet__fabric_expect(struct snet__fabric *fabric, size_t nodes, struct snet_err *err);

/* A switch; @name is for error texts only. @ret_switch is what the calls below want. */
int snet__fabric_add_switch(struct snet__fabric *fabric, const char *name,
			    int *ret_switch, struct snet_err *err);

/* A node with "eth0" plugged into switch @at, or with a loopback only when @at is -1.
 * @ipv4 in host byte order. The caller owns @ret_netns. */
int snet__fabric_add_node(struct snet__fabric *fabric, int at, uint32_t ipv4,
			  unsigned int prefix, int *ret_netns, struct snet_err *err);
/* The same, and the node knows the hardware addresses of @neighbours from the start: cheaper
 * than snet__fabric_add_neighbours() afterwards. */
struct snet__fabric_node {
	int at;
	uint32_t ipv4;
	unsigned int prefix;
	const uint32_t *neighbours;
	size_t neighbour_count;
};
int snet__fabric_add_node_with(struct snet__fabric *fabric,
			       const struct snet__fabric_node *node, int *ret_netns,
			       struct snet_err *err);
/* One more interface for the node @netns: "eth0", "eth1" ..., the first that is free. */
int snet__fabric_link_node(struct snet__fabric *fabric, int netns, int at, uint32_t ipv4,
			   unsigned int prefix, struct snet_err *err);
/* -ELOOP when they are connected already: frames would go round for ever. */
int snet__fabric_link_switches(struct snet__fabric *fabric, int a, int b,
			       struct snet_err *err);
/* A cable between two nodes, which each get one more interface. */
int snet__fabric_link_nodes(struct snet__fabric *fabric, int netns_a, uint32_t ipv4_a,
			    int netns_b, uint32_t ipv4_b, unsigned int prefix,
			    struct snet_err *err);

/* The hardware address that the interface with @ipv4 has: 02:00 and the address. */
void snet__fabric_mac(unsigned char mac[6], uint32_t ipv4);

/* Let the node @netns know the hardware addresses of those with the addresses @ipv4, behind
 * its @interface (NULL: "eth0"), for good: a thousand devices that ask for their relayer's
 * address at once would each disturb all the others. Either side needs it. */
int snet__fabric_add_neighbours(int netns, const char *interface, const uint32_t *ipv4,
				size_t count, struct snet_err *err);

#endif
