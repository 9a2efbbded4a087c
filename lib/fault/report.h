/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_REPORT_H
#define SNET_FAULT_REPORT_H

/* What a run has come to, for people and for programs. A report is made of what is known of the run
 * and of nothing else, so that the same run has the same report whenever it is written. */

#include "fault/verdict.h"

/* All borrowed during the calls below. */
struct snet__report {
	const struct snet__history *history;
	const struct snet__expectation *expectations;
	const struct snet__judgement *judgements; /* of each expectation */
	size_t count;
	enum snet_verdict verdict;
	const char *reason;  /* what no expectation says; or NULL */
	const char *command; /* how to run it again; or NULL */
	const struct snet__json *calibration, *machine; /* or NULL */
};

/* Into a folder that exists: report.json, junit.xml, report.html. Codes of open(2) and write(2),
 * -ENOMEM. */
int snet__report_save(const struct snet__report *report, const char *folder,
		      struct snet_err *err);
/* To be freed: "json", "junit", "html", or "text" for a terminal. -EINVAL names them, -ENOMEM. */
int snet__report_format(const struct snet__report *report, const char *format, char **ret,
			struct snet_err *err);

#define SNET__TITLE_MAX 160
/* Of the one with that index: its own name, or the checker's and what distinguishes it, such as
 * "delivery exactly-once" or "latency p99 during", and a number when others before it are called the
 * same. Cut where it is longer. Returns @text. */
const char *snet__expectation_title(char text[static SNET__TITLE_MAX],
				    const struct snet__expectation *expectations,
				    size_t index);

#endif
