/* SPDX-License-Identifier: MIT */
#include "fault/guards.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault/overlay.h"
#include "lab/shaping.h"

struct snet__guard *snet__posts_add(struct snet__posts *posts, size_t link, bool is_back)
{
	struct snet__post *post;

	if (snet__vec_reserve(&posts->items, &posts->cap, posts->count + 1,
			      sizeof(*posts->items), NULL) < 0)
		return NULL;
	post = &posts->items[posts->count++];
	*post = (struct snet__post){
		.link = link,
		.is_back = is_back,
		.guard = {.first = 1, .count = UINT64_MAX},
	};
	return &post->guard;
}

void snet__posts_clear(struct snet__posts *posts)
{
	free(posts->items);
	*posts = (struct snet__posts){0};
}

struct call {
	struct snet__posts *posts;
	const struct snet__injection *injection;
};

static int place(void *arg, struct snet_err *err)
{
	const struct call *call = arg;
	const struct snet__injection *injection = call->injection;
	struct snet__run *run = injection->lab->run;
	int r = 0;

	for (size_t i = 0; i < call->posts->count && r == 0; i++) {
		struct snet__post *post = &call->posts->items[i];

		r = snet__shaping_add_guard(run, run->links[post->link], post->is_back,
					    &post->guard, err);
		post->is_placed = r == 0;
		if (r == 0 && !call->posts->is_marked)
			r = snet__overlays_add_mark(injection->overlays, injection->fault,
						    post->link, post->is_back, err);
	}
	return r;
}

static int take_away(void *arg, struct snet_err *err)
{
	const struct call *call = arg;
	const struct snet__injection *injection = call->injection;
	struct snet__run *run = injection->lab->run;

	(void)err;
	for (size_t i = 0; i < call->posts->count; i++) {
		struct snet__post *post = &call->posts->items[i];

		if (!post->is_placed)
			continue;
		snet__shaping_remove_guard(run, run->links[post->link], post->is_back,
					   &post->guard);
		if (!call->posts->is_marked)
			snet__overlays_remove_mark(injection->overlays, injection->fault,
						   post->link, post->is_back);
		post->is_placed = false;
	}
	return 0;
}

int snet__posts_place(struct snet__posts *posts, const struct snet__injection *injection,
		      struct snet_err *err)
{
	struct call call = {posts, injection};

	return posts->count ? snet__lab_call(injection->lab, place, &call, err) : 0;
}

int snet__posts_remove(struct snet__posts *posts, const struct snet__injection *injection,
		       struct snet_err *err)
{
	struct call call = {posts, injection};

	return posts->count ? snet__lab_call(injection->lab, take_away, &call, err) : 0;
}

uint64_t snet__posts_seen(const struct snet__posts *posts)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < posts->count; i++)
		seen += posts->items[i].guard.seen;
	return seen;
}

void snet__posts_measure(const struct snet__posts *posts, struct snet__effect *effect)
{
	uint64_t stopped = 0;

	for (size_t i = 0; i < posts->count; i++) {
		const struct snet__guard *guard = &posts->items[i].guard;

		stopped += guard->stopped;
		if (!guard->stopped)
			continue;
		if (!effect->first_ns || guard->first_ns < effect->first_ns)
			effect->first_ns = guard->first_ns;
		if (guard->last_ns > effect->last_ns)
			effect->last_ns = guard->last_ns;
	}
	effect->has_effect = stopped > 0;
	snet__json_add_u64(effect->measures, "seen", snet__posts_seen(posts));
	snet__json_add_u64(effect->measures, "stopped", stopped);
	(void)snprintf(effect->text, sizeof(effect->text), "%" PRIu64 " packet%s stopped",
		       stopped, stopped == 1 ? "" : "s");
}

int snet__links_adapt(const struct snet__set *set, const char *fault,
		      struct snet__model *model, struct snet_err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		struct snet__model_link *link = model->links[set->items[i]];

		if (link->shaper == SNET_SHAPER_NETEM)
			return snet__err_set(
				err, -ENOTSUP,
				"link '%s' has shaper 'netem', and fault '%s' needs 'user'",
				link->name, fault);
		link->shaper = SNET_SHAPER_USER;
	}
	return 0;
}
