/* SPDX-License-Identifier: MIT */
/* snet status: the nodes and links of a lab. */

#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/fitness.h"
#include "cli/print.h"
#include "cli/saved.h"

#define ANSWER_MS 10000

static const char *address_of(const struct snet__json *at)
{
	const char *address = snet__json_string(at);

	return address ? address : "?";
}

/* The first two, or the first of IPv4 and its one of IPv6: routers have many, and --json has them
 * all. */
static char *join_addresses(const struct snet__json *node)
{
	const struct snet__json *addresses = snet__json_get(node, "addresses"),
				*first = snet__json_first(addresses),
				*second = first ? snet__json_next(first) : NULL;
	size_t count = snet__json_count(addresses);
	autofree char *others = NULL;

	if (!second)
		return strdup(first ? address_of(first) : "-");
	if (count == 3)
		others = snet__text_format(" %s", address_of(snet__json_next(second)));
	else if (count > 3)
		others = snet__text_format(" +%zu", count - 2);
	for (const struct snet__json *at = second; at; at = snet__json_next(at))
		if (strchr(address_of(at), ':')) {
			second = at;
			break;
		}
	return snet__text_format("%s %s%s", address_of(first), address_of(second),
				 others ? others : "");
}

/* "running, pid 7, 2 restarts", "exited 3", "restarting, killed by SIGSEGV", or the state of a
 * node that is no program. */
static char *print_state(const struct snet__json *node)
{
	const struct snet__json *program = snet__json_get(node, "program");
	const char *signal = snet__json_get_string(program, "signal");
	double pid = snet__json_number(snet__json_get(program, "pid"), 0);
	double code = snet__json_number(snet__json_get(program, "exit_code"), 0);
	double restarts = snet__json_number(snet__json_get(program, "restarts"), 0);
	autofree char *state = print_value(node, "state"), *how = NULL, *again = NULL;
	bool is_restarting = state && strcmp(state, "restarting") == 0;

	if (!program)
		return steal_ptr(state);
	if (pid > 0)
		how = snet__text_format("running, pid %.0f", pid);
	else if (state && strcmp(state, "running") == 0)
		how = strdup("running"); /* a container on its way */
	else if (signal)
		how = snet__text_format("killed by %s", signal);
	else
		how = snet__text_format("exited %.0f", code);
	if (restarts > 0)
		again = snet__text_format(", %.0f restart%s", restarts,
					  restarts > 1 ? "s" : "");
	return snet__text_format("%s%s%s", is_restarting ? "restarting, " : "",
				 how ? how : "", again ? again : "");
}

static void print_notes(const struct snet__json *nodes)
{
	const struct snet__json *node = snet__json_first(nodes);

	for (; node; node = snet__json_next(node)) {
		const char *note =
			snet__json_get_string(snet__json_get(node, "program"), "note");
		const char *name = snet__json_get_string(node, "name");

		if (note && name)
			printf("%s: %s\n", name, note);
	}
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
		autofree char *state = print_state(node);

		table_add(&table, name, kind, address, relayer, state, NULL);
	}
	table_print(&table);
}

static bool has_shaper(const struct snet__json *links)
{
	const struct snet__json *link = snet__json_first(links);

	while (link && !snet__json_get(link, "shaper"))
		link = snet__json_next(link);
	return link;
}

/* Forth and back together; "-" for a link that nobody counts at. */
static char *add_ways(const struct snet__json *link, const char *key)
{
	double sum =
		snet__json_number(snet__json_get(snet__json_get(link, "forth"), key), -1);

	if (sum < 0)
		return strdup("-");
	sum += snet__json_number(snet__json_get(snet__json_get(link, "back"), key), 0);
	return snet__text_format("%.0f", sum);
}

/* The last columns only where a link has something in them. */
static void print_links(const struct snet__json *links)
{
	const char *shaper = has_shaper(links) ? "SHAPER" : NULL;
	const struct snet__json *link;
	autotable table = {0};

	table_add(&table, "LINK", "FROM", "TO", "UP", shaper, "PACKETS", "LOST", "QUEUED",
		  NULL);
	for (link = snet__json_first(links); link; link = snet__json_next(link)) {
		autofree char *name = print_value(link, "name");
		autofree char *from = print_value(link, "from");
		autofree char *to = print_value(link, "to");
		autofree char *shaped = shaper ? print_value(link, "shaper") : NULL;
		autofree char *packets = add_ways(link, "packets");
		autofree char *lost = add_ways(link, "lost");
		autofree char *queued = add_ways(link, "queued");
		bool up = snet__json_is_true(snet__json_get(link, "up"));

		table_add(&table, name, from, to, up ? "yes" : "no", shaped, packets,
			  lost, queued, NULL);
	}
	table_print(&table);
}

static int run(const struct call *call)
{
	autojson *status = NULL, *fitness = NULL;
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
	fitness = lab.sock ? fitness_ask(lab.sock) : NULL;
	if (call->json) {
		if (fitness)
			(void)snet__json_add(status, "calibration", steal_ptr(fitness));
		text = snet__json_format(status);
		printf("%s\n", text ? text : "{}");
		return EXIT_DONE;
	}
	if (!lab.sock)
		printf("lab '%s' is down; this is how it was left\n\n", lab.name);
	print_nodes(snet__json_get(status, "nodes"));
	print_notes(snet__json_get(status, "nodes"));
	printf("\n");
	print_links(snet__json_get(status, "links"));
	fitness_print(stdout, "warning: ", fitness, NULL);
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
