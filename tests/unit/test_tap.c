/* SPDX-License-Identifier: MIT */
/* The ring between the thread that moves packets and one that captures them. */

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "link/taps.h"
#include "suite.h"
#include "wait.h"

#define BYTES 4096

static struct snet__tap *tap;

static void set_up(void)
{
	ck_assert_int_eq(snet__tap_new(&tap, NULL, 64, BYTES, NULL), 0);
}

static bool is_readable(void)
{
	struct pollfd polled = {.fd = snet__tap_fd(tap), .events = POLLIN};

	return poll(&polled, 1, 0) == 1;
}

/* A frame full of @number, of a size that depends on it. */
static struct snet__tap_record *add(uint64_t number)
{
	const struct snet__tap_record what = {.end = 1, .id = number};
	unsigned char frame[100];
	size_t size = 14 + number % 80;

	memset(frame, (int)(number % 251), size);
	return snet__tap_add(tap, &what, frame, size);
}

static bool is_right(const struct snet__tap_record *record)
{
	size_t size = 14 + record->id % 80, captured = size < 64 ? size : 64;
	bool ret = record->size == size && record->captured == captured;

	for (size_t i = 0; i < captured && ret; i++)
		ret = record->data[i] == record->id % 251;
	return ret;
}

START_TEST(records_come_in_order_once_they_are_published)
{
	struct snet__tap_record *record;

	ck_assert_ptr_nonnull(add(1));
	ck_assert_ptr_nonnull(add(2));
	ck_assert(!is_readable());
	ck_assert_ptr_null(snet__tap_next(tap));
	snet__tap_publish(tap);
	ck_assert(is_readable());
	snet__tap_heed(tap);
	ck_assert(!is_readable());
	for (uint64_t i = 1; i <= 2; i++) {
		record = snet__tap_next(tap);
		ck_assert_ptr_nonnull(record);
		ck_assert_uint_eq(record->id, i);
		ck_assert(is_right(record));
	}
	ck_assert_ptr_null(snet__tap_next(tap));
	snet__tap_release(tap);
	snet__tap_leave(tap);
	ck_assert(snet__tap_is_left(tap));
	snet__tap_end(tap);
}
END_TEST

START_TEST(what_finds_no_room_is_counted)
{
	uint64_t count = 0;

	while (add(count + 1))
		count++;
	ck_assert_uint_gt(count, 20);
	ck_assert_ptr_null(add(0));
	ck_assert_uint_eq(snet__tap_missed(tap, 1), 2);
	ck_assert_uint_eq(snet__tap_missed(tap, 0), 0);
	snet__tap_publish(tap);
	for (uint64_t i = 1; i <= count; i++)
		ck_assert_uint_eq(snet__tap_next(tap)->id, i);
	snet__tap_release(tap);
	ck_assert_ptr_nonnull(add(0));
	snet__tap_end(tap);
	ck_assert(!snet__tap_is_over(tap));
	ck_assert_ptr_nonnull(snet__tap_next(tap));
	ck_assert(snet__tap_is_over(tap));
	ck_assert(is_readable());
	snet__tap_leave(tap);
}
END_TEST

START_TEST(one_more_thing_can_be_said_until_then)
{
	const struct snet__tap_record what = {.end = 0, .id = 5};
	struct snet__packet_slot slot = {.data = (char[64]){0}, .size = 64};
	struct snet__taps taps = {0};
	struct snet__tap_record *record;

	ck_assert_int_eq(snet__taps_add(&taps, tap, NULL), 0);
	slot.header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	slot.header.csum_start = 34;
	slot.header.csum_offset = 6;
	snet__taps_arrive(&taps, &what, &slot);
	snet__taps_lose_arrived(&taps, 1 + SNET__DROP_QUEUE);
	snet__taps_publish(&taps);
	record = snet__tap_next(tap);
	ck_assert_uint_eq(record->cause, 1 + SNET__DROP_QUEUE);
	ck_assert_uint_eq(record->csum_start, 34);
	ck_assert_uint_eq(record->csum_offset, 6);
	/* Who has left is told no more. */
	snet__tap_leave(tap);
	snet__taps_publish(&taps);
	ck_assert_uint_eq(taps.count, 0);
}
END_TEST

START_TEST(a_link_is_captured_so_many_times)
{
	struct snet__tap *more[SNET__TAPS_MAX];
	struct snet__taps taps = {0};

	for (int i = 0; i < SNET__TAPS_MAX; i++) {
		ck_assert_int_eq(snet__tap_new(&more[i], NULL, 64, BYTES, NULL), 0);
		ck_assert_int_eq(snet__taps_add(&taps, more[i], NULL), 0);
	}
	ck_assert_int_eq(snet__taps_add(&taps, tap, NULL), -EBUSY);
	snet__tap_leave(more[3]);
	ck_assert_int_eq(snet__taps_add(&taps, tap, NULL), 0);
	snet__taps_end(&taps);
	for (int i = 0; i < SNET__TAPS_MAX; i++)
		if (i != 3)
			snet__tap_leave(more[i]);
	ck_assert(snet__tap_is_over(tap));
	snet__tap_leave(tap);
}
END_TEST

#define MANY 200000

struct tally {
	uint64_t count, last;
	bool is_wrong;
};

static void take_all(struct tally *tally)
{
	struct snet__tap_record *record;

	snet__tap_heed(tap);
	while ((record = snet__tap_next(tap))) {
		tally->is_wrong |= record->id <= tally->last || !is_right(record);
		tally->last = record->id;
		tally->count++;
	}
	snet__tap_release(tap);
}

/* Sleeps whenever there is nothing, so that a wake-up that is lost would be for ever. */
static void *take(void *user)
{
	struct tally *tally = user;
	uint64_t before;

	while (!snet__tap_is_over(tap)) {
		before = tally->count;
		take_all(tally);
		if (tally->count == before && !wait_readable(snet__tap_fd(tap)))
			tally->is_wrong = true;
		if (tally->is_wrong)
			break;
	}
	return NULL;
}

START_TEST(two_threads_lose_nothing_that_is_not_counted)
{
	struct tally tally = {0};
	uint64_t added = 0;
	pthread_t taker;

	ck_assert_int_eq(pthread_create(&taker, NULL, take, &tally), 0);
	for (uint64_t i = 1; i <= MANY; i++) {
		added += add(i) != NULL;
		if (i % 7 == 0)
			snet__tap_publish(tap);
	}
	snet__tap_end(tap);
	ck_assert_int_eq(pthread_join(taker, NULL), 0);
	ck_assert(!tally.is_wrong);
	ck_assert_uint_eq(tally.count, added);
	ck_assert_uint_eq(added + snet__tap_missed(tap, 1), MANY);
	snet__tap_leave(tap);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("tap");
	TCase *t = tcase_create("tap");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, records_come_in_order_once_they_are_published);
	tcase_add_test(t, what_finds_no_room_is_counted);
	tcase_add_test(t, one_more_thing_can_be_said_until_then);
	tcase_add_test(t, a_link_is_captured_so_many_times);
	tcase_add_test(t, two_threads_lose_nothing_that_is_not_counted);
	suite_add_tcase(s, t);
	return s;
}
