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

/* The fewest devices on a floor, where the lab has enough. */
static size_t least_on_floor(const struct snet__builder *builder)
{
	return (builder->opts->fanout + 1) / 2;
}

/* How many of @left devices are in a building that should have @wanted: as few others as were no two
 * floors by themselves are in it too, or it leaves some of its own to them. */
static size_t share_out(const struct snet__builder *builder, size_t wanted, size_t left)
{
	size_t two = 2 * least_on_floor(builder);
	size_t most = FLOORS_MAX * builder->opts->fanout;

	if (most > SNET__RELAYER_DEVICES_MAX)
		most = SNET__RELAYER_DEVICES_MAX;
	if (left >= wanted + two)
		return wanted;
	if (left <= wanted || left <= most)
		return left;
	return left >= 2 * two ? left - two : left / 2; /* two floors, or one for each */
}

/* At least @wanted floors, if there are devices for them, and a pair of movers on each. */
static void draw_floors(const struct snet__builder *builder, struct snet__crowd *building,
			size_t wanted)
{
	size_t movers = building->movers, devices = snet__building_devices(building);
	size_t least = least_on_floor(builder);

	snet__crowd_spread(building, builder->opts->fanout, 1);
	if (building->sensor_switches)
		return;
	if (movers > 1 && wanted > movers / 2)
		wanted = movers / 2;
	if (builder->opts->devices >= 2 * least && wanted > devices / least)
		wanted = devices / least;
	if (building->switches < wanted && devices > wanted)
		building->switches = wanted;
}

/* The next building, for devices from @first on. */
static struct snet__crowd draw(struct snet__builder *builder, size_t first)
{
	size_t fanout = builder->opts->fanout, most = SNET__RELAYER_DEVICES_MAX;
	size_t on_floor =
		snet__builder_draw(builder, least_on_floor(builder),
				   fanout < most / FLOORS_MIN ? fanout
							      : most / FLOORS_MIN);
	size_t floors = snet__builder_draw(builder, FLOORS_MIN, FLOORS_MAX), devices;
	struct snet__crowd building = {0};

	if (floors > most / on_floor)
		floors = most / on_floor;
	devices = share_out(builder, floors * on_floor, builder->opts->devices - first);
	building.movers =
		movers_until(builder, first + devices) - movers_until(builder, first);
	building.sensors = devices - building.movers;
	building.buttons =
		(unsigned int)snet__builder_draw(builder, BUTTONS_MIN, BUTTONS_MAX);
	draw_floors(builder, &building, floors);
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
