/* SPDX-License-Identifier: MIT */
/* The thread, and its time.
 *
 * When the next packet is due is known, but a thread that sleeps until then wakes later: by 50 us
 * at the median, by 0.4 ms once in a hundred times. So it sleeps until shortly before, and polls
 * for the rest, as long as that takes no more than a part of its time. How long before follows from
 * how late it has woken up to now. It polls as well for a moment after packets came, since often
 * more do.
 *
 * When there is so much to do that it hardly sleeps, and all packets are to wait for some time
 * anyhow, it does not wake for each: the kernel has noted when they came. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "link/shaper_private.h"

#define EVENTS 64

/* Polling: at most this part of the time; what was not used can be saved for this long. */
#define POLL_SHARE    5 /* a fifth */
#define POLL_SAVED_NS (20 * SNET__NS_PER_MS)
#define MARGIN_MIN_NS (30 * SNET__NS_PER_US)
#define MARGIN_MAX_NS (500 * SNET__NS_PER_US)
/* The margin is that which 49 of 50 wake-ups keep: a step up for 49 steps down. */
#define MARGIN_STEP_NS SNET__NS_PER_US
#define MARGIN_ODDS    49

/* More packets are waited for so long by polling. */
#define POLL_AFTER_NS (40 * SNET__NS_PER_US)

/* Batches begin when the thread was busy for this part of a window, and end below that. */
#define WINDOW_NS        (50 * SNET__NS_PER_MS)
#define BATCH_FROM       2 /* a half */
#define BATCH_TO         5 /* a fifth */
#define BATCH_NS         (100 * SNET__NS_PER_US)
#define BATCH_PATIENT_NS (100 * SNET__NS_PER_MS) /* since a packet was to pass at once */

/* ---- Time. */

static void refill(struct snet__shaper *shaper, uint64_t now_ns)
{
	shaper->saved_ns += (now_ns - shaper->saved_at_ns) / POLL_SHARE;
	if (shaper->saved_ns > POLL_SAVED_NS)
		shaper->saved_ns = POLL_SAVED_NS;
	shaper->saved_at_ns = now_ns;
}

static int poll_until(struct snet__shaper *shaper, struct epoll_event *events,
		      uint64_t due_ns, uint64_t now_ns)
{
	uint64_t begin_ns = now_ns, spent_ns;
	int n = 0;

	while (n == 0 && now_ns < due_ns && now_ns - begin_ns < shaper->saved_ns) {
		n = epoll_wait(shaper->epoll, events, EVENTS, 0);
		now_ns = snet__clock_ns();
	}
	spent_ns = now_ns - begin_ns;
	shaper->saved_ns -= spent_ns < shaper->saved_ns ? spent_ns : shaper->saved_ns;
	return n;
}

static void learn(struct snet__shaper *shaper, uint64_t late_ns)
{
	if (late_ns > shaper->margin_ns)
		shaper->margin_ns += MARGIN_STEP_NS * MARGIN_ODDS;
	else
		shaper->margin_ns -= MARGIN_STEP_NS;
	if (shaper->margin_ns < MARGIN_MIN_NS)
		shaper->margin_ns = MARGIN_MIN_NS;
	if (shaper->margin_ns > MARGIN_MAX_NS)
		shaper->margin_ns = MARGIN_MAX_NS;
}

static int sleep_until(struct snet__shaper *shaper, struct epoll_event *events,
		       uint64_t due_ns, uint64_t now_ns)
{
	uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	const struct timespec timeout = {.tv_sec = (time_t)(left_ns / SNET__NS_PER_S),
					 .tv_nsec = (long)(left_ns % SNET__NS_PER_S)};
	int n;

	n = epoll_pwait2(shaper->epoll, events, EVENTS,
			 due_ns == UINT64_MAX ? NULL : &timeout, NULL);
	shaper->slept_ns += snet__clock_ns() - now_ns;
	if (n == 0 && left_ns) {
		now_ns = snet__clock_ns();
		learn(shaper, now_ns > due_ns ? now_ns - due_ns : 0);
	}
	return n < 0 ? 0 : n; /* a signal */
}

/* How much there is to do, and whether anybody is in a hurry. */
static void judge(struct snet__shaper *shaper, uint64_t now_ns)
{
	uint64_t window_ns = now_ns - shaper->window_ns, busy_ns;

	if (shaper->is_batching && shaper->plain_at_ns >= shaper->window_ns)
		shaper->is_batching = false;
	if (window_ns < WINDOW_NS)
		return;
	busy_ns = shaper->slept_ns < window_ns ? window_ns - shaper->slept_ns : 0;
	if (busy_ns < window_ns / BATCH_TO)
		shaper->is_batching = false;
	else if (busy_ns > window_ns / BATCH_FROM)
		shaper->is_batching = now_ns - shaper->plain_at_ns > BATCH_PATIENT_NS;
	shaper->window_ns = now_ns;
	shaper->slept_ns = 0;
}

static int take_batch(struct snet__shaper *shaper, struct epoll_event *events,
		      uint64_t now_ns)
{
	const struct timespec pause = {.tv_nsec = BATCH_NS};
	int n;

	(void)nanosleep(&pause, NULL); /* it may be shorter */
	shaper->slept_ns += snet__clock_ns() - now_ns;
	n = epoll_wait(shaper->epoll, events, EVENTS, 0);
	return n < 0 ? 0 : n;
}

/* Until @due_ns at most. */
static int poll_for_more(struct snet__shaper *shaper, struct epoll_event *events,
			 uint64_t due_ns, uint64_t now_ns)
{
	uint64_t until_ns = shaper->packets_at_ns + POLL_AFTER_NS;

	return poll_until(shaper, events, until_ns < due_ns ? until_ns : due_ns, now_ns);
}

static int wait(struct snet__shaper *shaper, struct epoll_event *events)
{
	uint64_t due_ns = snet__heap_first(&shaper->due), now_ns = snet__clock_ns();

	int n;

	refill(shaper, now_ns);
	judge(shaper, now_ns);
	if (shaper->is_batching)
		return take_batch(shaper, events, now_ns);
	n = poll_for_more(shaper, events, due_ns, now_ns);
	if (n)
		return n;
	now_ns = snet__clock_ns();
	if (due_ns == UINT64_MAX || due_ns <= now_ns)
		return sleep_until(shaper, events, due_ns, now_ns);
	if (due_ns - now_ns > shaper->margin_ns)
		return sleep_until(shaper, events, due_ns - shaper->margin_ns, now_ns);
	if (shaper->saved_ns)
		return poll_until(shaper, events, due_ns, now_ns);
	return sleep_until(shaper, events, due_ns, now_ns);
}

/* ---- The thread. */

static void run_calls(struct snet__shaper *shaper)
{
	struct snet__shaper_call *call;
	eventfd_t count;

	(void)eventfd_read(shaper->wake, &count); /* it need not have been written */
	/* Perhaps it was a capture that has ended. */
	for (struct snet__shaped *link = shaper->links; link; link = link->next)
		snet__taps_remove_left(&link->taps);
	(void)pthread_mutex_lock(&shaper->mutex);
	while ((call = shaper->calls)) {
		shaper->calls = call->next;
		call->result = call->fn(shaper, call->arg, call->err);
		call->is_done = true;
		(void)pthread_cond_broadcast(&shaper->done);
	}
	(void)pthread_mutex_unlock(&shaper->mutex);
}

static void send_all_due(struct snet__shaper *shaper)
{
	uint64_t now_ns = snet__clock_ns();

	while (snet__heap_first(&shaper->due) <= now_ns)
		snet__shaper_send_due((struct snet__way *)snet__heap_top(&shaper->due),
				      now_ns);
}

static void *run(void *user)
{
	struct snet__shaper *shaper = user;
	struct epoll_event events[EVENTS];
	bool is_called;
	int n;

	(void)prctl(PR_SET_TIMERSLACK, 1); /* else 50 us more */
	shaper->saved_at_ns = shaper->window_ns = snet__clock_ns();
	while (!shaper->is_ending) {
		n = wait(shaper, events);
		if (n)
			shaper->packets_at_ns = snet__clock_ns();
		send_all_due(shaper);
		is_called = false;
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				snet__shaper_take_in(events[i].data.ptr);
			else
				is_called = true;
		}
		/* Last: a link that is removed may be among the events. */
		if (is_called)
			run_calls(shaper);
	}
	return NULL;
}

int snet__shaper_call(struct snet__shaper *shaper,
		      int (*fn)(struct snet__shaper *shaper, void *arg,
				struct snet_err *err),
		      void *arg, struct snet_err *err)
{
	struct snet__shaper_call call = {.fn = fn, .arg = arg, .err = err};
	struct snet__shaper_call **at;

	(void)pthread_mutex_lock(&shaper->mutex);
	for (at = &shaper->calls; *at; at = &(*at)->next)
		;
	*at = &call;
	(void)eventfd_write(shaper->wake, 1); /* far from its limit */
	while (!call.is_done)
		(void)pthread_cond_wait(&shaper->done, &shaper->mutex);
	(void)pthread_mutex_unlock(&shaper->mutex);
	return call.result;
}

int snet__shaper_watch(const struct snet__shaper *shaper, int fd, void *user,
		       struct snet_err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = user};

	return epoll_ctl(shaper->epoll, EPOLL_CTL_ADD, fd, &event) < 0
		       ? snet__err_sys(err, -errno, "cannot watch a packet socket")
		       : 0;
}

static int end(struct snet__shaper *shaper, void *arg, struct snet_err *err)
{
	(void)arg;
	(void)err;
	shaper->is_ending = true;
	return 0;
}

static int set_up(struct snet__shaper *shaper, struct snet_err *err)
{
	int r;

	shaper->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (shaper->epoll < 0)
		return snet__err_sys(err, -errno, "cannot make an epoll descriptor");
	shaper->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (shaper->wake < 0)
		return snet__err_sys(err, -errno, "cannot make an eventfd");
	r = snet__shaper_watch(shaper, shaper->wake, NULL, err);
	if (r == 0)
		r = snet__buffers_new(&shaper->buffers, err);
	for (int i = 0; i < SNET__PACKET_BATCH && r == 0; i++) {
		shaper->incoming[i] =
			snet__buffers_get(shaper->buffers, NULL, SNET__PACKET_MAX);
		r = shaper->incoming[i] ? 0 : snet__err_oom(err);
	}
	return r;
}

static int start(struct snet__shaper *shaper, struct snet_err *err)
{
	sigset_t all, before;
	int r;

	/* The program's signals are no business of our thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&shaper->thread, NULL, run, shaper);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return snet__err_sys(err, -r, "cannot start the shaper's thread");
	(void)pthread_setname_np(shaper->thread, "snet-shaper"); /* only for debuggers */
	return 0;
}

static void clear(struct snet__shaper *shaper)
{
	struct snet__shaped *link;

	while ((link = shaper->links)) {
		(void)snet__shaper_detach(shaper, link, NULL); /* cannot fail */
		snet__shaped_free(link);
	}
	snet__scribe_free(shaper->scribe);
	for (int i = 0; i < SNET__PACKET_BATCH && shaper->buffers; i++)
		if (shaper->incoming[i])
			snet__buffers_put(shaper->buffers, shaper->incoming[i]);
	snet__buffers_free(shaper->buffers);
	snet__heap_clear(&shaper->due);
	snet__close_at(&shaper->epoll);
	snet__close_at(&shaper->wake);
	(void)pthread_mutex_destroy(&shaper->mutex);
	(void)pthread_cond_destroy(&shaper->done);
	free(shaper);
}

int snet__shaper_new(struct snet__shaper **ret, struct snet_err *err)
{
	struct snet__shaper *shaper = calloc(1, sizeof(*shaper));
	int r;

	if (!shaper)
		return snet__err_oom(err);
	shaper->epoll = shaper->wake = -1;
	shaper->margin_ns = MARGIN_MAX_NS / 4;
	(void)pthread_mutex_init(&shaper->mutex, NULL);
	(void)pthread_cond_init(&shaper->done, NULL);
	r = set_up(shaper, err);
	if (r == 0)
		r = start(shaper, err);
	if (r < 0) {
		clear(shaper);
		return r;
	}
	*ret = shaper;
	return 0;
}

void snet__shaper_free(struct snet__shaper *shaper)
{
	if (!shaper)
		return;
	(void)snet__shaper_call(shaper, end, NULL, NULL); /* cannot fail */
	(void)pthread_join(shaper->thread, NULL); /* it has ended, or is about to */
	clear(shaper);
}
