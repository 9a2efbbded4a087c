/* SPDX-License-Identifier: MIT */
/* A capture's thread: it takes what its interfaces and its tap have, in turn, and writes it, until
 * it is to end, or nothing more can come or go. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <snet/version.h>

#include "base/clock.h"
#include "link/capture_private.h"
#include "link/pipe.h"
#include "link/taps.h"
#include "sys/sniff.h"

/* Of one interface before the next has its turn. */
#define BATCH 256
/* One who is to end, and whose reader takes nothing more for so long, gives up. */
#define PATIENCE_MS 1000
/* How often an interface that is down is looked at. */
#define LOOK_MS 200

/* What was told as 1 and the cause: see struct snet__tap_record. */
static const char *const causes[] = {
	[1 + SNET__DROP_LOSS] = "loss",
	[1 + SNET__DROP_QUEUE] = "queue is full",
	[1 + SNET__DROP_CODEL] = "CoDel",
	[1 + SNET__DROP_DOWN] = "link is down",
	[1 + SNET__DROP_MEMORY] = "no memory",
	[1 + SNET__DROP_FAULT] = "a fault of the run",
	[SNET__TAPS_REFUSED] = "not taken by the other end",
};

/* ---- Writing. */

static ssize_t write_some(const struct snet__capture *capture, const void *data,
			  size_t size)
{
	struct pollfd polled = {.fd = capture->out, .events = POLLOUT};

	if (capture->is_socket_out)
		return send(capture->out, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (capture->is_file_out)
		return write(capture->out, data, size);
	/* A pipe that can be written to has room for so much. */
	if (poll(&polled, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(capture->out, data, size < PIPE_BUF ? size : PIPE_BUF);
}

static void fail(struct snet__capture *capture, int code)
{
	if (code == -EPIPE || code == -ECONNRESET)
		capture->is_gone = true;
	else
		capture->result =
			snet__err_sys(&capture->err, code, "cannot write the capture");
}

/* Until it can be written to, or the end has come. */
static void wait_for_reader(struct snet__capture *capture)
{
	bool is_stopping = atomic_load(&capture->is_stopping);
	struct pollfd polled[] = {{.fd = capture->out, .events = POLLOUT},
				  {.fd = capture->stop, .events = POLLIN}};

	if (poll(polled, is_stopping ? 1 : 2, is_stopping ? PATIENCE_MS : -1) == 0)
		fail(capture, -ETIMEDOUT);
}

static bool can_write(const struct snet__capture *capture)
{
	return capture->result == 0 && !capture->is_gone;
}

static void flush(struct snet__capture *capture)
{
	size_t done = 0;
	ssize_t n;

	while (done < capture->pcapng.size && can_write(capture)) {
		n = write_some(capture, capture->pcapng.data + done,
			       capture->pcapng.size - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			wait_for_reader(capture);
		else if (errno != EINTR)
			fail(capture, -errno);
	}
	capture->pcapng.size = 0;
}

/* ---- Taking. */

static bool is_full(const struct snet__capture *capture)
{
	return capture->count && capture->counts.packets >= capture->count;
}

static void add(struct snet__capture *capture, struct snet__pcapng_packet *packet)
{
	struct snet__capture_iface *iface = &capture->ifaces[packet->iface];

	packet->snaplen = capture->snaplen; /* a tag is a part of what is kept */
	snet__pcapng_add_packet(&capture->pcapng, packet);
	if (capture->pcapng.has_failed) {
		capture->pcapng.has_failed = false;
		iface->missed++;
		return;
	}
	iface->written++;
	capture->counts.packets++;
	capture->counts.lost += packet->comment != NULL;
}

/* "lost: CoDel, 12.345 ms after it came" */
static const char *comment_on(const struct snet__tap_record *record, char *text,
			      size_t size)
{
	int length;

	if (!record->cause)
		return NULL;
	length = snprintf(text, size, "lost: %s", causes[record->cause]);
	if (record->fate == SNET__TAP_LOST_LATER)
		(void)snprintf(text + length, size - (size_t)length,
			       ", %.3f ms after it came",
			       (double)(record->at_ns - record->came_ns) / 1e6);
	return text;
}

/* Where all of a frame is there its checksum can be. */
static void finish(void *data, size_t captured, size_t size,
		   const struct virtio_net_hdr *header)
{
	struct snet__packet_slot slot = {.header = *header,
					 .data = data,
					 .size = captured};

	if (captured == size)
		snet__packet_finish(&slot);
}

static void add_record(struct snet__capture *capture, struct snet__tap_record *record)
{
	/* As the nodes at the ends see it. */
	static const enum snet__pcapng_direction directions[] = {
		[SNET__TAP_CAME] = SNET__PCAPNG_OUT,
		[SNET__TAP_LEFT] = SNET__PCAPNG_IN,
		[SNET__TAP_LOST_LATER] = SNET__PCAPNG_UNKNOWN,
	};
	const struct virtio_net_hdr header = {
		.flags = record->csum_start ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.csum_start = record->csum_start,
		.csum_offset = record->csum_offset,
	};
	char text[128];

	finish(record->data, record->captured, record->size, &header);
	add(capture, &(struct snet__pcapng_packet){
			     .iface = capture->tap_iface + record->end,
			     .direction = directions[record->fate],
			     .at_ns = capture->offset_ns + record->at_ns,
			     .id = record->id,
			     .size = record->size,
			     .captured = record->captured,
			     .data = record->data,
			     .vlan = record->vlan,
			     .comment = comment_on(record, text, sizeof(text)),
		     });
}

/* Whether there was anything. */
static bool take_tap(struct snet__capture *capture)
{
	struct snet__tap_record *record;
	int n = 0;

	if (!capture->tap)
		return false;
	snet__tap_heed(capture->tap);
	while (n < BATCH && !is_full(capture) &&
	       (record = snet__tap_next(capture->tap))) {
		add_record(capture, record);
		n++;
	}
	snet__tap_release(capture->tap);
	return n > 0;
}

static void add_sniffed(struct snet__capture *capture, uint32_t iface,
			const struct snet__sniffed *sniffed)
{
	size_t size = sniffed->size, captured = size;

	if (captured > SNET__PACKET_MAX)
		captured = SNET__PACKET_MAX;
	if (capture->ifaces[iface].is_whole &&
	    !snet__filter_matches_in(capture->filter, capture->ifaces[iface].vlan,
				     capture->room, captured))
		return;
	finish(capture->room, captured, size, &sniffed->header);
	if (captured > capture->snaplen)
		captured = capture->snaplen;
	add(capture,
	    &(struct snet__pcapng_packet){
		    .iface = iface,
		    .direction = sniffed->is_leaving ? SNET__PCAPNG_OUT : SNET__PCAPNG_IN,
		    .at_ns = sniffed->at_ns,
		    .size = (uint32_t)size,
		    .captured = (uint32_t)captured,
		    .data = capture->room,
		    .vlan = capture->ifaces[iface].vlan,
	    });
}

static bool take_socket(struct snet__capture *capture, uint32_t index)
{
	struct snet__capture_iface *iface = &capture->ifaces[index];
	struct snet__sniffed sniffed;
	int n = 0, r = 1;

	while (iface->fd >= 0 && n < BATCH && !is_full(capture)) {
		r = snet__sniff_receive(iface->fd, capture->room, SNET__PACKET_MAX,
					&sniffed);
		if (r <= 0)
			break;
		add_sniffed(capture, index, &sniffed);
		n++;
	}
	if (n)
		iface->is_down = false;
	if (r < 0)
		iface->is_down = true;
	if (iface->is_down && iface->fd >= 0 && snet__sniff_is_gone(iface->fd)) {
		iface->missed += snet__packet_missed(iface->fd);
		snet__close_at(&iface->fd);
		iface->fd = -1;
		iface->is_down = false;
	}
	return n > 0;
}

static bool take_some(struct snet__capture *capture)
{
	bool ret = take_tap(capture);

	for (uint32_t i = 0; i < capture->iface_count; i++)
		ret |= take_socket(capture, i);
	return ret;
}

/* Nothing more can come. */
static bool is_dry(const struct snet__capture *capture)
{
	if (capture->tap)
		return snet__tap_is_over(capture->tap);
	for (size_t i = 0; i < capture->iface_count; i++)
		if (capture->ifaces[i].fd >= 0)
			return false;
	return true;
}

static bool is_done(const struct snet__capture *capture)
{
	return atomic_load(&capture->is_stopping) || is_full(capture) ||
	       !can_write(capture) || is_dry(capture);
}

/* Until there is something to take, or to be done. */
static void wait_for_packets(struct snet__capture *capture)
{
	struct pollfd *polled = capture->polled;
	nfds_t count = 0;
	int timeout_ms = -1;

	/* Of the reader only its end is of interest, which is told in any case. */
	polled[count++] = (struct pollfd){
		.fd = capture->is_file_out ? -1 : capture->out,
	};
	polled[count++] = (struct pollfd){.fd = capture->stop, .events = POLLIN};
	if (capture->tap)
		polled[count++] = (struct pollfd){.fd = snet__tap_fd(capture->tap),
						  .events = POLLIN};
	for (size_t i = 0; i < capture->iface_count; i++) {
		polled[count++] =
			(struct pollfd){.fd = capture->ifaces[i].fd, .events = POLLIN};
		if (capture->ifaces[i].is_down)
			timeout_ms = LOOK_MS;
	}
	if (poll(polled, count, timeout_ms) > 0 && polled[0].revents)
		capture->is_gone = true;
}

/* ---- The thread. */

static void write_head(struct snet__capture *capture)
{
	char application[64];

	(void)snprintf(application, sizeof(application), "snet %s", snet_version());
	snet__pcapng_begin(&capture->pcapng, application);
	for (size_t i = 0; i < capture->iface_count; i++)
		snet__pcapng_add_iface(&capture->pcapng,
				       &(const struct snet__pcapng_iface){
					       .name = capture->ifaces[i].name,
					       .description =
						       capture->ifaces[i].description,
					       .filter = capture->expression,
					       .snaplen = capture->snaplen,
				       });
	/* Without it the rest is worth nothing. */
	if (capture->pcapng.has_failed)
		capture->result = snet__err_oom(&capture->err);
	flush(capture);
}

static void count_missed(struct snet__capture *capture)
{
	for (uint32_t i = 0; i < SNET__TAP_ENDS && capture->tap; i++)
		capture->ifaces[capture->tap_iface + i].missed +=
			snet__tap_missed(capture->tap, i);
	for (size_t i = 0; i < capture->iface_count; i++) {
		struct snet__capture_iface *iface = &capture->ifaces[i];

		if (iface->fd >= 0)
			iface->missed += snet__packet_missed(iface->fd);
		capture->counts.missed += iface->missed;
	}
}

static void write_tail(struct snet__capture *capture)
{
	for (uint32_t i = 0; i < capture->iface_count; i++)
		snet__pcapng_add_statistics(&capture->pcapng,
					    &(const struct snet__pcapng_statistics){
						    .iface = i,
						    .since_ns = capture->since_ns,
						    .at_ns = snet__clock_wall_ns(),
						    .written = capture->ifaces[i].written,
						    .missed = capture->ifaces[i].missed,
					    });
	flush(capture);
}

/* What has come by the end, as far as it can be written soon. */
static void take_rest(struct snet__capture *capture)
{
	uint64_t until_ns = snet__clock_ns() + PATIENCE_MS * SNET__NS_PER_MS;

	while (can_write(capture) && !is_full(capture) && snet__clock_ns() < until_ns &&
	       take_some(capture))
		flush(capture);
}

void *snet__capture_run(void *user)
{
	struct snet__capture *capture = user;

	write_head(capture);
	while (!is_done(capture)) {
		if (!take_some(capture) && !is_dry(capture))
			wait_for_packets(capture);
		flush(capture);
	}
	take_rest(capture);
	count_missed(capture);
	write_tail(capture);
	snet__capture_release(capture);
	atomic_store(&capture->is_over, true);
	return NULL;
}
