/* SPDX-License-Identifier: MIT */
#include "sys/tag.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdint.h>
#include <string.h>

int snet__tag_enable(int fd, struct snet_err *err)
{
	const int on = 1;

	return setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0
		       ? snet__err_sys(err, -errno, "cannot set up a packet socket")
		       : 0;
}

/* Where the checksum begins and the headers end is counted from the frame's beginning. */
static void shift_header(struct virtio_net_hdr *header)
{
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		header->csum_start += SNET__TAG_BYTES;
	if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		header->hdr_len += SNET__TAG_BYTES;
}

static void put_word(unsigned char *at, unsigned int word)
{
	at[0] = (unsigned char)(word >> 8);
	at[1] = (unsigned char)word;
}

/* Source: IEEE 802.1Q */
static size_t put(const struct tpacket_auxdata *aux, struct virtio_net_hdr *header,
		  unsigned char *data, size_t size)
{
	unsigned char *at = data + SNET__TAG_AT;

	if (!(aux->tp_status & TP_STATUS_VLAN_VALID) || size < SNET__TAG_AT)
		return size;
	memmove(at + SNET__TAG_BYTES, at, size - SNET__TAG_AT);
	put_word(at, aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid
								: ETH_P_8021Q);
	put_word(at + 2, aux->tp_vlan_tci);
	shift_header(header);
	return size + SNET__TAG_BYTES;
}

size_t snet__tag_restore(struct msghdr *message, struct virtio_net_hdr *header,
			 void *data, size_t size)
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
	     at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_PACKET || at->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(at), sizeof(aux));
		return put(&aux, header, data, size);
	}
	return size;
}

void snet__tag_make(unsigned char ret[SNET__TAG_BYTES], unsigned int vlan)
{
	put_word(ret, ETH_P_8021Q);
	put_word(ret + 2, vlan);
}
