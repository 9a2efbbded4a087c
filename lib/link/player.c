/* SPDX-License-Identifier: MIT */
#include "link/player.h"

#include <stdlib.h>

#include "topo/trace_file.h"

struct player {
	struct snet__trace_file *file;
	struct snet__kept_file *text;
	struct snet__trace_cursor cursor;
	uint64_t start_ns;
	bool has_started;
};

/* The time since the trace began; 0 before. */
static uint64_t played_ns(const struct player *player, uint64_t at_ns)
{
	return player->has_started && at_ns > player->start_ns ? at_ns - player->start_ns
							       : 0;
}

/* The same; it begins now at the latest. */
static uint64_t since_start(struct player *player, uint64_t at_ns)
{
	if (!player->has_started)
		player->start_ns = at_ns;
	player->has_started = true;
	return played_ns(player, at_ns);
}

static uint64_t departure(void *trace, uint64_t at_ns, size_t bytes)
{
	struct player *player = trace;
	uint64_t since_ns = since_start(player, at_ns);

	return player->start_ns +
	       snet__trace_file_departure(player->file, &player->cursor, since_ns, bytes);
}

static void find_step(const struct player *player, uint64_t since_ns,
		      struct snet__trace_moment *ret)
{
	/* What stays so has no column. */
	struct snet__trace_point now = {UINT64_MAX, -1, UINT64_MAX};

	*ret = (struct snet__trace_moment){.has_delay = false};
	if (!snet__trace_file_at(player->file, since_ns, &now))
		return;
	ret->has_delay = now.delay_ns != UINT64_MAX;
	ret->delay_ns = now.delay_ns;
	ret->has_loss = now.loss >= 0;
	ret->loss = now.loss;
	ret->has_rate = now.rate_bps != UINT64_MAX;
	ret->rate_bps = now.rate_bps;
}

static void point(void *trace, uint64_t at_ns, struct snet__trace_moment *ret)
{
	struct player *player = trace;

	find_step(player, since_start(player, at_ns), ret);
}

/* They have the rate as long as they last. The trace begins with the first departure. */
static void point_at_deliveries(void *trace, uint64_t at_ns,
				struct snet__trace_moment *ret)
{
	const struct player *player = trace;
	uint64_t since_ns = played_ns(player, at_ns);

	*ret = (struct snet__trace_moment){
		.has_rate = !snet__trace_file_is_over(player->file, since_ns),
	};
}

static void look(const void *trace, uint64_t at_ns, struct snet__trace_moment *ret)
{
	const struct player *player = trace;
	uint64_t since_ns = played_ns(player, at_ns);

	*ret = (struct snet__trace_moment){.has_delay = false};
	if (!player->has_started)
		return;
	if (snet__trace_file_has_deliveries(player->file))
		ret->has_rate =
			snet__trace_file_rate(player->file, since_ns, &ret->rate_bps);
	else
		find_step(player, since_ns, ret);
}

static void resume(void *trace, const void *former)
{
	struct player *player = trace;
	const struct player *before = former;

	if (!snet__kept_file_is_of(player->text, snet__kept_file_path(before->text)) ||
	    snet__kept_file_differs(player->text, before->text))
		return;
	player->cursor = before->cursor;
	player->start_ns = before->start_ns;
	player->has_started = before->has_started;
}

static void free_player(void *trace)
{
	struct player *player = trace;

	snet__trace_file_free(player->file);
	snet__kept_file_unref(player->text);
	free(player);
}

static const struct snet__trace_ops deliveries = {.departure = departure,
						  .point = point_at_deliveries,
						  .look = look,
						  .resume = resume,
						  .free = free_player},
				    steps = {.point = point,
					     .look = look,
					     .resume = resume,
					     .free = free_player};

int snet__player_new(struct snet__rule_hooks *hooks,
		     const struct snet_impairment *description,
		     struct snet__kept_file *kept, struct snet_err *err)
{
	struct player *player = calloc(1, sizeof(*player));
	int r;

	if (!player)
		return snet__err_oom(err);
	r = snet__kept_file_get(&player->text, kept, description->trace, err);
	if (r == 0)
		r = snet__trace_file_parse(&player->file, player->text,
					   description->trace_once, err);
	if (r < 0) {
		free_player(player);
		return r;
	}
	hooks->trace = player;
	hooks->trace_has_rate = snet__trace_file_has_rate(player->file);
	hooks->trace_ops =
		snet__trace_file_has_deliveries(player->file) ? &deliveries : &steps;
	return 0;
}
