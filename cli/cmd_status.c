/* SPDX-License-Identifier: MIT */
/* snet status: the nodes and links of a lab. */

#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/print.h"
#include "cli/saved.h"

#define ANSWER_MS 10000

static char *join_addresses(const struct snet__json *node)
{
	const struct snet__json *addresses = snet__json_get(node, "addresses"), *at;
	char *text = NULL;

	for (at = snet__json_first(addresses); at; at = snet__json_next(at)) {
		autofree char *before = text;
		const char *address = snet__json_string(at);

		text = snet__text_format("%s%s%s", before ? before : "",
					 before ? " " : "", address ? address : "?");
	}
	return text ? text : strdup("-");
}

static void print_nodes(const struct snet__json *nodes)
{
	const struct snet__json *node;
	autotable table = {0};

	table_add(&table, "NODE", "KIND", "ADDRESS", "RELAYER", "STATE", NULL);
	for (node = snet__json_first(nodes); node; node = snet__json_next(node)) {
		autofree char *name = print_value(node, "name");
		autofree char *kind = print_value(node, "kind");
		autofree char *address = join_addresses(node);
		autofree char *relayer = print_value(node, "relayer");
		autofree char *state = print_value(node, "state");

		table_add(&table, name, kind, address, relayer, state, NULL);
	}
	table_print(&table);
}

static void print_links(const struct snet__json *links)
{
	const struct snet__json *link;
	autotable table = {0};

	table_add(&table, "LINK", "FROM", "TO", "UP", NULL);
	for (link = snet__json_first(links); link; link = snet__json_next(link)) {
		autofree char *name = print_value(link, "name");
		autofree char *from = print_value(link, "from");
		autofree char *to = print_value(link, "to");
		bool up = snet__json_is_true(snet__json_get(link, "up"));

		table_add(&table, name, from, to, up ? "yes" : "no", NULL);
	}
	table_print(&table);
}

static int run(const struct call *call)
{
	autojson *status = NULL;
	autofree char *text = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int r;

	if (lab_find_any(&lab, call, &err) < 0)
		return call_fail(&err);
	if (lab.sock)
		r = snet__client_call(&status, lab.sock, "GET", "/v1/status", NULL,
				      ANSWER_MS, &err);
	else
		r = saved_get_status(&status, &lab, &err);
	if (r < 0)
		return call_fail(&err);
	if (call->json) {
		text = snet__json_format(status);
		printf("%s\n", text ? text : "{}");
		return EXIT_DONE;
	}
	if (!lab.sock)
		printf("lab '%s' is down; this is how it was left\n\n", lab.name);
	print_nodes(snet__json_get(status, "nodes"));
	printf("\n");
	print_links(snet__json_get(status, "links"));
	return EXIT_DONE;
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "",
	.has_json = true,
	.help = "list the nodes, states and links of a lab",
	.details =
		"Of a lab that is down, named with --lab, it shows what its store holds.",
	.run = run,
};
