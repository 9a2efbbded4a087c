/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_BUILDER_H
#define SNET_TOPO_BUILDER_H

/* A lab file in the making, for the generators. Entries are as few as "count" allows; where a
 * name below may have an {i}, that is the number of the repetition. */

#include <snet/topo.h>

#include "base/random.h"
#include "io/json.h"

/* No relayer of a campus or a city has more devices. */
#define SNET__RELAYER_DEVICES_MAX 500

/* The kinds of devices, in the order of their entries. */
enum snet__device {
	SNET__DEVICE_BUTTON,
	SNET__DEVICE_ACTUATOR,
	SNET__DEVICE_SENSOR,
	SNET__DEVICE_COUNT,
};

struct snet__builder {
	const struct snet_topo_opts *opts; /* complete; borrowed */
	size_t sensors;                    /* of the lab's devices */
	struct snet__random random;        /* of the seed */
	struct snet__json *root, *nodes, *links;
	const char *profiles[SNET__DEVICE_COUNT]; /* of the links of devices */
	bool is_short;                            /* of memory: the lab is not whole */
};

/* Devices on switches that are alike: all have equally many, or some one more. A button is
 * on the switch of its actuator, so that movers come in pairs where they are too few for that. */
struct snet__crowd {
	const char *at;      /* the switches: "s{i}", or "s0" for the only one */
	const char *prefix;  /* of the devices' names: "s{i}", "" */
	const char *relayer; /* "r0", or one each: "r{i}" */
	size_t switches;
	size_t sensor_switches; /* the last ones; 0: movers and sensors share all */
	size_t movers,
		sensors; /* on all switches together; movers: buttons and actuators */
	unsigned int buttons; /* share of the movers, in per cent, at most 50 */
};

struct snet__name {
	char text[SNET_NAME_MAX + 1];
};
/* Returns @into's text. */
__attribute__((format(printf, 2, 3))) const char *snet__name(struct snet__name *into,
							     const char *fmt, ...);

/* How many of @total the @index-th of @parts gets when the first ones get one more. */
size_t snet__part_of(size_t total, size_t parts, size_t index);
/* Give a crowd its switches: the fewest with at most @room devices on each, but at least @min.
 * Where there are too few movers for a pair on each, sensors have switches of their own. */
void snet__crowd_spread(struct snet__crowd *crowd, size_t room, size_t min);

/* Around what is added below: the file without entries, and its text, to be freed; NULL when memory
 * was short. */
void snet__builder_begin(struct snet__builder *builder);
char *snet__builder_end(struct snet__builder *builder);

/* A node, or @count of them when that is not 0; keys may be added by snet__builder_put(). */
struct snet__json *snet__builder_add_node(struct snet__builder *builder, const char *kind,
					  const char *name, size_t count);
void snet__builder_put(struct snet__builder *builder, struct snet__json *object,
		       const char *key, struct snet__json *child);
/* @profile: what the link is like, where profiles are wanted. */
void snet__builder_add_link(struct snet__builder *builder, const char *profile,
			    const char *from, const char *to, size_t count);
/* A relayer, or @count, linked with @to. */
void snet__builder_add_relayer(struct snet__builder *builder, const char *name,
			       const char *to, size_t count);
/* The functions node, and the backend that is there. */
void snet__builder_add_cloud(struct snet__builder *builder, const char *profile,
			     const char *to);
/* The devices on @count of the crowd's switches from @first on, which are number 0, 1, ... in
 * the crowd's names, with their links. */
void snet__builder_add_devices(struct snet__builder *builder,
			       const struct snet__crowd *crowd, size_t first,
			       size_t count);

#endif
