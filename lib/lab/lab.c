/* SPDX-License-Identifier: MIT */
/* The public face of a lab: describing it, bringing it up and down. */

#include "lab/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "lab/wait.h"

#define READY_MS 10000

const char *snet_version(void)
{
	return "0.1.0";
}

static enum snet__lab_phase phase_of(const struct snet_lab *lab)
{
	/* Reading a lab takes its lock all the same. */
	pthread_mutex_t *lock = (pthread_mutex_t *)&lab->lock;
	enum snet__lab_phase phase;

	pthread_mutex_lock(lock);
	phase = lab->phase;
	pthread_mutex_unlock(lock);
	return phase;
}

int snet__lab_refuse_up(const struct snet_lab *lab, struct snet_err *err)
{
	return phase_of(lab) != SNET__LAB_DOWN
		       ? snet__err_set(err, -EBUSY, "lab '%s' is up already",
				       lab->model.name)
		       : 0;
}

int snet_lab_new(struct snet_lab **ret, const char *name, struct snet_err *err)
{
	struct snet_lab *lab = calloc(1, sizeof(*lab));
	int r;

	if (!lab)
		return snet__err_oom(err);
	snet__model_init(&lab->model);
	(void)pthread_mutex_init(&lab->lock, NULL);
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

/* What a lab file says of the kinds that the program added is known to its reader. */
static void lend_kinds(const struct snet_lab *lab, struct snet__model *model)
{
	model->device_kinds = lab->device_kind_names;
	model->backend_kinds = lab->backend_kind_names;
}

int snet_lab_read(struct snet_lab *lab, const char *path, struct snet_err *err)
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
	lend_kinds(lab, &model);
	r = snet__model_load(&model, path, &problems, err);
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

int snet_lab_load(struct snet_lab **ret, const char *path, struct snet_err *err)
{
	struct snet_lab *lab;
	int r;

	r = snet_lab_new(&lab, "lab", err);
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
	free(lab->device_kinds);
	free(lab->device_kind_names);
	free(lab->backend_kinds);
	free(lab->backend_kind_names);
	free(lab->folder);
	(void)pthread_mutex_destroy(&lab->lock);
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

	lend_kinds(lab, &lab->model);
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

	lend_kinds(lab, &lab->model);
	return r < 0 ? r : snet__model_add_backend(&lab->model, opts, err);
}

int snet_lab_add_function(struct snet_lab *lab, const char *node,
			  const struct snet_function_opts *opts, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	return r < 0 ? r : snet__model_add_function(&lab->model, node, opts, err);
}

size_t snet_lab_node_count(const struct snet_lab *lab)
{
	return lab->model.node_count;
}

size_t snet_lab_link_count(const struct snet_lab *lab)
{
	return lab->model.link_count;
}

static bool is_plain(const struct snet_impairment *impairment)
{
	return !impairment->delay_ns && !impairment->jitter_ns && impairment->loss == 0 &&
	       impairment->duplicate == 0 && impairment->corrupt == 0 &&
	       impairment->reorder == 0 && !impairment->rate_bps &&
	       !impairment->limit_packets;
}

/* Never silently without: a lab that asks for impairments is not brought up without them. */
static int refuse_impaired(const struct snet__model *model, struct snet_err *err)
{
	for (size_t i = 0; i < model->link_count; i++)
		if (!is_plain(&model->links[i].forth) || !is_plain(&model->links[i].back))
			return snet__err_set(
				err, -ENOTSUP,
				"link '%s' is impaired, which this version cannot "
				"do: leave delay, loss, rate ... out",
				model->links[i].name);
	return 0;
}

static int complete_model(struct snet_lab *lab, struct snet_err *err)
{
	struct snet__problems problems = {0};
	int r;

	lend_kinds(lab, &lab->model);
	r = snet__model_check(&lab->model, &problems, err);
	if (r < 0 && problems.count)
		r = snet__problems_err(&problems, NULL, err);
	snet__problems_clear(&problems);
	if (r == 0)
		r = refuse_impaired(&lab->model, err);
	if (r == 0)
		r = snet__model_plan(&lab->model, err);
	return r;
}

static int up_on_engine(void *arg, struct snet_err *err)
{
	struct snet_lab *lab = arg;

	return snet__run_new(&lab->run, lab, err);
}

static int down_on_engine(void *arg, struct snet_err *err)
{
	struct snet_lab *lab = arg;

	(void)err;
	if (!lab->run)
		return 0;
	snet__run_end(lab->run);
	snet__run_free(lab->run);
	lab->run = NULL;
	return 0;
}

int snet__lab_enter(struct snet_lab *lab, bool is_starting, struct snet_err *err)
{
	bool is_open;

	pthread_mutex_lock(&lab->lock);
	/* A callback of a lab that starts may do what one of a lab that is up may. */
	is_open = lab->phase == SNET__LAB_UP ||
		  (lab->phase == SNET__LAB_STARTING &&
		   (is_starting || (lab->engine && snet__engine_is_own(lab->engine))));
	lab->users += is_open;
	pthread_mutex_unlock(&lab->lock);
	return is_open ? 0
		       : snet__err_set(err, -ENOTCONN, "lab '%s' is not up",
				       lab->model.name);
}

void snet__lab_leave(struct snet_lab *lab)
{
	pthread_mutex_lock(&lab->lock);
	if (--lab->users == 0)
		(void)pthread_cond_broadcast(&lab->changed);
	pthread_mutex_unlock(&lab->lock);
}

struct lab_call {
	struct snet_lab *lab;
	snet__engine_fn fn;
	void *arg;
};

static int call_on_engine(void *arg, struct snet_err *err)
{
	const struct lab_call *call = arg;

	if (!call->lab->run)
		return snet__err_set(err, -ENOTCONN, "lab '%s' is not up",
				     call->lab->model.name);
	return call->fn(call->arg, err);
}

int snet__lab_run(struct snet_lab *lab, snet__engine_fn fn, void *arg,
		  struct snet_err *err)
{
	struct lab_call call = {lab, fn, arg};

	return snet__engine_call(lab->engine, call_on_engine, &call, err);
}

int snet__lab_call(struct snet_lab *lab, snet__engine_fn fn, void *arg,
		   struct snet_err *err)
{
	int r;

	r = snet__lab_enter(lab, false, err);
	if (r < 0)
		return r;
	r = snet__lab_run(lab, fn, arg, err);
	snet__lab_leave(lab);
	return r;
}

static void set_phase(struct snet_lab *lab, enum snet__lab_phase phase)
{
	pthread_mutex_lock(&lab->lock);
	lab->phase = phase;
	lab->is_end_wanted = false;
	(void)pthread_cond_broadcast(&lab->changed);
	pthread_mutex_unlock(&lab->lock);
}

/* In the phase STARTING or ENDING, which keep everybody else away. Who waits for something in
 * the lab is told that it goes, and has left before the engine goes as well. */
static void take_down(struct snet_lab *lab)
{
	struct snet__engine *engine = lab->engine;

	if (engine)
		(void)snet__engine_call(engine, down_on_engine, lab,
					NULL); /* cannot fail */
	pthread_mutex_lock(&lab->lock);
	while (lab->users)
		pthread_cond_wait(&lab->changed, &lab->lock);
	lab->engine = NULL;
	pthread_mutex_unlock(&lab->lock);
	snet__engine_free(engine);
}

static int start_engine(struct snet_lab *lab, struct snet_err *err)
{
	struct snet__engine *engine;
	int r;

	r = snet__engine_new(&engine, err);
	if (r < 0)
		return r;
	pthread_mutex_lock(&lab->lock);
	lab->engine = engine;
	pthread_mutex_unlock(&lab->lock);
	return 0;
}

int snet_lab_up(struct snet_lab *lab, struct snet_err *err)
{
	bool is_mine;
	int r;

	pthread_mutex_lock(&lab->lock);
	is_mine = lab->phase == SNET__LAB_DOWN;
	if (is_mine)
		lab->phase = SNET__LAB_STARTING;
	pthread_mutex_unlock(&lab->lock);
	if (!is_mine)
		return snet__err_set(err, -EBUSY, "lab '%s' is up already",
				     lab->model.name);

	r = complete_model(lab, err);
	if (r == 0)
		r = start_engine(lab, err);
	if (r == 0)
		r = snet__engine_call(lab->engine, up_on_engine, lab, err);
	if (r == 0)
		r = snet__wait_ready(lab, READY_MS, err);
	if (r < 0)
		take_down(lab);
	set_phase(lab, r < 0 ? SNET__LAB_DOWN : SNET__LAB_UP);
	return r < 0 ? snet__err_prefix(err, r, "cannot bring up lab '%s'",
					lab->model.name)
		     : 0;
}

void snet_lab_down(struct snet_lab *lab)
{
	bool is_callback, is_mine;

	pthread_mutex_lock(&lab->lock);
	is_callback = lab->engine && snet__engine_is_own(lab->engine);
	while (!is_callback &&
	       (lab->phase == SNET__LAB_STARTING || lab->phase == SNET__LAB_ENDING))
		pthread_cond_wait(&lab->changed, &lab->lock);
	is_mine = !is_callback && lab->phase == SNET__LAB_UP;
	if (is_mine)
		lab->phase = SNET__LAB_ENDING;
	/* The lab's thread cannot end itself, only ask for it. */
	lab->is_end_wanted |= is_callback;
	(void)pthread_cond_broadcast(&lab->changed);
	pthread_mutex_unlock(&lab->lock);
	if (!is_mine)
		return;
	take_down(lab);
	set_phase(lab, SNET__LAB_DOWN);
}

bool snet_lab_is_up(const struct snet_lab *lab)
{
	return phase_of(lab) == SNET__LAB_UP;
}

void snet__lab_ask_end(struct snet_lab *lab)
{
	pthread_mutex_lock(&lab->lock);
	lab->is_end_wanted = true;
	(void)pthread_cond_broadcast(&lab->changed);
	pthread_mutex_unlock(&lab->lock);
}

void snet_lab_join(struct snet_lab *lab)
{
	pthread_mutex_lock(&lab->lock);
	while (lab->phase == SNET__LAB_UP && !lab->is_end_wanted)
		pthread_cond_wait(&lab->changed, &lab->lock);
	pthread_mutex_unlock(&lab->lock);
}
