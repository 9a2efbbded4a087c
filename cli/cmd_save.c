/* SPDX-License-Identifier: MIT */
/* snet save: a running lab as a lab file that recreates it. */

#include <stdio.h>

#include "api/client.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/lab.h"
#include "cli/output.h"

#define ANSWER_MS 30000

/* What to ask for; paths are relative to the folder of the file that is written. */
static int make_target(char **ret, const struct call *call, const char *output,
		       struct snet_err *err)
{
	autofree char *folder = NULL, *encoded = NULL;
	int r;

	if (output) {
		r = snet__file_folder(&folder, output, err);
		if (r < 0)
			return r;
		encoded = snet__client_encode(folder);
		if (!encoded)
			return snet__err_oom(err);
	}
	*ret = snet__text_format("/v1/file?addresses=%d&states=%d%s%s",
				 call_option(call, "addresses") != NULL,
				 call_option(call, "states") != NULL,
				 encoded ? "&folder=" : "", encoded ? encoded : "");
	return *ret ? 0 : snet__err_oom(err);
}

/* An answer comes without the newline that ends it. */
static int write_file(const struct call *call, const char *answer, struct snet_err *err)
{
	autofree char *text = snet__text_format("%s\n", answer);

	return text ? output_write(call, text, SNET__FILE_PRIVATE, err)
		    : snet__err_oom(err);
}

static int run(const struct call *call)
{
	const char *name = NULL, *output = output_path(call);
	autofree char *target = NULL, *text = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (call_lab(&name, call, call->argv[0]) != EXIT_DONE ||
	    output_check(call) != EXIT_DONE)
		return EXIT_USAGE;
	r = lab_find(&lab, call, name, &err);
	if (r == 0)
		r = make_target(&target, call, output, &err);
	if (r == 0)
		r = snet__client_ask(&text, lab.sock, "GET", target, NULL, ANSWER_MS,
				     &err);
	if (r == 0)
		r = write_file(call, text, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	OUTPUT_OPTIONS,
	{.name = "addresses", .help = "give every node the address that it has now"},
	{.name = "states", .help = "give actuators the states that they have now"},
	{.name = NULL},
};

const struct cmd cmd_save = {
	.name = "save",
	.args = "[LAB]",
	.max = 1,
	.options = options,
	.help = "write a running lab as a lab file that recreates it",
	.details =
		"Paths in it are relative to the folder of FILE, or absolute when it goes to\n"
		"stdout.",
	.run = run,
};
