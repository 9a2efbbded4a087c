/* SPDX-License-Identifier: MIT */
/* What all devices have in common: the life of a device, its events and its commands. Its CoAP
 * resources are in resource.c. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/device.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "device/device_private.h"
#include "io/json.h"
#include "sys/netns.h"

/* Registration is refreshed by the relayer's view of the lab, so it does not run out. */
#define LIFETIME_S        86400
#define REGISTER_AGAIN_NS SNET__NS_PER_S

static const struct snet__device_kind *const kinds[] = {
	&snet__device_button,
	&snet__device_actuator,
	&snet__device_sensor,
};

/* NULL for none. */
static const struct snet__device_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* Callbacks of a program's kind run inside the device's namespace. */
static int enter(struct snet_device *device, int *ret_outside, struct snet_err *err)
{
	*ret_outside = -1;
	return device->custom ? snet__netns_enter(ret_outside, device->netns, err) : 0;
}

const char *snet_device_name(const struct snet_device *device)
{
	return device->node->name;
}

void *snet_device_memory(struct snet_device *device)
{
	return device->memory;
}

const struct snet__model_node *snet__device_node(const struct snet_device *device)
{
	return device->node;
}

const struct snet_device_kind *snet__device_custom_kind(const struct snet_device *device)
{
	return device->custom;
}

const char *snet__device_state(const struct snet_device *device)
{
	return device->state;
}

int snet__device_socket(const struct snet_device *device)
{
	return snet__coap_endpoint_fd(device->endpoint);
}

/* @text as one line of JSON, to be freed. */
static int normalise(char **ret, const char *text, struct snet_err *err)
{
	autojson *json = NULL;
	int r;

	r = snet__json_parse(&json, text, strlen(text), err);
	if (r < 0)
		return snet__err_prefix(err, r, "not JSON");
	*ret = snet__json_format(json);
	return *ret ? 0 : snet__err_oom(err);
}

int snet_device_set_state(struct snet_device *device, const char *state,
			  struct snet_err *err)
{
	autofree char *line = NULL;
	int r;

	r = normalise(&line, state, err);
	if (r < 0)
		return r;
	if (strlen(line) >= SNET_STATE_MAX)
		return snet__err_set(err, -EINVAL, "a state of %zu bytes is over %d",
				     strlen(line), SNET_STATE_MAX - 1);
	/* A device that is being made does not overwrite the state of its former life. */
	if (device->is_started) {
		r = snet__store_put_state(device->env.store, device->node->name, line,
					  err);
		if (r < 0)
			return r;
	}
	memcpy(device->state, line, strlen(line) + 1);
	if (device->is_started)
		device->env.watcher.changed(device->env.watcher.user, device);
	return 0;
}

static void on_outgoing(void *user, const char *id, int status, const char *why)
{
	struct snet_device *device = user;
	struct snet__device_watcher *watcher = &device->env.watcher;

	if (status == 0)
		watcher->acknowledged(watcher->user, device, id);
	else
		watcher->dropped(watcher->user, device, id, why);
}

static void on_refused(void *user, const char *id, const char *why)
{
	struct snet_device *device = user;

	device->env.watcher.refused(device->env.watcher.user, device, id, why);
}

/* The event as CloudEvents' JSON format has it. Names are plain, type and data JSON already. */
static char *format_event(const struct snet_device *device, const char *type,
			  const char *data)
{
	char time[SNET__CLOCK_TEXT_MAX];

	snet__clock_format(time, snet__clock_wall_ns());
	return snet__text_format(
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/%s/%s\",\"type\":%s,"
		"\"subject\":\"%s\",\"time\":\"%s\",\"datacontenttype\":\"application/json\","
		"\"snetpressed\":\"%" PRIu64 "\",\"data\":%s}",
		device->last_id, device->env.lab, device->node->name, type,
		device->node->name, time, device->pressed_ns, data);
}

static char *quote(const char *text)
{
	autojson *json = snet__json_new_string(text);

	return snet__json_format(json);
}

int snet_device_emit(struct snet_device *device, const char *type, const char *data,
		     struct snet_err *err)
{
	const struct snet__device_watcher *watcher = &device->env.watcher;
	autofree char *line = NULL, *quoted = NULL;
	char *event;
	int r;

	if (data) {
		r = normalise(&line, data, err);
		if (r < 0)
			return snet__err_prefix(err, r, "the data of '%s'",
						device->node->name);
		if (strlen(line) > SNET_EVENT_DATA_MAX)
			return snet__err_set(err, -EMSGSIZE,
					     "data of %zu bytes is over %d", strlen(line),
					     SNET_EVENT_DATA_MAX);
	}
	quoted = quote(type ? type : device->type);
	if (!quoted)
		return snet__err_oom(err);
	/* There is room for the longest name and number: cut, ids would not be unique. */
	(void)snprintf(device->last_id, sizeof(device->last_id),
		       "%s-%08" PRIx32 "-%" PRIu64, device->node->name, device->env.run,
		       ++device->sent);
	event = format_event(device, quoted, line ? line : "null");
	if (!event)
		return snet__err_oom(err);
	r = snet__outgoing_add(&device->outgoing, device->last_id, event, err);
	if (r == 0 && watcher->emitted)
		watcher->emitted(watcher->user, device, device->last_id, line,
				 device->pressed_ns);
	return r;
}

int snet__device_press(struct snet_device *device, const char *data,
		       char ret_id[SNET_EVENT_ID_MAX + 1], struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	int r;

	if (!device->kind->press)
		return snet__err_set(err, -EINVAL,
				     "'%s' is of kind '%s', which is not pressed",
				     device->node->name, device->kind->name);
	r = enter(device, &outside, err);
	if (r < 0)
		return r;
	device->pressed_ns = snet__clock_ns();
	device->last_id[0] = '\0';
	r = device->kind->press(device, data, err);
	if (r < 0)
		return r;
	if (ret_id)
		memcpy(ret_id, device->last_id, sizeof(device->last_id));
	return 0;
}

static void on_tick(void *user)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct snet_device *device = user;
	struct snet_err err = {0};
	int r;

	r = enter(device, &outside, &err);
	device->pressed_ns = snet__clock_ns();
	if (r == 0)
		r = device->kind->tick ? device->kind->tick(device, &err)
				       : device->kind->press(device, NULL, &err);
	if (r < 0)
		snet__log(SNET_LOG_WARNING, "a device failed node=%s error=%s",
			  device->node->name, err.msg);
}

int snet__device_obey(const struct snet__json *command, char state[SNET_STATE_MAX],
		      struct snet_err *err)
{
	const struct snet__json *value = snet__json_get(command, "set");
	autofree char *text = NULL;

	if (value) {
		text = snet__json_format(value);
		if (!text)
			return snet__err_oom(err);
		if (strlen(text) >= SNET_STATE_MAX)
			return snet__err_set(err, -EINVAL,
					     "a state of %zu bytes is over %d",
					     strlen(text), SNET_STATE_MAX - 1);
		memcpy(state, text, strlen(text) + 1);
		return 0;
	}
	if (!snet__json_is_true(snet__json_get(command, "toggle")))
		return snet__err_set(err, -EINVAL,
				     "a command needs \"set\" or \"toggle\"");
	if (strcmp(state, "true") == 0 || strcmp(state, "false") == 0)
		(void)snprintf(state, SNET_STATE_MAX, "%s",
			       *state == 't' ? "false" : "true");
	else if (strcmp(state, "0") == 0 || strcmp(state, "1") == 0)
		(void)snprintf(state, SNET_STATE_MAX, "%s", *state == '0' ? "1" : "0");
	else
		return snet__err_set(err, -EINVAL, "a state of '%s' cannot be toggled",
				     state);
	return 0;
}

static void tell_obeyed(struct snet_device *device, const char *id, bool again)
{
	const struct snet__device_watcher *watcher = &device->env.watcher;

	if (watcher->obeyed)
		watcher->obeyed(watcher->user, device, id, again);
}

int snet__device_command(struct snet_device *device, const struct snet__json *command,
			 bool *ret_again, struct snet_err *err)
{
	const char *id = snet__json_get_string(command, "id");
	cleanup_with(snet__netns_leave) int outside = -1;
	char state[SNET_STATE_MAX];
	int r;

	memcpy(state, device->state, sizeof(state));
	r = enter(device, &outside, err);
	if (r < 0)
		return r;
	/* Tried out on a copy first: a command that fails is not remembered as applied. */
	r = id && !device->env.has_no_memory
		    ? snet__store_has_applied(device->env.store, device->node->name, id,
					      err)
		    : 0;
	*ret_again = r == 1;
	if (r == 1)
		tell_obeyed(device, id, true);
	if (r != 0)
		return r < 0 ? r : 0;
	device->pressed_ns = snet__clock_ns(); /* for events that it sends of it */
	r = device->kind->command(device, command, state, err);
	if (r < 0)
		return r;
	if (id && !device->env.has_no_memory)
		r = snet__store_apply_once(device->env.store, device->node->name, id,
					   err);
	if (r == 0)
		r = snet_device_set_state(device, state, err);
	if (r == 0 && id)
		tell_obeyed(device, id, false);
	return r;
}

static void send_registration(struct snet_device *device);

static void on_registered(void *user, const struct snet__coap_reply *reply)
{
	struct snet_device *device = user;

	if (reply->status == -ECANCELED)
		return;
	if (reply->status == 0 && reply->code == SNET__COAP_CREATED) {
		device->env.watcher.registered(device->env.watcher.user, device);
		return;
	}
	snet__log(SNET_LOG_WARNING, "a registration failed node=%s status=%d code=%d",
		  device->node->name, reply->status, reply->code);
	/* Not at once: who says no at once would be asked as fast as the network allows. */
	snet__timer_start(device->again, REGISTER_AGAIN_NS, 0);
}

static void on_again(void *user)
{
	send_registration(user);
}

static void send_registration(struct snet_device *device)
{
	autofree char *query =
		snet__text_format("ep=%s&lt=%d", device->node->name, LIFETIME_S);
	autofree char *links = snet__device_links(device);
	struct snet__coap_call call = {
		.to = device->outgoing.relayer,
		.method = SNET__COAP_POST,
		.path = "rd",
		.query = query,
		.format = SNET__COAP_LINKS,
		.payload = links,
		.size = links ? strlen(links) : 0,
	};
	int r = query && links ? snet__coap_send(device->endpoint, &call, on_registered,
						 device, NULL)
			       : -ENOMEM;

	if (r == 0)
		return;
	snet__log(SNET_LOG_WARNING, "a registration failed node=%s error=%d",
		  device->node->name, r);
	snet__timer_start(device->again, REGISTER_AGAIN_NS, 0);
}

void snet__device_register(struct snet_device *device)
{
	if (device->is_started)
		send_registration(device);
}

void snet__device_set_held(struct snet_device *device, bool is_held)
{
	snet__coap_endpoint_set_held(device->endpoint, is_held);
}

int snet__device_start(struct snet_device *device, struct snet_err *err)
{
	const struct snet__model_node *node = device->node;
	uint64_t every_ns = node->every_ns ? node->every_ns : device->kind->every_ns;
	struct snet__random random;
	int r;

	r = snet__timer_new(&device->again, device->env.loop, on_again, device, err);
	if (r < 0)
		return r;
	device->is_started = true;
	send_registration(device);
	if (!every_ns)
		return 0;
	r = snet__timer_new(&device->timer, device->env.loop, on_tick, device, err);
	if (r < 0)
		return r;
	/* The seed spreads the devices over the period: they were not switched on at once. */
	snet__random_seed(&random, device->env.seed, node->name);
	snet__timer_start(device->timer,
			  (uint64_t)(snet__random_unit(&random) * (double)every_ns) + 1,
			  every_ns);
	return 0;
}

static int init_state(struct snet_device *device, struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	char state[SNET_STATE_MAX];
	int r;

	memcpy(device->state, "null", sizeof("null"));
	r = enter(device, &outside, err);
	if (r == 0 && device->kind->init)
		r = device->kind->init(device, device->node, err);
	if (r < 0)
		return r;
	/* What it had been before the lab was resumed wins over its description. */
	r = snet__store_find_state(device->env.store, device->node->name, state, NULL);
	if (r == 0)
		memcpy(device->state, state, sizeof(state));
	else if (r == -ENOENT && strcmp(device->state, "null") != 0)
		return snet__store_put_state(device->env.store, device->node->name,
					     device->state, err);
	return 0;
}

static size_t memory_size(const struct snet_device *device)
{
	return device->custom ? device->custom->state_size : device->kind->state_size;
}

void snet__device_forget(struct snet_device *device)
{
	char state[SNET_STATE_MAX];

	if (snet__store_find_state(device->env.store, device->node->name, state, NULL) <
		    0 ||
	    strcmp(state, device->state) == 0)
		return;
	memcpy(device->state, state, sizeof(state));
	device->env.watcher.changed(device->env.watcher.user, device);
}

bool snet__device_obeys(const char *kind)
{
	const struct snet__device_kind *known = find_kind(kind);

	return known ? known->obeys : snet__device_custom.obeys;
}

bool snet__device_has_event(const struct snet_device *device, const char *id)
{
	return snet__outgoing_has(&device->outgoing, id);
}

static int build(struct snet_device *device, uint32_t relayer_ipv4, struct snet_err *err)
{
	int r;

	if (memory_size(device)) {
		device->memory = calloc(1, memory_size(device));
		if (!device->memory)
			return snet__err_oom(err);
	}
	r = snet__coap_endpoint_new(&device->endpoint, device->env.coap, device->netns,
				    SNET__COAP_PORT, false, snet__device_resource, device,
				    err);
	if (r < 0)
		return r;
	snet__coap_endpoint_seed(device->endpoint, device->env.seed, device->node->name);
	device->outgoing = (struct snet__outgoing){
		.loop = device->env.loop,
		.endpoint = device->endpoint,
		.relayer = {relayer_ipv4, SNET__COAP_PORT},
		.fn = on_outgoing,
		.refused = on_refused,
		.user = device,
	};
	return init_state(device, err);
}

int snet__device_new(struct snet_device **ret, const struct snet__device_env *env,
		     const struct snet__model_node *node,
		     const struct snet_device_kind *custom, int netns,
		     uint32_t relayer_ipv4, struct snet_err *err)
{
	struct snet_device *device = calloc(1, sizeof(*device));
	int r;

	if (!device)
		return snet__err_oom(err);
	device->env = *env;
	device->node = node;
	device->custom = custom;
	device->kind = custom ? &snet__device_custom : find_kind(node->kind);
	device->netns = netns;
	device->type = node->type ? node->type : device->kind->type;
	r = build(device, relayer_ipv4, err);
	if (r < 0) {
		snet__device_free(device);
		return snet__err_prefix(err, r, "cannot create device '%s'", node->name);
	}
	*ret = device;
	return 0;
}

void snet__device_end(struct snet_device *device, const char *why)
{
	snet__outgoing_drop(&device->outgoing, why);
}

void snet__device_free(struct snet_device *device)
{
	cleanup_with(snet__netns_leave) int outside = -1;

	if (!device)
		return;
	snet__timer_free(device->timer);
	snet__timer_free(device->again);
	/* A kind that cannot be entered for its end is ended all the same. */
	(void)enter(device, &outside, NULL);
	if (device->kind->fini && (device->memory || !memory_size(device)))
		device->kind->fini(device);
	snet__coap_endpoint_free(device->endpoint);
	snet__outgoing_clear(&device->outgoing);
	free(device->memory);
	free(device);
}
