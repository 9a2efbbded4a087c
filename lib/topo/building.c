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

size_t snet__building_devices(const struct snet__crowd *building)
{
	return building->movers + building->sensors;
}

/* How many of the first @devices are no sensors, when those are spread evenly; where these are the
 * minority in pairs, as one that is alone in a building had nothing to move. A building has two
 * devices, so it has room for a pair; but for the last one, which gets no more than its share. */
static size_t movers_until(const struct snet__builder *builder, size_t devices)
{
	size_t all = builder->opts->devices - builder->sensors, movers;

	movers = devices -
		 (size_t)((uint64_t)builder->sensors * devices / builder->opts->devices);
	if (all <= builder->sensors)
		movers += movers % 2;
	return movers < all ? movers : all;
}

/* At least @wanted floors, if there are devices for them, and a pair of movers on each. */
static void draw_floors(struct snet__crowd *building, size_t wanted, size_t fanout)
{
	size_t movers = building->movers;

	snet__crowd_spread(building, fanout, 1);
	if (building->sensor_switches)
		return;
	if (movers > 1 && wanted > movers / 2)
		wanted = movers / 2;
	if (building->switches < wanted && snet__building_devices(building) > wanted)
		building->switches = wanted;
}

/* The next building, for devices from @first on. */
static struct snet__crowd draw(struct snet__builder *builder, size_t first)
{
	size_t left = builder->opts->devices - first, fanout = builder->opts->fanout;
	size_t on_floor = snet__builder_draw(builder, (fanout + 1) / 2, fanout);
	size_t floors = snet__builder_draw(builder, FLOORS_MIN, FLOORS_MAX), devices;
	struct snet__crowd building = {0};

	if (floors > SNET__RELAYER_DEVICES_MAX / on_floor)
		floors = SNET__RELAYER_DEVICES_MAX / on_floor;
	devices = floors * on_floor < left ? floors * on_floor : left;
	building.movers =
		movers_until(builder, first + devices) - movers_until(builder, first);
	building.sensors = devices - building.movers;
	building.buttons =
		(unsigned int)snet__builder_draw(builder, BUTTONS_MIN, BUTTONS_MAX);
	draw_floors(&building, floors, fanout);
	return building;
}

void snet__buildings_draw(struct snet__buildings *buildings,
			  struct snet__builder *builder)
{
	struct snet__crowd building;

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
			      const struct snet__crowd *building, const char *name,
			      const char *relayer)
{
	struct snet__crowd crowd = *building;
	struct snet__name floors;

	crowd.at = crowd.prefix = snet__name(&floors, "%sf{i}", name);
	crowd.relayer = relayer;
	(void)snet__builder_add_node(builder, "switch", floors.text, crowd.switches);
	snet__builder_add_link(builder, "ethernet", floors.text, name, crowd.switches);
	snet__builder_add_devices(builder, &crowd, 0, crowd.switches);
}
