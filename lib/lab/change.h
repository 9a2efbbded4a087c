/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_CHANGE_H
#define SNET_LAB_CHANGE_H

/* Changes of a lab that runs. There is one way to change it: a model of the whole lab as it is
 * to be is compared with the one that runs, and the difference carried out. What is in both and
 * the same is not touched. */

#include "lab/lab.h"
#include "topo/diff.h"

/* What a text is, with which a lab is to be changed. */
enum snet__change_mode {
	SNET__CHANGE_TO,   /* the lab as it is to be */
	SNET__CHANGE_PLUS, /* nodes, links, backends to be added */
};

struct snet__change_request {
	enum snet__change_mode mode;
	const char *text; /* a lab file */
	const char *
		folder; /* what its relative paths are relative to; NULL: the process's own */
	const char *const
		*nodes; /* NULL: a text; else nodes to be removed, with their links */
	size_t node_count;
	/* NULL, or a link that is to be impaired otherwise, in the directions of @ways, forth and
	 * back: as @text says, an object, or @impairment. */
	const char *link;
	bool ways[2];
	const struct snet_impairment *impairment;
	bool is_dry; /* only compare */
};

/* Read what a program says of @link: which of its directions, forth and back. -EINVAL. */
int snet__change_read_ways(bool ret[2], const char *link, enum snet_direction direction,
			   struct snet_err *err);

/* A change that was thought out: no request to the kernel yet. */
struct snet__change_plan {
	struct snet__model wanted;
	struct snet__diff diff;
};

/* Any thread, which is to hold the lab and lab->changing from here until the plan is cleared.
 * -EINVAL with @problems filled when the text is wrong; -ENOTSUP, too, for what takes the
 * lab down and up; -ENOENT for a node. To be cleared also after a failure. */
int snet__change_plan(struct snet__change_plan *plan, const struct snet_lab *lab,
		      const struct snet__change_request *request,
		      struct snet__problems *problems, struct snet_err *err);
void snet__change_plan_clear(struct snet__change_plan *plan);
/* Check and plan @wanted, and compare it with the model that runs. */
int snet__change_compare(const struct snet__model *model, struct snet__model *wanted,
			 struct snet__problems *problems, struct snet__diff *diff,
			 struct snet_err *err);

/* On the lab's thread, and first: the programs that end in it are asked to. */
int snet__run_stop_changed(struct snet__run *run, struct snet__change_plan *plan,
			   struct snet_err *err);
/* Carry it out, on that thread in pieces, between which the lab goes on. After a failure the lab is
 * as before, as far as that is possible. New devices may not have registered yet:
 * snet__run_is_ready(). */
int snet__change_carry_out(struct snet_lab *lab, struct snet__change_plan *plan,
			   struct snet_err *err);
/* On the lab's thread: end what lives in a node and let it begin anew, its namespace, links and
 * address kept. @fresh: as if it had never been, its state is that of the description. -ENOENT,
 * -EINVAL for a switch or host, in which nothing lives. */
int snet__run_restart(struct snet__run *run, const char *name, bool fresh,
		      struct snet_err *err);

/* Let what lives in a node begin, in which nothing does: from the store. */
int snet__run_begin(struct snet__run *run, struct snet__run_node *node,
		    struct snet_err *err);

/* All steps, the waiting for new devices included, of which the change of a link has none, by a
 * thread that is not the lab's and may wait. 0 with what changes as JSON (snet__diff_json()) and as
 * lines (snet__diff_format()), to be freed. The errors are those above, -ETIMEDOUT, -ENOTCONN when the
 * lab goes down. */
int snet__lab_change(struct snet_lab *lab, const struct snet__change_request *request,
		     struct snet__problems *problems, struct snet__json **ret_json,
		     char **ret_lines, struct snet_err *err);

#endif
