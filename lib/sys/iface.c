/* SPDX-License-Identifier: MIT */
/* Network interfaces through rtnetlink.
 *
 * Three choices keep the cost of an interface flat however many there are: one queue each way
 * (the default is one per CPU, then cut down, which waits for an RCU grace period), the peer
 * of a veth pair made in its final namespace (moving one is an unregister and a register),
 * and no IPv6 autoconfiguration (its reports would be flooded to every port of a bridge). */

#include "sys/iface.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sys/nl.h"

#define NEW (NLM_F_CREATE | NLM_F_EXCL)

static struct nl_msg *link_msg(int type, int flags, int index, unsigned int up,
			       unsigned int change)
{
	struct ifinfomsg info = {.ifi_index = index,
				 .ifi_flags = up,
				 .ifi_change = change};

	return snet__nl_msg_new(type, flags, &info, sizeof(info));
}

static int check_name(const char *name, struct snet_err *err)
{
	if (*name && strlen(name) < IFNAMSIZ)
		return 0;
	return snet__err_set(err, -EINVAL, "interface name '%s' is not of 1 to 15 bytes",
			     name);
}

/* The shortest times that the kernel takes (BR_MIN_FORWARD_DELAY ... of net/bridge), in hundredths
 * of a second: ports forward 4 s after they came up, where IEEE 802.1D's defaults take 30 s. The
 * switches of a lab are microseconds apart. */
static void put_stp(struct nl_msg *msg)
{
	const uint32_t on = 1, forward_delay = 200, hello_time = 100, max_age = 600;

	snet__nl_put(msg, IFLA_BR_FORWARD_DELAY, &forward_delay, sizeof(forward_delay));
	snet__nl_put(msg, IFLA_BR_HELLO_TIME, &hello_time, sizeof(hello_time));
	snet__nl_put(msg, IFLA_BR_MAX_AGE, &max_age, sizeof(max_age));
	snet__nl_put(msg, IFLA_BR_STP_STATE, &on, sizeof(on));
}

int snet__iface_add_bridge_at(struct snet__nl *nl, const char *name, int index,
			      const unsigned char mac[6], bool stp, struct snet_err *err)
{
	const unsigned char off = 0;
	struct nlattr *info, *data;
	struct nl_msg *msg;
	int r;

	r = check_name(name, err);
	if (r < 0)
		return r;

	msg = link_msg(RTM_NEWLINK, NEW, index, 0, 0);
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put_text(msg, IFLA_IFNAME, name);
	if (mac)
		snet__nl_put(msg, IFLA_ADDRESS, mac, 6);
	info = snet__nl_open_nest(msg, IFLA_LINKINFO);
	snet__nl_put_text(msg, IFLA_INFO_KIND, "bridge");
	data = snet__nl_open_nest(msg, IFLA_INFO_DATA);
	snet__nl_put(msg, IFLA_BR_MCAST_SNOOPING, &off, sizeof(off));
	if (stp)
		put_stp(msg);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return snet__nl_call(nl, msg, "create bridge", name, err);
}

int snet__iface_add_bridge(struct snet__nl *nl, const char *name, int *ret_index,
			   struct snet_err *err)
{
	int index = 0, r;

	r = snet__iface_add_bridge_at(nl, name, 0, NULL, false, err);
	if (r == 0)
		r = snet__iface_find(nl, name, &index, err);
	if (r == 0)
		r = snet__iface_disable_autoconf(nl, index, err);
	if (r == 0)
		r = snet__iface_up(nl, index, err);
	if (r < 0) {
		if (index)
			(void)snet__iface_remove(nl, index,
						 NULL); /* the first error counts */
		return r;
	}

	*ret_index = index;
	return 0;
}

static void put_end(struct nl_msg *msg, const struct snet__iface_end *end)
{
	const uint32_t one = 1;

	snet__nl_put_text(msg, IFLA_IFNAME, end->name);
	snet__nl_put(msg, IFLA_NUM_TX_QUEUES, &one, sizeof(one));
	snet__nl_put(msg, IFLA_NUM_RX_QUEUES, &one, sizeof(one));
	if (end->mac)
		snet__nl_put(msg, IFLA_ADDRESS, end->mac, 6);
	if (end->mtu) {
		const uint32_t mtu = end->mtu;

		snet__nl_put(msg, IFLA_MTU, &mtu, sizeof(mtu));
	}
	if (end->master)
		snet__nl_put(msg, IFLA_MASTER, &end->master, sizeof(end->master));
	if (end->netns >= 0)
		snet__nl_put(msg, IFLA_NET_NS_FD, &end->netns, sizeof(end->netns));
}

int snet__iface_add_pair(struct snet__nl *nl, const struct snet__iface_end *here,
			 const struct snet__iface_end *there, struct snet_err *err)
{
	struct ifinfomsg peer_info = {.ifi_index = there->index};
	struct nlattr *info, *data, *peer;
	struct nl_msg *msg;
	int r;

	r = check_name(here->name, err);
	if (r == 0)
		r = check_name(there->name, err);
	if (r < 0)
		return r;

	msg = link_msg(RTM_NEWLINK, NEW, here->index, 0, 0);
	if (!msg)
		return snet__err_oom(err);

	put_end(msg, here);
	info = snet__nl_open_nest(msg, IFLA_LINKINFO);
	snet__nl_put_text(msg, IFLA_INFO_KIND, "veth");
	data = snet__nl_open_nest(msg, IFLA_INFO_DATA);
	peer = snet__nl_open_nest(msg, VETH_INFO_PEER);
	r = nlmsg_append(msg, &peer_info, sizeof(peer_info), NLMSG_ALIGNTO);
	put_end(msg, there);
	nla_nest_end(msg, peer);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	if (r < 0) {
		nlmsg_free(msg);
		return snet__err_oom(err);
	}
	return snet__nl_call(nl, msg, "create link", here->name, err);
}

int snet__iface_add_veth(struct snet__nl *nl, const char *name, int master,
			 const char *peer_name, int peer_netns, int *ret_index,
			 struct snet_err *err)
{
	struct snet__iface_end here = {.name = name, .netns = -1, .master = master};
	struct snet__iface_end there = {.name = peer_name, .netns = peer_netns};
	int index = 0, r;

	r = snet__iface_add_pair(nl, &here, &there, err);
	if (r == 0)
		r = snet__iface_find(nl, name, &index, err);
	if (r == 0)
		r = snet__iface_disable_autoconf(nl, index, err);
	if (r < 0) {
		if (index)
			(void)snet__iface_remove(nl, index,
						 NULL); /* the first error counts */
		return r;
	}

	*ret_index = index;
	return 0;
}

int snet__iface_find(struct snet__nl *nl, const char *name, int *ret_index,
		     struct snet_err *err)
{
	const uint32_t brief = RTEXT_FILTER_SKIP_STATS;
	struct nl_msg *msg;
	int r;

	r = check_name(name, err);
	if (r < 0)
		return r;

	msg = link_msg(RTM_GETLINK, 0, 0, 0, 0);
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put_text(msg, IFLA_IFNAME, name);
	snet__nl_put(msg, IFLA_EXT_MASK, &brief, sizeof(brief));
	r = snet__nl_call(nl, msg, "find interface", name, err);
	if (r < 0)
		return r;

	*ret_index = snet__nl_index(nl);
	return 0;
}

int snet__iface_settle(struct snet__nl *nl, int index, struct snet_err *err)
{
	const uint32_t brief = RTEXT_FILTER_SKIP_STATS;
	struct nl_msg *msg = link_msg(RTM_GETLINK, 0, index, 0, 0);

	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, IFLA_EXT_MASK, &brief, sizeof(brief));
	return snet__nl_call_index(nl, msg, "find interface", index, err);
}

bool snet__iface_is_waiting(struct snet__nl *nl, int index)
{
	return snet__iface_settle(nl, index, NULL) == 0 && snet__nl_is_waiting(nl);
}

int snet__iface_disable_autoconf(struct snet__nl *nl, int index, struct snet_err *err)
{
	struct nl_msg *msg = link_msg(RTM_NEWLINK, 0, index, 0, 0);
	const unsigned char none = IN6_ADDR_GEN_MODE_NONE;
	struct nlattr *spec, *inet6;

	if (!msg)
		return snet__err_oom(err);

	spec = snet__nl_open_nest(msg, IFLA_AF_SPEC);
	inet6 = snet__nl_open_nest(msg, AF_INET6);
	snet__nl_put(msg, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	nla_nest_end(msg, inet6);
	nla_nest_end(msg, spec);
	return snet__nl_call_index(nl, msg, "set the IPv6 mode of interface", index, err);
}

int snet__iface_up(struct snet__nl *nl, int index, struct snet_err *err)
{
	return snet__nl_call_index(nl, link_msg(RTM_NEWLINK, 0, index, IFF_UP, IFF_UP),
				   "bring up interface", index, err);
}

/* Switches of a port of a bridge. */
struct port_flag {
	int type;
	unsigned char value;
};

static void put_port_flags(struct nl_msg *msg, const struct port_flag *flags,
			   size_t count)
{
	struct nlattr *info = snet__nl_open_nest(msg, IFLA_LINKINFO), *data;

	snet__nl_put_text(msg, IFLA_INFO_SLAVE_KIND, "bridge");
	data = snet__nl_open_nest(msg, IFLA_INFO_SLAVE_DATA);
	for (size_t i = 0; i < count; i++)
		snet__nl_put(msg, flags[i].type, &flags[i].value, sizeof(flags[i].value));
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
}

int snet__iface_up_quiet_port(struct snet__nl *nl, int index, bool floods,
			      struct snet_err *err)
{
	const struct port_flag flags[] = {{IFLA_BRPORT_PROXYARP_WIFI, 1},
					  {IFLA_BRPORT_UNICAST_FLOOD, floods}};
	struct nl_msg *msg = link_msg(RTM_NEWLINK, 0, index, IFF_UP, IFF_UP);

	if (!msg)
		return snet__err_oom(err);

	put_port_flags(msg, flags, sizeof(flags) / sizeof(*flags));
	return snet__nl_call_index(nl, msg, "bring up port", index, err);
}

int snet__iface_stop_learning(struct snet__nl *nl, int index, struct snet_err *err)
{
	const struct port_flag flag = {IFLA_BRPORT_LEARNING, 0};
	struct nl_msg *msg = link_msg(RTM_NEWLINK, 0, index, 0, 0);

	if (!msg)
		return snet__err_oom(err);

	put_port_flags(msg, &flag, 1);
	return snet__nl_call_index(nl, msg, "stop learning at port", index, err);
}

int snet__iface_down(struct snet__nl *nl, int index, struct snet_err *err)
{
	return snet__nl_call_index(nl, link_msg(RTM_NEWLINK, 0, index, 0, IFF_UP),
				   "bring down interface", index, err);
}

int snet__iface_remove(struct snet__nl *nl, int index, struct snet_err *err)
{
	return snet__nl_call_index(nl, link_msg(RTM_DELLINK, 0, index, 0, 0),
				   "remove interface", index, err);
}

static int set_attribute(struct snet__nl *nl, int index, int type, uint32_t value,
			 const char *what, struct snet_err *err)
{
	struct nl_msg *msg = link_msg(RTM_NEWLINK, 0, index, 0, 0);

	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, type, &value, sizeof(value));
	return snet__nl_call_index(nl, msg, what, index, err);
}

/* The group that libsnet's own interfaces are in is the kernel's default, 0. */
#define DOOMED_GROUP 1

int snet__iface_doom(struct snet__nl *nl, int index, struct snet_err *err)
{
	return set_attribute(nl, index, IFLA_GROUP, DOOMED_GROUP, "mark interface", err);
}

int snet__iface_remove_doomed(struct snet__nl *nl, struct snet_err *err)
{
	const uint32_t group = DOOMED_GROUP;
	struct nl_msg *msg = link_msg(RTM_DELLINK, 0, 0, 0, 0);

	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, IFLA_GROUP, &group, sizeof(group));
	return snet__nl_call(nl, msg, "remove", "all that was unplugged", err);
}

int snet__iface_set_master(struct snet__nl *nl, int index, int master,
			   struct snet_err *err)
{
	return set_attribute(nl, index, IFLA_MASTER, (uint32_t)master,
			     "plug into a bridge interface", err);
}

int snet__iface_set_segments(struct snet__nl *nl, int index, uint32_t max,
			     struct snet_err *err)
{
	return set_attribute(nl, index, IFLA_GSO_MAX_SEGS, max,
			     "limit the segments of interface", err);
}

int snet__iface_set_mtu(struct snet__nl *nl, int index, uint32_t mtu,
			struct snet_err *err)
{
	return set_attribute(nl, index, IFLA_MTU, mtu, "set the MTU of interface", err);
}

static int change_station(struct snet__nl *nl, int type, const char *what, int index,
			  const unsigned char mac[6], struct snet_err *err)
{
	/* NUD_NOARP is what bridge(8) calls "static": it does not age. */
	struct ndmsg info = {.ndm_family = PF_BRIDGE,
			     .ndm_ifindex = index,
			     .ndm_state = NUD_NOARP,
			     .ndm_flags = NTF_MASTER};
	struct nl_msg *msg;

	msg = snet__nl_msg_new(type,
			       type == RTM_NEWNEIGH ? NLM_F_CREATE | NLM_F_REPLACE : 0,
			       &info, sizeof(info));
	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, NDA_LLADDR, mac, 6);
	return snet__nl_call_index(nl, msg, what, index, err);
}

int snet__iface_add_station(struct snet__nl *nl, int index, const unsigned char mac[6],
			    struct snet_err *err)
{
	return change_station(nl, RTM_NEWNEIGH, "add a station behind port", index, mac,
			      err);
}

int snet__iface_remove_station(struct snet__nl *nl, int index, const unsigned char mac[6],
			       struct snet_err *err)
{
	return change_station(nl, RTM_DELNEIGH, "remove a station behind port", index,
			      mac, err);
}

bool snet__iface_is_running(int sock, const char *name)
{
	struct ifreq request = {0};

	(void)strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	return ioctl(sock, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) &&
	       (request.ifr_flags & IFF_RUNNING);
}
