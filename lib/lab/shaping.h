/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_SHAPING_H
#define SNET_LAB_SHAPING_H

/* The links of a lab whose packets do not simply pass. */

#include "lab/lab.h"
#include "link/shaper_user.h"

struct snet__guard;

/* What shapes a link, a member of lab/shaping_kind.h; NULL: nothing, it is a plain one. */
const struct snet__shaping_kind *snet__shaping_choose(
	const struct snet__model_link *link);
/* Have @link, which @former is to become, keep the shaper of that as long as it can do what is
 * asked, even if that is nothing: packets go on without a break. */
void snet__shaping_keep(struct snet__model_link *link,
			const struct snet__model_link *former);
/* Whether its cables are cut: see lab/fabric.h. */
bool snet__shaping_is_cut(const struct snet__model_link *link);
/* -ENOTSUP when a link asks for a shaper that is not there. */
int snet__shaping_check(const struct snet__model *model, struct snet_err *err);

/* Shape a link, once it is there; nothing for one that is shaped, or not to be. One that this fails
 * with is spoiled. */
int snet__shaping_start(struct snet__run *run, struct snet__run_link *link,
			struct snet_err *err);
/* Before its cables go. */
void snet__shaping_stop(struct snet__run *run, struct snet__run_link *link);
void snet__shaping_free(struct snet__run *run);
/* From one packet to the next: of a link that is shaped. */
int snet__shaping_set(struct snet__run *run, struct snet__run_link *link,
		      const struct snet_impairment impairments[2], struct snet_err *err);
/* Let @guard look at what comes in one direction, and take it away again; borrowed in between. It is
 * for a link that a thread of ours shapes: -ENOTSUP. */
int snet__shaping_add_guard(struct snet__run *run, struct snet__run_link *link,
			    bool is_back, struct snet__guard *guard,
			    struct snet_err *err);
void snet__shaping_remove_guard(struct snet__run *run, struct snet__run_link *link,
				bool is_back, struct snet__guard *guard);
/* @ret: two, forth and back. False when the link is not shaped. */
bool snet__shaping_count(const struct snet__run *run, const struct snet__run_link *link,
			 struct snet_link_counts ret[2]);
/* All links together that the lab's own threads shape. */
void snet__shaping_sum(const struct snet__run *run, struct snet__shaper_total *ret);
/* In short, @ret: two; of links that the lab's own threads shape as of the last
 * snet__shaping_sum(). False when the link is not shaped. */
bool snet__shaping_glance(const struct snet__run *run, const struct snet__run_link *link,
			  struct snet__shaper_total ret[2]);
/* {"packets", "lost", "queued"} of all links that the lab's own threads shape, to be freed; NULL when
 * there is none, or memory is short. */
char *snet__shaping_total(const struct snet__run *run);
/* {"p50", "p99", "max"}: how late in us packets left that were to wait, on links that the lab's own
 * thread shapes; NULL when there is none, or memory is short. */
struct snet__json *snet__shaping_lateness(const struct snet__run *run);
/* When more than this share of packets left late, more than one of them, the thread that shapes links
 * was starved: it did not get the processor when it was to send them. One in a hundred is late when
 * the machine has nothing else to do, see snet__calibration_late_ns(). */
#define SNET__STARVED_SHARE 0.05
/* What has left since @since, which is of snet__shaper_mark(), and NULL or a sentence that says that
 * it was starved meanwhile, to be freed. All zero, and NULL, when no thread of the lab's shapes. */
char *snet__shaping_starved(const struct snet__run *run,
			    const struct snet__shaper_moment *since,
			    struct snet__shaper_moment *ret);
/* Whether the shaper of a link tells the member of struct snet_link_counts at @offset. */
bool snet__shaping_tells(const struct snet__run_link *link, size_t offset);
/* Whether nothing passes in one direction or both: as it is described, or by a fault. */
bool snet__shaping_is_down(const struct snet__run *run,
			   const struct snet__run_link *link);
/* {"name", "from", "to", "shaper", "forth": {...}, "back": {...}}, to be freed: each direction with
 * the impairments in force, the faults that are at work there, if any, what its trace says now, if
 * anything, and its counts. NULL when memory is short. */
struct snet__json *snet__shaping_describe(const struct snet__run *run,
					  const struct snet__run_link *link);

#endif
