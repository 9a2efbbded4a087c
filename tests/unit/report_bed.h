/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REPORT_BED_H
#define TESTS_REPORT_BED_H

/* A made run and its reports, for the tests of both. */

#include "made_run.h"

/* All that must not get through: tags, quotes, entities, an escape sequence of a terminal, what is no
 * UTF-8, and what XML has no character for. */
#define HOSTILE "</td><script>alert('x')</script>&\"\x01\x1b[31m\xff\xef\xbf\xbf]]>-->"

extern struct made_run run;
extern struct snet_err err;
extern const char *const formats[4];

/* Fixtures: 400 events with findings; 100 of those names; 20,000 events. */
void setup_run(void);
void setup_hostile(void);
void setup_many(void);
void teardown_run(void);

/* The run's report, to be freed. */
char *format(const char *name);
/* How often @word is in @text. */
size_t count(const char *text, const char *word);
void need(const char *text, const char *word);

#endif
