/* SPDX-License-Identifier: MIT */
/* What the reports of a run with 100,000 events cost: the time for all of them, and their sizes. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "folder.h"
#include "made_run.h"

#define EVENTS 100000
#define ROUNDS 5

static double size_mb(const char *folder, const char *name)
{
	autofree char *path = snet__text_format("%s/%s", folder, name);
	struct stat found;

	if (!path || stat(path, &found) < 0) {
		perror("bench_report");
		exit(1);
	}
	return (double)found.st_size / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct made_run *run, const char *folder)
{
	struct snet_err err = {0};
	double seconds[ROUNDS];
	uint64_t start;

	for (int i = 0; i < ROUNDS; i++) {
		start = snet__clock_ns();
		if (snet__report_save(&run->report, folder, &err) < 0) {
			fprintf(stderr, "bench_report: %s\n", err.msg);
			exit(1);
		}
		seconds[i] = (double)(snet__clock_ns() - start) / 1e9;
	}
	qsort(seconds, ROUNDS, sizeof(*seconds), compare);
	printf("{\"bench\":\"report_%d\",\"seconds\":%.3f,\"min\":%.3f,\"max\":%.3f,"
	       "\"html_mb\":%.3f,\"json_mb\":%.3f,\"junit_mb\":%.3f}\n",
	       EVENTS, seconds[ROUNDS / 2], seconds[0], seconds[ROUNDS - 1],
	       size_mb(folder, "report.html"), size_mb(folder, "report.json"),
	       size_mb(folder, "junit.xml"));
}

int main(void)
{
	const struct made_run_opts opts = {.events = EVENTS,
					   .seconds = 600,
					   .is_violated = true,
					   .has_faults = true};
	struct test_folder folder;
	struct made_run run;

	made_run_init(&run, &opts);
	test_folder_new(&folder);
	measure(&run, folder.path);
	test_folder_free(&folder);
	made_run_clear(&run);
	return 0;
}
