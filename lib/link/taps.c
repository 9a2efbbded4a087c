/* SPDX-License-Identifier: MIT */
#include "link/taps.h"

static void remove_at(struct snet__taps *taps, size_t at)
{
	snet__tap_end(taps->items[at]);
	taps->items[at] = taps->items[--taps->count];
}

void snet__taps_remove_left(struct snet__taps *taps)
{
	for (size_t i = taps->count; i-- > 0;)
		if (snet__tap_is_left(taps->items[i]))
			remove_at(taps, i);
}

int snet__taps_add(struct snet__taps *taps, struct snet__tap *tap, struct snet_err *err)
{
	snet__taps_remove_left(taps);
	if (taps->count == SNET__TAPS_MAX)
		return snet__err_set(err, -EBUSY, "it is captured %d times already",
				     SNET__TAPS_MAX);
	taps->items[taps->count++] = tap;
	return 0;
}

void snet__taps_end(struct snet__taps *taps)
{
	while (taps->count)
		remove_at(taps, taps->count - 1);
}

/* What is told of @slot, whose checksum may have been left to the hardware. */
static void describe(struct snet__tap_record *ret, const struct snet__tap_record *what,
		     const struct snet__packet_slot *slot)
{
	*ret = *what;
	if (!(slot->header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	ret->csum_start = slot->header.csum_start;
	ret->csum_offset = slot->header.csum_offset;
}

void snet__taps_arrive(struct snet__taps *taps, const struct snet__tap_record *what,
		       const struct snet__packet_slot *slot)
{
	struct snet__tap_record record;

	describe(&record, what, slot);
	for (size_t i = 0; i < taps->count; i++)
		taps->arrived[i] =
			snet__tap_add(taps->items[i], &record, slot->data, slot->size);
}

void snet__taps_lose_arrived(struct snet__taps *taps, unsigned int cause)
{
	for (size_t i = 0; i < taps->count; i++)
		if (taps->arrived[i])
			taps->arrived[i]->cause = (unsigned char)cause;
}

void snet__taps_tell(struct snet__taps *taps, const struct snet__tap_record *what,
		     const struct snet__packet_slot *slot)
{
	struct snet__tap_record record;

	describe(&record, what, slot);
	for (size_t i = 0; i < taps->count; i++)
		(void)snet__tap_add(taps->items[i], &record, slot->data, slot->size);
}

void snet__taps_publish(struct snet__taps *taps)
{
	for (size_t i = 0; i < taps->count; i++)
		snet__tap_publish(taps->items[i]);
	snet__taps_remove_left(taps);
}
