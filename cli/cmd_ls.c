/* SPDX-License-Identifier: MIT */
/* snet ls: the labs of this user that run. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/lab.h"
#include "cli/print.h"

/* A lab that takes longer than this to say its name hangs, and is said to. */
#define ANSWER_MS 2000

static void add_row(struct table *table, const struct snet__json *lab)
{
	autofree char *name = print_value(lab, "lab"), *pid = print_value(lab, "pid");
	autofree char *nodes = print_value(lab, "nodes"),
		      *links = print_value(lab, "links");
	autofree char *since = print_value(lab, "since");

	table_add(table, name, pid, nodes, links, since, NULL);
}

/* Ask one lab. A lab that ends meanwhile is none. False when it hangs. */
static bool add_lab(struct table *table, struct snet__json *array, const struct lab *lab)
{
	struct snet_err err = {0};
	struct snet__json *answer = NULL;
	int r;

	if (!lab_is_alive(lab->sock))
		return true;
	r = snet__client_call(&answer, lab->sock, "GET", "/v1/lab", NULL, ANSWER_MS,
			      &err);
	if (r < 0 && r != -ETIMEDOUT)
		return true;
	if (r < 0) {
		fprintf(stderr, "snet: lab '%s' does not answer\n", lab->name);
		return false;
	}
	add_row(table, answer);
	(void)snet__json_append(array, answer);
	return true;
}

static int run(const struct call *call)
{
	autojson *array = snet__json_new_array();
	autofree char *text = NULL;
	struct snet_err err = {0};
	autotable table = {0};
	autolabs labs = {0};
	bool good = true;

	if (labs_list(&labs, &err) < 0)
		return call_fail(&err);
	table_add(&table, "LAB", "PID", "NODES", "LINKS", "SINCE", NULL);
	for (size_t i = 0; i < labs.count; i++)
		if (!call->lab || strcmp(call->lab, labs.items[i].name) == 0)
			good &= add_lab(&table, array, &labs.items[i]);
	text = snet__json_format(array);
	if (call->json)
		printf("%s\n", text ? text : "[]");
	else
		table_print(&table);
	return good ? EXIT_DONE : EXIT_FAILED;
}

const struct cmd cmd_ls = {
	.name = "ls",
	.args = "",
	.has_json = true,
	.help = "list the labs that run",
	.run = run,
};
