/* SPDX-License-Identifier: MIT */
/* The network of a lab: its switches, nodes and links in the kernel, and the names that its
 * nodes find in /etc/hosts. What it is to be like stands in the model. */

#include "lab/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/bridges.h"
#include "lab/capture.h"
#include "lab/fabric.h"
#include "lab/hosts.h"
#include "lab/routes.h"
#include "lab/shaping.h"
#include "sys/conf.h"
#include "sys/netns.h"
#include "sys/process.h"

/* From this many nodes on a thread that makes namespaces ahead is worth its start. */
#define EXPECT_NODES 32

static bool is_switch(const struct snet__model_node *node)
{
	return node->role == SNET__ROLE_SWITCH;
}

static bool is_trunk(const struct snet__model_link *link)
{
	return is_switch(link->ends[0]) && is_switch(link->ends[1]);
}

static bool is_cable(const struct snet__model_link *link)
{
	return !is_switch(link->ends[0]) && !is_switch(link->ends[1]);
}

static struct snet__run_link *link_of(const struct snet__run *run,
				      const struct snet__model_link *link)
{
	return run->links[link->index];
}

struct text_iface {
	struct snet__fabric_iface iface;
	char name[16];
	unsigned char ipv6[16];
};

static void describe_iface(const struct snet__run *run,
			   const struct snet__model_node *node, size_t index,
			   struct text_iface *ret)
{
	const struct snet__model *model = &run->lab->model;
	const struct snet__model_iface *iface = &node->ifaces[index];

	(void)snprintf(ret->name, sizeof(ret->name), "eth%u", (unsigned int)index);
	snet__model_ipv6(ret->ipv6, model, iface->ipv4);
	ret->iface = (struct snet__fabric_iface){
		.name = ret->name,
		.ipv4 = iface->ipv4,
		.prefix = iface->prefix,
		.ipv6 = model->has_ipv6 ? ret->ipv6 : NULL,
		.mtu = iface->link->mtu,
		.forwards = snet__role_forwards(node->role),
		.is_cut = snet__shaping_is_cut(iface->link),
	};
	memcpy(ret->iface.mac, iface->mac, sizeof(iface->mac));
}

static int keep_number(struct snet__run *run, const struct snet__model_link *link,
		       int number, struct snet_err *err)
{
	struct snet__run_link *made = link_of(run, link);

	made->numbers = malloc(sizeof(*made->numbers));
	if (!made->numbers)
		return snet__err_oom(err);
	made->numbers[0] = number;
	made->number_count = 1;
	made->is_cut = snet__shaping_is_cut(link);
	made->is_fresh = made->is_silent = true;
	return 0;
}

static int plug_in(struct snet__run *run, struct snet__fabric_node *made,
		   const struct snet__model_node *node, size_t index,
		   struct snet_err *err)
{
	const struct snet__model_link *link = node->ifaces[index].link;
	const struct snet__model_node *sw = link->ends[link->ends[0] == node];
	struct text_iface text;
	int number, r;

	run->is_unsettled |= sw->stp;
	describe_iface(run, node, index, &text);
	r = snet__fabric_plug(run->fabric, made,
			      snet__bridges_find(run, sw, snet__link_vlan(link)),
			      &text.iface, &number, err);
	if (r < 0)
		return snet__err_prefix(err, r, "link '%s'", link->name);
	r = keep_number(run, link, number, err);
	if (r < 0)
		snet__fabric_unplug(run->fabric, number);
	return r;
}

static bool is_made(const struct snet__run *run, const struct snet__model_link *link)
{
	return link_of(run, link)->number_count > 0;
}

static bool is_fresh(const struct snet__run *run, const struct snet__peer *peer)
{
	return link_of(run, peer->iface->link)->is_fresh ||
	       link_of(run, peer->peer->link)->is_fresh;
}

static int queue_peer(struct snet__run *run, struct snet__nl *nl,
		      const struct snet__peer *peer, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int number = link_of(run, peer->iface->link)->numbers[0], r;
	unsigned char ipv6[16];

	r = snet__iface_add_neighbour(nl, number, peer->peer->ipv4, peer->peer->mac, err);
	if (r < 0 || !model->has_ipv6)
		return r;
	snet__model_ipv6(ipv6, model, peer->peer->ipv4);
	return snet__iface_add_neighbour6(nl, number, ipv6, peer->peer->mac, err);
}

/* Of a node that has been there before, only what it does not know. A thousand devices that ask
 * for their relayer's address at once would each disturb all the others. */
static int queue_peers(struct snet__run *run, struct snet__fabric_node *made,
		       const struct snet__model_node *node,
		       const struct snet__peers *peers, struct snet_err *err)
{
	const struct snet__peer *peer = snet__peers_of(peers, node);
	bool knows_nobody = run->nodes[node->index]->is_fresh;
	int r = 0;

	for (; r == 0 && peer < peers->items + peers->count && peer->node == node; peer++)
		if (knows_nobody || is_fresh(run, peer))
			r = queue_peer(run, made->nl, peer, err);
	return r;
}

/* What comes in by another way than it would go back by is taken, whatever the host does. */
static int open_filter(int netns, const struct snet__conf_all *all, struct snet_err *err)
{
	return all->rp_filter
		       ? snet__conf_write(netns, "ipv4/conf/all/rp_filter", "0", err)
		       : 0;
}

static bool has_cable(const struct snet__model_node *node)
{
	for (size_t i = 0; i < node->iface_count; i++)
		if (is_cable(node->ifaces[i].link))
			return true;
	return false;
}

/* When all its interfaces are there. Of one there is no other way to come in by. */
static int queue_rest(struct snet__run *run, struct snet__fabric_node *made,
		      const struct snet__model_node *node,
		      const struct snet__peers *peers, struct snet__conf_all *ret,
		      struct snet_err *err)
{
	int r = queue_peers(run, made, node, peers, err);

	if (r == 0)
		r = snet__routes_queue(run, made, node, err);
	return r == 0 && node->iface_count > 1 ? snet__conf_ask_all(made->nl, ret, err)
					       : r;
}

/* A node with a cable is finished when that is there. */
static int fill_node(struct snet__run *run, struct snet__fabric_node *made,
		     const struct snet__model_node *node, const struct snet__peers *peers,
		     struct snet__conf_all *ret, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count && r == 0; i++)
		if (!is_cable(node->ifaces[i].link))
			r = plug_in(run, made, node, i, err);
	if (r < 0 || has_cable(node))
		return r;
	return queue_rest(run, made, node, peers, ret, err);
}

static int make_node(struct snet__run *run, struct snet__run_node *node,
		     const struct snet__peers *peers, struct snet_err *err)
{
	struct snet__conf_all all = {0};
	struct snet__fabric_node made;
	int r;

	r = snet__fabric_begin_node(run->fabric, -1, &made, err);
	node->netns = made.netns;
	node->is_fresh = true;
	if (r == 0)
		r = fill_node(run, &made, node->node, peers, &all, err);
	r = snet__fabric_finish_node(&made, r, err);
	if (r == 0)
		r = open_filter(node->netns, &all, err);
	if (r == 0 && run->lab->model.has_ipv6 && snet__role_forwards(node->node->role))
		r = snet__conf_write(node->netns, "ipv6/conf/all/forwarding", "1", err);
	return r < 0 ? snet__err_prefix(err, r, "node '%s'", node->node->name) : 0;
}

static size_t index_of(const struct snet__model_node *node,
		       const struct snet__model_link *link)
{
	return (size_t)(snet__node_find_iface(node, link) - node->ifaces);
}

static int make_cable(struct snet__run *run, const struct snet__model_link *link,
		      struct snet_err *err)
{
	struct snet__fabric_node nodes[2] = {{.netns = -1}, {.netns = -1}};
	struct snet__fabric_iface ifaces[2];
	struct text_iface texts[2];
	int netns[2] = {-1, -1}, number = 0, r = 0;

	for (int i = 0; i < 2 && r == 0; i++) {
		const struct snet__model_node *node = link->ends[i];

		describe_iface(run, node, index_of(node, link), &texts[i]);
		ifaces[i] = texts[i].iface;
		r = snet__run_open_netns(run->nodes[node->index], &netns[i], err);
		if (r == 0)
			r = snet__fabric_begin_node(run->fabric, netns[i], &nodes[i],
						    err);
	}
	if (r == 0)
		r = snet__fabric_connect(run->fabric, nodes, ifaces, &number, err);
	for (int i = 0; i < 2; i++)
		r = snet__fabric_finish_node(&nodes[i], r, err);
	if (r == 0)
		r = keep_number(run, link, number, err);
	/* The nodes may have been there before, and stay. */
	if (r < 0 && number)
		snet__fabric_unplug(run->fabric, number); /* what of it is the fabric's */
	for (int i = 0; i < 2 && r < 0 && number; i++)
		if (snet__fabric_disconnect(number, netns[i]) == 0)
			break;
	for (int i = 0; i < 2; i++)
		snet__close_at(&netns[i]);
	return r < 0 ? snet__err_prefix(err, r, "link '%s'", link->name) : 0;
}

/* A node that has been there before: what is new at it. */
static int plug_in_more(struct snet__run *run, struct snet__fabric_node *made,
			const struct snet__model_node *node, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count && r == 0; i++) {
		if (is_cable(node->ifaces[i].link) || is_made(run, node->ifaces[i].link))
			continue;
		r = plug_in(run, made, node, i, err);
	}
	return r;
}

static bool has_fresh_link(const struct snet__run *run,
			   const struct snet__model_node *node)
{
	for (size_t i = 0; i < node->iface_count; i++)
		if (!is_made(run, node->ifaces[i].link) ||
		    link_of(run, node->ifaces[i].link)->is_fresh)
			return true;
	return false;
}

static bool has_fresh_peer(const struct snet__run *run,
			   const struct snet__model_node *node,
			   const struct snet__peers *peers)
{
	const struct snet__peer *peer = snet__peers_of(peers, node);

	for (; peer < peers->items + peers->count && peer->node == node; peer++)
		if (is_fresh(run, peer))
			return true;
	return false;
}

static int queue_settle(const struct snet__run *run, struct snet__fabric_node *made,
			const struct snet__model_node *node, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count && r == 0; i++) {
		const struct snet__run_link *link = link_of(run, node->ifaces[i].link);

		if (is_cable(link->link) && link->is_fresh)
			r = snet__iface_settle(made->nl, link->numbers[0], err);
	}
	return r;
}

/* The second visit to a node, when all others and all cables are there. */
static int finish_node(struct snet__run *run, const struct snet__run_node *node,
		       const struct snet__peers *peers, struct snet_err *err)
{
	struct snet__fabric_node made = {.netns = -1};
	struct snet__conf_all all = {0};
	autoclose int netns = -1;
	int r;

	r = snet__run_open_netns(node, &netns, err);
	if (r == 0)
		r = snet__fabric_begin_node(run->fabric, netns, &made, err);
	if (r == 0)
		r = queue_rest(run, &made, node->node, peers, &all, err);
	if (r == 0)
		r = queue_settle(run, &made, node->node, err);
	r = snet__fabric_finish_node(&made, r, err);
	if (r == 0)
		r = open_filter(netns, &all, err);
	return r < 0 ? snet__err_prefix(err, r, "node '%s'", node->node->name) : 0;
}

static int extend_node(struct snet__run *run, const struct snet__run_node *node,
		       struct snet_err *err)
{
	struct snet__fabric_node made = {.netns = -1};
	autoclose int netns = -1;
	int r;

	if (!has_fresh_link(run, node->node))
		return 0;
	r = snet__run_open_netns(node, &netns, err);
	if (r == 0)
		r = snet__fabric_begin_node(run->fabric, netns, &made, err);
	if (r == 0)
		r = plug_in_more(run, &made, node->node, err);
	r = snet__fabric_finish_node(&made, r, err);
	return r < 0 ? snet__err_prefix(err, r, "node '%s'", node->node->name) : 0;
}

static bool is_there(const struct snet__run_node *node)
{
	return node->netns >= 0 || node->device;
}

static bool needs_visit(const struct snet__extension *extension,
			const struct snet__run_node *node)
{
	const bool *is_rerouted = extension->is_rerouted;

	if (node->is_fresh)
		return has_cable(node->node);
	return (is_rerouted && is_rerouted[node->node->index]) ||
	       has_fresh_link(extension->run, node->node) ||
	       has_fresh_peer(extension->run, node->node, &extension->peers);
}

/* A device's namespace is held by its socket; until that is there, by a descriptor. The kinds
 * of a program are entered, and keep both. A program has its process, its output and two
 * cgroups as well. */
static size_t count_files(const struct snet__model *model)
{
	static const size_t files[] = {
		[SNET__ROLE_SWITCH] = 0,  [SNET__ROLE_HOST] = 1,
		[SNET__ROLE_ROUTER] = 1,  [SNET__ROLE_DEVICE] = 1,
		[SNET__ROLE_RELAYER] = 4, [SNET__ROLE_FUNCTIONS] = 4,
		[SNET__ROLE_PROGRAM] = 7, [SNET__ROLE_GATEWAY] = 4,
	};
	size_t count = 0;

	for (size_t i = 0; i < model->node_count; i++)
		count += files[model->nodes[i]->role];
	for (size_t i = 0; i < model->link_count; i++)
		count += snet__shaping_is_cut(model->links[i]) ? 2 : 0;
	return count;
}

static size_t count_missing(const struct snet__run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->node_count; i++)
		count += !is_switch(run->nodes[i]->node) && !is_there(run->nodes[i]);
	return count;
}

/* ---- In steps. */

static size_t count_nodes(const void *work)
{
	return ((const struct snet__extension *)work)->run->node_count;
}

static size_t count_links(const void *work)
{
	return ((const struct snet__extension *)work)->run->link_count;
}

static int make_trunk_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;
	struct snet__run_link *link = extension->run->links[at];

	return is_trunk(link->link) && !link->number_count
		       ? snet__bridges_join(extension->run, link, err)
		       : 0;
}

static int make_node_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;
	struct snet__run_node *node = extension->run->nodes[at];

	if (is_switch(node->node))
		return 0;
	return is_there(node) ? extend_node(extension->run, node, err)
			      : make_node(extension->run, node, &extension->peers, err);
}

static int make_cable_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;
	struct snet__run_link *link = extension->run->links[at];

	return is_cable(link->link) && !link->number_count
		       ? make_cable(extension->run, link->link, err)
		       : 0;
}

static int finish_node_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;
	const struct snet__run_node *node = extension->run->nodes[at];

	return !is_switch(node->node) && needs_visit(extension, node)
		       ? finish_node(extension->run, node, &extension->peers, err)
		       : 0;
}

/* Ports of switches were up before what was plugged into them. */
static int settle_port_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;
	const struct snet__run_link *link = extension->run->links[at];
	int r = 0;

	if (is_cable(link->link) || !link->is_fresh)
		return 0;
	for (size_t i = 0; i < link->number_count && r == 0; i++)
		r = snet__fabric_settle(extension->run->fabric, link->numbers[i], err);
	return r;
}

static int shape_link_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;
	struct snet__run_link *link = extension->run->links[at];
	int r;

	r = snet__shaping_start(extension->run, link, err);
	if (r == 0) {
		snet__captures_add(extension->run, link->link->name);
		snet__captures_turn(extension->run, link->link->name);
	}
	return r;
}

static int flush(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;

	(void)at;
	return snet__fabric_flush(extension->run->fabric, 0, err);
}

static int prepare(void *work, size_t at, struct snet_err *err)
{
	struct snet__extension *extension = work;
	struct snet__run *run = extension->run;
	size_t missing = count_missing(run);
	int r;

	(void)at;
	r = snet__process_allow_files(count_files(&run->lab->model), err);
	if (r == 0 && missing >= EXPECT_NODES)
		r = snet__fabric_expect(run->fabric, missing, err);
	if (r == 0)
		r = snet__peers_find(&extension->peers, &run->lab->model, err);
	return r < 0 ? r : snet__bridges_make(run, err);
}

static int write_hosts(void *work, size_t at, struct snet_err *err)
{
	const struct snet__extension *extension = work;

	(void)at;
	return snet__hosts_write(extension->run, err);
}

static const struct snet__phase phases[] = {
	{NULL, prepare},
	{count_links, make_trunk_at},
	{count_nodes, make_node_at},
	{count_links, make_cable_at},
	/* When all nodes and cables are there. */
	{count_nodes, finish_node_at},
	{NULL, flush},
	{count_links, settle_port_at},
	{NULL, flush},
	{count_links, shape_link_at},
	{NULL, write_hosts},
};

void snet__network_begin(struct snet__extension *extension, struct snet__run *run,
			 const bool *is_rerouted)
{
	*extension = (struct snet__extension){
		.run = run,
		.is_rerouted = is_rerouted,
		.steps = {.phases = phases, .count = sizeof(phases) / sizeof(*phases)},
	};
}

int snet__network_extend(struct snet__extension *extension, uint64_t until_ns,
			 struct snet_err *err)
{
	int walked = snet__steps_walk(&extension->steps, extension, until_ns, err), r;

	/* Others talk to the kernel by the same connections, and want answers. */
	r = snet__fabric_flush(extension->run->fabric, walked < 0 ? walked : 0, err);
	return r < 0 ? r : walked;
}

void snet__network_end(struct snet__extension *extension)
{
	const struct snet__run *run = extension->run;

	snet__peers_clear(&extension->peers);
	for (size_t i = 0; i < run->node_count; i++)
		run->nodes[i]->is_fresh = false;
	for (size_t i = 0; i < run->link_count; i++)
		run->links[i]->is_fresh = false;
}

int snet__network_up(struct snet__run *run, struct snet_err *err)
{
	struct snet__extension extension;
	int r;

	r = snet__fabric_new(&run->fabric, run->lab->model.has_ipv6, err);
	/* This thread enters the nodes' namespaces from here on, which it could not, without
	 * root, from the host's. */
	if (r == 0)
		r = snet__netns_settle(snet__fabric_netns(run->fabric), err);
	if (r < 0)
		return r;
	snet__network_begin(&extension, run, NULL);
	r = snet__network_extend(&extension, 0, err);
	snet__network_end(&extension);
	/* Nobody knows anything that is not so. */
	for (size_t i = 0; i < run->link_count; i++)
		run->links[i]->is_silent = false;
	return r;
}

bool snet__network_is_up(const struct snet__run *run, const struct snet__run_link *link)
{
	autoclose int netns = -1, sock = -1;
	char name[16];

	/* The shaper of one that lets nothing pass leaves its carrier. */
	if (!link->numbers || link->is_spoiled || snet__shaping_is_down(run, link))
		return false;
	if (!is_cable(link->link)) {
		for (size_t i = 0; i < link->number_count; i++)
			if (!snet__fabric_is_up(run->fabric, link->numbers[i]))
				return false;
		return true;
	}
	(void)snprintf(name, sizeof(name), "eth%u",
		       (unsigned int)index_of(link->link->ends[0], link->link));
	return snet__run_open_netns(run->nodes[link->link->ends[0]->index], &netns,
				    NULL) == 0 &&
	       snet__netns_socket(&sock, netns, AF_INET, SOCK_DGRAM, 0, NULL) == 0 &&
	       snet__iface_is_running(sock, name);
}
