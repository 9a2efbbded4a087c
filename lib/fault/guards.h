/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_GUARDS_H
#define SNET_FAULT_GUARDS_H

/* The guards of one fault: on which links they stand, and what they have seen and stopped. */

#include "fault/kind.h"
#include "link/guard.h"

struct snet__posts {
	struct snet__post {
		size_t link; /* number in the model */
		bool is_back;
		bool is_placed;
		struct snet__guard guard;
	} * items;
	size_t count, cap;
	bool is_marked; /* whoever looks at the links is told of the fault by other means */
};

/* Room for one more, zeroed but for the link; NULL when memory is short. */
struct snet__guard *snet__posts_add(struct snet__posts *posts, size_t link, bool is_back);
void snet__posts_clear(struct snet__posts *posts);
/* All at once. */
int snet__posts_place(struct snet__posts *posts, const struct snet__injection *injection,
		      struct snet_err *err);
int snet__posts_remove(struct snet__posts *posts, const struct snet__injection *injection,
		       struct snet_err *err);
uint64_t snet__posts_seen(const struct snet__posts *posts);
/* What they have stopped, as a fault's effect. */
void snet__posts_measure(const struct snet__posts *posts, struct snet__effect *effect);
/* Have the links of @set be shaped by a thread of ours. -ENOTSUP */
int snet__links_adapt(const struct snet__set *set, const char *fault,
		      struct snet__model *model, struct snet_err *err);

#endif
