/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_KINDS_H
#define SNET_TOPO_KINDS_H

/* The kinds of nodes and backends that a description may name. */

#include "topo/model.h"

/* Bits: which kinds of nodes have a key. */
enum {
	SNET__ON_SWITCH = 1 << 0,
	SNET__ON_HOST = 1 << 1,
	SNET__ON_BUTTON = 1 << 2,
	SNET__ON_ACTUATOR = 1 << 3,
	SNET__ON_SENSOR = 1 << 4,
	SNET__ON_CUSTOM = 1 << 5, /* kinds of devices that a program added */
	SNET__ON_RELAYER = 1 << 6,
	SNET__ON_FUNCTIONS = 1 << 7,
	SNET__ON_ROUTER = 1 << 8,
	SNET__ON_PROCESS = 1 << 9,
	SNET__ON_CONTAINER = 1 << 10,
	SNET__ON_GATEWAY = 1 << 11,
	SNET__ON_ALL = (1 << 12) - 1,

	SNET__ON_DEVICES =
		SNET__ON_BUTTON | SNET__ON_ACTUATOR | SNET__ON_SENSOR | SNET__ON_CUSTOM,
	SNET__ON_SENDERS = SNET__ON_BUTTON | SNET__ON_SENSOR | SNET__ON_CUSTOM,
	SNET__ON_PROGRAMS = SNET__ON_PROCESS | SNET__ON_CONTAINER,
	SNET__ON_ADDRESSED = SNET__ON_ALL & ~SNET__ON_SWITCH,
};

struct snet__node_kind {
	const char *name;
	enum snet__role role;
	unsigned int bit;
	/* Defaults; NULL and 0 for none. */
	const char *type, *data, *state, *values;
	uint64_t every_ns;
};

/* The kind of nodes called @name, a program's own kinds included; NULL for none. */
const struct snet__node_kind *snet__kind_find_node(const struct snet__model *model,
						   const char *name);
/* The most similar kind, or NULL. */
const char *snet__kind_guess_node(const struct snet__model *model, const char *name);
/* libsnet's own kind at @index, NULL behind the last. */
const struct snet__node_kind *snet__kind_at(size_t index);

bool snet__kind_is_backend(const struct snet__model *model, const char *name);
const char *snet__kind_guess_backend(const struct snet__model *model, const char *name);

/* What stands before a kind: "a" or "an"; before a plural "a node of kind". */
const char *snet__kind_article(const char *kind);

#endif
