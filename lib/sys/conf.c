/* SPDX-License-Identifier: MIT */
#include "sys/conf.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sys/netns.h"

static void put_inet(struct nl_msg *msg, bool forwards)
{
	const uint32_t forwarding = forwards, off = 0;
	struct nlattr *inet = snet__nl_open_nest(msg, AF_INET);
	struct nlattr *conf = snet__nl_open_nest(msg, IFLA_INET_CONF);

	snet__nl_put(msg, IPV4_DEVCONF_FORWARDING, &forwarding, sizeof(forwarding));
	snet__nl_put(msg, IPV4_DEVCONF_RP_FILTER, &off, sizeof(off));
	nla_nest_end(msg, conf);
	nla_nest_end(msg, inet);
}

static void put_inet6(struct nl_msg *msg)
{
	const unsigned char none = IN6_ADDR_GEN_MODE_NONE;
	struct nlattr *inet6 = snet__nl_open_nest(msg, AF_INET6);

	snet__nl_put(msg, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	nla_nest_end(msg, inet6);
}

int snet__conf_set_iface(struct snet__nl *nl, int index, unsigned int mtu, bool forwards,
			 struct snet_err *err)
{
	const struct ifinfomsg info = {.ifi_index = index};
	struct nl_msg *msg = snet__nl_msg_new(RTM_NEWLINK, 0, &info, sizeof(info));
	struct nlattr *spec;
	char name[32];

	if (!msg)
		return snet__err_oom(err);

	(void)snprintf(name, sizeof(name), "number %d", index); /* an int fits */
	spec = snet__nl_open_nest(msg, IFLA_AF_SPEC);
	put_inet(msg, forwards);
	/* Below that an interface has no IPv6 (RFC 8200 section 5), and the kernel no modes of it. */
	if (!mtu || mtu >= IPV6_MIN_MTU)
		put_inet6(msg);
	nla_nest_end(msg, spec);
	return snet__nl_call(nl, msg, "set the modes of interface", name, err);
}

static void on_answer(struct nlmsghdr *hdr, void *user)
{
	struct snet__conf_all *all = user;
	const struct nlattr *attr;

	if (hdr->nlmsg_type != RTM_NEWNETCONF)
		return;
	attr = nlmsg_find_attr(hdr, sizeof(struct netconfmsg), NETCONFA_RP_FILTER);
	if (attr)
		all->rp_filter = (int)nla_get_u32(attr);
}

int snet__conf_ask_all(struct snet__nl *nl, struct snet__conf_all *ret,
		       struct snet_err *err)
{
	const struct netconfmsg info = {.ncm_family = AF_INET};
	const int32_t all = NETCONFA_IFINDEX_ALL;
	struct nl_msg *msg = snet__nl_msg_new(RTM_GETNETCONF, 0, &info, sizeof(info));

	if (!msg)
		return snet__err_oom(err);

	snet__nl_put(msg, NETCONFA_IFINDEX, &all, sizeof(all));
	snet__nl_listen(nl, on_answer, ret);
	return snet__nl_call(nl, msg, "ask for the modes of", "all interfaces", err);
}

int snet__conf_write(int netns, const char *name, const char *value, struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	autofree char *path = snet__text_format("/proc/sys/net/%s", name);
	autoclose int fd = -1;
	int r;

	if (!path)
		return snet__err_oom(err);
	r = snet__netns_enter(&outside, netns, err);
	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return snet__err_sys(err, -errno, "cannot set '%s'", path);
	return 0;
}
