/* SPDX-License-Identifier: MIT */
/* A recorder's side of the run's thread: it begins and ends, presses, and waits. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fault/recorder_private.h"

uint64_t snet__recorder_now(const struct snet__recorder *recorder)
{
	return snet__clock_ns() - recorder->began_ns;
}

void snet__recorder_lock(struct snet__recorder *recorder)
{
	(void)pthread_mutex_lock(&recorder->lock);
}

void snet__recorder_unlock(struct snet__recorder *recorder)
{
	(void)pthread_mutex_unlock(&recorder->lock);
}

int snet__recorder_init(struct snet__recorder *recorder, struct snet_lab *lab,
			const struct snet__scenario *scenario,
			struct snet__history *history, struct snet_err *err)
{
	pthread_condattr_t attributes;

	*recorder = (struct snet__recorder){
		.observer = snet__recorder_observer,
		.lab = lab,
		.history = history,
		.scenario = scenario,
		.until_ns = SNET__NEVER,
		.reached = calloc(scenario->fault_count + 1, sizeof(*recorder->reached)),
		.due = calloc(scenario->fault_count + 1, sizeof(*recorder->due)),
		.fresh = calloc(scenario->fault_count + 1, sizeof(*recorder->fresh)),
	};
	(void)pthread_mutex_init(&recorder->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&recorder->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return recorder->reached && recorder->due && recorder->fresh ? 0
								     : snet__err_oom(err);
}

int snet__recorder_start(struct snet__recorder *recorder, struct snet_err *err)
{
	int r = snet__lab_call(recorder->lab, snet__recorder_observe, recorder, err);

	recorder->is_observing = r == 0;
	return r;
}

void snet__recorder_stop(struct snet__recorder *recorder)
{
	if (!recorder->lab)
		return;
	/* A lab that has gone down has told us, and has no trace to give. */
	if (recorder->is_observing)
		(void)snet__lab_call(recorder->lab, snet__recorder_unobserve, recorder,
				     NULL);
	recorder->is_observing = false;
}

void snet__recorder_clear(struct snet__recorder *recorder)
{
	if (!recorder->lab)
		return;
	(void)pthread_cond_destroy(&recorder->changed);
	(void)pthread_mutex_destroy(&recorder->lock);
	free(recorder->reached);
	free(recorder->due);
	free(recorder->fresh);
	*recorder = (struct snet__recorder){0};
}

static void note_refusal(struct snet__recorder *recorder,
			 const struct snet__action *action,
			 const struct snet__model_node *node, uint64_t at_ns,
			 const char *why)
{
	struct snet__history *history = recorder->history;
	struct snet__history_note *note;

	snet__recorder_lock(recorder);
	note = snet__history_add_note(history, SNET__NOTE_REFUSED, node->name, why,
				      at_ns);
	recorder->has_no_memory |= !note;
	if (note) {
		note->planned_ns = action->at_ns;
		note->data = snet__history_text(history,
						action->data ? action->data : node->data);
	}
	snet__recorder_unlock(recorder);
}

int snet__recorder_press(struct snet__recorder *recorder,
			 const struct snet__action *action, struct snet_err *err)
{
	struct snet__recorder_press what = {recorder, action,
					    snet__recorder_now(recorder)};
	const struct snet__model_node *node = recorder->lab->model.nodes[action->index];
	struct snet_err why = {0};
	int r;

	r = snet__lab_call(recorder->lab, snet__recorder_do_press, &what, &why);
	if (r == -ENOTCONN)
		return snet__err_set(err, r, "%s", why.msg);
	if (r < 0)
		note_refusal(recorder, action, node, what.at_ns, why.msg);
	return 0;
}

static struct timespec at(const struct snet__recorder *recorder, uint64_t until_ns)
{
	uint64_t ns = recorder->began_ns + until_ns;

	return (struct timespec){.tv_sec = (time_t)(ns / SNET__NS_PER_S),
				 .tv_nsec = (long)(ns % SNET__NS_PER_S)};
}

static bool has_due(const struct snet__recorder *recorder)
{
	return recorder->due_count ||
	       (recorder->until_ns != SNET__NEVER && !recorder->is_until_known);
}

void snet__recorder_sleep(struct snet__recorder *recorder, uint64_t until_ns)
{
	const struct timespec until = at(recorder, until_ns);
	int r = 0;

	snet__recorder_lock(recorder);
	while (!has_due(recorder) && !recorder->is_gone && r == 0)
		r = pthread_cond_timedwait(&recorder->changed, &recorder->lock, &until);
	snet__recorder_unlock(recorder);
}

bool snet__recorder_has_due(struct snet__recorder *recorder)
{
	bool has;

	snet__recorder_lock(recorder);
	has = has_due(recorder);
	snet__recorder_unlock(recorder);
	return has;
}

bool snet__recorder_take_until(struct snet__recorder *recorder, uint64_t *ret_at_ns)
{
	bool has;

	snet__recorder_lock(recorder);
	has = recorder->until_ns != SNET__NEVER && !recorder->is_until_known;
	recorder->is_until_known |= has;
	*ret_at_ns = recorder->until_ns;
	snet__recorder_unlock(recorder);
	return has;
}

bool snet__recorder_take_due(struct snet__recorder *recorder, size_t *ret_fault,
			     uint64_t *ret_at_ns)
{
	bool has;

	snet__recorder_lock(recorder);
	has = recorder->due_count > 0;
	if (has) {
		*ret_fault = recorder->due[0];
		*ret_at_ns = recorder->due_ns;
		memmove(recorder->due, recorder->due + 1,
			--recorder->due_count * sizeof(*recorder->due));
	}
	snet__recorder_unlock(recorder);
	return has;
}

static int forget_due(void *arg, struct snet_err *err)
{
	struct snet__recorder *recorder = arg;

	(void)err;
	recorder->lab->run->interlude = NULL;
	snet__recorder_lock(recorder);
	recorder->is_until_known = true;
	snet__recorder_unlock(recorder);
	return 0;
}

void snet__recorder_forget_due(struct snet__recorder *recorder)
{
	if (recorder->is_observing)
		(void)snet__lab_call(recorder->lab, forget_due, recorder, NULL);
}

bool snet__recorder_settle(struct snet__recorder *recorder, uint64_t until_ns)
{
	const struct timespec until = at(recorder, until_ns);
	bool is_settled;
	int r = 0;

	snet__recorder_lock(recorder);
	while (recorder->open_count && !recorder->is_gone && r == 0)
		r = pthread_cond_timedwait(&recorder->changed, &recorder->lock, &until);
	is_settled = !recorder->open_count;
	snet__recorder_unlock(recorder);
	return is_settled;
}
