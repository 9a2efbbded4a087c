/* SPDX-License-Identifier: MIT */
/* Buildings of different sizes. */

#include "topo/building.h"

#include "base/vec.h"

#define FLOORS_MIN 2
#define FLOORS_MAX 6
/* In per cent of the devices that are no sensors: a button often moves several things. */
#define BUTTONS_MIN 30
#define BUTTONS_MAX 50

size_t snet__builder_draw(struct snet__builder *builder, size_t min, size_t max)
{
	return min + snet__random_next(&builder->random) % (max - min + 1);
}

size_t snet__building_devices(const struct snet__building *building)
{
	return building->movers + building->sensors;
}

/* How many of the first @devices are sensors, when those are spread evenly. */
static size_t sensors_until(const struct snet__builder *builder, size_t devices)
{
	return (size_t)((uint64_t)builder->sensors * devices / builder->opts->devices);
}

/* The next building, for devices from @first on. */
static struct snet__building draw(struct snet__builder *builder, size_t first)
{
	size_t left = builder->opts->devices - first, fanout = builder->opts->fanout;
	size_t on_floor = snet__builder_draw(builder, (fanout + 1) / 2, fanout);
	size_t floors = snet__builder_draw(builder, FLOORS_MIN, FLOORS_MAX), devices;
	struct snet__building building;

	if (floors > SNET__RELAYER_DEVICES_MAX / on_floor)
		floors = SNET__RELAYER_DEVICES_MAX / on_floor;
	devices = floors * on_floor < left ? floors * on_floor : left;
	building.sensors =
		sensors_until(builder, first + devices) - sensors_until(builder, first);
	building.movers = devices - building.sensors;
	building.buttons =
		(unsigned int)snet__builder_draw(builder, BUTTONS_MIN, BUTTONS_MAX);
	building.floors = snet__switches_for(building.movers, building.sensors, fanout);
	if (building.floors < floors && devices > floors)
		building.floors = floors;
	return building;
}

void snet__buildings_draw(struct snet__buildings *buildings,
			  struct snet__builder *builder)
{
	struct snet__building building;

	for (size_t first = 0; first < builder->opts->devices;
	     first += snet__building_devices(&building)) {
		if (snet__vec_reserve(&buildings->items, &buildings->cap,
				      buildings->count + 1, sizeof(building), NULL) < 0) {
			builder->is_short = true;
			buildings->count = 0;
			return;
		}
		building = draw(builder, first);
		buildings->items[buildings->count++] = building;
	}
}

void snet__builder_add_floors(struct snet__builder *builder,
			      const struct snet__building *building, const char *name,
			      const char *relayer)
{
	struct snet__name floors;
	struct snet__crowd crowd = {
		.at = snet__name(&floors, "%sf{i}", name),
		.prefix = floors.text,
		.relayer = relayer,
		.switches = building->floors,
		.movers = building->movers,
		.sensors = building->sensors,
		.buttons = building->buttons,
	};

	(void)snet__builder_add_node(builder, "switch", floors.text, building->floors);
	snet__builder_add_link(builder, "ethernet", floors.text, name, building->floors);
	snet__builder_add_devices(builder, &crowd, 0, building->floors);
}
