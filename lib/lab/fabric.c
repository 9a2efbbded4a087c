/* SPDX-License-Identifier: MIT */
/* The fabric's namespace, nodes, and the pairs between them.
 *
 * Every veth pair has a number of its own, unique in the lab, which is the interface index of
 * both of its ends and stands in the name of a switch's port ("p117"). Since the index is
 * known beforehand, everything about an end is one batch of requests: three system calls. The
 * numbers start high enough to leave room for the fallback tunnels (tunl0, sit0 ...) that
 * some kernels put into every new namespace. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "lab/ahead.h"
#include "lab/fabric_private.h"
#include "sys/conf.h"
#include "sys/netns.h"
#include "sys/nl.h"
#include "sys/packet.h"

#define BUFFER_BYTES (64 * 128 * 1024) /* 64 of the largest frames */

static void fabric_free_at(struct snet__fabric **fabric)
{
	snet__fabric_free(*fabric);
}

int snet__fabric_new(struct snet__fabric **ret, bool has_ipv6, struct snet_err *err)
{
	cleanup_with(fabric_free_at) struct snet__fabric *fabric =
		calloc(1, sizeof(*fabric));
	int r;

	if (!fabric)
		return snet__err_oom(err);

	fabric->has_ipv6 = has_ipv6;
	r = snet__fabric_add_yard(fabric, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(fabric);
	return 0;
}

void snet__fabric_free(struct snet__fabric *fabric)
{
	if (!fabric)
		return;

	snet__ahead_free(fabric->ahead);
	snet__fabric_free_yards(fabric);
	for (size_t i = 0; i < fabric->switch_count; i++)
		free(fabric->switches[i].name);
	free(fabric->switches);
	free(fabric->bridges);
	free(fabric->ports);
	free(fabric);
}

int snet__fabric_netns(const struct snet__fabric *fabric)
{
	return fabric->yards[0].netns;
}

int snet__fabric_expect(struct snet__fabric *fabric, size_t nodes, struct snet_err *err)
{
	snet__ahead_free(fabric->ahead);
	fabric->ahead = NULL;
	return snet__ahead_new(&fabric->ahead, nodes, snet__fabric_netns(fabric), err);
}

int snet__fabric_begin_node(struct snet__fabric *fabric, int netns,
			    struct snet__fabric_node *node, struct snet_err *err)
{
	int r;

	*node = (struct snet__fabric_node){.netns = netns};
	if (netns >= 0)
		r = snet__nl_open(&node->nl, netns, err);
	else
		r = snet__ahead_take(fabric->ahead, &node->netns, &node->nl, err);
	if (r < 0)
		return r;
	snet__nl_hold(node->nl);
	return netns >= 0 ? 0 : snet__iface_up(node->nl, SNET__IFACE_LOOPBACK, err);
}

int snet__fabric_finish_node(struct snet__fabric_node *node, int r, struct snet_err *err)
{
	if (!node->nl)
		return r;
	r = snet__nl_finish(node->nl, r, err);
	snet__nl_close(node->nl);
	node->nl = NULL;
	return r;
}

/* A node's end, the batch that made it being open as a rule: its addresses, and up.
 *
 * As both ends of a pair have one index, an end that comes up last is not urgent to the kernel: its worker
 * looks after 100 of these a second, and goes through all that wait for each link that comes up
 * (__linkwatch_run_queue() of net/core), which took a third of the time of ten thousand links. So it is
 * settled at once. That is without effect on a cable's first end, and before Linux 6.7. */
static int queue_node_end(struct snet__nl *nl, int number,
			  const struct snet__fabric_iface *iface, struct snet_err *err)
{
	int r;

	r = snet__iface_add_address(nl, number, iface->ipv4, iface->prefix, err);
	if (r == 0)
		r = snet__conf_set_iface(nl, number, iface->mtu, iface->forwards, err);
	if (r == 0)
		r = snet__iface_up(nl, number, err);
	if (r == 0 && iface->ipv6)
		r = snet__iface_add_address6(nl, number, iface->ipv6, 96 + iface->prefix,
					     err);
	return r < 0 ? r : snet__iface_settle(nl, number, err);
}

int snet__fabric_queue_cut(struct snet__fabric *fabric, int yard, int number,
			   struct snet_err *err)
{
	struct snet__nl *nl = fabric->yards[yard].nl;
	int r = fabric->yards[yard].is_mute
			? 0
			: snet__iface_disable_autoconf(nl, number, err);

	return r < 0 ? r : snet__iface_up(nl, number, err);
}

int snet__fabric_queue_half(struct snet__fabric *fabric, int yard, int number,
			    const struct snet__iface_end *there, struct snet_err *err)
{
	char name[SNET__FABRIC_NAME_SIZE];
	const struct snet__iface_end here = {.name = name,
					     .index = number,
					     .netns = -1,
					     .mtu = there->mtu};
	int r;

	(void)snprintf(name, sizeof(name), "x%d", number);
	r = snet__iface_add_pair(fabric->yards[yard].nl, &here, there, err);
	return r < 0 ? r : snet__fabric_queue_cut(fabric, yard, number, err);
}

int snet__fabric_new_cut(struct snet__fabric *fabric, int ret[2], struct snet_err *err)
{
	int r = snet__fabric_new_number(fabric, &ret[0], err);

	return r < 0 ? r : snet__fabric_new_number(fabric, &ret[1], err);
}

void snet__fabric_doom_cut(struct snet__fabric *fabric,
			   const struct snet__fabric_port *port)
{
	for (int i = 0; i < 2; i++)
		if (port->halves[i])
			snet__fabric_doom(fabric, port->yard, port->halves[i]);
}

int snet__fabric_open_half(const struct snet__fabric *fabric, int number, int half,
			   int *ret_fd, struct snet_err *err)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	const struct snet__packet_opts opts = {.index = port->halves[half],
					       .sends = true,
					       .buffer_bytes = BUFFER_BYTES};

	return snet__packet_open(ret_fd, fabric->yards[port->yard].netns, &opts, err);
}

/* The pair, or the two halves, that a port of a switch and a node's end are. */
static int queue_cable(struct snet__fabric *fabric, const struct snet__fabric_port *port,
		       const struct snet__iface_end *here,
		       const struct snet__iface_end *there, struct snet_err *err)
{
	char name[SNET__FABRIC_NAME_SIZE];
	const struct snet__iface_end inner = {.name = name,
					      .index = port->halves[1],
					      .netns = -1,
					      .mtu = here->mtu};
	struct snet__nl *nl = fabric->yards[port->yard].nl;
	int r;

	if (!port->halves[0])
		return snet__iface_add_pair(nl, here, there, err);
	(void)snprintf(name, sizeof(name), "x%d", port->halves[1]);
	r = snet__iface_add_pair(nl, here, &inner, err);
	if (r == 0)
		r = snet__fabric_queue_cut(fabric, port->yard, port->halves[1], err);
	return r < 0 ? r
		     : snet__fabric_queue_half(fabric, port->yard, port->halves[0], there,
					       err);
}

int snet__fabric_plug(struct snet__fabric *fabric, struct snet__fabric_node *node, int at,
		      const struct snet__fabric_iface *iface, int *ret_number,
		      struct snet_err *err)
{
	char name[SNET__FABRIC_NAME_SIZE];
	struct snet__iface_end here = {.name = name, .netns = -1, .mtu = iface->mtu};
	struct snet__iface_end there = {.name = iface->name,
					.netns = node->netns,
					.mac = iface->mac,
					.mtu = iface->mtu};
	struct snet__fabric_port port = {.ipv4 = iface->ipv4};
	struct snet__nl *nl;
	int number = 0, r;

	r = snet__fabric_find_bridge(fabric, at, &port.bridge, err);
	if (r == 0)
		r = snet__fabric_new_number(fabric, &number, err);
	if (r == 0 && iface->is_cut)
		r = snet__fabric_new_cut(fabric, port.halves, err);
	if (r < 0)
		return r;

	nl = snet__fabric_nl(fabric, port.bridge);
	port.yard = fabric->bridges[port.bridge].yard;
	port.other_bridge = SNET__FABRIC_NONE;
	memcpy(port.mac, iface->mac, sizeof(port.mac));
	here.index = there.index = number;
	here.master = fabric->bridges[port.bridge].index;
	(void)snprintf(name, sizeof(name), "p%d", number);
	snet__nl_hold(nl);
	r = queue_cable(fabric, &port, &here, &there, err);
	if (r == 0)
		r = snet__fabric_queue_port(fabric, port.bridge, number, false, err);
	if (r == 0)
		r = snet__fabric_queue_station(fabric, port.bridge, number, &port, err);
	r = snet__nl_finish(nl, r, err);
	if (r == 0)
		r = queue_node_end(node->nl, number, iface, err);
	if (r < 0) {
		/* They may be absent. */
		for (int i = 0; i < 2 && port.halves[i]; i++)
			(void)snet__iface_remove(nl, port.halves[i], NULL);
		(void)snet__iface_remove(nl, number, NULL);
		return r;
	}
	*snet__fabric_port(fabric, number) = port;
	fabric->bridges[port.bridge].free_ports--;
	*ret_number = number;
	return 0;
}

/* Both halves end in the first yard. They go with it, or with their nodes, or when the cable is
 * unplugged: also after a failure. */
static int cut_cable(struct snet__fabric *fabric, int number,
		     struct snet__iface_end ends[2], int netns, struct snet_err *err)
{
	int halves[2], r;

	r = snet__fabric_new_cut(fabric, halves, err);
	if (r < 0)
		return r;
	memcpy(snet__fabric_port(fabric, number)->halves, halves, sizeof(halves));
	ends[0].netns = netns;
	snet__nl_hold(fabric->yards[0].nl);
	for (int i = 0; i < 2 && r == 0; i++)
		r = snet__fabric_queue_half(fabric, 0, halves[i], &ends[i], err);
	return snet__nl_finish(fabric->yards[0].nl, r, err);
}

int snet__fabric_connect(struct snet__fabric *fabric, struct snet__fabric_node nodes[2],
			 const struct snet__fabric_iface ifaces[2], int *ret_number,
			 struct snet_err *err)
{
	struct snet__iface_end ends[2];
	int number = 0, r;

	r = snet__fabric_new_number(fabric, &number, err);
	if (r < 0)
		return r;
	*ret_number = number;
	for (int i = 0; i < 2; i++)
		ends[i] = (struct snet__iface_end){.name = ifaces[i].name,
						   .index = number,
						   .netns = i ? nodes[i].netns : -1,
						   .mac = ifaces[i].mac,
						   .mtu = ifaces[i].mtu};
	if (ifaces[0].is_cut)
		r = cut_cable(fabric, number, ends, nodes[0].netns, err);
	else
		r = snet__iface_add_pair(nodes[0].nl, &ends[0], &ends[1], err);
	if (r == 0)
		r = queue_node_end(nodes[0].nl, number, &ifaces[0], err);
	/* The second end's requests come from another connection: the pair must be there. */
	r = snet__nl_finish(nodes[0].nl, r, err);
	snet__nl_hold(nodes[0].nl);
	return r < 0 ? r : queue_node_end(nodes[1].nl, number, &ifaces[1], err);
}

/* The index of a port's interface, at the first of two bridges. */
static int index_of(const struct snet__fabric_port *port, int number)
{
	return port->moved ? port->moved : number;
}

/* The pair that has been between the node and the bridge becomes the node's half, the other one is
 * new, and its end the port. */
static int queue_port_half(struct snet__fabric *fabric, int yard, const int cut[2],
			   unsigned int mtu, struct snet_err *err)
{
	char name[SNET__FABRIC_NAME_SIZE];
	const struct snet__iface_end port = {.name = name,
					     .index = cut[0],
					     .netns = -1,
					     .mtu = mtu};
	int r;

	(void)snprintf(name, sizeof(name), "p%d", cut[0]);
	r = snet__fabric_queue_half(fabric, yard, cut[1], &port, err);
	return r < 0 ? r : snet__fabric_queue_cut(fabric, yard, cut[0], err);
}

int snet__fabric_cut(struct snet__fabric *fabric, int number, unsigned int mtu,
		     struct snet_err *err)
{
	struct snet__fabric_port *port;
	struct snet__nl *nl;
	int cut[2], r;

	r = snet__fabric_new_cut(fabric, cut, err);
	if (r < 0)
		return r;
	port = snet__fabric_port(fabric, number);
	port->moved = cut[0];
	port->halves[0] = number;
	port->halves[1] = cut[1];
	nl = snet__fabric_nl(fabric, port->bridge);
	snet__nl_hold(nl);
	r = queue_port_half(fabric, port->yard, cut, mtu, err);
	/* The bridge would take it for one that is down. */
	for (int i = 0; i < 2 && r == 0; i++)
		r = snet__iface_settle(nl, cut[i], err);
	return snet__nl_finish(nl, r, err);
}

/* For a moment both ways are there: a packet may come twice, but none is lost. */
int snet__fabric_divert(struct snet__fabric *fabric, int number, struct snet_err *err)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	struct snet__nl *nl = snet__fabric_nl(fabric, port->bridge);
	int r;

	snet__nl_hold(nl);
	r = snet__iface_set_master(nl, port->moved, fabric->bridges[port->bridge].index,
				   err);
	if (r == 0)
		r = snet__fabric_queue_port(fabric, port->bridge, port->moved, false,
					    err);
	/* Else what still comes in there would move the station back, to go with the port. */
	if (r == 0)
		r = snet__iface_stop_learning(nl, number, err);
	if (r == 0)
		r = snet__fabric_queue_station(fabric, port->bridge, port->moved, port,
					       err);
	if (r == 0)
		r = snet__iface_set_master(nl, number, 0, err);
	r = snet__nl_finish(nl, r, err);
	return snet__fabric_flush(fabric, r, err);
}

int snet__fabric_settle(struct snet__fabric *fabric, int number, struct snet_err *err)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	const int bridges[] = {port->bridge, port->other_bridge};
	const int numbers[] = {index_of(port, number), port->other_number};
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++) {
		if (bridges[i] == SNET__FABRIC_NONE)
			continue;
		snet__nl_hold(snet__fabric_nl(fabric, bridges[i]));
		r = snet__iface_settle(snet__fabric_nl(fabric, bridges[i]), numbers[i],
				       err);
	}
	return r;
}

int snet__fabric_set(struct snet__fabric *fabric, int number, snet__iface_set_fn set,
		     uint32_t value, struct snet_err *err)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	const int bridges[] = {port->bridge, port->other_bridge};
	const int numbers[] = {index_of(port, number), port->other_number};
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++) {
		if (bridges[i] != SNET__FABRIC_NONE)
			r = set(snet__fabric_nl(fabric, bridges[i]), numbers[i], value,
				err);
		if (r == 0 && port->halves[i])
			r = set(fabric->yards[port->yard].nl, port->halves[i], value,
				err);
	}
	return r;
}

struct snet__nl *snet__fabric_find_port(const struct snet__fabric *fabric, int number,
					bool is_other, int *ret_index)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);

	*ret_index = is_other ? port->other_number : index_of(port, number);
	return snet__fabric_nl(fabric, is_other ? port->other_bridge : port->bridge);
}

int snet__fabric_find_netns(const struct snet__fabric *fabric, int number, bool is_other)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	int bridge = is_other ? port->other_bridge : port->bridge;

	return fabric->yards[fabric->bridges[bridge].yard].netns;
}

bool snet__fabric_is_waiting(const struct snet__fabric *fabric, int number)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);

	return (port->bridge != SNET__FABRIC_NONE &&
		snet__iface_is_waiting(snet__fabric_nl(fabric, port->bridge),
				       index_of(port, number))) ||
	       (port->other_bridge != SNET__FABRIC_NONE &&
		snet__iface_is_waiting(snet__fabric_nl(fabric, port->other_bridge),
				       port->other_number));
}

void snet__fabric_unplug(struct snet__fabric *fabric, int number)
{
	struct snet__fabric_port *port = snet__fabric_port(fabric, number);

	if (port->other_bridge != SNET__FABRIC_NONE) {
		snet__fabric_remove_trunk(fabric, number);
	} else if (port->bridge != SNET__FABRIC_NONE) {
		snet__fabric_doom(fabric, fabric->bridges[port->bridge].yard,
				  index_of(port, number));
		snet__fabric_doom_cut(fabric, port);
		snet__fabric_forget_station(fabric, port->bridge, port);
		fabric->bridges[port->bridge].free_ports++;
		*port = (struct snet__fabric_port){.bridge = SNET__FABRIC_NONE,
						   .other_bridge = SNET__FABRIC_NONE};
	} else {
		snet__fabric_doom_cut(fabric, port);
		port->halves[0] = port->halves[1] = 0;
	}
}

int snet__fabric_disconnect(int number, int netns)
{
	struct snet__nl *nl = NULL;
	int r;

	r = snet__nl_open(&nl, netns, NULL);
	if (r == 0)
		r = snet__iface_remove(nl, number, NULL);
	snet__nl_close(nl);
	return r;
}

static int sweep_at_once(const struct snet__fabric_yard *yard)
{
	int r = 0;

	snet__nl_hold(yard->sweeper);
	for (size_t i = 0; i < yard->doomed_count && r == 0; i++)
		r = snet__iface_doom(yard->sweeper, yard->doomed[i], NULL);
	r = snet__nl_finish(yard->sweeper, r, NULL);
	return r < 0 ? r : snet__iface_remove_doomed(yard->sweeper, NULL);
}

void snet__fabric_sweep(struct snet__fabric *fabric)
{
	for (size_t i = 0; i < fabric->yard_count; i++) {
		struct snet__fabric_yard *yard = &fabric->yards[i];

		if (!yard->doomed_count)
			continue;
		/* One that has gone with its node spoils it for all. */
		if (sweep_at_once(yard) < 0)
			for (size_t k = 0; k < yard->doomed_count; k++)
				(void)snet__iface_remove(yard->sweeper, yard->doomed[k],
							 NULL);
		yard->doomed_count = 0;
	}
}

bool snet__fabric_is_up(const struct snet__fabric *fabric, int number)
{
	const struct snet__fabric_port *port = snet__fabric_port(fabric, number);
	char name[SNET__FABRIC_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "p%d", index_of(port, number));
	return port->bridge != SNET__FABRIC_NONE &&
	       snet__iface_is_running(
		       fabric->yards[fabric->bridges[port->bridge].yard].sock, name);
}
