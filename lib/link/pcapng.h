/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_PCAPNG_H
#define SNET_LINK_PCAPNG_H

/* A capture as Wireshark and tcpdump read it: pcapng. Blocks are appended to a buffer, which its
 * owner empties now and then by setting @size to 0. A block that there is no memory for is absent,
 * and @has_failed is set. Source: draft-ietf-opsawg-pcapng-02. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snet__pcapng {
	unsigned char *data;
	size_t size, cap;
	bool has_failed; /* a block found no memory */
};
void snet__pcapng_clear(struct snet__pcapng *pcapng);

/* The section header: what was captured by, and on. */
void snet__pcapng_begin(struct snet__pcapng *pcapng, const char *application);

/* An Ethernet interface with times in nanoseconds; they are numbered from 0. Texts may be NULL. */
struct snet__pcapng_iface {
	const char *name, *description, *filter;
	uint32_t snaplen;
};
void snet__pcapng_add_iface(struct snet__pcapng *pcapng,
			    const struct snet__pcapng_iface *iface);

enum snet__pcapng_direction {
	SNET__PCAPNG_UNKNOWN,
	SNET__PCAPNG_IN,
	SNET__PCAPNG_OUT,
};

struct snet__pcapng_packet {
	uint32_t iface;
	enum snet__pcapng_direction direction;
	uint64_t at_ns; /* since 1970 */
	uint64_t id;    /* the same of one that is seen in several places; 0: none */
	uint32_t size, captured;
	const void *data;
	unsigned int vlan;   /* whose tag (IEEE 802.1Q) is added; 0: none */
	uint32_t snaplen;    /* with it, at least what is captured; 0: no limit */
	const char *comment; /* NULL: none */
};
void snet__pcapng_add_packet(struct snet__pcapng *pcapng,
			     const struct snet__pcapng_packet *packet);

/* What has become of an interface's packets up to @at_ns. */
struct snet__pcapng_statistics {
	uint32_t iface;
	uint64_t since_ns, at_ns;
	uint64_t written, missed;
};
void snet__pcapng_add_statistics(struct snet__pcapng *pcapng,
				 const struct snet__pcapng_statistics *statistics);

/* ---- Reading. */

#define SNET__PCAPNG_PACKET     6
#define SNET__PCAPNG_STATISTICS 5

/* The block at the beginning of @size bytes: its size, 0 when it is not all there, SIZE_MAX when
 * it is none. */
size_t snet__pcapng_block(const void *data, size_t size, uint32_t *ret_type);
/* An option of a block of one of the two types above, and its size; NULL when it has none. */
#define SNET__PCAPNG_COMMENT 1
#define SNET__PCAPNG_DROPS   5 /* of statistics: 8 bytes */
const void *snet__pcapng_option(const void *block, unsigned int code, size_t *ret_size);

#endif
