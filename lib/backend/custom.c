/* SPDX-License-Identifier: MIT */
/* Around a kind of backend that a program added: its callbacks run in the relayer's namespace,
 * and its invocations may end on any thread.
 *
 * The program gets a handle of ours, not its caller's invocation: when the deadline passes the
 * caller is told so and goes its way, while the program may still finish the handle. What was
 * finished is put into a queue, and an eventfd wakes the loop to settle it; unlike a task of
 * the loop's, both can go with the backend at any time. fini() of the program returns when it
 * has no more use for its handles, so they are freed after it. */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/netns.h"

struct handle {
	struct snet_invocation face; /* what the program sees; nothing in it is used */
	struct custom *custom;
	struct snet_invocation *invocation; /* NULL once it has ended */
	struct snet__timer *timer;
	struct handle *next, **at;   /* of custom.handles */
	struct handle *next_settled; /* of custom.settled */
	enum snet_result result;
	char *text;
};

struct custom {
	const struct snet_backend_kind *kind;
	struct snet__loop *loop;
	int netns;
	void *state;
	struct handle *handles;
	struct snet__watch *watch;
	int wake;
	bool is_init;
	pthread_mutex_t lock; /* guards the two below */
	struct handle *settled;
	struct handle **settled_end;
};

static void handle_free(struct handle *handle)
{
	*handle->at = handle->next;
	if (handle->next)
		handle->next->at = handle->at;
	snet__timer_free(handle->timer);
	free(handle->text);
	free(handle);
}

static void end(struct handle *handle, enum snet_result kind, const char *text)
{
	struct snet__result result = {.result = kind};
	struct snet_invocation *invocation = steal_ptr(handle->invocation);

	if (invocation)
		snet__invocation_end_text(invocation, &result, text);
}

static void on_wake(void *user, int events)
{
	struct custom *custom = user;
	struct handle *handle, *next;
	uint64_t count;

	(void)!read(custom->wake, &count, sizeof(count)); /* empty: woken for nothing */
	pthread_mutex_lock(&custom->lock);
	handle = custom->settled;
	custom->settled = NULL;
	custom->settled_end = &custom->settled;
	pthread_mutex_unlock(&custom->lock);

	for (; handle; handle = next) {
		next = handle->next_settled;
		end(handle, handle->result, handle->text);
		handle_free(handle);
	}
}

void snet_invocation_finish(struct snet_invocation *invocation, enum snet_result result,
			    const char *text)
{
	struct handle *handle = (struct handle *)invocation; /* its first member */
	struct custom *custom = handle->custom;
	const uint64_t one = 1;

	handle->result = result;
	handle->text = strdup(text ? text : "");
	if (!handle->text && result == SNET_RESULT_DONE)
		handle->result = SNET_RESULT_UNKNOWN;

	pthread_mutex_lock(&custom->lock);
	*custom->settled_end = handle;
	custom->settled_end = &handle->next_settled;
	/* Under the lock, so that the loop is not through with @custom before. Fails only when
	 * it would wake the loop for the 2^64th time. */
	(void)!write(custom->wake, &one, sizeof(one));
	pthread_mutex_unlock(&custom->lock);
}

static void on_deadline(void *user)
{
	end(user, SNET_RESULT_UNKNOWN, "no result came before the deadline");
}

static int custom_init(void *state, const struct snet__backend_env *env,
		       struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct custom *custom = state;
	struct snet_err own = {0};
	int r;

	custom->kind = env->user;
	custom->loop = env->loop;
	custom->netns = env->netns;
	custom->settled_end = &custom->settled;
	(void)pthread_mutex_init(&custom->lock, NULL); /* cannot fail on Linux */
	custom->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (custom->wake < 0)
		return snet__err_sys(err, -errno, "cannot create an event descriptor");

	r = snet__watch_new(&custom->watch, env->loop, custom->wake, on_wake, custom,
			    err);
	if (r < 0)
		return r;

	snet__watch_set(custom->watch, SNET__WATCH_READ);
	custom->state =
		calloc(1, custom->kind->state_size ? custom->kind->state_size : 1);
	if (!custom->state)
		return snet__err_oom(err);
	if (custom->netns >= 0) {
		r = snet__netns_enter(&outside, custom->netns, err);
		if (r < 0)
			return r;
	}

	custom->is_init = true;
	/* A program fills in a message, if at all; ours has a code as well. */
	r = custom->kind->init ? custom->kind->init(custom->state, env->opts, &own) : 0;
	return r < 0 ? snet__err_set(err, r, "%s",
				     own.msg[0] ? own.msg : strerrordesc_np(-r))
		     : 0;
}

static void custom_fini(void *state)
{
	struct custom *custom = state;

	if (custom->is_init && custom->kind->fini)
		custom->kind->fini(custom->state);
	while (custom->handles)
		handle_free(custom->handles);
	snet__watch_free(custom->watch);
	if (custom->wake >= 0)
		(void)close(custom->wake);
	(void)pthread_mutex_destroy(&custom->lock);
	free(custom->state);
}

static int handle_new(struct handle **ret, struct custom *custom,
		      struct snet_invocation *invocation, struct snet_err *err)
{
	autofree struct handle *handle = calloc(1, sizeof(*handle));
	uint64_t now_ns = snet__clock_ns();
	int r;

	if (!handle)
		return snet__err_oom(err);

	handle->custom = custom;
	handle->invocation = invocation;
	if (invocation->deadline_ns) {
		r = snet__timer_new(&handle->timer, custom->loop, on_deadline, handle,
				    err);
		if (r < 0)
			return r;
		snet__timer_start(handle->timer,
				  invocation->deadline_ns > now_ns
					  ? invocation->deadline_ns - now_ns
					  : 0,
				  0);
	}

	handle->next = custom->handles;
	handle->at = &custom->handles;
	if (handle->next)
		handle->next->at = &handle->next;
	custom->handles = handle;
	*ret = steal_ptr(handle);
	return 0;
}

static int start(struct custom *custom, struct snet_invocation *invocation,
		 struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct handle *handle = NULL;
	int r;

	if (custom->netns >= 0) {
		r = snet__netns_enter(&outside, custom->netns, err);
		if (r < 0)
			return r;
	}

	r = handle_new(&handle, custom, invocation, err);
	if (r < 0)
		return r;

	custom->kind->invoke(custom->state, &handle->face, invocation->function,
			     invocation->params);
	return 0;
}

static void custom_invoke(void *state, struct snet_invocation *invocation)
{
	struct snet__result result = {.result = SNET_RESULT_NOT_RUN};
	struct custom *custom = state;
	struct snet_err err = {0};
	int r;

	/* What it finishes at once is still settled by the loop: settling others in here would
	 * end them under the hands of a caller who goes through its invocations. */
	r = start(custom, invocation, &err);
	if (r < 0)
		snet__invocation_end_text(invocation, &result, err.msg);
}

const struct snet__backend_kind snet__backend_custom = {
	.name = "custom",
	.state_size = sizeof(struct custom),
	.init = custom_init,
	.fini = custom_fini,
	.invoke = custom_invoke,
};
