/* SPDX-License-Identifier: MIT */
#include "cli/fitness.h"

#include <string.h>

#include "api/client.h"

#define ANSWER_MS 10000

struct snet__json *fitness_ask(const char *sock)
{
	autojson *lab = NULL;

	if (snet__client_call(&lab, sock, "GET", "/v1/lab", NULL, ANSWER_MS, NULL) < 0)
		return NULL;
	return snet__json_copy(snet__json_get(lab, "calibration"));
}

void fitness_print(FILE *to, const char *before, const struct snet__json *fitness,
		   const char *link)
{
	const struct snet__json *at =
		snet__json_first(snet__json_get(fitness, "exceeded"));
	const char *unusable = snet__json_get_string(fitness, "unusable");
	const char *starved =
		snet__json_get_string(snet__json_get(fitness, "late"), "starved");

	if (unusable)
		fprintf(to, "%s%s\n", before, unusable);
	for (; at; at = snet__json_next(at)) {
		const char *of = snet__json_get_string(at, "link");
		const char *text = snet__json_get_string(at, "text");

		if (text && (!link || (of && strcmp(of, link) == 0)))
			fprintf(to, "%s%s\n", before, text);
	}
	if (starved && !link)
		fprintf(to, "%s%s\n", before, starved);
}
