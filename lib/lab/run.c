/* SPDX-License-Identifier: MIT */
/* A running lab: what of it there is, and what happens in it. Made by build.c.
 *
 * The end of each turn of the loop keeps the one promise that matters: commit to the store what
 * arrived, start what follows from it, until nothing more is to be committed, and only then let
 * the packets out that acknowledge it. */

#include "lab/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "sys/iface.h"
#include "sys/netns.h"

void snet__run_on_turn(void *user)
{
	struct snet__run *run = user;
	struct snet_err err = {0};

	do {
		if (snet__store_commit(run->store, &err) < 0) {
			snet__log(SNET_LOG_WARNING, "cannot commit lab=%s error=%s",
				  run->lab->model.name, err.msg);
			for (size_t i = 0; i < run->relayer_count; i++)
				snet__relayer_forget(run->relayers[i]);
			for (size_t i = 0; i < run->lab->model.node_count; i++)
				if (run->nodes[i].device)
					snet__device_forget(run->nodes[i].device);
			snet__coap_drop(run->coap);
			return;
		}
		for (size_t i = 0; i < run->relayer_count; i++)
			snet__relayer_committed(run->relayers[i]);
	} while (snet__store_is_dirty(run->store));
	snet__coap_flush(run->coap);
}

struct snet__run_node *snet__run_find(struct snet__run *run, const char *name,
				      struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	const struct snet__model_node *node = snet__model_find_node(model, name);

	if (!node) {
		(void)snet__err_set(err, -ENOENT, "lab '%s' has no node '%s'",
				    model->name, name);
		return NULL;
	}
	return &run->nodes[node - model->nodes];
}

bool snet__run_is_ready(const struct snet__run *run)
{
	return run->registered_count == run->device_count;
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
	tell(run, gone);
}

void snet__run_on_registered(void *user, struct snet_device *device)
{
	struct snet__run *run = user;

	(void)device;
	run->registered_count++;
	if (snet__run_is_ready(run))
		tell(run, ready);
}

void snet__run_on_acknowledged(void *user, struct snet_device *device, const char *id)
{
	struct snet__run *run = user;

	(void)device;
	tell(run, acknowledged, id);
}

void snet__run_on_dropped(void *user, struct snet_device *device, const char *id,
			  const char *why)
{
	struct snet__run *run = user;

	snet__log(SNET_LOG_WARNING, "an event was dropped node=%s event=%s why=%s",
		  snet_device_name(device), id, why);
	tell(run, dropped, id, why);
}

void snet__run_on_changed(void *user, struct snet_device *device)
{
	struct snet__run *run = user;

	tell(run, state, snet_device_name(device), snet__device_state(device));
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
	const struct snet__run_node *node = snet__run_find(run, name, NULL);

	return node && node->device && snet__device_obeys(node->device) &&
	       strcmp(node->node->relayer, relayer) == 0;
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

void snet__run_on_log(void *user, const char *function, const char *text)
{
	struct snet__run_node *node = user;
	char *line = snet__text_format("%s: %s", function, text);
	char **place;

	if (!node->lines)
		node->lines = calloc(SNET__LOG_LINES, sizeof(*node->lines));
	if (!node->lines || !line) {
		free(line); /* without memory there is no log */
		return;
	}
	place = &node->lines[node->line_count++ % SNET__LOG_LINES];
	free(*place);
	*place = line;
	tell(node->run, log, node->node->name, line);
}

int snet__run_trace(struct snet__run *run, const char *id, struct snet_trace **ret,
		    struct snet_err *err)
{
	const struct snet_trace *pending = NULL;

	for (size_t i = 0; i < run->relayer_count && !pending; i++)
		pending = snet__relayer_find_trace(run->relayers[i], id);
	if (!pending)
		return snet__store_find_trace(run->store, id, ret, err);
	*ret = snet__trace_copy(pending);
	return *ret ? 0 : snet__err_oom(err);
}

static struct snet__json *node_status(const struct snet__run_node *node)
{
	struct snet__json *json = snet__json_new_object(), *addresses, *state = NULL;
	char text[16];

	snet__json_add_string(json, "name", node->node->name);
	snet__json_add_string(json, "kind", node->node->kind);
	addresses = snet__json_add(json, "addresses", snet__json_new_array());
	if (node->node->ipv4)
		(void)snet__json_append(
			addresses,
			snet__json_new_string(snet__ipv4_format(text, node->node->ipv4)));
	if (node->device) {
		const char *value = snet__device_state(node->device);

		(void)snet__json_parse(&state, value, strlen(value), NULL);
		snet__json_add_string(json, "relayer", node->node->relayer);
	}
	(void)snet__json_add(json, "state", state ? state : snet__json_new_null());
	return json;
}

/* A node has one link, at "eth0"; the cables between switches are nobody's to unplug. */
static bool is_link_up(const struct snet__run *run, const struct snet__model_link *link)
{
	const struct snet__model *model = &run->lab->model;
	const char *ends[] = {link->from, link->to};

	for (int i = 0; i < 2; i++) {
		const struct snet__model_node *node =
			snet__model_find_node(model, ends[i]);
		const struct snet__run_node *there = &run->nodes[node - model->nodes];
		autoclose int own = -1;

		if (there->netns < 0)
			continue;
		if (there->device)
			return snet__iface_is_running(snet__device_socket(there->device),
						      "eth0");
		return snet__netns_socket(&own, there->netns, AF_INET, SOCK_DGRAM, 0,
					  NULL) == 0 &&
		       snet__iface_is_running(own, "eth0");
	}
	return true;
}

struct snet__json *snet__run_status(const struct snet__run *run)
{
	const struct snet__model *model = &run->lab->model;
	struct snet__json *json = snet__json_new_object(), *list, *item;

	snet__json_add_string(json, "lab", model->name);
	list = snet__json_add(json, "nodes", snet__json_new_array());
	for (size_t i = 0; i < model->node_count; i++)
		(void)snet__json_append(list, node_status(&run->nodes[i]));
	list = snet__json_add(json, "links", snet__json_new_array());
	for (size_t i = 0; i < model->link_count; i++) {
		item = snet__json_append(list, snet__json_new_object());
		snet__json_add_string(item, "name", model->links[i].name);
		snet__json_add_string(item, "from", model->links[i].from);
		snet__json_add_string(item, "to", model->links[i].to);
		snet__json_add_bool(item, "up", is_link_up(run, &model->links[i]));
	}
	return json;
}

char *snet__ipv4_format(char text[static 16], uint32_t ipv4)
{
	(void)snprintf(text, 16, "%u.%u.%u.%u", ipv4 >> 24, ipv4 >> 16 & 255,
		       ipv4 >> 8 & 255, ipv4 & 255);
	return text;
}
