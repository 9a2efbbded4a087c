/* SPDX-License-Identifier: MIT */
/* Shares the links out among threads: one, and another when each has its fill, as long as there are
 * processors for them. A link stays where it is. */

#include "link/shaper_user.h"

#include <stdlib.h>
#include <unistd.h>

#include "link/shaper_private.h"

/* Source: bench_link's thousand links of 50 packets a second take about half of a core. */
#define LINKS_PER_THREAD 1000
#define THREADS_MAX      64

struct snet__shaper {
	struct snet__shaper_thread *threads[THREADS_MAX];
	size_t thread_count;
	struct snet__closer *closer;
	struct snet__scribe *scribe; /* NULL: nothing was to be written yet */
};

int snet__shaper_new(struct snet__shaper **ret, struct snet_err *err)
{
	struct snet__shaper *shaper = calloc(1, sizeof(*shaper));
	int r;

	if (!shaper)
		return snet__err_oom(err);
	r = snet__closer_new(&shaper->closer, err);
	if (r < 0) {
		free(shaper);
		return r;
	}
	*ret = shaper;
	return 0;
}

void snet__shaper_free(struct snet__shaper *shaper)
{
	if (!shaper)
		return;
	for (size_t i = 0; i < shaper->thread_count; i++)
		snet__shaper_thread_free(shaper->threads[i]);
	snet__closer_free(shaper->closer);
	snet__scribe_free(shaper->scribe);
	free(shaper);
}

static bool has_room(const struct snet__shaper *shaper)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return shaper->thread_count < THREADS_MAX &&
	       (processors < 1 || shaper->thread_count < (size_t)processors);
}

/* That with the fewest links. NULL: there is none. */
static struct snet__shaper_thread *find_least(const struct snet__shaper *shaper)
{
	struct snet__shaper_thread *least = shaper->threads[0];

	for (size_t i = 1; i < shaper->thread_count; i++)
		if (shaper->threads[i]->link_count < least->link_count)
			least = shaper->threads[i];
	return least;
}

static int choose(struct snet__shaper *shaper, struct snet__shaper_thread **ret,
		  struct snet_err *err)
{
	struct snet__shaper_thread **next = &shaper->threads[shaper->thread_count];
	int r = 0;

	*ret = find_least(shaper);
	if (*ret && ((*ret)->link_count < LINKS_PER_THREAD || !has_room(shaper)))
		return 0;
	r = snet__shaper_thread_new(next, shaper->closer, err);
	if (r < 0)
		return *ret ? 0 : r;
	*ret = *next;
	shaper->thread_count++;
	return 0;
}

int snet__shaper_add(struct snet__shaper *shaper, struct snet__shaped **ret,
		     const struct snet__shaped_opts *opts, struct snet_err *err)
{
	struct snet__shaper_thread *thread;
	int r = choose(shaper, &thread, err);

	if (r < 0) {
		snet__shaped_close_cables(opts);
		return r;
	}
	r = snet__shaped_new(ret, thread, &shaper->scribe, opts, err);
	if (r == 0)
		thread->link_count++;
	return r;
}

void snet__shaper_remove(struct snet__shaped *link)
{
	if (!link)
		return;
	(void)snet__shaper_call(link->thread, snet__shaper_detach, link,
				NULL); /* cannot fail */
	link->thread->link_count--;
	snet__shaped_free(link);
}

/* On each thread in turn. */
static void call_all(const struct snet__shaper *shaper,
		     int (*fn)(struct snet__shaper_thread *thread, void *arg,
			       struct snet_err *err),
		     void *arg)
{
	for (size_t i = 0; i < shaper->thread_count; i++)
		(void)snet__shaper_call(shaper->threads[i], fn, arg,
					NULL); /* those below cannot fail */
}

static void count_way(struct snet__shaper_total *ret, const struct snet__way *way)
{
	const struct snet__pipe_counts *counts = snet__pipe_counts(way->pipe);

	*ret = (struct snet__shaper_total){
		.in = counts->in_packets + way->missed,
		.queued = counts->queue_packets,
		.lost = way->missed + way->refused,
	};
	for (int i = 0; i < SNET__DROP_COUNT; i++)
		ret->lost += counts->lost[i];
}

static int count_all(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	struct snet__shaper_total *all = arg;

	(void)err;
	for (struct snet__shaped *at = thread->links; at; at = at->next) {
		snet__shaped_count_missed(at);
		for (int i = 0; i < 2; i++) {
			count_way(&at->totals[i], &at->ways[i]);
			all->in += at->totals[i].in;
			all->queued += at->totals[i].queued;
			all->lost += at->totals[i].lost;
		}
	}
	return 0;
}

const struct snet__shaper_total *snet__shaped_totals(const struct snet__shaped *link)
{
	return link->totals;
}

void snet__shaper_count_all(struct snet__shaper *shaper, struct snet__shaper_total *ret)
{
	*ret = (struct snet__shaper_total){0};
	call_all(shaper, count_all, ret);
}

static int add_lateness(struct snet__shaper_thread *thread, void *arg,
			struct snet_err *err)
{
	(void)err;
	snet__histogram_merge(arg, &thread->lateness);
	return 0;
}

void snet__shaper_lateness(struct snet__shaper *shaper, struct snet__shaper_lateness *ret)
{
	struct snet__histogram all = {.max_ns = 0};

	call_all(shaper, add_lateness, &all);
	ret->p50_ns = snet__histogram_quantile(&all, 0.5);
	ret->p99_ns = snet__histogram_quantile(&all, 0.99);
	ret->max_ns = all.max_ns;
}

void snet__shaper_mark(struct snet__shaper *shaper, struct snet__shaper_moment *ret,
		       uint64_t than_ns)
{
	struct snet__histogram all = {.max_ns = 0};

	call_all(shaper, add_lateness, &all);
	*ret = (struct snet__shaper_moment){.than_ns = than_ns, .halvings = all.halvings};
	snet__histogram_count(&all, than_ns, &ret->packets, &ret->late);
}

static uint64_t count_between(uint64_t from, uint64_t to, unsigned int halvings)
{
	uint64_t left = halvings < 64 ? from >> halvings : 0;

	/* Each class was rounded down. */
	return to > left ? to - left : 0;
}

struct snet__shaper_moment snet__shaper_between(const struct snet__shaper_moment *from,
						const struct snet__shaper_moment *to)
{
	unsigned int halvings = to->halvings - from->halvings;

	return (struct snet__shaper_moment){
		.than_ns = to->than_ns,
		.packets = count_between(from->packets, to->packets, halvings),
		.late = count_between(from->late, to->late, halvings),
	};
}
