/* SPDX-License-Identifier: MIT */
/* The ledger: commands are sorted by event (counted, for there are many), then, within one, by id
 * for what was repeated and by node for where it was applied. Nothing is quadratic: an event may
 * have very many commands, and there may be very many events. */

#include "fault/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"

/* The commands of this run's events, one event's behind each other's. */
struct sorted {
	const struct snet__history_command **commands;
	size_t *first; /* of each event, and one more */
};

static void sorted_clear_at(struct sorted *sorted)
{
	free(sorted->commands);
	free(sorted->first);
}

const char *snet__fate_name(enum snet__fate fate)
{
	static const char *const names[] = {
		[SNET__FATE_DELIVERED] = "delivered",
		[SNET__FATE_UNACKNOWLEDGED] = "unacknowledged",
		[SNET__FATE_LOST] = "lost",
		[SNET__FATE_EXPIRED] = "expired",
		[SNET__FATE_FAILED] = "failed",
		[SNET__FATE_DROPPED] = "dropped",
	};

	return names[fate];
}

static int compare_names(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

static int compare_times(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_by_id(const void *a, const void *b)
{
	const struct snet__history_command *left =
		*(const struct snet__history_command *const *)a;
	const struct snet__history_command *right =
		*(const struct snet__history_command *const *)b;
	int r = compare_names(left->id, right->id);

	return r ? r : compare_times(left->at_ns, right->at_ns);
}

static int compare_by_node(const void *a, const void *b)
{
	const struct snet__application *left = a, *right = b;
	int r = compare_names(left->node, right->node);

	return r ? r : compare_times(left->at_ns, right->at_ns);
}

static int compare_node_only(const void *a, const void *b)
{
	return compare_names(((const struct snet__application *)a)->node,
			     ((const struct snet__application *)b)->node);
}

static bool is_of_event(const struct snet__history *history,
			const struct snet__history_command *command)
{
	return command->event < history->events_count && command->id;
}

/* Counting sort: all that is compared is a number below the count of events. */
static int sort_commands(struct sorted *sorted, const struct snet__history *history)
{
	size_t count = history->events_count;

	sorted->commands = calloc(history->commands_count + 1, sizeof(*sorted->commands));
	sorted->first = calloc(count + 2, sizeof(*sorted->first));
	if (!sorted->commands || !sorted->first)
		return -ENOMEM;
	/* Two places on, so that filling them moves each to where it begins. */
	for (size_t i = 0; i < history->commands_count; i++)
		if (is_of_event(history, &history->commands[i]))
			sorted->first[history->commands[i].event + 2]++;
	for (size_t i = 2; i < count + 2; i++)
		sorted->first[i] += sorted->first[i - 1];
	for (size_t i = 0; i < history->commands_count; i++)
		if (is_of_event(history, &history->commands[i]))
			sorted->commands[sorted->first[history->commands[i].event +
						       1]++] = &history->commands[i];
	return 0;
}

static int find_witnesses(struct snet__ledger *ledger)
{
	const struct snet__history *history = ledger->history;
	const char *last = NULL;

	for (size_t i = 0; i < history->commands_count; i++) {
		const char *node = history->commands[i].node;
		int r;

		if (node == last || !node)
			continue;
		last = node;
		r = snet__map_add(&ledger->witnesses, node, ledger, NULL);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static bool has_witness(const struct snet__ledger *ledger, const char *node)
{
	return snet__map_find(&ledger->witnesses, node);
}

static int add_repeat(struct snet__ledger *ledger,
		      const struct snet__history_command *first,
		      const struct snet__history_command *last, size_t count)
{
	if (snet__vec_reserve(&ledger->repeats, &ledger->repeat_cap,
			      ledger->repeat_count + 1, sizeof(*ledger->repeats),
			      NULL) < 0)
		return -ENOMEM;
	ledger->repeats[ledger->repeat_count++] = (struct snet__repeat){
		.event = first->event,
		.id = first->id,
		.first_node = first->node,
		.last_node = last->node,
		.at_ns = last->at_ns,
		.count = count,
	};
	ledger->accounts[first->event].is_repeated = true;
	return 0;
}

/* @commands of one event, of which those with one id had an effect more than once. */
static int find_repeats(struct snet__ledger *ledger,
			const struct snet__history_command **commands, size_t count)
{
	const struct snet__history_command *first = NULL, *last = NULL;
	size_t effects = 0;

	if (count < 2)
		return 0;
	qsort(commands, count, sizeof(*commands), compare_by_id);
	for (size_t i = 0; i <= count; i++) {
		bool is_same = i < count && first &&
			       compare_names(commands[i]->id, first->id) == 0;

		if (i < count && commands[i]->is_repeated)
			continue;
		if (is_same) {
			last = commands[i];
			effects++;
			continue;
		}
		if (effects > 1 && add_repeat(ledger, first, last, effects) < 0)
			return -ENOMEM;
		first = last = i < count ? commands[i] : NULL;
		effects = 1;
	}
	return 0;
}

static int add_application(struct snet__ledger *ledger, const char *node, uint64_t at_ns)
{
	if (!node)
		return 0;
	if (snet__vec_reserve(&ledger->applications, &ledger->application_cap,
			      ledger->application_count + 1,
			      sizeof(*ledger->applications), NULL) < 0)
		return -ENOMEM;
	ledger->applications[ledger->application_count++] =
		(struct snet__application){.node = node, .at_ns = at_ns};
	return 0;
}

static bool is_step(const struct snet__history_step *step, const char *name)
{
	return strcmp(step->step, name) == 0;
}

/* One of each node, of the applications from @begin on, by name. */
static void merge_applications(struct snet__ledger *ledger, size_t begin)
{
	struct snet__application *all = ledger->applications;
	size_t end = begin;

	if (ledger->application_count - begin > 1)
		qsort(&all[begin], ledger->application_count - begin, sizeof(*all),
		      compare_by_node);
	for (size_t i = begin; i < ledger->application_count; i++)
		if (i == begin || compare_names(all[i].node, all[end - 1].node) != 0)
			all[end++] = all[i];
	ledger->application_count = end;
}

static void set_later(uint64_t *last_ns, uint64_t at_ns)
{
	if (*last_ns == SNET__NEVER || at_ns > *last_ns)
		*last_ns = at_ns;
}

/* What @commands of one event, by id, and its trace say of where it was applied. The last time is
 * left in *@ret_last_ns: of a command the first, for it should have had no other. */
static int find_applications(struct snet__ledger *ledger,
			     const struct snet__history_event *event,
			     const struct snet__history_command *const *commands,
			     size_t count, uint64_t *ret_last_ns)
{
	size_t begin = ledger->application_count;
	const char *id = NULL;
	int r = 0;

	*ret_last_ns = SNET__NEVER;
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct snet__history_command *command = commands[i];

		/* One that was only answered proves that, and not when, it was applied. */
		r = add_application(ledger, command->node,
				    command->is_repeated ? SNET__NEVER : command->at_ns);
		if (command->is_repeated || (id && compare_names(id, command->id) == 0))
			continue;
		id = command->id;
		set_later(ret_last_ns, command->at_ns);
	}
	for (size_t i = 0; i < event->step_count && r == 0; i++) {
		const struct snet__history_step *step = &event->steps[i];

		if (!is_step(step, "applied") || has_witness(ledger, step->node))
			continue;
		r = add_application(ledger, step->node, step->at_ns);
		set_later(ret_last_ns, step->at_ns);
	}
	if (r == 0)
		merge_applications(ledger, begin);
	return r;
}

static bool is_applied_at(const struct snet__account *account, const char *node)
{
	struct snet__application key = {.node = node};

	return account->application_count &&
	       bsearch(&key, account->applications, account->application_count,
		       sizeof(key), compare_node_only);
}

/* Where a command was sent to, or applied if one asks the relayer, and nothing has come; or NULL.
 * That a program has obeyed all that it was sent, "done" says: a long trace lacks steps. */
static const char *find_missing(const struct snet__ledger *ledger,
				const struct snet__account *account,
				const struct snet__history_event *event)
{
	bool is_done = event->outcome == SNET_OUTCOME_DONE;

	for (size_t i = 0; i < event->step_count; i++) {
		const struct snet__history_step *step = &event->steps[i];
		const char *target = is_step(step, "sent")      ? step->detail
				     : is_step(step, "applied") ? step->node
								: NULL;

		if (target && !is_applied_at(account, target) &&
		    !(is_done && !has_witness(ledger, target)))
			return target;
	}
	return NULL;
}

/* Of an event that nobody has acknowledged and whose trace nobody has, only witnesses tell. */
static bool is_pending(const struct snet__history_event *event)
{
	return event->outcome == SNET_OUTCOME_PENDING &&
	       (event->step_count || event->acknowledged_ns != SNET__NEVER);
}

static enum snet__fate judge_acknowledged(const struct snet__account *account,
					  const struct snet__history_event *event)
{
	if (event->outcome == SNET_OUTCOME_EXPIRED)
		return SNET__FATE_EXPIRED;
	if (event->outcome == SNET_OUTCOME_FAILED)
		return SNET__FATE_FAILED;
	if (account->missing)
		return SNET__FATE_LOST;
	/* A leg whose function has not answered yet has left no step that names its target. */
	if (account->application_count && !is_pending(event))
		return SNET__FATE_DELIVERED;
	/* By a device it was given up only for want of an acknowledgement. */
	if (event->dropped_ns != SNET__NEVER && event->acknowledged_ns != SNET__NEVER)
		return SNET__FATE_DROPPED;
	return event->outcome == SNET_OUTCOME_DONE ? SNET__FATE_DELIVERED
						   : SNET__FATE_LOST;
}

/* Whether it was still under way when the run ended: somebody has it. */
static bool may_be_delivered(const struct snet__account *account,
			     const struct snet__history_event *event)
{
	return account->fate == SNET__FATE_LOST && account->pressed_ns != SNET__NEVER &&
	       event->outcome == SNET_OUTCOME_PENDING && !event->is_forgotten;
}

/* What it had taken when the run ended; its last change was still to come. */
static uint64_t age_at_end(const struct snet__ledger *ledger,
			   const struct snet__account *account)
{
	uint64_t ended_ns = ledger->history->ended_ns;

	return ended_ns > account->pressed_ns ? ended_ns - account->pressed_ns : 0;
}

static void judge(const struct snet__ledger *ledger, struct snet__account *account,
		  const struct snet__history_event *event, uint64_t last_ns)
{
	account->missing = find_missing(ledger, account, event);
	account->fate = judge_acknowledged(account, event);
	/* An acknowledgement may be what was lost on its way. */
	if (event->acknowledged_ns == SNET__NEVER &&
	    account->fate != SNET__FATE_DELIVERED)
		account->fate = SNET__FATE_UNACKNOWLEDGED;

	if (last_ns == SNET__NEVER && event->outcome == SNET_OUTCOME_DONE &&
	    account->fate == SNET__FATE_DELIVERED)
		last_ns = event->step_count ? event->steps[event->step_count - 1].at_ns
					    : event->ended_ns;
	account->pressed_ns = snet__event_pressed_ns(event);
	account->latency_ns = SNET__NEVER;
	/* Of one that is under way the last change is still to come. */
	if (last_ns != SNET__NEVER && account->pressed_ns != SNET__NEVER &&
	    !is_pending(event))
		account->latency_ns =
			last_ns > account->pressed_ns ? last_ns - account->pressed_ns : 0;
	account->least_ns = may_be_delivered(account, event) ? age_at_end(ledger, account)
							     : account->latency_ns;
}

static int fill(struct snet__ledger *ledger)
{
	cleanup_with(sorted_clear_at) struct sorted sorted = {0};
	size_t count = ledger->history->events_count;
	autofree uint64_t *last_ns = calloc(count + 1, sizeof(*last_ns));
	size_t at = 0;
	int r;

	ledger->accounts = calloc(count + 1, sizeof(*ledger->accounts));
	if (!ledger->accounts || !last_ns)
		return -ENOMEM;
	r = find_witnesses(ledger);
	if (r == 0)
		r = sort_commands(&sorted, ledger->history);
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct snet__history_command **commands =
			&sorted.commands[sorted.first[i]];
		size_t of_event = sorted.first[i + 1] - sorted.first[i];
		size_t begin = ledger->application_count;

		r = find_repeats(ledger, commands, of_event);
		if (r == 0)
			r = find_applications(ledger, &ledger->history->events[i],
					      commands, of_event, &last_ns[i]);
		ledger->accounts[i].application_count = ledger->application_count - begin;
	}
	/* The list has moved as it grew. */
	for (size_t i = 0; i < count && r == 0; i++) {
		struct snet__account *account = &ledger->accounts[i];

		if (account->application_count)
			account->applications = &ledger->applications[at];
		at += account->application_count;
		judge(ledger, account, &ledger->history->events[i], last_ns[i]);
	}
	return r;
}

int snet__ledger_init(struct snet__ledger *ret, const struct snet__history *history,
		      struct snet_err *err)
{
	autoledger ledger = {.history = history};
	int r;

	r = snet__phases_init(&ledger.phases, history, err);
	if (r < 0)
		return r;
	if (fill(&ledger) < 0)
		return snet__err_oom(err);
	*ret = ledger;
	ledger = (struct snet__ledger){0};
	return 0;
}

bool snet__ledger_has_event(const struct snet__ledger *ledger,
			    const struct snet__expectation *expectation, size_t event)
{
	return snet__phases_has_event(&ledger->phases, expectation,
				      &ledger->history->events[event]);
}

int snet__ledger_latencies(struct snet__latencies *ret, const struct snet__ledger *ledger,
			   const struct snet__expectation *expectation,
			   struct snet_err *err)
{
	size_t size = ledger->history->events_count + 1;
	autolatencies latencies = {.least = calloc(size, sizeof(*latencies.least)),
				   .most = calloc(size, sizeof(*latencies.most))};

	if (!latencies.least || !latencies.most)
		return snet__err_oom(err);
	for (size_t i = 0; i < ledger->history->events_count; i++) {
		const struct snet__account *account = &ledger->accounts[i];

		if (account->fate == SNET__FATE_UNACKNOWLEDGED ||
		    !snet__ledger_has_event(ledger, expectation, i))
			continue;
		latencies.least[latencies.count] = account->least_ns;
		latencies.most[latencies.count++] = account->latency_ns;
	}
	snet__sort_times(latencies.least, latencies.count);
	snet__sort_times(latencies.most, latencies.count);
	*ret = latencies;
	latencies = (struct snet__latencies){0};
	return 0;
}

void snet__latencies_clear(struct snet__latencies *latencies)
{
	free(latencies->least);
	free(latencies->most);
}

void snet__ledger_clear(struct snet__ledger *ledger)
{
	snet__phases_clear(&ledger->phases);
	free(ledger->accounts);
	free(ledger->repeats);
	free(ledger->applications);
	snet__map_clear(&ledger->witnesses);
	*ledger = (struct snet__ledger){0};
}
