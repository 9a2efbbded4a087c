/* SPDX-License-Identifier: MIT */
/* Guards: which packets they stop, and that they leave the others to what they would have met. */

#include <arpa/inet.h>
#include <string.h>

#include "io/filter.h"
#include "pipe_bed.h"
#include "suite.h"

#define PEER  0x0a000007u
#define OTHER 0x0a000008u

static struct bed *bed;

static void setup(void)
{
	const struct snet_impairment plain = {0};

	bed = bed_new(&plain);
}

static void teardown(void)
{
	bed_free(bed);
}

/* An Ethernet frame of @type to @to, whose address is @offset behind the header. */
static void push(unsigned int type, size_t offset, uint32_t to, bool is_tagged)
{
	unsigned char frame[100] = {0};
	size_t at = 12;

	if (is_tagged) {
		memcpy(frame + at, "\x81\x00\x00\x05", 4);
		at += 4;
	}
	frame[at] = (unsigned char)(type >> 8);
	frame[at + 1] = (unsigned char)type;
	to = htonl(to);
	memcpy(frame + at + 2 + offset, &to, sizeof(to));
	if (type == 0x86dd)
		memcpy(frame + at + 2 + 24, "\xfd\0\0\1\0\0\0\0\0\0\0\0", 12);
	bed_push_data(bed, frame, sizeof(frame));
}

#define IPV4(to) push(0x0800, 16, to, false)

START_TEST(only_packets_to_a_peer_are_stopped)
{
	static const uint32_t peers[] = {1, PEER, 0x0a0000ff};
	struct snet__guard guard = {.peers = peers,
				    .peer_count = 3,
				    .first = 1,
				    .count = UINT64_MAX};

	snet__pipe_add_guard(bed->pipe, &guard);
	IPV4(PEER);
	IPV4(OTHER);
	push(0x0800, 16, PEER, true);
	push(0x0800, 16, OTHER, true);
	push(0x0806, 24, PEER, false); /* ARP: who has it? */
	push(0x0806, 24, OTHER, false);
	push(0x86dd, 36, PEER, false); /* the lab has no IPv6 */
	bed_push(bed, 14);
	bed_drain(bed);
	ck_assert_uint_eq(bed->dropped[SNET__DROP_FAULT], 3);
	ck_assert_uint_eq(bed->out_count, 5);
	ck_assert_uint_eq(guard.stopped, 3);
	snet__pipe_remove_guard(bed->pipe, &guard);
	IPV4(PEER);
	bed_drain(bed);
	ck_assert_uint_eq(bed->out_count, 6);
	ck_assert_uint_eq(bed_counts(bed)->lost[SNET__DROP_FAULT], 3);
}
END_TEST

START_TEST(an_ipv6_address_of_the_lab_is_that_of_its_peer)
{
	static const uint32_t peers[] = {PEER};
	static const unsigned char prefix[16] = {0xfd, 0, 0, 1};
	static const unsigned char foreign[16] = {0xfd, 0, 0, 2};
	struct snet__guard guard = {.peers = peers,
				    .peer_count = 1,
				    .ipv6 = prefix,
				    .first = 1,
				    .count = UINT64_MAX};

	snet__pipe_add_guard(bed->pipe, &guard);
	push(0x86dd, 36, PEER, false);
	push(0x86dd, 36, OTHER, false);
	guard.ipv6 = foreign;
	push(0x86dd, 36, PEER, false);
	bed_drain(bed);
	ck_assert_uint_eq(guard.stopped, 1);
	ck_assert_uint_eq(bed->out_count, 2);
}
END_TEST

START_TEST(a_window_of_what_matches_a_filter_is_stopped)
{
	struct snet__filter *filter;
	struct snet_err err = {0};
	struct snet__guard guard = {.first = 3, .count = 2};

	if (!snet__filter_version())
		return;
	ck_assert_msg(snet__filter_new(&filter, "ip dst 10.0.0.7", &err) == 0, "%s",
		      err.msg);
	guard.filter = filter;
	snet__pipe_add_guard(bed->pipe, &guard);
	for (int i = 0; i < 6; i++) {
		bed_advance(bed, bed->now_ns + MS);
		push(0x0800, 16, OTHER, false);
		push(0x0800, 16, PEER, false);
	}
	bed_drain(bed);
	ck_assert_uint_eq(guard.seen, 6);
	ck_assert_uint_eq(guard.stopped, 2);
	ck_assert_uint_eq(guard.first_ns, 3 * MS);
	ck_assert_uint_eq(guard.last_ns, 4 * MS);
	ck_assert_uint_eq(bed->out_count, 10);
	snet__filter_free(filter);
}
END_TEST

START_TEST(several_guards_each_see_what_those_before_let_pass)
{
	struct snet__guard first = {.first = 1, .count = 1};
	struct snet__guard second = {.first = 1, .count = 1};

	snet__pipe_add_guard(bed->pipe, &first);
	snet__pipe_add_guard(bed->pipe, &second);
	for (int i = 0; i < 5; i++)
		bed_push(bed, 100);
	bed_drain(bed);
	ck_assert_uint_eq(first.seen, 5);
	ck_assert_uint_eq(second.seen, 4);
	ck_assert_uint_eq(bed->out_count, 3);
	snet__pipe_remove_guard(bed->pipe, &first);
	bed_push(bed, 100);
	ck_assert_uint_eq(second.seen, 5);
	snet__pipe_remove_guard(bed->pipe, &second);
	snet__pipe_remove_guard(bed->pipe, &second); /* it is there no more */
}
END_TEST

START_TEST(what_is_stopped_takes_no_decision)
{
	const struct snet_impairment lossy = {.loss = 0.5};
	struct snet__guard guard = {.first = 11, .count = 10};
	struct bed *guarded = bed_new(&lossy), *free_bed = bed_new(&lossy);

	snet__pipe_add_guard(guarded->pipe, &guard);
	for (int i = 0; i < 100; i++)
		bed_push(guarded, 100);
	for (int i = 0; i < 90; i++)
		bed_push(free_bed, 100);
	ck_assert(bed_decided_as(guarded, free_bed));
	bed_free(free_bed);
	bed_free(guarded);
}
END_TEST

/* The guard counts it, and chance is not asked about what the guard stops. */
START_TEST(one_without_memory_does_not_change_what_others_meet)
{
	const struct snet_impairment lossy = {.loss = 0.5};
	struct snet__guard guard = {.first = 11, .count = 10}, scarce_guard = guard;
	struct bed *guarded = bed_new(&lossy), *scarce = bed_new(&lossy);

	snet__pipe_add_guard(guarded->pipe, &guard);
	snet__pipe_add_guard(scarce->pipe, &scarce_guard);
	for (int i = 0; i < 100; i++) {
		bed_push(guarded, 100);
		if (i % 3)
			bed_push(scarce, 100);
		else
			bed_refuse(scarce, 100);
	}
	ck_assert_uint_eq(scarce_guard.seen, guard.seen);
	ck_assert_uint_eq(scarce_guard.stopped, guard.stopped);
	ck_assert(bed_decided_as(guarded, scarce));
	ck_assert_uint_eq(bed_counts(scarce)->lost[SNET__DROP_MEMORY], 34);
	bed_free(scarce);
	bed_free(guarded);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("guard");
	TCase *tcase = tcase_create("guard");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, only_packets_to_a_peer_are_stopped);
	tcase_add_test(tcase, an_ipv6_address_of_the_lab_is_that_of_its_peer);
	tcase_add_test(tcase, a_window_of_what_matches_a_filter_is_stopped);
	tcase_add_test(tcase, several_guards_each_see_what_those_before_let_pass);
	tcase_add_test(tcase, what_is_stopped_takes_no_decision);
	tcase_add_test(tcase, one_without_memory_does_not_change_what_others_meet);
	suite_add_tcase(suite, tcase);
	return suite;
}
