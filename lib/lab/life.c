/* SPDX-License-Identifier: MIT */
/* A lab's life: up, down, and the threads that are inside meanwhile. */

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lab/lab.h"
#include "lab/shaping.h"
#include "lab/wait.h"
#include "sys/sweeper.h"

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

static int complete_model(struct snet_lab *lab, struct snet_err *err)
{
	struct snet__problems problems = {0};
	int r;

	snet__lab_lend_kinds(lab, &lab->model);
	snet__model_forget_files(&lab->model); /* it may have been up before */
	r = snet__model_check(&lab->model, &problems, err);
	if (r < 0 && problems.count)
		r = snet__problems_err(&problems, NULL, err);
	snet__problems_clear(&problems);
	if (r == 0)
		r = snet__model_plan(&lab->model, err);
	if (r == 0)
		r = snet__shaping_check(&lab->model, err);
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

static bool is_any(const struct snet__run_node *node, void *user)
{
	(void)node;
	(void)user;
	return true;
}

static int stop_programs(void *arg, struct snet_err *err)
{
	struct snet_lab *lab = arg;

	(void)err;
	if (!lab->run)
		return 0;
	snet__run_stop_programs(lab->run, is_any, NULL);
	lab->run->is_ending = true;
	return 0;
}

int snet__lab_wait_programs(struct snet_lab *lab, enum snet__lab_phase phase,
			    struct snet_err *err)
{
	/* They are killed after their time; a little more is for that. */
	uint64_t until_ns = snet__clock_ns() + SNET__PROGRAM_GRACE_NS + SNET__NS_PER_S;
	struct timespec until = {.tv_sec = (time_t)(until_ns / SNET__NS_PER_S),
				 .tv_nsec = (long)(until_ns % SNET__NS_PER_S)};
	bool is_in_phase;
	int r = 0;

	pthread_mutex_lock(&lab->lock);
	while (lab->programs && lab->phase == phase && r == 0)
		r = pthread_cond_clockwait(&lab->changed, &lab->lock, CLOCK_MONOTONIC,
					   &until);
	is_in_phase = lab->phase == phase;
	pthread_mutex_unlock(&lab->lock);
	return is_in_phase ? 0
			   : snet__err_set(err, -ENOTCONN, "lab '%s' goes down",
					   lab->model.name);
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
	if (phase == SNET__LAB_DOWN) /* it may be wanted before the lab is up */
		lab->is_end_wanted = false;
	(void)pthread_cond_broadcast(&lab->changed);
	pthread_mutex_unlock(&lab->lock);
}

/* In the phase STARTING or ENDING, which keep everybody else away. Who waits for something in
 * the lab is told that it goes, and has left before the engine goes as well. */
static void take_down(struct snet_lab *lab)
{
	struct snet__engine *engine = lab->engine;

	if (engine) {
		(void)eventfd_write(lab->cancel_fd, 1); /* far from its limit */
		/* A change that is being carried out comes to its end. */
		(void)pthread_mutex_lock(&lab->changing);
		(void)snet__engine_call(engine, stop_programs, lab, NULL);
		(void)snet__lab_wait_programs(lab, phase_of(lab), NULL);
		(void)snet__engine_call(engine, down_on_engine, lab, NULL);
		(void)pthread_mutex_unlock(&lab->changing);
	}
	pthread_mutex_lock(&lab->lock);
	while (lab->users)
		pthread_cond_wait(&lab->changed, &lab->lock);
	lab->engine = NULL;
	pthread_mutex_unlock(&lab->lock);
	snet__engine_free(engine);
	snet__close_at(&lab->cancel_fd);
	lab->cancel_fd = -1;
}

static int start_engine(struct snet_lab *lab, struct snet_err *err)
{
	struct snet__engine *engine;
	int r;

	lab->cancel_fd = eventfd(0, EFD_CLOEXEC);
	if (lab->cancel_fd < 0)
		return snet__err_sys(err, -errno, "cannot make an eventfd");
	r = snet__engine_new(&engine, err);
	if (r < 0)
		return r;
	pthread_mutex_lock(&lab->lock);
	lab->engine = engine;
	pthread_mutex_unlock(&lab->lock);
	return 0;
}

static void keep_state(struct snet__run *run)
{
	run->is_new_store = false;
	snet__sweeper_set_up(run->sweeper);
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
		r = snet__wait_ready(lab, true, err);
	if (r < 0)
		take_down(lab);
	else if (!lab->run->is_own_folder)
		keep_state(lab->run);
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

void snet__lab_reserve(struct snet_lab *lab)
{
	/* A change that has begun is waited for. */
	pthread_mutex_lock(&lab->changing);
	pthread_mutex_lock(&lab->lock);
	lab->is_reserved = true;
	pthread_mutex_unlock(&lab->lock);
	pthread_mutex_unlock(&lab->changing);
}

bool snet__lab_is_end_wanted(struct snet_lab *lab)
{
	bool is_wanted;

	pthread_mutex_lock(&lab->lock);
	is_wanted = lab->is_end_wanted;
	pthread_mutex_unlock(&lab->lock);
	return is_wanted;
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
