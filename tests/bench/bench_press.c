/* SPDX-License-Identifier: MIT */
/* press_native: from the press of a button to the end of its trace, through two confirmable
 * CoAP exchanges over veth and bridge, the journal, and a C function. One at a time, and then
 * with many in flight. Prints one JSON line each. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <snet/snet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DEVICES 64
#define ONE_BY_ONE 3000
#define WARM_UP	 300
#define IN_FLIGHT_EVENTS 60000

struct flight {
	struct snet_lab *lab;
	pthread_mutex_t lock;
	pthread_cond_t done;
	atomic_bool is_on;
	unsigned int ended, failed; /* the lab's thread only, until the end */
	uint64_t latency_ns[IN_FLIGHT_EVENTS];
};

static int flip(void *user, const char *params, char *result, size_t size,
		struct snet_err *err)
{
	const char *at = strstr(params, "\"target\":\"");
	int number = at ? atoi(at + 11) : 0;

	(void)user;
	(void)err;
	(void)snprintf(result, size, "{\"target\":\"a%d\"}", number);
	return 0;
}

static void die(const struct snet_err *err)
{
	fprintf(stderr, "bench_press: %s\n", err->msg);
	exit(1);
}

static void check(int r, const struct snet_err *err)
{
	if (r < 0)
		die(err);
}

static void add_devices(struct snet_lab *lab, struct snet_err *err)
{
	struct snet_node_opts node = {.size = sizeof(node)};
	struct snet_link_opts link = {.size = sizeof(link), .to = "s1"};
	char name[16], data[32];

	for (int i = 0; i < DEVICES; i++) {
		node.name = link.from = name;
		node.kind = "button";
		node.data = data;
		(void)snprintf(data, sizeof(data), "{\"target\":\"a%d\"}", i);
		(void)snprintf(name, sizeof(name), "sw%d", i);
		check(snet_lab_add_node(lab, &node, err), err);
		check(snet_lab_add_link(lab, &link, err), err);
		node.kind = "actuator";
		node.data = NULL;
		(void)snprintf(name, sizeof(name), "a%d", i);
		check(snet_lab_add_node(lab, &node, err), err);
		check(snet_lab_add_link(lab, &link, err), err);
	}
}

static struct snet_lab *build(struct snet_err *err)
{
	const struct snet_node_opts s1 = {.size = sizeof(s1), .name = "s1", .kind = "switch"};
	const struct snet_node_opts r0 = {.size = sizeof(r0), .name = "r0", .kind = "relayer"};
	const struct snet_link_opts link = {.size = sizeof(link), .from = "r0", .to = "s1"};
	const struct snet_backend_opts local = {.size = sizeof(local), .name = "local",
						.kind = "native"};
	const struct snet_route_opts route = {.size = sizeof(route), .function = "flip"};
	struct snet_lab *lab = NULL;

	check(snet_lab_new(&lab, "bench", err), err);
	check(snet_lab_add_node(lab, &s1, err), err);
	check(snet_lab_add_node(lab, &r0, err), err);
	check(snet_lab_add_link(lab, &link, err), err);
	check(snet_lab_add_backend(lab, &local, err), err);
	check(snet_lab_add_native(lab, "local", "flip", flip, NULL, err), err);
	check(snet_lab_add_route(lab, "r0", &route, err), err);
	add_devices(lab, err);
	return lab;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double quantile_us(uint64_t *ns, size_t count, double q)
{
	qsort(ns, count, sizeof(*ns), compare);
	return (double)ns[(size_t)((double)(count - 1) * q)] / 1e3;
}

static void one_by_one(struct snet_lab *lab, struct snet_err *err)
{
	static uint64_t call_ns[ONE_BY_ONE], trace_ns[ONE_BY_ONE];
	struct snet_trace *trace;
	uint64_t start;
	char name[16];

	for (int i = -WARM_UP; i < ONE_BY_ONE; i++) {
		(void)snprintf(name, sizeof(name), "sw%d", (i + WARM_UP) % DEVICES);
		start = snet__clock_ns();
		check(snet_device_press(lab, name, NULL, &trace, 5000, err), err);
		if (i >= 0) {
			call_ns[i] = snet__clock_ns() - start;
			trace_ns[i] = snet_trace_total_ns(trace);
		}
		if (snet_trace_outcome(trace) != SNET_OUTCOME_DONE) {
			fprintf(stderr, "bench_press: %s\n", snet_trace_json(trace));
			exit(1);
		}
		snet_trace_free(trace);
	}
	printf("{\"bench\":\"press_native\",\"events\":%d,\"applied_us_p50\":%.1f,"
	       "\"applied_us_p99\":%.1f,\"call_us_p50\":%.1f,\"call_us_p99\":%.1f}\n",
	       ONE_BY_ONE, quantile_us(trace_ns, ONE_BY_ONE, 0.5),
	       quantile_us(trace_ns, ONE_BY_ONE, 0.99), quantile_us(call_ns, ONE_BY_ONE, 0.5),
	       quantile_us(call_ns, ONE_BY_ONE, 0.99));
}

static void send_next(struct flight *flight, unsigned int device)
{
	struct snet_err err = {0};
	char name[16];

	(void)snprintf(name, sizeof(name), "sw%u", device);
	check(snet_device_send(flight->lab, name, NULL, NULL, &err), &err);
}

/* On the lab's thread: the device whose event has ended sends the next. */
static void on_trace(void *user, const struct snet_trace *trace)
{
	struct flight *flight = user;

	if (!flight->is_on || flight->ended == IN_FLIGHT_EVENTS)
		return;
	flight->failed += snet_trace_outcome(trace) != SNET_OUTCOME_DONE;
	flight->latency_ns[flight->ended++] = snet_trace_total_ns(trace);
	if (flight->ended + DEVICES <= IN_FLIGHT_EVENTS)
		send_next(flight, (unsigned int)atoi(snet_trace_id(trace) + 2));
	if (flight->ended < IN_FLIGHT_EVENTS)
		return;
	flight->is_on = false;
	pthread_mutex_lock(&flight->lock);
	pthread_cond_signal(&flight->done);
	pthread_mutex_unlock(&flight->lock);
}

static void in_flight(struct flight *flight)
{
	uint64_t start = snet__clock_ns();
	double seconds;

	pthread_mutex_lock(&flight->lock);
	flight->is_on = true;
	for (unsigned int i = 0; i < DEVICES; i++)
		send_next(flight, i);
	while (flight->is_on)
		pthread_cond_wait(&flight->done, &flight->lock);
	pthread_mutex_unlock(&flight->lock);
	seconds = (double)(snet__clock_ns() - start) / 1e9;
	printf("{\"bench\":\"press_native_%d\",\"events\":%d,\"events_per_s\":%.0f,"
	       "\"failed\":%u,\"applied_us_p50\":%.1f,\"applied_us_p99\":%.1f}\n",
	       DEVICES, IN_FLIGHT_EVENTS, IN_FLIGHT_EVENTS / seconds, flight->failed,
	       quantile_us(flight->latency_ns, IN_FLIGHT_EVENTS, 0.5),
	       quantile_us(flight->latency_ns, IN_FLIGHT_EVENTS, 0.99));
}

int main(void)
{
	static struct flight flight = {.lock = PTHREAD_MUTEX_INITIALIZER,
				       .done = PTHREAD_COND_INITIALIZER};
	struct snet_err err = {0};

	check(snet_init(&err), &err);
	flight.lab = build(&err);
	snet_lab_set_trace_fn(flight.lab, on_trace, &flight);
	check(snet_lab_up(flight.lab, &err), &err);
	one_by_one(flight.lab, &err);
	in_flight(&flight);
	snet_lab_free(flight.lab);
	return 0;
}
