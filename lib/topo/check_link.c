/* SPDX-License-Identifier: MIT */
/* What happens on the links of a description: whether the keys of each direction go together, and
 * whether the files and the filters that they name are what they are taken for. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "io/filter.h"
#include "topo/check.h"
#include "topo/decision_file.h"
#include "topo/distribution.h"
#include "topo/impairment.h"
#include "topo/netem.h"
#include "topo/trace_file.h"

/* Of a message with the name of a link, which may be those of both its ends. */
#define MESSAGE_MAX (2 * SNET_NAME_MAX + 64)

/* One direction of a link. */
struct way {
	const struct snet__model_link *link;
	const struct snet_impairment *one;
	const char *prefix; /* "" or "back." */
};

static void complain(struct snet__check *check, const struct way *way, const char *key,
		     const char *text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s%s", way->prefix, key); /* all are short */
	snet__check_complain(check, SNET__SECTION_LINKS, way->link->index, path, "%s",
			     text);
}

static int try_table(const struct snet__kept_file *file, struct snet_err *err)
{
	autofree int16_t *table = NULL;
	size_t count;

	return snet__distribution_parse(&table, &count, file, err);
}

static int try_trace(const struct snet__kept_file *file, struct snet_err *err)
{
	struct snet__trace_file *trace = NULL;
	int r = snet__trace_file_parse(&trace, file, false, err);

	snet__trace_file_free(trace);
	return r;
}

/* Many links have the same: it is tried once, and complained about once. */
static bool is_first(struct snet__check *check, struct snet__map *known, const char *text)
{
	int r;

	if (!text || check->r < 0)
		return false;
	r = snet__map_add(known, text, check->model, check->err);
	if (r < 0 && r != -EEXIST)
		check->r = r;
	return r == 0;
}

/* Report @r of something that was tried, and told in @err. */
static void complain_of(struct snet__check *check, const struct way *way, const char *key,
			int r, const struct snet_err *err)
{
	if (r == -ENOMEM)
		check->r = snet__err_oom(check->err);
	else if (r < 0)
		complain(check, way, key, err->msg);
}

static void check_text(struct snet__check *check, const struct way *way, const char *key,
		       const char *text,
		       int (*try_text)(const char *text, struct snet_err *err))
{
	struct snet_err err = {0};
	int r = try_text(text, &err);

	complain_of(check, way, key, r, &err);
}

/* Two links would write over each other; the directions of one have files of their own. */
static void check_decisions(struct snet__check *check, const struct way *way)
{
	const char *path = way->one->decisions;
	const struct snet__model_link *other;
	char text[MESSAGE_MAX];
	int r;

	if (!path || check->r < 0)
		return;
	r = snet__map_add(&check->decisions, path, check->model->links[way->link->index],
			  check->err);
	if (r == -ENOMEM)
		check->r = r;
	if (r != -EEXIST)
		return;
	other = snet__map_find(&check->decisions, path);
	/* What both directions have is said once. */
	if (other == way->link ||
	    (way->one == &way->link->back && way->link->forth.decisions &&
	     strcmp(way->link->forth.decisions, path) == 0))
		return;
	(void)snprintf(text, sizeof(text),
		       "link '%s' writes this file too: each needs its own",
		       other->name); /* there is room */
	complain(check, way, "decisions", text);
}

static int try_decisions(const char *name, struct snet_err *err)
{
	struct snet__decision_reader *reader = NULL;
	int r = snet__decision_reader_new(&reader, name, err);

	snet__decision_reader_free(reader);
	return r;
}

/* When it is known who writes what: a file that is written is not complete. */
static void check_replay(struct snet__check *check, const struct way *way)
{
	const char *path = way->one->replay;
	bool is_back = way->one == &way->link->back;
	const struct snet__model_link *writer;
	autofree char *name = NULL;
	char text[MESSAGE_MAX];

	if (way->link->is_running || !is_first(check, &check->replays[is_back], path))
		return;
	writer = snet__map_find(&check->decisions, path);
	if (writer) {
		(void)snprintf(text, sizeof(text), "link '%s' writes this file",
			       writer->name); /* there is room */
		complain(check, way, "replay", text);
		return;
	}
	name = snet__decision_file_name(path, is_back);
	if (name)
		check_text(check, way, "replay", name, try_decisions);
	else
		check->r = snet__err_oom(check->err);
}

struct file {
	const char *key, *path;
	struct snet__map *known;
	struct snet__kept_file **kept;
	int (*try_file)(const struct snet__kept_file *file, struct snet_err *err);
};

/* Read what is not kept yet. Many links name the same: it is read once, and complained about once. */
static void check_file(struct snet__check *check, const struct way *way,
		       const struct file *file)
{
	void *known = file->path ? snet__map_find(file->known, file->path) : NULL;
	bool is_kept = file->path && snet__kept_file_is_of(*file->kept, file->path);
	struct snet_err err = {0};
	int r;

	if (is_kept || check->r < 0)
		return;
	snet__kept_file_unref(*file->kept);
	*file->kept = known == check->model ? NULL : snet__kept_file_ref(known);
	if (known || !file->path)
		return;
	r = snet__kept_file_new(file->kept, file->path, &err);
	if (r == 0)
		r = file->try_file(*file->kept, &err);
	complain_of(check, way, file->key, r, &err);
	if (check->r == 0)
		check->r = snet__map_add(file->known, file->path,
					 r < 0 ? (void *)check->model : *file->kept,
					 check->err);
}

/* The same of a filter. */
static void check_filter(struct snet__check *check, const struct way *way,
			 struct snet__filter **kept)
{
	const char *text = way->one->filter;
	void *known = text ? snet__map_find(&check->filters, text) : NULL;
	struct snet_err err = {0};
	int r;

	if (snet__filter_is_of(*kept, text) || check->r < 0)
		return;
	snet__filter_free(*kept);
	*kept = known == check->model ? NULL : snet__filter_ref(known);
	if (known || !text)
		return;
	r = snet__filter_new(kept, text, &err);
	complain_of(check, way, "filter", r, &err);
	if (check->r == 0)
		check->r =
			snet__map_add(&check->filters, text,
				      r < 0 ? (void *)check->model : *kept, check->err);
}

static void check_files(struct snet__check *check, const struct way *way)
{
	struct snet__kept_files *kept = &check->model->links[way->link->index]
						 ->kept[way->one == &way->link->back];
	const struct file table = {"distribution", way->one->table, &check->tables,
				   &kept->table, try_table};
	const struct file trace = {"trace", way->one->trace, &check->traces, &kept->trace,
				   try_trace};

	check_file(check, way, &table);
	check_file(check, way, &trace);
	check_filter(check, way, &kept->filter);
}

static void check_way(struct snet__check *check, const struct way *way)
{
	const char *key, *lack;

	for (size_t i = 0; (key = snet__impairment_key(i)); i++) {
		lack = snet__impairment_lacks(way->one, key);
		if (lack)
			complain(check, way, key, lack);
	}
	if (!check->is_running)
		check_files(check, way);
	check_decisions(check, way);
}

static void check_ways(struct snet__check *check,
		       void (*check_one)(struct snet__check *check,
					 const struct way *way))
{
	const struct snet__model *model = check->model;

	for (size_t i = 0; i < model->link_count && check->r == 0; i++) {
		const struct snet__model_link *link = model->links[i];

		if (link->is_broken || !snet__link_is_shaped(link))
			continue;
		check_one(check, &(const struct way){link, &link->forth, ""});
		check_one(check, &(const struct way){link, &link->back, "back."});
	}
}

void snet__check_impairments(struct snet__check *check)
{
	check_ways(check, check_way);
	check_ways(check, check_replay);
}

/* What both directions have is said once. */
static void check_netem(struct snet__check *check, const struct way *way)
{
	bool is_back = way->one == &way->link->back;
	const char *key, *lack;

	if (way->link->shaper != SNET_SHAPER_NETEM)
		return;
	for (size_t i = 0; (key = snet__impairment_key(i)); i++) {
		lack = snet__netem_lacks(way->one, key);
		if (lack &&
		    !(is_back && snet__netem_lacks(&way->link->forth, key) == lack))
			complain(check, way, key, lack);
	}
}

void snet__check_netem(struct snet__check *check)
{
	const struct snet__model *model = check->model;
	struct snet_err err;

	check_ways(check, check_netem);
	for (size_t i = 0; i < model->link_count && check->r == 0; i++) {
		const struct snet__model_link *link = model->links[i];

		if (link->shaper == SNET_SHAPER_NETEM && snet__link_is_shaped(link) &&
		    link->ends[0] && snet__netem_can_join(link, &err) < 0)
			snet__check_complain(check, SNET__SECTION_LINKS, i, "shaper",
					     "%s", err.msg);
	}
}
