/* SPDX-License-Identifier: MIT */
#include "lab/announce.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "lab/bridges.h"
#include "sys/announcement.h"

/* Descriptors are few; what is over it waits for the kernel. */
#define SOCKETS_MAX 256

/* All stations of a segment hear each announcement. There are not to be more of those times these
 * than 500 stations that all tell where they are. Beyond that switches are told all places, see
 * lab/switches.c, and what is new in such numbers was hardly known as something else. */
#define HEARD_MAX 250000

struct snet__announce_segment {
	size_t new_count; /* interfaces */
	bool is_rejoined; /* a cable between its switches is new */
};

static void find_rejoined(const struct snet__announce *announce,
			  const struct snet__model_link *link)
{
	const struct snet__model_node *end = link->ends[0];

	for (size_t i = 0; i < end->bridge_count; i++)
		if (snet__link_carries(link, end->bridges[i].vlan) &&
		    snet__node_find_bridge(link->ends[1], end->bridges[i].vlan))
			announce->segments[end->bridges[i].segment].is_rejoined = true;
}

static void find(const struct snet__announce *announce,
		 const struct snet__model_link *link)
{
	bool is_trunk = true;

	for (int i = 0; i < 2; i++) {
		const struct snet__model_iface *iface =
			snet__node_find_iface(link->ends[i], link);

		if (!iface)
			continue;
		announce->segments[iface->segment].new_count++;
		is_trunk = false;
	}
	if (is_trunk)
		find_rejoined(announce, link);
}

int snet__announce_new(struct snet__announce *announce, struct snet__run *run,
		       struct snet_err *err)
{
	*announce = (struct snet__announce){.run = run};
	for (size_t i = 0; i < run->link_count; i++) {
		if (!run->links[i]->is_silent)
			continue;
		if (!announce->segments)
			announce->segments = calloc(run->lab->model.segment_count + 1,
						    sizeof(*announce->segments));
		if (!announce->segments)
			return snet__err_oom(err);
		find(announce, run->links[i]->link);
	}
	return 0;
}

static bool has_to_tell(const struct snet__announce *announce,
			const struct snet__model_iface *iface)
{
	const struct snet__run *run = announce->run;
	const struct snet__announce_segment *here = &announce->segments[iface->segment];
	size_t count = run->lab->model.segments[iface->segment].station_count;

	if (here->is_rejoined && count * count <= HEARD_MAX)
		return true;
	return run->links[iface->link->index]->is_silent &&
	       here->new_count * count <= HEARD_MAX;
}

static void tell(const struct snet__run *run, int fd, const struct snet__model_node *node,
		 const struct snet__model_iface *iface)
{
	const struct snet__model *model = &run->lab->model;
	const struct snet__run_link *link = run->links[iface->link->index];
	unsigned char ipv6[16];
	struct snet__announcement what = {
		.ipv4 = iface->ipv4,
		.ipv6 = model->has_ipv6 ? ipv6 : NULL,
		.forwards = snet__role_forwards(node->role),
		.is_reply = snet__bridges_is_quiet(&model->segments[iface->segment]),
	};

	memcpy(what.mac, iface->mac, sizeof(what.mac));
	snet__model_ipv6(ipv6, model, iface->ipv4);
	if (link->number_count)
		(void)snet__announcement_send(fd, link->numbers[0], &what, NULL);
}

static int open_socket(const struct snet__run_node *node)
{
	autoclose int netns = -1;
	int fd = -1;

	if (snet__run_open_netns(node, &netns, NULL) == 0)
		(void)snet__announcement_open(&fd, netns, NULL); /* it stays -1 */
	return fd;
}

static void keep_socket(struct snet__announce *announce, int fd)
{
	if (announce->socket_count < SOCKETS_MAX &&
	    snet__vec_reserve(&announce->sockets, &announce->socket_cap,
			      announce->socket_count + 1, sizeof(*announce->sockets),
			      NULL) == 0)
		announce->sockets[announce->socket_count++] = fd;
	else
		close(fd);
}

void snet__announce_node(struct snet__announce *announce, size_t at)
{
	const struct snet__model_node *node;
	int fd = -1;

	if (!announce->segments)
		return;
	node = announce->run->nodes[at]->node;
	for (size_t i = 0; i < node->iface_count; i++) {
		if (!has_to_tell(announce, &node->ifaces[i]))
			continue;
		if (fd < 0)
			fd = open_socket(announce->run->nodes[at]);
		if (fd < 0)
			return;
		tell(announce->run, fd, node, &node->ifaces[i]);
	}
	if (fd >= 0)
		keep_socket(announce, fd);
}

void snet__announce_close(struct snet__announce *announce)
{
	while (announce->socket_count)
		close(announce->sockets[--announce->socket_count]);
}

void snet__announce_clear(struct snet__announce *announce)
{
	for (size_t i = 0; announce->segments && i < announce->run->link_count; i++)
		announce->run->links[i]->is_silent = false;
	snet__announce_close(announce);
	free(announce->sockets);
	free(announce->segments);
	*announce = (struct snet__announce){.run = announce->run};
}

void snet__announce_all(struct snet__run *run)
{
	struct snet__announce announce;

	if (snet__announce_new(&announce, run, NULL) == 0)
		for (size_t i = 0; i < run->node_count; i++)
			snet__announce_node(&announce, i);
	snet__announce_clear(&announce);
}
