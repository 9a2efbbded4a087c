/* SPDX-License-Identifier: MIT */
/* What the store costs an event: journaled, opened, ended, with a state and a command id, as
 * a relayer does it; one event a commit and 64 a commit, in an empty and in a full store. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "folder.h"
#include "store/store.h"

#define DEVICES 100
#define ROUNDS  5

static const char event_json[] =
	"{\"specversion\":\"1.0\",\"id\":\"0123456789abcdef\",\"source\":\"/sw0\",\"type\":"
	"\"press\",\"time\":\"2026-11-23T21:09:00.123456789Z\",\"datacontenttype\":"
	"\"application/json\",\"data\":{\"target\":\"a0\"}}";

static void need(int r, const struct snet_err *err)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench_store: %s\n", err->msg);
	exit(1);
}

static void begin_event(struct snet__store *store, unsigned int i,
			struct snet_trace *trace)
{
	struct snet_err err = {0};
	char source[32];

	(void)snprintf(source, sizeof(source), "/sw%u", i % DEVICES);
	/* Spread over the index, as unrelated ids are. */
	(void)snprintf(trace->id, sizeof(trace->id), "%016llx",
		       (unsigned long long)(i * 0x9e3779b97f4a7c15u));
	trace->outcome = SNET_OUTCOME_PENDING;
	need(snet__store_add_event(store, "r0", source, trace->id, event_json,
				   &trace->seq, &err),
	     &err);
	need(snet__store_put_open(store, trace->seq, 0, event_json, 120, &err), &err);
}

static void end_event(struct snet__store *store, unsigned int i, struct snet_trace *trace)
{
	static const char *const steps[] = {"pressed", "received", "journaled",
					    "invoked", "ended",    "result",
					    "sent",    "applied",  "acknowledged"};
	struct snet_err err = {0};
	char node[32];

	(void)snprintf(node, sizeof(node), "a%u", i % DEVICES);
	for (size_t s = 0; s < sizeof(steps) / sizeof(*steps); s++)
		need(snet__trace_add(trace, steps[s], node, i + s,
				     s == 3 ? "flip_switch" : ""),
		     &err);
	trace->outcome = SNET_OUTCOME_DONE;
	need(snet__store_apply_once(store, node, trace->id, &err), &err);
	need(snet__store_put_state(store, node, i & 1 ? "1" : "0", &err), &err);
	need(snet__store_put_trace(store, trace, &err), &err);
	snet__trace_clear(trace);
}

/* Each event begins in one commit and ends in the next, as packets come and go. */
static void run(struct snet__store *store, unsigned int from, unsigned int count,
		unsigned int group)
{
	struct snet_trace traces[2][64] = {0};
	struct snet_err err = {0};
	unsigned int turn = 0, last = 0;

	for (unsigned int i = 0; i < count; i += group, turn ^= 1) {
		for (unsigned int k = 0; k < group; k++)
			begin_event(store, from + i + k, &traces[turn][k]);
		for (unsigned int k = 0; k < last; k++)
			end_event(store, from + i - group + k, &traces[!turn][k]);
		last = group;
		need(snet__store_commit(store, &err), &err);
	}
	for (unsigned int k = 0; k < last; k++)
		end_event(store, from + count - group + k, &traces[!turn][k]);
	need(snet__store_commit(store, &err), &err);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct snet__store *store, const char *name, unsigned int *at,
		    unsigned int count, unsigned int group)
{
	double us[ROUNDS];
	uint64_t start;

	for (int i = 0; i < ROUNDS; i++) {
		start = snet__clock_ns();
		run(store, *at, count, group);
		us[i] = (double)(snet__clock_ns() - start) / 1e3 / count;
		*at += count;
	}
	qsort(us, ROUNDS, sizeof(*us), compare);
	printf("{\"bench\":\"store_%s\",\"us_per_event\":%.2f,\"min\":%.2f,\"max\":%.2f}\n",
	       name, us[ROUNDS / 2], us[0], us[ROUNDS - 1]);
}

int main(void)
{
	struct snet__store_opts opts = {0};
	struct snet__store *store = NULL;
	struct snet_err err = {0};
	struct test_folder folder;
	unsigned int at = 0;

	test_folder_new(&folder);
	opts.folder = folder.path;
	need(snet__store_open(&store, &opts, &err), &err);
	measure(store, "single", &at, 2000, 1);
	measure(store, "group64", &at, 2048, 64);
	run(store, at, 100032, 64); /* past "keep": from here on each event removes one */
	at += 100032;
	measure(store, "full_single", &at, 2000, 1);
	measure(store, "full_group64", &at, 2048, 64);
	snet__store_close(store);
	test_folder_free(&folder);
	return 0;
}
