/* SPDX-License-Identifier: MIT */
/* Source of the tree: P. M. Fenwick, A New Data Structure for Cumulative Frequency Tables,
 * Software: Practice and Experience 24 (1994). */

#include "fault/window.h"

#include <errno.h>
#include <stdlib.h>

#include "fault/phases.h"

int snet__window_init(struct snet__window *ret, const struct snet__look *looks,
		      size_t count, bool is_plain)
{
	struct snet__window window = {.looks = looks, .is_plain = is_plain};

	window.rtts = calloc(count + 1, sizeof(*window.rtts));
	window.tree = calloc(count + 1, sizeof(*window.tree));
	if (!window.rtts || !window.tree) {
		snet__window_clear(&window);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		if (looks[i].rtt_ns != SNET__NEVER)
			window.rtts[window.room++] = looks[i].rtt_ns;
	snet__sort_times(window.rtts, window.room);
	*ret = window;
	return 0;
}

void snet__window_clear(struct snet__window *window)
{
	free(window->rtts);
	free(window->tree);
	*window = (struct snet__window){0};
}

/* @by: 1, or SIZE_MAX for -1. */
static void count_rtt(struct snet__window *window, uint64_t rtt_ns, size_t by)
{
	size_t at = snet__count_until(window->rtts, window->room, rtt_ns);

	for (; at <= window->room; at += at & -at)
		window->tree[at] += by;
	window->timed += by;
}

static void count_look(struct snet__window *window, const struct snet__look *look,
		       size_t by)
{
	bool is_answered = look->rtt_ns != SNET__NEVER;

	window->heard += is_answered ? by : 0;
	window->touched += look->is_touched ? by : 0;
	if (window->is_plain ? look->is_loss_plain : look->tells_loss) {
		window->asked += by;
		window->answered += is_answered ? by : 0;
	}
	if (window->is_plain ? look->is_delay_plain : look->tells_delay)
		count_rtt(window, look->rtt_ns, by);
}

void snet__window_move(struct snet__window *window, size_t low, size_t high)
{
	while (window->high < high)
		count_look(window, &window->looks[window->high++], 1);
	while (window->low > low)
		count_look(window, &window->looks[--window->low], 1);
	while (window->high > high)
		count_look(window, &window->looks[--window->high], SIZE_MAX);
	while (window->low < low)
		count_look(window, &window->looks[window->low++], SIZE_MAX);
}

uint64_t snet__window_rtt(const struct snet__window *window, size_t number)
{
	size_t at = 0, step = 1;

	if (number >= window->timed)
		return SNET__NEVER;
	while (step * 2 <= window->room)
		step *= 2;
	for (; step; step /= 2)
		if (at + step <= window->room && window->tree[at + step] <= number) {
			at += step;
			number -= window->tree[at];
		}
	return window->rtts[at];
}
