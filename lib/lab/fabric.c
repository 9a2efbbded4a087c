/* SPDX-License-Identifier: MIT */
/* Switches, nodes and the pairs between them.
 *
 * Every veth pair has a number of its own, unique in the lab, which is the interface index of
 * both of its ends and stands in the name of a switch's port ("p117"). Since the index is
 * known beforehand, everything about an end is one batch of requests: two system calls. The
 * numbers start high enough to leave room for the fallback tunnels (tunl0, sit0 ...) that
 * some kernels put into every new namespace.
 *
 * A bridge has at most 1,023 ports. A switch that needs more is a tree of depth two: its
 * first bridge keeps room for the pairs to further ones. */

#include "lab/fabric.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "lab/ahead.h"
#include "sys/iface.h"
#include "sys/netns.h"
#include "sys/nl.h"

#define FIRST_NUMBER 100
#define LEAF_COUNT   64
#define ROOT_PORTS   (SNET__IFACE_BRIDGE_PORTS_MAX - LEAF_COUNT)
#define LEAF_PORTS   (SNET__IFACE_BRIDGE_PORTS_MAX - 1)
#define NAME_SIZE    16 /* IFNAMSIZ */

struct lab_switch {
	char *name;
	int group; /* switches with the same number are connected */
	int root;  /* interface index */
	int last;  /* the bridge that takes ports: the root, or the newest leaf */
	unsigned int free_ports; /* of the last */
	unsigned int leaf_count;
};

struct snet__fabric {
	int netns;
	struct snet__nl *nl;
	struct snet__ahead *ahead; /* NULL: none */
	int next_number;
	struct lab_switch *switches;
	size_t switch_count, switch_cap;
};

static void nl_close_at(struct snet__nl **nl)
{
	snet__nl_close(*nl);
}

static void fabric_free_at(struct snet__fabric **fabric)
{
	snet__fabric_free(*fabric);
}

int snet__fabric_new(struct snet__fabric **ret, struct snet_err *err)
{
	cleanup_with(fabric_free_at) struct snet__fabric *fabric =
		calloc(1, sizeof(*fabric));
	int r;

	if (!fabric)
		return snet__err_oom(err);

	fabric->netns = -1;
	fabric->next_number = FIRST_NUMBER;
	r = snet__netns_new_connected(&fabric->netns, &fabric->nl, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(fabric);
	return 0;
}

static void write_zero(const char *path)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Where it cannot be had, packets take their time and arrive all the same. */
	if (fd >= 0)
		(void)!write(fd, "0", 1);
}

void snet__fabric_skip_filters(struct snet__fabric *fabric)
{
	cleanup_with(snet__netns_leave) int outside = -1;

	/* These files are those of the thread's own namespace: nowhere but in the fabric. */
	if (snet__netns_enter(&outside, fabric->netns, NULL) < 0)
		return;
	write_zero("/proc/sys/net/bridge/bridge-nf-call-iptables");
	write_zero("/proc/sys/net/bridge/bridge-nf-call-ip6tables");
	write_zero("/proc/sys/net/bridge/bridge-nf-call-arptables");
}

void snet__fabric_free(struct snet__fabric *fabric)
{
	if (!fabric)
		return;

	snet__ahead_free(fabric->ahead);
	snet__nl_close(fabric->nl);
	snet__close_at(&fabric->netns);
	for (size_t i = 0; i < fabric->switch_count; i++)
		free(fabric->switches[i].name);
	free(fabric->switches);
	free(fabric);
}

int snet__fabric_netns(const struct snet__fabric *fabric)
{
	return fabric->netns;
}

int snet__fabric_expect(struct snet__fabric *fabric, size_t nodes, struct snet_err *err)
{
	snet__ahead_free(fabric->ahead);
	fabric->ahead = NULL;
	return snet__ahead_new(&fabric->ahead, nodes, fabric->netns, err);
}

void snet__fabric_mac(unsigned char mac[6], uint32_t ipv4)
{
	mac[0] = 0x02; /* locally administered */
	mac[1] = 0x00;
	for (int i = 0; i < 4; i++)
		mac[2 + i] = (unsigned char)(ipv4 >> (24 - 8 * i));
}

/* Bridges have addresses of their own (02:01 and their number) from the start: otherwise the
 * kernel compares those of all ports again with each port. */
static int add_bridge(struct snet__fabric *fabric, int *ret_index, struct snet_err *err)
{
	int number = fabric->next_number++, r;
	unsigned char mac[6];
	char name[NAME_SIZE];

	snet__fabric_mac(mac, (uint32_t)number);
	mac[1] = 0x01;
	(void)snprintf(name, sizeof(name), "b%d", number);
	snet__nl_hold(fabric->nl);
	r = snet__iface_add_bridge_at(fabric->nl, name, number, mac, err);
	if (r == 0)
		r = snet__iface_disable_autoconf(fabric->nl, number, err);
	if (r == 0)
		r = snet__iface_up(fabric->nl, number, err);
	r = snet__nl_finish(fabric->nl, r, err);
	if (r < 0)
		return r;

	*ret_index = number;
	return 0;
}

int snet__fabric_add_switch(struct snet__fabric *fabric, const char *name,
			    int *ret_switch, struct snet_err *err)
{
	struct lab_switch *added;
	int r;

	r = snet__vec_reserve(&fabric->switches, &fabric->switch_cap,
			      fabric->switch_count + 1, sizeof(*fabric->switches), err);
	if (r < 0)
		return r;

	added = &fabric->switches[fabric->switch_count];
	*added = (struct lab_switch){.group = (int)fabric->switch_count,
				     .free_ports = ROOT_PORTS};
	r = add_bridge(fabric, &added->root, err);
	if (r < 0)
		return snet__err_prefix(err, r, "cannot create switch '%s'", name);

	added->last = added->root;
	added->name = strdup(name);
	if (!added->name) {
		(void)snet__iface_remove(fabric->nl, added->root,
					 NULL); /* undone as far as it goes */
		return snet__err_oom(err);
	}
	*ret_switch = (int)fabric->switch_count++;
	return 0;
}

/* Bring up an end that has just been made, the batch that made it still being open. */
static int queue_port(struct snet__nl *nl, int index, struct snet_err *err)
{
	int r;

	r = snet__iface_disable_autoconf(nl, index, err);
	return r < 0 ? r : snet__iface_up(nl, index, err);
}

/* A pair between two bridges. Only the first end can be made as a port, so the second one has
 * a number of its own too. */
static int join_bridges(struct snet__fabric *fabric, int a, int b, struct snet_err *err)
{
	int here = fabric->next_number++, there = fabric->next_number++, r;
	char here_name[NAME_SIZE], there_name[NAME_SIZE];
	struct snet__iface_end ends[2] = {
		{.name = here_name, .index = here, .netns = -1, .master = a},
		{.name = there_name, .index = there, .netns = -1},
	};
	struct snet__nl *nl = fabric->nl;

	(void)snprintf(here_name, sizeof(here_name), "p%d", here);
	(void)snprintf(there_name, sizeof(there_name), "p%d", there);
	snet__nl_hold(nl);
	r = snet__iface_add_pair(nl, &ends[0], &ends[1], err);
	if (r == 0)
		r = snet__iface_set_master(nl, there, b, err);
	if (r == 0)
		r = queue_port(nl, here, err);
	if (r == 0)
		r = queue_port(nl, there, err);
	r = snet__nl_finish(nl, r, err);
	if (r < 0)
		(void)snet__iface_remove(nl, here, NULL); /* may be absent */
	return r;
}

/* The bridge that takes the next port of switch @at. */
static int find_bridge(struct snet__fabric *fabric, int at, int *ret_index,
		       struct snet_err *err)
{
	struct lab_switch *sw = &fabric->switches[at];
	int leaf, r;

	if (!sw->free_ports) {
		if (sw->leaf_count == LEAF_COUNT)
			return snet__err_set(err, -ENOSPC, "switch '%s' has no port left",
					     sw->name);

		r = add_bridge(fabric, &leaf, err);
		if (r == 0)
			r = join_bridges(fabric, sw->root, leaf, err);
		if (r < 0)
			return snet__err_prefix(err, r, "cannot enlarge switch '%s'",
						sw->name);

		sw->leaf_count++;
		sw->last = leaf;
		sw->free_ports = LEAF_PORTS;
	}
	*ret_index = sw->last;
	return 0;
}

/* The fabric's end of a node's pair, and with it the other end in the node. */
static int plug_in(struct snet__fabric *fabric, int at, int netns, uint32_t ipv4,
		   int *ret_number, struct snet_err *err)
{
	unsigned char mac[6];
	char name[NAME_SIZE];
	struct snet__iface_end here = {.name = name, .netns = -1};
	struct snet__iface_end there = {.name = "eth%d", .netns = netns, .mac = mac};
	struct snet__nl *nl = fabric->nl;
	int r;

	r = find_bridge(fabric, at, &here.master, err);
	if (r < 0)
		return r;

	here.index = there.index = fabric->next_number++;
	snet__fabric_mac(mac, ipv4);
	(void)snprintf(name, sizeof(name), "p%d", here.index);
	snet__nl_hold(nl);
	r = snet__iface_add_pair(nl, &here, &there, err);
	if (r == 0)
		r = queue_port(nl, here.index, err);
	if (r == 0)
		r = snet__iface_add_station(nl, here.index, mac, err);
	r = snet__nl_finish(nl, r, err);
	if (r < 0) {
		(void)snet__iface_remove(nl, here.index, NULL); /* may be absent */
		return r;
	}

	fabric->switches[at].free_ports--;
	*ret_number = here.index;
	return 0;
}

static int queue_neighbours(struct snet__nl *nl, int index, const uint32_t *ipv4,
			    size_t count, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		unsigned char mac[6];

		snet__fabric_mac(mac, ipv4[i]);
		r = snet__iface_add_neighbour(nl, index, ipv4[i], mac, err);
	}
	return r;
}

/* A node's end: its address, and up. */
static int queue_node_end(struct snet__nl *nl, int number, uint32_t ipv4,
			  unsigned int prefix, struct snet_err *err)
{
	int r;

	r = snet__iface_add_address(nl, number, ipv4, prefix, err);
	return r < 0 ? r : queue_port(nl, number, err);
}

/* Plug a node in whose connection is @nl, with a batch begun there. */
static int connect_node(struct snet__fabric *fabric, struct snet__nl *nl, int netns,
			const struct snet__fabric_node *node, struct snet_err *err)
{
	int number, r;

	r = plug_in(fabric, node->at, netns, node->ipv4, &number, err);
	if (r < 0)
		return r;

	r = queue_node_end(nl, number, node->ipv4, node->prefix, err);
	if (r == 0)
		r = queue_neighbours(nl, number, node->neighbours, node->neighbour_count,
				     err);
	r = snet__nl_finish(nl, r, err);
	if (r < 0) {
		(void)snet__iface_remove(fabric->nl, number,
					 NULL); /* the first error counts */
		fabric->switches[node->at].free_ports++;
	}
	return r;
}

int snet__fabric_add_node_with(struct snet__fabric *fabric,
			       const struct snet__fabric_node *node, int *ret_netns,
			       struct snet_err *err)
{
	cleanup_with(nl_close_at) struct snet__nl *nl = NULL;
	autoclose int netns = -1;
	int r;

	r = snet__ahead_take(fabric->ahead, &netns, &nl, err);
	if (r < 0)
		return r;

	snet__nl_hold(nl);
	r = snet__iface_up(nl, SNET__IFACE_LOOPBACK, err);
	if (r < 0)
		return r;

	if (node->at >= 0)
		r = connect_node(fabric, nl, netns, node, err);
	else
		r = snet__nl_finish(nl, r, err);
	if (r < 0)
		return r;

	*ret_netns = steal_fd(&netns);
	return 0;
}

int snet__fabric_add_node(struct snet__fabric *fabric, int at, uint32_t ipv4,
			  unsigned int prefix, int *ret_netns, struct snet_err *err)
{
	struct snet__fabric_node node = {.at = at, .ipv4 = ipv4, .prefix = prefix};

	return snet__fabric_add_node_with(fabric, &node, ret_netns, err);
}

int snet__fabric_link_node(struct snet__fabric *fabric, int netns, int at, uint32_t ipv4,
			   unsigned int prefix, struct snet_err *err)
{
	struct snet__fabric_node node = {.at = at, .ipv4 = ipv4, .prefix = prefix};
	cleanup_with(nl_close_at) struct snet__nl *nl = NULL;
	int r;

	r = snet__nl_open(&nl, netns, err);
	if (r < 0)
		return r;

	snet__nl_hold(nl);
	return connect_node(fabric, nl, netns, &node, err);
}

int snet__fabric_link_switches(struct snet__fabric *fabric, int a, int b,
			       struct snet_err *err)
{
	struct lab_switch *sa = &fabric->switches[a], *sb = &fabric->switches[b];
	int old = sb->group, bridge_a, bridge_b, r;

	if (sa->group == sb->group)
		return snet__err_set(
			err, -ELOOP,
			"switches '%s' and '%s' are connected already: a second way "
			"would let frames go round for ever",
			sa->name, sb->name);

	r = find_bridge(fabric, a, &bridge_a, err);
	if (r == 0)
		r = find_bridge(fabric, b, &bridge_b, err);
	if (r == 0)
		r = join_bridges(fabric, bridge_a, bridge_b, err);
	if (r < 0)
		return snet__err_prefix(err, r, "cannot link switch '%s' to '%s'",
					sa->name, sb->name);

	sa->free_ports--;
	sb->free_ports--;
	for (size_t i = 0; i < fabric->switch_count; i++)
		if (fabric->switches[i].group == old)
			fabric->switches[i].group = sa->group;
	return 0;
}

int snet__fabric_link_nodes(struct snet__fabric *fabric, int netns_a, uint32_t ipv4_a,
			    int netns_b, uint32_t ipv4_b, unsigned int prefix,
			    struct snet_err *err)
{
	cleanup_with(nl_close_at) struct snet__nl *a = NULL, *b = NULL;
	unsigned char mac_a[6], mac_b[6];
	int number = fabric->next_number++, r;
	struct snet__iface_end here = {"eth%d", number, -1, 0, mac_a};
	struct snet__iface_end there = {"eth%d", number, netns_b, 0, mac_b};

	snet__fabric_mac(mac_a, ipv4_a);
	snet__fabric_mac(mac_b, ipv4_b);
	r = snet__nl_open(&a, netns_a, err);
	if (r == 0)
		r = snet__nl_open(&b, netns_b, err);
	if (r < 0)
		return r;

	snet__nl_hold(a);
	r = snet__iface_add_pair(a, &here, &there, err);
	if (r == 0)
		r = queue_node_end(a, number, ipv4_a, prefix, err);
	r = snet__nl_finish(a, r, err);
	snet__nl_hold(b);
	if (r == 0)
		r = queue_node_end(b, number, ipv4_b, prefix, err);
	r = snet__nl_finish(b, r, err);
	if (r < 0)
		(void)snet__iface_remove(a, number, NULL); /* may be absent */
	return r;
}

int snet__fabric_add_neighbours(int netns, const char *interface, const uint32_t *ipv4,
				size_t count, struct snet_err *err)
{
	cleanup_with(nl_close_at) struct snet__nl *nl = NULL;
	int index = 0, r;

	r = snet__nl_open(&nl, netns, err);
	if (r == 0)
		r = snet__iface_find(nl, interface ? interface : "eth0", &index, err);
	if (r < 0)
		return r;

	snet__nl_hold(nl);
	r = queue_neighbours(nl, index, ipv4, count, err);
	return snet__nl_finish(nl, r, err);
}
