/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_VARIANT_H
#define SNET_FAULT_VARIANT_H

/* Scenarios that are like another one but for their faults and their workload: by its JSON, so that
 * whatever is tried can be written down as a file and run again. */

#include "fault/scenario.h"
#include "io/json.h"

struct snet__origin {
	struct snet__json *root;
	char *folder; /* of its file */
	bool is_lab;  /* its text is no scenario */
};

/* Of the text of a scenario; or of a lab, of which each device that can be pressed is pressed once and
 * everything is expected to be delivered exactly once. @path: the file's. What it names is named by
 * absolute paths afterwards, but for its lab and what that names. -EINVAL (no JSON object), -ENOMEM. */
int snet__origin_parse(struct snet__origin *ret, const char *text, const char *path,
		       const char *folder, struct snet_err *err);
void snet__origin_clear(struct snet__origin *origin);

/* Its JSON with another timeline: an array, which is taken. NULL when memory is short. */
struct snet__json *snet__variant_new(const struct snet__json *root,
				     struct snet__json *timeline);
/* Give it the lab of @scenario, which was read from it, so that it needs no file for that; what the
 * lab names is named by absolute paths. -ENOMEM. */
int snet__variant_set_lab(struct snet__json *root, const struct snet__scenario *scenario,
			  struct snet_err *err);
/* Into a file: @scenario as it was read, with @seed, and named by absolute paths whatever it names.
 * It has the credentials of its lab: a new one is for its owner alone. Codes of open(2) and
 * write(2), -ENOMEM. */
int snet__variant_save(const struct snet__scenario *scenario, uint64_t seed,
		       const char *path, struct snet_err *err);
/* Read it. */
int snet__variant_read(struct snet__scenario *ret, const struct snet__json *root,
		       const char *folder, struct snet_err *err);

#endif
