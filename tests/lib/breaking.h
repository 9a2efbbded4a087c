/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BREAKING_H
#define TESTS_BREAKING_H

/* What breaks the nodes of a running lab, on its thread. The test has `lab` and `err`. */

#include "lab/breakage.h"
#include "programs.h"

#define KILL  (&snet__breakage_kill)
#define PAUSE (&snet__breakage_pause)
#define SLOW  (&snet__breakage_slow)
#define SKEW  (&snet__breakage_skew)
#define FULL  (&snet__breakage_full)

#define ECHO "def main(event):\n return event['data']\n"

struct breaking {
	const struct snet__breakage_kind *kind;
	struct snet__breakage breakage;
	bool is_in_effect;
	struct snet__breakage_sight sight;
};

LABS_UNUSED int breaking_begin(void *arg, struct snet_err *why)
{
	struct breaking *breaking = arg;

	return snet__breakage_begin(breaking->kind, lab->run, &breaking->breakage, why);
}

LABS_UNUSED int breaking_end(void *arg, struct snet_err *why)
{
	struct breaking *breaking = arg;

	return snet__breakage_end(breaking->kind, lab->run, &breaking->breakage, why);
}

LABS_UNUSED int breaking_observe(void *arg, struct snet_err *why)
{
	struct breaking *breaking = arg;

	(void)why;
	breaking->is_in_effect =
		snet__breakage_observe(breaking->kind, lab->run, &breaking->breakage,
				       &breaking->sight);
	return 0;
}

LABS_UNUSED int breaking_do(snet__engine_fn fn, const struct snet__breakage_kind *kind,
			    const struct snet__breakage *breakage)
{
	struct breaking breaking = {.kind = kind, .breakage = *breakage};

	err = (struct snet_err){0};
	return snet__lab_call(lab, fn, &breaking, &err);
}

LABS_UNUSED bool breaking_is(const struct snet__breakage_kind *kind,
			     const struct snet__breakage *breakage)
{
	struct breaking breaking = {.kind = kind, .breakage = *breakage};

	LABS_OK(snet__lab_call(lab, breaking_observe, &breaking, &err));
	return breaking.is_in_effect;
}

/* What is done to processes shows a moment later. */
LABS_UNUSED void breaking_wait(const struct snet__breakage_kind *kind,
			       const struct snet__breakage *breakage, bool wanted)
{
	uint64_t until_ns = snet__clock_ns() + WAIT_MS * SNET__NS_PER_MS;

	while (breaking_is(kind, breakage) != wanted)
		ck_assert_msg(snet__clock_ns() < until_ns, "'%s' is %s%s", breakage->node,
			      wanted ? "not " : "", kind->done);
}

#define BREAK(kind, ...)                                                       \
	do {                                                                   \
		const struct snet__breakage breakage_ = {.node = __VA_ARGS__}; \
		LABS_OK(breaking_do(breaking_begin, kind, &breakage_));        \
		breaking_wait(kind, &breakage_, true);                         \
	} while (0)
#define MEND(kind, ...)                                                        \
	do {                                                                   \
		const struct snet__breakage breakage_ = {.node = __VA_ARGS__}; \
		LABS_OK(breaking_do(breaking_end, kind, &breakage_));          \
		breaking_wait(kind, &breakage_, false);                        \
	} while (0)
#define IS_BROKEN(kind, ...) \
	breaking_is(kind, &(struct snet__breakage){.node = __VA_ARGS__})
#define BREAK_FAILS(kind, code, text, ...)                                             \
	do {                                                                           \
		const struct snet__breakage breakage_ = {.node = __VA_ARGS__};         \
		LABS_FAILS(breaking_do(breaking_begin, kind, &breakage_), code, text); \
	} while (0)

/* Two relayers with a button and an actuator each: what happens to one is not to disturb the
 * other's. */
LABS_UNUSED void breaking_set_up(void)
{
	static const char *const relayers[] = {"r0", "r1"};
	const struct snet_route_opts route = {.size = sizeof(route),
					      .function = "echo",
					      .backend = "local"};

	programs_set_up();
	LABS_OK(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err));
	LABS_NODE(lab, .name = "r1", .kind = "relayer");
	for (int i = 0; i < 2; i++)
		LABS_OK(snet_lab_add_route(lab, relayers[i], &route, &err));
	LABS_NODE(lab, .name = "b0", .kind = "button", .relayer = "r0",
		  .data = "{\"target\":\"a0\"}");
	LABS_NODE(lab, .name = "b1", .kind = "button", .relayer = "r1",
		  .data = "{\"target\":\"a1\"}");
	LABS_NODE(lab, .name = "a0", .kind = "actuator", .relayer = "r0");
	LABS_NODE(lab, .name = "a1", .kind = "actuator", .relayer = "r1");
}

/* A functions node, "fn", with an "echo" in a process of its own, reached over the lab's network. */
LABS_UNUSED void add_functions(const char *code)
{
	const struct snet_function_opts echo = {.size = sizeof(echo),
						.name = "echo",
						.kind = "python:3",
						.code = code};
	const struct snet_backend_opts cloud = {.size = sizeof(cloud),
						.name = "cloud",
						.kind = "openwhisk",
						.node = "fn"};

	LABS_NODE(lab, .name = "fn", .kind = "functions");
	LABS_OK(snet_lab_add_function(lab, "fn", &echo, &err));
	LABS_OK(snet_lab_add_backend(lab, &cloud, &err));
}

/* And a relayer that calls it for a button and an actuator of its own. */
LABS_UNUSED void add_caller(const char *data)
{
	const struct snet_route_opts route = {.size = sizeof(route),
					      .function = "echo",
					      .backend = "cloud"};

	LABS_NODE(lab, .name = "r2", .kind = "relayer");
	LABS_OK(snet_lab_add_route(lab, "r2", &route, &err));
	LABS_NODE(lab, .name = "b2", .kind = "button", .relayer = "r2", .data = data);
	LABS_NODE(lab, .name = "a2", .kind = "actuator", .relayer = "r2");
}

LABS_UNUSED int observe(void *arg, struct snet_err *why)
{
	(void)why;
	snet__run_observe(lab->run, arg);
	return 0;
}

LABS_UNUSED int unobserve(void *arg, struct snet_err *why)
{
	(void)why;
	snet__run_unobserve(lab->run, arg);
	return 0;
}

LABS_UNUSED void wait_state(const char *device, const char *state)
{
	LABS_OK(snet_device_wait_state(lab, device, state, WAIT_MS, &err));
}

LABS_UNUSED void send(const char *button, char id[SNET_EVENT_ID_MAX + 1])
{
	LABS_OK(snet_device_send(lab, button, NULL, id, &err));
}

/* The others go on all the while. */
LABS_UNUSED void press_other(const char *state)
{
	LABS_OK(snet_device_press(lab, "b1", NULL, NULL, WAIT_MS, &err));
	LABS_STATE(lab, "a1", state);
}

/* Wait for the end of an event that is done. */
LABS_UNUSED void wait_done(const char *id)
{
	struct snet_trace *trace = NULL;

	LABS_OK(snet_lab_wait_trace(lab, id, WAIT_MS, &trace, &err));
	ck_assert_int_eq(snet_trace_outcome(trace), SNET_OUTCOME_DONE);
	snet_trace_free(trace);
}

#endif
