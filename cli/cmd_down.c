/* SPDX-License-Identifier: MIT */
/* snet down: end labs. Returns when everything they made is gone. */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/client.h"
#include "api/place.h"
#include "base/err.h"
#include "cli/cmd.h"
#include "cli/lab.h"
#include "sys/cgroup.h"

/* Deleting thousands of namespaces takes its time: half a minute for 20,000. */
#define ANSWER_MS 120000

/* Only when the process has ended is its store free for the next lab of that name. */
static bool has_ended(int process)
{
	struct pollfd poll_fd = {.fd = process, .events = POLLIN};

	return process >= 0 && poll(&poll_fd, 1, ANSWER_MS) == 1;
}

static int end_lab(const struct lab *lab, struct snet_err *err)
{
	autoclose int process = lab_open_process(lab->sock);
	autofree char *answer = NULL;
	int r;

	r = snet__client_ask(&answer, lab->sock, "POST", "/v1/down", NULL, ANSWER_MS,
			     err);
	/* No answer is one too, when somebody else has ended it meanwhile. */
	if (r < 0 && r != -EPROTO && r != -ECONNREFUSED && r != -ENOENT)
		return snet__err_prefix(err, r, "cannot end lab '%s'", lab->name);
	if (!has_ended(process))
		return snet__err_set(err, -ETIMEDOUT,
				     "lab '%s' does not end; its log says why",
				     lab->name);
	printf("lab '%s' is down\n", lab->name);
	return 0;
}

/* Of a lab that was killed, and who would have swept behind it as well. */
static int clean_up(const struct lab *lab, struct snet_err *err)
{
	snet__cgroup_sweep();
	if (unlink(lab->sock) < 0 && errno != ENOENT)
		return snet__err_sys(err, -errno, "cannot remove '%s'", lab->sock);
	snet__place_sweep(lab->sock);
	printf("lab '%s' had ended without 'snet down'; its socket is removed\n",
	       lab->name);
	return 0;
}

static int down_one(const struct lab *lab, struct snet_err *err)
{
	return lab_is_alive(lab->sock) ? end_lab(lab, err) : clean_up(lab, err);
}

static int down_all(void)
{
	struct snet_err err = {0};
	int status = EXIT_DONE;
	autolabs labs = {0};

	if (labs_list(&labs, &err) < 0)
		return call_fail(&err);
	for (size_t i = 0; i < labs.count; i++)
		if (down_one(&labs.items[i], &err) < 0)
			status = call_fail(&err);
	return status;
}

/* A dead socket counts as well: of the lab that was named, or when nothing else is there. */
static int find_dead(struct lab *ret, const char *name)
{
	autolabs labs = {0};

	if (labs_list(&labs, NULL) < 0)
		return -ENOENT;
	for (size_t i = 0; i < labs.count; i++) {
		if (name ? strcmp(labs.items[i].name, name) != 0 : labs.count > 1)
			continue;
		*ret = labs.items[i];
		labs.items[i] = (struct lab){0};
		return 0;
	}
	return -ENOENT;
}

static int run(const struct call *call)
{
	const char *name = call->argc ? call->argv[0] : call->lab;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (call->argc && call->lab && strcmp(call->lab, name) != 0)
		return call_usage(call, "two labs are named, '%s' and '%s'", name,
				  call->lab);
	if (call_option(call, "all") && name)
		return call_usage(call, "--all and the lab '%s' exclude each other",
				  name);
	if (call_option(call, "all"))
		return down_all();

	r = lab_find(&lab, call, name, &err);
	if (r == -ENOENT)
		r = find_dead(&lab, name);
	if (r < 0 || down_one(&lab, &err) < 0)
		return call_fail(&err);
	return EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "all", .help = "all labs of this user"},
	{.name = NULL},
};

const struct cmd cmd_down = {
	.name = "down",
	.args = "[LAB]",
	.max = 1,
	.options = options,
	.help = "end a lab, and wait until all that it made is gone",
	.run = run,
};
