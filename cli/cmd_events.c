/* SPDX-License-Identifier: MIT */
/* snet events: what the relayers of a lab have journaled. */

#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/print.h"
#include "cli/saved.h"

/* Source, type and data get the columns that they mostly need; more is cut on a terminal only
 * by the terminal itself, so that nothing is lost in a pipe. */
static void print_event(const char *line, bool json)
{
	autojson *event = NULL;

	if (json || snet__json_parse(&event, line, strlen(line), NULL) < 0) {
		printf("%s\n", line);
	} else {
		autofree char *time = print_value(event, "time");
		autofree char *source = print_value(event, "source");
		autofree char *type = print_value(event, "type");
		autofree char *id = print_value(event, "id");
		autofree char *data = print_value(event, "data");

		/* RFC 3339 up to the milliseconds: 2026-11-23T21:09:00.123 */
		printf("%.23s  ", time);
		print_fit(stdout, print_source(source), 12);
		printf("  ");
		print_fit(stdout, type, 8);
		printf("  %s  %s\n", id, data);
	}
	(void)fflush(stdout);
}

static int read_lab(const struct lab *lab, bool follow, bool json, struct snet_err *err)
{
	autostream *stream = NULL;
	const char *line;
	int r;

	r = snet__client_stream_open(&stream, lab->sock,
				     follow ? "/v1/events?follow=1" : "/v1/events", err);
	if (r < 0)
		return r;
	while ((r = snet__client_stream_read(stream, -1, &line, err)) != 0) {
		if (r == -EAGAIN)
			continue;
		if (r < 0)
			return r;
		if (*line)
			print_event(line, json);
		if (ferror(stdout))
			return snet__err_set(err, -EPIPE, "cannot write the events");
	}
	return 0;
}

static int print_stored(void *user, uint64_t seq, const char *event,
			enum snet_outcome outcome)
{
	print_event(event, *(const bool *)user);
	return ferror(stdout);
}

static int read_store(const struct lab *lab, bool json, struct snet_err *err)
{
	autostore *store = NULL;
	int r;

	r = snet_store_open(&store, lab->folder, err);
	if (r < 0)
		return r;
	return snet_store_events(store, 0, print_stored, &json, err);
}

static int run(const struct call *call)
{
	bool follow = call_option(call, "follow");
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	r = follow ? lab_find(&lab, call, NULL, &err) : lab_find_any(&lab, call, &err);
	if (r < 0)
		return call_fail(&err);
	r = lab.sock ? read_lab(&lab, follow, call->json, &err)
		     : read_store(&lab, call->json, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "follow", .help = "go on with new events until the lab ends"},
	{.name = NULL},
};

const struct cmd cmd_events = {
	.name = "events",
	.args = "",
	.has_json = true,
	.options = options,
	.help = "list the events of a lab, oldest first",
	.details =
		"With --json one CloudEvent a line. The events of a lab that is down, named with\n"
		"--lab, are read from its store.",
	.run = run,
};
