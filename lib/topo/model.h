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
#include "topo/kept_file.h"

/* Where an entry stands that no file has: in no array of it. */
#define SNET__NO_ENTRY SIZE_MAX

/* The most of each that a lab can have: 100,000 devices in a tree of the smallest switches have
 * 330,000 nodes. */
#define SNET__NODES_MAX    400000
#define SNET__LINKS_MAX    400000
#define SNET__COUNT_MAX    100000 /* repetitions of an entry */
#define SNET__VLAN_DEFAULT 1      /* where a link is that names none (IEEE 802.1Q) */
#define SNET__VLAN_MAX     4094

/* How long an event may take, where nothing says so. */
#define SNET__TTL_DEFAULT_NS (60 * SNET__NS_PER_S)

/* What the core must know of a node's kind before the kind itself is looked up. */
enum snet__role {
	SNET__ROLE_SWITCH,
	SNET__ROLE_HOST,
	SNET__ROLE_DEVICE, /* button, actuator, sensor, and kinds added by a program */
	SNET__ROLE_RELAYER,
	SNET__ROLE_FUNCTIONS,
	SNET__ROLE_ROUTER,
	SNET__ROLE_PROGRAM, /* a process or a container: a program that libsnet runs */
	SNET__ROLE_GATEWAY,
};

/* How a gateway leads outside: by connections of the host's that it makes for others, or by
 * routing their packets. */
enum snet__gateway_mode {
	SNET__GATEWAY_FORWARD,
	SNET__GATEWAY_NAT,
};

enum snet__exchange_kind {
	SNET__EXCHANGE_DIRECT,
	SNET__EXCHANGE_FANOUT,
};

/* When a program that has ended is started again. */
enum snet__restart {
	SNET__RESTART_NO,
	SNET__RESTART_ON_FAILURE,
	SNET__RESTART_ALWAYS,
};

struct snet__model_route {
	enum snet__exchange_kind exchange;
	char *key; /* direct only */
	char *function;
	char *backend; /* NULL until checked: the lab's only one */
	uint64_t ttl_ns;
	unsigned int attempts; /* 0: as many as there is time for */
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

struct snet__model_forward {
	unsigned int port; /* at the gateway */
	char *to;          /* "HOST:PORT" outside */
};

/* What a file says of an interface; NULL for what it leaves open. */
struct snet__model_given {
	char *address, *mac;
};

/* An interface of a node, "eth0", "eth1" ... in the order of the node's links. */
struct snet__model_iface {
	const struct snet__model_link *link;
	uint32_t segment; /* index in the model's */
	uint32_t ipv4;    /* host byte order */
	unsigned int prefix;
	unsigned char mac[6];
};

/* A static route of a node. */
struct snet__model_hop {
	uint32_t net; /* with @prefix 0: everything */
	unsigned int prefix;
	uint32_t via; /* an address of a router next to it */
};

/* What a switch has of one VLAN. */
struct snet__model_bridge {
	unsigned int vlan;
	uint32_t segment;
};

struct snet__model_node {
	char *name;
	char *kind;
	enum snet__role role;
	struct snet__model_given first;  /* of "eth0" */
	struct snet__model_given *given; /* of all, in their order; or none */
	size_t given_count, given_cap;

	/* switches */
	bool stp;
	char *subnet; /* as given, for its segment of VLAN 1 */

	/* By snet__model_plan(). */
	struct snet__model_iface *ifaces;
	size_t iface_count;
	struct snet__model_hop *hops; /* sorted by net */
	size_t hop_count;
	struct snet__model_bridge *bridges; /* a switch's, sorted by VLAN */
	size_t bridge_count;
	/* Of eth0, 0 for a switch: what its name stands for, and the source of what it sends. */
	uint32_t ipv4;

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

	/* gateways */
	enum snet__gateway_mode mode;
	struct snet__model_forward *forwards;
	size_t forward_count, forward_cap;
	/* programs */
	char *command; /* JSON array of strings */
	char *env;     /* JSON object of strings, or NULL */
	char *cwd; /* of a process: NULL for the lab process's own; a container: in it */
	enum snet__restart restart;
	unsigned int millicpus; /* 0: no limit */
	uint64_t memory_bytes;  /* 0: no limit */
	char *rootfs;           /* of a container: a folder or an archive, or else */
	char *image;            /* the name of an image */
	bool is_writable;       /* the root folder */

	size_t index;              /* in the model's array */
	unsigned int line, column; /* of its entry in the file, 0 when built in C */
	size_t entry; /* which entry of the file that was, or its own index */
	bool is_broken; /* the reader complained: no complaint about what follows from that */
};

struct snet__model_link {
	char *name; /* FROM-TO unless given */
	bool is_named;
	char *from, *to;
	unsigned int vlan;   /* 0: not given */
	unsigned int *vlans; /* those of a trunk; none: all */
	size_t vlan_count, vlan_cap;
	unsigned int mtu; /* bytes, 0: the kernel's 1,500 */
	enum snet_shaper shaper;
	char *profile;                      /* what forth and back began with, or NULL */
	struct snet_impairment forth, back; /* their texts are the link's own */
	struct snet__kept_files kept[2];    /* what they name, by snet__model_check() */
	/* By snet__model_check(): FROM and TO; NULL when the file names no such nodes. */
	struct snet__model_node *ends[2];
	size_t index;
	unsigned int line, column;
	size_t entry;
	bool is_broken;
	bool is_running; /* copied as it is: its replay was read, and may be gone by now */
};

struct snet__model_backend {
	char *name;
	char *kind;
	char *node;
	char *url;
	char *credentials;
	bool insecure;
	uint64_t timeout_ns;
	char *gateway; /* through which url is reached; NULL: by the host's own network */
	unsigned int
		gateway_port; /* of its forward to url's host; by snet__model_plan() */
	unsigned int line, column;
	bool is_broken;
};

/* A broadcast domain: switches that links join, in one VLAN; or a cable between two nodes. */
struct snet__model_segment {
	uint32_t subnet; /* host byte order; of no meaning without stations */
	unsigned int prefix;
	uint32_t station_count; /* interfaces of nodes in it */
	bool has_stp;           /* there may be several ways through it */
	uint32_t area;          /* segments that routers join have the same */
};

struct snet__model {
	char *name; /* NULL: not given */
	uint64_t seed;
	enum snet_durability durability;
	uint32_t subnet;     /* host byte order, default 10.0.0.0 */
	unsigned int prefix; /* default 8 */
	bool has_ipv6;
	/* Nodes' IPv6 addresses are this with their IPv4 address in the last four bytes. */
	unsigned char ipv6[16];
	struct snet__model_node **nodes; /* each stays where it is */
	size_t node_count, node_cap;
	struct snet__model_link **links;
	size_t link_count, link_cap;
	struct snet__model_backend *backends;
	size_t backend_count, backend_cap;

	struct snet__model_segment *segments; /* by snet__model_check() */
	size_t segment_count;

	/* What this model takes the place of, or NULL: borrowed during check and plan. The subnets
	 * and addresses of what is in both are kept where they fit. */
	const struct snet__model *before;
	/* It took the place of another: planned by itself it may get other addresses. */
	bool is_successor;

	/* Names of kinds that a program added; borrowed. NULL-terminated, or NULL. */
	const char *const *device_kinds;
	const char *const *backend_kinds;

	struct snet__map node_by_name, link_by_name; /* by snet__model_check() */
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

/* The largest lab file. */
#define SNET__MODEL_FILE_MAX (64u << 20)

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
 * @folder is what its relative paths are relative to, "" for the working folder; NULL: the
 * text is what a lab says of itself, and what it names need not be there any more. Reads,
 * expands "count", and checks each value; snet__model_check() checks how they fit together,
 * and is called by this. */
int snet__model_read(struct snet__model *model, const char *text, size_t size,
		     const char *folder, struct snet__problems *problems,
		     struct snet_err *err);
/* The same from a file: -ENOENT ..., -EFBIG. */
int snet__model_load(struct snet__model *model, const char *path,
		     struct snet__problems *problems, struct snet_err *err);

/* Read entries that are to be added to @model, which is a checked lab: only nodes, links and
 * backends. On failure the model is of no use any more. */
int snet__model_read_more(struct snet__model *model, const char *text, size_t size,
			  const char *folder, struct snet__problems *problems,
			  struct snet_err *err);
/* Read what changes of a link of @model, which is a checked lab: an object of impairments for the
 * directions in @ways, forth and back. On failure the model is of no use any more. -ENOENT: no such
 * link. */
int snet__model_update_link(struct snet__model *model, const char *name,
			    const bool ways[2], const char *text, const char *folder,
			    struct snet__problems *problems, struct snet_err *err);
/* The same, all of it given. */
int snet__model_impair_link(struct snet__model *model, const char *name,
			    const bool ways[2], const struct snet_impairment *impairment,
			    struct snet_err *err);
/* A copy of a checked model, not checked itself; it lends the same kinds, and keeps the same files.
 * -ENOMEM. */
int snet__model_copy(struct snet__model *ret, const struct snet__model *model,
		     struct snet_err *err);
/* A copy that is given those of the addresses of @model, which is planned, that it would otherwise be
 * planned others than; checked. -ENOMEM, or -EINVAL: a file cannot say all of them. */
int snet__model_copy_in_place(struct snet__model *ret, const struct snet__model *model,
			      struct snet_err *err);
/* Remove nodes and their links, before a check; -ENOENT: nothing was removed. */
int snet__model_remove_nodes(struct snet__model *model, const char *const *names,
			     size_t count, struct snet_err *err);

/* A lab file's text and the folder that it is in, both to be freed. */
int snet__model_read_file(char **ret_text, char **ret_folder, const char *path,
			  struct snet_err *err);

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
int snet__model_add_forward(struct snet__model *model, const char *gateway,
			    const struct snet_forward_opts *opts, struct snet_err *err);

/* Whether it all fits together: names, ends of links, relayers, backends, addresses. Fills
 * what defaults depend on (a device's relayer, a route's backend) and node_by_name, and reads the
 * files of links that are not kept yet. -EINVAL with @problems filled. */
int snet__model_check(struct snet__model *model, struct snet__problems *problems,
		      struct snet_err *err);
/* Have the next check read the files of links anew. */
void snet__model_forget_files(struct snet__model *model);
/* Assign subnets, addresses and routes, in file order, after a check. -ENOSPC when the subnet
 * is full. */
int snet__model_plan(struct snet__model *model, struct snet_err *err);
/* Whether packets to addresses that are not in the lab go to this node. */
bool snet__model_leads_outside(const struct snet__model_node *node);

/* What was given of a node's interface @index; its members may be NULL. */
struct snet__model_given snet__node_given(const struct snet__model_node *node,
					  size_t index);
/* Whether a node of this role hands on what is not for it. */
bool snet__role_forwards(enum snet__role role);
/* Whether a link between two switches carries @vlan. */
bool snet__link_carries(const struct snet__model_link *link, unsigned int vlan);
/* The VLAN of a node's link to a switch. */
unsigned int snet__link_vlan(const struct snet__model_link *link);
/* Whether packets on it meet a shaper; else it is a plain link. */
bool snet__link_is_shaped(const struct snet__model_link *link);
/* Whether it is one between a switch and a node. */
bool snet__link_is_port(const struct snet__model_link *link);
/* In bytes, whether or not it is given. */
unsigned int snet__link_mtu(const struct snet__model_link *link);
/* The least that IPv6 needs: RFC 8200 section 5. */
#define SNET__IPV6_MIN_MTU 1280
/* Whether its MTU can become that of @after while it is there. */
bool snet__link_can_resize(const struct snet__model_link *link,
			   const struct snet__model_link *after);
/* NULL when the switch has nothing of @vlan. */
const struct snet__model_bridge *snet__node_find_bridge(
	const struct snet__model_node *node, unsigned int vlan);
/* NULL for none. */
const struct snet__model_iface *snet__node_find_iface(
	const struct snet__model_node *node, const struct snet__model_link *link);
/* The IPv6 address that goes with an IPv4 address; its prefix is 96 longer. */
void snet__model_ipv6(unsigned char ret[16], const struct snet__model *model,
		      uint32_t ipv4);

/* NULL for none; after a check. */
struct snet__model_link *snet__model_find_link(const struct snet__model *model,
					       const char *name);
struct snet__model_node *snet__model_find_node(const struct snet__model *model,
					       const char *name);
/* NULL for none. */
const struct snet__model_backend *snet__model_find_backend(
	const struct snet__model *model, const char *name);
const struct snet__model_function *snet__node_find_function(
	const struct snet__model_node *node, const char *name);
/* Say that there is none, and which was meant: -ENOENT. The model need not be checked. */
int snet__model_refuse_link(const struct snet__model *model, const char *name,
			    struct snet_err *err);
int snet__model_refuse_node(const struct snet__model *model, const char *name,
			    struct snet_err *err);

struct snet__format_opts {
	const char
		*folder; /* what functions' files are relative to; NULL: absolute paths */
	bool addresses;  /* those that snet__model_plan() assigned are given */
	/* Optional: the present state of a node, borrowed until the next call; NULL for that of
	 * the description. */
	const char *(*state)(void *user, const struct snet__model_node *node);
	void *user;
};
/* Write it as a lab file's text, to be freed; NULL when memory is short. @opts may be NULL. */
char *snet__model_format(const struct snet__model *model,
			 const struct snet__format_opts *opts);

#endif
