/* SPDX-License-Identifier: MIT */
/* Both runs are counted as reports do it, and what is counted is put side by side, key by key. Events
 * are sorted by device and walked together, so that nothing is quadratic. What stands for both runs
 * is a pair: an array of two, the first run's first. */

#include "fault/diff.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <snet/fault.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fault/report_parts.h"

enum {
	BEFORE,
	AFTER,
	SIDES
};

/* An event, and which press of its device it is, from 1. */
struct press {
	const char *node;
	size_t number, event;
};

struct side {
	const struct snet__history *history;
	struct snet__report report; /* of no expectations */
	struct snet__digest digest;
	struct press *presses; /* by device, then by number */
};

static void side_clear_at(struct side (*sides)[SIDES])
{
	for (int i = 0; i < SIDES; i++) {
		snet__digest_clear(&(*sides)[i].digest);
		free((*sides)[i].presses);
	}
}

/* ---- Pairs. */

static struct snet__json *new_pair(struct snet__json *before, struct snet__json *after)
{
	struct snet__json *pair = snet__json_new_array();

	(void)snet__json_append(pair, before);
	(void)snet__json_append(pair, after);
	return pair;
}

static struct snet__json *new_text(const char *text)
{
	return text ? snet__json_new_string(text) : snet__json_new_null();
}

static struct snet__json *new_text_pair(const char *before, const char *after)
{
	return new_pair(new_text(before), new_text(after));
}

static struct snet__json *new_time(uint64_t ns)
{
	return ns == SNET__NEVER ? snet__json_new_null() : snet__json_new_u64(ns);
}

/* Two objects with the same keys as one whose values are pairs; objects in them as well. */
static struct snet__json *zip(const struct snet__json *before,
			      const struct snet__json *after)
{
	struct snet__json *both = snet__json_new_object();
	const struct snet__json *one = snet__json_first(before);

	for (; one; one = snet__json_next(one)) {
		const char *key = snet__json_key(one);
		const struct snet__json *other = snet__json_get(after, key);
		struct snet__json *pair;

		pair = snet__json_is(one, SNET__JSON_OBJECT)
			       ? zip(one, other)
			       : new_pair(snet__json_copy(one), snet__json_copy(other));
		(void)snet__json_add(both, key, pair);
	}
	return both;
}

/* ---- What the runs were of. */

static struct snet__json *make_head(const struct side *sides)
{
	const struct snet__history *before = sides[BEFORE].history;
	const struct snet__history *after = sides[AFTER].history;
	struct snet__json *head = snet__json_new_object();

	if (!snet__text_is_equal(before->scenario, after->scenario))
		(void)snet__json_add(head, "scenario",
				     new_text_pair(before->scenario, after->scenario));
	if (!snet__text_is_equal(before->lab, after->lab))
		(void)snet__json_add(head, "lab", new_text_pair(before->lab, after->lab));
	if (before->seed != after->seed)
		(void)snet__json_add(head, "seed",
				     new_pair(snet__json_new_u64(before->seed),
					      snet__json_new_u64(after->seed)));
	return head;
}

static struct snet__json *zip_parts(
	const struct side *sides, struct snet__json *(*make)(const struct snet__digest *))
{
	autojson *before = make(&sides[BEFORE].digest);
	autojson *after = make(&sides[AFTER].digest);

	return zip(before, after);
}

/* ---- Events. */

static int compare_presses(const void *a, const void *b)
{
	const struct press *left = a, *right = b;
	int r = strcmp(left->node, right->node);

	return r ? r : (left->number > right->number) - (left->number < right->number);
}

/* The events of a history are in the order of their presses. */
static int sort_presses(struct side *side, struct snet_err *err)
{
	const struct snet__history *history = side->history;
	struct press *presses = calloc(history->events_count + 1, sizeof(*presses));

	side->presses = presses;
	if (!presses)
		return snet__err_oom(err);
	for (size_t i = 0; i < history->events_count; i++) {
		const char *node = history->events[i].node;

		presses[i] = (struct press){node ? node : "", i, i};
	}
	if (history->events_count)
		qsort(presses, history->events_count, sizeof(*presses), compare_presses);
	for (size_t i = 0; i < history->events_count; i++)
		presses[i].number = i && strcmp(presses[i].node, presses[i - 1].node) == 0
					    ? presses[i - 1].number + 1
					    : 1;
	return 0;
}

static const struct snet__account *find_account(const struct side *side,
						const struct press *press)
{
	return press ? &side->digest.ledger.accounts[press->event] : NULL;
}

/* What has changed, in a word; NULL: nothing. Either may be NULL: not pressed. */
static const char *find_change(const struct snet__account *before,
			       const struct snet__account *after)
{
	if (!before || !after)
		return before ? "not pressed" : "pressed";
	if (before->fate != after->fate)
		return snet__fate_name(after->fate);
	if (before->is_repeated != after->is_repeated)
		return after->is_repeated ? "duplicated" : "no longer duplicated";
	if (before->latency_ns == after->latency_ns)
		return NULL;
	if (after->latency_ns > before->latency_ns)
		return after->latency_ns - before->latency_ns > SNET__DIFF_LATE_NS
			       ? "later"
			       : NULL;
	return before->latency_ns - after->latency_ns > SNET__DIFF_LATE_NS ? "sooner"
									   : NULL;
}

static struct snet__json *make_account(const struct side *side, const struct press *press)
{
	const struct snet__account *account = find_account(side, press);
	struct snet__json *json;

	if (!press)
		return snet__json_new_null();
	json = snet__json_new_object();
	(void)snet__json_add(json, "event",
			     new_text(side->history->events[press->event].id));
	snet__json_add_string(json, "fate", snet__fate_name(account->fate));
	snet__json_add_bool(json, "duplicated", account->is_repeated);
	(void)snet__json_add(json, "latency_ns", new_time(account->latency_ns));
	return json;
}

static struct snet__json *make_change(const struct side *sides, const char *what,
				      const struct press *before,
				      const struct press *after)
{
	const struct press *any = before ? before : after;
	struct snet__json *json = snet__json_new_object();

	/* NOLINTNEXTLINE: one of the two is there, or there were no change */
	snet__json_add_string(json, "node", any->node);
	snet__json_add_u64(json, "press", any->number);
	snet__json_add_string(json, "what", what);
	(void)snet__json_add(json, "runs",
			     new_pair(make_account(&sides[BEFORE], before),
				      make_account(&sides[AFTER], after)));
	return json;
}

static struct snet__json *make_events(const struct side *sides)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__json *named = snet__json_new_array();
	size_t compared = 0, changed = 0, at[SIDES] = {0};

	while (at[BEFORE] < sides[BEFORE].history->events_count ||
	       at[AFTER] < sides[AFTER].history->events_count) {
		const struct press *presses[SIDES];
		const char *what;
		int order = 0;

		for (int i = 0; i < SIDES; i++)
			presses[i] = at[i] < sides[i].history->events_count
					     ? &sides[i].presses[at[i]]
					     : NULL;
		if (presses[BEFORE] && presses[AFTER])
			order = compare_presses(presses[BEFORE], presses[AFTER]);
		if (order > 0)
			presses[BEFORE] = NULL;
		else if (order < 0)
			presses[AFTER] = NULL;
		for (int i = 0; i < SIDES; i++)
			at[i] += presses[i] != NULL;
		compared += presses[BEFORE] && presses[AFTER];
		what = find_change(find_account(&sides[BEFORE], presses[BEFORE]),
				   find_account(&sides[AFTER], presses[AFTER]));
		if (what && changed++ < SNET__DIFF_NAMED_MAX)
			(void)snet__json_append(named,
						make_change(sides, what, presses[BEFORE],
							    presses[AFTER]));
	}
	snet__json_add_u64(json, "compared", compared);
	snet__json_add_u64(json, "changed", changed);
	(void)snet__json_add(json, "named", named);
	return json;
}

/* ---- Faults. */

static const struct snet__history_fault *find_fault(
	const struct snet__history *history, const struct snet__history_fault *like)
{
	for (size_t i = 0; i < history->faults_count; i++)
		if (snet__text_is_equal(history->faults[i].name, like->name) &&
		    history->faults[i].occurrence == like->occurrence)
			return &history->faults[i];
	return NULL;
}

static const char *fault_state(const struct snet__history_fault *fault)
{
	return fault ? snet__fault_state_name(snet__fault_state(fault)) : NULL;
}

static const char *fault_receipt(const struct snet__history_fault *fault)
{
	return !fault ? NULL : fault->failure ? fault->failure : fault->receipt;
}

/* What is measured of it, and so in its receipt, is never twice the same. */
static bool is_same_fault(const struct snet__history_fault *a,
			  const struct snet__history_fault *b)
{
	return a && b && snet__fault_state(a) == snet__fault_state(b) &&
	       (a->begun_ns == SNET__NEVER) == (b->begun_ns == SNET__NEVER) &&
	       (a->healed_ns == SNET__NEVER) == (b->healed_ns == SNET__NEVER);
}

static void add_fault(struct snet__json *list, const struct snet__history_fault *before,
		      const struct snet__history_fault *after)
{
	const struct snet__history_fault *any = before ? before : after;
	struct snet__json *json;

	if (is_same_fault(before, after))
		return;
	json = snet__json_new_object();
	(void)snet__json_add(json, "name", new_text(any->name));
	snet__json_add_u64(json, "occurrence", any->occurrence);
	(void)snet__json_add(json, "state",
			     new_text_pair(fault_state(before), fault_state(after)));
	(void)snet__json_add(json, "receipt",
			     new_text_pair(fault_receipt(before), fault_receipt(after)));
	(void)snet__json_append(list, json);
}

static struct snet__json *make_faults(const struct side *sides)
{
	const struct snet__history *before = sides[BEFORE].history;
	const struct snet__history *after = sides[AFTER].history;
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < before->faults_count; i++)
		add_fault(list, &before->faults[i],
			  find_fault(after, &before->faults[i]));
	for (size_t i = 0; i < after->faults_count; i++)
		if (!find_fault(before, &after->faults[i]))
			add_fault(list, NULL, &after->faults[i]);
	return list;
}

int snet__run_diff(struct snet__json **ret, const struct snet__history *before,
		   const struct snet__history *after, struct snet_err *err)
{
	cleanup_with(side_clear_at) struct side sides[SIDES] = {
		[BEFORE] = {.history = before}, [AFTER] = {.history = after}};
	autojson *json = NULL;
	int r = 0;

	for (int i = 0; i < SIDES && r == 0; i++) {
		sides[i].report.history = sides[i].history;
		r = snet__digest_init(&sides[i].digest, &sides[i].report, err);
		if (r == 0)
			r = sort_presses(&sides[i], err);
	}
	if (r < 0)
		return r;
	json = snet__json_new_object();
	(void)snet__json_add(json, "head", make_head(sides));
	(void)snet__json_add(json, "counts", zip_parts(sides, snet__digest_counts));
	(void)snet__json_add(json, "events", make_events(sides));
	(void)snet__json_add(json, "latency", zip_parts(sides, snet__digest_latency));
	if (!snet__json_add(json, "faults", make_faults(sides)))
		return snet__err_oom(err);
	*ret = steal_ptr(json);
	return 0;
}

/* ---- Runs by their files. */

static int read_run(struct snet__history *history, const char *path, struct snet_err *err)
{
	autofree char *in = NULL;
	struct stat at;

	if (stat(path, &at) < 0 || !S_ISDIR(at.st_mode))
		return snet__history_read(history, path, err);
	in = snet__text_format("%s/history.jsonl", path);
	return in ? snet__history_read(history, in, err) : snet__err_oom(err);
}

int snet_run_diff(const char *path_a, const char *path_b, char **ret,
		  struct snet_err *err)
{
	struct snet__history histories[SIDES] = {0};
	autojson *json = NULL;
	char *text = NULL;
	int r;

	r = read_run(&histories[BEFORE], path_a, err);
	if (r == 0)
		r = read_run(&histories[AFTER], path_b, err);
	if (r == 0)
		r = snet__run_diff(&json, &histories[BEFORE], &histories[AFTER], err);
	for (int i = 0; i < SIDES; i++)
		snet__history_clear(&histories[i]);
	if (r == 0 && !(text = snet__json_format(json)))
		r = snet__err_oom(err);
	if (r == 0)
		*ret = text;
	return r;
}
