/* SPDX-License-Identifier: MIT */
/* What an impairment sees and changes in a frame. */

#include "link/frame.h"

#define ETHERNET_BYTES 14
#define VLAN_BYTES     4

/* Both ends understand ECN when either bit is set. Source: RFC 3168 section 5 */
#define CE 3u /* congestion experienced: both are */

static unsigned int word_at(const unsigned char *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* What is behind the Ethernet header and up to two VLAN tags (IEEE 802.1Q): where, and its type. */
static size_t find_payload(const struct snet__packet *packet, unsigned int *ret_type)
{
	size_t at = ETHERNET_BYTES;

	*ret_type = 0;
	for (int tags = 0; at <= packet->size; at += VLAN_BYTES) {
		*ret_type = word_at(packet->data + at - 2);
		if ((*ret_type != 0x8100 && *ret_type != 0x88a8) || tags++ == 2)
			break;
	}
	return at;
}

/* Where the IP header begins, and its version; 0 when there is none, or not a whole one. */
static size_t find_ip(const struct snet__packet *packet, unsigned int *ret_version)
{
	unsigned int type;
	size_t at = find_payload(packet, &type);

	if (type == 0x0800 && at + 20 <= packet->size && packet->data[at] >> 4 == 4)
		*ret_version = 4;
	else if (type == 0x86dd && at + 40 <= packet->size && packet->data[at] >> 4 == 6)
		*ret_version = 6;
	else
		*ret_version = 0;
	return *ret_version ? at : 0;
}

/* The traffic class of IPv6 begins in the middle of a byte. */
static unsigned int ecn_of(const unsigned char *ip, unsigned int version)
{
	return version == 4 ? ip[1] & 3u : ip[1] >> 4 & 3u;
}

/* @from has become @to in what @sum is of. Source: RFC 1624, equation 3 */
static void fix_checksum(unsigned char *sum, unsigned int from, unsigned int to)
{
	unsigned int value = (~word_at(sum) & 0xffff) + (~from & 0xffff) + to;

	value = (value & 0xffff) + (value >> 16);
	value = ~((value & 0xffff) + (value >> 16)) & 0xffff;
	sum[0] = (unsigned char)(value >> 8);
	sum[1] = (unsigned char)value;
}

size_t snet__frame_mtu(const struct snet__packet *packet)
{
	size_t bytes = packet->largest_bytes ? packet->largest_bytes : packet->size;
	unsigned int type;
	size_t at = find_payload(packet, &type);

	return bytes > at ? bytes - at : 0;
}

bool snet__frame_is_markable(const struct snet__packet *packet)
{
	unsigned int version;
	size_t at = find_ip(packet, &version);

	return at && ecn_of(packet->data + at, version);
}

bool snet__frame_mark(struct snet__packet *packet)
{
	unsigned int version, before;
	size_t at = find_ip(packet, &version);
	unsigned char *ip = packet->data + at;

	if (!at || !ecn_of(ip, version))
		return false;
	before = word_at(ip);
	ip[1] |= (unsigned char)(version == 4 ? CE : CE << 4);
	if (version == 4)
		fix_checksum(ip + 10, before, word_at(ip));
	return true;
}

bool snet__frame_corrupt(struct snet__packet *packet, uint32_t place)
{
	uint64_t bits, bit;

	if (packet->size <= ETHERNET_BYTES)
		return false;
	bits = 8 * (uint64_t)(packet->size - ETHERNET_BYTES);
	bit = bits * place >> 32;
	packet->data[ETHERNET_BYTES + bit / 8] ^= (unsigned char)(1u << bit % 8);
	return true;
}
