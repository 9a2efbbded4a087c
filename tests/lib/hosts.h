/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOSTS_H
#define TESTS_HOSTS_H

/* A lab of hosts and links, and sockets in the hosts: for the tests that send packets of their own. */

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "labs.h"
#include "rights.h"
#include "sys/netns.h"
#include "wait.h"

#define PORT 5001

static struct snet_err err;
static struct snet_lab *lab;

LABS_UNUSED void add_node(const char *name, const char *kind)
{
	const struct snet_node_opts node = {.size = sizeof(node),
					    .name = name,
					    .kind = kind};

	LABS_OK(snet_lab_add_node(lab, &node, &err));
}

#define LINK(from_, to_, ...)                                                   \
	LABS_OK(snet_lab_add_link(                                              \
		lab,                                                            \
		&(struct snet_link_opts){.size = sizeof(struct snet_link_opts), \
					 .from = (from_),                       \
					 .to = (to_),                           \
					 __VA_ARGS__},                          \
		&err))

LABS_UNUSED struct sockaddr_in address_of(const char *node)
{
	struct sockaddr_in ret = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	char text[16];

	LABS_OK(snet_node_address(lab, node, text, &err));
	ck_assert_int_eq(inet_pton(AF_INET, text, &ret.sin_addr), 1);
	return ret;
}

LABS_UNUSED int open_socket(const char *node, int type)
{
	int netns, fd, off = 0;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__netns_socket(&fd, netns, AF_INET, type, 0, &err));
	ck_assert_int_eq(ioctl(fd, FIONBIO, &off), 0);
	close(netns);
	return fd;
}

LABS_UNUSED int open_receiver(const char *node)
{
	const struct sockaddr_in at = address_of(node);
	const struct timeval patience = {.tv_sec = WAIT_MS / 1000};
	int fd = open_socket(node, SOCK_DGRAM);

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)),
			 0);
	return fd;
}

LABS_UNUSED int open_sender(const char *node, const char *to)
{
	const struct sockaddr_in at = address_of(to);
	int fd = open_socket(node, SOCK_DGRAM);

	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Of all frames at a node's interface. */
LABS_UNUSED int open_frames(const char *node)
{
	const struct timeval patience = {.tv_sec = WAIT_MS / 1000};
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL)};
	struct ifreq iface = {.ifr_name = "eth0"};
	const int on = 1;
	int netns, fd, off = 0;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__netns_socket(&fd, netns, AF_PACKET, SOCK_RAW, 0, &err));
	ck_assert_int_eq(ioctl(fd, SIOCGIFINDEX, &iface), 0);
	at.sll_ifindex = iface.ifr_ifindex;
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)),
			 0);
	ck_assert_int_eq(ioctl(fd, FIONBIO, &off), 0);
	close(netns);
	return fd;
}

#endif
