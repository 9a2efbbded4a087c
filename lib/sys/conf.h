/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_CONF_H
#define SNET_SYS_CONF_H

/* What sysctl has in net.ipv4.conf and net.ipv6.conf. A new namespace begins with what the host has
 * of IPv4 (devconf_inherit_init_net of net/core/sysctl_net_core.c), which a lab is not to depend
 * on. A file of /proc/sys takes the longer to open the more namespaces there are, rtnetlink does
 * not. */

#include "sys/nl.h"

/* An interface of @mtu bytes (0: the kernel's choice), before it goes up: whether it hands on what
 * arrives for others (IPv4); no source address is refused, and no IPv6 address is generated. */
int snet__conf_set_iface(struct snet__nl *nl, int index, unsigned int mtu, bool forwards,
			 struct snet_err *err);

/* Of all interfaces of a namespace. */
struct snet__conf_all {
	int rp_filter; /* the kernel takes the larger of this and the interface's own */
};
/* @ret is filled when the request is carried out, with what of it the kernel tells. It must stay
 * where it is until the connection is closed. */
int snet__conf_ask_all(struct snet__nl *nl, struct snet__conf_all *ret,
		       struct snet_err *err);
/* Set one of net, "ipv4/conf/all/rp_filter", in another namespace: what rtnetlink has no word for. */
int snet__conf_write(int netns, const char *name, const char *value,
		     struct snet_err *err);

#endif
