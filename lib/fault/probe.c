/* SPDX-License-Identifier: MIT */
/* Probes and their thread. It sleeps until something has come, or the first probe is due: because
 * it is to ask, or because the time of its oldest question is over. */

#include "fault/probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/thread.h"
#include "base/vec.h"
#include "fault/probe_ops.h"
#include "sys/netns.h"

#define PROBES_MAX 1000
#define EVENTS     64

struct snet__prober {
	snet__probe_fn fn;
	void *user;
	int epoll, wake;
	struct snet__probe **probes;
	size_t count, cap;
	struct snet__heap due;
	pthread_t thread;
	bool is_started, is_ending;
};

static const struct snet__probe_ops *const kinds[SNET__PROBE_KIND_COUNT] = {
	[SNET__PROBE_ICMP] = &snet__probe_icmp,
	[SNET__PROBE_COAP] = &snet__probe_coap,
	[SNET__PROBE_HTTP] = &snet__probe_http,
};

const char *snet__probe_name(enum snet__probe_kind kind)
{
	return kinds[kind]->name;
}

/* ---- Questions. */

int snet__probe_watch(struct snet__question *question, int fd, uint32_t events)
{
	int epoll = question->probe->prober->epoll;
	struct epoll_event event = {.events = events, .data.ptr = question};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	if (errno == EEXIST && epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return -errno;
}

struct snet__question *snet__probe_find(struct snet__probe *probe, uint16_t number)
{
	uint64_t at = probe->first + (uint16_t)(number - probe->first);
	struct snet__question *question = &probe->questions[at % probe->room];

	return at < probe->next && question->state == SNET__QUESTION_ASKED ? question
									   : NULL;
}

uint64_t snet__question_number(const struct snet__question *question)
{
	const struct snet__probe *probe = question->probe;
	uint64_t slot = (uint64_t)(question - probe->questions);

	return probe->first +
	       (slot + probe->room - probe->first % probe->room) % probe->room;
}

void snet__question_tell(struct snet__question *question, bool is_answered,
			 const char *detail)
{
	const struct snet__probe *probe = question->probe;
	uint64_t rtt_ns = is_answered ? snet__clock_ns() - question->at_ns : UINT64_MAX;

	if (question->state != SNET__QUESTION_ASKED)
		return;
	question->state = SNET__QUESTION_TOLD;
	probe->prober->fn(probe->prober->user, probe->index, question->at_ns, rtt_ns,
			  detail);
}

static const char *name_error(int code)
{
	switch (code < 0 ? -code : code) {
	case ECONNREFUSED:
	case ECONNRESET:
	case EPIPE:
		return "refused";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL: /* the address from which to ask is gone */
		return "unreachable";
	case EPERM:
	case EACCES:
		return "forbidden";
	case ETIMEDOUT:
		return NULL;
	default:
		return "failed";
	}
}

void snet__question_fail(struct snet__question *question, int code)
{
	snet__question_tell(question, false, name_error(code));
	snet__question_end(question);
}

void snet__question_end(struct snet__question *question)
{
	struct snet__probe *probe = question->probe;

	question->state = SNET__QUESTION_FREE;
	if (question->fd >= 0) {
		/* A child may still have a copy, so that closing alone would not do it. */
		(void)epoll_ctl(probe->prober->epoll, EPOLL_CTL_DEL, question->fd, NULL);
		close(steal_fd(&question->fd));
	}
	while (probe->first < probe->next &&
	       probe->questions[probe->first % probe->room].state == SNET__QUESTION_FREE)
		probe->first++;
}

/* ---- Times. */

static uint64_t deadline_of(const struct snet__probe *probe)
{
	return probe->first < probe->next
		       ? probe->questions[probe->first % probe->room].at_ns +
				 probe->opts.timeout_ns
		       : UINT64_MAX;
}

/* End the questions whose time is over. */
static void expire(struct snet__probe *probe, uint64_t now_ns)
{
	while (deadline_of(probe) <= now_ns)
		snet__question_fail(&probe->questions[probe->first % probe->room],
				    -ETIMEDOUT);
}

static void ask(struct snet__probe *probe, uint64_t now_ns)
{
	struct snet__question *question = &probe->questions[probe->next % probe->room];

	/* What was missed while the machine was busy is not made good. */
	probe->next_ns +=
		(now_ns - probe->next_ns) / probe->opts.every_ns * probe->opts.every_ns +
		probe->opts.every_ns;
	if (probe->next - probe->first == probe->room)
		return;
	probe->next++;
	question->state = SNET__QUESTION_ASKED;
	question->at_ns = snet__clock_ns();
	probe->ops->ask(probe, question);
}

static void set_due(struct snet__probe *probe)
{
	uint64_t deadline_ns = deadline_of(probe);

	snet__heap_set(&probe->prober->due, &probe->due,
		       deadline_ns < probe->next_ns ? deadline_ns : probe->next_ns);
}

static void serve_due(struct snet__prober *prober)
{
	uint64_t now_ns = snet__clock_ns();

	while (snet__heap_first(&prober->due) <= now_ns) {
		struct snet__probe *probe =
			(struct snet__probe *)snet__heap_top(&prober->due);

		expire(probe, now_ns);
		if (probe->next_ns <= now_ns)
			ask(probe, now_ns);
		set_due(probe);
	}
}

static int wait(struct snet__prober *prober, struct epoll_event *events)
{
	uint64_t due_ns = snet__heap_first(&prober->due), now_ns = snet__clock_ns();
	uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	const struct timespec timeout = {.tv_sec = (time_t)(left_ns / SNET__NS_PER_S),
					 .tv_nsec = (long)(left_ns % SNET__NS_PER_S)};

	return epoll_pwait2(prober->epoll, events, EVENTS,
			    due_ns == UINT64_MAX ? NULL : &timeout, NULL);
}

/* Without root each socket would be made by a thread of its own: see sys/netns.h. */
static void settle(const struct snet__prober *prober)
{
	for (size_t i = 0; i < prober->count; i++) {
		if (prober->probes[i]->netns < 0)
			continue;
		(void)snet__netns_settle(prober->probes[i]->netns,
					 NULL); /* slower then */
		return;
	}
}

static void *run(void *user)
{
	struct snet__prober *prober = user;
	struct epoll_event events[EVENTS];

	settle(prober);
	while (!prober->is_ending) {
		int n = wait(prober, events);

		for (int i = 0; i < n; i++) {
			struct snet__question *question = events[i].data.ptr;

			if (!question) {
				prober->is_ending = true;
				continue;
			}
			question->probe->ops->ready(question->probe, question);
			set_due(question->probe);
		}
		if (!prober->is_ending)
			serve_due(prober);
	}
	for (size_t i = 0; i < prober->count; i++)
		expire(prober->probes[i], snet__clock_ns());
	snet__netns_unsettle();
	return NULL;
}

/* ---- Probes. */

static void free_probe(struct snet__probe *probe)
{
	for (size_t i = 0; probe->questions && i < probe->room; i++)
		snet__close_at(&probe->questions[i].fd);
	snet__heap_remove(&probe->prober->due, &probe->due);
	snet__close_at(&probe->fd);
	snet__close_at(&probe->netns);
	free(probe->questions);
	free(probe);
}

static void free_probe_at(struct snet__probe **at)
{
	if (*at)
		free_probe(*at);
}

static int check(const struct snet__prober *prober, const struct snet__probe_opts *opts,
		 struct snet_err *err)
{
	if (prober->count == PROBES_MAX)
		return snet__err_set(err, -E2BIG, "more than %d probes", PROBES_MAX);
	if (!opts->every_ns || !opts->timeout_ns)
		return snet__err_set(err, -EINVAL,
				     "a probe needs a period and a timeout");
	if (opts->timeout_ns / opts->every_ns > SNET__PROBE_OPEN_MAX)
		return snet__err_set(
			err, -EINVAL,
			"a probe may wait for at most %d answers: its timeout is too "
			"long for its period",
			SNET__PROBE_OPEN_MAX);
	if (kinds[opts->kind]->has_port && (!opts->port || opts->port > UINT16_MAX))
		return snet__err_set(err, -EINVAL, "port %u is out of range: 1 to 65535",
				     opts->port);
	return 0;
}

static struct snet__probe *make_probe(struct snet__prober *prober,
				      const struct snet__probe_opts *opts)
{
	struct snet__probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return NULL;
	probe->prober = prober;
	probe->ops = kinds[opts->kind];
	probe->opts = *opts;
	probe->index = (unsigned int)prober->count;
	probe->fd = probe->netns = probe->opts.netns = -1;
	/* Of one process all differ in their last bits, which are what is short of room. */
	probe->nonce =
		(snet__random_entropy() & ~(uint64_t)0xffff) |
		((uint64_t)(uintptr_t)prober / sizeof(void *) + probe->index) % 0x10000;
	/* A question may be asked a little late, and the next in time. */
	probe->room = (size_t)(opts->timeout_ns / opts->every_ns) + 2;
	probe->questions = calloc(probe->room, sizeof(*probe->questions));
	for (size_t i = 0; probe->questions && i < probe->room; i++) {
		probe->questions[i].probe = probe;
		probe->questions[i].fd = -1;
	}
	return probe;
}

int snet__prober_add(struct snet__prober *prober, const struct snet__probe_opts *opts,
		     unsigned int *ret, struct snet_err *err)
{
	cleanup_with(free_probe_at) struct snet__probe *probe = NULL;
	int r = check(prober, opts, err);

	if (r < 0)
		return r;
	r = snet__vec_reserve(&prober->probes, &prober->cap, prober->count + 1,
			      sizeof(struct snet__probe *), err);
	if (r < 0)
		return r;
	probe = make_probe(prober, opts);
	if (!probe || !probe->questions)
		return snet__err_oom(err);
	r = snet__heap_add(&prober->due, &probe->due, err);
	if (r == 0)
		r = probe->ops->open(probe, opts->netns, err);
	if (r < 0)
		return snet__err_prefix(err, r, "cannot make a probe by %s",
					probe->ops->name);
	*ret = probe->index;
	prober->probes[prober->count++] = steal_ptr(probe);
	return 0;
}

/* ---- The prober. */

static void free_prober_at(struct snet__prober **at)
{
	snet__prober_free(*at);
}

int snet__prober_new(struct snet__prober **ret, snet__probe_fn fn, void *user,
		     struct snet_err *err)
{
	cleanup_with(free_prober_at) struct snet__prober *prober =
		calloc(1, sizeof(*prober));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	if (!prober)
		return snet__err_oom(err);
	prober->fn = fn;
	prober->user = user;
	prober->epoll = epoll_create1(EPOLL_CLOEXEC);
	prober->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (prober->epoll < 0 || prober->wake < 0 ||
	    epoll_ctl(prober->epoll, EPOLL_CTL_ADD, prober->wake, &event) < 0)
		return snet__err_sys(err, -errno, "cannot make a prober");
	*ret = steal_ptr(prober);
	return 0;
}

int snet__prober_start(struct snet__prober *prober, struct snet_err *err)
{
	uint64_t now_ns = snet__clock_ns();
	int r;

	/* Not all at once. */
	for (size_t i = 0; i < prober->count; i++) {
		struct snet__probe *probe = prober->probes[i];

		probe->next_ns = now_ns + (uint64_t)((double)probe->opts.every_ns *
						     (double)i / (double)prober->count);
		set_due(probe);
	}
	r = snet__thread_start(&prober->thread, run, prober, "snet-prober");
	if (r < 0)
		return snet__err_sys(err, r, "cannot start the prober's thread");
	prober->is_started = true;
	return 0;
}

void snet__prober_free(struct snet__prober *prober)
{
	if (!prober)
		return;
	if (prober->is_started) {
		(void)eventfd_write(prober->wake, 1); /* far from its limit */
		(void)pthread_join(prober->thread, NULL);
	}
	for (size_t i = 0; i < prober->count; i++)
		free_probe(prober->probes[i]);
	free(prober->probes);
	snet__heap_clear(&prober->due);
	snet__close_at(&prober->epoll);
	snet__close_at(&prober->wake);
	free(prober);
}
