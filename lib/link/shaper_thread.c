/* SPDX-License-Identifier: MIT */
/* A thread, and its time.
 *
 * A packet is due when it is to be at the other end. The kernel, whose caches are cold when a packet
 * has waited, takes ten microseconds and more to carry it there; it is there about half-way through
 * the call that sends it. So it is to be sent that long before.
 *
 * When that is for the next packet is known, but a thread that sleeps until then wakes later: by 50 us
 * at the median, by 0.4 ms once in a hundred times. So it sleeps until shortly before, and polls
 * for the rest, as long as that takes no more than a part of its time. How long before follows from
 * how late it has woken up to now. It polls as well for a moment after packets came, since often
 * more do.
 *
 * When there is so much to do that it hardly sleeps, and all packets are to wait for some time
 * anyhow, it does not wake for each: the kernel has noted when they came. */

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"
#include "link/shaper_private.h"

#define EVENTS 64

/* Polling: at most this part of the time; what was not used can be saved for this long. */
#define POLL_SHARE    5 /* a fifth */
#define POLL_SAVED_NS (20 * SNET__NS_PER_MS)
/* How long before: what 49 of 50 wake-ups keep, by a step up for 49 down; and what 499 of 500 keep,
 * while much of the time for polling is left. */
#define MARGIN_MIN_NS   (30 * SNET__NS_PER_US)
#define MARGIN_MAX_NS   (1000 * SNET__NS_PER_US)
#define MARGIN_START_NS (125 * SNET__NS_PER_US)
#define MARGIN_STEP_NS  SNET__NS_PER_US
static const uint64_t margin_odds[] = {
	[SNET__MARGIN_THRIFTY] = 49,
	[SNET__MARGIN_WIDE] = 499,
};

/* The median, by steps; more is no machine's usual time. */
#define LEAD_STEP_NS 100
#define LEAD_MAX_NS  (25 * SNET__NS_PER_US)

/* More packets are waited for so long by polling. */
#define POLL_AFTER_NS (40 * SNET__NS_PER_US)

/* Batches begin when the thread was busy for this part of a window, and end below that. */
#define WINDOW_NS        (50 * SNET__NS_PER_MS)
#define BATCH_FROM       2 /* a half */
#define BATCH_TO         5 /* a fifth */
#define BATCH_NS         (100 * SNET__NS_PER_US)
#define BATCH_PATIENT_NS (100 * SNET__NS_PER_MS) /* since a packet was to pass at once */

/* ---- Time. */

static void refill(struct snet__shaper_thread *thread, uint64_t now_ns)
{
	thread->saved_ns += (now_ns - thread->saved_at_ns) / POLL_SHARE;
	if (thread->saved_ns > POLL_SAVED_NS)
		thread->saved_ns = POLL_SAVED_NS;
	thread->saved_at_ns = now_ns;
}

static int poll_until(struct snet__shaper_thread *thread, struct epoll_event *events,
		      uint64_t due_ns, uint64_t now_ns)
{
	uint64_t begin_ns = now_ns, spent_ns;
	int n = 0;

	while (n == 0 && now_ns < due_ns && now_ns - begin_ns < thread->saved_ns) {
		n = epoll_wait(thread->epoll, events, EVENTS, 0);
		now_ns = snet__clock_ns();
	}
	spent_ns = now_ns - begin_ns;
	thread->saved_ns -= spent_ns < thread->saved_ns ? spent_ns : thread->saved_ns;
	thread->idle_ns += spent_ns;
	return n;
}

static void learn(struct snet__shaper_thread *thread, uint64_t late_ns)
{
	for (int i = 0; i < SNET__MARGINS; i++) {
		uint64_t *margin_ns = &thread->margins_ns[i];

		if (late_ns > *margin_ns)
			*margin_ns += MARGIN_STEP_NS * margin_odds[i];
		else
			*margin_ns -= MARGIN_STEP_NS;
		if (*margin_ns < MARGIN_MIN_NS)
			*margin_ns = MARGIN_MIN_NS;
		if (*margin_ns > MARGIN_MAX_NS)
			*margin_ns = MARGIN_MAX_NS;
	}
}

static uint64_t margin_of(const struct snet__shaper_thread *thread)
{
	return thread
		->margins_ns[thread->saved_ns > POLL_SAVED_NS / 2 ? SNET__MARGIN_WIDE
								  : SNET__MARGIN_THRIFTY];
}

void snet__shaper_learn_lead(struct snet__shaper_thread *thread, uint64_t took_ns)
{
	uint64_t half_ns = took_ns / 2;

	if (half_ns < thread->lead_ns)
		thread->lead_ns -= LEAD_STEP_NS;
	else if (half_ns > thread->lead_ns && thread->lead_ns < LEAD_MAX_NS)
		thread->lead_ns += LEAD_STEP_NS;
}

static int sleep_until(struct snet__shaper_thread *thread, struct epoll_event *events,
		       uint64_t due_ns, uint64_t now_ns)
{
	uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	const struct timespec timeout = {.tv_sec = (time_t)(left_ns / SNET__NS_PER_S),
					 .tv_nsec = (long)(left_ns % SNET__NS_PER_S)};
	int n;

	n = epoll_pwait2(thread->epoll, events, EVENTS,
			 due_ns == UINT64_MAX ? NULL : &timeout, NULL);
	thread->idle_ns += snet__clock_ns() - now_ns;
	if (n == 0 && left_ns) {
		now_ns = snet__clock_ns();
		learn(thread, now_ns > due_ns ? now_ns - due_ns : 0);
	}
	return n < 0 ? 0 : n; /* a signal */
}

/* How much there is to do, and whether anybody is in a hurry. */
static void judge(struct snet__shaper_thread *thread, uint64_t now_ns)
{
	uint64_t window_ns = now_ns - thread->window_ns, busy_ns;

	if (thread->is_batching && thread->plain_at_ns >= thread->window_ns)
		thread->is_batching = false;
	if (window_ns < WINDOW_NS)
		return;
	busy_ns = thread->idle_ns < window_ns ? window_ns - thread->idle_ns : 0;
	if (busy_ns < window_ns / BATCH_TO)
		thread->is_batching = false;
	else if (busy_ns > window_ns / BATCH_FROM)
		thread->is_batching = now_ns - thread->plain_at_ns > BATCH_PATIENT_NS;
	thread->window_ns = now_ns;
	thread->idle_ns = 0;
}

static int take_batch(struct snet__shaper_thread *thread, struct epoll_event *events,
		      uint64_t now_ns)
{
	const struct timespec pause = {.tv_nsec = BATCH_NS};
	int n;

	(void)nanosleep(&pause, NULL); /* it may be shorter */
	thread->idle_ns += snet__clock_ns() - now_ns;
	n = epoll_wait(thread->epoll, events, EVENTS, 0);
	return n < 0 ? 0 : n;
}

/* Until @due_ns at most. */
static int poll_for_more(struct snet__shaper_thread *thread, struct epoll_event *events,
			 uint64_t due_ns, uint64_t now_ns)
{
	uint64_t until_ns = thread->packets_at_ns + POLL_AFTER_NS;

	return poll_until(thread, events, until_ns < due_ns ? until_ns : due_ns, now_ns);
}

static int wait(struct snet__shaper_thread *thread, struct epoll_event *events)
{
	uint64_t due_ns = snet__heap_first(&thread->due), now_ns = snet__clock_ns();
	uint64_t margin_ns;
	int n;

	refill(thread, now_ns);
	judge(thread, now_ns);
	if (thread->is_batching)
		return take_batch(thread, events, now_ns);
	n = poll_for_more(thread, events, due_ns, now_ns);
	if (n)
		return n;
	now_ns = snet__clock_ns();
	if (due_ns == UINT64_MAX || due_ns <= now_ns)
		return sleep_until(thread, events, due_ns, now_ns);
	margin_ns = margin_of(thread);
	if (due_ns - now_ns > margin_ns)
		return sleep_until(thread, events, due_ns - margin_ns, now_ns);
	if (thread->saved_ns)
		return poll_until(thread, events, due_ns, now_ns);
	return sleep_until(thread, events, due_ns, now_ns);
}

/* ---- The thread. */

static void run_calls(struct snet__shaper_thread *thread)
{
	struct snet__shaper_call *call;
	eventfd_t count;

	(void)eventfd_read(thread->wake, &count); /* it need not have been written */
	/* Perhaps it was a capture that has ended. */
	for (struct snet__shaped *link = thread->links; link; link = link->next)
		snet__taps_remove_left(&link->taps);
	(void)pthread_mutex_lock(&thread->mutex);
	while ((call = thread->calls)) {
		thread->calls = call->next;
		call->result = call->fn(thread, call->arg, call->err);
		call->is_done = true;
		(void)pthread_cond_broadcast(&thread->done);
	}
	(void)pthread_mutex_unlock(&thread->mutex);
}

static void send_all_due(struct snet__shaper_thread *thread)
{
	uint64_t now_ns = snet__clock_ns();

	while (snet__heap_first(&thread->due) <= now_ns)
		snet__shaper_send_due((struct snet__way *)snet__heap_top(&thread->due),
				      now_ns);
}

static void *run(void *user)
{
	struct snet__shaper_thread *thread = user;
	struct epoll_event events[EVENTS];
	bool is_called;
	int n;

	(void)prctl(PR_SET_TIMERSLACK, 1); /* else 50 us more */
	thread->saved_at_ns = thread->window_ns = snet__clock_ns();
	while (!thread->is_ending) {
		n = wait(thread, events);
		if (n)
			thread->packets_at_ns = snet__clock_ns();
		send_all_due(thread);
		is_called = false;
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				snet__shaper_take_in(events[i].data.ptr);
			else
				is_called = true;
		}
		/* Last: a link that is removed may be among the events. */
		if (is_called)
			run_calls(thread);
	}
	return NULL;
}

int snet__shaper_call(struct snet__shaper_thread *thread,
		      int (*fn)(struct snet__shaper_thread *thread, void *arg,
				struct snet_err *err),
		      void *arg, struct snet_err *err)
{
	struct snet__shaper_call call = {.fn = fn, .arg = arg, .err = err};
	struct snet__shaper_call **at;

	(void)pthread_mutex_lock(&thread->mutex);
	for (at = &thread->calls; *at; at = &(*at)->next)
		;
	*at = &call;
	(void)eventfd_write(thread->wake, 1); /* far from its limit */
	while (!call.is_done)
		(void)pthread_cond_wait(&thread->done, &thread->mutex);
	(void)pthread_mutex_unlock(&thread->mutex);
	return call.result;
}

int snet__shaper_watch(const struct snet__shaper_thread *thread, int fd, void *user,
		       struct snet_err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = user};

	return epoll_ctl(thread->epoll, EPOLL_CTL_ADD, fd, &event) < 0
		       ? snet__err_sys(err, -errno, "cannot watch a packet socket")
		       : 0;
}

static int end(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	(void)arg;
	(void)err;
	thread->is_ending = true;
	return 0;
}

static int set_up(struct snet__shaper_thread *thread, struct snet_err *err)
{
	int r;

	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (thread->epoll < 0)
		return snet__err_sys(err, -errno, "cannot make an epoll descriptor");
	thread->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->wake < 0)
		return snet__err_sys(err, -errno, "cannot make an eventfd");
	r = snet__shaper_watch(thread, thread->wake, NULL, err);
	if (r == 0)
		r = snet__buffers_new(&thread->buffers, err);
	for (int i = 0; i < SNET__PACKET_BATCH && r == 0; i++) {
		thread->incoming[i] =
			snet__buffers_get(thread->buffers, NULL, SNET__PACKET_MAX);
		r = thread->incoming[i] ? 0 : snet__err_oom(err);
	}
	return r;
}

static int start(struct snet__shaper_thread *thread, struct snet_err *err)
{
	int r;

	r = snet__thread_start(&thread->thread, run, thread, "snet-shaper");
	if (r < 0)
		return snet__err_sys(err, r, "cannot start the shaper's thread");
	return 0;
}

static void clear(struct snet__shaper_thread *thread)
{
	struct snet__shaped *link;

	while ((link = thread->links)) {
		(void)snet__shaper_detach(thread, link, NULL); /* cannot fail */
		snet__shaped_free(link);
	}
	for (int i = 0; i < SNET__PACKET_BATCH && thread->buffers; i++)
		if (thread->incoming[i])
			snet__buffers_put(thread->buffers, thread->incoming[i]);
	snet__buffers_free(thread->buffers);
	snet__heap_clear(&thread->due);
	snet__close_at(&thread->epoll);
	snet__close_at(&thread->wake);
	(void)pthread_mutex_destroy(&thread->mutex);
	(void)pthread_cond_destroy(&thread->done);
	free(thread);
}

int snet__shaper_thread_new(struct snet__shaper_thread **ret, struct snet__closer *closer,
			    struct snet_err *err)
{
	struct snet__shaper_thread *thread = calloc(1, sizeof(*thread));
	int r;

	if (!thread)
		return snet__err_oom(err);
	thread->closer = closer;
	thread->epoll = thread->wake = -1;
	for (int i = 0; i < SNET__MARGINS; i++)
		thread->margins_ns[i] = MARGIN_START_NS;
	(void)pthread_mutex_init(&thread->mutex, NULL);
	(void)pthread_cond_init(&thread->done, NULL);
	r = set_up(thread, err);
	if (r == 0)
		r = start(thread, err);
	if (r < 0) {
		clear(thread);
		return r;
	}
	*ret = thread;
	return 0;
}

void snet__shaper_thread_free(struct snet__shaper_thread *thread)
{
	if (!thread)
		return;
	(void)snet__shaper_call(thread, end, NULL, NULL); /* cannot fail */
	(void)pthread_join(thread->thread, NULL); /* it has ended, or is about to */
	clear(thread);
}
