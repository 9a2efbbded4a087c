/* SPDX-License-Identifier: MIT */
#include "link/capture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"
#include "base/vec.h"
#include "link/capture_private.h"
#include "sys/closer.h"
#include "sys/packet.h"

#define BUFFER_BYTES (16 << 20)

static void capture_unref_at(struct snet__capture **at)
{
	snet__capture_unref(*at);
}

/* What can be written to without waiting, and how, depends on what it is. */
static int set_out(struct snet__capture *capture, int fd, struct snet_err *err)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return snet__err_sys(err, -errno, "cannot write a capture to it");
	capture->is_socket_out = S_ISSOCK(stat.st_mode);
	capture->is_file_out = S_ISREG(stat.st_mode) || S_ISBLK(stat.st_mode);
	return 0;
}

static int set_filter(struct snet__capture *capture, const char *filter,
		      struct snet_err *err)
{
	if (!filter)
		return 0;
	capture->expression = strdup(filter);
	if (!capture->expression)
		return snet__err_oom(err);
	return snet__filter_new(&capture->filter, filter, err);
}

static struct snet__capture *make(const struct snet__capture_opts *opts)
{
	struct snet__capture *capture = calloc(1, sizeof(*capture));

	if (!capture)
		return NULL;
	atomic_store(&capture->users, 1);
	(void)pthread_mutex_init(&capture->mutex, NULL);
	(void)pthread_mutex_init(&capture->offering, NULL);
	capture->out = opts->fd;
	capture->is_own_out = opts->is_own;
	capture->snaplen = opts->snaplen && opts->snaplen < SNET__PACKET_MAX
				   ? opts->snaplen
				   : SNET__PACKET_MAX;
	capture->count = opts->count;
	capture->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	capture->room = malloc(SNET__PACKET_MAX);
	return capture;
}

int snet__capture_new(struct snet__capture **ret, const struct snet__capture_opts *opts,
		      struct snet_err *err)
{
	cleanup_with(capture_unref_at) struct snet__capture *capture = make(opts);
	int r;

	if (!capture) {
		if (opts->is_own)
			close(opts->fd);
		return snet__err_oom(err);
	}
	if (capture->wake < 0)
		return snet__err_sys(err, -errno, "cannot make an eventfd");
	if (!capture->room)
		return snet__err_oom(err);
	r = set_out(capture, opts->fd, err);
	if (r == 0)
		r = set_filter(capture, opts->filter, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(capture);
	return 0;
}

static void wake(const struct snet__capture *capture)
{
	(void)eventfd_write(capture->wake, 1); /* far from its limit */
}

static int add_iface(struct snet__capture *capture, const char *name,
		     const char *description, struct snet_err *err)
{
	struct snet__capture_iface *iface;
	int r;

	/* What was not taken yet is ours again, until it is offered together with this. */
	(void)pthread_mutex_lock(&capture->offering);
	capture->is_offered = false;
	(void)pthread_mutex_unlock(&capture->offering);
	r = snet__vec_reserve(&capture->added, &capture->added_cap,
			      capture->added_count + 1, sizeof(*iface), err);
	if (r < 0)
		return r;
	iface = &capture->added[capture->added_count++];
	*iface = (struct snet__capture_iface){.name = strdup(name),
					      .description = strdup(description),
					      .fd = -1};
	return iface->name && iface->description ? 0 : snet__err_oom(err);
}

int snet__capture_add_socket(struct snet__capture *capture,
			     const struct snet__capture_socket *socket,
			     struct snet_err *err)
{
	const struct snet__packet_opts opts = {.is_stamped = true,
					       .buffer_bytes = BUFFER_BYTES};
	struct snet__capture_iface *iface;
	autoclose int fd = -1;
	bool is_whole;
	int r;

	r = add_iface(capture, socket->name, socket->description, err);
	if (r == 0)
		r = snet__packet_open(&fd, socket->netns, &opts, err);
	if (r == 0 && capture->filter)
		r = snet__filter_attach(capture->filter, fd, err);
	is_whole = r > 0;
	if (r >= 0)
		r = snet__packet_bind(fd, socket->index, err);
	if (r < 0)
		return snet__err_prefix(err, r, "interface '%s'", socket->name);
	iface = &capture->added[capture->added_count - 1];
	iface->vlan = socket->vlan;
	iface->fd = steal_fd(&fd);
	iface->is_whole = is_whole;
	return 0;
}

int snet__capture_add_tap(struct snet__capture *capture, const char *const names[2],
			  const char *description, struct snet__tap **ret_tap,
			  struct snet_err *err)
{
	struct snet__filter *filter = NULL;
	struct snet__tap *tap;
	int r = 0;

	for (int i = 0; i < SNET__TAP_ENDS && r == 0; i++)
		r = add_iface(capture, names[i], description, err);
	if (r == 0 && capture->filter)
		filter = snet__filter_ref(capture->filter);
	if (r == 0)
		r = snet__tap_new(&tap, filter, capture->snaplen, SNET__TAP_BYTES, err);
	if (r < 0)
		return r;
	capture->added[capture->added_count - SNET__TAP_ENDS].tap = tap;
	*ret_tap = tap;
	return 0;
}

/* Of a switch there may be hundreds. */
static void close_ifaces(struct snet__capture_iface *ifaces, size_t count)
{
	struct snet__closer *closer = NULL;

	(void)snet__closer_new(&closer, NULL); /* else one after the other */
	for (size_t i = 0; i < count; i++) {
		if (closer)
			snet__closer_take(closer, steal_fd(&ifaces[i].fd));
		else
			snet__close_at(&ifaces[i].fd);
		ifaces[i].fd = -1;
		snet__tap_leave(ifaces[i].tap);
		ifaces[i].tap = NULL;
	}
	snet__closer_free(closer);
}

void snet__capture_offer(struct snet__capture *capture)
{
	(void)pthread_mutex_lock(&capture->offering);
	capture->is_held = false;
	capture->is_offered = !capture->is_closed;
	capture->former = capture->all;
	capture->all = capture->iface_count + capture->added_count;
	capture->offered_ns = snet__clock_wall_ns();
	if (capture->is_closed)
		close_ifaces(capture->added, capture->added_count);
	(void)pthread_mutex_unlock(&capture->offering);
	wake(capture);
}

void snet__capture_hold(struct snet__capture *capture, bool is_held)
{
	(void)pthread_mutex_lock(&capture->offering);
	capture->is_held = is_held;
	(void)pthread_mutex_unlock(&capture->offering);
	wake(capture);
}

int snet__capture_begin(struct snet__capture *capture, struct snet_err *err)
{
	int r;

	snet__capture_offer(capture);
	capture->offset_ns = snet__clock_wall_ns() - snet__clock_ns();
	r = snet__thread_start(&capture->thread, snet__capture_run, capture,
			       "snet-capture");
	if (r < 0)
		return snet__err_sys(err, r, "cannot start a thread");
	capture->is_running = true;
	return 0;
}

bool snet__capture_is_over(const struct snet__capture *capture)
{
	return atomic_load(&capture->is_over);
}

void snet__capture_ask_end(struct snet__capture *capture)
{
	atomic_store(&capture->is_stopping, true);
	wake(capture);
}

void snet__capture_end(struct snet__capture *capture)
{
	(void)pthread_mutex_lock(&capture->mutex);
	if (capture->is_running) {
		snet__capture_ask_end(capture);
		(void)pthread_join(capture->thread, NULL); /* it ends */
		capture->is_running = false;
	}
	(void)pthread_mutex_unlock(&capture->mutex);
}

int snet__capture_result(const struct snet__capture *capture,
			 struct snet_capture_counts *ret, struct snet_err *err)
{
	*ret = capture->counts;
	return capture->result < 0
		       ? snet__err_set(err, capture->result, "%s", capture->err.msg)
		       : 0;
}

void snet__capture_release(struct snet__capture *capture)
{
	(void)pthread_mutex_lock(&capture->offering);
	close_ifaces(capture->ifaces, capture->iface_count);
	if (capture->is_offered)
		close_ifaces(capture->added, capture->added_count);
	capture->is_closed = true;
	(void)pthread_mutex_unlock(&capture->offering);
	if (capture->is_own_out)
		snet__close_at(&capture->out);
	capture->out = -1;
	snet__pcapng_clear(&capture->pcapng);
}

void snet__capture_ref(struct snet__capture *capture)
{
	atomic_fetch_add(&capture->users, 1);
}

static void free_ifaces(struct snet__capture_iface *ifaces, size_t count)
{
	close_ifaces(ifaces, count);
	for (size_t i = 0; i < count; i++) {
		free(ifaces[i].name);
		free(ifaces[i].description);
	}
	free(ifaces);
}

void snet__capture_unref(struct snet__capture *capture)
{
	if (!capture || atomic_fetch_sub(&capture->users, 1) > 1)
		return;
	snet__capture_end(capture);
	snet__capture_release(capture);
	free_ifaces(capture->ifaces, capture->iface_count);
	free_ifaces(capture->added, capture->added_count);
	snet__filter_free(capture->filter);
	free(capture->expression);
	free(capture->polled);
	free(capture->room);
	snet__close_at(&capture->wake);
	(void)pthread_mutex_destroy(&capture->offering);
	(void)pthread_mutex_destroy(&capture->mutex);
	free(capture);
}
