/* SPDX-License-Identifier: MIT */
#ifndef SNET_LINK_SCRIBE_H
#define SNET_LINK_SCRIBE_H

/* What is decided about packets, written to files that topo/decision_file.h reads. A thread of its
 * own writes, within a second or so, so that no disk keeps the one waiting that decides. A log of
 * which anything is missing does not have the mark of the end. */

#include "topo/decision.h"

struct snet__scribe;
struct snet__sheet;

int snet__scribe_new(struct snet__scribe **ret, struct snet_err *err);
/* All sheets are closed. Accepts NULL. */
void snet__scribe_free(struct snet__scribe *scribe);

/* The file @name is made anew, but one that this scribe has written before goes on: it is that of
 * one run. Open and close are for one thread at a time. Codes of open(2), -EINVAL (no file),
 * -ENOMEM. */
int snet__scribe_open(struct snet__scribe *scribe, struct snet__sheet **ret,
		      const char *name, struct snet_err *err);
/* When nobody adds any more. It may wait for a disk; what was added is in the file then, or the
 * loss told as a warning. Accepts NULL. */
void snet__scribe_close(struct snet__sheet *sheet);
/* By the thread that decides, one for a sheet. Waits for nothing. */
void snet__sheet_add(struct snet__sheet *sheet, const struct snet__decision *decision);

#endif
