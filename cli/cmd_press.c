/* SPDX-License-Identifier: MIT */
/* snet press: press a button, or make any device send an event. */

#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/lab.h"
#include "cli/print.h"
#include "cli/waterfall.h"

/* A device keeps an event that nobody acknowledges for 60 s, and then says that it is lost: who
 * waits a little longer hears that. */
#define ACK_MS 65000

/* An event ends, one way or another, within its time to live, which is 60 s by default; the
 * lab answers --wait at the latest after WAIT_MS. */
#define WAIT_MS "600000"

static int check_data(const char *data, struct snet_err *err)
{
	autojson *json = NULL;
	int r;

	r = snet__json_parse(&json, data, strlen(data), err);
	return r < 0 ? snet__err_prefix(err, r, "--data is not JSON: '%s'", data) : 0;
}

static int print_acknowledged(const char *answer)
{
	autojson *json = NULL;

	if (snet__json_parse(&json, answer, strlen(answer), NULL) < 0)
		return EXIT_FAILED;
	printf("%s pressed, event %s\n", snet__json_get_string(json, "node"),
	       snet__json_get_string(json, "id"));
	return EXIT_DONE;
}

/* No answer is no failure: the device has the event. */
static void explain_late(const char *node, struct snet_err *err)
{
	struct snet_err why = *err;

	(void)snet__err_set(err, why.code,
			    "%s: the event of '%s' is queued and may still be delivered; "
			    "'snet events' lists it once it is",
			    why.msg, node);
}

static int press(char **ret, const struct lab *lab, const char *node, const char *data,
		 bool wait, struct snet_err *err)
{
	autofree char *name = snet__client_encode(node), *target = NULL;

	if (name)
		target = snet__text_format("/v1/nodes/%s/press%s", name,
					   wait ? "?wait=" WAIT_MS : "");
	if (!target)
		return snet__err_oom(err);
	return snet__client_ask(ret, lab->sock, "POST", target, data, wait ? -1 : ACK_MS,
				err);
}

static int run(const struct call *call)
{
	const char *data = call_option(call, "data");
	bool wait = call_option(call, "wait");
	autofree char *answer = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (data && check_data(data, &err) < 0)
		return call_usage(call, "%s", err.msg);
	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	r = press(&answer, &lab, call->argv[0], data, wait, &err);
	if (r == -ETIMEDOUT)
		explain_late(call->argv[0], &err);
	if (r < 0)
		return lab_fail(&err);
	if (wait) {
		r = waterfall_print(answer, call->json, &err);
		return r < 0 ? call_fail(&err) : r ? EXIT_FAILED : EXIT_DONE;
	}
	if (!call->json)
		return print_acknowledged(answer);
	printf("%s\n", answer);
	return EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "wait", .help = "wait for the end of the event, and print its trace"},
	{.name = "data",
	 .arg = "JSON",
	 .help = "the event's data, instead of the node's own"},
	{.name = NULL},
};

const struct cmd cmd_press = {
	.name = "press",
	.args = "NODE",
	.min = 1,
	.max = 1,
	.has_json = true,
	.options = options,
	.help = "press a button: send an event from its network namespace",
	.details =
		"Returns when the relayer has acknowledged the event, which then survives the\n"
		"death of any process. With --wait the exit code is 0 when the event is done,\n"
		"1 when it has failed or expired.",
	.run = run,
};
