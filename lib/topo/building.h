/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_BUILDING_H
#define SNET_TOPO_BUILDING_H

/* Buildings, of which a campus and a city are made. */

#include "topo/builder.h"

/* A building: the router NAME, which is not made here, and floors NAMEf0, NAMEf1 ..., each a
 * switch with devices: a crowd without names. No more devices than one relayer takes. */
struct snet__buildings {
	struct snet__crowd *items;
	size_t count, cap;
};

/* As many as hold all devices, each of its own size. Nothing when memory is short, which the
 * builder then knows. To be freed by its items. */
void snet__buildings_draw(struct snet__buildings *buildings,
			  struct snet__builder *builder);
size_t snet__building_devices(const struct snet__crowd *building);
/* From @min to @max. */
size_t snet__builder_draw(struct snet__builder *builder, size_t min, size_t max);

/* Its floors and devices. */
void snet__builder_add_floors(struct snet__builder *builder,
			      const struct snet__crowd *building, const char *name,
			      const char *relayer);

#endif
