/* SPDX-License-Identifier: MIT */
/* From the press of a button to the end of its trace, through two confirmable CoAP exchanges
 * over veth and bridge, the journal, and a function: one in C, or JavaScript's in a warm worker
 * behind the OpenWhisk API. One at a time, and with many in flight; and what it costs that all of it
 * is written down for a scenario. Each measurement is a lab of its own and prints one JSON line:
 *
 *     bench_press [press_native|press_native_64|press_native_64_disk|press_recorded|press_js|
 *                  press_js_64]...
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <snet/snet.h>

#include "base/clock.h"
#include "fault/recorder.h"

#define DEVICES    64
#define WARM_UP    300
#define ROUNDS     5 /* of what is compared, in turns */
#define EVENTS_MAX 60000

/* As examples/functions/flip_switch.js, with its line of log. */
static const char flip_js[] =
	"function main(params) {\n"
	"	console.log(`${params.source} flips ${params.data.target}`);\n"
	"	return { target: params.data.target };\n"
	"}\n";

struct bench {
	const char *name;
	unsigned int events;
	bool is_in_flight, is_js, is_durable, is_recorded;
};

static const struct bench benches[] = {
	{.name = "press_native", .events = 3000},
	{.name = "press_native_64", .events = EVENTS_MAX, .is_in_flight = true},
	{.name = "press_native_64_disk",
	 .events = 3000,
	 .is_in_flight = true,
	 .is_durable = true},
	{.name = "press_recorded", .events = 20000, .is_recorded = true},
	{.name = "press_js", .events = 3000, .is_js = true},
	{.name = "press_js_64", .events = 10000, .is_in_flight = true, .is_js = true},
};

struct flight {
	struct snet_lab *lab;
	unsigned int events;
	pthread_mutex_t lock;
	pthread_cond_t done;
	atomic_bool is_on;
	unsigned int ended, failed; /* the lab's thread only, while it is on */
	uint64_t latency_ns[EVENTS_MAX];
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

static void add_native(struct snet_lab *lab, struct snet_err *err)
{
	const struct snet_backend_opts local = {.size = sizeof(local),
						.name = "local",
						.kind = "native"};

	check(snet_lab_add_backend(lab, &local, err), err);
	check(snet_lab_add_native(lab, "local", "flip", flip, NULL, err), err);
}

static void add_js(struct snet_lab *lab, struct snet_err *err)
{
	const struct snet_node_opts cloud = {.size = sizeof(cloud),
					     .name = "cloud",
					     .kind = "functions"};
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "cloud",
					    .to = "s1"};
	const struct snet_function_opts function = {.size = sizeof(function),
						    .name = "flip",
						    .code = flip_js,
						    .kind = "nodejs:20"};
	const struct snet_backend_opts backend = {.size = sizeof(backend),
						  .name = "openwhisk",
						  .kind = "openwhisk",
						  .node = "cloud"};

	check(snet_lab_add_node(lab, &cloud, err), err);
	check(snet_lab_add_link(lab, &link, err), err);
	check(snet_lab_add_function(lab, "cloud", &function, err), err);
	check(snet_lab_add_backend(lab, &backend, err), err);
}

static struct snet_lab *build(const struct bench *bench, struct snet_err *err)
{
	const struct snet_node_opts s1 = {.size = sizeof(s1),
					  .name = "s1",
					  .kind = "switch"};
	const struct snet_node_opts r0 = {.size = sizeof(r0),
					  .name = "r0",
					  .kind = "relayer"};
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = "r0",
					    .to = "s1"};
	const struct snet_route_opts route = {.size = sizeof(route), .function = "flip"};
	struct snet_lab *lab = NULL;

	check(snet_lab_new(&lab, "bench", err), err);
	if (bench->is_durable)
		snet_lab_set_durability(lab, SNET_DURABILITY_DISK);
	check(snet_lab_add_node(lab, &s1, err), err);
	check(snet_lab_add_node(lab, &r0, err), err);
	check(snet_lab_add_link(lab, &link, err), err);
	if (bench->is_js)
		add_js(lab, err);
	else
		add_native(lab, err);
	check(snet_lab_add_route(lab, "r0", &route, err), err);
	add_devices(lab, err);
	return lab;
}

/* What this process has used, of both threads: its own turns, and the packets that the kernel
 * carries within its calls. Less noisy than the clock when others use the machine. */
static double cpu_us(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used); /* cannot fail */
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
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

/* How long from a step to the one after it, which shows where time goes. */
static uint64_t step_ns(const struct snet_trace *trace, const char *from, const char *to)
{
	uint64_t from_ns = 0;
	const struct snet_step *step;

	for (size_t i = 0; i < snet_trace_step_count(trace); i++) {
		step = snet_trace_step(trace, i);
		if (strcmp(step->step, from) == 0)
			from_ns = step->at_ns;
		else if (strcmp(step->step, to) == 0)
			return step->at_ns - from_ns;
	}
	return 0;
}

static void one_by_one(struct snet_lab *lab, const struct bench *bench,
		       struct snet_err *err)
{
	static uint64_t call_ns[EVENTS_MAX], trace_ns[EVENTS_MAX], invoked_ns[EVENTS_MAX];
	struct snet_trace *trace;
	double used_us = 0;
	uint64_t start;
	char name[16];
	int count = (int)bench->events;

	for (int i = -WARM_UP; i < count; i++) {
		(void)snprintf(name, sizeof(name), "sw%d", (i + WARM_UP) % DEVICES);
		if (i == 0)
			used_us = cpu_us();
		start = snet__clock_ns();
		check(snet_device_press(lab, name, NULL, &trace, 5000, err), err);
		if (i >= 0) {
			call_ns[i] = snet__clock_ns() - start;
			trace_ns[i] = snet_trace_total_ns(trace);
			invoked_ns[i] = step_ns(trace, "invoked", "result");
		}
		if (snet_trace_outcome(trace) != SNET_OUTCOME_DONE) {
			fprintf(stderr, "bench_press: %s\n", snet_trace_json(trace));
			exit(1);
		}
		snet_trace_free(trace);
	}
	used_us = (cpu_us() - used_us) / count;
	printf("{\"bench\":\"%s\",\"events\":%d,\"applied_us_p50\":%.1f,"
	       "\"applied_us_p99\":%.1f,\"invocation_us_p50\":%.1f,\"call_us_p50\":%.1f,"
	       "\"call_us_p99\":%.1f,\"cpu_us_per_event\":%.1f}\n",
	       bench->name, count, quantile_us(trace_ns, bench->events, 0.5),
	       quantile_us(trace_ns, bench->events, 0.99),
	       quantile_us(invoked_ns, bench->events, 0.5),
	       quantile_us(call_ns, bench->events, 0.5),
	       quantile_us(call_ns, bench->events, 0.99), used_us);
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

	if (!flight->is_on || flight->ended == flight->events)
		return;
	flight->failed += snet_trace_outcome(trace) != SNET_OUTCOME_DONE;
	flight->latency_ns[flight->ended++] = snet_trace_total_ns(trace);
	if (flight->ended + DEVICES <= flight->events)
		send_next(flight, (unsigned int)atoi(snet_trace_id(trace) + 2));
	if (flight->ended < flight->events)
		return;
	pthread_mutex_lock(&flight->lock);
	flight->is_on = false;
	pthread_cond_signal(&flight->done);
	pthread_mutex_unlock(&flight->lock);
}

/* Keep each device's event in flight until @count have ended. Nothing is sent with the lock held: it is
 * the lab's thread that sends, and it may want the lock to tell of an end. */
static void fly(struct flight *flight, unsigned int count)
{
	flight->ended = flight->failed = 0;
	flight->events = count;
	flight->is_on = true;
	for (unsigned int i = 0; i < DEVICES; i++)
		send_next(flight, i);
	pthread_mutex_lock(&flight->lock);
	while (flight->is_on)
		pthread_cond_wait(&flight->done, &flight->lock);
	pthread_mutex_unlock(&flight->lock);
}

static void in_flight(struct flight *flight, const struct bench *bench)
{
	double seconds, used_us;
	uint64_t start;

	fly(flight, WARM_UP);
	used_us = cpu_us();
	start = snet__clock_ns();
	fly(flight, bench->events);
	seconds = (double)(snet__clock_ns() - start) / 1e9;
	used_us = (cpu_us() - used_us) / bench->events;
	printf("{\"bench\":\"%s\",\"events\":%u,\"events_per_s\":%.0f,\"failed\":%u,"
	       "\"applied_us_p50\":%.1f,\"applied_us_p99\":%.1f,"
	       "\"cpu_us_per_event\":%.1f}\n",
	       bench->name, bench->events, bench->events / seconds, flight->failed,
	       quantile_us(flight->latency_ns, bench->events, 0.5),
	       quantile_us(flight->latency_ns, bench->events, 0.99), used_us);
}

static double fly_per_s(struct flight *flight, unsigned int count)
{
	uint64_t start = snet__clock_ns();

	fly(flight, count);
	return count / ((double)(snet__clock_ns() - start) / 1e9);
}

/* As a run of a scenario watches its lab, with a history that begins empty. */
static double fly_recorded_per_s(struct flight *flight, unsigned int count,
				 struct snet_err *err)
{
	const struct snet__scenario scenario = {.duration_ns = SNET__NEVER};
	struct snet__history history = {0};
	struct snet__recorder recorder;
	double per_s;

	check(snet__recorder_init(&recorder, flight->lab, &scenario, &history, err), err);
	check(snet__recorder_start(&recorder, err), err);
	per_s = fly_per_s(flight, count);
	snet__recorder_stop(&recorder);
	if (recorder.has_no_memory || history.events_count != count ||
	    history.commands_count != count) {
		fprintf(stderr,
			"bench_press: of %u events the history has %zu, and %zu commands\n",
			count, history.events_count, history.commands_count);
		exit(1);
	}
	snet__recorder_clear(&recorder);
	snet__history_clear(&history);
	return per_s;
}

static int compare_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void recorded(struct flight *flight, const struct bench *bench,
		     struct snet_err *err)
{
	double plain[ROUNDS], watched[ROUNDS];

	fly(flight, WARM_UP);
	for (int i = 0; i < ROUNDS; i++) {
		plain[i] = fly_per_s(flight, bench->events);
		watched[i] = fly_recorded_per_s(flight, bench->events, err);
	}
	qsort(plain, ROUNDS, sizeof(*plain), compare_number);
	qsort(watched, ROUNDS, sizeof(*watched), compare_number);
	printf("{\"bench\":\"%s\",\"events\":%u,\"plain_per_s\":%.0f,"
	       "\"recorded_per_s\":%.0f,\"ratio\":%.3f}\n",
	       bench->name, bench->events, plain[ROUNDS / 2], watched[ROUNDS / 2],
	       watched[ROUNDS / 2] / plain[ROUNDS / 2]);
}

static void run(const struct bench *bench)
{
	static struct flight flight = {.lock = PTHREAD_MUTEX_INITIALIZER,
				       .done = PTHREAD_COND_INITIALIZER};
	struct snet_err err = {0};

	flight.lab = build(bench, &err);
	snet_lab_set_trace_fn(flight.lab, on_trace, &flight);
	check(snet_lab_up(flight.lab, &err), &err);
	if (bench->is_in_flight)
		in_flight(&flight, bench);
	else if (bench->is_recorded)
		recorded(&flight, bench, &err);
	else
		one_by_one(flight.lab, bench, &err);
	(void)fflush(stdout);
	snet_lab_free(flight.lab);
}

static const struct bench *find(const char *name)
{
	for (size_t i = 0; i < sizeof(benches) / sizeof(*benches); i++)
		if (strcmp(benches[i].name, name) == 0)
			return &benches[i];
	fprintf(stderr, "bench_press: no bench '%s'\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct snet_err err = {0};

	check(snet_init(&err), &err);
	for (int i = 1; i < argc; i++)
		run(find(argv[i]));
	for (size_t i = 0; argc == 1 && i < sizeof(benches) / sizeof(*benches); i++)
		run(&benches[i]);
	return 0;
}
