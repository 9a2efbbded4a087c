/* SPDX-License-Identifier: MIT */
/* Any bytes as a lab file: no crash, no leak, and what is accepted can be planned, written
 * and read again. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "topo/model.h"

/* What was accepted once must be accepted again, as it was written. */
static void read_again(const struct snet__model *model)
{
	struct snet__problems problems = {0};
	struct snet__model again;
	char *text = snet__model_format(model, NULL), *twice;

	snet__model_init(&again);
	if (!text ||
	    snet__model_read(&again, text, strlen(text), NULL, &problems, NULL) < 0)
		abort();
	twice = snet__model_format(&again, NULL);
	if (!twice || strcmp(text, twice) != 0)
		abort();
	free(twice);
	free(text);
	snet__problems_clear(&problems);
	snet__model_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snet__problems problems = {0};
	struct snet_err err = {0};
	struct snet__model model;
	int r;

	snet__model_init(&model);
	r = snet__model_read(&model, (const char *)data, size, NULL, &problems, &err);
	if ((r < 0) != (problems.count > 0) || (r < 0 && !err.msg[0]))
		abort();
	if (r == 0 && snet__model_plan(&model, &err) < 0)
		abort();
	if (r == 0 && model.node_count < 1000)
		read_again(&model);
	snet__problems_clear(&problems);
	snet__model_clear(&model);
	return 0;
}
