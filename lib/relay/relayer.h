/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_RELAYER_H
#define SNET_RELAY_RELAYER_H

/* A relayer: takes events, journals and acknowledges them, routes them to functions and turns
 * their results into commands for actuators. Everything on the lab's thread.
 *
 * The order that keeps the promise: what arrives is written to the store and answered into the
 * send queue; the lab commits; then snet__relayer_committed() starts the invocations, and only
 * then the queue is sent. */

#include "backend/backend.h"
#include "io/coap.h"
#include "store/store.h"
#include "topo/model.h"

struct snet__relayer;

/* What a relayer tells the lab. */
struct snet__relayer_watcher {
	/* To be journaled, which may fail yet: @event is its JSON. */
	void (*received)(void *user, const char *event);
	/* Journaled. */
	void (*journaled)(void *user, uint64_t seq, const char *event);
	/* Optional: an event has come to a step of its trace. */
	void (*noted)(void *user, const char *id, const char *step);
	/* No longer pending; @trace is borrowed. */
	void (*ended)(void *user, const struct snet_trace *trace);
	/* Whether @relayer has a device of this name that takes commands. */
	bool (*knows)(void *user, const char *relayer, const char *name);
	void *user;
};

struct snet__relayer_env {
	struct snet__loop *loop;
	struct snet__coap *coap;
	struct snet__store *store;
	uint64_t seed;
	int netns; /* borrowed; -1 for the thread's own */
	struct snet__relayer_watcher watcher;
};

/* @node is borrowed while the relayer lives. */
int snet__relayer_new(struct snet__relayer **ret, const struct snet__relayer_env *env,
		      const struct snet__model_node *node, struct snet_err *err);
/* Hold its endpoint; the rest of it is on its loop, which is held by others. */
void snet__relayer_set_held(struct snet__relayer *relayer, bool is_held);
/* Before it is freed: as if killed, without what is answered but not sent. */
void snet__relayer_cut(struct snet__relayer *relayer);
/* Its backends must have been freed: their invocations are forgotten without an end. */
void snet__relayer_free(struct snet__relayer *relayer);

/* Route number @index of its node goes to @backend, which is borrowed. */
void snet__relayer_set_backend(struct snet__relayer *relayer, size_t index,
			       struct snet__backend *backend);
/* Take up an open event from the store, in the manner of snet__store_open_fn. */
int snet__relayer_resume(struct snet__relayer *relayer, uint64_t seq, const char *event,
			 const struct snet_trace *trace, unsigned int index,
			 const void *data, size_t size);

/* Journal commands that come without an event, {"target", "set"} or {"commands": [...]}, and
 * the event that stands for them; it is acknowledged after the commit. -EINVAL, -EMSGSIZE. */
int snet__relayer_take_commands(struct snet__relayer *relayer, const char *text,
				size_t size, char ret_id[SNET_EVENT_ID_MAX + 1],
				struct snet_err *err);

/* What was written is durable: go on with it. May write again. */
void snet__relayer_committed(struct snet__relayer *relayer);
/* It could not be made durable: forget the events that came since the last commit, and write
 * the ends of others again. */
void snet__relayer_forget(struct snet__relayer *relayer);

/* Forget a device that has gone; its commands wait for another of its name, or their end. */
void snet__relayer_remove_device(struct snet__relayer *relayer, const char *name);
/* The devices that have registered, to be freed; NULL when memory is short. */
struct snet__register;
struct snet__register *snet__relayer_copy_registered(const struct snet__relayer *relayer);
void snet__relayer_free_registered(struct snet__register *registered); /* accepts NULL */
/* Take them to have registered here. -ENOMEM */
int snet__relayer_adopt(struct snet__relayer *relayer,
			const struct snet__register *registered, struct snet_err *err);
/* Whether a device called @name has registered. */
bool snet__relayer_has_registered(const struct snet__relayer *relayer, const char *name);

/* The trace of a pending event, borrowed; NULL for none. */
const struct snet_trace *snet__relayer_find_trace(const struct snet__relayer *relayer,
						  const char *id);

#endif
