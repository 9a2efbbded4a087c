/* SPDX-License-Identifier: MIT */
#include "lab/engine.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/thread.h"

struct snet__engine {
	struct snet__loop *loop;
	pthread_t thread;
};

struct call {
	struct snet__task task; /* first: a task's function gets this pointer */
	struct snet__engine *engine;
	snet__engine_fn fn;
	void *arg;
	struct snet_err *err;
	int result;
	bool is_done; /* guarded by the lock */
	pthread_mutex_t lock;
	pthread_cond_t done;
};

static void *run(void *arg)
{
	struct snet__engine *engine = arg;

	snet__loop_run(engine->loop);
	return NULL;
}

int snet__engine_new(struct snet__engine **ret, struct snet_err *err)
{
	autofree struct snet__engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return snet__err_oom(err);
	r = snet__loop_new(&engine->loop, err);
	if (r < 0)
		return r;
	r = snet__thread_start(&engine->thread, run, engine, "snet");
	if (r < 0) {
		snet__loop_free(engine->loop);
		return snet__err_sys(err, r, "cannot start the lab's thread");
	}
	*ret = steal_ptr(engine);
	return 0;
}

static int stop(void *arg, struct snet_err *err)
{
	struct snet__engine *engine = arg;

	(void)err;
	snet__loop_stop(engine->loop);
	return 0;
}

void snet__engine_free(struct snet__engine *engine)
{
	if (!engine)
		return;
	(void)snet__engine_call(engine, stop, engine, NULL); /* cannot fail */
	(void)pthread_join(engine->thread, NULL);
	snet__loop_free(engine->loop);
	free(engine);
}

struct snet__loop *snet__engine_loop(const struct snet__engine *engine)
{
	return engine->loop;
}

bool snet__engine_is_own(const struct snet__engine *engine)
{
	return pthread_equal(pthread_self(), engine->thread);
}

static void on_call(struct snet__task *task)
{
	struct call *call = (struct call *)task;

	call->result = call->fn(call->arg, call->err);
	pthread_mutex_lock(&call->lock);
	call->is_done = true;
	/* Under the lock: the caller's stack, where this is, goes once it has the lock. */
	pthread_cond_signal(&call->done);
	pthread_mutex_unlock(&call->lock);
}

int snet__engine_call(struct snet__engine *engine, snet__engine_fn fn, void *arg,
		      struct snet_err *err)
{
	struct call call = {.task = {.fn = on_call},
			    .engine = engine,
			    .fn = fn,
			    .arg = arg,
			    .err = err,
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .done = PTHREAD_COND_INITIALIZER};

	if (snet__engine_is_own(engine))
		return fn(arg, err);

	snet__loop_post(engine->loop, &call.task);
	pthread_mutex_lock(&call.lock);
	while (!call.is_done)
		pthread_cond_wait(&call.done, &call.lock);
	pthread_mutex_unlock(&call.lock);
	(void)pthread_mutex_destroy(&call.lock);
	(void)pthread_cond_destroy(&call.done);
	return call.result;
}
