/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_IFACE_H
#define SNET_SYS_IFACE_H

/* Interfaces, through one rtnetlink socket a namespace. */

#include <stdint.h>

#include "base/err.h"

/* An rtnetlink connection (libnl-3) into one namespace. */
struct snet__nl;
/* @netns: -1 for the caller's own */
int snet__nl_open(struct snet__nl **ret, int netns, struct snet_err *err);
void snet__nl_close(struct snet__nl *nl);

/* A bridge that is up, without STP and multicast snooping. */
int snet__iface_add_bridge(struct snet__nl *nl, const char *name, int *ret_index,
			   struct snet_err *err);
/* A veth pair: @name here, a port of the bridge @master (0: none); @peer_name in @peer_netns.
 * One queue each way, IPv6 without autoconfiguration, down. */
int snet__iface_add_veth(struct snet__nl *nl, const char *name, int master,
			 const char *peer_name, int peer_netns, int *ret_index,
			 struct snet_err *err);
int snet__iface_find(struct snet__nl *nl, const char *name, int *ret_index,
		     struct snet_err *err);
/* No IPv6 address is generated on it; before it goes up. */
int snet__iface_disable_autoconf(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_up(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_down(struct snet__nl *nl, int index, struct snet_err *err);
int snet__iface_remove(struct snet__nl *nl, int index, struct snet_err *err);
/* @ipv4 in host byte order */
int snet__iface_add_address(struct snet__nl *nl, int index, uint32_t ipv4,
			    unsigned int prefix, struct snet_err *err);
/* A permanent neighbour entry: no ARP, and not counted against the host's table limit. */
int snet__iface_add_neighbour(struct snet__nl *nl, int index, uint32_t ipv4,
			      const unsigned char mac[6], struct snet_err *err);

#endif
