/* SPDX-License-Identifier: MIT */
#include "sys/announcement.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/netns.h"
#include "sys/packet.h"

struct arp_frame {
	struct ether_header ethernet;
	struct ether_arp arp;
} __attribute__((packed));

struct ipv6_frame {
	struct ether_header ethernet;
	struct ip6_hdr ip;
	struct nd_neighbor_advert advert;
	struct nd_opt_hdr option;
	unsigned char mac[6];
} __attribute__((packed));

_Static_assert(sizeof(struct arp_frame) == SNET__ANNOUNCEMENT_ARP_BYTES, "");
_Static_assert(sizeof(struct ipv6_frame) == SNET__ANNOUNCEMENT_IPV6_BYTES, "");

void snet__announcement_write_arp(unsigned char ret[static SNET__ANNOUNCEMENT_ARP_BYTES],
				  const struct snet__announcement *what)
{
	struct arp_frame frame = {
		.ethernet.ether_type = htons(ETHERTYPE_ARP),
		.arp.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
			       .ar_pro = htons(ETHERTYPE_IP),
			       .ar_hln = 6,
			       .ar_pln = 4,
			       .ar_op = htons(what->is_reply ? ARPOP_REPLY
							     : ARPOP_REQUEST)},
	};
	uint32_t ipv4 = htonl(what->ipv4);

	memset(frame.ethernet.ether_dhost, 0xff, 6);
	memcpy(frame.ethernet.ether_shost, what->mac, 6);
	memcpy(frame.arp.arp_sha, what->mac, 6);
	memcpy(frame.arp.arp_spa, &ipv4, 4);
	memcpy(frame.arp.arp_tpa, &ipv4, 4);
	/* The kernel takes an answer for an announcement only if it is to its sender. */
	if (what->is_reply)
		memcpy(frame.arp.arp_tha, what->mac, 6);
	memcpy(ret, &frame, sizeof(frame));
}

/* Over the addresses, which are before it, and all that follows; the rest of the pseudo header is
 * where the sum is to be. Source: RFC 8200 section 8.1. */
static void finish(unsigned char *frame)
{
	struct snet__packet_slot slot = {
		.header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			   .csum_start = offsetof(struct ipv6_frame, ip.ip6_src),
			   .csum_offset =
				   offsetof(struct ipv6_frame, advert.nd_na_cksum) -
				   offsetof(struct ipv6_frame, ip.ip6_src)},
		.data = frame,
		.size = sizeof(struct ipv6_frame),
	};

	snet__packet_finish(&slot);
}

void snet__announcement_write_ipv6(
	unsigned char ret[static SNET__ANNOUNCEMENT_IPV6_BYTES],
	const struct snet__announcement *what)
{
	static const unsigned char all_nodes[16] = {0xff, 0x02, [15] = 1};
	static const unsigned char all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	const uint16_t size =
		sizeof(struct ipv6_frame) - offsetof(struct ipv6_frame, advert);
	struct ipv6_frame frame = {
		.ethernet.ether_type = htons(ETHERTYPE_IPV6),
		.ip = {.ip6_flow = htonl(6U << 28),
		       .ip6_plen = htons(size),
		       .ip6_nxt = IPPROTO_ICMPV6,
		       .ip6_hlim = 255},
		.advert.nd_na_type = ND_NEIGHBOR_ADVERT,
		.advert.nd_na_cksum = htons((uint16_t)(size + IPPROTO_ICMPV6)),
		.advert.nd_na_flags_reserved =
			ND_NA_FLAG_OVERRIDE | (what->forwards ? ND_NA_FLAG_ROUTER : 0),
		.option = {.nd_opt_type = ND_OPT_TARGET_LINKADDR, .nd_opt_len = 1},
	};

	memcpy(frame.ethernet.ether_dhost, all_nodes_mac, 6);
	memcpy(frame.ethernet.ether_shost, what->mac, 6);
	memcpy(&frame.ip.ip6_src, what->ipv6, 16);
	memcpy(&frame.ip.ip6_dst, all_nodes, 16);
	memcpy(&frame.advert.nd_na_target, what->ipv6, 16);
	memcpy(frame.mac, what->mac, 6);
	memcpy(ret, &frame, sizeof(frame));
	finish(ret);
}

int snet__announcement_open(int *ret_fd, int netns, struct snet_err *err)
{
	return snet__netns_socket(ret_fd, netns, AF_PACKET, SOCK_RAW, 0, err);
}

int snet__announcement_send(int fd, int index, const struct snet__announcement *what,
			    struct snet_err *err)
{
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
					    .sll_ifindex = index};
	unsigned char arp[SNET__ANNOUNCEMENT_ARP_BYTES];
	unsigned char ipv6[SNET__ANNOUNCEMENT_IPV6_BYTES];

	snet__announcement_write_arp(arp, what);
	if (what->ipv6)
		snet__announcement_write_ipv6(ipv6, what);
	if (sendto(fd, arp, sizeof(arp), 0, (const struct sockaddr *)&address,
		   sizeof(address)) < 0 ||
	    (what->ipv6 &&
	     sendto(fd, ipv6, sizeof(ipv6), 0, (const struct sockaddr *)&address,
		    sizeof(address)) < 0))
		return snet__err_sys(err, -errno, "cannot send by interface %d", index);
	return 0;
}
