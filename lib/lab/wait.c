/* SPDX-License-Identifier: MIT */
/* A waiter is an observer on its thread's stack. The lab's thread sets it going, looks whether
 * what it waits for is there already, and ends it; the waiting thread takes it away again. The
 * waiting thread sleeps once, not until the start and then until the end: each time that it is
 * woken costs the lab's thread as much as a packet. */

#include "lab/wait.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "lab/ready.h"

struct waiter {
	struct snet__observer observer; /* first: a callback gets this pointer */
	struct snet__task task;
	snet__engine_fn start;
	struct snet_lab *lab;
	const char *name; /* an event's id, or a device */
	const char *data; /* of the event that is to be sent first, or NULL */
	char id[SNET_EVENT_ID_MAX + 1];
	struct snet__json *state; /* to wait for */
	struct snet_trace *trace; /* found */
	struct snet_err why;
	size_t registered, devices; /* how many have, of how many that can */
	char missing[SNET__READY_TEXT_MAX];
	bool is_starting; /* snet_lab_up() waits */
	int result;
	bool is_done; /* guarded by the lock */
	pthread_mutex_t lock;
	pthread_cond_t done;
};

static void end(struct waiter *waiter, int result)
{
	pthread_mutex_lock(&waiter->lock);
	waiter->result = result;
	waiter->is_done = true;
	/* Under the lock: the waiter is on the stack of the thread that wakes. */
	(void)pthread_cond_signal(&waiter->done);
	pthread_mutex_unlock(&waiter->lock);
}

static void start_waiter(struct snet__task *task)
{
	struct waiter *waiter =
		(struct waiter *)((char *)task - offsetof(struct waiter, task));
	int r;

	/* It may have gone down since. */
	r = waiter->lab->run
		    ? waiter->start(waiter, &waiter->why)
		    : snet__err_set(&waiter->why, -ENOTCONN, "lab '%s' is not up",
				    waiter->lab->model.name);
	if (r < 0)
		end(waiter, r);
}

static int remove_waiter(void *arg, struct snet_err *err)
{
	struct waiter *waiter = arg;

	(void)err;
	snet__run_unobserve(waiter->lab->run, &waiter->observer);
	waiter->registered = waiter->lab->run->registered_count;
	waiter->devices =
		waiter->lab->run->device_count - waiter->lab->run->cut_off_count;
	if (waiter->observer.ready)
		snet__ready_missing(waiter->missing, waiter->lab->run);
	return 0;
}

static void finish(struct waiter *waiter, int result)
{
	snet__run_unobserve(waiter->lab->run, &waiter->observer);
	end(waiter, result);
}

static void on_gone(struct snet__observer *observer)
{
	struct waiter *waiter = (struct waiter *)observer;

	finish(waiter, snet__err_set(&waiter->why, -ENOTCONN, "lab '%s' has gone down",
				     waiter->lab->model.name));
}

static void observe(struct waiter *waiter)
{
	waiter->observer.gone = on_gone;
	snet__run_observe(waiter->lab->run, &waiter->observer);
}

static int refuse_callback(const struct snet_lab *lab, struct snet_err *err)
{
	if (snet__engine_is_own(lab->engine))
		return snet__err_set(err, -EDEADLK,
				     "a callback of lab '%s' cannot wait for the lab",
				     lab->model.name);
	return 0;
}

/* When @timeout_ms from now will be. */
static struct timespec deadline(unsigned int timeout_ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000l;
	until.tv_sec += until.tv_nsec / 1000000000l;
	until.tv_nsec %= 1000000000l;
	return until;
}

/* Sleep until @waiter, which was set going, ends. */
static int sleep_for(struct waiter *waiter, const struct timespec *until,
		     struct snet_err *err)
{
	bool is_done;
	int r = 0;

	pthread_mutex_lock(&waiter->lock);
	while (!waiter->is_done && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&waiter->done, &waiter->lock, until);
	is_done = waiter->is_done;
	pthread_mutex_unlock(&waiter->lock);
	/* Tasks run in their order, so it has been started when it is removed; it may still end
	 * before that, which is then what counts. A lab that went down meanwhile has ended it. */
	if (!is_done)
		(void)snet__lab_run(waiter->lab, remove_waiter, waiter, NULL);
	if (!waiter->is_done)
		return -ETIMEDOUT;
	if (waiter->result < 0 && err)
		*err = waiter->why;
	return waiter->result;
}

/* Set @waiter going by @start, and sleep until it ends. */
static int wait_for(struct waiter *waiter, snet__engine_fn start, unsigned int timeout_ms,
		    struct snet_err *err)
{
	struct timespec until = deadline(timeout_ms);
	pthread_condattr_t attributes;
	int r;

	r = snet__lab_enter(waiter->lab, waiter->is_starting, err);
	if (r < 0)
		return r;
	(void)pthread_mutex_init(&waiter->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&waiter->done, &attributes);

	r = refuse_callback(waiter->lab, err);
	if (r == 0) {
		waiter->start = start;
		waiter->task.fn = start_waiter;
		snet__loop_post(snet__engine_loop(waiter->lab->engine), &waiter->task);
		r = sleep_for(waiter, &until, err);
	}
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_destroy(&waiter->lock);
	(void)pthread_cond_destroy(&waiter->done);
	snet__lab_leave(waiter->lab);
	return r;
}

static void on_ready(struct snet__observer *observer)
{
	finish((struct waiter *)observer, 0);
}

static int start_ready(void *arg, struct snet_err *err)
{
	struct waiter *waiter = arg;

	(void)err;
	if (snet__run_is_ready(waiter->lab->run)) {
		end(waiter, 0);
		return 0;
	}
	waiter->observer.ready = on_ready;
	observe(waiter);
	return 0;
}

struct patience {
	const struct snet_lab *lab;
	unsigned int ms;
};

static int find_patience(void *arg, struct snet_err *err)
{
	struct patience *patience = arg;

	(void)err;
	patience->ms = snet__ready_ms(&patience->lab->model);
	return 0;
}

int snet__wait_ready(struct snet_lab *lab, bool is_starting, struct snet_err *err)
{
	struct waiter waiter = {.lab = lab, .is_starting = is_starting};
	struct patience patience = {.lab = lab};
	int r;

	r = snet__lab_run(lab, find_patience, &patience, err);
	if (r == 0)
		r = wait_for(&waiter, start_ready, patience.ms, err);
	if (r == -ETIMEDOUT)
		return snet__err_set(err, r,
				     "%zu of %zu devices have registered after %u s: %s",
				     waiter.registered, waiter.devices,
				     patience.ms / 1000, waiter.missing);
	return r;
}

static void on_trace(struct snet__observer *observer, const struct snet_trace *trace)
{
	struct waiter *waiter = (struct waiter *)observer;

	if (strcmp(trace->id, waiter->id) != 0)
		return;
	waiter->trace = snet__trace_copy(trace);
	finish(waiter, waiter->trace ? 0 : snet__err_oom(&waiter->why));
}

static void on_dropped(struct snet__observer *observer, const char *id, const char *why)
{
	struct waiter *waiter = (struct waiter *)observer;

	if (strcmp(id, waiter->id) != 0)
		return;
	finish(waiter,
	       snet__err_set(&waiter->why, -EIO, "the event is not delivered: %s", why));
}

static void on_refused(struct snet__observer *observer, const char *id,
		       const struct snet_err *why)
{
	struct waiter *waiter = (struct waiter *)observer;

	if (strcmp(id, waiter->id) != 0)
		return;
	waiter->why = *why;
	finish(waiter, why->code);
}

static int send_event(struct waiter *waiter, struct snet_err *err)
{
	struct snet_device *device = NULL;
	int r;

	r = snet__run_find_device(&device, waiter->lab->run, waiter->name, err);
	if (r < 0)
		return r;
	return snet__device_press(device, waiter->data, waiter->id, err);
}

static int start_press(void *arg, struct snet_err *err)
{
	struct waiter *waiter = arg;
	int r;

	r = send_event(waiter, err);
	if (r < 0)
		return r;
	if (!waiter->id[0])
		return snet__err_set(err, -ENODATA,
				     "'%s' sent no event when it was pressed",
				     waiter->name);
	waiter->observer.trace = on_trace;
	waiter->observer.refused = on_refused;
	waiter->observer.dropped = on_dropped;
	observe(waiter);
	return 0;
}

int snet__wait_refuse_callback(const struct snet_lab *lab, struct snet_err *err)
{
	/* Reading a lab takes its lock all the same. */
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&lab->lock;
	int r;

	pthread_mutex_lock(lock);
	r = lab->engine ? refuse_callback(lab, err) : 0;
	pthread_mutex_unlock(lock);
	return r;
}

/* Wait for the end of the event that @start begins to watch. */
static int wait_for_end(struct waiter *waiter, snet__engine_fn start,
			unsigned int timeout_ms, struct snet_trace **ret,
			struct snet_err *err)
{
	int r = wait_for(waiter, start, timeout_ms, err);

	if (r == -ETIMEDOUT)
		return snet__err_set(err, r, "event '%s' is still pending after %u ms",
				     waiter->id, timeout_ms);
	if (r < 0)
		return r;
	if (ret)
		*ret = waiter->trace;
	else
		snet_trace_free(waiter->trace);
	return 0;
}

int snet_device_press(struct snet_lab *lab, const char *name, const char *data,
		      struct snet_trace **ret, unsigned int timeout_ms,
		      struct snet_err *err)
{
	struct waiter waiter = {.lab = lab, .name = name, .data = data};

	return wait_for_end(&waiter, start_press, timeout_ms, ret, err);
}

static int send_only(void *arg, struct snet_err *err)
{
	return send_event(arg, err);
}

int snet_device_send(struct snet_lab *lab, const char *name, const char *data,
		     char ret_id[SNET_EVENT_ID_MAX + 1], struct snet_err *err)
{
	struct waiter waiter = {.lab = lab, .name = name, .data = data};
	int r;

	r = snet__lab_call(lab, send_only, &waiter, err);
	if (r == 0 && ret_id)
		memcpy(ret_id, waiter.id, sizeof(waiter.id));
	return r;
}

static int read_trace(void *arg, struct snet_err *err)
{
	struct waiter *waiter = arg;

	return snet__run_trace(waiter->lab->run, waiter->id, &waiter->trace, err);
}

static int set_id(struct waiter *waiter, const char *id, struct snet_err *err)
{
	if (!id)
		return snet__err_set(err, -ENOENT, "which event? Its id is missing");
	if (snprintf(waiter->id, sizeof(waiter->id), "%s", id) >= (int)sizeof(waiter->id))
		return snet__err_set(err, -ENOENT, "no event '%.80s...'", id);
	return 0;
}

int snet_lab_trace(struct snet_lab *lab, const char *id, struct snet_trace **ret,
		   struct snet_err *err)
{
	struct waiter waiter = {.lab = lab};
	int r;

	r = set_id(&waiter, id, err);
	if (r == 0)
		r = snet__lab_call(lab, read_trace, &waiter, err);
	if (r == 0)
		*ret = waiter.trace;
	return r;
}

static int start_trace(void *arg, struct snet_err *err)
{
	struct waiter *waiter = arg;
	struct snet_trace *trace;
	int r;

	r = snet__run_trace(waiter->lab->run, waiter->id, &trace, err);
	if (r == -ENOENT && snet__run_has_waiting(waiter->lab->run, waiter->id)) {
		waiter->observer.trace = on_trace;
		waiter->observer.dropped = on_dropped;
		observe(waiter);
		return 0;
	}
	if (r < 0)
		return r;
	if (trace->outcome != SNET_OUTCOME_PENDING) {
		waiter->trace = trace;
		end(waiter, 0);
		return 0;
	}
	snet_trace_free(trace);
	waiter->observer.trace = on_trace;
	observe(waiter);
	return 0;
}

int snet_lab_wait_trace(struct snet_lab *lab, const char *id, unsigned int timeout_ms,
			struct snet_trace **ret, struct snet_err *err)
{
	struct waiter waiter = {.lab = lab};
	int r;

	r = set_id(&waiter, id, err);
	return r < 0 ? r : wait_for_end(&waiter, start_trace, timeout_ms, ret, err);
}

static bool has_state(const struct waiter *waiter, const char *state)
{
	autojson *json = NULL;

	return snet__json_parse(&json, state, strlen(state), NULL) == 0 &&
	       snet__json_is_equal(json, waiter->state);
}

static void on_state(struct snet__observer *observer, const char *node, const char *state)
{
	struct waiter *waiter = (struct waiter *)observer;

	if (strcmp(node, waiter->name) == 0 && has_state(waiter, state))
		finish(waiter, 0);
}

static int start_state(void *arg, struct snet_err *err)
{
	struct waiter *waiter = arg;
	struct snet_device *device = NULL;
	int r;

	r = snet__run_find_device(&device, waiter->lab->run, waiter->name, err);
	if (r < 0)
		return r;
	if (has_state(waiter, snet__device_state(device))) {
		end(waiter, 0);
		return 0;
	}
	waiter->observer.state = on_state;
	observe(waiter);
	return 0;
}

int snet_device_wait_state(struct snet_lab *lab, const char *name, const char *state,
			   unsigned int timeout_ms, struct snet_err *err)
{
	struct waiter waiter = {.lab = lab, .name = name};
	int r;

	r = state ? snet__json_parse(&waiter.state, state, strlen(state), err)
		  : snet__err_set(err, -EINVAL, "missing");
	if (r < 0)
		return snet__err_prefix(err, r, "the state to wait for");
	r = wait_for(&waiter, start_state, timeout_ms, err);
	snet__json_free(waiter.state);
	if (r == -ETIMEDOUT)
		return snet__err_set(err, r, "'%s' has not become %s within %u ms", name,
				     state, timeout_ms);
	return r;
}

struct reading {
	struct snet_lab *lab;
	const char *name;
	char *text;
	int fd;
};

static int read_state(void *arg, struct snet_err *err)
{
	const struct reading *reading = arg;
	struct snet_device *device = NULL;
	int r;

	r = snet__run_find_device(&device, reading->lab->run, reading->name, err);
	if (r < 0)
		return r;
	(void)snprintf(reading->text, SNET_STATE_MAX, "%s", snet__device_state(device));
	return 0;
}

int snet_device_state(struct snet_lab *lab, const char *name, char text[SNET_STATE_MAX],
		      struct snet_err *err)
{
	struct reading reading = {.lab = lab, .name = name, .text = text};

	return snet__lab_call(lab, read_state, &reading, err);
}

static int read_address(void *arg, struct snet_err *err)
{
	const struct reading *reading = arg;
	const struct snet__run_node *node =
		snet__run_find(reading->lab->run, reading->name, err);

	if (!node)
		return -ENOENT;
	reading->text[0] = '\0';
	if (node->node->ipv4)
		(void)snet__ipv4_format(reading->text, node->node->ipv4);
	return 0;
}

int snet_node_address(struct snet_lab *lab, const char *name, char text[16],
		      struct snet_err *err)
{
	struct reading reading = {.lab = lab, .name = name, .text = text};

	return snet__lab_call(lab, read_address, &reading, err);
}

static int read_netns(void *arg, struct snet_err *err)
{
	struct reading *reading = arg;
	const struct snet__run_node *node =
		snet__run_find(reading->lab->run, reading->name, err);

	return node ? snet__run_open_netns(node, &reading->fd, err) : -ENOENT;
}

int snet_node_open_netns(struct snet_lab *lab, const char *name, int *ret_fd,
			 struct snet_err *err)
{
	struct reading reading = {.lab = lab, .name = name, .fd = -1};
	int r;

	r = snet__lab_call(lab, read_netns, &reading, err);
	if (r == 0)
		*ret_fd = reading.fd;
	return r;
}
