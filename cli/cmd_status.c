/* SPDX-License-Identifier: MIT */
/* snet status: the nodes and links of a lab. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/fitness.h"
#include "cli/print.h"
#include "cli/saved.h"

#define ANSWER_MS        10000
#define UNSHAPED_COLUMNS 4

/* A name, or "-" for none. */
static const char *cell_of(const struct snet__json *of, const char *key)
{
	const char *name = snet__json_get_string(of, key);

	return name ? name : "-";
}

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

/* What is to be printed: links only where one has something in them have the last columns. */
struct view {
	struct table nodes, links;
	struct snet__text_buffer notes;
	double expected; /* nodes and links */
	size_t count;
	bool has_shaper;
};

static void clear_view(struct view *view)
{
	table_clear(&view->nodes);
	table_clear(&view->links);
	free(view->notes.data);
}

static void add_note(struct view *view, const struct snet__json *node)
{
	const char *note = snet__json_get_string(snet__json_get(node, "program"), "note");
	autofree char *line = NULL;

	if (!note)
		return;
	line = snet__text_format("%s: %s\n", cell_of(node, "name"), note);
	if (line)
		snet__text_add(&view->notes, line, strlen(line));
}

static void add_node(struct view *view, const struct snet__json *node)
{
	autofree char *address = join_addresses(node);
	autofree char *state = print_state(node);

	table_add(&view->nodes, cell_of(node, "name"), cell_of(node, "kind"), address,
		  cell_of(node, "relayer"), state, NULL);
	add_note(view, node);
	view->count++;
}

/* "12/9", forth and back; "-" for a link that nobody counts at. */
static char *join_ways(const struct snet__json *link, const char *key)
{
	double forth =
		snet__json_number(snet__json_get(snet__json_get(link, "forth"), key), -1);
	double back =
		snet__json_number(snet__json_get(snet__json_get(link, "back"), key), -1);

	return forth < 0 || back < 0 ? strdup("-")
				     : snet__text_format("%.0f/%.0f", forth, back);
}

static void add_link(struct view *view, const struct snet__json *link)
{
	const char *up = snet__json_is_true(snet__json_get(link, "up")) ? "yes" : "no",
		   *shaper = snet__json_get_string(link, "shaper");
	autofree char *packets = shaper ? join_ways(link, "packets") : NULL;
	autofree char *lost = shaper ? join_ways(link, "lost") : NULL;
	autofree char *queued = shaper ? join_ways(link, "queued") : NULL;

	table_add(&view->links, cell_of(link, "name"), cell_of(link, "from"),
		  cell_of(link, "to"), up, shaper ? shaper : "-", packets ? packets : "-",
		  lost ? lost : "-", queued ? queued : "-", NULL);
	view->has_shaper |= shaper != NULL;
	view->count++;
}

static void begin_view(struct view *view)
{
	clear_view(view);
	*view = (struct view){0};
	table_add(&view->nodes, "NODE", "KIND", "ADDRESS", "RELAYER", "STATE", NULL);
	table_add(&view->links, "LINK", "FROM", "TO", "UP", "SHAPER", "PACKETS", "LOST",
		  "QUEUED", NULL);
}

/* A first line says what is to come, also once more when the lab has changed meanwhile. */
static void take_line(struct view *view, const struct snet__json *line)
{
	const struct snet__json *node = snet__json_get(line, "node");
	const struct snet__json *link = snet__json_get(line, "link");

	if (node) {
		add_node(view, node);
	} else if (link) {
		add_link(view, link);
	} else {
		begin_view(view);
		view->expected = snet__json_number(snet__json_get(line, "nodes"), -1) +
				 snet__json_number(snet__json_get(line, "links"), -1);
	}
}

/* Line by line: a tree of ten thousand nodes takes longer than all else. */
static int read_running(struct view *view, const char *sock, struct snet_err *err)
{
	autostream *stream = NULL;
	const char *text = NULL;
	int r;

	r = snet__client_stream_open(&stream, sock, "/v1/status?lines=1", err);
	if (r < 0)
		return r;
	while ((r = snet__client_stream_read(stream, ANSWER_MS, &text, err)) > 0) {
		autojson *line = NULL;

		r = snet__json_parse(&line, text, strlen(text), err);
		if (r < 0)
			return snet__err_prefix(err, -EPROTO, "the lab's answer");
		take_line(view, line);
	}
	if (r == -EAGAIN)
		return snet__err_set(err, -ETIMEDOUT, "the lab does not answer");
	if (r == 0 && (double)view->count != view->expected)
		return snet__err_set(err, -EPROTO, "the lab has ended");
	return r;
}

static int read_saved(struct view *view, const struct lab *lab, struct snet_err *err)
{
	const struct snet__json *at;
	autojson *status = NULL;
	int r = saved_get_status(&status, lab, err);

	if (r < 0)
		return r;
	begin_view(view);
	at = snet__json_first(snet__json_get(status, "nodes"));
	for (; at; at = snet__json_next(at))
		add_node(view, at);
	at = snet__json_first(snet__json_get(status, "links"));
	for (; at; at = snet__json_next(at))
		add_link(view, at);
	return 0;
}

static int print_text(const struct lab *lab, struct snet_err *err)
{
	cleanup_with(clear_view) struct view view = {0};
	autojson *fitness = NULL;
	int r;

	r = lab->sock ? read_running(&view, lab->sock, err) : read_saved(&view, lab, err);
	if (r < 0)
		return r;
	if (!lab->sock)
		printf("lab '%s' is down; this is how it was left\n\n", lab->name);
	table_print(&view.nodes);
	printf("%s\n", view.notes.data ? view.notes.data : "");
	if (!view.has_shaper)
		view.links.shown = UNSHAPED_COLUMNS;
	table_print(&view.links);
	fitness = lab->sock ? fitness_ask(lab->sock) : NULL;
	fitness_print(stdout, "warning: ", fitness, NULL);
	return 0;
}

static int print_json(const struct lab *lab, struct snet_err *err)
{
	autojson *status = NULL, *fitness = NULL;
	autofree char *text = NULL;
	int r;

	if (lab->sock)
		r = snet__client_call(&status, lab->sock, "GET", "/v1/status?counts=1",
				      NULL, ANSWER_MS, err);
	else
		r = saved_get_status(&status, lab, err);
	if (r < 0)
		return r;
	fitness = lab->sock ? fitness_ask(lab->sock) : NULL;
	if (fitness)
		(void)snet__json_add(status, "calibration", steal_ptr(fitness));
	text = snet__json_format(status);
	printf("%s\n", text ? text : "{}");
	return 0;
}

static int run(const struct call *call)
{
	struct snet_err err = {0};
	autolab lab = {0};
	int r = lab_find_any(&lab, call, &err);

	if (r == 0)
		r = call->json ? print_json(&lab, &err) : print_text(&lab, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "",
	.has_json = true,
	.help = "list the nodes, states and links of a lab",
	.details =
		"Packets of shaped links, those of them that were lost, and those that are on\n"
		"their way now are of both directions: forth/back.\n"
		"Of a lab that is down, named with --lab, it shows what its store holds.",
	.run = run,
};
