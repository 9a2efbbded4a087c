/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CAPTURES_H
#define TESTS_CAPTURES_H

/* Captures of a lab, and the probes that are found in them. */

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "link/pcapng.h"
#include "probes.h"

#define SEEN_MAX   15000
#define IFACES_MAX 8

static struct snet_capture *capture;
static int file;

LABS_UNUSED void capture_set_up(void)
{
	set_up();
	capture = NULL;
	file = memfd_create("capture", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
}

LABS_UNUSED void capture_tear_down(void)
{
	(void)snet_capture_stop(capture, NULL, NULL);
	tear_down();
	close(file);
}

/* Hosts a and b at a cable that a thread of ours shapes. */
#define SHAPED(...) PAIR(.shaper = SNET_SHAPER_USER, ##__VA_ARGS__)

/* Hosts a and b at a switch. */
LABS_UNUSED void bring_up_plain(void)
{
	add_node("s", "switch");
	add_node("a", "host");
	add_node("b", "host");
	LINK("a", "s");
	LINK("b", "s");
	LABS_OK(snet_lab_up(lab, &err));
}

/* Probes 1 to @count, and which of them come. */
LABS_UNUSED size_t send_probes(const char *from, const char *to, uint64_t count,
			       bool *comes)
{
	int in = open_receiver(to), out = open_sender(from, to);
	size_t ret = 0;
	uint64_t number;

	for (uint64_t i = 1; i <= count; i++)
		send_probe(out, i);
	while (!is_quiet(in)) {
		number = take_probe(in).number;
		if (comes)
			comes[number] = true;
		ret++;
	}
	close(in);
	close(out);
	return ret;
}

/* ---- The capture. */

/* How long before its delay is over a packet leaves, at most, so that it is there when it is. */
#define LEAD_MOST_NS 25000

/* A probe that was captured. */
struct seen {
	uint32_t iface, flags, size, captured;
	uint64_t at_ns, id, number;
	unsigned int vlan;          /* 0: it has no tag */
	const unsigned char *frame; /* from where a tag would move the rest on */
	char comment[64];
};

static struct {
	unsigned char *data;
	size_t size;
	char names[IFACES_MAX][64];
	size_t iface_count, statistics_count;
	struct seen seen[SEEN_MAX];
	size_t count;
} captured;

LABS_UNUSED void start(struct snet_capture_opts opts)
{
	opts.size = sizeof(opts);
	opts.fd = file;
	LABS_OK(snet_capture_start(lab, &capture, &opts, &err));
}

LABS_UNUSED bool is_probe(const unsigned char *frame, size_t size)
{
	return size >= 42 + sizeof(uint64_t) && frame[12] == 8 && frame[13] == 0 &&
	       frame[23] == IPPROTO_UDP && (frame[36] << 8 | frame[37]) == PORT;
}

/* RFC 768: the sum over the pseudo header and all of the datagram. */
LABS_UNUSED bool is_checksum_right(const unsigned char *frame, size_t size)
{
	uint32_t sum = IPPROTO_UDP + (uint32_t)(size - 34);

	for (size_t i = 26; i < size; i++)
		sum += i % 2 ? frame[i] : (uint32_t)frame[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

LABS_UNUSED uint32_t u32_at(const unsigned char *block, size_t at)
{
	uint32_t ret;

	memcpy(&ret, block + at, sizeof(ret));
	return ret;
}

LABS_UNUSED void read_packet(const unsigned char *block)
{
	struct seen *seen = &captured.seen[captured.count];
	const void *option;
	size_t size, tag = 0;

	*seen = (struct seen){
		.iface = u32_at(block, 8),
		.at_ns = (uint64_t)u32_at(block, 12) << 32 | u32_at(block, 16),
		.captured = u32_at(block, 20),
		.size = u32_at(block, 24),
		.frame = block + 28,
	};
	if (seen->captured >= 16 && seen->frame[12] == 0x81 && seen->frame[13] == 0) {
		seen->vlan = (unsigned int)(seen->frame[14] & 0xf) << 8 | seen->frame[15];
		tag = 4;
	}
	seen->frame += tag;
	if (!is_probe(seen->frame, seen->captured - tag))
		return;
	memcpy(&seen->number, seen->frame + 42, sizeof(seen->number));
	option = snet__pcapng_option(block, 2, &size);
	ck_assert_ptr_nonnull(option);
	memcpy(&seen->flags, option, sizeof(seen->flags));
	option = snet__pcapng_option(block, 5, &size);
	if (option)
		memcpy(&seen->id, option, sizeof(seen->id));
	option = snet__pcapng_option(block, SNET__PCAPNG_COMMENT, &size);
	if (option)
		memcpy(seen->comment, option, size);
	ck_assert_uint_lt(++captured.count, SEEN_MAX);
}

LABS_UNUSED void read_block(const unsigned char *block, uint32_t type)
{
	uint16_t length;

	if (type == SNET__PCAPNG_PACKET)
		read_packet(block);
	captured.statistics_count += type == SNET__PCAPNG_STATISTICS;
	if (type != 1)
		return;
	/* Its name is its first option. */
	memcpy(&length, block + 18, sizeof(length));
	memcpy(captured.names[captured.iface_count++], block + 20, length);
}

LABS_UNUSED void read_capture(void)
{
	uint32_t type = 0;
	size_t block;

	memset(&captured, 0, sizeof(captured));
	captured.size = (size_t)lseek(file, 0, SEEK_END);
	captured.data = mmap(NULL, captured.size, PROT_READ, MAP_PRIVATE, file, 0);
	ck_assert_ptr_ne(captured.data, MAP_FAILED);
	for (size_t at = 0; at < captured.size; at += block) {
		block = snet__pcapng_block(captured.data + at, captured.size - at, &type);
		ck_assert(block && block != SIZE_MAX);
		read_block(captured.data + at, type);
	}
	ck_assert_uint_eq(captured.statistics_count, captured.iface_count);
}

LABS_UNUSED struct snet_capture_counts stop(void)
{
	struct snet_capture_counts counts;

	LABS_OK(snet_capture_stop(capture, &counts, &err));
	capture = NULL;
	read_capture();
	return counts;
}

/* The @nth, from 0, record of a probe at an interface in a direction; NULL: none. */
LABS_UNUSED const struct seen *find(uint64_t number, uint32_t iface, uint32_t flags,
				    int nth)
{
	for (size_t i = 0; i < captured.count; i++) {
		const struct seen *at = &captured.seen[i];

		if (at->number == number && at->iface == iface && at->flags == flags &&
		    nth-- == 0)
			return at;
	}
	return NULL;
}

LABS_UNUSED void expect_times_in_order(void)
{
	uint64_t last[IFACES_MAX][3] = {{0}};

	for (size_t i = 0; i < captured.count; i++) {
		const struct seen *at = &captured.seen[i];

		ck_assert_uint_ge(at->at_ns, last[at->iface][at->flags]);
		last[at->iface][at->flags] = at->at_ns;
	}
}

#define IN  SNET__PCAPNG_IN
#define OUT SNET__PCAPNG_OUT

#endif
