/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_LAB_H
#define SNET_LAB_LAB_H

/* The inside of a lab, for the files of lab/ and for api/. */

#include <pthread.h>

#include <snet/snet.h>

#include "backend/backend.h"
#include "device/device.h"
#include "faas/faas.h"
#include "io/json.h"
#include "lab/engine.h"
#include "relay/relayer.h"
#include "topo/model.h"

struct snet__fabric;
struct snet__run;

/* Where a lab is in its life. Only snet_lab_up() and snet_lab_down() move it on. */
enum snet__lab_phase {
	SNET__LAB_DOWN = 0,
	SNET__LAB_STARTING,
	SNET__LAB_UP,
	SNET__LAB_ENDING,
};

struct snet_lab {
	struct snet__model model;
	char *folder; /* NULL: one of its own */
	bool resume;
	snet_trace_fn trace_fn;
	void *trace_user;

	/* What the program added. */
	const struct snet_device_kind **device_kinds;
	size_t device_kind_count, device_kind_cap;
	const char **device_kind_names; /* NULL-terminated, for the model */
	const struct snet_backend_kind **backend_kinds;
	size_t backend_kind_count, backend_kind_cap;
	const char **backend_kind_names;
	struct snet__lab_natives {
		char *backend;
		struct snet__native_functions functions;
	} * natives;
	size_t native_count, native_cap;

	/* While it is up. The pointers change only in snet_lab_up() and snet_lab_down(). */
	struct snet__engine *engine;
	struct snet__run *run; /* the engine's thread only, but for its existence */

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t changed;
	enum snet__lab_phase phase;
	unsigned int users; /* threads inside snet__lab_enter() and snet__lab_leave() */
	bool is_end_wanted;
};

/* Keep the lab from going away while the calling thread has to do with it. @is_starting: it is
 * snet_lab_up() that asks. -ENOTCONN when it is not up. */
int snet__lab_enter(struct snet_lab *lab, bool is_starting, struct snet_err *err);
void snet__lab_leave(struct snet_lab *lab);
/* Between the two: run @fn on the lab's thread, with lab->run there, and wait for its return.
 * -ENOTCONN when the lab has gone down meanwhile. */
int snet__lab_run(struct snet_lab *lab, snet__engine_fn fn, void *arg,
		  struct snet_err *err);
/* The three at once. */
int snet__lab_call(struct snet_lab *lab, snet__engine_fn fn, void *arg,
		   struct snet_err *err);

/* -EBUSY unless the lab is down: its description may change. */
int snet__lab_refuse_up(const struct snet_lab *lab, struct snet_err *err);
/* Somebody wants the lab's end. Any thread. */
void snet__lab_ask_end(struct snet_lab *lab);

/* Told of what happens, on the lab's thread. Each callback is optional. */
struct snet__observer {
	struct snet__observer *next;
	void (*event)(struct snet__observer *observer, uint64_t seq, const char *event);
	void (*trace)(struct snet__observer *observer, const struct snet_trace *trace);
	void (*acknowledged)(struct snet__observer *observer, const char *id);
	void (*dropped)(struct snet__observer *observer, const char *id, const char *why);
	void (*state)(struct snet__observer *observer, const char *node,
		      const char *state);
	void (*log)(struct snet__observer *observer, const char *node, const char *line);
	void (*ready)(struct snet__observer *observer);
	/* The lab goes down; nothing more will happen. */
	void (*gone)(struct snet__observer *observer);
};

/* The last lines that a node has written. */
#define SNET__LOG_LINES 1000

struct snet__run_node {
	const struct snet__model_node *node;
	int netns; /* -1 for a switch */
	int port;  /* a switch: its index in the fabric */
	struct snet_device *device;
	struct snet__relayer *relayer;
	struct snet__faas *faas;
	char *url; /* of a functions node */
	struct snet__run *run;
	char **lines;      /* a ring, made at the first line */
	size_t line_count; /* ever */
};

/* A lab that is up: all of it on the lab's thread. */
struct snet__run {
	struct snet_lab *lab;
	struct snet__loop *loop;
	struct snet__coap *coap;
	struct snet__store *store;
	struct snet__fabric *fabric;
	void *api; /* of api/, which is above: ended with api_free() */
	void (*api_free)(void *api);
	struct snet__outside *outside; /* NULL unless a backend is not in the lab */
	int mntns;
	char *folder;
	bool is_own_folder;
	uint32_t number; /* differs between runs */
	uint64_t since_wall_ns;
	struct snet__run_node *nodes; /* as in the model */
	struct snet__relayer **relayers;
	size_t relayer_count;
	struct snet__backend **backends;
	size_t backend_count;
	size_t device_count, registered_count;
	struct snet__observer *observers;
};

/* Make everything that the model describes. All or nothing. */
int snet__run_new(struct snet__run **ret, struct snet_lab *lab, struct snet_err *err);
void snet__run_free(struct snet__run *run);
/* NULL with @err filled for none. */
struct snet__run_node *snet__run_find(struct snet__run *run, const char *name,
				      struct snet_err *err);
bool snet__run_is_ready(const struct snet__run *run);
/* End the API's answers and tell the observers that the lab goes down. */
void snet__run_end(struct snet__run *run);
void snet__run_observe(struct snet__run *run, struct snet__observer *observer);
void snet__run_unobserve(struct snet__run *run, struct snet__observer *observer);
/* The trace of any event, to be freed. */
int snet__run_trace(struct snet__run *run, const char *id, struct snet_trace **ret,
		    struct snet_err *err);
/* Whether the event is still at its device. */
bool snet__run_has_waiting(struct snet__run *run, const char *id);
/* {"lab", "nodes", "links"}, to be freed; NULL when memory is short. */
struct snet__json *snet__run_status(const struct snet__run *run);
char *snet__ipv4_format(char text[static 16], uint32_t ipv4);

#endif
