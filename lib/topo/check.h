/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_CHECK_H
#define SNET_TOPO_CHECK_H

/* How the parts of a description fit together. check.c: references; check_names.c: names; check_net.c:
 * links; check_link.c: what happens on them; segment.c: what they join; subnet.c: addresses;
 * mac.c: hardware addresses. Nothing here takes more than n log n steps, whatever is wrong. */

#include "topo/model.h"
#include "topo/value.h"

enum snet__section {
	SNET__SECTION_LAB,
	SNET__SECTION_NODES,
	SNET__SECTION_LINKS,
	SNET__SECTION_BACKENDS,
};

struct snet__check {
	struct snet__model *model;
	struct snet__problems *problems;
	struct snet_err *err;
	/* Some entries could not even be named: no complaint about what is not there. */
	bool is_node_missing, is_link_missing, is_backend_missing;
	/* Optional: where the value of @key (NULL: the whole) of an entry stands. @name: of a
	 * backend, which has no number. */
	void (*locate)(void *user, enum snet__section section, size_t entry,
		       const char *name, const char *key, unsigned int *ret_line,
		       unsigned int *ret_column);
	void *user;
	bool is_running; /* what a lab says of itself: its files may be gone by now */

	/* The check's own. */
	const char **names; /* of all nodes, NULL-terminated; made when first needed */
	size_t guessed;     /* names compared so far for "did you mean" */
	uint32_t *degree;   /* links of each node */
	/* Files that links name, by path: struct snet__kept_file, or the model when it is wrong. */
	struct snet__map tables, traces;
	struct snet__map filters;    /* the same of filters, by expression */
	struct snet__map decisions;  /* files that they write: the link of each */
	struct snet__map replays[2]; /* and read again: forth, back */
	int r;                       /* -ENOMEM: everything is over */
};

/* -EINVAL with the problems added; -ENOMEM. */
int snet__check_run(struct snet__check *check);

/* Parts of it. @index: in the model's array; @key: NULL for the entry as a whole. */
__attribute__((format(printf, 5, 6))) void snet__check_complain(
	struct snet__check *check, enum snet__section section, size_t index,
	const char *key, const char *fmt, ...);
/* ", did you mean 'r0'?" or "": among nodes of a role, or all for -1. */
const char *snet__check_guess_node(struct snet__check *check, const char *name,
				   struct snet__shown *into, int role);
/* Also fills the model's node_by_name. */
void snet__check_names(struct snet__check *check);
void snet__check_links(struct snet__check *check);
void snet__check_impairments(struct snet__check *check);
void snet__check_segments(struct snet__check *check);
void snet__check_netem(struct snet__check *check); /* behind the segments */
void snet__check_addresses(struct snet__check *check);
void snet__check_macs(struct snet__check *check); /* behind the addresses */
/* Whether packets find a way between two nodes; true also when links are missing. */
bool snet__check_is_connected(const struct snet__check *check, size_t a, size_t b);
/* Whether a node is a switch, or may be one for all that is known. */
bool snet__check_is_switch(const struct snet__model_node *node);

#endif
