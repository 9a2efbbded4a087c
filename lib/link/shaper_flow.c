/* SPDX-License-Identifier: MIT */
/* What packets go through: from the socket where they arrive into a pipe, and from there to the
 * socket by which they leave; captures are told. */

#include <string.h>

#include "base/clock.h"
#include "link/shaper_private.h"

/* ---- Captures. */

/* Both ways of a link number their packets. */
static uint64_t name_packet(const struct snet__way *way, uint64_t number)
{
	return number << 1 | way->from;
}

static void tell_arrival(const struct snet__end *end,
			 const struct snet__packet_slot *slot, uint64_t at_ns)
{
	struct snet__way *way = end->way;
	const struct snet__tap_record what = {
		.vlan = end->vlan,
		.end = way->from,
		.fate = SNET__TAP_CAME,
		.at_ns = at_ns,
		.came_ns = at_ns,
		.id = name_packet(way, snet__pipe_counts(way->pipe)->in_packets + 1),
	};

	snet__taps_arrive(way->taps, &what, slot);
}

static void tell_departure(struct snet__way *way, const struct snet__buffer *buffer,
			   uint64_t at_ns)
{
	const struct snet__packet *packet = &buffer->packet;
	bool is_refused = buffer->slot.is_refused;
	const struct snet__tap_record what = {
		.vlan = packet->vlan,
		.end = is_refused ? way->from : !way->from,
		.fate = is_refused ? SNET__TAP_LOST_LATER : SNET__TAP_LEFT,
		.cause = is_refused ? SNET__TAPS_REFUSED : 0,
		.is_copy = packet->is_copy,
		.at_ns = at_ns,
		.came_ns = packet->arrived_ns,
		.id = name_packet(way, packet->number),
	};

	snet__taps_tell(way->taps, &what, &buffer->slot);
}

static void tell_loss(struct snet__way *way, const struct snet__packet *packet,
		      enum snet__drop cause)
{
	const struct snet__tap_record what = {
		.vlan = packet->vlan,
		.end = way->from,
		.fate = SNET__TAP_LOST_LATER,
		.cause = (unsigned char)(1 + cause),
		.is_copy = packet->is_copy,
		.at_ns = snet__clock_ns(),
		.came_ns = packet->arrived_ns,
		.id = name_packet(way, packet->number),
	};

	if (packet == way->arriving)
		snet__taps_lose_arrived(way->taps, 1 + cause);
	else
		snet__taps_tell(way->taps, &what, &snet__buffer_of(packet)->slot);
}

/* ---- Packets. */

static struct snet__packet *copy_packet(void *user, const struct snet__packet *packet)
{
	struct snet__way *way = user;

	return snet__buffers_copy(way->thread->buffers, packet);
}

static void drop_packet(void *user, struct snet__packet *packet, enum snet__drop cause)
{
	struct snet__way *way = user;

	if (way->taps->count)
		tell_loss(way, packet, cause);
	snet__buffers_put(way->thread->buffers, snet__buffer_of(packet));
}

/* What may be changed must be whole. */
static void change_packet(void *user, struct snet__packet *packet)
{
	(void)user;
	snet__packet_finish(&snet__buffer_of(packet)->slot);
}

static void write_decision(void *user, const struct snet__decision *decision)
{
	const struct snet__way *way = user;

	snet__sheet_add(way->sheet, decision);
}

const struct snet__pipe_ops snet__shaper_ops = {
	.copy = copy_packet,
	.drop = drop_packet,
	.change = change_packet,
};
const struct snet__pipe_ops snet__shaper_written_ops = {
	.copy = copy_packet,
	.drop = drop_packet,
	.change = change_packet,
	.decided = write_decision,
};

void snet__shaper_schedule(struct snet__way *way)
{
	snet__heap_set(&way->thread->due, &way->item, snet__pipe_next_ns(way->pipe));
}

/* Those to the same end, in the order in which they are due. */
static void send_batch(struct snet__way *way, struct snet__buffer **batch, size_t count)
{
	struct snet__packet_slot *slots[SNET__PACKET_BATCH] = {NULL};
	uint64_t sent_ns, there_ns;

	if (!count)
		return;
	/* Before: whoever receives them may answer before this thread goes on. */
	sent_ns = snet__clock_ns();
	for (size_t i = 0; i < count; i++)
		slots[i] = &batch[i]->slot;
	way->refused += snet__packet_send(batch[0]->out, slots, count);
	there_ns = snet__clock_ns();
	if (count == 1 && !slots[0]->is_refused &&
	    batch[0]->packet.due_ns > batch[0]->packet.arrived_ns) {
		snet__shaper_learn_lead(way->thread, there_ns - sent_ns);
		there_ns = sent_ns + (there_ns - sent_ns) / 2;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t due_ns = batch[i]->packet.due_ns;

		if (way->taps->count)
			tell_departure(way, batch[i], sent_ns);
		/* What was not to wait is not late. */
		if (due_ns > batch[i]->packet.arrived_ns)
			snet__histogram_add(&way->thread->lateness,
					    there_ns > due_ns ? there_ns - due_ns : 0);
		snet__buffers_put(way->thread->buffers, batch[i]);
	}
}

void snet__shaper_send_due(struct snet__way *way, uint64_t now_ns)
{
	struct snet__buffer *batch[SNET__PACKET_BATCH], *buffer;
	struct snet__packet *packet;
	size_t count = 0;

	while ((packet = snet__pipe_pop(way->pipe, now_ns))) {
		buffer = snet__buffer_of(packet);
		if (count == SNET__PACKET_BATCH ||
		    (count && batch[0]->out != buffer->out)) {
			send_batch(way, batch, count);
			count = 0;
		}
		batch[count++] = buffer;
	}
	send_batch(way, batch, count);
	snet__taps_publish(way->taps);
	snet__shaper_schedule(way);
}

/* A frame that waits has a buffer of its own size; one that is large, or passes at once, keeps the
 * one that it is in. */
static struct snet__buffer *keep(struct snet__way *way, struct snet__buffer **at)
{
	struct snet__buffer *kept = *at;
	struct snet__buffer *fresh =
		snet__buffers_get(way->thread->buffers, &way->share,
				  way->is_plain ? kept->room : kept->slot.size);

	if (!fresh)
		return NULL;
	if (fresh->room >= kept->room) {
		snet__buffers_swap(kept, fresh);
		*at = fresh;
		return kept;
	}
	fresh->slot.header = kept->slot.header;
	fresh->slot.arrived_ns = kept->slot.arrived_ns;
	fresh->slot.size = kept->slot.size;
	memcpy(fresh->slot.data, kept->slot.data, kept->slot.size);
	return fresh;
}

static void measure(struct snet__buffer *buffer, const struct snet__end *end,
		    const struct snet__packet_cut *cut)
{
	buffer->packet.size = (uint32_t)buffer->slot.size;
	buffer->packet.wire_bytes = cut->wire_bytes;
	buffer->packet.segments = cut->segments;
	buffer->packet.largest_bytes = cut->largest_bytes;
	buffer->packet.vlan = end->vlan;
}

static void push(struct snet__end *end, struct snet__buffer **at)
{
	struct snet__way *way = end->way;
	struct snet__packet_cut cut = snet__packet_cut(&(*at)->slot);
	uint64_t arrived_ns = (*at)->slot.arrived_ns;
	struct snet__buffer *buffer;

	/* Stamps of several ends may be out of order. */
	if (arrived_ns < way->last_ns)
		arrived_ns = way->last_ns;
	way->last_ns = arrived_ns;
	if (way->is_plain)
		way->thread->plain_at_ns = arrived_ns;
	if (way->taps->count)
		tell_arrival(end, &(*at)->slot, arrived_ns);
	buffer = keep(way, at);
	if (!buffer) {
		snet__taps_lose_arrived(way->taps, 1 + SNET__DROP_MEMORY);
		measure(*at, end, &cut);
		snet__pipe_refuse(way->pipe, arrived_ns, &(*at)->packet);
		return;
	}
	buffer->out = end->out;
	measure(buffer, end, &cut);
	way->arriving = &buffer->packet;
	snet__pipe_push(way->pipe, arrived_ns, &buffer->packet);
	way->arriving = NULL;
}

void snet__shaper_take_in(struct snet__end *end)
{
	struct snet__packet_slot slots[SNET__PACKET_BATCH];
	struct snet__shaper_thread *thread = end->way->thread;
	struct snet__way *way = end->way;
	size_t count;

	for (size_t i = 0; i < SNET__PACKET_BATCH; i++)
		slots[i] =
			(struct snet__packet_slot){.data = thread->incoming[i]->slot.data,
						   .size = thread->incoming[i]->room};
	count = snet__packet_receive(end->fd, slots, SNET__PACKET_BATCH,
				     !way->is_plain || way->taps->count > 0);
	for (size_t i = 0; i < count; i++)
		thread->incoming[i]->slot = slots[i];
	for (size_t i = 0; i < count; i++)
		push(end, &thread->incoming[i]);
	snet__shaper_send_due(way, snet__clock_ns());
}
