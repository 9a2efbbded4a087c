/* SPDX-License-Identifier: MIT */
/* snet link: what happens to the packets of a link of a running lab, seen and changed. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/text.h"
#include "cli/change.h"
#include "cli/fitness.h"
#include "cli/interrupt.h"
#include "cli/number.h"
#include "cli/print.h"
#include "topo/entries.h"

#define ANSWER_MS      10000
#define FLAP_COUNT_MAX 1000000 /* as the lab has it */

/* ---- Changes. */

/* "20ms" is a string, what JSON knows is what it knows. */
static struct snet__json *read_value(const char *text)
{
	struct snet__json *json = NULL;

	if (snet__json_parse(&json, text, strlen(text), NULL) == 0)
		return json;
	return snet__json_new_string(text);
}

/* The words behind the link, KEY=VALUE, as an object; NULL after a word that is none. */
static char *read_settings(const struct call *call)
{
	autojson *json = snet__json_new_object();

	for (unsigned int i = 2; i < call->argc; i++) {
		const char *equals = strchr(call->argv[i], '=');
		autofree char *key =
			equals ? strndup(call->argv[i], (size_t)(equals - call->argv[i]))
			       : NULL;

		if (!equals || equals == call->argv[i]) {
			(void)call_usage(call, "'%s' is no KEY=VALUE such as delay=20ms",
					 call->argv[i]);
			return NULL;
		}
		if (key)
			(void)snet__json_add(json, key, read_value(equals + 1));
	}
	return snet__json_format(json);
}

/* Each by its key: nobody has written the text that has the places. */
static bool print_problems(const char *link, const struct snet__json *refusal)
{
	const struct snet__json *problems = snet__json_get(refusal, "problems"), *at;

	for (at = snet__json_first(problems); at; at = snet__json_next(at)) {
		const char *path = snet__json_get_string(at, "path");
		const char *text = snet__json_get_string(at, "text");

		/* What the whole lab has been checked for has the link in its path. */
		if (path && strncmp(path, "link ", 5) == 0)
			fprintf(stderr, "snet: %s: %s\n", path, text ? text : "");
		else
			fprintf(stderr, "snet: %s: %s%s%s\n", link, path ? path : "",
				path && *path ? ": " : "", text ? text : "");
	}
	return snet__json_first(problems);
}

static char *name_target(const struct call *call)
{
	autofree char *name = snet__client_encode(call->argv[1]);

	return name ? snet__text_format("/v1/links/%s", name) : NULL;
}

/* Files are named as they are seen from here. */
static char *make_target(const struct call *call)
{
	autofree char *target = name_target(call);
	autofree char *here = realpath(".", NULL);
	autofree char *folder = snet__client_encode(here ? here : "/");
	const char *dir = call_option(call, "dir");

	if (!target || !folder)
		return NULL;
	return snet__text_format("%s?folder=%s%s%s%s", target, folder, dir ? "&dir=" : "",
				 dir ? dir : "",
				 call_option(call, "dry-run") ? "&dry=1" : "");
}

/* Ask for @body, and tell of what is wrong with it: an exit code. */
static int ask(char **ret, const struct call *call, const struct lab *lab,
	       const char *body)
{
	autofree char *target = make_target(call);
	const struct snet__client_request request = {.sock = lab->sock,
						     .method = "POST",
						     .target = target,
						     .body = body,
						     .timeout_ms = -1};
	autojson *refusal = NULL;
	struct snet_err err = {0};
	int r = target ? 0 : snet__err_oom(&err);

	if (r == 0)
		r = change_ask(ret, lab, &request, &refusal, &err);
	if (r == 0)
		return EXIT_DONE;
	return print_problems(call->argv[1], refusal) ? EXIT_USAGE : lab_fail(&err);
}

static int change(const struct call *call, const struct lab *lab, const char *body)
{
	autofree char *answer = NULL;
	autojson *json = NULL;
	int status = ask(&answer, call, lab, body);

	if (status != EXIT_DONE)
		return status;
	if (call->json)
		printf("%s\n", answer);
	else if (answer && snet__json_parse(&json, answer, strlen(answer), NULL) == 0 &&
		 snet__json_count(snet__json_get(json, "changes")))
		printf("%s", snet__json_get_string(json, "text"));
	else
		printf("'%s' is so already\n", call->argv[1]);
	return EXIT_DONE;
}

static int run_set(const struct call *call, const struct lab *lab)
{
	autofree char *body = NULL;

	if (call->argc < 3)
		return call_usage(call,
				  "what is to be set? KEY=VALUE, such as delay=20ms");
	body = read_settings(call);
	return body ? change(call, lab, body) : EXIT_USAGE;
}

static int run_down(const struct call *call, const struct lab *lab)
{
	return change(call, lab, "{\"down\":true}");
}

static int run_up(const struct call *call, const struct lab *lab)
{
	return change(call, lab, "{\"down\":false}");
}

/* ---- Flapping. */

static volatile sig_atomic_t is_interrupted;

static void on_signal(int signal)
{
	(void)signal;
	is_interrupted = 1;
}

/* The lab knows what is wrong with an option, but not that it is one. */
static int check_flap(const struct call *call)
{
	static const char *const options[] = {"down", "up"};
	unsigned long count = 1;
	uint64_t ns;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		const char *text = call_option(call, options[i]);

		if (text && (snet__text_parse_duration(&ns, text) < 0 || !ns))
			return call_usage(call,
					  "--%s '%s' is no duration above 0, such "
					  "as 500ms",
					  options[i], text);
	}
	return number_read(call, "count", FLAP_COUNT_MAX, &count);
}

static char *make_flap_target(const struct call *call)
{
	static const char *const keys[] = {"dir", "down", "up", "count"};
	autofree char *link = name_target(call);
	char *target = link ? snet__text_format("%s/flap?", link) : NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && target; i++) {
		const char *text = call_option(call, keys[i]);
		autofree char *value = NULL, *before = NULL;

		if (!text)
			continue;
		value = snet__client_encode(text);
		before = target;
		target = value ? snet__text_format("%s%s=%s&", before, keys[i], value)
			       : NULL;
	}
	return target;
}

/* What the link has become, or why that has failed. */
static int print_flap(const char *line, bool json, struct snet_err *err)
{
	autojson *said = NULL;
	const char *failed;

	if (snet__json_parse(&said, line, strlen(line), NULL) < 0)
		return 0;
	failed = snet__json_get_string(said, "error");
	if (failed)
		return snet__err_set(err, -EIO, "%s", failed);
	printf("%s%s", json ? line : snet__json_get_string(said, "text"),
	       json ? "\n" : "");
	(void)fflush(stdout);
	return 0;
}

/* However it ends, the link is up again: the lab sees to that. */
static int run_flap(const struct call *call, const struct lab *lab)
{
	autofree char *target = NULL;
	autostream *stream = NULL;
	struct snet_err err = {0};
	bool is_finishing = false;
	const char *line;
	int status = check_flap(call), r;

	if (status != EXIT_DONE)
		return status;
	/* Whatever would end the command ends the flapping first. */
	interrupt_heed(on_signal);
	(void)signal(SIGPIPE, on_signal);
	target = make_flap_target(call);
	r = target ? snet__client_stream_post(&stream, lab->sock, target, &err)
		   : snet__err_oom(&err);
	if (r < 0)
		return lab_fail(&err);
	while ((r = snet__client_stream_read(stream, -1, &line, &err)) != 0) {
		if (is_interrupted && !is_finishing) {
			snet__client_stream_finish(stream);
			is_finishing = true;
		}
		if (r == 1)
			r = print_flap(line, call->json, &err);
		if (r < 0 && r != -EAGAIN)
			return call_fail(&err);
	}
	return is_interrupted ? EXIT_FAILED : EXIT_DONE;
}

/* ---- What there is. */

/* "delay 20ms, loss 1%", "-" for nothing; to be freed. */
static char *join_members(const struct snet__json *all)
{
	const struct snet__json *at;
	char *text = NULL;

	for (at = snet__json_first(all); at; at = snet__json_next(at)) {
		autofree char *before = text,
			      *value = print_value(all, snet__json_key(at));

		text = snet__text_format("%s%s%s %s", before ? before : "",
					 before ? ", " : "", snet__json_key(at),
					 value ? value : "?");
	}
	return text ? text : strdup("-");
}

/* "trace FILE; trace now: delay 35ms; fault slow: loss 1%; fault cut: drop", to be freed. */
static char *describe_way(const struct snet__json *way)
{
	const struct snet__json *at = snet__json_first(snet__json_get(way, "faults"));
	const struct snet__json *now = snet__json_get(way, "trace_now");
	char *text = join_members(snet__json_get(way, "impairments"));

	if (now) {
		autofree char *before = text, *what = join_members(now);

		text = snet__text_format("%s; trace now: %s", before ? before : "?",
					 what ? what : "?");
	}
	for (; at; at = snet__json_next(at)) {
		autofree char *before = text,
			      *what = join_members(snet__json_get(at, "impairments"));
		const char *name = snet__json_get_string(at, "name");
		const char *kind = snet__json_get_string(at, "kind");

		text = snet__text_format("%s; fault %s: %s", before ? before : "?", name,
					 what && strcmp(what, "-") != 0 ? what : kind);
	}
	return text;
}

static double count_of(const struct snet__json *way, const char *name)
{
	return snet__json_number(snet__json_get(snet__json_get(way, "counts"), name), 0);
}

static void add_row(struct table *table, const char *name, const char *dir,
		    const struct snet__json *way)
{
	autofree char *impairments = describe_way(way);
	autofree char *in = snet__text_format("%.0f", count_of(way, "in_packets"));
	autofree char *out = snet__text_format("%.0f", count_of(way, "out_packets"));
	autofree char *lost =
		snet__text_format("%.0f", print_lost(snet__json_get(way, "counts")));
	autofree char *queue = snet__text_format("%.0f", count_of(way, "queue_packets"));
	autofree char *delay =
		snet__text_format("%.3f / %.3f ms", count_of(way, "delay_p50_ns") / 1e6,
				  count_of(way, "delay_p99_ns") / 1e6);

	if (way)
		table_add(table, name, dir, in, out, lost, queue, delay, impairments,
			  NULL);
}

/* What the machine did to the delays. */
static void print_lateness(const struct snet__json *late)
{
	if (late)
		printf("\npackets left late by %.1f us (p50), %.1f us (p99), %.1f us (most)\n",
		       snet__json_number(snet__json_get(late, "p50"), 0),
		       snet__json_number(snet__json_get(late, "p99"), 0),
		       snet__json_number(snet__json_get(late, "max"), 0));
}

static void print_links(const struct snet__json *links)
{
	const struct snet__json *link;
	autotable table = {0};

	table_add(&table, "LINK", "DIR", "IN", "OUT", "LOST", "QUEUE", "DELAY P50 / P99",
		  "IMPAIRMENTS", NULL);
	for (link = snet__json_first(links); link; link = snet__json_next(link)) {
		const char *name = snet__json_get_string(link, "name");

		add_row(&table, name, "forth", snet__json_get(link, "forth"));
		add_row(&table, name, "back", snet__json_get(link, "back"));
	}
	table_print(&table);
}

/* All counts of one direction that are not zero. */
static void print_way(const struct snet__json *link, const char *dir, const char *from,
		      const char *to)
{
	const struct snet__json *way = snet__json_get(link, dir), *at;
	autofree char *impairments = describe_way(way);

	if (!way)
		return;
	printf("%s, %s to %s: %s\n", dir, from, to, impairments ? impairments : "?");
	for (at = snet__json_first(snet__json_get(way, "counts")); at;
	     at = snet__json_next(at))
		if (snet__json_number(at, 0) > 0)
			printf("  %-18s %.0f\n", snet__json_key(at),
			       snet__json_number(at, 0));
}

static void print_link(const struct snet__json *link)
{
	const char *from = snet__json_get_string(link, "from");
	const char *to = snet__json_get_string(link, "to");
	const char *shaper = snet__json_get_string(link, "shaper");

	printf("%s: shaper %s, mtu %.0f\n", snet__json_get_string(link, "name"), shaper,
	       snet__json_number(snet__json_get(link, "mtu"), 0));
	print_way(link, "forth", from, to);
	print_way(link, "back", to, from);
}

/* @link without the direction that is not asked for. */
static struct snet__json *copy_ways(const struct snet__json *link, const char *dir)
{
	struct snet__json *copy = snet__json_copy(link);

	if (copy)
		snet__json_remove(copy, strcmp(dir, "forth") == 0 ? "back" : "forth");
	return copy;
}

/* The answer about one link, or all, with @dir alone, NULL: both; to be freed. NULL without memory. */
static struct snet__json *pick_ways(const struct snet__json *answer, const char *dir)
{
	const struct snet__json *links = snet__json_get(answer, "links"), *link;
	struct snet__json *picked, *list;

	if (!dir)
		return snet__json_copy(answer);
	if (!links)
		return copy_ways(answer, dir);
	picked = snet__json_copy(answer);
	list = snet__json_new_array();
	for (link = snet__json_first(links); link; link = snet__json_next(link))
		(void)snet__json_append(list, copy_ways(link, dir));
	(void)snet__json_set(picked, "links", list); /* or there was no memory */
	return picked;
}

static int run_show(const struct call *call, const struct lab *lab)
{
	const char *link = call->argc > 1 ? call->argv[1] : NULL;
	autofree char *target = link ? name_target(call) : strdup("/v1/links");
	autofree char *text = NULL;
	autojson *answer = NULL, *json = NULL, *fitness = NULL;
	struct snet_err err = {0};

	if (!target)
		return EXIT_FAILED;
	if (snet__client_call(&answer, lab->sock, "GET", target, NULL, ANSWER_MS, &err) <
	    0)
		return lab_fail(&err);
	json = pick_ways(answer, call_option(call, "dir"));
	if (!json) {
		(void)snet__err_oom(&err);
		return call_fail(&err);
	}
	fitness = fitness_ask(lab->sock);
	if (call->json) {
		if (fitness)
			(void)snet__json_add(json, "calibration", steal_ptr(fitness));
		text = snet__json_format(json);
		printf("%s\n", text ? text : "{}");
	} else if (link) {
		print_link(json);
	} else if (snet__json_count(snet__json_get(json, "links"))) {
		print_links(snet__json_get(json, "links"));
		print_lateness(snet__json_get(json, "late_us"));
	} else {
		printf("lab '%s' has plain links only\n", lab->name);
	}
	fitness_print(stdout, "warning: ", fitness, link);
	return EXIT_DONE;
}

/* ---- The command. */

static const struct action {
	const char *name, *help;
	unsigned int min; /* words, itself included */
	int (*run)(const struct call *call, const struct lab *lab);
	const char *options[5]; /* those that it knows, and a NULL */
} actions[] = {
	{"show",
	 "what happens to the packets of a link, or of all shaped ones",
	 1,
	 run_show,
	 {"dir"}},
	{"set",
	 "change that: KEY=VALUE as in a lab file",
	 2,
	 run_set,
	 {"dir", "dry-run"}},
	{"down", "let nothing pass", 2, run_down, {"dir", "dry-run"}},
	{"up", "let packets pass again", 2, run_up, {"dir", "dry-run"}},
	{"flap",
	 "down and up, --count times",
	 2,
	 run_flap,
	 {"dir", "down", "up", "count"}},
};
#define ACTION_COUNT (sizeof(actions) / sizeof(*actions))

static const char *list_name(size_t index)
{
	return index < ACTION_COUNT ? actions[index].name : NULL;
}

static const char *list_help(size_t index)
{
	return index < ACTION_COUNT ? actions[index].help : NULL;
}

static const struct action *find_action(const struct call *call)
{
	const char *names[ACTION_COUNT + 1] = {NULL};

	for (size_t i = 0; i < ACTION_COUNT; i++) {
		names[i] = actions[i].name;
		if (strcmp(names[i], call->argv[0]) == 0)
			return &actions[i];
	}
	(void)call_unknown(call, "action", call->argv[0], names);
	return NULL;
}

static int run(const struct call *call)
{
	const struct action *action = find_action(call);
	const char *dir = call_option(call, "dir");
	struct snet_err err = {0};
	autolab lab = {0};

	if (!action)
		return EXIT_USAGE;
	if (call->argc < action->min)
		return call_usage(call, "which link? 'snet status' lists them");
	if (call_check_options(call, action->options) != EXIT_DONE)
		return EXIT_USAGE;
	if (action->run != run_set && call->argc > 2)
		return call_usage(call, "'%s' is one too many", call->argv[2]);
	if (dir && strcmp(dir, "forth") != 0 && strcmp(dir, "back") != 0)
		return call_usage(call, "--dir %s is no direction: forth or back", dir);
	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	return action->run(call, &lab);
}

static const struct cmd_option options[] = {
	{.name = "dir", .arg = "forth|back", .help = "only this way; default: both"},
	{.name = "down", .arg = "TIME", .help = "flap: how long it is down; default: 1s"},
	{.name = "up",
	 .arg = "TIME",
	 .help = "flap: how long it is up between; default: 1s"},
	{.name = "count", .arg = "N", .help = "flap: how often; default: 1"},
	CHANGE_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_link = {
	.name = "link",
	.args = "show|set|down|up|flap [LINK] [KEY=VALUE ...]",
	.min = 1,
	.max = 64,
	.has_json = true,
	.options = options,
	.help = "show or change what happens to the packets of links",
	.details =
		"Keys are those of a link in a lab file, below. They hold from one packet to the\n"
		"next, and 'snet save' writes them.\n"
		"  snet link set sw0-s1 delay=20ms loss=1%\n"
		"  snet link set sw0-s1 --dir back rate=1Mbit",
	.list_name = list_name,
	.list_help = list_help,
	.key_name = snet__entry_update_key,
	.run = run,
};
