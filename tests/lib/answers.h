/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ANSWERS_H
#define TESTS_ANSWERS_H

/* A question by UDP to the address that a node's name stands for. The server's socket is open at all
 * addresses of its node, as most are, so that the kernel chooses which one it answers from; who has
 * asked takes an answer from the one that he has asked, and no other. */

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "labs.h"
#include "sys/netns.h"
#include "wait.h"

union answers_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

LABS_UNUSED int answers_socket(struct snet_lab *lab, const char *node, int family)
{
	struct snet_err err = {0};
	int netns, fd;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	LABS_OK(snet__netns_socket(&fd, netns, family, SOCK_DGRAM, 0, &err));
	close(netns);
	return fd;
}

/* That of @node's name, in a lab with fd00::/96 when it has IPv6; @node NULL: all. */
LABS_UNUSED union answers_address answers_at(struct snet_lab *lab, const char *node,
					     int family)
{
	union answers_address ret = {.any.sa_family = (sa_family_t)family};
	struct snet_err err = {0};
	struct in_addr ipv4;
	char text[16];

	if (!node)
		return ret;
	LABS_OK(snet_node_address(lab, node, text, &err));
	ck_assert_int_eq(inet_pton(AF_INET, text, &ipv4), 1);
	if (family == AF_INET) {
		ret.ipv4.sin_addr = ipv4;
	} else {
		ret.ipv6.sin6_addr.s6_addr[0] = 0xfd;
		memcpy(ret.ipv6.sin6_addr.s6_addr + 12, &ipv4, sizeof(ipv4));
	}
	return ret;
}

/* Whether @to answers what @from asks it. */
LABS_UNUSED bool answers(struct snet_lab *lab, const char *from, const char *to,
			 int family)
{
	int server = answers_socket(lab, to, family);
	int client = answers_socket(lab, from, family);
	union answers_address own = answers_at(lab, NULL, family);
	union answers_address peer = answers_at(lab, to, family);
	socklen_t size = sizeof(own);
	bool is_answered = false;
	char byte = 'q';

	ck_assert_int_eq(bind(server, &own.any, size), 0);
	ck_assert_int_eq(getsockname(server, &own.any, &size), 0);
	peer.ipv4.sin_port = own.ipv4.sin_port; /* at the same place in both */
	if (connect(client, &peer.any, size) == 0 && send(client, &byte, 1, 0) == 1 &&
	    wait_readable(server)) {
		size = sizeof(peer);
		ck_assert_int_eq(recvfrom(server, &byte, 1, 0, &peer.any, &size), 1);
		is_answered = sendto(server, &byte, 1, 0, &peer.any, size) == 1 &&
			      wait_readable(client) && recv(client, &byte, 1, 0) == 1;
	}
	close(server);
	close(client);
	return is_answered;
}

/* Each of @nodes each other, in both families. */
LABS_UNUSED void expect_answers(struct snet_lab *lab, const char *const *nodes)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (const char *const *from = nodes; *from; from++)
		for (const char *const *to = nodes; *to; to++)
			for (size_t i = 0; from != to && i < 2; i++)
				ck_assert_msg(answers(lab, *from, *to, families[i]),
					      "%s asks %s by IPv%c", *from, *to,
					      i ? '6' : '4');
}

#define EXPECT_ANSWERS(lab, ...) \
	expect_answers(lab, (const char *const[]){__VA_ARGS__, NULL})

#endif
