/* SPDX-License-Identifier: MIT */
/* What the kernel alone charges for N devices, each a network namespace, a veth pair, a bridge
 * port, an address, both ends up. Straight netlink, no library, no checks beyond errors. This is
 * the project's yardstick for "up", and older than the library: "snet up" is compared with it in
 * the same run, so it is not to be tuned with the library's tricks.
 *
 *     floor 1000
 *     {"devices":1000,"seconds":1.03,"us_each":1030,...,"kib_each":300}
 *
 * The namespaces die with the process. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORTS_PER_BRIDGE 1000 /* the kernel's limit is 1024 */

static char msg[4096];
static struct nlmsghdr *const hdr = (struct nlmsghdr *)msg;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static long mem_available_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void *append(size_t size)
{
	void *at = msg + hdr->nlmsg_len;

	memset(at, 0, NLMSG_ALIGN(size));
	hdr->nlmsg_len += NLMSG_ALIGN(size);
	return at;
}

static struct rtattr *attr(int type, const void *data, size_t size)
{
	struct rtattr *a = append(RTA_LENGTH(size));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	return a;
}

static void close_nest(struct rtattr *a)
{
	a->rta_len = msg + hdr->nlmsg_len - (char *)a;
}

static struct ifinfomsg *begin_link(int flags, int index, unsigned int up)
{
	struct ifinfomsg *info;

	memset(hdr, 0, sizeof(*hdr));
	hdr->nlmsg_type = RTM_NEWLINK;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	hdr->nlmsg_len = NLMSG_HDRLEN;
	info = append(sizeof(*info));
	info->ifi_index = index;
	info->ifi_flags = info->ifi_change = up;
	return info;
}

static void request(int sock, const char *what)
{
	char reply[4096];
	struct nlmsghdr *r = (struct nlmsghdr *)reply;

	if (send(sock, msg, hdr->nlmsg_len, 0) < 0 ||
	    recv(sock, reply, sizeof(reply), 0) < 0)
		die(what);
	errno = r->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(r))->error
					     : 0;
	if (errno)
		die(what);
}

static void no_ipv6_autoconf(int sock, int index)
{
	unsigned char none = 1; /* IN6_ADDR_GEN_MODE_NONE */
	struct rtattr *spec, *inet6;

	begin_link(0, index, 0);
	spec = attr(IFLA_AF_SPEC, NULL, 0);
	inet6 = attr(AF_INET6, NULL, 0);
	attr(IFLA_INET6_ADDR_GEN_MODE, &none, 1);
	close_nest(inet6);
	close_nest(spec);
	request(sock, "addr_gen_mode");
}

static void set_up(int sock, int index)
{
	begin_link(0, index, IFF_UP);
	request(sock, "up");
}

static int new_bridge(int sock, int number)
{
	unsigned char off = 0;
	char name[IFNAMSIZ];
	struct rtattr *info, *data;

	snprintf(name, sizeof(name), "br%d", number);
	begin_link(NLM_F_CREATE | NLM_F_EXCL, 0, IFF_UP);
	attr(IFLA_IFNAME, name, strlen(name) + 1);
	info = attr(IFLA_LINKINFO, NULL, 0);
	attr(IFLA_INFO_KIND, "bridge", 7);
	data = attr(IFLA_INFO_DATA, NULL, 0);
	attr(IFLA_BR_MCAST_SNOOPING, &off, 1);
	close_nest(data);
	close_nest(info);
	request(sock, "bridge");
	return if_nametoindex(name);
}

static void new_veth(int sock, int number, int bridge, int peer_ns)
{
	unsigned int one = 1;
	char name[IFNAMSIZ];
	struct rtattr *info, *data, *peer;

	snprintf(name, sizeof(name), "p%d", number);
	begin_link(NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	attr(IFLA_IFNAME, name, strlen(name) + 1);
	attr(IFLA_MASTER, &bridge, sizeof(bridge));
	attr(IFLA_NUM_TX_QUEUES, &one, sizeof(one));
	attr(IFLA_NUM_RX_QUEUES, &one, sizeof(one));
	info = attr(IFLA_LINKINFO, NULL, 0);
	attr(IFLA_INFO_KIND, "veth", 5);
	data = attr(IFLA_INFO_DATA, NULL, 0);
	peer = attr(VETH_INFO_PEER, NULL, 0);
	append(sizeof(struct ifinfomsg));
	attr(IFLA_IFNAME, "eth0", 5);
	attr(IFLA_NUM_TX_QUEUES, &one, sizeof(one));
	attr(IFLA_NUM_RX_QUEUES, &one, sizeof(one));
	attr(IFLA_NET_NS_FD, &peer_ns, sizeof(peer_ns));
	close_nest(peer);
	close_nest(data);
	close_nest(info);
	request(sock, "veth");
}

static void add_address(int sock, int index, unsigned int number)
{
	struct ifaddrmsg *addr;
	unsigned int ip = htonl(0x0a000001 + number);

	memset(hdr, 0, sizeof(*hdr));
	hdr->nlmsg_type = RTM_NEWADDR;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	hdr->nlmsg_len = NLMSG_HDRLEN;
	addr = append(sizeof(*addr));
	addr->ifa_family = AF_INET;
	addr->ifa_prefixlen = 8;
	addr->ifa_index = index;
	attr(IFA_LOCAL, &ip, sizeof(ip));
	attr(IFA_ADDRESS, &ip, sizeof(ip));
	request(sock, "address");
}

static int new_netns(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("namespace descriptor");
	return fd;
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET) < 0)
		die("setns");
}

static int rtnetlink(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0)
		die("netlink");
	return sock;
}

int main(int argc, char **argv)
{
	double spent[4] = {0}, start, t0, t1;
	int count = argc > 1 ? atoi(argv[1]) : 1000, bridge = 0;
	struct rlimit files;
	int fabric = new_netns(), fabric_sock = rtnetlink();
	long before = mem_available_kib();

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);

	start = now();
	for (int i = 0; i < count; i++) {
		char port[IFNAMSIZ];
		int ns, sock;

		if (i % PORTS_PER_BRIDGE == 0) {
			enter(fabric);
			bridge = new_bridge(fabric_sock, i / PORTS_PER_BRIDGE);
		}

		t0 = now();
		ns = new_netns();
		sock = rtnetlink();
		t1 = now();
		spent[0] += t1 - t0;

		enter(fabric);
		new_veth(fabric_sock, i, bridge, ns);
		snprintf(port, sizeof(port), "p%d", i);
		no_ipv6_autoconf(fabric_sock, if_nametoindex(port));
		set_up(fabric_sock, if_nametoindex(port));
		enter(ns);
		t0 = now();
		spent[1] += t0 - t1;

		add_address(sock, if_nametoindex("eth0"), i);
		t1 = now();
		spent[2] += t1 - t0;

		no_ipv6_autoconf(sock, if_nametoindex("eth0"));
		set_up(sock, if_nametoindex("eth0"));
		set_up(sock, 1);
		close(sock);
		spent[3] += now() - t1;
	}
	t1 = now() - start;

	printf("{\"devices\":%d,\"seconds\":%.3f,\"us_each\":%.0f,\"us_netns\":%.0f,\"us_veth\":%.0f,\"us_addr\":%.0f,\"us_up\":%.0f,"
	       "\"kib_each\":%.0f}\n",
	       count, t1, t1 / count * 1e6, spent[0] / count * 1e6,
	       spent[1] / count * 1e6, spent[2] / count * 1e6, spent[3] / count * 1e6,
	       (double)(before - mem_available_kib()) / count);
	return 0;
}
