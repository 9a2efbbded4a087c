/* SPDX-License-Identifier: MIT */
/* A capture's thread: it takes what its interfaces and its taps have, in turn, and writes it, until
 * it is to end, or nothing more can come or go. What it goes on with is appended to its interfaces,
 * whose numbers in the file stay what they are. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <snet/version.h>

#include "base/clock.h"
#include "base/vec.h"
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
	[1 + SNET__DROP_PMTU] = "larger than the path MTU",
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

/* All that it may stand for is looked at in each turn. */
static void heed(const struct snet__capture *capture)
{
	eventfd_t count;

	(void)eventfd_read(capture->wake, &count); /* it need not have been written */
}

/* Until it can be written to, or the end has come. */
static void wait_for_reader(struct snet__capture *capture)
{
	bool is_stopping = atomic_load(&capture->is_stopping);
	struct pollfd polled[] = {{.fd = capture->out, .events = POLLOUT},
				  {.fd = capture->wake, .events = POLLIN}};

	if (poll(polled, is_stopping ? 1 : 2, is_stopping ? PATIENCE_MS : -1) == 0)
		fail(capture, -ETIMEDOUT);
	heed(capture);
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

/* ---- What is captured. */

static void describe(struct snet__capture *capture, struct snet__capture_iface *iface)
{
	iface->since_ns = snet__clock_wall_ns();
	snet__pcapng_add_iface(&capture->pcapng,
			       &(const struct snet__pcapng_iface){
				       .name = iface->name,
				       .description = iface->description,
				       .filter = capture->expression,
				       .snaplen = capture->snaplen,
			       });
}

static int append_offered(struct snet__capture *capture, struct snet_err *err)
{
	size_t count = capture->iface_count + capture->added_count;
	int r;

	r = snet__vec_reserve(&capture->ifaces, &capture->iface_cap, count,
			      sizeof(*capture->ifaces), err);
	if (r == 0)
		r = snet__vec_reserve(&capture->polled, &capture->polled_cap, count + 2,
				      sizeof(*capture->polled), err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < capture->added_count; i++) {
		describe(capture, &capture->added[i]);
		capture->ifaces[capture->iface_count++] = capture->added[i];
	}
	capture->added_count = 0;
	capture->is_offered = false;
	for (size_t i = 0; i < capture->former; i++)
		if (!capture->ifaces[i].until_ns)
			capture->ifaces[i].until_ns = capture->offered_ns;
	/* Without their blocks the rest is worth nothing. */
	return capture->pcapng.has_failed ? snet__err_oom(err) : 0;
}

static void take_offer(struct snet__capture *capture)
{
	(void)pthread_mutex_lock(&capture->offering);
	if (capture->is_offered)
		capture->result = append_offered(capture, &capture->err);
	(void)pthread_mutex_unlock(&capture->offering);
}

static void end_tap(struct snet__capture_iface *ifaces)
{
	for (unsigned int i = 0; i < SNET__TAP_ENDS; i++)
		ifaces[i].missed += snet__tap_missed(ifaces->tap, i);
	snet__tap_leave(ifaces->tap);
	ifaces->tap = NULL;
}

static void end_socket(struct snet__capture_iface *iface)
{
	iface->missed += snet__packet_missed(iface->fd);
	snet__close_at(&iface->fd);
	iface->fd = -1;
	iface->is_down = false;
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
	length = snprintf(text, size, "%slost: %s", record->is_copy ? "copy " : "",
			  causes[record->cause]);
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

/* @first: the interface of the link's first end. */
static void add_record(struct snet__capture *capture, uint32_t first,
		       struct snet__tap_record *record)
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
			     .iface = first + record->end,
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
static bool take_tap(struct snet__capture *capture, uint32_t index)
{
	struct snet__tap *tap = capture->ifaces[index].tap;
	struct snet__tap_record *record;
	int n = 0;

	if (!tap)
		return false;
	snet__tap_heed(tap);
	while (n < BATCH && !is_full(capture) && (record = snet__tap_next(tap))) {
		add_record(capture, index, record);
		n++;
	}
	snet__tap_release(tap);
	if (snet__tap_is_over(tap))
		end_tap(&capture->ifaces[index]);
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

/* One that waits, if it is to be told: as snet__sniff_receive(). */
static int receive(struct snet__capture *capture, uint32_t index,
		   struct snet__sniffed *ret)
{
	int r = snet__sniff_receive(capture->ifaces[index].fd, capture->room,
				    SNET__PACKET_MAX, ret);
	uint64_t until_ns;

	if (r <= 0)
		return r;
	/* What it has come after may have been offered just now. */
	take_offer(capture);
	until_ns = capture->ifaces[index].until_ns;
	return !until_ns || ret->at_ns <= until_ns;
}

static bool take_socket(struct snet__capture *capture, uint32_t index)
{
	struct snet__capture_iface *iface;
	struct snet__sniffed sniffed;
	int n = 0, r = 1;

	while (capture->ifaces[index].fd >= 0 && n < BATCH && !is_full(capture)) {
		r = receive(capture, index, &sniffed);
		if (r == 0)
			break;
		if (r < 0) {
			/* It tells so once, before what has come until then. */
			capture->ifaces[index].is_down = true;
			continue;
		}
		add_sniffed(capture, index, &sniffed);
		n++;
	}
	iface = &capture->ifaces[index]; /* they may have moved */
	if (r == 0 &&
	    (iface->until_ns || (iface->is_down && snet__sniff_is_gone(iface->fd))))
		end_socket(iface);
	return n > 0;
}

static bool take_some(struct snet__capture *capture)
{
	bool ret = false;

	take_offer(capture);
	for (uint32_t i = 0; i < capture->iface_count; i++) {
		ret |= take_tap(capture, i);
		ret |= take_socket(capture, i);
	}
	return ret;
}

/* Nothing more can come. */
static bool is_dry(struct snet__capture *capture)
{
	bool ret;

	for (size_t i = 0; i < capture->iface_count; i++)
		if (capture->ifaces[i].fd >= 0 || capture->ifaces[i].tap)
			return false;
	(void)pthread_mutex_lock(&capture->offering);
	ret = !capture->is_offered && !capture->is_held;
	(void)pthread_mutex_unlock(&capture->offering);
	return ret;
}

static bool is_done(struct snet__capture *capture)
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
	polled[count++] = (struct pollfd){.fd = capture->wake, .events = POLLIN};
	for (size_t i = 0; i < capture->iface_count; i++) {
		const struct snet__capture_iface *iface = &capture->ifaces[i];

		polled[count++] =
			(struct pollfd){.fd = iface->tap ? snet__tap_fd(iface->tap)
							 : iface->fd,
					.events = POLLIN};
		if (iface->is_down)
			timeout_ms = LOOK_MS;
	}
	if (poll(polled, count, timeout_ms) > 0 && polled[0].revents)
		capture->is_gone = true;
	heed(capture);
}

/* ---- The thread. */

static void write_head(struct snet__capture *capture)
{
	char application[64];

	(void)snprintf(application, sizeof(application), "snet %s", snet_version());
	snet__pcapng_begin(&capture->pcapng, application);
	take_offer(capture);
	flush(capture);
}

static void count_missed(struct snet__capture *capture)
{
	for (size_t i = 0; i < capture->iface_count; i++) {
		struct snet__capture_iface *iface = &capture->ifaces[i];

		if (iface->tap)
			end_tap(iface);
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
						    .since_ns =
							    capture->ifaces[i].since_ns,
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
