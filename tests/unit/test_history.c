/* SPDX-License-Identifier: MIT */
/* Histories in memory and in their files, also with every allocation in turn refused: the allocator
 * of the whole program is wrapped here. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "history_fixture.h"
#include "scarce.h"
#include "store/store.h"
#include "suite.h"

/* To be freed. */
static char *read_text(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(getdelim(&text, &size, '\0', file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

/* ---- Something of everything. */

static struct snet__history_event *add_event(struct snet__history *to, const char *id,
					     uint64_t pressed_ns)
{
	struct snet__history_event *event = snet__history_add_event(to, id);

	ck_assert_ptr_nonnull(event);
	event->node = snet__history_word(to, "sw0");
	event->pressed_ns = pressed_ns;
	return event;
}

static void add_events(void)
{
	struct snet_step steps[] = {
		{"pressed", "sw0", "", 11},
		{"invoked", "r0", "flip@cloud \"quoted\"", UINT64_MAX - 1},
	};
	const struct snet_trace trace = {.steps = steps,
					 .count = 2,
					 .outcome = SNET_OUTCOME_FAILED};
	struct snet__history_event *event;

	/* Unplanned, and acknowledged before the time of its press was taken. */
	event = add_event(&history, "e0", 11);
	event->acknowledged_ns = 9;
	event->ended_ns = 77;
	OK(snet__history_set_trace(&history, event, &trace, 0, &err));
	event = add_event(&history, "e1", 20);
	event->planned_ns = 19;
	event->data = "{\"a\": [1, \"x\\n\", null]}";
	event->dropped_ns = 30;
	event->why = "no room";
	/* Under way. */
	event = add_event(&history, "e2", 21);
	event->data = "null";
	OK(snet__history_set_trace(&history, event, &trace, 0, &err));
	event->outcome = SNET_OUTCOME_PENDING;
	event->is_forgotten = true;
	/* Never pressed. */
	event = add_event(&history, "e3", SNET__NEVER);
	event->planned_ns = 25;
	event = add_event(&history, "e4", 26);
	event->ended_ns = 28;
	event->outcome = SNET_OUTCOME_DONE;
	event = add_event(&history, "e5", 27);
	event->ended_ns = 29;
	event->outcome = SNET_OUTCOME_EXPIRED;
}

static void add_faults(void)
{
	struct snet__history_fault *fault = snet__history_add_fault(&history);

	fault->name = "f0";
	fault->kind = "down";
	fault->what = "cloud-s1 down";
	fault->failure = "no such link";
	fault->planned_ns = 5;
	fault = snet__history_add_fault(&history);
	*fault = (struct snet__history_fault){
		.name = "f1",
		.kind = "kill",
		.what = "kill r0",
		.entry = UINT_MAX,
		.occurrence = 3,
		.is_optional = true,
		.planned_ns = 40,
		.begun_ns = 41,
		.planned_end_ns = 42,
		.healed_ns = 43,
		.has_effect = true,
		.effect_ns = 44,
		.effect_end_ns = 45,
		.receipt = "12 of 12 echoes lost",
		.measures = "{\"lost\":12}",
	};
}

static void add_others(void)
{
	struct snet__history_command *command = snet__history_add_command(&history);
	struct snet__history_state *state = snet__history_add_state(&history);
	struct snet__history_probe *probe = snet__history_add_probe(&history);
	struct snet__history_sample *sample = snet__history_add_sample(&history);
	struct snet__history_note *note;

	*command = (struct snet__history_command){.node = "a0",
						  .id = "e2/0",
						  .state = "true",
						  .event = 2,
						  .is_repeated = true,
						  .at_ns = 60};
	command = snet__history_add_command(&history);
	*command = (struct snet__history_command){.node = "a0",
						  .id = "?",
						  .event = SIZE_MAX,
						  .at_ns = 61};
	*state = (struct snet__history_state){
		.node = "a0",
		.state = "\"on\"",
		.at_ns = 62,
	};
	*probe = (struct snet__history_probe){"icmp", "sw0", "r0", 1};
	probe = snet__history_add_probe(&history);
	*probe = (struct snet__history_probe){"http", "r0", "cloud", 0};
	*sample = (struct snet__history_sample){.probe = 1,
						.is_answered = true,
						.detail = "200",
						.at_ns = 0,
						.rtt_ns = 123456789};
	sample = snet__history_add_sample(&history);
	sample->at_ns = 100;
	ck_assert_ptr_nonnull(
		snet__history_add_note(&history, "log", "r0", "a line", 50));
	ck_assert_ptr_nonnull(snet__history_add_note(&history, "up", NULL, "", 51));
	note = snet__history_add_note(&history, SNET__NOTE_REFUSED, "sw0", "it is down",
				      52);
	ck_assert_ptr_nonnull(note);
	note->planned_ns = 40;
	note->data = "{\"target\":1}";
	/* It is not known of which device, or what was planned. */
	ck_assert_ptr_nonnull(
		snet__history_add_note(&history, SNET__NOTE_REFUSED, NULL, "no", 53));
	ck_assert_ptr_nonnull(
		snet__history_add_note(&history, SNET__NOTE_REFUSED, "sw1", "no", 54));
}

static void fill(void)
{
	history.scenario = "outage";
	history.lab = "house";
	history.path = "/tmp/outage.json";
	history.seed = UINT64_MAX;
	history.began_wall_ns = 1795843209123456789;
	history.workload_end_ns = 70;
	history.healed_ns = 43;
	history.ended_ns = 90;
	add_events();
	add_faults();
	add_others();
}

/* ---- The same again. */

#define SAME_TEXT(a, b) ck_assert_pstr_eq(a, b)
#define SAME(a, b)      ck_assert_uint_eq(a, b)

static void compare_events(void)
{
	SAME(again.events_count, history.events_count);
	for (size_t i = 0; i < history.events_count; i++) {
		const struct snet__history_event *a = &history.events[i],
						 *b = &again.events[i];

		SAME_TEXT(a->id, b->id);
		SAME_TEXT(a->node, b->node);
		SAME_TEXT(a->data, b->data);
		SAME(a->planned_ns, b->planned_ns);
		SAME(a->pressed_ns, b->pressed_ns);
		SAME(a->acknowledged_ns, b->acknowledged_ns);
		SAME(a->dropped_ns, b->dropped_ns);
		SAME_TEXT(a->why, b->why);
		SAME(a->ended_ns, b->ended_ns);
		SAME(a->is_forgotten, b->is_forgotten);
		SAME(a->outcome, b->outcome);
		SAME(a->step_count, b->step_count);
		for (size_t k = 0; k < a->step_count; k++) {
			SAME_TEXT(a->steps[k].step, b->steps[k].step);
			SAME_TEXT(a->steps[k].node, b->steps[k].node);
			SAME_TEXT(a->steps[k].detail, b->steps[k].detail);
			SAME(a->steps[k].at_ns, b->steps[k].at_ns);
		}
		ck_assert_ptr_eq(snet__history_find_event(&again, a->id), b);
	}
}

static void compare_faults(void)
{
	SAME(again.faults_count, history.faults_count);
	for (size_t i = 0; i < history.faults_count; i++) {
		const struct snet__history_fault *a = &history.faults[i],
						 *b = &again.faults[i];

		SAME_TEXT(a->name, b->name);
		SAME_TEXT(a->kind, b->kind);
		SAME_TEXT(a->what, b->what);
		SAME(a->entry, b->entry);
		SAME(a->occurrence, b->occurrence);
		SAME(a->is_optional, b->is_optional);
		SAME(a->planned_ns, b->planned_ns);
		SAME(a->begun_ns, b->begun_ns);
		SAME(a->planned_end_ns, b->planned_end_ns);
		SAME(a->healed_ns, b->healed_ns);
		SAME_TEXT(a->failure, b->failure);
		SAME(a->has_effect, b->has_effect);
		SAME(a->effect_ns, b->effect_ns);
		SAME(a->effect_end_ns, b->effect_end_ns);
		SAME_TEXT(a->receipt, b->receipt);
		SAME_TEXT(a->measures, b->measures);
	}
}

static void compare_devices(void)
{
	SAME(again.commands_count, history.commands_count);
	for (size_t i = 0; i < history.commands_count; i++) {
		SAME_TEXT(again.commands[i].node, history.commands[i].node);
		SAME_TEXT(again.commands[i].id, history.commands[i].id);
		SAME_TEXT(again.commands[i].state, history.commands[i].state);
		SAME(again.commands[i].event, history.commands[i].event);
		SAME(again.commands[i].is_repeated, history.commands[i].is_repeated);
		SAME(again.commands[i].at_ns, history.commands[i].at_ns);
	}
	SAME(again.states_count, history.states_count);
	for (size_t i = 0; i < history.states_count; i++) {
		SAME_TEXT(again.states[i].node, history.states[i].node);
		SAME_TEXT(again.states[i].state, history.states[i].state);
		SAME(again.states[i].at_ns, history.states[i].at_ns);
	}
}

static void compare_measurements(void)
{
	SAME(again.probes_count, history.probes_count);
	for (size_t i = 0; i < history.probes_count; i++) {
		SAME_TEXT(again.probes[i].kind, history.probes[i].kind);
		SAME_TEXT(again.probes[i].from, history.probes[i].from);
		SAME_TEXT(again.probes[i].to, history.probes[i].to);
		SAME(again.probes[i].fault, history.probes[i].fault);
	}
	SAME(again.samples_count, history.samples_count);
	for (size_t i = 0; i < history.samples_count; i++) {
		SAME(again.samples[i].probe, history.samples[i].probe);
		SAME(again.samples[i].is_answered, history.samples[i].is_answered);
		SAME_TEXT(again.samples[i].detail, history.samples[i].detail);
		SAME(again.samples[i].at_ns, history.samples[i].at_ns);
		SAME(again.samples[i].rtt_ns, history.samples[i].rtt_ns);
	}
	SAME(again.notes_count, history.notes_count);
	for (size_t i = 0; i < history.notes_count; i++) {
		SAME_TEXT(again.notes[i].kind, history.notes[i].kind);
		SAME_TEXT(again.notes[i].node, history.notes[i].node);
		SAME_TEXT(again.notes[i].text, history.notes[i].text);
		SAME(again.notes[i].at_ns, history.notes[i].at_ns);
		SAME(again.notes[i].planned_ns, history.notes[i].planned_ns);
		SAME_TEXT(again.notes[i].data, history.notes[i].data);
	}
}

static void compare(void)
{
	SAME_TEXT(again.scenario, history.scenario);
	SAME_TEXT(again.lab, history.lab);
	SAME_TEXT(again.path, history.path);
	SAME(again.seed, history.seed);
	SAME(again.began_wall_ns, history.began_wall_ns);
	SAME(again.workload_end_ns, history.workload_end_ns);
	SAME(again.healed_ns, history.healed_ns);
	SAME(again.ended_ns, history.ended_ns);
	compare_events();
	compare_faults();
	compare_devices();
	compare_measurements();
}

/* ---- In memory. */

START_TEST(equal_words_are_one_pointer_and_texts_are_not)
{
	const char *word = snet__history_word(&history, "sw0"), *text;
	char other[] = "sw0";

	ck_assert_str_eq(word, "sw0");
	ck_assert_ptr_ne(word, other);
	ck_assert_ptr_eq(snet__history_word(&history, other), word);
	ck_assert_ptr_ne(snet__history_word(&history, "sw1"), word);
	text = snet__history_text(&history, "sw0");
	ck_assert_str_eq(text, "sw0");
	ck_assert_ptr_ne(text, word);
	ck_assert_ptr_null(snet__history_word(&history, NULL));
	ck_assert_ptr_null(snet__history_text(&history, NULL));
}
END_TEST

START_TEST(lists_grow_and_texts_stay_where_they_are)
{
	enum {
		COUNT = 5000
	};
	const char *first = snet__history_text(&history, "first");
	autofree char *large = malloc(1 << 20);
	char id[16];

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', (1 << 20) - 1);
	large[(1 << 20) - 1] = '\0';
	for (unsigned int i = 0; i < COUNT; i++) {
		(void)snprintf(id, sizeof(id), "e%u", i);
		ck_assert_ptr_nonnull(snet__history_add_event(&history, id));
		ck_assert_ptr_nonnull(snet__history_add_sample(&history));
	}
	ck_assert_str_eq(snet__history_text(&history, large), large);
	for (unsigned int i = 0; i < COUNT; i++) {
		(void)snprintf(id, sizeof(id), "e%u", i);
		ck_assert_ptr_eq(snet__history_find_event(&history, id),
				 &history.events[i]);
		SAME_TEXT(history.events[i].id, id);
		SAME(history.samples[i].rtt_ns, SNET__NEVER);
	}
	ck_assert_ptr_null(snet__history_find_event(&history, "e"));
	/* An event's id is its alone. */
	ck_assert_ptr_null(snet__history_add_event(&history, "e7"));
	SAME(history.events_count, COUNT);
	ck_assert_str_eq(first, "first");
}
END_TEST

START_TEST(what_has_not_happened_is_never)
{
	const struct snet__history_event *event = snet__history_add_event(&history, "e");
	const struct snet__history_fault *fault = snet__history_add_fault(&history);

	SAME(event->planned_ns & event->pressed_ns & event->acknowledged_ns &
		     event->dropped_ns & event->ended_ns,
	     SNET__NEVER);
	SAME(fault->planned_ns & fault->begun_ns & fault->planned_end_ns &
		     fault->healed_ns & fault->effect_ns & fault->effect_end_ns,
	     SNET__NEVER);
	SAME(snet__history_add_command(&history)->event, SIZE_MAX);
	SAME(snet__history_add_command(&history)->at_ns, SNET__NEVER);
	SAME(snet__history_add_state(&history)->at_ns, SNET__NEVER);
	SAME(snet__history_add_sample(&history)->at_ns, SNET__NEVER);
	ck_assert_ptr_null(snet__history_add_probe(&history)->kind);
}
END_TEST

START_TEST(times_of_a_trace_become_those_of_the_run)
{
	struct snet_step steps[] = {{"pressed", "sw0", "", 5}, {"sent", "r0", "", 1007}};
	const struct snet_trace trace = {.steps = steps, .count = 2};
	struct snet__history_event *event = snet__history_add_event(&history, "e");

	OK(snet__history_set_trace(&history, event, &trace, 1000, &err));
	SAME(event->steps[0].at_ns, 0);
	SAME(event->steps[1].at_ns, 7);
	ck_assert_ptr_eq(event->steps[0].node, snet__history_word(&history, "sw0"));
}
END_TEST

/* ---- In a file. */

START_TEST(what_is_written_is_read_as_the_same)
{
	fill();
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	compare();
	ck_assert_ptr_eq(again.events[0].node, again.events[1].node);
	ck_assert_ptr_eq(again.events[0].steps[1].node, again.notes[0].node);
}
END_TEST

START_TEST(nothing_is_written_and_read_too)
{
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	compare();
}
END_TEST

START_TEST(lines_are_in_the_order_of_their_times)
{
	autofree char *text = NULL;
	uint64_t at, before = 0;
	char *rest, *line;

	fill();
	OK(write_it());
	text = rest = read_text();
	ck_assert_int_eq(strncmp(text, "{\"at\":0,\"type\":\"run\",", 21), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n{\"at\":9,\"type\":\"acknowledged\","));
	while ((line = strsep(&rest, "\n")) && *line) {
		ck_assert_int_eq(sscanf(line, "{\"at\":%" SCNu64 ",", &at), 1);
		if (!strstr(line, "\"type\":\"end\""))
			ck_assert_uint_le(before, at);
		else
			ck_assert_str_eq(rest, "");
		before = at;
	}
}
END_TEST

START_TEST(lists_are_read_in_the_order_of_their_times)
{
	struct snet__history_command *command;

	add_event(&history, "late", 20);
	add_event(&history, "early", 10);
	command = snet__history_add_command(&history);
	command->node = command->id = "a0";
	command->event = 0;
	command->at_ns = 25;
	OK(write_it());
	OK(snet__history_read(&again, path, &err));
	SAME_TEXT(again.events[0].id, "early");
	SAME_TEXT(again.events[1].id, "late");
	SAME(again.commands[0].event, 1);
}
END_TEST

/* ---- Short of memory. */

START_TEST(a_list_that_cannot_grow_keeps_what_it_has)
{
	const struct snet__history_event *event;
	char id[16];

	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "e%u", i);
		event = NULL;
		for (int nth = 0; !event; nth++) {
			left = nth;
			event = snet__history_add_event(&history, id);
			left = -1; /* Check allocates, too */
			SAME(history.events_count, event ? i + 1 : i);
		}
		ck_assert_ptr_eq(snet__history_find_event(&history, id), event);
	}
}
END_TEST

START_TEST(a_note_without_memory_is_none)
{
	const struct snet__history_note *note = NULL;
	int nth = 0;

	for (; !note; nth++) {
		snet__history_clear(&history);
		left = nth;
		note = snet__history_add_note(&history, "log", "r0", "text", 1);
		left = -1; /* Check allocates, too */
		SAME(history.notes_count, note != NULL);
	}
	ck_assert_int_gt(nth, 2);
	SAME_TEXT(note->kind, "log");
	SAME_TEXT(note->node, "r0");
	SAME_TEXT(note->text, "text");
}
END_TEST

START_TEST(writing_without_memory_is_told)
{
	int r = -1, nth = 0;

	fill();
	ck_assert_ptr_nonnull(
		snet__history_add_note(&history, "log", NULL, "no text: \xff", 1));
	for (; r < 0; nth++) {
		autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		ck_assert_int_ge(fd, 0);
		left = nth;
		r = snet__history_write(&history, fd, &err);
		left = -1; /* Check allocates, too */
		ck_assert(r == 0 || (r == -ENOMEM && err.code == r));
	}
	ck_assert_int_gt(nth, 3);
}
END_TEST

START_TEST(reading_without_memory_is_told)
{
	int r = -1, nth = 0;

	fill();
	OK(write_it());
	for (; r < 0; nth++) {
		snet__history_clear(&again);
		left = nth;
		r = snet__history_read(&again, path, &err);
		left = -1; /* Check allocates, too */
		ck_assert_msg(r == 0 || (r == -ENOMEM && err.code == r), "%d: %s", r,
			      err.msg);
	}
	ck_assert_int_gt(nth, 10);
	compare();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, equal_words_are_one_pointer_and_texts_are_not);
	tcase_add_test(t, lists_grow_and_texts_stay_where_they_are);
	tcase_add_test(t, what_has_not_happened_is_never);
	tcase_add_test(t, times_of_a_trace_become_those_of_the_run);
	tcase_add_test(t, what_is_written_is_read_as_the_same);
	tcase_add_test(t, nothing_is_written_and_read_too);
	tcase_add_test(t, lines_are_in_the_order_of_their_times);
	tcase_add_test(t, lists_are_read_in_the_order_of_their_times);
	tcase_add_test(t, a_list_that_cannot_grow_keeps_what_it_has);
	tcase_add_test(t, a_note_without_memory_is_none);
	tcase_add_test(t, writing_without_memory_is_told);
	tcase_add_test(t, reading_without_memory_is_told);
	suite_add_tcase(s, t);
	return s;
}
