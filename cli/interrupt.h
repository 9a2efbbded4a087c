/* SPDX-License-Identifier: MIT */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* Commands that are ended by a signal in an orderly way: what they do is asked to stop, and a second
 * signal ends them at once. */

/* From now on. @folder: which such a second signal removes if nothing is in it; NULL: none. It alone:
 * those above it stay, also where they were made for it. Borrowed until the next call. */
void interrupt_take(const char *folder);
/* The signal that came, or 0. */
int interrupt_signal(void);
/* Say so, and return the exit code that goes with it. */
int interrupt_report(void);

#endif
