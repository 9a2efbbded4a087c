/* SPDX-License-Identifier: MIT */
/* A history in memory: lists, and blocks of text that only grow. */

#include "fault/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "store/store.h"

#define BLOCK_SIZE (64u << 10)

struct snet__history_block {
	struct snet__history_block *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

/* NULL when memory is short. */
static void *take(struct snet__history *history, size_t size)
{
	struct snet__history_block *block = history->blocks;
	void *taken;

	size = (size + 7) & ~(size_t)7;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct snet__history_block){.next = history->blocks,
						      .size = room};
		history->blocks = block;
	}
	taken = block->bytes + block->used;
	block->used += size;
	return taken;
}

const char *snet__history_text(struct snet__history *history, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;
	char *copy = text ? take(history, size) : NULL;

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

const char *snet__history_word(struct snet__history *history, const char *text)
{
	const char *word = text ? snet__map_find(&history->words, text) : NULL;

	if (word || !text)
		return word;
	word = snet__history_text(history, text);
	if (word && snet__map_add(&history->words, word, (void *)word, NULL) < 0)
		return NULL;
	return word;
}

/* A zeroed item at the end of a list; the macro knows its names and its size. */
#define ADD(history, list)                                                        \
	(snet__vec_reserve(&(history)->list, &(history)->list##_cap,              \
			   (history)->list##_count + 1, sizeof(*(history)->list), \
			   NULL) < 0                                              \
		 ? NULL                                                           \
		 : &(history)->list[(history)->list##_count++])

struct snet__history_event *snet__history_add_event(struct snet__history *history,
						    const char *id)
{
	const char *copy = snet__history_text(history, id);
	struct snet__history_event *event = copy ? ADD(history, events) : NULL;
	size_t index = history->events_count;

	if (!event)
		return NULL;
	/* By its number: the list moves as it grows. Numbers begin at 1, for NULL is nothing. */
	if (snet__map_add(&history->event_by_id, copy, (void *)(uintptr_t)index, NULL) <
	    0) {
		history->events_count--;
		return NULL;
	}
	*event = (struct snet__history_event){.id = copy,
					      .planned_ns = SNET__NEVER,
					      .pressed_ns = SNET__NEVER,
					      .acknowledged_ns = SNET__NEVER,
					      .dropped_ns = SNET__NEVER,
					      .ended_ns = SNET__NEVER};
	return event;
}

struct snet__history_command *snet__history_add_command(struct snet__history *history)
{
	struct snet__history_command *command = ADD(history, commands);

	if (command)
		*command = (struct snet__history_command){.event = SIZE_MAX,
							  .at_ns = SNET__NEVER};
	return command;
}

struct snet__history_state *snet__history_add_state(struct snet__history *history)
{
	struct snet__history_state *state = ADD(history, states);

	if (state)
		*state = (struct snet__history_state){.at_ns = SNET__NEVER};
	return state;
}

struct snet__history_fault *snet__history_add_fault(struct snet__history *history)
{
	struct snet__history_fault *fault = ADD(history, faults);

	if (fault)
		*fault = (struct snet__history_fault){.planned_ns = SNET__NEVER,
						      .begun_ns = SNET__NEVER,
						      .planned_end_ns = SNET__NEVER,
						      .healed_ns = SNET__NEVER,
						      .effect_ns = SNET__NEVER,
						      .effect_end_ns = SNET__NEVER};
	return fault;
}

struct snet__history_probe *snet__history_add_probe(struct snet__history *history)
{
	struct snet__history_probe *probe = ADD(history, probes);

	if (probe)
		*probe = (struct snet__history_probe){0};
	return probe;
}

struct snet__history_sample *snet__history_add_sample(struct snet__history *history)
{
	struct snet__history_sample *sample = ADD(history, samples);

	if (sample)
		*sample = (struct snet__history_sample){.at_ns = SNET__NEVER,
							.rtt_ns = SNET__NEVER};
	return sample;
}

struct snet__history_note *snet__history_add_note(struct snet__history *history,
						  const char *kind, const char *node,
						  const char *text, uint64_t at_ns)
{
	const struct snet__history_note made = {
		.kind = snet__history_word(history, kind),
		.node = snet__history_word(history, node),
		.text = snet__history_text(history, text),
		.at_ns = at_ns,
		.planned_ns = SNET__NEVER,
	};
	struct snet__history_note *note;

	if (!made.kind || !made.text || (node && !made.node))
		return NULL;
	note = ADD(history, notes);
	if (note)
		*note = made;
	return note;
}

bool snet__history_is_refusal(const struct snet__history_note *note)
{
	return strcmp(note->kind, SNET__NOTE_REFUSED) == 0 && note->node;
}

struct snet__history_event *snet__history_find_event(const struct snet__history *history,
						     const char *id)
{
	uintptr_t number = (uintptr_t)snet__map_find(&history->event_by_id, id);

	return number ? &history->events[number - 1] : NULL;
}

int snet__history_set_trace(struct snet__history *history,
			    struct snet__history_event *event,
			    const struct snet_trace *trace, uint64_t began_ns,
			    struct snet_err *err)
{
	struct snet__history_step *steps =
		take(history, trace->count * sizeof(*steps) + 1);

	if (!steps)
		return snet__err_oom(err);
	for (size_t i = 0; i < trace->count; i++) {
		const struct snet_step *step = &trace->steps[i];

		steps[i] = (struct snet__history_step){
			.step = step->step, /* a literal: see store/trace.c */
			.node = snet__history_word(history, step->node),
			.detail = *step->detail
					  ? snet__history_text(history, step->detail)
					  : "",
			/* A press by somebody else may be older than the run. */
			.at_ns = step->at_ns > began_ns ? step->at_ns - began_ns : 0,
		};
		if (!steps[i].node || !steps[i].detail)
			return snet__err_oom(err);
	}
	event->steps = steps;
	event->step_count = trace->count;
	event->outcome = trace->outcome;
	return 0;
}

bool snet__history_is_broken(const struct snet__history_fault *fault)
{
	bool is_mended =
		fault->begun_ns == SNET__NEVER && fault->healed_ns != SNET__NEVER;

	return fault->failure && !(fault->is_optional && is_mended);
}

void snet__history_clear(struct snet__history *history)
{
	struct snet__history_block *block = history->blocks, *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
	free(history->events);
	free(history->commands);
	free(history->states);
	free(history->faults);
	free(history->probes);
	free(history->samples);
	free(history->notes);
	snet__map_clear(&history->event_by_id);
	snet__map_clear(&history->words);
	*history = (struct snet__history){0};
}
