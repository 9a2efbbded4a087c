/* SPDX-License-Identifier: MIT */
/* A running lab: what of it there is, and what happens in it. Made by build.c.
 *
 * The end of each turn of the loop keeps the one promise that matters: commit to the store what
 * arrived, start what follows from it, until nothing more is to be committed, and only then let
 * the packets out that acknowledge it. What cannot be committed is refused instead. */

#include "lab/run.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "lab/announce.h"
#include "lab/capture.h"
#include "lab/fabric.h"
#include "lab/ready.h"

/* Devices that are registering at a time. */
#define REGISTERING_MAX 256

void snet__run_on_turn(void *user)
{
	struct snet__run *run = user;
	struct snet_err err = {0};
	bool is_first = true;

	do {
		if (snet__store_commit(run->store, &err) < 0) {
			snet__log(SNET_LOG_WARNING, "cannot commit lab=%s error=%s",
				  run->lab->model.name, err.msg);
			for (size_t i = 0; i < run->relayer_count; i++)
				snet__relayer_forget(run->relayers[i]);
			for (size_t i = 0; i < run->lab->model.node_count; i++)
				if (run->nodes[i]->device)
					snet__device_forget(run->nodes[i]->device);
			/* What the first commit has made durable is no longer to be refused. */
			snet__coap_drop(run->coap, is_first ? err.msg : NULL);
			return;
		}
		is_first = false;
		for (size_t i = 0; i < run->relayer_count; i++)
			snet__relayer_committed(run->relayers[i]);
	} while (snet__store_is_dirty(run->store));
	if (run->interlude)
		run->interlude(run->interlude_user);
	snet__coap_flush(run->coap);
}

struct snet__run_node *snet__run_find(struct snet__run *run, const char *name,
				      struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	const struct snet__model_node *node = snet__model_find_node(model, name);

	if (!node) {
		(void)snet__model_refuse_node(model, name, err);
		return NULL;
	}
	return run->nodes[node->index];
}

int snet__run_refuse_absent(const char *what, const char *name, struct snet_err *err)
{
	return snet__err_set(err, -EBUSY, "%s '%s' is not there while the lab changes",
			     what, name);
}

int snet__run_find_device(struct snet_device **ret, struct snet__run *run,
			  const char *name, struct snet_err *err)
{
	struct snet__run_node *node = snet__run_find(run, name, err);

	if (!node)
		return -ENOENT;
	if (node->node->role != SNET__ROLE_DEVICE)
		return snet__err_set(err, -EINVAL, "'%s' is a %s, not a device", name,
				     node->node->kind);
	if (!node->device)
		return run->is_changing
			       ? snet__run_refuse_absent("device", name, err)
			       : snet__err_set(err, -EHOSTDOWN, "'%s' is down", name);
	*ret = node->device;
	return 0;
}

bool snet__run_is_ready(const struct snet__run *run)
{
	return run->is_settled &&
	       run->registered_count + run->cut_off_count == run->device_count;
}

void snet__run_observe(struct snet__run *run, struct snet__observer *observer)
{
	observer->next = run->observers;
	run->observers = observer;
}

void snet__run_unobserve(struct snet__run *run, struct snet__observer *observer)
{
	struct snet__observer **at = &run->observers;

	while (*at && *at != observer)
		at = &(*at)->next;
	if (*at)
		*at = observer->next;
}

/* Call @what of each observer, which may remove itself. */
#define tell(run, what, ...)                                                       \
	do {                                                                       \
		struct snet__observer *observer_, *next_;                          \
		for (observer_ = (run)->observers; observer_; observer_ = next_) { \
			next_ = observer_->next;                                   \
			if (observer_->what)                                       \
				observer_->what(observer_, ##__VA_ARGS__);         \
		}                                                                  \
	} while (0)

void snet__run_end(struct snet__run *run)
{
	if (run->api)
		run->api_free(run->api);
	run->api = NULL;
	snet__captures_end(run);
	tell(run, gone);
}

/* How often new ports of switches with STP are asked whether they forward. */
#define SETTLE_POLL_NS (50 * SNET__NS_PER_MS)

/* All at once would be more than a relayer's socket has room for, and most would register a
 * second later, when they try again. */
static int start_more(struct snet__run *run, struct snet_err *err)
{
	struct snet__run_node *node;
	int r = 0;

	while (r == 0 && run->next_start < run->node_count &&
	       run->started_count <
		       run->registered_count + run->cut_off_count + REGISTERING_MAX) {
		node = run->nodes[run->next_start++];
		if (!node->device || node->is_started)
			continue;
		node->is_started = true;
		run->started_count++;
		run->cut_off_count += node->is_cut_off;
		r = snet__device_start(node->device, err);
	}
	return r;
}

/* Some have registered, or may. */
static void go_on(struct snet__run *run)
{
	struct snet_err err = {0};

	if (start_more(run, &err) < 0)
		snet__log(SNET_LOG_WARNING, "a device cannot register error=%s", err.msg);
	if (snet__run_is_ready(run))
		tell(run, ready);
}

static bool is_waiting(const struct snet__run *run, const struct snet__run_link *link)
{
	if (!link->link->ends[0]->stp && !link->link->ends[1]->stp)
		return false;
	for (size_t i = 0; i < link->number_count; i++)
		if (snet__fabric_is_waiting(run->fabric, link->numbers[i]))
			return true;
	return false;
}

static void on_settle_timer(void *user)
{
	struct snet__run *run = user;

	for (size_t i = 0; i < run->link_count; i++)
		if (is_waiting(run, run->links[i]))
			return;
	snet__timer_stop(run->settled);
	run->is_settled = true;
	snet__announce_all(run);
	go_on(run);
}

int snet__run_start_devices(struct snet__run *run, struct snet_err *err)
{
	int r;

	r = snet__ready_find(run, err);
	if (r < 0)
		return r;
	run->next_start = 0;
	if (!run->is_unsettled) {
		run->is_settled = true;
		return start_more(run, err);
	}
	run->is_settled = run->is_unsettled = false;
	snet__timer_free(run->settled);
	run->settled = NULL;
	r = snet__timer_new(&run->settled, run->loop, on_settle_timer, run, err);
	if (r == 0)
		snet__timer_start(run->settled, SNET__FABRIC_SETTLE_NS, SETTLE_POLL_NS);
	return r;
}

void snet__run_on_registered(void *user, struct snet_device *device)
{
	struct snet__run *run = user;
	struct snet__run_node *node = snet__run_find(run, snet_device_name(device), NULL);

	if (node->is_registered)
		return;
	/* Its link may be up again by now. */
	run->cut_off_count -= node->is_cut_off;
	node->is_cut_off = false;
	node->is_registered = true;
	run->registered_count++;
	go_on(run);
}

void snet__run_on_emitted(void *user, struct snet_device *device, const char *id,
			  const char *data, uint64_t pressed_ns)
{
	struct snet__run *run = user;

	tell(run, emitted, snet_device_name(device), id, data, pressed_ns);
}

void snet__run_on_acknowledged(void *user, struct snet_device *device, const char *id)
{
	struct snet__run *run = user;

	(void)device;
	tell(run, acknowledged, id);
}

void snet__run_on_refused(void *user, struct snet_device *device, const char *id,
			  const char *why)
{
	struct snet__run *run = user;
	struct snet_err err;

	(void)snet__err_set(
		&err, -EIO,
		"event '%s' is not delivered: %s ('%s' tries again for up to 60 s)", id,
		why, snet_device_name(device));
	tell(run, refused, id, &err);
}

void snet__run_on_dropped(void *user, struct snet_device *device, const char *id,
			  const char *why)
{
	struct snet__run *run = user;

	snet__log(SNET_LOG_WARNING, "an event was dropped node=%s event=%s why=%s",
		  snet_device_name(device), id, why);
	tell(run, dropped, id, why);
}

void snet__run_on_left(struct snet__run *run, const char *id, const char *why)
{
	tell(run, dropped, id, why);
}

void snet__run_on_obeyed(void *user, struct snet_device *device, const char *id,
			 bool again)
{
	struct snet__run *run = user;

	tell(run, command, snet_device_name(device), id, snet__device_state(device),
	     again);
}

void snet__run_on_noted(void *user, const char *id, const char *step)
{
	struct snet__run *run = user;

	tell(run, step, id, step);
}

void snet__run_on_changed(void *user, struct snet_device *device)
{
	struct snet__run *run = user;

	tell(run, state, snet_device_name(device), snet__device_state(device));
}

void snet__run_on_change(struct snet__run *run)
{
	tell(run, change);
}

void snet__run_on_received(void *user, const char *event)
{
	struct snet__run *run = user;

	tell(run, received, event);
}

void snet__run_on_journaled(void *user, uint64_t seq, const char *event)
{
	struct snet__run *run = user;

	tell(run, event, seq, event);
}

void snet__run_on_ended(void *user, const struct snet_trace *trace)
{
	struct snet__run *run = user;

	if (run->lab->trace_fn)
		run->lab->trace_fn(run->lab->trace_user, trace);
	tell(run, trace, trace);
}

bool snet__run_knows(void *user, const char *relayer, const char *name)
{
	struct snet__run *run = user;
	const struct snet__run_node *node = snet__run_find(run, name, NULL), *at;

	if (!node || !node->node->relayer || strcmp(node->node->relayer, relayer) != 0)
		return false;
	/* Also one that is down, or not there yet while the lab changes: the command waits for it. */
	if (node->node->role == SNET__ROLE_DEVICE)
		return snet__device_obeys(node->node->kind);
	/* A program is a device once it says so. */
	at = snet__run_find(run, relayer, NULL);
	return node->node->role == SNET__ROLE_PROGRAM && at && at->relayer &&
	       (node->is_missed || snet__relayer_has_registered(at->relayer, name));
}

bool snet__run_has_waiting(struct snet__run *run, const char *id)
{
	char name[SNET_EVENT_ID_MAX + 1];
	const struct snet__run_node *node;
	char *dash;

	/* An id is NAME-RUN-NUMBER: see snet_device_emit(). */
	(void)snprintf(name, sizeof(name), "%s", id);
	for (int i = 0; i < 2; i++) {
		dash = strrchr(name, '-');
		if (!dash)
			return false;
		*dash = '\0';
	}
	node = snet__run_find(run, name, NULL);
	return node && node->device && snet__device_has_event(node->device, id);
}

void snet__run_on_line(void *user, const char *line)
{
	struct snet__run_node *node = user;
	char *copy = strdup(line), **place;

	if (!node->lines)
		node->lines = calloc(SNET__LOG_LINES, sizeof(*node->lines));
	if (!node->lines || !copy) {
		free(copy); /* without memory there is no log */
		return;
	}
	place = &node->lines[node->line_count++ % SNET__LOG_LINES];
	free(*place);
	*place = copy;
	tell(node->run, log, node->node->name, copy);
}

void snet__run_on_log(void *user, const char *function, const char *text)
{
	autofree char *line = snet__text_format("%s: %s", function, text);

	if (line)
		snet__run_on_line(user, line);
}

void snet__run_on_stopped(struct snet__run *run)
{
	struct snet_lab *lab = run->lab;

	pthread_mutex_lock(&lab->lock);
	lab->programs -= lab->programs > 0;
	(void)pthread_cond_broadcast(&lab->changed);
	pthread_mutex_unlock(&lab->lock);
}

void snet__run_on_program(void *user)
{
	struct snet__run_node *node = user;
	char state[32];

	(void)snprintf(state, sizeof(state), "\"%s\"",
		       snet__program_state(node->program));
	tell(node->run, state, node->node->name, state);
	if (snet__program_is_stopping(node->program))
		snet__run_on_stopped(node->run);
}

void snet__run_stop_programs(struct snet__run *run, snet__run_which_fn which, void *user)
{
	size_t count = 0;

	for (size_t i = 0; i < run->node_count; i++) {
		struct snet__program *program = run->nodes[i]->program;

		if (!program)
			continue;
		if (which(run->nodes[i], user))
			snet__program_stop(program);
		count += snet__program_is_stopping(program) &&
			 snet__program_is_running(program);
	}
	pthread_mutex_lock(&run->lab->lock);
	run->lab->programs = count;
	pthread_mutex_unlock(&run->lab->lock);
}

/* What a relayer has of it; NULL for none. */
static const struct snet_trace *find_pending(const struct snet__run *run, const char *id)
{
	const struct snet_trace *pending = NULL;

	for (size_t i = 0; i < run->relayer_count && !pending; i++)
		pending = snet__relayer_find_trace(run->relayers[i], id);
	return pending;
}

bool snet__run_has_pending(const struct snet__run *run, const char *id)
{
	return find_pending(run, id);
}

int snet__run_trace(struct snet__run *run, const char *id, struct snet_trace **ret,
		    struct snet_err *err)
{
	const struct snet_trace *pending = find_pending(run, id);

	if (!pending)
		return snet__store_find_trace(run->store, id, ret, err);
	*ret = snet__trace_copy(pending);
	return *ret ? 0 : snet__err_oom(err);
}

int snet__run_open_netns(const struct snet__run_node *node, int *ret_fd,
			 struct snet_err *err)
{
	int fd;

	if (node->node->role == SNET__ROLE_SWITCH)
		return snet__err_set(err, -EINVAL,
				     "'%s' is a switch and has no namespace",
				     node->node->name);
	if (node->netns < 0 && !node->device)
		return snet__run_refuse_absent("node", node->node->name, err);
	if (node->netns >= 0)
		fd = fcntl(node->netns, F_DUPFD_CLOEXEC, 0);
	else
		fd = ioctl(snet__device_socket(node->device), SIOCGSKNS);
	if (fd < 0)
		return snet__err_sys(err, -errno, "the namespace of '%s'",
				     node->node->name);
	*ret_fd = fd;
	return 0;
}

int snet__run_open_end(struct snet__run_node *node, int *ret_fd, struct snet_err *err)
{
	int fd;

	if (node->end < 0)
		node->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fd = node->end < 0 ? -1 : fcntl(node->end, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot watch for the end of '%s'",
				     node->node->name);
	*ret_fd = fd;
	return 0;
}

char *snet__ipv4_format(char text[static 16], uint32_t ipv4)
{
	(void)snprintf(text, 16, "%u.%u.%u.%u", ipv4 >> 24, ipv4 >> 16 & 255,
		       ipv4 >> 8 & 255, ipv4 & 255);
	return text;
}
