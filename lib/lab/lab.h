/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_LAB_H
#define SNET_LAB_LAB_H

/* The inside of a lab, for the files of lab/ and for api/. */

#include <pthread.h>

#include <snet/snet.h>

#include "backend/backend.h"
#include "base/text.h"
#include "device/device.h"
#include "device/program.h"
#include "faas/faas.h"
#include "io/json.h"
#include "lab/engine.h"
#include "lab/node.h"
#include "lab/observer.h"
#include "relay/relayer.h"
#include "topo/model.h"

struct snet__acquaintance;
struct snet__breakage_prepared;
struct snet__run_capture;
struct snet__fabric;
struct snet__gateway;
struct snet__run;
struct snet__shaped;
struct snet__shaper;
struct snet__sweeper;

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

	struct snet__breakage_prepared *prepared; /* see lab/breakage.h */

	/* While it is up. The pointers change only in snet_lab_up() and snet_lab_down(). */
	struct snet__engine *engine;
	struct snet__run *run; /* the engine's thread only, but for its existence */

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t changed;
	enum snet__lab_phase phase;
	unsigned int users; /* threads inside snet__lab_enter() and snet__lab_leave() */
	size_t programs;    /* that were asked to end, and do not have yet */
	bool is_end_wanted;
	bool is_reserved; /* nobody may change it */

	/* Held by the one thread that changes it while it is up, and who takes it down. Before the
	 * lock above. */
	pthread_mutex_t changing;
	int cancel_fd; /* an eventfd: from when the lab ends, there is something to read */
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

/* Wait until the programs have ended that were asked to: they have SNET__PROGRAM_GRACE_NS for
 * what they have to do before that. -ENOTCONN when the lab leaves @phase meanwhile. */
int snet__lab_wait_programs(struct snet_lab *lab, enum snet__lab_phase phase,
			    struct snet_err *err);
/* -EBUSY unless the lab is down: its description may change. */
int snet__lab_refuse_up(const struct snet_lab *lab, struct snet_err *err);
/* Tell @model the kinds that the program added: its reader and its check then know them. */
void snet__lab_lend_kinds(const struct snet_lab *lab, struct snet__model *model);
/* From now on nodes and links stay as they are. Any thread. */
void snet__lab_reserve(struct snet_lab *lab);
/* Whether somebody wants the lab's end, and to ask for it. Any thread. */
bool snet__lab_is_end_wanted(struct snet_lab *lab);
void snet__lab_ask_end(struct snet_lab *lab);

/* A lab that is up: all of it on the lab's thread. */
struct snet__run {
	struct snet_lab *lab;
	struct snet__loop *loop;
	struct snet__coap *coap;
	struct snet__store *store;
	struct snet__fabric *fabric;
	struct snet__shaper *shaper; /* NULL: no link needs it */
	void *api;                   /* of api/, which is above: ended with api_free() */
	void (*api_free)(void *api);
	struct snet__outside *outside;
	struct snet__sweeper *sweeper; /* NULL: there is none */
	int mntns;
	char *folder;
	bool is_own_folder; /* nobody has named it */
	/* There was none before, or no store in it, which then goes with the lab: one that is named
	 * unless the lab comes up. */
	bool is_new_folder, is_new_store;
	uint32_t number; /* differs between runs */
	uint64_t since_wall_ns;
	struct snet__run_node **nodes; /* as in the model; each stays where it is */
	struct snet__run_link **links; /* as in the model */
	size_t node_count, link_count; /* how many of them were made */
	struct snet__relayer **relayers;
	size_t relayer_count;
	/* Devices register a few at a time, when the switches have settled. */
	size_t device_count, started_count, registered_count;
	size_t cut_off_count;          /* of those started: see lab/ready.h */
	size_t next_start;             /* which of the nodes is looked at next */
	struct snet__timer *settled;   /* NULL: the switches forward from the start */
	bool is_settled, is_unsettled; /* unsettled: ports of switches with STP are new */
	bool is_changing; /* nodes come and go: one that is not there need not be down */
	bool has_no_outbox; /* for tests: what is open is not taken up again */
	bool has_no_memory; /* the same: commands that were obeyed are not remembered */
	bool is_ending;
	struct snet__observer *observers;
	/* Optional: called in each turn, when what has come is committed, and nothing that follows
	 * from it was sent: the one moment within a turn when a node can die. */
	void (*interlude)(void *user);
	void *interlude_user;
	/* Optional: tell, on the lab's thread, what faults do to a link in one direction. Adds them to
	 * the array @faults, which may be NULL; returns the impairments in force, or NULL: those of the
	 * model. */
	const struct snet_impairment *(*describe_broken)(void *broken, size_t link,
							 bool is_back,
							 struct snet__json *faults);
	void *broken;
	/* Whom nodes know in addition, until the next change: see lab/acquaint.h. */
	struct snet__acquaintance *acquaintances;
	size_t acquaintance_count, acquaintance_cap;
	struct snet__run_capture *captures; /* those that may go on */
	size_t capture_count, capture_cap;
};

/* Make everything that the model describes. All or nothing. */
int snet__run_new(struct snet__run **ret, struct snet_lab *lab, struct snet_err *err);
void snet__run_free(struct snet__run *run);
/* A node, all that lives in it included; accepts NULL. */
void snet__run_free_node(struct snet__run_node *node);
/* NULL with @err filled for none. */
struct snet__run_node *snet__run_find(struct snet__run *run, const char *name,
				      struct snet_err *err);
/* -EBUSY, for what is described, but not there yet, or any more, while the lab changes. */
int snet__run_refuse_absent(const char *what, const char *name, struct snet_err *err);
/* The device of that name, borrowed. -ENOENT, -EINVAL for another node, -EHOSTDOWN, -EBUSY. */
int snet__run_find_device(struct snet_device **ret, struct snet__run *run,
			  const char *name, struct snet_err *err);
/* A descriptor of the node's network namespace, to be closed. -EINVAL for a switch, -EBUSY. */
int snet__run_open_netns(const struct snet__run_node *node, int *ret_fd,
			 struct snet_err *err);
/* A descriptor, to be closed, that becomes readable when the node ends: an eventfd(2). */
int snet__run_open_end(struct snet__run_node *node, int *ret_fd, struct snet_err *err);
bool snet__run_is_ready(const struct snet__run *run);
/* Ask the programs that are meant to end; lab->programs is how many of those that were ever asked
 * do not have yet. */
typedef bool (*snet__run_which_fn)(const struct snet__run_node *node, void *user);
void snet__run_stop_programs(struct snet__run *run, snet__run_which_fn which, void *user);
/* End the API's answers and tell the observers that the lab goes down. */
void snet__run_end(struct snet__run *run);
/* The trace of any event, to be freed. */
int snet__run_trace(struct snet__run *run, const char *id, struct snet_trace **ret,
		    struct snet_err *err);
/* Whether a relayer goes on with the event. */
bool snet__run_has_pending(const struct snet__run *run, const char *id);
/* Whether the event is still at its device. */
bool snet__run_has_waiting(struct snet__run *run, const char *id);
/* {"lab", "nodes", "links"}, to be freed; NULL when memory is short. @has_counts: with all that
 * snet__shaping_describe() tells of directions. */
char *snet__run_status(const struct snet__run *run, bool has_counts);
/* The same by lines: the first, @at 0, says how many nodes and links there are, {"lab", "nodes",
 * "links"}, then come {"node"} and {"link"} for each. False behind the last. */
bool snet__run_status_line(struct snet__text_buffer *to, const struct snet__run *run,
			   size_t at);
/* The text of a lab file that recreates it, to be freed; NULL when memory is short. */
char *snet__run_format(const struct snet__run *run, const struct snet_format_opts *opts);
char *snet__ipv4_format(char text[static 16], uint32_t ipv4);

#endif
