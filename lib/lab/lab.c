/* SPDX-License-Identifier: MIT */
/* The public face of a lab: describing it. */

#include "lab/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "lab/breakage.h"
#include "topo/value.h"

const char *snet_version(void)
{
	return "0.1.0";
}

int snet_lab_new(struct snet_lab **ret, const char *name, struct snet_err *err)
{
	struct snet_lab *lab = calloc(1, sizeof(*lab));
	int r;

	if (!lab)
		return snet__err_oom(err);
	snet__model_init(&lab->model);
	lab->cancel_fd = -1;
	(void)pthread_mutex_init(&lab->lock, NULL);
	(void)pthread_mutex_init(&lab->changing, NULL);
	(void)pthread_cond_init(&lab->changed, NULL);
	r = snet_lab_set_name(lab, name, err);
	if (r < 0) {
		snet_lab_free(lab);
		return r;
	}
	*ret = lab;
	return 0;
}

int snet_lab_set_name(struct snet_lab *lab, const char *name, struct snet_err *err)
{
	char *copy;
	int r;

	r = snet__lab_refuse_up(lab, err);
	if (r < 0)
		return r;
	if (!snet__text_is_name(name))
		return snet__err_set(
			err, -EINVAL,
			"'%s' is no name for a lab: letters, digits, '_', '-' and "
			"'.', at most %d bytes",
			name, SNET_NAME_MAX);
	copy = strdup(name);
	if (!copy)
		return snet__err_oom(err);
	free(lab->model.name);
	lab->model.name = copy;
	return 0;
}

void snet__lab_lend_kinds(const struct snet_lab *lab, struct snet__model *model)
{
	model->device_kinds = lab->device_kind_names;
	model->backend_kinds = lab->backend_kind_names;
}

/* From @text, or where that is NULL from the file @path. */
static int read_into(struct snet_lab *lab, const char *path, const char *text,
		     const char *folder, struct snet_err *err)
{
	struct snet__problems problems = {0};
	struct snet__model model;
	int r;

	r = snet__lab_refuse_up(lab, err);
	if (r == 0 && lab->model.node_count)
		r = snet__err_set(err, -EBUSY, "lab '%s' is not empty", lab->model.name);
	if (r < 0)
		return r;
	snet__model_init(&model);
	snet__lab_lend_kinds(lab, &model);
	r = text ? snet__model_read(&model, text, strlen(text), folder, &problems, err)
		 : snet__model_load(&model, path, &problems, err);
	if (r < 0 && problems.count)
		r = snet__problems_err(&problems, path, err);
	snet__problems_clear(&problems);
	if (r == 0 && !model.name) {
		model.name = strdup(lab->model.name);
		r = model.name ? 0 : snet__err_oom(err);
	}
	if (r < 0) {
		snet__model_clear(&model);
		return r;
	}
	snet__model_clear(&lab->model);
	lab->model = model;
	return 0;
}

int snet_lab_read(struct snet_lab *lab, const char *path, struct snet_err *err)
{
	return read_into(lab, path, NULL, NULL, err);
}

int snet_lab_parse(struct snet_lab *lab, const char *text, const char *folder,
		   struct snet_err *err)
{
	/* Absolute, because the lab may move to another folder before it reads what it names. */
	autofree char *absolute = realpath(folder ? folder : ".", NULL);

	if (!folder)
		folder = "";
	return read_into(lab, NULL, text, absolute ? absolute : folder, err);
}

int snet_lab_load(struct snet_lab **ret, const char *path, struct snet_err *err)
{
	char name[SNET__TEXT_NAME_MAX + 1];
	struct snet_lab *lab;
	int r;

	r = snet_lab_new(&lab, snet__text_name_after(name, path, "lab"), err);
	if (r < 0)
		return r;
	r = snet_lab_read(lab, path, err);
	if (r < 0) {
		snet_lab_free(lab);
		return r;
	}
	*ret = lab;
	return 0;
}

int snet_lab_check(const char *path, snet_problem_fn fn, void *user, struct snet_err *err)
{
	struct snet__problems problems = {0};
	struct snet__model model;
	int r;

	snet__model_init(&model);
	r = snet__model_load(&model, path, &problems, err);
	for (size_t i = 0; i < problems.count && fn; i++)
		fn(user, problems.items[i].line, problems.items[i].column,
		   problems.items[i].path, problems.items[i].text);
	if (problems.count)
		r = problems.count > INT32_MAX ? INT32_MAX : (int)problems.count;
	snet__problems_clear(&problems);
	snet__model_clear(&model);
	return r;
}

static void free_natives(struct snet_lab *lab)
{
	for (size_t i = 0; i < lab->native_count; i++) {
		for (size_t k = 0; k < lab->natives[i].functions.count; k++)
			free(lab->natives[i].functions.items[k].name);
		free(lab->natives[i].functions.items);
		free(lab->natives[i].backend);
	}
	free(lab->natives);
}

void snet_lab_free(struct snet_lab *lab)
{
	if (!lab)
		return;
	snet_lab_down(lab);
	snet__model_clear(&lab->model);
	free_natives(lab);
	snet__breakage_free_prepared(lab);
	free(lab->device_kinds);
	free(lab->device_kind_names);
	free(lab->backend_kinds);
	free(lab->backend_kind_names);
	free(lab->folder);
	(void)pthread_mutex_destroy(&lab->lock);
	(void)pthread_mutex_destroy(&lab->changing);
	(void)pthread_cond_destroy(&lab->changed);
	free(lab);
}

const char *snet_lab_name(const struct snet_lab *lab)
{
	return lab->model.name;
}

void snet_lab_set_seed(struct snet_lab *lab, uint64_t seed)
{
	lab->model.seed = seed;
}

void snet_lab_set_durability(struct snet_lab *lab, enum snet_durability durability)
{
	lab->model.durability = durability;
}

int snet_lab_set_subnet(struct snet_lab *lab, const char *subnet, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	return r < 0 ? r
		     : snet__value_parse_subnet(&lab->model.subnet, &lab->model.prefix,
						subnet, err);
}

int snet_lab_set_ipv6(struct snet_lab *lab, const char *prefix, struct snet_err *err)
{
	unsigned char parsed[16] = {0};
	int r = snet__lab_refuse_up(lab, err);

	if (r == 0 && prefix)
		r = snet__value_parse_ipv6(parsed, prefix, err);
	if (r < 0)
		return r;
	memcpy(lab->model.ipv6, parsed, sizeof(parsed));
	lab->model.has_ipv6 = prefix;
	return 0;
}

int snet_lab_set_folder(struct snet_lab *lab, const char *path, struct snet_err *err)
{
	char *copy = path ? strdup(path) : NULL;

	if (path && !copy)
		return snet__err_oom(err);
	free(lab->folder);
	lab->folder = copy;
	return 0;
}

void snet_lab_set_resume(struct snet_lab *lab, bool resume)
{
	lab->resume = resume;
}

void snet_lab_set_trace_fn(struct snet_lab *lab, snet_trace_fn fn, void *user)
{
	lab->trace_fn = fn;
	lab->trace_user = user;
}

int snet_lab_add_node(struct snet_lab *lab, const struct snet_node_opts *opts,
		      struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	snet__lab_lend_kinds(lab, &lab->model);
	return r < 0 ? r : snet__model_add_node(&lab->model, opts, err);
}

int snet_lab_add_link(struct snet_lab *lab, const struct snet_link_opts *opts,
		      struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	return r < 0 ? r : snet__model_add_link(&lab->model, opts, err);
}

int snet_lab_add_route(struct snet_lab *lab, const char *relayer,
		       const struct snet_route_opts *opts, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	return r < 0 ? r : snet__model_add_route(&lab->model, relayer, opts, err);
}

int snet_lab_add_backend(struct snet_lab *lab, const struct snet_backend_opts *opts,
			 struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	snet__lab_lend_kinds(lab, &lab->model);
	return r < 0 ? r : snet__model_add_backend(&lab->model, opts, err);
}

int snet_lab_add_function(struct snet_lab *lab, const char *node,
			  const struct snet_function_opts *opts, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	return r < 0 ? r : snet__model_add_function(&lab->model, node, opts, err);
}

int snet_lab_add_forward(struct snet_lab *lab, const char *gateway,
			 const struct snet_forward_opts *opts, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	return r < 0 ? r : snet__model_add_forward(&lab->model, gateway, opts, err);
}

struct counting {
	const struct snet__model *model;
	size_t nodes, links;
};

static int count_nodes(void *arg, struct snet_err *err)
{
	struct counting *counting = arg;

	(void)err;
	counting->nodes = counting->model->node_count;
	counting->links = counting->model->link_count;
	return 0;
}

/* By the lab's thread, which may change the model, if it is up. */
static struct counting count(const struct snet_lab *lab)
{
	struct counting counting = {.model = &lab->model};

	if (snet__lab_call((struct snet_lab *)(uintptr_t)lab, count_nodes, &counting,
			   NULL) < 0)
		(void)count_nodes(&counting, NULL); /* it is not */
	return counting;
}

size_t snet_lab_node_count(const struct snet_lab *lab)
{
	return count(lab).nodes;
}

size_t snet_lab_link_count(const struct snet_lab *lab)
{
	return count(lab).links;
}
