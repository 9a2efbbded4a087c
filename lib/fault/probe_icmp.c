/* SPDX-License-Identifier: MIT */
/* Echo requests. Source: RFC 792, RFC 1122 section 3.2.2.6
 *
 * Every raw socket of a namespace hears all answers: the identifier and the data say whose they
 * are. */

#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>

#include "fault/probe_ops.h"

struct echo {
	struct icmphdr header;
	unsigned char nonce[sizeof(uint64_t)];
};

/* Source: RFC 1071 */
static uint16_t checksum(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i + 1 < size; i += 2) {
		memcpy(&word, at + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int open_echo(struct snet__probe *probe, int netns, struct snet_err *err)
{
	/* What is set is not heard. */
	const struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};
	int r = snet__probe_open_packet(probe, netns, SOCK_RAW, IPPROTO_ICMP, err);

	if (r < 0)
		return r;
	return setsockopt(probe->fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)) < 0
		       ? snet__err_sys(err, -errno, "cannot set up its socket")
		       : 0;
}

static void ask(struct snet__probe *probe, struct snet__question *question)
{
	struct echo echo = {
		.header =
			{
				.type = ICMP_ECHO,
				.un.echo =
					{
						.id = htons((uint16_t)probe->nonce),
						.sequence = htons(
							(uint16_t)snet__question_number(
								question)),
					},
			},
	};

	memcpy(echo.nonce, &probe->nonce, sizeof(echo.nonce));
	echo.header.checksum = checksum(&echo, sizeof(echo));
	snet__probe_send(question, &echo, sizeof(echo));
}

static bool read_echo(const struct snet__probe *probe, const unsigned char *packet,
		      size_t size, bool is_error, uint16_t *ret_number)
{
	/* Behind the IP header, but for what comes back of a request. */
	size_t at = !is_error && size ? 4 * (size_t)(packet[0] & 0xf) : 0;
	size_t needed = is_error ? sizeof(struct icmphdr) : sizeof(struct echo);
	struct echo echo = {0};

	if (size < at + needed)
		return false;
	memcpy(&echo, packet + at, needed);
	/* Who reports an error may have cut the data off. */
	if (!is_error && (echo.header.type != ICMP_ECHOREPLY ||
			  memcmp(echo.nonce, &probe->nonce, sizeof(echo.nonce)) != 0))
		return false;
	*ret_number = ntohs(echo.header.un.echo.sequence);
	return echo.header.un.echo.id == htons((uint16_t)probe->nonce);
}

static void ready(struct snet__probe *probe, struct snet__question *question)
{
	(void)question;
	snet__probe_receive(probe, read_echo);
}

const struct snet__probe_ops snet__probe_icmp = {
	.name = "icmp",
	.open = open_echo,
	.ask = ask,
	.ready = ready,
};
