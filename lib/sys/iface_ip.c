/* SPDX-License-Identifier: MIT */
/* What interfaces have of IP: addresses, routes and neighbours. */

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "sys/iface.h"
#include "sys/nl.h"

#define NEW (NLM_F_CREATE | NLM_F_EXCL)

static void format_ipv4(char text[static INET_ADDRSTRLEN], uint32_t ipv4)
{
	struct in_addr addr = {htonl(ipv4)};

	(void)inet_ntop(AF_INET, &addr, text, INET_ADDRSTRLEN); /* always fits */
}

int snet__iface_add_address(struct snet__nl *nl, int index, uint32_t ipv4,
			    unsigned int prefix, struct snet_err *err)
{
	struct ifaddrmsg info = {.ifa_family = AF_INET,
				 .ifa_prefixlen = (unsigned char)prefix,
				 .ifa_index = (unsigned int)index};
	char text[INET_ADDRSTRLEN];
	uint32_t addr = htonl(ipv4);
	struct nl_msg *msg;

	if (prefix > 32)
		return snet__err_set(err, -EINVAL, "prefix '%u' is longer than 32 bits",
				     prefix);

	msg = snet__nl_msg_new(RTM_NEWADDR, NEW, &info, sizeof(info));
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, IFA_LOCAL, &addr, sizeof(addr));
	snet__nl_put(msg, IFA_ADDRESS, &addr, sizeof(addr));
	format_ipv4(text, ipv4);
	return snet__nl_call(nl, msg, "add address", text, err);
}

/* The kernel leaves it to a worker to take packets for a new address (addrconf_dad_work() of
 * net/ipv6), which may be late on a busy machine; this route has it do so at once. */
static int add_local_route(struct snet__nl *nl, int index, const unsigned char ipv6[16],
			   const char *text, struct snet_err *err)
{
	struct rtmsg info = {.rtm_family = AF_INET6,
			     .rtm_dst_len = 128,
			     .rtm_table = RT_TABLE_LOCAL,
			     .rtm_protocol = RTPROT_STATIC,
			     .rtm_type = RTN_LOCAL};
	struct nl_msg *msg = snet__nl_msg_new(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
					      &info, sizeof(info));

	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, RTA_DST, ipv6, 16);
	snet__nl_put(msg, RTA_OIF, &index, sizeof(index));
	return snet__nl_call(nl, msg, "add a route to", text, err);
}

int snet__iface_add_address6(struct snet__nl *nl, int index, const unsigned char ipv6[16],
			     unsigned int prefix, struct snet_err *err)
{
	struct ifaddrmsg info = {.ifa_family = AF_INET6,
				 .ifa_prefixlen = (unsigned char)prefix,
				 .ifa_index = (unsigned int)index};
	const uint32_t flags = IFA_F_NODAD;
	char text[INET6_ADDRSTRLEN];
	struct nl_msg *msg;
	int r;

	msg = snet__nl_msg_new(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &info,
			       sizeof(info));
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, IFA_LOCAL, ipv6, 16);
	snet__nl_put(msg, IFA_FLAGS, &flags, sizeof(flags));
	(void)inet_ntop(AF_INET6, ipv6, text, sizeof(text)); /* always fits */
	r = snet__nl_call(nl, msg, "add address", text, err);
	return r < 0 ? r : add_local_route(nl, index, ipv6, text, err);
}

/* Where a route leads. One to a net that is on-link is to take the place of the kernel's own,
 * whose metric it has therefore (IP6_RT_PRIO_ADDRCONF of net/ipv6; 0 in IPv4). */
static void put_way(struct nl_msg *msg, const struct snet__iface_route *route,
		    size_t size)
{
	const uint32_t metric = 256;

	if (!route->index) {
		snet__nl_put(msg, RTA_GATEWAY, route->via, size);
		return;
	}
	snet__nl_put(msg, RTA_OIF, &route->index, sizeof(route->index));
	if (route->family == AF_INET6)
		snet__nl_put(msg, RTA_PRIORITY, &metric, sizeof(metric));
}

static int change_route(struct snet__nl *nl, int type, const char *what,
			const struct snet__iface_route *route, struct snet_err *err)
{
	struct rtmsg info = {.rtm_family = (unsigned char)route->family,
			     .rtm_dst_len = (unsigned char)route->prefix,
			     .rtm_table = RT_TABLE_MAIN,
			     .rtm_protocol = RTPROT_STATIC,
			     .rtm_scope =
				     route->index ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			     .rtm_type = RTN_UNICAST};
	size_t size = route->family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];
	struct nl_msg *msg;

	msg = snet__nl_msg_new(type,
			       type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_REPLACE : 0,
			       &info, sizeof(info));
	if (!msg)
		return snet__err_oom(err);

	if (route->prefix)
		snet__nl_put(msg, RTA_DST, route->net, size);
	put_way(msg, route, size);
	if (route->has_source)
		snet__nl_put(msg, RTA_PREFSRC, route->source, size);
	(void)inet_ntop(route->family, route->net, text, sizeof(text)); /* always fits */
	return snet__nl_call(nl, msg, what, text, err);
}

int snet__iface_add_route(struct snet__nl *nl, const struct snet__iface_route *route,
			  struct snet_err *err)
{
	return change_route(nl, RTM_NEWROUTE, "add a route to", route, err);
}

int snet__iface_remove_route(struct snet__nl *nl, const struct snet__iface_route *route,
			     struct snet_err *err)
{
	return change_route(nl, RTM_DELROUTE, "remove the route to", route, err);
}

int snet__iface_find_route(struct snet__nl *nl, uint32_t ipv4)
{
	struct rtmsg info = {.rtm_family = AF_INET,
			     .rtm_dst_len = 32,
			     .rtm_flags = RTM_F_FIB_MATCH};
	char text[INET_ADDRSTRLEN];
	uint32_t addr = htonl(ipv4);
	struct nl_msg *msg;
	int r;

	msg = snet__nl_msg_new(RTM_GETROUTE, 0, &info, sizeof(info));
	if (!msg)
		return -ENOMEM;

	snet__nl_put(msg, RTA_DST, &addr, sizeof(addr));
	format_ipv4(text, ipv4);
	r = snet__nl_call(nl, msg, "find the route to", text, NULL);
	return r < 0 ? r : (int)snet__nl_prefix(nl);
}

/* @address: as the family has it, in network byte order. */
static int add_neighbour(struct snet__nl *nl, int index, int family, const void *address,
			 const unsigned char mac[6], struct snet_err *err)
{
	struct ndmsg info = {.ndm_family = (unsigned char)family,
			     .ndm_ifindex = index,
			     .ndm_state = NUD_PERMANENT};
	char text[INET6_ADDRSTRLEN];
	struct nl_msg *msg;

	msg = snet__nl_msg_new(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &info,
			       sizeof(info));
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, NDA_DST, address, family == AF_INET ? 4 : 16);
	snet__nl_put(msg, NDA_LLADDR, mac, 6);
	(void)inet_ntop(family, address, text, sizeof(text)); /* always fits */
	return snet__nl_call(nl, msg, "add neighbour", text, err);
}

int snet__iface_add_neighbour(struct snet__nl *nl, int index, uint32_t ipv4,
			      const unsigned char mac[6], struct snet_err *err)
{
	uint32_t address = htonl(ipv4);

	return add_neighbour(nl, index, AF_INET, &address, mac, err);
}

int snet__iface_add_neighbour6(struct snet__nl *nl, int index,
			       const unsigned char ipv6[16], const unsigned char mac[6],
			       struct snet_err *err)
{
	return add_neighbour(nl, index, AF_INET6, ipv6, mac, err);
}

static int remove_neighbour(struct snet__nl *nl, int index, int family,
			    const void *address, struct snet_err *err)
{
	struct ndmsg info = {.ndm_family = (unsigned char)family, .ndm_ifindex = index};
	char text[INET6_ADDRSTRLEN];
	struct nl_msg *msg;

	msg = snet__nl_msg_new(RTM_DELNEIGH, 0, &info, sizeof(info));
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, NDA_DST, address, family == AF_INET ? 4 : 16);
	(void)inet_ntop(family, address, text, sizeof(text)); /* always fits */
	return snet__nl_call(nl, msg, "remove neighbour", text, err);
}

int snet__iface_remove_neighbour(struct snet__nl *nl, int index, uint32_t ipv4,
				 struct snet_err *err)
{
	uint32_t address = htonl(ipv4);

	return remove_neighbour(nl, index, AF_INET, &address, err);
}

int snet__iface_remove_neighbour6(struct snet__nl *nl, int index,
				  const unsigned char ipv6[16], struct snet_err *err)
{
	return remove_neighbour(nl, index, AF_INET6, ipv6, err);
}
