/* SPDX-License-Identifier: MIT */
#include "fault/variant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "topo/impairment.h"
#include "topo/kinds.h"
#include "topo/problems.h"
#include "topo/write.h"

/* ---- A lab by itself. */

#define ONCE "500ms"

static bool is_sender(const char *kind)
{
	const struct snet__node_kind *of;

	for (size_t i = 0; (of = snet__kind_at(i)); i++)
		if (strcmp(of->name, kind) == 0)
			return of->bit & SNET__ON_SENDERS;
	return false;
}

/* "kind:button" for each kind that the lab has and that can be pressed. */
static struct snet__json *list_senders(const struct snet__json *lab)
{
	struct snet__json *list = snet__json_new_array();
	const struct snet__json *node = snet__json_first(snet__json_get(lab, "nodes"));
	const struct snet__json *one;

	for (; node; node = snet__json_next(node)) {
		const char *kind = snet__json_get_string(node, "kind");
		autofree char *text = snet__text_format("kind:%s", kind ? kind : "");

		if (!kind || !text || !is_sender(kind))
			continue;
		for (one = snet__json_first(list); one; one = snet__json_next(one))
			if (strcmp(snet__json_string(one), text) == 0)
				break;
		if (!one)
			(void)snet__json_append(list, snet__json_new_string(text));
	}
	return list;
}

static struct snet__json *wrap_lab(const struct snet__json *lab, const char *path)
{
	const char *name = snet__json_get_string(lab, "lab");
	struct snet__json *root = snet__json_new_object();
	struct snet__json *press = snet__json_new_object();
	struct snet__json *expect = snet__json_new_object();
	struct snet__json *rest = snet__json_new_object();

	snet__json_add_string(root, "scenario", name ? name : "lab");
	if (path)
		snet__json_add_string(root, "lab", path);
	else
		(void)snet__json_add(root, "lab", snet__json_copy(lab));
	/* One after the other: a function that is warm by then costs a tenth of one that is not. */
	snet__json_add_string(root, "duration", ONCE);
	snet__json_add_string(root, "settle", "60s");
	(void)snet__json_add(press, "press", list_senders(lab));
	snet__json_add_string(press, "every", ONCE);
	(void)snet__json_append(snet__json_add(root, "workload", snet__json_new_array()),
				press);
	snet__json_add_string(expect, "check", "delivery");
	snet__json_add_string(expect, "guarantee", "exactly-once");
	snet__json_add_string(rest, "check", "convergence");
	snet__json_add_string(rest, "within", "60s");
	lab = snet__json_add(root, "expect", snet__json_new_array());
	(void)snet__json_append((struct snet__json *)lab, expect);
	(void)snet__json_append((struct snet__json *)lab, rest);
	return root;
}

/* ---- Paths that stay right wherever it is written. */

/* To be freed: NULL when memory is short. */
static char *join(const char *folder, const char *path)
{
	autofree char *real = realpath(folder && *folder ? folder : ".", NULL);

	return snet__text_format("%s/%s", real ? real : folder ? folder : ".", path);
}

static int make_absolute(struct snet__json *object, const char *key, const char *folder,
			 struct snet_err *err)
{
	const char *path = snet__json_get_string(object, key);
	autofree char *full = NULL, *real = NULL;

	if (!path || *path == '/')
		return 0;
	full = join(folder, path);
	if (!full)
		return snet__err_oom(err);
	real = realpath(full, NULL);
	return snet__json_set(object, key, snet__json_new_string(real ? real : full)) < 0
		       ? snet__err_oom(err)
		       : 0;
}

/* What an impairment of a fault reads and writes. */
static int settle_fault(const struct snet__json *fault, const char *folder,
			struct snet_err *err)
{
	static const char *const keys[] = {"trace", "decisions", "replay"};
	struct snet__json *set = (struct snet__json *)snet__json_get(fault, "set");
	int r = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && r == 0; i++)
		r = make_absolute(set, keys[i], folder, err);
	if (r == 0 &&
	    snet__distribution_is_file(snet__json_get_string(set, "distribution")))
		r = make_absolute(set, "distribution", folder, err);
	return r;
}

/* A command runs in the folder of its scenario, if that names no other. */
static int settle_expectation(const struct snet__json *expectation, const char *folder,
			      struct snet_err *err)
{
	struct snet__json *own = (struct snet__json *)expectation;

	if (!snet__json_get(expectation, "command"))
		return 0;
	if (!snet__json_get(expectation, "cwd") &&
	    snet__json_set(own, "cwd", snet__json_new_string(".")) < 0)
		return snet__err_oom(err);
	return make_absolute(own, "cwd", folder, err);
}

static int settle_workload(const struct snet__json *workload, const char *folder,
			   struct snet_err *err)
{
	return make_absolute((struct snet__json *)workload, "recorded", folder, err);
}

static int settle_paths(struct snet__json *root, const char *folder, struct snet_err *err)
{
	static const struct {
		const char *list;
		int (*settle)(const struct snet__json *entry, const char *folder,
			      struct snet_err *err);
	} lists[] = {{"workload", settle_workload},
		     {"timeline", settle_fault},
		     {"expect", settle_expectation}};
	const struct snet__json *entry;
	int r = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		entry = snet__json_first(snet__json_get(root, lists[i].list));
		for (; entry && r == 0; entry = snet__json_next(entry))
			r = lists[i].settle(entry, folder, err);
	}
	return r;
}

int snet__origin_parse(struct snet__origin *ret, const char *text, const char *path,
		       const char *folder, struct snet_err *err)
{
	autojson *root = NULL;
	struct snet__json *lab;
	int r;

	r = snet__json_parse(&root, text, strlen(text), err);
	if (r < 0)
		return r;
	if (!snet__json_is(root, SNET__JSON_OBJECT))
		return snet__err_set(err, -EINVAL, "expected an object, got %s",
				     snet__json_type_name(root));
	ret->is_lab = !snet__json_get(root, "scenario") && snet__json_get(root, "nodes");
	if (ret->is_lab) {
		lab = steal_ptr(root);
		root = wrap_lab(lab, path);
		snet__json_free(lab);
	}
	r = settle_paths(root, folder, err);
	ret->folder = r == 0 ? strdup(folder ? folder : "") : NULL;
	if (r == 0 && !ret->folder)
		r = snet__err_oom(err);
	if (r == 0)
		ret->root = steal_ptr(root);
	return r;
}

void snet__origin_clear(struct snet__origin *origin)
{
	snet__json_free(origin->root);
	free(origin->folder);
	*origin = (struct snet__origin){0};
}

struct snet__json *snet__variant_new(const struct snet__json *root,
				     struct snet__json *timeline)
{
	autojson *copy = snet__json_copy(root);

	if (!copy || !timeline) {
		snet__json_free(timeline);
		return NULL;
	}
	return snet__json_set(copy, "timeline", timeline) == 0 ? steal_ptr(copy) : NULL;
}

int snet__variant_set_lab(struct snet__json *root, const struct snet__scenario *scenario,
			  struct snet_err *err)
{
	autofree char *text = snet__model_format(&scenario->model, NULL);
	struct snet__json *lab = NULL;
	int r;

	if (!text)
		return snet__err_oom(err);
	r = snet__json_parse(&lab, text, strlen(text), err);
	if (r == 0 && snet__json_set(root, "lab", lab) < 0)
		r = snet__err_oom(err);
	return r;
}

int snet__variant_save(const struct snet__scenario *scenario, uint64_t seed,
		       const char *path, struct snet_err *err)
{
	cleanup_with(snet__origin_clear) struct snet__origin origin = {0};
	autofree char *text = NULL;
	int r;

	r = snet__origin_parse(&origin, scenario->text, scenario->path, scenario->folder,
			       err);
	if (r == 0)
		r = snet__variant_set_lab(origin.root, scenario, err);
	if (r < 0)
		return r;
	if (snet__json_set(origin.root, "seed", snet__write_seed(seed)) == 0)
		text = snet__json_format_pretty(origin.root);
	return text ? snet__file_write(path, text, SNET__FILE_PRIVATE, err)
		    : snet__err_oom(err);
}

int snet__variant_read(struct snet__scenario *ret, const struct snet__json *root,
		       const char *folder, struct snet_err *err)
{
	autofree char *text = snet__json_format(root);
	struct snet__problems problems = {0};
	int r;

	if (!text)
		return snet__err_oom(err);
	r = snet__scenario_read(ret, text, strlen(text), folder, &problems, err);
	snet__problems_clear(&problems);
	return r;
}
