/* SPDX-License-Identifier: MIT */
/* What stays is decided link by link: one whose ends, VLANs and addresses are the same is not
 * touched. A node stays with its namespace whatever becomes of its links, a switch unless it is
 * another kind of switch.
 *
 * Nodes that stay keep their struct in the model, which what lives in them has borrowed: it is
 * put in the place of the new one, and takes over from that what may have changed. */

#include "lab/rewire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lab/cable.h"
#include "lab/capture.h"
#include "lab/fabric.h"
#include "lab/routes.h"
#include "lab/shaping.h"
#include "topo/impairment.h"

static bool is_switch(const struct snet__model_node *node)
{
	return node->role == SNET__ROLE_SWITCH;
}

static bool has_other_files(const struct snet__model_link *former,
			    const struct snet__model_link *wanted)
{
	bool ret = false;

	for (int i = 0; i < 2; i++)
		ret |= snet__kept_file_differs(former->kept[i].table,
					       wanted->kept[i].table) ||
		       snet__kept_file_differs(former->kept[i].trace,
					       wanted->kept[i].trace);
	return ret;
}

static bool is_reshaped(const struct snet__model_link *former,
			const struct snet__model_link *wanted)
{
	return snet__shaping_choose(wanted) &&
	       (!snet__impairment_is_same(&former->forth, &wanted->forth) ||
		!snet__impairment_is_same(&former->back, &wanted->back) ||
		has_other_files(former, wanted));
}

static struct snet__run_node *former_of(const struct snet__rewire *rewire,
					const struct snet__model_node *wanted)
{
	const struct snet__model_node *node =
		snet__model_find_node(&rewire->run->lab->model, wanted->name);

	return node ? rewire->run->nodes[node->index] : NULL;
}

static bool node_stays(const struct snet__run_node *former,
		       const struct snet__model_node *wanted)
{
	if (strcmp(former->node->kind, wanted->kind) != 0)
		return false;
	if (is_switch(wanted))
		return former->node->stp == wanted->stp && former->port_count;
	return former->netns >= 0 || former->device;
}

static bool is_same_iface(const struct snet__model_node *former,
			  const struct snet__model_link *former_link,
			  const struct snet__model_node *wanted,
			  const struct snet__model_link *wanted_link)
{
	const struct snet__model_iface *a = snet__node_find_iface(former, former_link);
	const struct snet__model_iface *b = snet__node_find_iface(wanted, wanted_link);

	return a && b && a - former->ifaces == b - wanted->ifaces && a->ipv4 == b->ipv4 &&
	       a->prefix == b->prefix && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

static bool is_same_vlans(const struct snet__model_link *a,
			  const struct snet__model_link *b)
{
	return a->vlan == b->vlan && a->vlan_count == b->vlan_count &&
	       (!a->vlan_count ||
		memcmp(a->vlans, b->vlans, a->vlan_count * sizeof(*a->vlans)) == 0);
}

/* The cables of a trunk are the same when both ends have the same VLANs as before. */
static bool is_same_trunk(const struct snet__model_link *former,
			  const struct snet__model_link *wanted)
{
	for (int i = 0; i < 2; i++) {
		const struct snet__model_node *a = former->ends[i], *b = wanted->ends[i];

		if (a->bridge_count != b->bridge_count)
			return false;
		for (size_t k = 0; k < a->bridge_count; k++)
			if (a->bridges[k].vlan != b->bridges[k].vlan)
				return false;
	}
	return true;
}

/* They are opened when the link is made. */
static bool is_same_files(const struct snet_impairment *a,
			  const struct snet_impairment *b)
{
	return snet__impairment_is_equal(a, b, "decisions") &&
	       snet__impairment_is_equal(a, b, "replay");
}

/* A link that was plain gets a shaper, for which its cable is cut if it has to be. */
static bool is_same_shaping(const struct snet__run_link *former,
			    const struct snet__model_link *wanted)
{
	const struct snet__shaping_kind *kind = snet__shaping_choose(wanted);

	if (!former->shaping && kind)
		return snet__link_is_port(former->link) || !snet__shaping_is_cut(wanted);
	return former->shaping == kind &&
	       former->is_cut == snet__shaping_is_cut(wanted) &&
	       is_same_files(&former->link->forth, &wanted->forth) &&
	       is_same_files(&former->link->back, &wanted->back);
}

static bool link_stays(const struct snet__rewire *rewire,
		       const struct snet__run_link *former,
		       const struct snet__model_link *wanted)
{
	const struct snet__model_link *link = former->link;

	if (!former->number_count || former->is_spoiled ||
	    !snet__link_can_resize(link, wanted) || !is_same_vlans(link, wanted) ||
	    !is_same_shaping(former, wanted))
		return false;
	for (int i = 0; i < 2; i++) {
		const struct snet__run_node *end = rewire->nodes[wanted->ends[i]->index];

		if (!end || end->node != link->ends[i])
			return false;
		if (!is_switch(end->node) &&
		    !is_same_iface(end->node, link, wanted->ends[i], wanted))
			return false;
	}
	return !is_switch(wanted->ends[0]) || !is_switch(wanted->ends[1]) ||
	       is_same_trunk(link, wanted);
}

static bool is_rerouted(const struct snet__model_node *a,
			const struct snet__model_node *b)
{
	return a->hop_count != b->hop_count ||
	       (a->hop_count &&
		memcmp(a->hops, b->hops, a->hop_count * sizeof(*a->hops)) != 0);
}

static int collect_stale(struct snet__rewire_stale *stale,
			 const struct snet__model_node *former,
			 const struct snet__model_node *wanted, struct snet_err *err)
{
	stale->hops = calloc(former->hop_count + 1, sizeof(*stale->hops));
	if (!stale->hops)
		return snet__err_oom(err);
	for (size_t i = 0; i < former->hop_count; i++)
		if (!snet__routes_has(wanted, &former->hops[i]))
			stale->hops[stale->count++] = former->hops[i];
	return 0;
}

static int make_node(struct snet__rewire *rewire, size_t index, struct snet_err *err)
{
	struct snet__run_node *node = calloc(1, sizeof(*node));

	if (!node)
		return snet__err_oom(err);
	node->node = rewire->wanted->nodes[index];
	node->netns = node->end = -1;
	node->run = rewire->run;
	node->is_new = true;
	rewire->nodes[index] = node;
	return 0;
}

static int make_link(struct snet__rewire *rewire, size_t index, struct snet_err *err)
{
	struct snet__run_link *link = calloc(1, sizeof(*link));

	if (!link)
		return snet__err_oom(err);
	link->link = rewire->wanted->links[index];
	rewire->links[index] = link;
	return 0;
}

static int match(struct snet__rewire *rewire, struct snet_err *err)
{
	const struct snet__model *wanted = rewire->wanted;
	int r = 0;

	for (size_t i = 0; i < wanted->node_count && r == 0; i++) {
		struct snet__run_node *former = former_of(rewire, wanted->nodes[i]);

		if (!former || !node_stays(former, wanted->nodes[i]))
			continue;
		rewire->nodes[i] = former;
		rewire->node_stays[former->node->index] = true;
		rewire->is_rerouted[i] = is_rerouted(former->node, wanted->nodes[i]);
		if (rewire->is_rerouted[i])
			r = collect_stale(&rewire->stale[i], former->node,
					  wanted->nodes[i], err);
	}
	for (size_t i = 0; i < wanted->link_count; i++) {
		const struct snet__model_link *link =
			snet__model_find_link(&rewire->run->lab->model,
					      wanted->links[i]->name);
		struct snet__run_link *former =
			link ? rewire->run->links[link->index] : NULL;

		if (!former || !link_stays(rewire, former, wanted->links[i]))
			continue;
		rewire->links[i] = former;
		rewire->link_stays[link->index] = true;
		rewire->is_resized[i] =
			snet__link_mtu(link) != snet__link_mtu(wanted->links[i]);
		rewire->is_reshaped[i] =
			former->shaping && is_reshaped(link, wanted->links[i]);
	}
	for (size_t i = 0; i < wanted->node_count && r == 0; i++)
		if (!rewire->nodes[i])
			r = make_node(rewire, i, err);
	for (size_t i = 0; i < wanted->link_count && r == 0; i++)
		if (!rewire->links[i])
			r = make_link(rewire, i, err);
	return r;
}

int snet__rewire_new(struct snet__rewire *rewire, struct snet__run *run,
		     struct snet__model *wanted, struct snet_err *err)
{
	size_t nodes = wanted->node_count + 1, links = wanted->link_count + 1;
	int r;

	*rewire = (struct snet__rewire){
		.run = run,
		.wanted = wanted,
		.node_count = wanted->node_count,
		.nodes = calloc(nodes, sizeof(struct snet__run_node *)),
		.links = calloc(links, sizeof(struct snet__run_link *)),
		.node_stays = calloc(run->node_count + 1, sizeof(bool)),
		.link_stays = calloc(run->link_count + 1, sizeof(bool)),
		.is_changed = calloc(nodes, sizeof(bool)),
		.is_rerouted = calloc(nodes, sizeof(bool)),
		.stale = calloc(nodes, sizeof(*rewire->stale)),
		.is_reshaped = calloc(links, sizeof(bool)),
		.is_resized = calloc(links, sizeof(bool)),
	};
	if (!rewire->nodes || !rewire->links || !rewire->node_stays ||
	    !rewire->link_stays || !rewire->is_changed || !rewire->is_rerouted ||
	    !rewire->stale || !rewire->is_reshaped || !rewire->is_resized)
		return snet__err_oom(err);
	r = match(rewire, err);
	return r < 0 ? r : snet__peers_find(&rewire->peers, &run->lab->model, err);
}

/* What stays has its description in the former model until then. */
bool snet__rewire_is_made(const struct snet__rewire *rewire, size_t index)
{
	return rewire->nodes[index]->node == rewire->wanted->nodes[index];
}

void snet__rewire_clear(struct snet__rewire *rewire)
{
	/* Those that were made, of a change that was not begun: the run has none of them. */
	for (size_t i = 0; rewire->nodes && rewire->nodes != rewire->run->nodes &&
			   i < rewire->wanted->node_count;
	     i++)
		if (rewire->nodes[i] && snet__rewire_is_made(rewire, i))
			free(rewire->nodes[i]);
	for (size_t i = 0; rewire->links && rewire->links != rewire->run->links &&
			   i < rewire->wanted->link_count;
	     i++)
		if (rewire->links[i] &&
		    rewire->links[i]->link == rewire->wanted->links[i])
			free(rewire->links[i]);
	if (rewire->nodes != rewire->run->nodes)
		free(rewire->nodes);
	if (rewire->links != rewire->run->links)
		free(rewire->links);
	free(rewire->node_stays);
	free(rewire->link_stays);
	free(rewire->is_changed);
	free(rewire->is_rerouted);
	free(rewire->is_reshaped);
	free(rewire->is_resized);
	for (size_t i = 0; rewire->stale && i < rewire->node_count; i++)
		free(rewire->stale[i].hops);
	free(rewire->stale);
	snet__peers_clear(&rewire->peers);
}

/* What passes a node by its other interfaces is not to notice that the first one goes. */
void snet__rewire_remove_source(const struct snet__rewire *rewire, size_t at)
{
	const struct snet__run_node *node = rewire->run->nodes[at];

	if (rewire->node_stays[at] && node->node->iface_count > 1 &&
	    !rewire->link_stays[node->node->ifaces[0].link->index])
		snet__routes_remove_source(rewire->run, node);
}

static bool is_forgotten(const struct snet__rewire *rewire, const struct snet__peer *peer)
{
	/* What is known by an interface that goes, goes with it. */
	return rewire->link_stays[peer->iface->link->index] &&
	       !rewire->link_stays[peer->peer->link->index];
}

static void queue_forget(const struct snet__run *run, struct snet__nl *nl,
			 const struct snet__peer *peer)
{
	int number = run->links[peer->iface->link->index]->numbers[0];
	unsigned char ipv6[16];

	/* What is not there is not missed. */
	(void)snet__iface_remove_neighbour(nl, number, peer->peer->ipv4, NULL);
	if (!run->lab->model.has_ipv6)
		return;
	snet__model_ipv6(ipv6, &run->lab->model, peer->peer->ipv4);
	(void)snet__iface_remove_neighbour6(nl, number, ipv6, NULL);
}

void snet__rewire_forget_peers(const struct snet__rewire *rewire, size_t at)
{
	const struct snet__run *run = rewire->run;
	const struct snet__run_node *node = run->nodes[at];
	const struct snet__peers *peers = &rewire->peers;
	const struct snet__peer *peer = snet__peers_of(peers, node->node);
	struct snet__fabric_node made = {.netns = -1};
	autoclose int netns = -1;

	for (; rewire->node_stays[at] && peer < peers->items + peers->count &&
	       peer->node == node->node;
	     peer++) {
		if (!is_forgotten(rewire, peer))
			continue;
		if (netns < 0 &&
		    (snet__run_open_netns(node, &netns, NULL) < 0 ||
		     snet__fabric_begin_node(run->fabric, netns, &made, NULL) < 0))
			return;
		queue_forget(run, made.nl, peer);
	}
	if (netns >= 0)
		(void)snet__fabric_finish_node(&made, 0, NULL);
}

/* A cable is taken out at one of its ends, which still are there; where that fails, at the other. */
static void disconnect(struct snet__run *run, const struct snet__run_link *link)
{
	int r = -1;

	for (int i = 0; i < 2 && r < 0; i++) {
		autoclose int netns = -1;

		r = snet__run_open_netns(run->nodes[link->link->ends[i]->index], &netns,
					 NULL);
		if (r == 0)
			r = snet__fabric_disconnect(link->numbers[0], netns);
	}
}

void snet__rewire_unplug(struct snet__rewire *rewire, size_t at)
{
	struct snet__run *run = rewire->run;
	struct snet__run_link *link = run->links[at];

	if (rewire->link_stays[at])
		return;
	if (snet__model_find_link(rewire->wanted, link->link->name))
		snet__captures_hold(run, link->link->name);
	snet__shaping_stop(run, link);
	if (!is_switch(link->link->ends[0]) && !is_switch(link->link->ends[1]) &&
	    link->number_count)
		disconnect(run, link);
	for (size_t i = 0; i < link->number_count; i++)
		snet__fabric_unplug(run->fabric, link->numbers[i]);
	free(link->numbers);
	free(link->vlans);
	link->numbers = NULL;
	link->vlans = NULL;
	link->number_count = 0;
}

/* All bridges of a switch that goes; of one that stays, those in VLANs that do not. */
void snet__rewire_remove_bridges(struct snet__rewire *rewire, size_t at)
{
	struct snet__run_node *node = rewire->run->nodes[at];
	const struct snet__model_node *wanted =
		rewire->node_stays[at]
			? snet__model_find_node(rewire->wanted, node->node->name)
			: NULL;
	size_t kept = 0;

	for (size_t i = 0; i < node->port_count; i++) {
		if (wanted && snet__node_find_bridge(wanted, node->ports[i].vlan))
			node->ports[kept++] = node->ports[i];
		else
			snet__fabric_remove_switch(rewire->run->fabric,
						   node->ports[i].at);
	}
	node->port_count = kept;
}

/* Exchange two values of the same type. */
#define swap(a, b)                         \
	do {                               \
		__typeof__(a) swap_ = (a); \
		(a) = (b);                 \
		(b) = swap_;               \
	} while (0)

/* What a plan says of a node, what was given of that, and the state to begin with, which nobody
 * has borrowed; the rest is what the description says, and the same. */
static void swap_planned(struct snet__model_node *a, struct snet__model_node *b)
{
	swap(a->first, b->first);
	swap(a->given, b->given);
	swap(a->given_count, b->given_count);
	swap(a->given_cap, b->given_cap);
	swap(a->ifaces, b->ifaces);
	swap(a->iface_count, b->iface_count);
	swap(a->hops, b->hops);
	swap(a->hop_count, b->hop_count);
	swap(a->bridges, b->bridges);
	swap(a->bridge_count, b->bridge_count);
	swap(a->ipv4, b->ipv4);
	swap(a->state, b->state);
	swap(a->index, b->index);
	swap(a->line, b->line);
	swap(a->column, b->column);
	swap(a->entry, b->entry);
}

/* The nodes that stay keep their structs. Maps and links know the nodes by their places, which
 * are told before anything is exchanged. */
static void keep_structs(struct snet__rewire *rewire)
{
	struct snet__model *wanted = rewire->wanted, *former = &rewire->run->lab->model;

	for (size_t i = 0; i < wanted->node_count; i++) {
		struct snet__model_node *own, *other = wanted->nodes[i];
		size_t place;

		if (snet__rewire_is_made(rewire, i))
			continue;
		place = rewire->nodes[i]->node->index;
		own = former->nodes[place];
		/* Nothing lives in a switch that could have borrowed of it. */
		if (rewire->is_changed[i] || is_switch(own))
			swap(*own, *other);
		else
			swap_planned(own, other);
		former->nodes[place] = other;
		wanted->nodes[i] = own;
	}
}

/* The struct that a node of the wanted model is to have. */
static struct snet__model_node *find_kept(const struct snet__rewire *rewire,
					  struct snet__model_node *wanted)
{
	const struct snet__run_node *node = rewire->nodes[wanted->index];

	return snet__rewire_is_made(rewire, wanted->index)
		       ? wanted
		       : rewire->run->lab->model.nodes[node->node->index];
}

static void adopt_model(struct snet__rewire *rewire)
{
	struct snet__model *wanted = rewire->wanted, *former = &rewire->run->lab->model;
	struct snet__map *map = &wanted->node_by_name;

	for (size_t i = 0; i < wanted->link_count; i++)
		for (int k = 0; k < 2; k++) {
			struct snet__model_link *link = wanted->links[i];

			link->ends[k] = find_kept(rewire, link->ends[k]);
		}
	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].key)
			map->slots[i].value = find_kept(rewire, map->slots[i].value);
	keep_structs(rewire);
	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].key)
			map->slots[i].key =
				((struct snet__model_node *)map->slots[i].value)->name;
	/* The lab's name is its own, and others have borrowed it. */
	swap(wanted->name, former->name);
	swap(*wanted, *former);
	former->before = NULL;
	former->is_successor = true;
}

static void adopt_parts(struct snet__rewire *rewire)
{
	struct snet__run *run = rewire->run;
	const struct snet__model *model = &run->lab->model;

	for (size_t i = 0; i < model->node_count; i++)
		rewire->nodes[i]->node = model->nodes[i];
	for (size_t i = 0; i < model->link_count; i++)
		rewire->links[i]->link = model->links[i];
	swap(run->nodes, rewire->nodes);
	swap(run->links, rewire->links);
	run->node_count = model->node_count;
	run->link_count = model->link_count;
	free(rewire->nodes);
	free(rewire->links);
	rewire->nodes = run->nodes;
	rewire->links = run->links;
}

void snet__rewire_adopt(struct snet__rewire *rewire)
{
	struct snet__run *run = rewire->run;

	for (size_t i = 0; i < run->link_count; i++)
		if (!rewire->link_stays[i])
			free(run->links[i]);
	for (size_t i = 0; i < run->node_count; i++)
		if (!rewire->node_stays[i])
			snet__run_free_node(run->nodes[i]);
	adopt_model(rewire);
	adopt_parts(rewire);
}

int snet__rewire_reshape(const struct snet__rewire *rewire, size_t at,
			 struct snet_err *err)
{
	struct snet__run_link *link = rewire->run->links[at];
	const struct snet_impairment impairments[2] = {link->link->forth,
						       link->link->back};
	int r;

	if (rewire->is_resized[at]) {
		r = snet__cable_set(rewire->run, link, snet__iface_set_mtu,
				    snet__link_mtu(link->link), err);
		link->is_spoiled = r < 0;
		if (r < 0)
			return snet__err_prefix(err, r, "link '%s'", link->link->name);
	}
	return rewire->is_reshaped[at]
		       ? snet__shaping_set(rewire->run, link, impairments, err)
		       : 0;
}

void snet__rewire_unroute(const struct snet__rewire *rewire, size_t at)
{
	const struct snet__rewire_stale *stale = &rewire->stale[at];

	if (rewire->is_rerouted[at] && stale->count)
		snet__routes_remove(rewire->run, rewire->run->nodes[at], stale->hops,
				    stale->count);
}
