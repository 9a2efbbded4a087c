/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_BREAKAGE_H
#define SNET_LAB_BREAKAGE_H

/* What can be done to the nodes of a running lab to break them, and to mend them again. What is
 * broken is what lives in a node; its namespace, links and addresses stay. Who breaks what for how
 * long is not known here. While the lab is up all of it is on its thread, and not called from an
 * observer's callback or one of the node's own: what calls those may be what ends. */

#include "lab/lab.h"

#define SNET__BREAKAGE_TEXT 128

/* To which node, and how much of it. */
struct snet__breakage {
	const char *node;
	unsigned int millicpus; /* "slow": thousandths of a CPU that are left to it */
	int64_t offset_ns;      /* "skew": what is added to the time of day */
	/* "full", of a process: a folder (NULL: where it works) and the size of its disk (0: 16 MiB),
	 * to which goes what is written there; what was in the folder is there as well. */
	const char *folder;
	uint64_t size_bytes;
};

/* What is seen of a node. */
struct snet__breakage_sight {
	/* CLOCK_MONOTONIC; 0: all that is known is that it is so now. */
	uint64_t since_ns;
	char text[SNET__BREAKAGE_TEXT]; /* in words */
};

/* A kind of breakage. Constant table; breakage.c is its only caller. */
struct snet__breakage_kind {
	const char *name;
	const char *done; /* in messages: "'sw0' cannot be DONE" */
	/* Of programs it must be asked for before the lab is up: they are started otherwise. */
	bool is_prepared;
	/* Whether this can be done: 0, -EINVAL (not to such a node) or -ENOTSUP (not on this machine)
	 * with the reason. The node need not live yet. */
	int (*can)(const struct snet__model_node *node,
		   const struct snet__breakage *breakage, struct snet_err *err);
	/* Also again, with another measure, while it lasts. */
	int (*begin)(struct snet__run_node *node, const struct snet__breakage *breakage,
		     struct snet_err *err);
	/* All as before, as far as it can be. Also of what has ended by itself: the node was begun
	 * anew meanwhile. */
	int (*end)(struct snet__run_node *node, const struct snet__breakage *breakage,
		   struct snet_err *err);
	/* What lives in the node was killed and has just begun again: do it to that as well. Optional:
	 * what it is done to has outlived the kill. */
	void (*renew)(struct snet__run_node *node);
	/* Whether it is in effect, as the kernel or the store tells it and not as it was ordered;
	 * @sight, zeroed, is what was seen. */
	bool (*observe)(struct snet__run_node *node,
			const struct snet__breakage *breakage,
			struct snet__breakage_sight *sight);
};

/* "kill": What lives in it ends at once, with nothing tidied, and is not begun again before end().
 *         A program gets SIGKILL, with all that it has started. Of the others the memory is gone,
 *         and what they had answered but not sent; what they had written to the store is there.
 *         Events that a device could not hand over are told to observers as dropped. end() begins
 *         it from the store. At a relayer the devices of ours register anew then; commands for
 *         a program that had registered there wait until it does so again by itself.
 * "pause": It stands still, and nobody else does. A program's processes are stopped (SIGSTOP), as
 *         those that run functions; of the others no timer fires, and what comes waits in their
 *         sockets. A button can be pressed: what it sends waits. What begins again meanwhile, after
 *         a kill, stands still as well.
 * "slow": A program has less of a CPU, by a cgroup.
 * "skew": A process has another time of day, by a library that is loaded into it: prepared.
 * "full": A write of a process to one of its folders finds no space, but for what it removes there
 *         itself: prepared. To a relayer it is the store that cannot be written to; since that is
 *         the store of the whole lab, no relayer acknowledges anything meanwhile, and no device
 *         its commands. */
extern const struct snet__breakage_kind snet__breakage_kill, snet__breakage_pause,
	snet__breakage_slow, snet__breakage_skew, snet__breakage_full;

/* NULL for none. */
const struct snet__breakage_kind *snet__breakage_find_kind(const char *name);
/* Before the lab is up: it is to come. Does nothing for kinds that need no preparation. -EBUSY, and
 * those of can(). */
int snet__breakage_prepare(const struct snet__breakage_kind *kind, struct snet_lab *lab,
			   const struct snet__breakage *breakage, struct snet_err *err);
/* May be done to a node several times at once: it stays so until the last has ended, and of those
 * that say how much the newest that lasts is in effect. -EHOSTDOWN for what could not be begun
 * anew. */
int snet__breakage_begin(const struct snet__breakage_kind *kind, struct snet__run *run,
			 const struct snet__breakage *breakage, struct snet_err *err);
/* @breakage as it began. A node that is in the lab no more is mended. */
int snet__breakage_end(const struct snet__breakage_kind *kind, struct snet__run *run,
		       const struct snet__breakage *breakage, struct snet_err *err);
bool snet__breakage_observe(const struct snet__breakage_kind *kind, struct snet__run *run,
			    const struct snet__breakage *breakage,
			    struct snet__breakage_sight *ret);

/* What was begun and has not ended, of a node's list; the strings are not kept. */
struct snet__breakage_held {
	const struct snet__breakage_kind *kind;
	unsigned int millicpus;
	int64_t offset_ns;
	struct snet__breakage_held *next;
};
void snet__breakage_free_held(struct snet__run_node *node);

/* What was prepared of a node, copied; of a lab's list. */
struct snet__breakage_prepared {
	const struct snet__breakage_kind *kind;
	char *node;
	char *folder;
	uint64_t size_bytes;
	struct snet__breakage_prepared *next;
};
/* NULL: nothing. */
const struct snet__breakage_prepared *snet__breakage_find_prepared(
	const struct snet__breakage_kind *kind, const struct snet_lab *lab,
	const char *node);
void snet__breakage_free_prepared(struct snet_lab *lab);

/* For kinds: all else that is done to a node lasts in what has begun again in it. */
void snet__breakage_renew(struct snet__run_node *node);
/* For kinds: -EINVAL unless @node is a program. */
int snet__breakage_check_program(const struct snet__model_node *node,
				 struct snet_err *err);

#endif
