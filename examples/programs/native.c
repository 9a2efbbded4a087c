/* SPDX-License-Identifier: MIT */
/* A lab without a file, and a function without a server: both are made in C. The button's events
 * cross the emulated network to the relayer, are journaled, run the function, and its command
 * crosses the network to the lamp, 1000 times. How long that takes is printed as a histogram. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <snet/snet.h>

#define PRESS_COUNT 1000
#define SLOT_US     50
#define SLOT_COUNT  8
#define COLUMNS     50

struct counter {
	unsigned int calls;
};

/* Runs on the lab's thread, so it must not block, and *user needs no lock. */
static int on_press(void *user, const char *params, char *result, size_t result_size,
		    struct snet_err *err)
{
	struct counter *counter = user;

	(void)params; /* the whole event, as JSON */
	(void)err; /* filled when a negative errno is returned: the event fails with it */
	counter->calls++;
	snprintf(result, result_size,
		 "{\"commands\": [{\"target\": \"lamp\", \"set\": %u}]}",
		 counter->calls % 101);
	return 0;
}

/* Every options struct begins with its size, and zero is the default of all that follows. */
static int add_node(struct snet_lab *lab, const char *name, const char *kind,
		    struct snet_err *err)
{
	struct snet_node_opts opts = {0};

	opts.size = sizeof(opts);
	opts.name = name;
	opts.kind = kind;
	return snet_lab_add_node(lab, &opts, err);
}

static int add_link(struct snet_lab *lab, const char *from, const char *to,
		    struct snet_err *err)
{
	struct snet_link_opts opts = {0};

	opts.size = sizeof(opts);
	opts.from = from;
	opts.to = to;
	return snet_lab_add_link(lab, &opts, err);
}

static int describe(struct snet_lab *lab, struct counter *counter, struct snet_err *err)
{
	static const char *const nodes[][2] = {{"relay", "relayer"},
					       {"button", "button"},
					       {"lamp", "actuator"}};
	struct snet_backend_opts backend = {0};
	struct snet_route_opts route = {0};
	size_t i;
	int r;

	backend.size = sizeof(backend);
	backend.name = "here";
	backend.kind = "native";
	route.size = sizeof(route);
	route.function = "on_press"; /* for events of type "press", what a button sends */

	r = add_node(lab, "hub", "switch", err);
	for (i = 0; r == 0 && i < 3; i++) {
		r = add_node(lab, nodes[i][0], nodes[i][1], err);
		if (r == 0)
			r = add_link(lab, nodes[i][0], "hub", err);
	}
	if (r == 0)
		r = snet_lab_add_backend(lab, &backend, err);
	if (r == 0)
		r = snet_lab_add_native(lab, "here", "on_press", on_press, counter, err);
	if (r == 0)
		r = snet_lab_add_route(lab, "relay", &route, err);
	return r;
}

static int press_often(struct snet_lab *lab, unsigned int slots[SLOT_COUNT],
		       struct snet_err *err)
{
	struct snet_trace *trace;
	uint64_t slot;
	int i, r;

	for (i = 0; i < PRESS_COUNT; i++) {
		r = snet_device_press(lab, "button", NULL, &trace, 5000, err);
		if (r < 0)
			return r;
		slot = snet_trace_total_ns(trace) / 1000 / SLOT_US;
		slots[slot < SLOT_COUNT ? slot : SLOT_COUNT - 1]++;
		snet_trace_free(trace);
	}
	return 0;
}

static void print_slots(const unsigned int slots[SLOT_COUNT])
{
	unsigned int i, k;

	for (i = 0; i < SLOT_COUNT; i++) {
		printf("  %s %3u us %5u ", i + 1 < SLOT_COUNT ? "up to" : "above",
		       (i + (i + 1 < SLOT_COUNT)) * SLOT_US, slots[i]);
		for (k = 0; k < slots[i] * COLUMNS / PRESS_COUNT; k++)
			putchar('#');
		putchar('\n');
	}
}

int main(void)
{
	unsigned int slots[SLOT_COUNT] = {0};
	struct counter counter = {0};
	struct snet_lab *lab = NULL;
	struct snet_err err = {0};
	char state[SNET_STATE_MAX];
	int r;

	r = snet_init(&err);
	if (r == 0)
		r = snet_lab_new(&lab, "native", &err);
	if (r == 0)
		r = describe(lab, &counter, &err);
	if (r == 0)
		r = snet_lab_up(lab, &err);
	if (r == 0)
		r = press_often(lab, slots, &err);
	if (r == 0)
		r = snet_device_state(lab, "lamp", state, &err);
	if (r == 0) {
		printf("%u presses, the lamp is at %s of 100; the way there took\n",
		       counter.calls, state);
		print_slots(slots);
	} else {
		fprintf(stderr, "native: %s\n", err.msg);
	}
	snet_lab_free(lab);
	return r < 0;
}
