/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LABS_H
#define TESTS_LABS_H

/* Small labs by the public API, for the tests that need one. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/snet.h>

#define LABS_UNUSED static inline __attribute__((unused))

/* @call must succeed. Uses a struct snet_err err of its caller's. */
#define LABS_OK(call)                                                     \
	do {                                                              \
		int r_ = (call);                                          \
		ck_assert_msg(r_ == 0, "%s: %d: %s", #call, r_, err.msg); \
	} while (0)

/* @call must fail with @code and a message that contains @text. */
#define LABS_FAILS(call, code_, text_)                                                   \
	do {                                                                             \
		int r_ = (call);                                                         \
		ck_assert_msg(r_ == (code_) && err.code == r_ && strstr(err.msg, text_), \
			      "%s: want %d with '%s', got %d '%s'", #call, code_, text_, \
			      r_, err.msg);                                              \
	} while (0)

LABS_UNUSED void labs_node(struct snet_lab *lab, const struct snet_node_opts *opts)
{
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = opts->name,
					    .to = "s1"};
	struct snet_err err = {0};

	LABS_OK(snet_lab_add_node(lab, opts, &err));
	LABS_OK(snet_lab_add_link(lab, &link, &err));
}

#define LABS_NODE(lab, ...)                                                            \
	labs_node(lab, &(struct snet_node_opts){.size = sizeof(struct snet_node_opts), \
						__VA_ARGS__})

/* A switch s1 and a relayer r0 with a native backend "local". */
LABS_UNUSED struct snet_lab *labs_new(const char *name)
{
	const struct snet_node_opts s1 = {.size = sizeof(s1),
					  .name = "s1",
					  .kind = "switch"};
	const struct snet_backend_opts local = {.size = sizeof(local),
						.name = "local",
						.kind = "native"};
	struct snet_lab *lab = NULL;
	struct snet_err err = {0};

	LABS_OK(snet_lab_new(&lab, name, &err));
	LABS_OK(snet_lab_add_node(lab, &s1, &err));
	LABS_NODE(lab, .name = "r0", .kind = "relayer");
	LABS_OK(snet_lab_add_backend(lab, &local, &err));
	return lab;
}

LABS_UNUSED void labs_route(struct snet_lab *lab, const char *exchange, const char *key,
			    const char *function, const char *backend, uint64_t ttl_ns)
{
	const struct snet_route_opts route = {.size = sizeof(route),
					      .exchange = exchange,
					      .key = key,
					      .function = function,
					      .backend = backend,
					      .ttl_ns = ttl_ns};
	struct snet_err err = {0};

	LABS_OK(snet_lab_add_route(lab, "r0", &route, &err));
}

/* A function that returns the event's data: what a button sends is what is to be done. */
LABS_UNUSED int labs_echo(void *user, const char *params, char *result, size_t size,
			  struct snet_err *err)
{
	const char *data = strstr(params, "\"data\":");

	(void)user;
	(void)err;
	if (data)
		(void)snprintf(result, size, "%.*s", (int)strlen(data + 7) - 1, data + 7);
	return 0;
}

/* A lab with buttons sw0, sw1, actuators a0, a1 and labs_echo() behind "press". */
LABS_UNUSED struct snet_lab *labs_house(const char *name)
{
	struct snet_lab *lab = labs_new(name);
	struct snet_err err = {0};

	LABS_OK(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err));
	labs_route(lab, NULL, NULL, "echo", "local", 0);
	LABS_NODE(lab, .name = "sw0", .kind = "button", .data = "{\"target\":\"a0\"}");
	LABS_NODE(lab, .name = "sw1", .kind = "button", .data = "{\"target\":\"a1\"}");
	LABS_NODE(lab, .name = "a0", .kind = "actuator");
	LABS_NODE(lab, .name = "a1", .kind = "actuator", .state = "false");
	return lab;
}

/* The detail of the first step called @name, or NULL. */
LABS_UNUSED const char *labs_step(const struct snet_trace *trace, const char *name)
{
	for (size_t i = 0; i < snet_trace_step_count(trace); i++)
		if (strcmp(snet_trace_step(trace, i)->step, name) == 0)
			return snet_trace_step(trace, i)->detail;
	return NULL;
}

LABS_UNUSED size_t labs_step_count(const struct snet_trace *trace, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < snet_trace_step_count(trace); i++)
		count += strcmp(snet_trace_step(trace, i)->step, name) == 0;
	return count;
}

#define LABS_STATE(lab, name, wanted)                                \
	do {                                                         \
		char state_[SNET_STATE_MAX];                         \
		LABS_OK(snet_device_state(lab, name, state_, &err)); \
		ck_assert_str_eq(state_, wanted);                    \
	} while (0)

#endif
