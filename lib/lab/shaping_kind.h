/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_SHAPING_KIND_H
#define SNET_LAB_SHAPING_KIND_H

#include "lab/lab.h"
#include "link/trace_ops.h"

/* What makes impairments real. Constant table; shaping.c is the only caller, and calibrate.c asks
 * what is there. */
struct snet__shaping_kind {
	const char *name;
	enum snet_shaper shaper; /* of a link that wants it and no other */
	bool is_cut; /* it stands between the halves of a cable: see lab/fabric.h */
	/* -ENOTSUP, and what it cannot do. */
	int (*can)(const struct snet__model_link *link, struct snet_err *err);
	/* Whether this machine has it. Any thread. */
	bool (*is_there)(struct snet_err *err);
	/* On the lab's thread, when the cables are there. What was begun of a start that failed
	 * is ended by stop(). */
	int (*start)(struct snet__run *run, struct snet__run_link *link,
		     struct snet_err *err);
	int (*set)(struct snet__run *run, struct snet__run_link *link,
		   const struct snet_impairment impairments[2], struct snet_err *err);
	/* Before the cables go. */
	void (*stop)(struct snet__run *run, struct snet__run_link *link);
	/* Forth and back; false when that cannot be told. What traces say now is put into
	 * @ret_traces, two that are zero, unless it is NULL. */
	bool (*count)(const struct snet__run *run, const struct snet__run_link *link,
		      struct snet_link_counts ret[2],
		      struct snet__trace_moment *ret_traces);
};

extern const struct snet__shaping_kind snet__shaping_user, snet__shaping_netem;
/* All, in the order in which they are preferred; NULL ends it. */
extern const struct snet__shaping_kind *const snet__shaping_kinds[];

#endif
