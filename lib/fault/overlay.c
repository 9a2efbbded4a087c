/* SPDX-License-Identifier: MIT */
#include "fault/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fault/kind.h"
#include "lab/shaping.h"
#include "topo/impairment.h"
#include "topo/write.h"

struct snet__overlays {
	struct snet_lab *lab;
	const struct snet__fault **faults; /* in the order in which they began */
	size_t count, cap;
	/* Of each link: the faults over it, what was counted when the first of them began, and what
	 * was while any lay there; what they have made of its impairments; and all faults that are at
	 * work on it, those of guards included. */
	struct cover {
		size_t depth;
		struct snet_link_counts begun[2], covered[2];
		struct snet_impairment ways[2];
		bool is_set; /* the link has these, not those of the lab file */
		struct mark {
			const struct snet__fault *fault;
			bool is_back;
		} * marks;
		size_t mark_count, mark_cap;
	} * covers;
	size_t cover_count;
};

/* ---- What is known of a link, on the lab's thread. */

int snet__overlays_add_mark(struct snet__overlays *overlays,
			    const struct snet__fault *fault, size_t link, bool is_back,
			    struct snet_err *err)
{
	struct cover *cover = &overlays->covers[link];
	int r;

	r = snet__vec_reserve(&cover->marks, &cover->mark_cap, cover->mark_count + 1,
			      sizeof(*cover->marks), err);
	if (r == 0)
		cover->marks[cover->mark_count++] = (struct mark){fault, is_back};
	return r;
}

void snet__overlays_remove_mark(struct snet__overlays *overlays,
				const struct snet__fault *fault, size_t link,
				bool is_back)
{
	struct cover *cover = &overlays->covers[link];
	size_t at = 0;

	while (at < cover->mark_count &&
	       (cover->marks[at].fault != fault || cover->marks[at].is_back != is_back))
		at++;
	if (at == cover->mark_count)
		return;
	cover->mark_count--;
	memmove(&cover->marks[at], &cover->marks[at + 1],
		(cover->mark_count - at) * sizeof(*cover->marks));
}

static int add_marks(struct snet__overlays *overlays, const struct snet__fault *fault,
		     struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < fault->links.count; i++)
		for (int way = 0; way < 2 && r == 0; way++)
			if (fault->ways[way])
				r = snet__overlays_add_mark(overlays, fault,
							    fault->links.items[i], way,
							    err);
	return r;
}

static void remove_marks(struct snet__overlays *overlays, const struct snet__fault *fault)
{
	for (size_t i = 0; i < fault->links.count; i++)
		for (int way = 0; way < 2; way++)
			if (fault->ways[way])
				snet__overlays_remove_mark(overlays, fault,
							   fault->links.items[i], way);
}

static struct snet__json *describe_fault(const struct snet__fault *fault)
{
	struct snet__json *json = snet__json_new_object();

	snet__json_add_string(json, "name", fault->name);
	snet__json_add_string(json, "kind", fault->kind->name);
	(void)snet__json_add(json, "impairments", snet__write_impairment(&fault->set));
	return json;
}

static const struct snet_impairment *describe(void *user, size_t link, bool is_back,
					      struct snet__json *faults)
{
	const struct snet__overlays *overlays = user;
	const struct cover *cover;

	/* It came later. */
	if (link >= overlays->cover_count)
		return NULL;
	cover = &overlays->covers[link];
	for (size_t i = 0; faults && i < cover->mark_count; i++)
		if (cover->marks[i].is_back == is_back)
			(void)snet__json_append(faults,
						describe_fault(cover->marks[i].fault));
	return cover->is_set ? &cover->ways[is_back] : NULL;
}

static int show(void *arg, struct snet_err *err)
{
	struct snet__overlays *overlays = arg;

	(void)err;
	overlays->lab->run->describe_broken = describe;
	overlays->lab->run->broken = overlays;
	return 0;
}

static int hide(void *arg, struct snet_err *err)
{
	struct snet__overlays *overlays = arg;

	(void)err;
	overlays->lab->run->describe_broken = NULL;
	return 0;
}

/* ---- All of them. */

int snet__overlays_new(struct snet__overlays **ret, struct snet_lab *lab,
		       struct snet_err *err)
{
	struct snet__overlays *overlays = calloc(1, sizeof(*overlays));

	if (!overlays)
		return snet__err_oom(err);
	overlays->lab = lab;
	overlays->cover_count = lab->model.link_count;
	overlays->covers = calloc(lab->model.link_count + 1, sizeof(*overlays->covers));
	if (!overlays->covers) {
		free(overlays);
		return snet__err_oom(err);
	}
	(void)snet__lab_call(lab, show, overlays, NULL); /* or nobody can look */
	*ret = overlays;
	return 0;
}

void snet__overlays_free(struct snet__overlays *overlays)
{
	if (!overlays)
		return;
	(void)snet__lab_call(overlays->lab, hide, overlays, NULL); /* or it is gone */
	for (size_t i = 0; i < overlays->cover_count; i++) {
		for (int way = 0; way < 2; way++)
			snet__impairment_clear(&overlays->covers[i].ways[way]);
		free(overlays->covers[i].marks);
	}
	free(overlays->faults);
	free(overlays->covers);
	free(overlays);
}

int snet__overlay_combine(struct snet_impairment *one, const struct snet__fault *fault,
			  struct snet_err *err)
{
	const char *key;
	int r = 0;

	for (size_t i = 0; r == 0 && fault->given && (key = snet__impairment_key(i)); i++)
		if (fault->given[i])
			r = snet__impairment_set(one, &fault->set, key, err);
	/* Whatever else makes a link be down. */
	one->down |= fault->set.down;
	return r;
}

/* The links of a fault, as they are with all that lies over them now. All of it on the lab's thread:
 * faults that begin at a step do so there. */
struct update {
	struct snet__overlays *overlays;
	const struct snet__fault *fault;
	const struct snet__set *links;
	struct snet_impairment (*impairments)[2];
};

static int combine(struct update *update, struct snet_err *err)
{
	const struct snet__overlays *overlays = update->overlays;
	int r = 0;

	for (size_t i = 0; i < update->links->count && r == 0; i++) {
		size_t number = update->links->items[i];
		const struct snet__model_link *link = overlays->lab->model.links[number];
		struct snet_impairment *ways = update->impairments[i];

		r = snet__impairment_copy(&ways[0], &link->forth, err);
		if (r == 0)
			r = snet__impairment_copy(&ways[1], &link->back, err);
		for (size_t k = 0; k < overlays->count && r == 0; k++) {
			const struct snet__fault *fault = overlays->faults[k];

			if (!snet__set_has(&fault->links, number))
				continue;
			for (int way = 0; way < 2 && r == 0; way++)
				if (fault->ways[way])
					r = snet__overlay_combine(&ways[way], fault, err);
		}
		for (int way = 0; way < 2 && r == 0; way++)
			r = snet__impairment_settle(&ways[way], NULL, err);
	}
	return r;
}

/* What a link has now; @ways is plain then. */
static void keep(struct cover *cover, struct snet_impairment ways[2])
{
	for (int way = 0; way < 2; way++) {
		snet__impairment_clear(&cover->ways[way]);
		cover->ways[way] = ways[way];
		ways[way] = snet__impairment_plain;
	}
	cover->is_set = true;
}

static int set_links(const struct update *update, struct snet_err *err)
{
	struct snet__run *run = update->overlays->lab->run;
	int r = 0, failed;

	/* A link that cannot be set does not keep the others from it. */
	for (size_t i = 0; i < update->links->count; i++) {
		size_t link = update->links->items[i];

		failed = snet__shaping_set(run, run->links[link], update->impairments[i],
					   r < 0 ? NULL : err);
		if (failed == 0)
			keep(&update->overlays->covers[link], update->impairments[i]);
		r = r < 0 ? r : failed;
	}
	return r;
}

static int apply(struct update *update, struct snet_err *err)
{
	const struct snet__set *links = update->links = &update->fault->links;
	int r;

	update->impairments = calloc(links->count + 1, sizeof(*update->impairments));
	if (!update->impairments)
		return snet__err_oom(err);
	for (size_t i = 0; i < links->count; i++)
		update->impairments[i][0] = update->impairments[i][1] =
			snet__impairment_plain;
	r = combine(update, err);
	if (r == 0)
		r = set_links(update, err);
	for (size_t i = 0; i < links->count; i++)
		for (int way = 0; way < 2; way++)
			snet__impairment_clear(&update->impairments[i][way]);
	free(update->impairments);
	return r;
}

/* @sum grows by what has come since @then. All members are numbers of 64 bits. */
static void add_since(struct snet_link_counts *sum, const struct snet_link_counts *now,
		      const struct snet_link_counts *then)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *a = (const uint64_t *)now, *b = (const uint64_t *)then;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += a[i] - b[i];
}

static bool count_link(const struct snet__overlays *overlays, size_t link,
		       struct snet_link_counts ret[2])
{
	const struct snet__run *run = overlays->lab->run;

	return snet__shaping_count(run, run->links[link], ret);
}

static void cover(struct snet__overlays *overlays, const struct snet__set *links)
{
	for (size_t i = 0; i < links->count; i++) {
		struct cover *cover = &overlays->covers[links->items[i]];

		if (cover->depth++ == 0)
			(void)count_link(overlays, links->items[i], cover->begun);
	}
}

static void uncover(struct snet__overlays *overlays, const struct snet__set *links)
{
	struct snet_link_counts now[2];

	for (size_t i = 0; i < links->count; i++) {
		struct cover *cover = &overlays->covers[links->items[i]];

		if (--cover->depth || !count_link(overlays, links->items[i], now))
			continue;
		for (int way = 0; way < 2; way++)
			add_since(&cover->covered[way], &now[way], &cover->begun[way]);
	}
}

bool snet__overlays_count_plain(const struct snet__overlays *overlays, size_t link,
				struct snet_link_counts ret[2])
{
	const struct cover *cover = &overlays->covers[link];
	struct snet_link_counts now[2];

	if (!count_link(overlays, link, now))
		return false;
	for (int way = 0; way < 2; way++) {
		ret[way] = (struct snet_link_counts){0};
		add_since(&ret[way], cover->depth ? &cover->begun[way] : &now[way],
			  &cover->covered[way]);
	}
	return true;
}

static int take_away(void *arg, struct snet_err *err)
{
	struct update *update = arg;
	struct snet__overlays *overlays = update->overlays;
	size_t at = 0;
	int r;

	while (at < overlays->count && overlays->faults[at] != update->fault)
		at++;
	if (at == overlays->count)
		return 0;
	overlays->count--;
	memmove(&overlays->faults[at], &overlays->faults[at + 1],
		(overlays->count - at) * sizeof(*overlays->faults));
	r = apply(update, err);
	uncover(overlays, &update->fault->links);
	remove_marks(overlays, update->fault);
	return r;
}

static int add(void *arg, struct snet_err *err)
{
	struct update *update = arg;
	struct snet__overlays *overlays = update->overlays;
	int r;

	r = snet__vec_reserve(&overlays->faults, &overlays->cap, overlays->count + 1,
			      sizeof(*overlays->faults), err);
	if (r < 0)
		return r;
	overlays->faults[overlays->count++] = update->fault;
	cover(overlays, &update->fault->links);
	r = add_marks(overlays, update->fault, err);
	if (r == 0)
		r = apply(update, err);
	/* What has not begun is not there when others end. */
	if (r < 0)
		(void)take_away(update, NULL);
	return r;
}

int snet__overlays_add(struct snet__overlays *overlays, const struct snet__fault *fault,
		       struct snet_err *err)
{
	struct update update = {.overlays = overlays, .fault = fault};

	return snet__lab_call(overlays->lab, add, &update, err);
}

int snet__overlays_remove(struct snet__overlays *overlays,
			  const struct snet__fault *fault, struct snet_err *err)
{
	struct update update = {.overlays = overlays, .fault = fault};

	return snet__lab_call(overlays->lab, take_away, &update, err);
}
