/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_IFACE_H
#define SNET_SYS_IFACE_H

/* Interfaces, through one rtnetlink socket a namespace. */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* An rtnetlink connection (libnl-3) into one namespace. */
struct snet__nl;
/* @netns: -1 for the caller's own */
int snet__nl_open(struct snet__nl **ret, int netns, struct snet_err *err);
void snet__nl_close(struct snet__nl *nl);

/* What the kernel allows: BR_MAX_PORTS of net/bridge/br_private.h is 1,024, number 0 is none. */
#define SNET__IFACE_BRIDGE_PORTS_MAX 1023
/* The loopback of every namespace (LOOPBACK_IFINDEX of net/net_namespace.h). */
#define SNET__IFACE_LOOPBACK 1

/* A bridge that is up, without STP and multicast snooping. */
int snet__iface_add_bridge(struct snet__nl *nl, const char *name, int *ret_index,
			   struct snet_err *err);
/* A veth pair: @name here, a port of the bridge @master (0: none); @peer_name in @peer_netns.
 * One queue each way, IPv6 without autoconfiguration, down. */
int snet__iface_add_veth(struct snet__nl *nl, const char *name, int master,
			 const char *peer_name, int peer_netns, int *ret_index,
			 struct snet_err *err);
/* Either of these with indices of the caller's choice, so that more requests about the same
 * interface can stand in one batch (sys/nl.h). Nothing is brought up. */
int snet__iface_add_bridge_at(struct snet__nl *nl, const char *name, int index,
			      const unsigned char mac[6], bool stp, struct snet_err *err);
/* One end: '%d' in @name takes the lowest free number; @mac NULL: a random one; @netns -1:
 * that of the connection; @master 0: none, and always 0 in the second end. */
struct snet__iface_end {
	const char *name;
	int index;
	int netns;
	int master;
	const unsigned char *mac;
	unsigned int mtu; /* 0: the kernel's choice */
};
int snet__iface_add_pair(struct snet__nl *nl, const struct snet__iface_end *here,
			 const struct snet__iface_end *there, struct snet_err *err);
/* Make @index a port of the bridge @master. */
int snet__iface_set_master(struct snet__nl *nl, int index, int master,
			   struct snet_err *err);
/* What gives an interface a value, such as the next two. */
typedef int (*snet__iface_set_fn)(struct snet__nl *nl, int index, uint32_t value,
				  struct snet_err *err);
/* How many segments a packet that leaves here may stand for; a larger one is cut before. */
#define SNET__IFACE_SEGMENTS_MAX 65535 /* GSO_MAX_SEGS of linux/netdevice.h: any */
int snet__iface_set_segments(struct snet__nl *nl, int index, uint32_t max,
			     struct snet_err *err);
/* @mtu: in bytes, without the Ethernet header. */
int snet__iface_set_mtu(struct snet__nl *nl, int index, uint32_t mtu,
			struct snet_err *err);
/* Bring a port of a bridge up, its bridge answering ARP for the stations that it knows by
 * their addresses too (proxy_arp_wifi of bridge(8)). @floods: frames for stations that it does
 * not know leave here. */
int snet__iface_up_quiet_port(struct snet__nl *nl, int index, bool floods,
			      struct snet_err *err);
/* A bridge does not learn from what comes in at its port @index whose it is. */
int snet__iface_stop_learning(struct snet__nl *nl, int index, struct snet_err *err);
/* Tell a bridge that @mac lives behind its port @index, for good: nothing is flooded to
 * learn it. */
int snet__iface_add_station(struct snet__nl *nl, int index, const unsigned char mac[6],
			    struct snet_err *err);
int snet__iface_remove_station(struct snet__nl *nl, int index, const unsigned char mac[6],
			       struct snet_err *err);

/* An end of a pair that came up before the other one takes and hands on packets only once a worker
 * of the kernel has looked after it, which may take long on a busy machine. Asking for the
 * interface has that done now (rtnl_getlink() of net/core, since Linux 6.7). */
int snet__iface_settle(struct snet__nl *nl, int index, struct snet_err *err);

/* Whether a port of a bridge has a carrier but does not take packets yet: it listens, learns, or its
 * carrier is being looked after. */
bool snet__iface_is_waiting(struct snet__nl *nl, int index);

/* Whether both ends of the pair @name are up, in the namespace of the socket @sock. */
bool snet__iface_is_running(int sock, const char *name);
/* -ENODEV when there is none of this name. */
int snet__iface_find(struct snet__nl *nl, const char *name, int *ret_index,
		     struct snet_err *err);
/* No IPv6 address is generated on it; before it goes up. */
int snet__iface_disable_autoconf(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_up(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_down(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_remove(struct snet__nl *nl, int index, struct snet_err *err);
/* Many at once: mark each, then remove all that are marked. The kernel waits for its readers with
 * each removal, some 20 ms, however many interfaces go. -ENODEV: none was marked. */
int snet__iface_doom(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_remove_doomed(struct snet__nl *nl, struct snet_err *err);
/* @ipv4 in host byte order */
int snet__iface_add_address(struct snet__nl *nl, int index, uint32_t ipv4,
			    unsigned int prefix, struct snet_err *err);
/* Without duplicate address detection. One that is there stays. */
int snet__iface_add_address6(struct snet__nl *nl, int index, const unsigned char ipv6[16],
			     unsigned int prefix, struct snet_err *err);
/* A static route, @prefix 0: for everything. A route to the same net is replaced. */
struct snet__iface_route {
	int family;            /* AF_INET or AF_INET6 */
	unsigned char net[16]; /* network byte order, as long as the family has it */
	unsigned int prefix;
	unsigned char via[16];
	int index; /* 0: @via tells; else the net is on-link on it, without @via */
	/* That of what is sent this way by who has chosen none. */
	bool has_source;
	unsigned char source[16];
};
int snet__iface_add_route(struct snet__nl *nl, const struct snet__iface_route *route,
			  struct snet_err *err);
int snet__iface_remove_route(struct snet__nl *nl, const struct snet__iface_route *route,
			     struct snet_err *err);
/* The length of the prefix by which packets to @ipv4 find their way, all rules applied; -ENETUNREACH
 * and the like when they do not. */
int snet__iface_find_route(struct snet__nl *nl, uint32_t ipv4);
/* A permanent neighbour entry: no ARP, and not counted against the host's table limit. */
int snet__iface_add_neighbour(struct snet__nl *nl, int index, uint32_t ipv4,
			      const unsigned char mac[6], struct snet_err *err);
int snet__iface_add_neighbour6(struct snet__nl *nl, int index,
			       const unsigned char ipv6[16], const unsigned char mac[6],
			       struct snet_err *err);
int snet__iface_remove_neighbour(struct snet__nl *nl, int index, uint32_t ipv4,
				 struct snet_err *err);
int snet__iface_remove_neighbour6(struct snet__nl *nl, int index,
				  const unsigned char ipv6[16], struct snet_err *err);

#endif
