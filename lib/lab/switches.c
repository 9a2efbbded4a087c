/* SPDX-License-Identifier: MIT */
/* Switches as bridges.
 *
 * A bridge has at most 1,023 ports. A switch that needs more is a tree of depth two: nodes are
 * plugged into its leaves, the root joins those.
 *
 * A frame that a bridge floods is queued once for each port, all on one processor, where 1,000
 * wait at most (net.core.netdev_max_backlog, which is the host's): on a segment of thousands
 * of stations most copies of a broadcast are lost. So in such a segment, a quiet one, nothing
 * depends on flooding. Its bridges form a tree; each knows the stations below it by hardware
 * and IPv4 address, and answers ARP for them; what it does not know is asked upwards. The
 * topmost knows all. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "lab/fabric_private.h"
#include "sys/nl.h"

/* A switch without a word of its size keeps room for the cables to leaves and other switches. */
#define SPARE_PORTS 63
#define ROOT_PORTS  (SNET__IFACE_BRIDGE_PORTS_MAX - SPARE_PORTS)
/* Half of what waits on a processor: the cable upwards gets its copy of what is flooded. */
#define LEAF_PORTS 500
/* Within a switch all passes that its ports let pass. Source: ETH_MAX_MTU of linux/if_ether.h. */
#define INNER_MTU 65535

struct snet__fabric_port *snet__fabric_port(const struct snet__fabric *fabric, int number)
{
	return &fabric->ports[number - SNET__FABRIC_FIRST_NUMBER];
}

int snet__fabric_new_number(struct snet__fabric *fabric, int *ret_number,
			    struct snet_err *err)
{
	int r = snet__vec_reserve(&fabric->ports, &fabric->port_cap,
				  fabric->port_count + 1, sizeof(*fabric->ports), err);

	if (r < 0)
		return r;
	fabric->ports[fabric->port_count] =
		(struct snet__fabric_port){.bridge = SNET__FABRIC_NONE,
					   .other_bridge = SNET__FABRIC_NONE};
	*ret_number = SNET__FABRIC_FIRST_NUMBER + (int)fabric->port_count++;
	return 0;
}

struct snet__nl *snet__fabric_nl(const struct snet__fabric *fabric, int bridge)
{
	return fabric->yards[fabric->bridges[bridge].yard].nl;
}

void snet__fabric_doom(struct snet__fabric *fabric, int at, int number)
{
	struct snet__fabric_yard *yard = &fabric->yards[at];

	if (snet__vec_reserve(&yard->doomed, &yard->doomed_cap, yard->doomed_count + 1,
			      sizeof(*yard->doomed), NULL) < 0)
		(void)snet__iface_remove(yard->nl, number, NULL); /* may have gone */
	else
		yard->doomed[yard->doomed_count++] = number;
}

static bool is_quiet(const struct snet__fabric *fabric, int bridge)
{
	return fabric->switches[fabric->bridges[bridge].at].is_quiet;
}

/* Bridges have addresses of their own (02:01 and their number) from the start: otherwise the
 * kernel compares those of all ports again with each port. */
static int make_bridge(struct snet__nl *nl, int number, bool stp, struct snet_err *err)
{
	const unsigned char mac[6] = {
		0x02,
		0x01,
		(unsigned char)(number >> 24),
		(unsigned char)(number >> 16),
		(unsigned char)(number >> 8),
		(unsigned char)number,
	};
	char name[SNET__FABRIC_NAME_SIZE];
	int r;

	(void)snprintf(name, sizeof(name), "b%d", number);
	snet__nl_hold(nl);
	r = snet__iface_add_bridge_at(nl, name, number, mac, stp, err);
	if (r == 0)
		r = snet__iface_disable_autoconf(nl, number, err);
	if (r == 0)
		r = snet__iface_up(nl, number, err);
	return snet__nl_finish(nl, r, err);
}

/* @ports: that it can have; @expected: that it is going to have, as far as is known. */
static int add_bridge(struct snet__fabric *fabric, int at, unsigned int ports,
		      size_t expected, int *ret_bridge, struct snet_err *err)
{
	int number = 0, yard = 0, r;

	r = snet__vec_reserve(&fabric->bridges, &fabric->bridge_cap,
			      fabric->bridge_count + 1, sizeof(*fabric->bridges), err);
	if (r == 0)
		r = snet__fabric_new_number(fabric, &number, err);
	if (r == 0)
		r = snet__fabric_find_yard(fabric, expected, &yard, err);
	if (r == 0)
		r = make_bridge(fabric->yards[yard].nl, number, fabric->switches[at].stp,
				err);
	if (r < 0)
		return r;
	fabric->bridges[fabric->bridge_count] =
		(struct snet__fabric_bridge){.index = number,
					     .at = at,
					     .yard = yard,
					     .free_ports = ports,
					     .parent = SNET__FABRIC_NONE};
	*ret_bridge = (int)fabric->bridge_count++;
	return 0;
}

int snet__fabric_add_switch(struct snet__fabric *fabric,
			    const struct snet__fabric_switch *described, int *ret_switch,
			    struct snet_err *err)
{
	unsigned int ports = ROOT_PORTS;
	struct snet__fabric_switch_made *added;
	int at, r;

	r = snet__vec_reserve(&fabric->switches, &fabric->switch_cap,
			      fabric->switch_count + 1, sizeof(*fabric->switches), err);
	if (r < 0)
		return r;

	at = (int)fabric->switch_count;
	added = &fabric->switches[at];
	*added = (struct snet__fabric_switch_made){
		.name = strdup(described->name),
		.is_quiet = described->is_quiet,
		.stp = described->stp,
		.is_tree = described->ports > SNET__IFACE_BRIDGE_PORTS_MAX,
	};
	if (!added->name)
		return snet__err_oom(err);
	/* One that is known to be no larger needs no spare ports. */
	if (described->ports > ROOT_PORTS || added->is_tree)
		ports = SNET__IFACE_BRIDGE_PORTS_MAX;
	r = add_bridge(fabric, at, ports, added->is_tree ? 0 : described->ports,
		       &added->root, err);
	if (r < 0) {
		free(added->name);
		return snet__err_prefix(err, r, "cannot create switch '%s'",
					described->name);
	}
	added->last = added->root;
	fabric->switch_count++;
	*ret_switch = at;
	return 0;
}

int snet__fabric_queue_port(struct snet__fabric *fabric, int bridge, int number,
			    bool floods, struct snet_err *err)
{
	const struct snet__fabric_yard *yard =
		&fabric->yards[fabric->bridges[bridge].yard];
	int r = yard->is_mute ? 0 : snet__iface_disable_autoconf(yard->nl, number, err);

	if (r < 0)
		return r;
	if (is_quiet(fabric, bridge))
		return snet__iface_up_quiet_port(yard->nl, number, floods, err);
	return snet__iface_up(yard->nl, number, err);
}

/* Bring a station to the knowledge of @bridge, which has it behind @port, and of all above. */
int snet__fabric_queue_station(struct snet__fabric *fabric, int bridge, int port,
			       const struct snet__fabric_port *station,
			       struct snet_err *err)
{
	struct snet__nl *nl = snet__fabric_nl(fabric, bridge);
	int r;

	r = snet__iface_add_station(nl, port, station->mac, err);
	while (r == 0 && bridge != SNET__FABRIC_NONE && is_quiet(fabric, bridge)) {
		const struct snet__fabric_bridge *here = &fabric->bridges[bridge];

		r = snet__iface_add_neighbour(nl, here->index, station->ipv4,
					      station->mac, err);
		bridge = here->parent;
		if (r < 0 || bridge == SNET__FABRIC_NONE)
			break;
		nl = snet__fabric_nl(fabric, bridge);
		snet__nl_hold(nl);
		r = snet__iface_add_station(nl, here->down_port, station->mac, err);
	}
	return r;
}

void snet__fabric_forget_station(struct snet__fabric *fabric, int bridge,
				 const struct snet__fabric_port *station)
{
	/* What is not there any more is not missed; errors have nobody to go to. */
	while (bridge != SNET__FABRIC_NONE && is_quiet(fabric, bridge)) {
		const struct snet__fabric_bridge *here = &fabric->bridges[bridge];

		(void)snet__iface_remove_neighbour(snet__fabric_nl(fabric, bridge),
						   here->index, station->ipv4, NULL);
		if (here->parent != SNET__FABRIC_NONE)
			(void)snet__iface_remove_station(snet__fabric_nl(fabric,
									 here->parent),
							 here->down_port, station->mac,
							 NULL);
		bridge = here->parent;
	}
}

/* A cable that is cut in a yard, where the first end is as well. */
static int queue_halves(struct snet__fabric *fabric, int yard,
			struct snet__iface_end ends[2], const int cut[2],
			struct snet_err *err)
{
	char name[SNET__FABRIC_NAME_SIZE];
	const struct snet__iface_end inner = {.name = name,
					      .index = cut[0],
					      .netns = -1,
					      .mtu = ends[0].mtu};
	int r;

	(void)snprintf(name, sizeof(name), "x%d", cut[0]);
	r = snet__iface_add_pair(fabric->yards[yard].nl, &ends[0], &inner, err);
	if (r == 0)
		r = snet__fabric_queue_cut(fabric, yard, cut[0], err);
	return r < 0 ? r : snet__fabric_queue_half(fabric, yard, cut[1], &ends[1], err);
}

/* A pair between two bridges, each end in the yard of its own. Only the first end can be made
 * as a port, so the second one has a number of its own too. */
static int make_trunk(struct snet__fabric *fabric, int a, int b, const int numbers[2],
		      unsigned int mtu, const int cut[2], struct snet_err *err)
{
	char here_name[SNET__FABRIC_NAME_SIZE], there_name[SNET__FABRIC_NAME_SIZE];
	struct snet__iface_end ends[2] = {
		{.name = here_name,
		 .index = numbers[0],
		 .netns = -1,
		 .master = fabric->bridges[a].index,
		 .mtu = mtu},
		{.name = there_name,
		 .index = numbers[1],
		 .netns = fabric->yards[fabric->bridges[b].yard].netns,
		 .mtu = mtu},
	};
	struct snet__nl *here = snet__fabric_nl(fabric, a),
			*there = snet__fabric_nl(fabric, b);
	int r;

	(void)snprintf(here_name, sizeof(here_name), "p%d", numbers[0]);
	(void)snprintf(there_name, sizeof(there_name), "p%d", numbers[1]);
	snet__nl_hold(here);
	r = cut[0] ? queue_halves(fabric, fabric->bridges[a].yard, ends, cut, err)
		   : snet__iface_add_pair(here, &ends[0], &ends[1], err);
	if (r == 0)
		r = snet__fabric_queue_port(fabric, a, numbers[0], true, err);
	r = snet__nl_finish(here, r, err);
	snet__nl_hold(there);
	if (r == 0)
		r = snet__iface_set_master(there, numbers[1], fabric->bridges[b].index,
					   err);
	if (r == 0)
		r = snet__fabric_queue_port(fabric, b, numbers[1], true, err);
	r = snet__nl_finish(there, r, err);
	/* They may be absent. */
	for (int i = 0; i < 2 && r < 0 && cut[i]; i++)
		(void)snet__iface_remove(here, cut[i], NULL);
	if (r < 0)
		(void)snet__iface_remove(here, numbers[0], NULL);
	return r;
}

/* Make @bridge the topmost of its tree: the way up from it is turned round. */
static void turn_tree(struct snet__fabric *fabric, int bridge)
{
	int parent = fabric->bridges[bridge].parent, above;
	int up_port = fabric->bridges[bridge].up_port;
	int down_port = fabric->bridges[bridge].down_port;

	fabric->bridges[bridge].parent = SNET__FABRIC_NONE;
	while (parent != SNET__FABRIC_NONE) {
		struct snet__fabric_bridge *turned = &fabric->bridges[parent];
		int next_up = turned->up_port, next_down = turned->down_port;

		above = turned->parent;
		turned->parent = bridge;
		turned->up_port = down_port;
		turned->down_port = up_port;
		bridge = parent;
		parent = above;
		up_port = next_up;
		down_port = next_down;
	}
}

static bool is_below(const struct snet__fabric *fabric, int bridge, int above)
{
	while (bridge != SNET__FABRIC_NONE && bridge != above)
		bridge = fabric->bridges[bridge].parent;
	return bridge == above;
}

static bool has_stations(const struct snet__fabric *fabric, int below)
{
	for (size_t i = 0; i < fabric->port_count; i++)
		if (fabric->ports[i].ipv4 &&
		    is_below(fabric, fabric->ports[i].bridge, below))
			return true;
	return false;
}

/* What hangs below a trunk that is new becomes known above it. */
static int tell_stations(struct snet__fabric *fabric, int below, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < fabric->port_count && r == 0; i++)
		if (fabric->ports[i].ipv4 &&
		    is_below(fabric, fabric->ports[i].bridge, below))
			r = snet__fabric_queue_station(
				fabric, fabric->ports[i].bridge,
				fabric->ports[i].moved
					? fabric->ports[i].moved
					: SNET__FABRIC_FIRST_NUMBER + (int)i,
				&fabric->ports[i], err);
	return snet__fabric_flush(fabric, r, err);
}

/* The tree of @below, which reaches @above by these ports, becomes a part of the other. */
static int hang(struct snet__fabric *fabric, int below, int up_port, int above,
		int down_port, struct snet_err *err)
{
	turn_tree(fabric, below);
	fabric->bridges[below].parent = above;
	fabric->bridges[below].up_port = up_port;
	fabric->bridges[below].down_port = down_port;
	return has_stations(fabric, below) ? tell_stations(fabric, below, err) : 0;
}

static int join_bridges(struct snet__fabric *fabric, int a, int b, unsigned int mtu,
			bool is_cut, int *ret_number, struct snet_err *err)
{
	int numbers[2] = {0}, cut[2] = {0}, r;

	r = snet__fabric_new_number(fabric, &numbers[0], err);
	if (r == 0)
		r = snet__fabric_new_number(fabric, &numbers[1], err);
	if (r == 0 && is_cut)
		r = snet__fabric_new_cut(fabric, cut, err);
	if (r == 0)
		r = make_trunk(fabric, a, b, numbers, mtu, cut, err);
	if (r < 0)
		return r;
	*snet__fabric_port(fabric, numbers[0]) =
		(struct snet__fabric_port){.bridge = a,
					   .other_bridge = b,
					   .other_number = numbers[1],
					   .halves = {cut[0], cut[1]},
					   .yard = fabric->bridges[a].yard};
	fabric->bridges[a].free_ports--;
	fabric->bridges[b].free_ports--;
	*ret_number = numbers[0];
	if (!is_quiet(fabric, a) || !is_quiet(fabric, b))
		return 0;
	turn_tree(fabric, a);
	/* The one without stations goes below: nobody need be told. */
	if (!has_stations(fabric, a))
		return hang(fabric, a, numbers[0], b, numbers[1], err);
	return hang(fabric, b, numbers[1], a, numbers[0], err);
}

static int add_leaf(struct snet__fabric *fabric, int at, struct snet_err *err)
{
	struct snet__fabric_switch_made *sw = &fabric->switches[at];
	int leaf = SNET__FABRIC_NONE, number, r;

	if (!fabric->bridges[sw->root].free_ports)
		return snet__err_set(err, -ENOSPC, "switch '%s' has no port left",
				     sw->name);
	r = add_bridge(fabric, at, LEAF_PORTS, LEAF_PORTS, &leaf, err);
	if (r == 0)
		r = join_bridges(fabric, sw->root, leaf, INNER_MTU, false, &number, err);
	if (r < 0)
		return snet__err_prefix(err, r, "cannot enlarge switch '%s'", sw->name);
	sw->last = leaf;
	return 0;
}

static bool has_room(const struct snet__fabric *fabric, int bridge, int at)
{
	const struct snet__fabric_bridge *one = &fabric->bridges[bridge];
	const struct snet__fabric_switch_made *sw = &fabric->switches[at];
	/* Without leaves as yet, the root keeps a few ports for them. */
	bool is_root_of_tree = sw->is_tree && bridge == sw->root;

	return one->index && one->at == at && one->free_ports && !is_root_of_tree;
}

/* The bridge that takes the next port of switch @at. */
int snet__fabric_find_bridge(struct snet__fabric *fabric, int at, int *ret_bridge,
			     struct snet_err *err)
{
	struct snet__fabric_switch_made *sw = &fabric->switches[at];
	int r;

	for (size_t i = 0; !has_room(fabric, sw->last, at) && i < fabric->bridge_count;
	     i++)
		if (has_room(fabric, (int)i, at))
			sw->last = (int)i;
	if (!has_room(fabric, sw->last, at)) {
		/* It has grown beyond what was expected: the spare ports are for leaves. */
		if (!sw->is_tree)
			fabric->bridges[sw->root].free_ports += SPARE_PORTS;
		sw->is_tree = true;
		r = add_leaf(fabric, at, err);
		if (r < 0)
			return r;
	}
	*ret_bridge = sw->last;
	return 0;
}

int snet__fabric_link_switches(struct snet__fabric *fabric, int a, int b,
			       unsigned int mtu, bool is_cut, int *ret_number,
			       struct snet_err *err)
{
	const int ends[2] = {a, b};
	int bridges[2], r = 0;

	/* The root of a tree, if it has room: that is where the others are joined. */
	for (int i = 0; i < 2 && r == 0; i++) {
		bridges[i] = fabric->switches[ends[i]].root;
		if (!fabric->bridges[bridges[i]].free_ports)
			r = snet__fabric_find_bridge(fabric, ends[i], &bridges[i], err);
	}
	if (r == 0)
		r = join_bridges(fabric, bridges[0], bridges[1], mtu, is_cut, ret_number,
				 err);
	return r < 0 ? snet__err_prefix(err, r, "cannot link switch '%s' to '%s'",
					fabric->switches[a].name,
					fabric->switches[b].name)
		     : 0;
}

void snet__fabric_remove_trunk(struct snet__fabric *fabric, int number)
{
	struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	const int ends[2] = {port->bridge, port->other_bridge};

	for (int i = 0; i < 2; i++) {
		struct snet__fabric_bridge *bridge = &fabric->bridges[ends[i]];

		if (bridge->parent == ends[!i])
			bridge->parent = SNET__FABRIC_NONE;
		bridge->free_ports++;
	}
	snet__fabric_doom(fabric, fabric->bridges[ends[0]].yard, number);
	snet__fabric_doom_cut(fabric, port);
	*port = (struct snet__fabric_port){.bridge = SNET__FABRIC_NONE,
					   .other_bridge = SNET__FABRIC_NONE};
}

void snet__fabric_remove_switch(struct snet__fabric *fabric, int at)
{
	struct snet__fabric_bridge *bridges = fabric->bridges;

	for (size_t i = 0; i < fabric->port_count; i++) {
		const struct snet__fabric_port *port = &fabric->ports[i];

		if ((port->bridge != SNET__FABRIC_NONE &&
		     bridges[port->bridge].at == at) ||
		    (port->other_bridge != SNET__FABRIC_NONE &&
		     bridges[port->other_bridge].at == at))
			snet__fabric_unplug(fabric, SNET__FABRIC_FIRST_NUMBER + (int)i);
	}
	for (size_t i = 0; i < fabric->bridge_count; i++) {
		if (bridges[i].at != at || !bridges[i].index)
			continue;
		snet__fabric_doom(fabric, bridges[i].yard, bridges[i].index);
		bridges[i].index = 0;
	}
}
