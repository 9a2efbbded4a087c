/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_MODEL_H
#define SNET_TOPO_MODEL_H

/* A lab as plain data: what a lab file or the building calls of include/snet describe. No
 * kernel, no privilege. Built by read.c or the add functions below, completed by
 * snet__model_check() and snet__model_plan(), made real by lab/. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <snet/backend.h>
#include <snet/lab.h>
#include <snet/link.h>
#include <snet/node.h>
#include <snet/relay.h>

#include "base/clock.h"
#include "base/map.h"

/* The most of each that a lab can have. Links without loops are fewer than nodes. */
#define SNET__NODES_MAX        100000
#define SNET__LINKS_MAX        100000
#define SNET__SWITCH_LINKS_MAX 1000 /* the kernel's bridges have 1,023 ports */

/* How long an event may take, where nothing says so. */
#define SNET__TTL_DEFAULT_NS (60 * SNET__NS_PER_S)

/* What the core must know of a node's kind before the kind itself is looked up. */
enum snet__role {
	SNET__ROLE_SWITCH,
	SNET__ROLE_HOST,
	SNET__ROLE_DEVICE, /* button, actuator, sensor, and kinds added by a program */
	SNET__ROLE_RELAYER,
	SNET__ROLE_FUNCTIONS,
};

enum snet__exchange_kind {
	SNET__EXCHANGE_DIRECT,
	SNET__EXCHANGE_FANOUT,
};

struct snet__model_route {
	enum snet__exchange_kind exchange;
	char *key; /* direct only */
	char *function;
	char *backend; /* NULL until checked: the lab's only one */
	uint64_t ttl_ns;
	unsigned int line, column;
};

struct snet__model_function {
	char *name;
	char *file; /* as given, made relative to the lab file's folder by the reader */
	char *code;
	char *kind;
	char *main;
	char *parameters; /* JSON object, or NULL */
	unsigned int timeout_ms;
	unsigned int memory_mb;
};

struct snet__model_node {
	char *name;
	char *kind;
	enum snet__role role;
	char *address; /* as given, NULL for "next free" */
	uint32_t ipv4; /* host byte order; by snet__model_plan(), 0 for a switch */

	/* devices */
	char *relayer; /* NULL until checked: the lab's only one */
	char *type;
	char *data;   /* JSON */
	char *state;  /* JSON */
	char *values; /* JSON array */
	uint64_t every_ns;

	/* relayers */
	struct snet__model_route *routes;
	size_t route_count, route_cap;
	uint64_t keep; /* events kept after their end; 0: the default, 100,000 */

	/* functions */
	struct snet__model_function *functions;
	size_t function_count, function_cap;
	char *credentials;
	unsigned int invocations_per_minute; /* 0: no limit */

	unsigned int line, column; /* of its entry in the file, 0 when built in C */
	size_t entry; /* which entry of the file that was, or its own index */
	bool is_broken; /* the reader complained: no complaint about what follows from that */
};

struct snet__model_link {
	char *name; /* FROM-TO */
	char *from, *to;
	struct snet_impairment forth, back;
	unsigned int line, column;
	size_t entry;
	bool is_broken;
};

struct snet__model_backend {
	char *name;
	char *kind;
	char *node;
	char *url;
	char *credentials;
	bool insecure;
	uint64_t timeout_ns;
	unsigned int line, column;
	bool is_broken;
};

struct snet__model {
	char *name; /* NULL: not given */
	uint64_t seed;
	enum snet_durability durability;
	uint32_t subnet;     /* host byte order, default 10.0.0.0 */
	unsigned int prefix; /* default 8 */
	struct snet__model_node *nodes;
	size_t node_count, node_cap;
	struct snet__model_link *links;
	size_t link_count, link_cap;
	struct snet__model_backend *backends;
	size_t backend_count, backend_cap;

	/* Names of kinds that a program added; borrowed. NULL-terminated, or NULL. */
	const char *const *device_kinds;
	const char *const *backend_kinds;

	struct snet__map node_by_name; /* index + 1 in nodes; by snet__model_check() */
};

/* All fields with a default have it, not only after a check: type, data, state, values and
 * every_ns of libsnet's own device kinds as far as they have them, key and ttl_ns of routes,
 * timeout_ms and memory_mb of functions, timeout_ns of backends. NULL stays where the user of
 * the model decides: type, data, state and values of a program's own kind of device, kind and
 * main of a function, credentials. */

/* An empty model with the defaults above. */
void snet__model_init(struct snet__model *model);
/* Also for a half-built one. */
void snet__model_clear(struct snet__model *model);

/* Everything that is wrong, in the order of the file. */
struct snet__problem {
	unsigned int line, column;
	char *path; /* "nodes[2].delay" */
	char *text;
};
struct snet__problems {
	struct snet__problem *items;
	size_t count, cap;
};
void snet__problems_clear(struct snet__problems *problems);
/* One line for a struct snet_err: the first problem, "FILE:LINE:COLUMN: PATH: TEXT", and how
 * many more there are. @file may be NULL. Returns -EINVAL. */
int snet__problems_err(const struct snet__problems *problems, const char *file,
		       struct snet_err *err);

/* Read a lab file's text. 0, -EINVAL with @problems filled, or another error in @err.
 * @folder is what its relative paths are relative to. Reads, expands "count", and checks
 * each value; snet__model_check() checks how they fit together, and is called by this. */
int snet__model_read(struct snet__model *model, const char *text, size_t size,
		     const char *folder, struct snet__problems *problems,
		     struct snet_err *err);
/* The same from a file: -ENOENT ..., -EFBIG. */
int snet__model_load(struct snet__model *model, const char *path,
		     struct snet__problems *problems, struct snet_err *err);

/* The building calls: copy, check each field by itself. */
int snet__model_add_node(struct snet__model *model, const struct snet_node_opts *opts,
			 struct snet_err *err);
int snet__model_add_link(struct snet__model *model, const struct snet_link_opts *opts,
			 struct snet_err *err);
int snet__model_add_backend(struct snet__model *model,
			    const struct snet_backend_opts *opts, struct snet_err *err);
int snet__model_add_route(struct snet__model *model, const char *relayer,
			  const struct snet_route_opts *opts, struct snet_err *err);
int snet__model_add_function(struct snet__model *model, const char *node,
			     const struct snet_function_opts *opts, struct snet_err *err);

/* Whether it all fits together: names, ends of links, relayers, backends, addresses. Fills
 * what defaults depend on (a device's relayer, a route's backend) and node_by_name.
 * -EINVAL with @problems filled. */
int snet__model_check(struct snet__model *model, struct snet__problems *problems,
		      struct snet_err *err);
/* Assign addresses, in file order, after a check. -ENOSPC when the subnet is full. */
int snet__model_plan(struct snet__model *model, struct snet_err *err);

/* NULL for none; after a check. */
struct snet__model_node *snet__model_find_node(const struct snet__model *model,
					       const char *name);

/* Write it as a lab file's text, to be freed; NULL when memory is short. */
char *snet__model_format(const struct snet__model *model);

#endif
