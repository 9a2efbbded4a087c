/* SPDX-License-Identifier: MIT */
/* snet doctor: what this machine can do, and what to do about what it cannot. */

#include <stdio.h>

#include "cli/cmd.h"
#include "cli/print.h"
#include "io/filter.h"
#include "sys/userns.h"
#include "topo/graph.h"

#define FINDINGS_MAX 64

static const struct {
	const char *word, *mark, *colour;
} levels[] = {
	[SNET__FINDING_OK] = {"ok", "\u2713", "\33[32m"},
	[SNET__FINDING_NOTE] = {"note", "\u00b7", "\33[33m"},
	[SNET__FINDING_PROBLEM] = {"problem", "\u2717", "\33[31m"},
};

static void print_json(const struct snet__finding *findings, size_t count)
{
	autojson *array = snet__json_new_array();
	autofree char *text = NULL;

	for (size_t i = 0; i < count; i++) {
		struct snet__json *item =
			snet__json_append(array, snet__json_new_object());

		snet__json_add_string(item, "what", findings[i].what);
		snet__json_add_string(item, "level", levels[findings[i].level].word);
		snet__json_add_string(item, "found", findings[i].found);
		snet__json_add_string(item, "remedy", findings[i].remedy);
	}
	text = snet__json_format(array);
	printf("%s\n", text ? text : "[]");
}

static void print_text(const struct snet__finding *findings, size_t count)
{
	bool colour = print_has_colour();
	size_t width = 0, columns;

	for (size_t i = 0; i < count; i++) {
		columns = print_columns(findings[i].what);
		width = columns > width ? columns : width;
	}
	for (size_t i = 0; i < count; i++) {
		const struct snet__finding *at = &findings[i];

		printf("%s%s%s ", colour ? levels[at->level].colour : "",
		       levels[at->level].mark, colour ? "\33[m" : "");
		print_fit(stdout, at->what, width);
		printf("  %s\n", at->found);
		if (at->remedy[0])
			printf("  %*s  %s\n", (int)width, "", at->remedy);
	}
}

static const char *graphviz_version(void)
{
	return snet__graph_svg.version();
}

/* What this build of snet can do beyond the machine. */
static const struct library {
	const char *name, *remedy;
	const char *(*version)(void); /* NULL: built without it */
} libraries[] = {
	{"libpcap", "for filters: apt-get install libpcap-dev, and build snet again",
	 snet__filter_version},
	{"graphviz",
	 "for pictures as SVG: apt-get install libgraphviz-dev, and build snet again",
	 graphviz_version},
};

static size_t check_build(struct snet__finding *findings, size_t count)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		const struct library *library = &libraries[i];
		struct snet__finding finding = {.what = library->name};
		const char *version = library->version();

		if (count == FINDINGS_MAX)
			return count;
		if (!version) {
			finding.level = SNET__FINDING_NOTE;
			(void)snprintf(finding.remedy, sizeof(finding.remedy), "%s",
				       library->remedy);
		}
		(void)snprintf(finding.found, sizeof(finding.found), "%s",
			       version ? version : "no: snet was built without it");
		findings[count++] = finding;
	}
	return count;
}

static int run(const struct call *call)
{
	struct snet__finding findings[FINDINGS_MAX];
	size_t count, problems = 0;

	count = snet__machine_check(findings, FINDINGS_MAX);
	count = check_build(findings, count);
	for (size_t i = 0; i < count; i++)
		problems += findings[i].level == SNET__FINDING_PROBLEM;
	if (call->json) {
		print_json(findings, count);
	} else {
		print_text(findings, count);
		printf("\n%s\n", problems ? "labs cannot run here" : "labs can run here");
	}
	return problems ? EXIT_FAILED : EXIT_DONE;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.args = "",
	.has_json = true,
	.is_apart = true,
	.help = "say what this machine can do, and what is missing",
	.run = run,
};
