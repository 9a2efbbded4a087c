/* SPDX-License-Identifier: MIT */
/* Writes the reports of runs that never were, each into a folder of its own that it makes.
 *
 * usage: made_reports FOLDER */

#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "made_run.h"

#define HOSTILE                                                                    \
	"</style></title></svg><script>document.body.remove()</script><img src=x " \
	"onerror=alert(1)>&quot;\"'\x01\x1b[31m\xff\xef\xbf\xbf]]>--><!--"

static const struct {
	const char *folder;
	struct made_run_opts opts;
} runs[] = {
	{"held", {.events = 20, .seconds = 10, .has_faults = true}},
	{"violated",
	 {.events = 400, .seconds = 20, .is_violated = true, .has_faults = true}},
	{"many",
	 {.events = 100000, .seconds = 60, .is_violated = true, .has_faults = true}},
	{"hostile",
	 {.events = 200,
	  .seconds = 10,
	  .is_violated = true,
	  .has_faults = true,
	  .name = HOSTILE}},
	{"nothing", {.seconds = 1}},
};

static int save(const char *folder, const struct made_run_opts *opts)
{
	struct snet_err err = {0};
	struct made_run run;
	int r;

	made_run_init(&run, opts);
	r = snet__report_save(&run.report, folder, &err);
	if (r < 0)
		fprintf(stderr, "made_reports: %s\n", err.msg);
	made_run_clear(&run);
	return r;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs) && argc == 2; i++) {
		autofree char *path = snet__text_format("%s/%s", argv[1], runs[i].folder);

		if (!path || mkdir(path, 0777) < 0 || save(path, &runs[i].opts) < 0)
			return 1;
	}
	return argc != 2;
}
