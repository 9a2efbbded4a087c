/* SPDX-License-Identifier: MIT */
#include "check_bed.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "store/store.h"

void bed_new(struct check_bed *bed)
{
	*bed = (struct check_bed){.history = {.workload_end_ns = 5000 * BED_MS,
					      .ended_ns = 10000 * BED_MS},
				  .expectation = {.within_ns = SNET__NEVER,
						  .share = -1,
						  .quantile = -1,
						  .below_ns = SNET__NEVER}};
}

void bed_free(struct check_bed *bed)
{
	snet__judgement_clear(&bed->result);
	snet__history_clear(&bed->history);
}

struct snet__history_event *bed_press(struct check_bed *bed, const char *id,
				      const char *node, uint64_t at)
{
	struct snet__history_event *event = snet__history_add_event(&bed->history, id);

	ck_assert_ptr_nonnull(event);
	event->node = snet__history_word(&bed->history, node);
	event->planned_ns = event->pressed_ns = at * BED_MS;
	event->acknowledged_ns = (at + 1) * BED_MS;
	return event;
}

struct snet__history_event *bed_done(struct check_bed *bed, const char *id,
				     const char *node, uint64_t at, uint64_t ended)
{
	struct snet__history_event *event = bed_press(bed, id, node, at);

	event->outcome = SNET_OUTCOME_DONE;
	event->ended_ns = ended * BED_MS;
	return event;
}

struct snet__history_command *bed_command(struct check_bed *bed, const char *node,
					  const char *id, const char *state, uint64_t at)
{
	struct snet__history_command *command = snet__history_add_command(&bed->history);
	const struct snet__history_event *event;
	char of_event[64];

	ck_assert_ptr_nonnull(command);
	(void)snprintf(of_event, sizeof(of_event), "%.*s", (int)strcspn(id, "."), id);
	event = snet__history_find_event(&bed->history, of_event);
	if (event)
		command->event = (size_t)(event - bed->history.events);
	command->node = snet__history_word(&bed->history, node);
	command->id = snet__history_text(&bed->history, id);
	command->state = snet__history_text(&bed->history, state);
	command->at_ns = at * BED_MS;
	return command;
}

void bed_state(struct check_bed *bed, const char *node, const char *state, uint64_t at)
{
	struct snet__history_state *entry = snet__history_add_state(&bed->history);

	ck_assert_ptr_nonnull(entry);
	entry->node = snet__history_word(&bed->history, node);
	entry->state = snet__history_text(&bed->history, state);
	entry->at_ns = at * BED_MS;
}

struct snet__history_fault *bed_fault(struct check_bed *bed, const char *name,
				      uint64_t begun, uint64_t healed)
{
	struct snet__history_fault *fault = snet__history_add_fault(&bed->history);

	ck_assert_ptr_nonnull(fault);
	fault->name = snet__history_word(&bed->history, name);
	fault->planned_ns = fault->begun_ns = begun * BED_MS;
	if (healed)
		fault->planned_end_ns = fault->healed_ns = healed * BED_MS;
	return fault;
}

void bed_trace(struct check_bed *bed, const char *id, enum snet_outcome outcome,
	       const struct snet_step *steps, size_t count)
{
	struct snet_step copies[20];
	struct snet_trace trace = {.outcome = outcome, .steps = copies, .count = count};

	ck_assert_uint_le(count, 20);
	for (size_t i = 0; i < count; i++) {
		copies[i] = steps[i];
		copies[i].at_ns *= BED_MS;
		if (!copies[i].detail)
			copies[i].detail = "";
	}
	ck_assert_int_eq(snet__history_set_trace(&bed->history,
						 snet__history_find_event(&bed->history,
									  id),
						 &trace, 0, &bed->err),
			 0);
}

const char *bed_check(struct check_bed *bed, const char *checker)
{
	const struct snet__checker *found = snet__checker_find(checker);
	int r;

	ck_assert_ptr_nonnull(found);
	snet__judgement_clear(&bed->result);
	bed->expectation.checker = found;
	r = found->prepare(&bed->expectation, &bed->err);
	ck_assert_msg(r == 0, "%s", bed->err.msg);
	r = found->check(&bed->expectation, &bed->history, NULL, &bed->result, &bed->err);
	ck_assert_msg(r == 0, "%s", bed->err.msg);
	ck_assert_ptr_nonnull(bed->result.summary);
	return snet_verdict_name(bed->result.verdict);
}

const char *bed_finding(const struct check_bed *bed, size_t index)
{
	static char text[600];

	if (index >= bed->result.finding_count)
		return "";
	(void)snprintf(text, sizeof(text), "%s: %s", bed->result.findings[index].what,
		       bed->result.findings[index].text);
	return text;
}

double bed_measure(const struct check_bed *bed, const char *name)
{
	return snet__json_number(snet__json_get(bed->result.measures, name), -1);
}
