/* SPDX-License-Identifier: MIT */
/* snet trace: what became of one event. */

#include <stdio.h>
#include <stdlib.h>

#include "api/client.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/saved.h"
#include "cli/waterfall.h"

#define ANSWER_MS 10000

static int ask_lab(char **ret, const struct lab *lab, const char *id,
		   struct snet_err *err)
{
	autofree char *encoded = snet__client_encode(id), *target = NULL;

	if (encoded)
		target = snet__text_format("/v1/traces/%s", encoded);
	if (!target)
		return snet__err_oom(err);
	return snet__client_ask(ret, lab->sock, "GET", target, NULL, ANSWER_MS, err);
}

static int read_store(char **ret, const struct lab *lab, const char *id,
		      struct snet_err *err)
{
	struct snet_trace *trace = NULL;
	autostore *store = NULL;
	int r;

	r = snet_store_open(&store, lab->folder, err);
	if (r < 0)
		return r;
	r = snet_store_trace(store, id, &trace, err);
	if (r < 0)
		return r;
	*ret = snet_trace_json(trace);
	snet_trace_free(trace);
	return *ret ? 0 : snet__err_oom(err);
}

static int run(const struct call *call)
{
	const char *id = call->argv[0];
	autofree char *answer = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (lab_find_any(&lab, call, &err) < 0)
		return call_fail(&err);
	r = lab.sock ? ask_lab(&answer, &lab, id, &err)
		     : read_store(&answer, &lab, id, &err);
	if (r >= 0)
		r = waterfall_print(answer, call->json, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

const struct cmd cmd_trace = {
	.name = "trace",
	.args = "EVENT",
	.min = 1,
	.max = 1,
	.has_json = true,
	.help = "show what became of an event, step by step",
	.details =
		"EVENT is the id that 'snet press' and 'snet events' print. The events of a lab\n"
		"that is down, named with --lab, are read from its store.",
	.run = run,
};
