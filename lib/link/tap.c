/* SPDX-License-Identifier: MIT */
/* A ring with one thread at each end. The one that adds writes behind @added, which is its own,
 * and makes that known by @published; the one that takes reads up to it, and gives room back by
 * @released. Positions only grow; their place in the ring is the rest of a division.
 *
 * The one that takes is woken only when it may have found nothing: it says what it has taken, then
 * looks once more; the other says what it has added, then looks whether all before it was taken.
 * Of the two one sees the other, since these four steps are in one order for both. */

#include "link/tap.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define ALIGNMENT 8

struct snet__tap {
	atomic_uint users;
	atomic_bool is_left, is_over;
	int wake;
	int alarm; /* of the one that adds, or -1: a copy, which outlives its owner's */
	struct snet__filter *filter;
	uint32_t snaplen;
	atomic_ullong missed[SNET__TAP_ENDS];
	atomic_ullong published, released;
	uint64_t added; /* of the thread that adds */
	uint64_t taken; /* of the thread that takes */
	size_t bytes;
	unsigned char *ring;
};

static void unref(struct snet__tap *tap)
{
	if (atomic_fetch_sub(&tap->users, 1) > 1)
		return;
	snet__close_at(&tap->wake);
	snet__close_at(&tap->alarm);
	snet__filter_free(tap->filter);
	free(tap->ring);
	free(tap);
}

int snet__tap_new(struct snet__tap **ret, struct snet__filter *filter, uint32_t snaplen,
		  size_t bytes, struct snet_err *err)
{
	struct snet__tap *tap = calloc(1, sizeof(*tap));

	if (!tap) {
		snet__filter_free(filter);
		return snet__err_oom(err);
	}
	tap->filter = filter;
	tap->snaplen = snaplen;
	tap->bytes = bytes;
	atomic_store(&tap->users, 1);
	tap->alarm = -1;
	tap->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	tap->ring = malloc(bytes);
	if (tap->wake < 0 || !tap->ring) {
		int r = tap->wake < 0 ? snet__err_sys(err, -errno, "an eventfd")
				      : snet__err_oom(err);

		unref(tap);
		return r;
	}
	atomic_store(&tap->users, 2);
	*ret = tap;
	return 0;
}

/* ---- Adding. */

int snet__tap_set_alarm(struct snet__tap *tap, int alarm, struct snet_err *err)
{
	tap->alarm = fcntl(alarm, F_DUPFD_CLOEXEC, 0);
	return tap->alarm < 0 ? snet__err_sys(err, -errno, "cannot copy an eventfd") : 0;
}

static struct snet__tap_record *place(const struct snet__tap *tap, uint64_t position)
{
	return (struct snet__tap_record *)(tap->ring + position % tap->bytes);
}

/* Records are not broken at the end of the ring: what is left there is filled. */
static struct snet__tap_record *find_room(struct snet__tap *tap, size_t room)
{
	uint64_t left = tap->bytes - tap->added % tap->bytes;
	uint64_t need = room > left ? left + room : room;
	uint64_t used =
		tap->added - atomic_load_explicit(&tap->released, memory_order_acquire);

	if (used + need > tap->bytes)
		return NULL;
	if (room > left) {
		struct snet__tap_record *filler = place(tap, tap->added);

		/* It may be less than a record: there is room for these two. */
		filler->room = (uint32_t)left;
		filler->size = 0;
		tap->added += left;
	}
	return place(tap, tap->added);
}

struct snet__tap_record *snet__tap_add(struct snet__tap *tap,
				       const struct snet__tap_record *what,
				       const void *frame, size_t size)
{
	size_t captured = size < tap->snaplen ? size : tap->snaplen, room;
	struct snet__tap_record *record;

	if (tap->filter && !snet__filter_matches_in(tap->filter, what->vlan, frame, size))
		return NULL;
	room = (sizeof(*record) + captured + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	record = find_room(tap, room);
	if (!record) {
		atomic_fetch_add_explicit(&tap->missed[what->end], 1,
					  memory_order_relaxed);
		return NULL;
	}
	*record = *what;
	record->room = (uint32_t)room;
	record->size = (uint32_t)size;
	record->captured = (uint32_t)captured;
	memcpy(record->data, frame, captured);
	tap->added += room;
	return record;
}

static void wake(const struct snet__tap *tap)
{
	(void)eventfd_write(tap->wake, 1); /* far from its limit */
}

void snet__tap_publish(struct snet__tap *tap)
{
	uint64_t before = atomic_load_explicit(&tap->published, memory_order_relaxed);

	if (before == tap->added)
		return;
	atomic_store(&tap->published, tap->added);
	if (atomic_load(&tap->released) == before)
		wake(tap);
}

bool snet__tap_is_left(const struct snet__tap *tap)
{
	return atomic_load(&tap->is_left);
}

void snet__tap_end(struct snet__tap *tap)
{
	snet__tap_publish(tap);
	atomic_store(&tap->is_over, true);
	wake(tap);
	unref(tap);
}

/* ---- Taking. */

int snet__tap_fd(const struct snet__tap *tap)
{
	return tap->wake;
}

void snet__tap_heed(struct snet__tap *tap)
{
	eventfd_t count;

	(void)eventfd_read(tap->wake, &count); /* it need not have been written */
}

struct snet__tap_record *snet__tap_next(struct snet__tap *tap)
{
	uint64_t published = atomic_load(&tap->published);
	struct snet__tap_record *record;

	while (tap->taken < published) {
		record = place(tap, tap->taken);
		tap->taken += record->room;
		if (record->size)
			return record;
	}
	return NULL;
}

void snet__tap_release(struct snet__tap *tap)
{
	atomic_store(&tap->released, tap->taken);
}

bool snet__tap_is_over(const struct snet__tap *tap)
{
	/* In this order: what was published before the end is seen. */
	return atomic_load(&tap->is_over) && atomic_load(&tap->published) == tap->taken;
}

uint64_t snet__tap_missed(const struct snet__tap *tap, unsigned int end)
{
	return atomic_load_explicit(&tap->missed[end], memory_order_relaxed);
}

void snet__tap_leave(struct snet__tap *tap)
{
	if (!tap)
		return;
	atomic_store(&tap->is_left, true);
	if (tap->alarm >= 0)
		(void)eventfd_write(tap->alarm, 1); /* far from its limit */
	unref(tap);
}
