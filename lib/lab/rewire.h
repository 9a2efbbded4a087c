/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_REWIRE_H
#define SNET_LAB_REWIRE_H

/* From the network of one model to that of another, with all that is in both left as it is. */

#include "lab/lab.h"
#include "lab/peers.h"

struct snet__rewire {
	struct snet__run *run;
	struct snet__model
		*wanted;   /* checked and planned; holds the former model afterwards */
	size_t node_count; /* of the wanted model */
	/* By number in the wanted model; NULL: to be made. */
	struct snet__run_node **nodes;
	struct snet__run_link **links;
	/* By number in the former model: goes on in the wanted one. */
	bool *node_stays, *link_stays;
	struct snet__peers peers; /* of the former model, until it is not any more */
	/* By number in the wanted model: the node's description is another, its routes are. */
	bool *is_changed, *is_rerouted;
	/* By number in the wanted model: a link that stays is impaired otherwise, has another MTU. */
	bool *is_reshaped, *is_resized;
	/* By the same number: routes of the node that the wanted one has not. They go last: until
	 * then those that take their place are there. */
	struct snet__rewire_stale {
		struct snet__model_hop *hops;
		size_t count;
	} * stale;
};

/* Find out what stays, and make room for the rest; nothing is done yet. */
int snet__rewire_new(struct snet__rewire *rewire, struct snet__run *run,
		     struct snet__model *wanted, struct snet_err *err);
void snet__rewire_clear(struct snet__rewire *rewire);
/* Before snet__rewire_adopt(): whether a node, by its number in the wanted model, does not stay. */
bool snet__rewire_is_made(const struct snet__rewire *rewire, size_t index);
/* In this order; what cannot fail is void. In between, everybody sees the lab as it is described
 * before the change, and from snet__rewire_adopt() on as it is to be: links that are not there have
 * no numbers, nodes no namespace. @at: a link, a node, by its number at that time. */
void snet__rewire_remove_source(const struct snet__rewire *rewire, size_t at);
/* What a node that stays knows for good of interfaces that do not, it knows no longer: other nodes
 * may have their addresses. */
void snet__rewire_forget_peers(const struct snet__rewire *rewire, size_t at);
void snet__rewire_unplug(struct snet__rewire *rewire, size_t at);
void snet__rewire_remove_bridges(struct snet__rewire *rewire, size_t at);
/* The fabric has been swept, and what lived in nodes that go, or are changed, has ended. Next,
 * snet__network_begin(). */
void snet__rewire_adopt(struct snet__rewire *rewire);
/* When the network is there: a link that stays may be impaired otherwise, or have another MTU, and a
 * node that stays may have had other routes. */
int snet__rewire_reshape(const struct snet__rewire *rewire, size_t at,
			 struct snet_err *err);
void snet__rewire_unroute(const struct snet__rewire *rewire, size_t at);

#endif
