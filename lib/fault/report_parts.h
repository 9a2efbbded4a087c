/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_REPORT_PARTS_H
#define SNET_FAULT_REPORT_PARTS_H

/* What the formats of reports share: the numbers of a run, its words, and text that is safe where
 * it is put. */

#include <stdio.h>

#include "base/text.h"
#include "fault/ledger.h"
#include "fault/report.h"

/* Quantiles of the times from press to effect. */
struct snet__latency {
	size_t count;                            /* of acknowledged events */
	uint64_t p50_ns, p90_ns, p99_ns, max_ns; /* SNET__NEVER: some got nowhere */
};

/* The numbers of a run: what no format counts on its own. */
struct snet__digest {
	const struct snet__report *report;
	const struct snet__history *history;
	struct snet__ledger ledger;
	struct snet__tally {
		size_t presses, refused; /* those that made an event, and did not */
		size_t acknowledged, dropped;
		size_t outcomes[SNET_OUTCOME_FAILED + 1];
		size_t delivered, lost; /* of those that were acknowledged */
		size_t unrouted;        /* which no route of their relayer took */
		size_t commands, repeated;
	} tally;
	struct snet__latency latencies[SNET__PHASE_COUNT];
	char *why; /* the verdict, as a sentence without its end */
};
int snet__digest_init(struct snet__digest *ret, const struct snet__report *report,
		      struct snet_err *err);
void snet__digest_clear(struct snet__digest *digest);
/* report_json.c: "counts" and "latency" of report.json. NULL when memory is short. */
struct snet__json *snet__digest_counts(const struct snet__digest *digest);
struct snet__json *snet__digest_latency(const struct snet__digest *digest);

/* A format. Constant table; one file each, report_NAME.c. */
struct snet__report_format {
	const char *name; /* stable: on the command line */
	const char *file; /* in the folder of a run; NULL: none */
	/* Write all of it to memory; what cannot be written shows in ferror(@out). -ENOMEM. */
	int (*write)(FILE *out, const struct snet__digest *digest, struct snet_err *err);
};
extern const struct snet__report_format snet__report_json, snet__report_junit,
	snet__report_html, snet__report_text;

/* ---- report_words.c */

enum snet__fault_state {
	SNET__FAULT_SEEN,      /* it took effect */
	SNET__FAULT_UNSEEN,    /* it did not, and need not have */
	SNET__FAULT_PLANNED,   /* it never came to it, and need not have */
	SNET__FAULT_MISSING,   /* it never came to it, and should have */
	SNET__FAULT_POINTLESS, /* it had no effect, and should have had one */
	SNET__FAULT_BROKEN,    /* it could not be put in place, or did not heal */
};
enum snet__fault_state snet__fault_state(const struct snet__history_fault *fault);
/* "took effect", "no effect" ... */
const char *snet__fault_state_name(enum snet__fault_state state);
/* Of the fault alone, untrusted where it says nothing. In a run that is not violated, such as one that
 * was broken off, what it has not done says nothing either. */
enum snet_verdict snet__fault_verdict(const struct snet__digest *digest,
				      const struct snet__history_fault *fault);
/* Its name, and which time it is when there are several. Returns @text. */
const char *snet__fault_title(char text[static SNET__TITLE_MAX],
			      const struct snet__history_fault *fault);

/* "61.4 ms", "never". Returns @text. */
const char *snet__report_time(char text[static SNET__TIME_MAX], uint64_t ns);
#define SNET__QUANTILE_MAX 80
/* The same of a quantile of @count times; "3.35 s (the largest of 80)" where these are too few for it
 * to be another one. Returns @text. */
const char *snet__report_quantile(char text[static SNET__QUANTILE_MAX], uint64_t ns,
				  size_t count, double quantile);
/* "✓", "✗", "?" */
const char *snet__verdict_sign(enum snet_verdict verdict);

/* ---- report_escape.c: what comes from a run is not trusted. Control characters and what is no
 * UTF-8 become U+FFFD. */

/* A part of a line for a terminal; NULL is nothing. */
void snet__put_plain(FILE *out, const char *text);
/* Text, or what stands between quotes, of XML and HTML. */
void snet__put_markup(FILE *out, const char *text);

#endif
