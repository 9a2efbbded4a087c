/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_READY_H
#define SNET_LAB_READY_H

/* Which devices are waited for until they have registered, and how long. */

#include "lab/lab.h"

/* Room for the names of a few devices. */
#define SNET__READY_TEXT_MAX 320

/* On the lab's thread: look which devices cannot register, as the lab is described: every way to their relayer is down.
 * Nobody waits for them. Those that could not and now can are asked to at once. -ENOMEM. */
int snet__ready_find(struct snet__run *run, struct snet_err *err);
/* How long all others may take. */
unsigned int snet__ready_ms(const struct snet__model *model);
/* "'a' is missing", "'a', 'b' and 3 more are missing": of those that are waited for. */
void snet__ready_missing(char text[static SNET__READY_TEXT_MAX],
			 const struct snet__run *run);
/* Who is not waited for, and why; false when there are none. */
bool snet__ready_warning(char text[static SNET__READY_TEXT_MAX],
			 const struct snet__run *run);
/* The same by any thread; false for a lab that is not up, too. */
bool snet__ready_ask(char text[static SNET__READY_TEXT_MAX], struct snet_lab *lab);

#endif
