/* SPDX-License-Identifier: MIT */
/* CoAP messages as bytes, compared with those that RFC 7252 prints in appendix A. */

#include <stdlib.h>
#include <string.h>

#include "io/coap_codec.h"
#include "suite.h"

static struct snet__coap_message message;
static struct snet__coap_decoder room;
static uint8_t buffer[2048];

static enum snet__coap_parsed decode(const void *bytes, size_t size)
{
	memcpy(buffer, bytes, size);
	return snet__coap_decode(&message, &room, buffer, size);
}

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
	struct snet__coap_message message;
	const char *bytes;
	size_t size;
} examples[] = {
	/* Figure 16: GET /temperature and its piggybacked response, without a token. */
	{{.type = SNET__COAP_CON,
	  .code = SNET__COAP_GET,
	  .mid = 0x7d34,
	  .path = "temperature"},
	 BYTES("\x40\x01\x7d\x34\xbb"
	       "temperature")},
	{{.type = SNET__COAP_ACK,
	  .code = SNET__COAP_CONTENT,
	  .mid = 0x7d34,
	  .payload = "22.3 C",
	  .size = 6},
	 BYTES("\x60\x45\x7d\x34\xff"
	       "22.3 C")},
	/* Figure 17: with the token 0x20. */
	{{.type = SNET__COAP_CON,
	  .code = SNET__COAP_GET,
	  .mid = 0x7d35,
	  .path = "temperature",
	  .token = {0x20},
	  .token_size = 1},
	 BYTES("\x41\x01\x7d\x35\x20\xbb"
	       "temperature")},
	{{.type = SNET__COAP_ACK,
	  .code = SNET__COAP_CONTENT,
	  .mid = 0x7d35,
	  .token = {0x20},
	  .token_size = 1,
	  .payload = "22.3 C",
	  .size = 6},
	 BYTES("\x61\x45\x7d\x35\x20\xff"
	       "22.3 C")},
	/* Figures 20 and 21: an empty acknowledgement, and a message that is not confirmable. */
	{{.type = SNET__COAP_ACK, .mid = 0x7d38}, BYTES("\x60\x00\x7d\x38")},
	{{.type = SNET__COAP_NON,
	  .code = SNET__COAP_CONTENT,
	  .mid = 0xad7b,
	  .token = {0x75},
	  .token_size = 1,
	  .payload = "22.3 C",
	  .size = 6},
	 BYTES("\x51\x45\xad\x7b\x75\xff"
	       "22.3 C")},
	{{.type = SNET__COAP_RST, .mid = 0x7d38}, BYTES("\x70\x00\x7d\x38")},
};

static struct snet__coap_message example(int i)
{
	struct snet__coap_message wanted = examples[i].message;

	wanted.format = SNET__COAP_NO_FORMAT;
	wanted.block2 = -1;
	return wanted;
}

START_TEST(the_examples_of_the_rfc_are_written_byte_for_byte)
{
	struct snet__coap_message wanted = example(_i);
	uint8_t out[64];

	ck_assert_uint_eq(snet__coap_encode(&wanted, out, sizeof(out)),
			  examples[_i].size);
	ck_assert_mem_eq(out, examples[_i].bytes, examples[_i].size);
}
END_TEST

START_TEST(the_examples_of_the_rfc_are_read)
{
	struct snet__coap_message wanted = example(_i);

	ck_assert_int_eq(decode(examples[_i].bytes, examples[_i].size), SNET__COAP_OK);
	ck_assert_int_eq(message.type, wanted.type);
	ck_assert_uint_eq(message.code, wanted.code);
	ck_assert_uint_eq(message.mid, wanted.mid);
	ck_assert_uint_eq(message.token_size, wanted.token_size);
	ck_assert_mem_eq(message.token, wanted.token, sizeof(wanted.token));
	ck_assert_str_eq(message.path, wanted.path ? wanted.path : "");
	ck_assert_uint_eq(message.size, wanted.size);
	ck_assert_str_eq(message.payload, wanted.payload ? wanted.payload : "");
	ck_assert_uint_eq(message.format, SNET__COAP_NO_FORMAT);
	ck_assert_int_eq(message.block2, -1);
}
END_TEST

START_TEST(what_is_written_with_all_options_is_read_as_the_same)
{
	struct snet__coap_message all = {
		.type = SNET__COAP_CON,
		.code = SNET__COAP_POST,
		.mid = 0xffff,
		.token = {1, 2, 3, 4, 5, 6, 7, 8},
		.token_size = 8,
		.path = ".well-known/core/a-segment-of-more-than-twelve-bytes",
		.query = "ep=a0&lt=86400",
		.format = SNET__COAP_JSON,
		.block2 = 0xfff | 8,
		.payload = "{\"a\":\"\xff\"}",
		.size = 9,
	};
	uint8_t out[256];
	size_t size = snet__coap_encode(&all, out, sizeof(out));

	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(decode(out, size), SNET__COAP_OK);
	ck_assert_str_eq(message.path, all.path);
	ck_assert_str_eq(message.query, all.query);
	ck_assert_uint_eq(message.format, SNET__COAP_JSON);
	ck_assert_int_eq(message.block2, all.block2);
	ck_assert_uint_eq(message.size, 9);
	ck_assert_mem_eq(message.payload, all.payload, 10); /* with the zero behind it */
}
END_TEST

START_TEST(a_location_is_written_part_by_part)
{
	struct snet__coap_message created = {.type = SNET__COAP_ACK,
					     .code = SNET__COAP_CREATED,
					     .location = "rd/a0",
					     .format = SNET__COAP_NO_FORMAT,
					     .block2 = -1};
	uint8_t out[32];

	ck_assert_uint_eq(snet__coap_encode(&created, out, sizeof(out)), 10);
	ck_assert_mem_eq(out,
			 "\x60\x41\x00\x00\x82rd\x02"
			 "a0",
			 10);
}
END_TEST

START_TEST(a_message_is_not_written_beyond_its_room)
{
	struct snet__coap_message get = {.type = SNET__COAP_CON,
					 .code = SNET__COAP_GET,
					 .path = "temperature",
					 .query = "a=b",
					 .format = SNET__COAP_JSON,
					 .block2 = 6,
					 .payload = "payload",
					 .size = 7};
	uint8_t out[64];
	size_t needed = snet__coap_encode(&get, out, sizeof(out));

	ck_assert_uint_gt(needed, 0);
	for (size_t room_size = 0; room_size < needed; room_size++) {
		uint8_t *exact = malloc(room_size + 1);

		exact[room_size] = 0x5a;
		ck_assert_uint_eq(snet__coap_encode(&get, exact, room_size), 0);
		ck_assert_uint_eq(exact[room_size], 0x5a);
		free(exact);
	}
	ck_assert_uint_eq(snet__coap_encode(&get, out, needed), needed);
}
END_TEST

/* Options in front of each are those of RFC 7252 section 5.10. */
static const struct {
	const char *name, *bytes;
	size_t size;
	enum snet__coap_parsed parsed;
} oddities[] = {
	{"nothing", BYTES(""), SNET__COAP_MALFORMED},
	{"three bytes", BYTES("\x40\x01\x00"), SNET__COAP_MALFORMED},
	{"version 0", BYTES("\x00\x01\x00\x00"), SNET__COAP_MALFORMED},
	{"version 2", BYTES("\x80\x01\x00\x00"), SNET__COAP_MALFORMED},
	{"token length 9", BYTES("\x49\x01\x00\x00ttttttttt"), SNET__COAP_MALFORMED},
	{"token length 15", BYTES("\x4f\x01\x00\x00ttttttttttttttt"),
	 SNET__COAP_MALFORMED},
	{"half a token", BYTES("\x44\x01\x00\x00tt"), SNET__COAP_MALFORMED},
	{"an empty message with a token", BYTES("\x41\x00\x00\x00t"),
	 SNET__COAP_MALFORMED},
	{"an empty message with a payload", BYTES("\x40\x00\x00\x00\xffp"),
	 SNET__COAP_MALFORMED},
	{"a payload marker and no payload", BYTES("\x40\x01\x00\x00\xff"),
	 SNET__COAP_MALFORMED},
	{"an option longer than the message", BYTES("\x40\x01\x00\x00\xb5te"),
	 SNET__COAP_MALFORMED},
	{"the reserved delta 15", BYTES("\x40\x01\x00\x00\xf1t"), SNET__COAP_MALFORMED},
	{"the reserved length 15", BYTES("\x40\x01\x00\x00\xbft"), SNET__COAP_MALFORMED},
	{"half an extended delta", BYTES("\x40\x01\x00\x00\xe0\x01"),
	 SNET__COAP_MALFORMED},
	{"an unknown elective option", BYTES("\x40\x01\x00\x00\xd1\xf3x"), SNET__COAP_OK},
	{"an unknown critical option", BYTES("\x40\x01\x00\x00\xd1\xf4x"),
	 SNET__COAP_BAD_CRITICAL},
	{"If-Match, which is critical", BYTES("\x40\x01\x00\x00\x11x"),
	 SNET__COAP_BAD_CRITICAL},
	{"a zero in a path",
	 BYTES("\x40\x01\x00\x00\xb3"
	       "a\0b"),
	 SNET__COAP_BAD_CRITICAL},
	{"Uri-Host and Uri-Port", BYTES("\x40\x01\x00\x00\x31h\x42\x16\x33"),
	 SNET__COAP_OK},
	{"Accept", BYTES("\x40\x01\x00\x00\xd1\x04\x32"), SNET__COAP_OK},
	{"the first block of several",
	 BYTES("\x40\x02\x00\x00\xd1\x0e\x0e\xff"
	       "a"),
	 SNET__COAP_HAS_BLOCK1},
	{"the second block",
	 BYTES("\x40\x02\x00\x00\xd1\x0e\x16\xff"
	       "a"),
	 SNET__COAP_HAS_BLOCK1},
	{"the one block there is",
	 BYTES("\x40\x02\x00\x00\xd1\x0e\x06\xff"
	       "a"),
	 SNET__COAP_OK},
	{"Proxy-Uri",
	 BYTES("\x40\x01\x00\x00\xd3\x16"
	       "c:/"),
	 SNET__COAP_WANTS_PROXY},
	{"Proxy-Scheme",
	 BYTES("\x40\x01\x00\x00\xd1\x1a"
	       "c"),
	 SNET__COAP_WANTS_PROXY},
};

START_TEST(oddities_are_told_apart)
{
	enum snet__coap_parsed parsed = decode(oddities[_i].bytes, oddities[_i].size);

	ck_assert_msg(parsed == oddities[_i].parsed, "%s: want %d, got %d",
		      oddities[_i].name, oddities[_i].parsed, parsed);
}
END_TEST

START_TEST(a_path_that_does_not_fit_names_nothing)
{
	uint8_t bytes[4 + 2 + 200 + 2 + 200] = {0x40, 0x01, 0, 0, 0xbd, 200 - 13};

	memset(bytes + 6, 'a', 200);
	bytes[206] = 0x0d;
	bytes[207] = 200 - 13;
	memset(bytes + 208, 'b', 200);
	ck_assert_int_eq(decode(bytes, sizeof(bytes)), SNET__COAP_BAD_CRITICAL);
	ck_assert_int_eq(decode(bytes, 206), SNET__COAP_OK);
	ck_assert_uint_eq(strlen(message.path), 200);
}
END_TEST

START_TEST(the_value_of_a_key_is_found_in_a_query)
{
	char value[4];

	ck_assert(snet__coap_query("ep=a0&lt=60", "ep", value, sizeof(value)));
	ck_assert_str_eq(value, "a0");
	ck_assert(snet__coap_query("ep=a0&lt=600", "lt", value, sizeof(value)));
	ck_assert_str_eq(value, "600");
	ck_assert(snet__coap_query("ep=", "ep", value, sizeof(value)));
	ck_assert_str_eq(value, "");
	ck_assert(!snet__coap_query("", "ep", value, sizeof(value)));
	ck_assert(!snet__coap_query("epx=1&e=2", "ep", value, sizeof(value)));
	ck_assert(!snet__coap_query("ep", "ep", value, sizeof(value)));
	ck_assert(!snet__coap_query("ep=long", "ep", value, sizeof(value)));
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("coap_codec");
	TCase *tcase = tcase_create("codec");

	tcase_add_loop_test(tcase, the_examples_of_the_rfc_are_written_byte_for_byte, 0,
			    sizeof(examples) / sizeof(*examples));
	tcase_add_loop_test(tcase, the_examples_of_the_rfc_are_read, 0,
			    sizeof(examples) / sizeof(*examples));
	tcase_add_test(tcase, what_is_written_with_all_options_is_read_as_the_same);
	tcase_add_test(tcase, a_location_is_written_part_by_part);
	tcase_add_test(tcase, a_message_is_not_written_beyond_its_room);
	tcase_add_loop_test(tcase, oddities_are_told_apart, 0,
			    sizeof(oddities) / sizeof(*oddities));
	tcase_add_test(tcase, a_path_that_does_not_fit_names_nothing);
	tcase_add_test(tcase, the_value_of_a_key_is_found_in_a_query);
	suite_add_tcase(suite, tcase);
	return suite;
}
