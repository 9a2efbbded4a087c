/* SPDX-License-Identifier: MIT */
/* The frames by which an interface tells where its addresses are. */

#include <string.h>

#include "suite.h"
#include "sys/announcement.h"

static const unsigned char ipv6[16] = {0xfd, [12] = 10, 1, 2, 3};
static struct snet__announcement what;

static void set_up(void)
{
	what = (struct snet__announcement){
		.mac = {2, 0x77, 3, 4, 5, 6},
		.ipv4 = 0x0a010203,
		.ipv6 = ipv6,
	};
}

START_TEST(an_arp_announcement_asks_for_its_own_address_or_answers_itself)
{
	unsigned char wanted[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0x77, 3, 4, 5, 6, 8, 6, /* */
		0,    1,    8,    0,    6,    4,    0,  1,          /* a request */
		2,    0x77, 3,    4,    5,    6,    10, 1,    2, 3, /* from */
		0,    0,    0,    0,    0,    0,    10, 1,    2, 3, /* to */
	};
	unsigned char frame[SNET__ANNOUNCEMENT_ARP_BYTES];

	what.is_reply = _i;
	if (what.is_reply) {
		wanted[21] = 2;
		memcpy(wanted + 32, what.mac, 6);
	}
	snet__announcement_write_arp(frame, &what);
	ck_assert_mem_eq(frame, wanted, sizeof(wanted));
}
END_TEST

/* RFC 1071, of all that is summed: with the sum itself it is ~0. */
static unsigned int sum_of(const unsigned char *frame)
{
	/* The pseudo header's length and protocol. */
	unsigned int sum = 32 + 58;

	for (int i = 22; i < SNET__ANNOUNCEMENT_IPV6_BYTES; i += 2)
		sum += (unsigned int)frame[i] << 8 | frame[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

START_TEST(an_advertisement_overrides_and_says_whether_it_is_a_routers)
{
	const unsigned char flags = _i ? 0xa0 : 0x20;
	const unsigned char wanted[] =
		{
			0x33, 0x33, 0, 0,    0,     1,    2,  0x77,
			3,    4,    5, 6,    0x86,  0xdd,          /* Ethernet */
			0x60, 0,    0, 0,    0,     32,   58, 255, /* IPv6 */
			0xfd, 0,    0, 0,    0,     0,    0,  0,
			0,    0,    0, 0,    10,    1,    2,  3, /* from */
			0xff, 2,    0, 0,    0,     0,    0,  0,
			0,    0,    0, 0,    0,     0,    0,  1, /* to */
			136,  0,    0, 0,    flags, 0,    0,  0, /* overrides */
			0xfd, 0,    0, 0,    0,     0,    0,  0,
			0,    0,    0, 0,    10,    1,    2,  3, /* the target */
			2,    1,    2, 0x77, 3,     4,    5,  6,
		};
	unsigned char frame[SNET__ANNOUNCEMENT_IPV6_BYTES];

	_Static_assert(sizeof(wanted) == sizeof(frame), "");
	what.forwards = _i;
	snet__announcement_write_ipv6(frame, &what);
	ck_assert_uint_eq(sum_of(frame), 0xffff);
	memset(frame + 56, 0, 2);
	ck_assert_mem_eq(frame, wanted, sizeof(wanted));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("announcement");
	TCase *t = tcase_create("announcement");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_loop_test(
		t, an_arp_announcement_asks_for_its_own_address_or_answers_itself, 0, 2);
	tcase_add_loop_test(t,
			    an_advertisement_overrides_and_says_whether_it_is_a_routers,
			    0, 2);
	suite_add_tcase(s, t);
	return s;
}
