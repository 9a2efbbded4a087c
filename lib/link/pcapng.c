/* SPDX-License-Identifier: MIT */
/* A block is its type, its size, what it holds in units of four bytes, and its size again. All
 * numbers are in the order of this machine; readers know it by the first block's magic. */

#include "link/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/vec.h"
#include "sys/tag.h"

/* Block types, and their options. */
#define SECTION   0x0a0d0d0au
#define INTERFACE 1u

#define OPTION_END      0
#define OPTION_HARDWARE 2
#define OPTION_OS       3
#define OPTION_USER     4

#define OPTION_NAME        2
#define OPTION_DESCRIPTION 3
#define OPTION_TSRESOL     9
#define OPTION_FILTER      11

#define OPTION_FLAGS     2
#define OPTION_PACKET_ID 5

#define OPTION_SINCE     2
#define OPTION_UNTIL     3
#define OPTION_DELIVERED 8

#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define LINKTYPE_ETHERNET 1
#define NANOSECONDS       9 /* 10^-9 s */

/* Of any block, without data and texts. */
#define BLOCK_MAX 256
#define TEXT_MAX  1024
/* No block that is read is larger. */
#define BLOCK_LIMIT (16u << 20)

void snet__pcapng_clear(struct snet__pcapng *pcapng)
{
	free(pcapng->data);
	*pcapng = (struct snet__pcapng){0};
}

/* ---- Pieces; there is room for them. */

static void put(struct snet__pcapng *pcapng, const void *data, size_t size)
{
	memcpy(pcapng->data + pcapng->size, data, size);
	pcapng->size += size;
	while (pcapng->size % 4)
		pcapng->data[pcapng->size++] = 0;
}

static void put_u16s(struct snet__pcapng *pcapng, uint16_t a, uint16_t b)
{
	put(pcapng, &(const uint16_t[]){a, b}, 4);
}

static void put_u32(struct snet__pcapng *pcapng, uint32_t value)
{
	put(pcapng, &value, sizeof(value));
}

/* The high half comes first, whatever the order of bytes. */
static void put_time(struct snet__pcapng *pcapng, uint64_t ns)
{
	put_u32(pcapng, (uint32_t)(ns >> 32));
	put_u32(pcapng, (uint32_t)ns);
}

static void put_option(struct snet__pcapng *pcapng, uint16_t code, const void *data,
		       size_t size)
{
	put_u16s(pcapng, code, (uint16_t)size);
	put(pcapng, data, size);
}

static size_t length_of(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return length < TEXT_MAX ? length : TEXT_MAX;
}

static void put_text(struct snet__pcapng *pcapng, uint16_t code, const char *text)
{
	if (text)
		put_option(pcapng, code, text, length_of(text));
}

static void put_u64_option(struct snet__pcapng *pcapng, uint16_t code, uint64_t value)
{
	put_option(pcapng, code, &value, sizeof(value));
}

static void put_time_option(struct snet__pcapng *pcapng, uint16_t code, uint64_t ns)
{
	put_u16s(pcapng, code, 8);
	put_time(pcapng, ns);
}

/* ---- Blocks. */

/* False, and none is begun, when there is no memory for one with @size bytes of data and texts. */
static bool begin(struct snet__pcapng *pcapng, uint32_t type, size_t size, size_t *ret)
{
	if (snet__vec_reserve(&pcapng->data, &pcapng->cap,
			      pcapng->size + size + BLOCK_MAX, 1, NULL) < 0) {
		pcapng->has_failed = true;
		return false;
	}
	*ret = pcapng->size;
	put_u32(pcapng, type);
	put_u32(pcapng, 0); /* its size, see end() */
	return true;
}

static void end(struct snet__pcapng *pcapng, size_t start)
{
	uint32_t size;

	put_u16s(pcapng, OPTION_END, 0);
	size = (uint32_t)(pcapng->size - start + 4);
	memcpy(pcapng->data + start + 4, &size, sizeof(size));
	put_u32(pcapng, size);
}

void snet__pcapng_begin(struct snet__pcapng *pcapng, const char *application)
{
	struct utsname name = {0};
	char os[2 * sizeof(name.sysname)];
	const uint64_t unknown_size = UINT64_MAX;
	size_t start;

	(void)uname(&name); /* without it the texts are empty */
	(void)snprintf(os, sizeof(os), "%s %s", name.sysname, name.release);
	if (!begin(pcapng, SECTION, 3 * TEXT_MAX, &start))
		return;
	put_u32(pcapng, BYTE_ORDER_MAGIC);
	put_u16s(pcapng, 1, 0); /* version */
	put(pcapng, &unknown_size, sizeof(unknown_size));
	put_text(pcapng, OPTION_HARDWARE, name.machine);
	put_text(pcapng, OPTION_OS, os);
	put_text(pcapng, OPTION_USER, application);
	end(pcapng, start);
}

/* Code 0 of the filter option: an expression of libpcap. */
static void put_filter(struct snet__pcapng *pcapng, const char *filter)
{
	char text[TEXT_MAX + 1] = {0};
	size_t length = length_of(filter);

	if (!filter)
		return;
	memcpy(text + 1, filter, length);
	put_option(pcapng, OPTION_FILTER, text, length + 1);
}

void snet__pcapng_add_iface(struct snet__pcapng *pcapng,
			    const struct snet__pcapng_iface *iface)
{
	const unsigned char resolution = NANOSECONDS;
	size_t start;

	if (!begin(pcapng, INTERFACE, 3 * TEXT_MAX, &start))
		return;
	put_u16s(pcapng, LINKTYPE_ETHERNET, 0);
	put_u32(pcapng, iface->snaplen);
	put_text(pcapng, OPTION_NAME, iface->name);
	put_text(pcapng, OPTION_DESCRIPTION, iface->description);
	put_option(pcapng, OPTION_TSRESOL, &resolution, sizeof(resolution));
	put_filter(pcapng, iface->filter);
	end(pcapng, start);
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

/* With its tag, or what is kept of that; every piece but the last is of whole words. */
static void put_data(struct snet__pcapng *pcapng,
		     const struct snet__pcapng_packet *packet)
{
	uint32_t limit = packet->snaplen ? packet->snaplen : UINT32_MAX,
		 more = packet->vlan && packet->size >= SNET__TAG_AT ? SNET__TAG_BYTES
								     : 0,
		 kept = at_most(packet->captured + more, limit),
		 head = more ? at_most(kept, SNET__TAG_AT) : kept,
		 tagged = at_most(kept - head, more);
	unsigned char tag[SNET__TAG_BYTES];

	put_u32(pcapng, kept);
	put_u32(pcapng, packet->size + more);
	snet__tag_make(tag, packet->vlan);
	put(pcapng, packet->data, head);
	put(pcapng, tag, tagged);
	put(pcapng, (const unsigned char *)packet->data + head, kept - head - tagged);
}

void snet__pcapng_add_packet(struct snet__pcapng *pcapng,
			     const struct snet__pcapng_packet *packet)
{
	const uint32_t flags = packet->direction;
	size_t start;

	if (!begin(pcapng, SNET__PCAPNG_PACKET, packet->captured + TEXT_MAX, &start))
		return;
	put_u32(pcapng, packet->iface);
	put_time(pcapng, packet->at_ns);
	put_data(pcapng, packet);
	put_text(pcapng, SNET__PCAPNG_COMMENT, packet->comment);
	put_option(pcapng, OPTION_FLAGS, &flags, sizeof(flags));
	if (packet->id)
		put_u64_option(pcapng, OPTION_PACKET_ID, packet->id);
	end(pcapng, start);
}

void snet__pcapng_add_statistics(struct snet__pcapng *pcapng,
				 const struct snet__pcapng_statistics *statistics)
{
	size_t start;

	if (!begin(pcapng, SNET__PCAPNG_STATISTICS, 0, &start))
		return;
	put_u32(pcapng, statistics->iface);
	put_time(pcapng, statistics->at_ns);
	put_time_option(pcapng, OPTION_SINCE, statistics->since_ns);
	put_time_option(pcapng, OPTION_UNTIL, statistics->at_ns);
	put_u64_option(pcapng, SNET__PCAPNG_DROPS, statistics->missed);
	put_u64_option(pcapng, OPTION_DELIVERED, statistics->written);
	end(pcapng, start);
}

/* ---- Reading. */

static uint32_t get_u32(const unsigned char *at)
{
	uint32_t ret;

	memcpy(&ret, at, sizeof(ret));
	return ret;
}

size_t snet__pcapng_block(const void *data, size_t size, uint32_t *ret_type)
{
	const unsigned char *at = data;
	uint32_t block;

	if (size < 12)
		return 0;
	block = get_u32(at + 4);
	if (block < 12 || block % 4 || block > BLOCK_LIMIT)
		return SIZE_MAX;
	*ret_type = get_u32(at);
	return block <= size ? block : 0;
}

/* Where the options of a packet or of statistics begin. */
static size_t find_options(const unsigned char *block)
{
	if (get_u32(block) == SNET__PCAPNG_STATISTICS)
		return 20;
	return 28 + ((size_t)get_u32(block + 20) + 3) / 4 * 4;
}

const void *snet__pcapng_option(const void *block, unsigned int code, size_t *ret_size)
{
	const unsigned char *bytes = block;
	size_t at = find_options(bytes), end = get_u32(bytes + 4) - 4;
	uint16_t option[2];

	while (at + 4 <= end) {
		memcpy(option, bytes + at, sizeof(option));
		at += 4;
		if (option[0] == OPTION_END || at + option[1] > end)
			return NULL;
		if (option[0] == code) {
			*ret_size = option[1];
			return bytes + at;
		}
		at += ((size_t)option[1] + 3) / 4 * 4;
	}
	return NULL;
}
