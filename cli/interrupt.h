/* SPDX-License-Identifier: MIT */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* Commands that are ended by a signal in an orderly way. Those that interrupt_take() prepares are asked
 * to stop what they do, and a second signal ends them at once. */

/* Have @handler called, or SIG_IGN or SIG_DFL, by what ends commands: SIGINT and SIGTERM, also where a
 * script's '&' has the first ignored: who sends it there means it; and SIGHUP unless that was ignored
 * from the start, as by nohup(1). */
void interrupt_heed(void (*handler)(int number));

/* From now on. @folder: which such a second signal removes if nothing is in it; NULL: none. It alone:
 * those above it stay, also where they were made for it. Borrowed until the next call. */
void interrupt_take(const char *folder);
/* The signal that came, or 0. */
int interrupt_signal(void);
/* Say so, and return the exit code that goes with it. */
int interrupt_report(void);

#endif
