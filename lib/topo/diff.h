/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_DIFF_H
#define SNET_TOPO_DIFF_H

/* What has changed from one description to another, and of what was planned the addresses of nodes,
 * and the subnets of links whose nodes keep theirs. Entries are the same when they have the same name
 * (routes: when they lead the same events to the same function); the order of entries is no
 * difference, and neither is the lab's name. Pure data: carrying it out is lab/'s. */

#include "io/json.h"
#include "topo/model.h"

/* What it takes to carry out a change, each more than the one before. */
enum snet__takes {
	SNET__TAKES_NOTHING, /* the description changes, nothing that runs does */
	SNET__TAKES_PLACE,   /* changed while it runs */
	SNET__TAKES_RESTART, /* the node ends and starts again; its links stay */
	SNET__TAKES_REMAKE, /* the node, with its links, or the link is removed and added */
	SNET__TAKES_LAB,    /* down and up again: it decides about all of the lab */
};

enum snet__change_kind {
	SNET__CHANGE_ADDED,
	SNET__CHANGE_REMOVED,
	SNET__CHANGE_CHANGED,
	SNET__CHANGE_KIND_COUNT,
};

enum snet__change_of {
	SNET__CHANGE_OF_LAB, /* changed only */
	SNET__CHANGE_OF_NODE,
	SNET__CHANGE_OF_LINK,
	SNET__CHANGE_OF_BACKEND,
	/* Of relayers and functions nodes that are in both descriptions; those of the others come
	 * and go with their nodes. */
	SNET__CHANGE_OF_ROUTE,
	SNET__CHANGE_OF_FUNCTION,
};

/* A key of an entry that is in both. */
struct snet__changed_key {
	char *key; /* "delay"; "forth.delay" or "back.delay" when only one direction changes */
	/* JSON; NULL: not given, the default. Both the same: a file whose text is another. */
	char *before, *after;
	enum snet__takes takes;
};

struct snet__change {
	enum snet__change_kind kind;
	enum snet__change_of of;
	char *name;
	/* The entry as @of says: struct snet__model_node, _link, _backend, _route, _function, and
	 * for the lab struct snet__model. Borrowed from the two models; NULL where there is none. */
	const void *before, *after;
	/* That a route or a function belongs to. */
	const struct snet__model_node *node_after;
	struct snet__changed_key *keys;
	size_t key_count, key_cap;
	enum snet__takes takes; /* the most of its keys; PLACE for what comes or goes */
};

/* Lab, nodes, links, backends; in each what is removed, then the rest in the order of the new
 * description. Routes and functions follow their node. */
struct snet__diff {
	struct snet__change *changes;
	size_t count, cap;
	size_t of_kind[SNET__CHANGE_KIND_COUNT]; /* how many of each */
};

/* Compare two checked models, which must stay as long as @ret is used. -ENOMEM. */
int snet__diff(struct snet__diff *ret, const struct snet__model *before,
	       const struct snet__model *after, struct snet_err *err);
/* What it takes to change a key of an entry. */
enum snet__takes snet__diff_takes(enum snet__change_of of, const char *key);
void snet__diff_clear(struct snet__diff *diff);

/* "+ node b7 (button)", "~ link a-b: delay 2ms → 5ms", "- node x (host)": a line for each, and
 * one that counts them, as what would be when @is_dry; to be freed. NULL when memory is short.
 * Credentials are not shown. */
char *snet__diff_format(const struct snet__diff *diff, bool is_dry);
/* {"changes": [{"change", "what", "name", "takes", ...}], "added", "removed", "changed"} */
struct snet__json *snet__diff_json(const struct snet__diff *diff);

#endif
