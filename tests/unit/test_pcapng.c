/* SPDX-License-Identifier: MIT */
/* Captures as files, byte by byte. */

#include <stdlib.h>
#include <string.h>

#include "link/pcapng.h"
#include "suite.h"

static struct snet__pcapng pcapng;
static size_t at; /* what has been looked at */

static void set_up(void)
{
	pcapng = (struct snet__pcapng){0};
	at = 0;
}

static void tear_down(void)
{
	ck_assert_uint_eq(at, pcapng.size);
	ck_assert(!pcapng.has_failed);
	snet__pcapng_clear(&pcapng);
}

static uint32_t take_u32(void)
{
	uint32_t ret;

	ck_assert_uint_le(at + 4, pcapng.size);
	memcpy(&ret, pcapng.data + at, sizeof(ret));
	at += 4;
	return ret;
}

static uint64_t take_u64(void)
{
	uint64_t ret;

	memcpy(&ret, pcapng.data + at, sizeof(ret));
	at += 8;
	return ret;
}

static uint64_t take_time(void)
{
	uint64_t high = take_u32();

	return high << 32 | take_u32();
}

/* These bytes, and zeroes up to the next four. */
static void expect_bytes(const void *bytes, size_t size)
{
	ck_assert_uint_le(at + size, pcapng.size);
	ck_assert_mem_eq(pcapng.data + at, bytes, size);
	at += size;
	for (; at % 4; at++)
		ck_assert_uint_eq(pcapng.data[at], 0);
}

static void expect_option(uint16_t code, const void *bytes, uint16_t size)
{
	const uint16_t head[] = {code, size};

	expect_bytes(head, sizeof(head));
	expect_bytes(bytes, size);
}

static void expect_text(uint16_t code, const char *text)
{
	expect_option(code, text, (uint16_t)strlen(text));
}

static size_t begin_block(uint32_t type)
{
	size_t start = at, size;
	uint32_t known = 0;

	size = snet__pcapng_block(pcapng.data + at, pcapng.size - at, &known);
	ck_assert_uint_eq(known, type);
	ck_assert_uint_eq(take_u32(), type);
	ck_assert_uint_eq(take_u32(), size);
	return start;
}

static void end_block(size_t start)
{
	ck_assert_uint_eq(take_u32(), 0); /* of the options */
	ck_assert_uint_eq(take_u32(), at - start);
}

START_TEST(a_section_says_who_captured)
{
	size_t start, length;
	uint16_t option[2];

	snet__pcapng_begin(&pcapng, "snet 1.2.3");
	start = begin_block(0x0a0d0d0a);
	ck_assert_uint_eq(take_u32(), 0x1a2b3c4d);
	ck_assert_uint_eq(take_u32(), 1); /* version 1.0, in either order of bytes */
	ck_assert_uint_eq(take_u64(), UINT64_MAX);
	/* The machine and its system are what they are. */
	for (uint16_t code = 2; code <= 3; code++) {
		memcpy(option, pcapng.data + at, sizeof(option));
		ck_assert_uint_eq(option[0], code);
		length = option[1];
		ck_assert_uint_gt(length, 0);
		at += 4 + (length + 3) / 4 * 4;
	}
	expect_text(4, "snet 1.2.3");
	end_block(start);
}
END_TEST

START_TEST(an_interface_has_its_names_and_nanoseconds)
{
	size_t start;

	snet__pcapng_add_iface(&pcapng, &(const struct snet__pcapng_iface){
						.name = "a-s:a",
						.description = "link a-s",
						.filter = "udp",
						.snaplen = 96,
					});
	start = begin_block(1);
	ck_assert_uint_eq(take_u32(), 1); /* Ethernet */
	ck_assert_uint_eq(take_u32(), 96);
	expect_text(2, "a-s:a");
	expect_text(3, "link a-s");
	expect_option(9, "\x09", 1);
	expect_option(11, "\0udp", 4);
	end_block(start);
}
END_TEST

START_TEST(a_packet_has_its_time_its_direction_and_a_comment)
{
	static const char frame[] = "0123456789abcdefg";
	const uint32_t flags = SNET__PCAPNG_OUT;
	const uint64_t id = 7;
	size_t start, size = 0;
	const char *comment;

	snet__pcapng_add_packet(&pcapng, &(const struct snet__pcapng_packet){
						 .iface = 1,
						 .direction = SNET__PCAPNG_OUT,
						 .at_ns = 0x123456789abcdef0,
						 .id = 7,
						 .size = 1500,
						 .captured = 17,
						 .data = frame,
						 .comment = "lost: loss",
					 });
	start = begin_block(6);
	ck_assert_uint_eq(take_u32(), 1);
	ck_assert_uint_eq(take_time(), 0x123456789abcdef0);
	ck_assert_uint_eq(take_u32(), 17);
	ck_assert_uint_eq(take_u32(), 1500);
	expect_bytes(frame, 17);
	expect_text(1, "lost: loss");
	expect_option(2, &flags, 4);
	expect_option(5, &id, 8);
	end_block(start);

	comment = snet__pcapng_option(pcapng.data, SNET__PCAPNG_COMMENT, &size);
	ck_assert_uint_eq(size, 10);
	ck_assert_mem_eq(comment, "lost: loss", 10);
	ck_assert_ptr_null(snet__pcapng_option(pcapng.data, 77, &size));
}
END_TEST

START_TEST(a_packet_may_be_nothing_but_itself)
{
	const uint32_t flags = 0;
	size_t start;

	snet__pcapng_add_packet(&pcapng,
				&(const struct snet__pcapng_packet){.size = 4,
								    .captured = 4,
								    .data = "abcd"});
	start = begin_block(6);
	ck_assert_uint_eq(take_u32(), 0);
	ck_assert_uint_eq(take_time(), 0);
	ck_assert_uint_eq(take_u32(), 4);
	ck_assert_uint_eq(take_u32(), 4);
	expect_bytes("abcd", 4);
	expect_option(2, &flags, 4);
	end_block(start);
}
END_TEST

/* What is kept of a tagged frame is as it is on the wire, wherever it is cut. */
START_TEST(a_tag_is_cut_like_the_rest)
{
	static const char frame[] = "to    from  \x08\x00udp",
			  wire[] = "to    from  \x81\x00\x00\x14\x08\x00udp";
	const uint32_t size = sizeof(frame) - 1, snaplen = (uint32_t)_i,
		       captured = snaplen && snaplen < size ? snaplen : size,
		       kept = snaplen && snaplen < size + 4 ? snaplen : size + 4;
	const uint32_t flags = 0;
	size_t start;

	snet__pcapng_add_packet(&pcapng,
				&(const struct snet__pcapng_packet){.size = size,
								    .captured = captured,
								    .data = frame,
								    .vlan = 20,
								    .snaplen = snaplen});
	start = begin_block(6);
	ck_assert_uint_eq(take_u32(), 0);
	ck_assert_uint_eq(take_time(), 0);
	ck_assert_uint_eq(take_u32(), kept);
	ck_assert_uint_eq(take_u32(), size + 4);
	expect_bytes(wire, kept);
	expect_option(2, &flags, 4);
	end_block(start);
}
END_TEST

START_TEST(statistics_say_what_was_missed)
{
	const uint64_t missed = 3, written = 1000;
	uint32_t since[2] = {0, 5}, until[2] = {1, 6};
	size_t start, size = 0;

	snet__pcapng_add_statistics(&pcapng, &(const struct snet__pcapng_statistics){
						     .iface = 2,
						     .since_ns = 5,
						     .at_ns = UINT64_C(0x100000006),
						     .written = 1000,
						     .missed = 3,
					     });
	start = begin_block(5);
	ck_assert_uint_eq(take_u32(), 2);
	ck_assert_uint_eq(take_time(), UINT64_C(0x100000006));
	expect_option(2, since, 8);
	expect_option(3, until, 8);
	expect_option(5, &missed, 8);
	expect_option(8, &written, 8);
	end_block(start);
	ck_assert_mem_eq(snet__pcapng_option(pcapng.data, SNET__PCAPNG_DROPS, &size),
			 &missed, 8);
	ck_assert_uint_eq(size, 8);
}
END_TEST

START_TEST(blocks_that_are_cut_short_or_none_are_seen)
{
	uint32_t type;

	snet__pcapng_add_packet(&pcapng,
				&(const struct snet__pcapng_packet){.size = 4,
								    .captured = 4,
								    .data = "abcd"});
	for (size_t i = 0; i < pcapng.size; i++)
		ck_assert_uint_eq(snet__pcapng_block(pcapng.data, i, &type), 0);
	ck_assert_uint_eq(snet__pcapng_block(pcapng.data, pcapng.size, &type),
			  pcapng.size);
	ck_assert_uint_eq(snet__pcapng_block("no block at all", 15, &type), SIZE_MAX);
	at = pcapng.size;
}
END_TEST

START_TEST(a_buffer_is_used_again)
{
	static char frame[60000];
	const unsigned char *data;

	for (int i = 0; i < 1000; i++) {
		snet__pcapng_add_packet(&pcapng, &(const struct snet__pcapng_packet){
							 .size = sizeof(frame),
							 .captured = sizeof(frame),
							 .data = frame});
		if (i == 0)
			data = pcapng.data;
		ck_assert_ptr_eq(pcapng.data, data);
		pcapng.size = 0;
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pcapng");
	TCase *t = tcase_create("pcapng");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_section_says_who_captured);
	tcase_add_test(t, an_interface_has_its_names_and_nanoseconds);
	tcase_add_test(t, a_packet_has_its_time_its_direction_and_a_comment);
	tcase_add_test(t, a_packet_may_be_nothing_but_itself);
	tcase_add_loop_test(t, a_tag_is_cut_like_the_rest, 0, 24);
	tcase_add_test(t, statistics_say_what_was_missed);
	tcase_add_test(t, blocks_that_are_cut_short_or_none_are_seen);
	tcase_add_test(t, a_buffer_is_used_again);
	suite_add_tcase(s, t);
	return s;
}
