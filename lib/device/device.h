/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_DEVICE_H
#define SNET_DEVICE_DEVICE_H

/* A running device: one CoAP endpoint in its namespace, registered at its relayer, a queue of
 * events that wait to be acknowledged, and a state. What it is, its kind says. Everything on
 * the lab's thread. */

#include <snet/device.h>

#include "io/coap.h"
#include "io/json.h"
#include "store/store.h"
#include "topo/model.h"

/* What a device tells the lab. Events are named by their ids. */
struct snet__device_watcher {
	void (*registered)(void *user, struct snet_device *device);
	/* Optional: it has made an event, which it began to at @pressed_ns; @data: JSON or NULL. */
	void (*emitted)(void *user, struct snet_device *device, const char *id,
			const char *data, uint64_t pressed_ns);
	/* The relayer has taken responsibility for the event. */
	void (*acknowledged)(void *user, struct snet_device *device, const char *id);
	/* It cannot now, and says why; the device goes on trying. */
	void (*refused)(void *user, struct snet_device *device, const char *id,
			const char *why);
	/* It never will: refused, or too old. */
	void (*dropped)(void *user, struct snet_device *device, const char *id,
			const char *why);
	void (*changed)(void *user, struct snet_device *device);
	/* Optional: it has obeyed the command @id; @again: it had before, and nothing was done. */
	void (*obeyed)(void *user, struct snet_device *device, const char *id,
		       bool again);
	void *user;
};

struct snet__device_env {
	struct snet__loop *loop;
	struct snet__coap *coap;
	struct snet__store *store;
	const char *lab; /* name; borrowed */
	uint32_t run;    /* differs between any two runs of a lab: a part of event ids */
	uint64_t seed;
	bool has_no_memory; /* for tests: of the commands that it has obeyed */
	struct snet__device_watcher watcher;
};

/* A device kind. Constant table; device.c is its only caller. The callbacks of a program's kind
 * are called inside the device's namespace; the others open no sockets and are spared that. */
struct snet__device_kind {
	const char *name;  /* stable: in lab files */
	const char *type;  /* of its events when the node names none */
	bool obeys;        /* takes commands */
	size_t state_size; /* zeroed memory the core allocates per device */
	uint64_t every_ns; /* when the node names no period; 0: never by itself */
	/* Optional. @node is borrowed as long as the device lives. fini() is called either way. */
	int (*init)(struct snet_device *device, const struct snet__model_node *node,
		    struct snet_err *err);
	void (*fini)(struct snet_device *device);
	/* Each period. NULL: as if pressed. */
	int (*tick)(struct snet_device *device, struct snet_err *err);
	/* @data is JSON or NULL for the node's own. */
	int (*press)(struct snet_device *device, const char *data, struct snet_err *err);
	/* @command has "set" or "toggle"; change @state, JSON. Only when it obeys. */
	int (*command)(struct snet_device *device, const struct snet__json *command,
		       char state[SNET_STATE_MAX], struct snet_err *err);
};

extern const struct snet__device_kind snet__device_button;
extern const struct snet__device_kind snet__device_actuator;
extern const struct snet__device_kind snet__device_sensor;
extern const struct snet__device_kind snet__device_custom;

/* @node borrowed; @custom NULL unless the kind is a program's; @netns borrowed while the device
 * lives. Registration starts at once. */
int snet__device_new(struct snet_device **ret, const struct snet__device_env *env,
		     const struct snet__model_node *node,
		     const struct snet_device_kind *custom, int netns,
		     uint32_t relayer_ipv4, struct snet_err *err);
void snet__device_free(struct snet_device *device);
/* Before that: whoever waits for an event that is still here is told that it is lost, and @why. It
 * must not be used any more, but for being freed. */
void snet__device_end(struct snet_device *device, const char *why);

/* Registers, and then lives: sensors begin to measure. Called once. */
int snet__device_start(struct snet_device *device, struct snet_err *err);
/* Register once more: its relayer has forgotten it. */
void snet__device_register(struct snet_device *device);
/* Hold its endpoint; the rest of it is on its loop, which is held by others. What it sends when it
 * is pressed waits as well. */
void snet__device_set_held(struct snet_device *device, bool is_held);
/* Press it: @data JSON text or NULL. @ret_id, of the last event that was sent, may be NULL. */
int snet__device_press(struct snet_device *device, const char *data,
		       char ret_id[SNET_EVENT_ID_MAX + 1], struct snet_err *err);
/* What was written since the last commit is lost: be as before. */
void snet__device_forget(struct snet_device *device);
/* Whether the event waits here to be acknowledged. */
bool snet__device_has_event(const struct snet_device *device, const char *id);
/* Whether devices of a kind, of the library's or of a program's, take commands. */
bool snet__device_obeys(const char *kind);
/* "null" for a device without one. */
const char *snet__device_state(const struct snet_device *device);

/* Its CoAP socket, in its namespace; borrowed. */
int snet__device_socket(const struct snet_device *device);

/* For kinds. */
const struct snet__model_node *snet__device_node(const struct snet_device *device);
const struct snet_device_kind *snet__device_custom_kind(const struct snet_device *device);
/* Set or toggle a state as an actuator does. */
int snet__device_obey(const struct snet__json *command, char state[SNET_STATE_MAX],
		      struct snet_err *err);

#endif
