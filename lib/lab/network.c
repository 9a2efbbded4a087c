/* SPDX-License-Identifier: MIT */
/* The network of a lab: its switches, nodes and links in the kernel, and the names that its
 * nodes find in /etc/hosts. */

#include "lab/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/fabric.h"
#include "sys/netns.h"
#include "sys/process.h"

/* From this many nodes on a thread that makes namespaces ahead is worth its start. */
#define EXPECT_NODES 32

#define FILES_PER_NODE 3 /* namespace, socket, and some to spare */

static struct snet__run_node *node_at(struct snet__run *run, const char *name)
{
	return snet__run_find(run, name, NULL);
}

static int make_switches(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int r;

	for (size_t i = 0; i < model->node_count; i++) {
		if (model->nodes[i].role != SNET__ROLE_SWITCH)
			continue;
		r = snet__fabric_add_switch(run->fabric, model->nodes[i].name,
					    &run->nodes[i].port, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_switch(const struct snet__run_node *node)
{
	return node->node->role == SNET__ROLE_SWITCH;
}

static int plug_in(struct snet__run *run, struct snet__run_node *node, int at,
		   struct snet_err *err)
{
	const struct snet__run_node *relayer =
		node->node->relayer ? node_at(run, node->node->relayer) : NULL;
	struct snet__fabric_node plug = {
		.at = at,
		.ipv4 = node->node->ipv4,
		.prefix = run->lab->model.prefix,
		.neighbours = relayer ? &relayer->node->ipv4 : NULL,
		.neighbour_count = relayer ? 1 : 0,
	};

	return snet__fabric_add_node_with(run->fabric, &plug, &node->netns, err);
}

/* The namespace of a node comes with its first link to a switch: one request less. */
static int make_link(struct snet__run *run, const struct snet__model_link *link,
		     struct snet_err *err)
{
	struct snet__run_node *a = node_at(run, link->from), *b = node_at(run, link->to);
	unsigned int prefix = run->lab->model.prefix;

	if (is_switch(a) && is_switch(b))
		return snet__fabric_link_switches(run->fabric, a->port, b->port, err);
	if (is_switch(a)) {
		struct snet__run_node *swap = a;

		a = b;
		b = swap;
	}
	if (is_switch(b) && a->netns < 0)
		return plug_in(run, a, b->port, err);
	if (is_switch(b))
		return snet__fabric_link_node(run->fabric, a->netns, b->port,
					      a->node->ipv4, prefix, err);
	for (int i = 0; i < 2; i++) {
		struct snet__run_node *end = i ? b : a;
		int r = end->netns >= 0 ? 0
					: snet__fabric_add_node(run->fabric, -1, 0,
								prefix, &end->netns, err);

		if (r < 0)
			return r;
	}
	return snet__fabric_link_nodes(run->fabric, a->netns, a->node->ipv4, b->netns,
				       b->node->ipv4, prefix, err);
}

/* A relayer knows the hardware addresses of its devices, and they know its. */
static int make_neighbours(struct snet__run *run, struct snet__run_node *relayer,
			   struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	autofree uint32_t *devices = calloc(model->node_count, sizeof(*devices));
	size_t count = 0;

	if (!devices)
		return snet__err_oom(err);
	for (size_t i = 0; i < model->node_count; i++)
		if (model->nodes[i].role == SNET__ROLE_DEVICE &&
		    strcmp(model->nodes[i].relayer, relayer->node->name) == 0)
			devices[count++] = model->nodes[i].ipv4;
	return count ? snet__fabric_add_neighbours(relayer->netns, NULL, devices, count,
						   err)
		     : 0;
}

/* Every name of the lab, for programs in its nodes. */
static int write_hosts(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	autofree char *path = snet__text_format("%s/hosts", run->folder);
	char address[16];
	FILE *file;

	if (!path)
		return snet__err_oom(err);
	file = fopen(path, "we");
	if (!file)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	(void)fputs("127.0.0.1\tlocalhost\n", file);
	for (size_t i = 0; i < model->node_count; i++)
		if (model->nodes[i].ipv4)
			(void)fprintf(file, "%s\t%s\n",
				      snet__ipv4_format(address, model->nodes[i].ipv4),
				      model->nodes[i].name);
	if (ferror(file) | fclose(file))
		return snet__err_sys(err, -EIO, "cannot write '%s'", path);
	return snet__mntns_new(&run->mntns, path, err);
}

int snet__network_up(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int r;

	r = snet__process_allow_files(model->node_count * FILES_PER_NODE, err);
	if (r == 0)
		r = snet__fabric_new(&run->fabric, err);
	/* This thread enters the nodes' namespaces from here on, which it could not, without
	 * root, from the host's. */
	if (r == 0)
		r = snet__netns_settle(snet__fabric_netns(run->fabric), err);
	if (r == 0)
		snet__fabric_skip_filters(run->fabric);
	if (r == 0 && model->node_count >= EXPECT_NODES)
		r = snet__fabric_expect(run->fabric, model->node_count, err);
	if (r == 0)
		r = make_switches(run, err);
	for (size_t i = 0; i < model->link_count && r == 0; i++) {
		r = make_link(run, &model->links[i], err);
		if (r < 0)
			return snet__err_prefix(err, r, "link '%s'",
						model->links[i].name);
	}
	for (size_t i = 0; i < model->node_count && r == 0; i++)
		if (run->nodes[i].netns < 0 && !is_switch(&run->nodes[i]))
			r = snet__fabric_add_node(run->fabric, -1, 0, model->prefix,
						  &run->nodes[i].netns, err);
	for (size_t i = 0; i < model->node_count && r == 0; i++)
		if (model->nodes[i].role == SNET__ROLE_RELAYER)
			r = make_neighbours(run, &run->nodes[i], err);
	return r < 0 ? r : write_hosts(run, err);
}
