/* SPDX-License-Identifier: MIT */
/* snet graph: a picture of a lab file, or of a lab that runs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <snet/snet.h>

#include "api/client.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/lab.h"
#include "cli/lab_file.h"
#include "cli/output.h"
#include "topo/graph.h"

#define ANSWER_MS   30000
#define FORMATS_MAX 16

static int unknown_format(const struct call *call, const char *name)
{
	const char *names[FORMATS_MAX + 1] = {NULL};

	for (size_t i = 0; i < FORMATS_MAX && snet__graph_at(i); i++)
		names[i] = snet__graph_at(i)->name;
	return call_unknown(call, "format", name, names);
}

static bool has_suffix(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot && dot != name && dot[1];
}

/* What --format says, else what the name of the file says, else dot. */
static int find_format(const struct snet__graph_format **ret, const struct call *call)
{
	const char *name = call_option(call, "format"), *output = output_path(call);

	*ret = &snet__graph_dot;
	if (name) {
		*ret = snet__graph_find(name);
		return *ret ? EXIT_DONE : unknown_format(call, name);
	}
	if (output && snet__graph_find_suffix(output))
		*ret = snet__graph_find_suffix(output);
	else if (output && has_suffix(output))
		return call_usage(call,
				  "'%s' ends with no known format: --format names one",
				  output);
	return EXIT_DONE;
}

static int draw_running(char **ret, const struct call *call, const struct lab *lab,
			const struct snet__graph_format *format, struct snet_err *err)
{
	struct snet__graph_opts opts = {.all = call_option(call, "all")};
	autofree char *text = NULL;
	autojson *status = NULL;
	int r;

	r = snet__client_ask(&text, lab->sock, "GET", "/v1/file", NULL, ANSWER_MS, err);
	if (r == 0)
		r = snet__client_call(&status, lab->sock, "GET", "/v1/status", NULL,
				      ANSWER_MS, err);
	opts.status = status;
	if (r == 0)
		r = snet__graph_draw_text(ret, text, format->name, &opts, err);
	return r;
}

/* Of a file that was checked, without a name of the lab what "snet up" would call it. */
static int draw_file(char **ret, const struct call *call, const char *text,
		     const char *folder, const struct snet__graph_format *format,
		     struct snet_err *err)
{
	const struct snet_graph_opts opts = {.size = sizeof(opts),
					     .all = call_option(call, "all")};
	char name[SNET__TEXT_NAME_MAX + 1];
	struct snet_lab *lab = NULL;
	int r;

	r = snet_lab_new(&lab, snet__text_name_after(name, call->argv[0], "lab"), err);
	if (r == 0)
		r = snet_lab_parse(lab, text, folder, err);
	if (r == 0)
		r = snet_lab_graph(lab, format->name, &opts, ret, err);
	snet_lab_free(lab);
	return r;
}

/* Whether the argument is a file: what is no name of a lab, or of none that runs, and there is such a
 * file, or it is called like one. */
static bool is_file(const char *argument, const struct lab *lab)
{
	if (!argument || lab->sock)
		return false;
	return !snet__text_is_name(argument) || has_suffix(argument) ||
	       access(argument, F_OK) == 0;
}

static int run(const struct call *call)
{
	const char *argument = call->argc ? call->argv[0] : NULL;
	const struct snet__graph_format *format;
	autofree char *picture = NULL, *text = NULL, *folder = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r = -ENOENT, status;

	if (argument && call->lab)
		return call_usage(call, "'%s' and --lab exclude each other", argument);
	if (find_format(&format, call) != EXIT_DONE || output_check(call) != EXIT_DONE)
		return EXIT_USAGE;
	if (!argument || snet__text_is_name(argument))
		r = lab_find(&lab, call, argument, &err);
	if (is_file(argument, &lab)) {
		status = lab_file_check(&text, &folder, argument);
		if (status != EXIT_DONE)
			return status;
		r = draw_file(&picture, call, text, folder, format, &err);
	} else if (r == 0)
		r = draw_running(&picture, call, &lab, format, &err);
	if (r == 0)
		r = output_write(call, picture, SNET__FILE_SHARED, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "format",
	 .arg = "dot|mermaid|svg",
	 .help = "default: what FILE ends with, or dot"},
	{.name = "all", .help = "every node, also in a lab of more than 200 devices"},
	OUTPUT_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_graph = {
	.name = "graph",
	.args = "[LAB|FILE]",
	.max = 1,
	.options = options,
	.help = "draw the network of a lab that runs, or of a lab file",
	.details =
		"Links are labelled with what happens to packets on them. Of a lab that runs it\n"
		"shows the states of devices, too, and which links are down. Where there are many\n"
		"devices, those that are alike and on the same switch are one box.",
	.run = run,
};
