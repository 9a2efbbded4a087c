/* SPDX-License-Identifier: MIT */
/* What a relayer makes of functions that misbehave: a button, a relayer, a functions node and an
 * actuator in a lab. The function toggles, so that a command that is lost or done twice shows. */

#include <time.h>

#include "breaking.h"
#include "faas/fault.h"
#include "faas/internal.h"
#include "lab/lab.h"
#include "labs.h"
#include "rights.h"
#include "suite.h"
#include "wait.h"

#define MS         1000000ull
#define TIMEOUT_NS (1500 * MS) /* of one invocation */

static struct snet_trace *trace;
static struct snet__random stream;

static void set_up(void)
{
	const struct snet_function_opts f = {
		.size = sizeof(f),
		.name = "f",
		.code = "function main(event) { return event.data; }",
		.kind = "nodejs:default",
	};
	const struct snet_backend_opts cloud = {.size = sizeof(cloud),
						.name = "cloud",
						.kind = "openwhisk",
						.node = "fn",
						.timeout_ns = TIMEOUT_NS};

	trace = NULL;
	snet__random_seed(&stream, 7, "outage");
	lab = labs_new("outage");
	LABS_NODE(lab, .name = "fn", .kind = "functions");
	LABS_OK(snet_lab_add_function(lab, "fn", &f, &err));
	LABS_OK(snet_lab_add_backend(lab, &cloud, &err));
	LABS_NODE(lab, .name = "sw0", .kind = "button", .data = "{\"target\":\"a0\"}");
	LABS_NODE(lab, .name = "a0", .kind = "actuator", .state = "false");
}

static int on_heal_all(void *arg, struct snet_err *failure);

static void tear_down(void)
{
	LABS_OK(snet__lab_call(lab, on_heal_all, NULL, &err));
	snet_trace_free(trace);
	snet_lab_free(lab);
}

/* Up, with a worker that is warm, a connection that is kept, and a0 on. */
static void up(uint64_t ttl_ns)
{
	labs_route(lab, NULL, NULL, "f", "cloud", ttl_ns);
	LABS_OK(snet_lab_up(lab, &err));
	do {
		snet_trace_free(trace);
		LABS_OK(snet_device_press(
			lab, "sw0", "{\"commands\":[{\"target\":\"a0\",\"set\":true}]}",
			&trace, 3 * WAIT_MS, &err));
	} while (snet_trace_outcome(trace) != SNET_OUTCOME_DONE);
	snet_trace_free(trace);
	trace = NULL;
}

/* On the lab's thread --------------------------------------------------------------------- */

static struct snet__run_node *find_functions(void)
{
	size_t i = 0;

	while (lab->run->nodes[i]->node->role != SNET__ROLE_FUNCTIONS)
		i++;
	return lab->run->nodes[i];
}

static struct snet__faas_fault *fault;
static struct snet__faas_fault_counts counts;

static int on_add(void *arg, struct snet_err *failure)
{
	return snet__faas_add_fault(&find_functions()->faults, arg, &fault, failure);
}

static int on_count(void *arg, struct snet_err *failure)
{
	snet__faas_fault_counts(fault, &counts);
	return 0;
}

static int on_heal(void *arg, struct snet_err *failure)
{
	snet__faas_remove_fault(steal_ptr(fault));
	return 0;
}

static int on_heal_all(void *arg, struct snet_err *failure)
{
	while (find_functions()->faults.first)
		snet__faas_remove_fault(find_functions()->faults.first);
	return 0;
}

static int on_count_runs(void *arg, struct snet_err *failure)
{
	*(size_t *)arg = find_functions()->faas->activations.count;
	return 0;
}

/* Each a task that the test waits for ------------------------------------------------------ */

static void add(const struct snet__faas_fault_opts *opts)
{
	LABS_OK(snet__lab_call(lab, on_add, (void *)opts, &err));
}

/* Wait until the fault has hit, bounded by the test's time limit. */
static void wait_for_hits(uint64_t wanted)
{
	struct timespec pause = {.tv_nsec = 5000000};

	for (;;) {
		LABS_OK(snet__lab_call(lab, on_count, NULL, &err));
		if (counts.hit >= wanted)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

/* How many there are, once there are @wanted; a run may outlast its event. */
static size_t count_runs(size_t wanted)
{
	struct timespec pause = {.tv_nsec = 5000000};
	size_t count = 0;

	for (;;) {
		LABS_OK(snet__lab_call(lab, on_count_runs, &count, &err));
		if (count >= wanted)
			return count;
		(void)nanosleep(&pause, NULL);
	}
}

static void heal(void)
{
	LABS_OK(snet__lab_call(lab, on_heal, NULL, &err));
}

#define DONE    SNET_OUTCOME_DONE
#define FAILED  SNET_OUTCOME_FAILED
#define EXPIRED SNET_OUTCOME_EXPIRED
#define AGAIN   "it may have run, and is invoked again"

#define CONCURRENT .kind = "429", .variant = "concurrent"
#define INVOKER    .kind = "500", .variant = "invoker"
#define DEVELOPER  .kind = "502", .variant = "developer"
#define COLD       .kind = "cold", .delay_ns = 100 * MS
#define LATE(ms)   .kind = "late", .delay_ns = (ms)*MS
#define LOST       .kind = "lost-result", .variant = "forgotten"
#define ACCEPTED   .kind = "timeout-202", .delay_ns = 30 * MS, .record_delay_ns = 100 * MS
#define FORGOTTEN  .kind = "timeout-202", .variant = "forgotten"
#define NO_OBJECT  .kind = "garbage", .variant = "no-object"
#define TRUNCATED  .kind = "garbage", .variant = "truncated"

static const struct outage {
	struct snet__faas_fault_opts opts;
	uint64_t ttl_ns;
	bool is_healed_late; /* when the event has ended, not when it was hit */
	enum snet_outcome outcome;
	const char *step, *detail; /* that says what happened; NULL: it depends */
	size_t runs;               /* that have a record; 0: it depends */
	size_t invoked;
} outages[] = {
	{{.kind = "refuse"}, 0, false, DONE, "retry", "cannot reach", 1, 0},
	{{.kind = "gone"}, 0, false, DONE, NULL, NULL, 0, 0},
	{{.kind = "gateway-500", .count = 1}, 0, false, DONE, "retry", AGAIN, 1, 2},
	{{.kind = "gateway-502", .count = 1}, 0, false, DONE, "retry", AGAIN, 1, 2},
	{{.kind = "gateway-503", .count = 1}, 0, false, DONE, "retry", AGAIN, 1, 2},
	{{.kind = "gateway-504", .count = 1}, 0, false, DONE, "retry", AGAIN, 2, 2},
	{{.kind = "429"}, 200 * MS, true, EXPIRED, "retry", "in the last minute", 0, 1},
	{{CONCURRENT, .count = 1}, 0, false, DONE, "retry", "requests in flight", 1, 2},
	{{.kind = "503", .count = 1}, 0, false, DONE, "retry", "no room: The", 1, 2},
	{{.kind = "500", .count = 1}, 0, false, DONE, "retry", AGAIN, 1, 2},
	{{INVOKER, .count = 1}, 0, false, FAILED, "failed", "Failed to provision", 1, 1},
	{{.kind = "502", .count = 1}, 0, false, FAILED, "failed", "on purpose", 1, 1},
	{{DEVELOPER, .count = 1}, 0, false, FAILED, "failed", "exited", 1, 1},
	{{COLD, .count = 1}, 0, true, DONE, "started", "cold, ", 1, 1},
	{{.kind = "twice", .count = 1}, 0, false, DONE, "result", "", 2, 1},
	{{LATE(50), .count = 1}, 0, true, DONE, "result", "", 1, 1},
	{{LATE(2500), .count = 1}, 0, true, DONE, "retry", "no answer within", 2, 2},
	{{LATE(2500)}, TIMEOUT_NS, true, EXPIRED, "expired", "time to live", 0, 1},
	{{.kind = "lost-result", .count = 1}, 0, false, DONE, "retry", AGAIN, 2, 2},
	{{LOST, .count = 1}, 0, false, DONE, "retry", AGAIN, 1, 2},
	{{ACCEPTED, .count = 1}, 0, true, DONE, "accepted", "", 1, 1},
	{{FORGOTTEN, .count = 1}, 0, false, DONE, "retry", AGAIN, 1, 2},
	{{.kind = "garbage", .count = 1}, 0, false, DONE, "retry", AGAIN, 2, 2},
	{{NO_OBJECT, .count = 1}, 0, false, FAILED, "failed", "not an object", 1, 1},
	{{TRUNCATED, .count = 1}, 0, false, DONE, "retry", AGAIN, 2, 2},
};

/* How many further invocations the trace speaks of. */
static size_t count_announced(void)
{
	size_t count = 0;

	for (size_t i = 0; i < snet_trace_step_count(trace); i++)
		count += strstr(snet_trace_step(trace, i)->detail, "is invoked again") !=
			 NULL;
	return count;
}

/* A trace says what was done: once, or not at all. */
static void check_trace(const struct outage *outage, size_t runs)
{
	bool is_done = outage->outcome == SNET_OUTCOME_DONE;
	char *json = snet_trace_json(trace);
	const char *got = outage->step ? labs_step(trace, outage->step) : "";

	ck_assert_msg(snet_trace_outcome(trace) == outage->outcome, "%s %s: %s",
		      outage->opts.kind, outage->opts.variant, json);
	ck_assert_msg(got && strstr(got, outage->detail ? outage->detail : ""),
		      "%s: want %s with '%s': %s", outage->opts.kind, outage->step,
		      outage->detail, json);
	ck_assert_msg(!outage->runs || runs == outage->runs, "%s: %zu runs: %s",
		      outage->opts.kind, runs, json);
	ck_assert_msg(!outage->invoked ||
			      labs_step_count(trace, "invoked") == outage->invoked,
		      "%s: want %zu invocations: %s", outage->opts.kind, outage->invoked,
		      json);
	ck_assert_msg(count_announced() < labs_step_count(trace, "invoked"),
		      "%s: announced and not done: %s", outage->opts.kind, json);
	ck_assert_msg(labs_step_count(trace, "applied") == is_done, "%s: %s",
		      outage->opts.kind, json);
	free(json);
	LABS_STATE(lab, "a0", is_done ? "false" : "true");
}

START_TEST(what_is_acknowledged_is_done_once_or_ends_as_its_trace_says)
{
	const struct outage *outage = &outages[_i];
	char id[SNET_EVENT_ID_MAX + 1];
	size_t runs;

	up(outage->ttl_ns);
	runs = count_runs(0);
	add(&outage->opts);
	LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	wait_for_hits(1);
	if (!outage->is_healed_late)
		heal();
	LABS_OK(snet_lab_wait_trace(lab, id, 3 * WAIT_MS, &trace, &err));
	if (outage->is_healed_late)
		heal();
	check_trace(outage, count_runs(runs + outage->runs) - runs);
	/* And the next one is as ever. */
	snet_trace_free(trace);
	trace = NULL;
	LABS_OK(snet_device_press(lab, "sw0",
				  "{\"commands\":[{\"target\":\"a0\",\"set\":7}]}",
				  &trace, 3 * WAIT_MS, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	LABS_STATE(lab, "a0", "7");
}
END_TEST

START_TEST(what_never_ran_has_not_started)
{
	up(0);
	add(&(struct snet__faas_fault_opts){.kind = "500", .variant = "invoker"});
	LABS_OK(snet_device_press(lab, "sw0", NULL, &trace, WAIT_MS, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_FAILED);
	ck_assert_ptr_null(labs_step(trace, "started"));
	ck_assert_ptr_null(labs_step(trace, "ended"));
}
END_TEST

/* Many events, each of which meets several faults by chance. */
START_TEST(a_crowd_gets_through_a_storm)
{
	static const struct snet__faas_fault_opts storm[] = {
		{.kind = "gateway-502", .share = 0.1, .random = &stream},
		{.kind = "503", .share = 0.1, .random = &stream},
		{.kind = "cold", .share = 0.2, .random = &stream, .delay_ns = 20 * MS},
		{.kind = "twice", .share = 0.2, .random = &stream},
		{.kind = "late", .share = 0.3, .random = &stream, .delay_ns = 30 * MS},
		{.kind = "lost-result", .share = 0.2, .random = &stream},
		{.kind = "timeout-202",
		 .share = 0.2,
		 .random = &stream,
		 .record_delay_ns = 30 * MS},
		{.kind = "garbage", .share = 0.2, .random = &stream},
	};
	char ids[21][SNET_EVENT_ID_MAX + 1]; /* odd, so that a0 is off in the end */

	up(0);
	for (size_t i = 0; i < sizeof(storm) / sizeof(*storm); i++)
		add(&storm[i]);
	for (size_t i = 0; i < 21; i++)
		LABS_OK(snet_device_send(lab, "sw0", NULL, ids[i], &err));
	for (size_t i = 0; i < 21; i++) {
		snet_trace_free(trace);
		trace = NULL;
		LABS_OK(snet_lab_wait_trace(lab, ids[i], 3 * WAIT_MS, &trace, &err));
		ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
		ck_assert_uint_eq(labs_step_count(trace, "applied"), 1);
	}
	LABS_STATE(lab, "a0", "false");
}
END_TEST

/* Of those that were active before the functions were killed, and that began meanwhile. */
static const struct killed {
	struct snet__faas_fault_opts opts;
	bool is_before;
} kills[] = {
	{{.kind = "refuse"}, true},  {{.kind = "gone"}, true},  {{.kind = "503"}, true},
	{{.kind = "refuse"}, false}, {{.kind = "gone"}, false}, {{.kind = "503"}, false},
};

START_TEST(functions_that_begin_anew_suffer_as_before)
{
	const struct killed *killed = &kills[_i];
	char id[SNET_EVENT_ID_MAX + 1];
	uint64_t before = 0;

	up(0);
	if (killed->is_before) {
		add(&killed->opts);
		LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
		wait_for_hits(1);
	}
	BREAK(KILL, "fn");
	if (!killed->is_before) {
		add(&killed->opts);
		LABS_OK(snet_device_send(lab, "sw0", NULL, id, &err));
	}
	LABS_OK(snet__lab_call(lab, on_count, NULL, &err));
	before = counts.hit;
	MEND(KILL, "fn");
	wait_for_hits(before + 1);
	heal();
	LABS_OK(snet_lab_wait_trace(lab, id, 3 * WAIT_MS, &trace, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("faas_outage");
	TCase *tcase = tcase_create("outage");

	rights_get();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase,
			    what_is_acknowledged_is_done_once_or_ends_as_its_trace_says,
			    0, sizeof(outages) / sizeof(*outages));
	tcase_add_test(tcase, what_never_ran_has_not_started);
	tcase_add_loop_test(tcase, functions_that_begin_anew_suffer_as_before, 0,
			    sizeof(kills) / sizeof(*kills));
	tcase_add_test(tcase, a_crowd_gets_through_a_storm);
	suite_add_tcase(suite, tcase);
	return suite;
}
