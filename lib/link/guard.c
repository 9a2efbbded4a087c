/* SPDX-License-Identifier: MIT */
#include "link/guard.h"

#include <arpa/inet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "io/filter.h"

/* The last four bytes of an IPv6 address of the lab are an IPv4 address. */
#define IPV6_PREFIX 12

/* The type of what a frame carries, and where that begins: behind a VLAN tag, if there is one. */
static uint16_t find_type(const struct snet__packet *packet, size_t *ret_offset)
{
	uint16_t type;

	*ret_offset = sizeof(struct ether_header);
	if (packet->size < *ret_offset)
		return 0;
	memcpy(&type, packet->data + offsetof(struct ether_header, ether_type),
	       sizeof(type));
	if (ntohs(type) != ETHERTYPE_VLAN)
		return ntohs(type);
	*ret_offset += 4;
	if (packet->size < *ret_offset)
		return 0;
	memcpy(&type, packet->data + *ret_offset - sizeof(type), sizeof(type));
	return ntohs(type);
}

static bool read_at(const struct snet__packet *packet, size_t offset, void *ret,
		    size_t size)
{
	if (packet->size < offset + size)
		return false;
	memcpy(ret, packet->data + offset, size);
	return true;
}

/* For whom it is: an IPv4 address, or the one that is part of an IPv6 address; 0 for none. */
static uint32_t find_station(const struct snet__guard *guard,
			     const struct snet__packet *packet)
{
	unsigned char ipv6[16];
	uint32_t ipv4 = 0;
	size_t at;

	switch (find_type(packet, &at)) {
	case ETHERTYPE_IP:
		(void)read_at(packet, at + offsetof(struct iphdr, daddr), &ipv4,
			      sizeof(ipv4));
		break;
	case ETHERTYPE_ARP:
		(void)read_at(packet, at + offsetof(struct ether_arp, arp_tpa), &ipv4,
			      sizeof(ipv4));
		break;
	case ETHERTYPE_IPV6:
		if (guard->ipv6 &&
		    read_at(packet, at + offsetof(struct ip6_hdr, ip6_dst), ipv6,
			    sizeof(ipv6)) &&
		    memcmp(ipv6, guard->ipv6, IPV6_PREFIX) == 0)
			memcpy(&ipv4, ipv6 + IPV6_PREFIX, sizeof(ipv4));
		break;
	}
	return ntohl(ipv4);
}

static bool is_for_peer(const struct snet__guard *guard,
			const struct snet__packet *packet)
{
	uint32_t station = find_station(guard, packet);
	size_t low = 0, high = guard->peer_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (guard->peers[middle] == station)
			return station != 0;
		if (guard->peers[middle] < station)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool sees(const struct snet__guard *guard, const struct snet__packet *packet)
{
	if (guard->peer_count && !is_for_peer(guard, packet))
		return false;
	return !guard->filter || snet__filter_matches_in(guard->filter, packet->vlan,
							 packet->data, packet->size);
}

bool snet__guards_stop(struct snet__guard *guards, const struct snet__packet *packet,
		       uint64_t now_ns)
{
	for (struct snet__guard *guard = guards; guard; guard = guard->next) {
		if (!sees(guard, packet))
			continue;
		guard->seen++;
		if (guard->seen < guard->first ||
		    guard->seen - guard->first >= guard->count)
			continue;
		if (!guard->stopped++)
			guard->first_ns = now_ns;
		guard->last_ns = now_ns;
		return true;
	}
	return false;
}
