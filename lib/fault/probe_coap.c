/* SPDX-License-Identifier: MIT */
/* The ping of CoAP: an empty confirmable message, which every endpoint resets.
 * Source: RFC 7252 section 4.3 */

#include <sys/socket.h>

#include "fault/probe_ops.h"
#include "io/coap_codec.h"

#define HEADER_BYTES 4

static int open_udp(struct snet__probe *probe, int netns, struct snet_err *err)
{
	return snet__probe_open_packet(probe, netns, SOCK_DGRAM, 0, err);
}

/* Message ids begin anywhere: who asked before from the same port may be remembered. */
static void ask(struct snet__probe *probe, struct snet__question *question)
{
	const struct snet__coap_message ping = {
		.type = SNET__COAP_CON,
		.mid = (uint16_t)(probe->nonce + snet__question_number(question)),
		.format = SNET__COAP_NO_FORMAT,
		.block2 = -1,
	};
	uint8_t packet[SNET__COAP_OVERHEAD_MAX];

	snet__probe_send(question, packet,
			 snet__coap_encode(&ping, packet, sizeof(packet)));
}

/* The header alone, whose bytes are fixed; whatever else is in the answer, it is one. */
static bool read_header(const struct snet__probe *probe, const unsigned char *packet,
			size_t size, bool is_error, uint16_t *ret_number)
{
	unsigned int type;

	if (size < HEADER_BYTES)
		return false;
	type = packet[0] >> 4 & 3;
	*ret_number = (uint16_t)((packet[2] << 8 | packet[3]) - probe->nonce);
	return is_error || type == SNET__COAP_RST || type == SNET__COAP_ACK;
}

static void ready(struct snet__probe *probe, struct snet__question *question)
{
	(void)question;
	snet__probe_receive(probe, read_header);
}

const struct snet__probe_ops snet__probe_coap = {
	.name = "coap",
	.has_port = true,
	.open = open_udp,
	.ask = ask,
	.ready = ready,
};
