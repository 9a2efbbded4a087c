/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAULT_KIND_H
#define SNET_FAULT_KIND_H

/* The kinds of faults: what breaks, and how it is broken and mended while a lab runs. */

#include "base/random.h"
#include "fault/scenario.h"
#include "io/json.h"
#include "lab/lab.h"

/* What a kind breaks: which keys it has. */
enum {
	SNET__FAULT_ON_LINKS = 1 << 0,
	SNET__FAULT_ON_GROUPS = 1 << 1,
	SNET__FAULT_ON_NODES = 1 << 2,
	SNET__FAULT_ON_FUNCTIONS = 1 << 3,
};
/* fault_function.c: whether what it breaks are calls, and not the whole endpoint. */
bool snet__fault_is_of_calls(const struct snet__fault *fault);

struct snet__overlays;

/* A fault that is to happen, or happens, in a running lab. */
struct snet__injection {
	const struct snet__scenario *scenario;
	const struct snet__fault *fault;
	struct snet_lab *lab;
	struct snet__overlays *overlays; /* what faults do to links */
	struct snet__random random;      /* this fault's own stream */
	void *state; /* of the kind's size, zeroed when it is prepared */
};

#define SNET__EFFECT_TEXT 400

/* What has been measured of one, for its receipt. */
struct snet__effect {
	bool has_effect;
	uint64_t first_ns, last_ns;   /* CLOCK_MONOTONIC; 0: not known */
	struct snet__json *measures;  /* an object, to which it adds */
	char text[SNET__EFFECT_TEXT]; /* in words: "40 packets stopped" */
};

/* A kind of fault. Constant table. It is called in this order: prepare,
 * begin, end, measure, clear; by the runner's thread, but for the begin() of a fault that waits for a
 * step, which the lab's own calls. end() undoes begin() also when that failed half-way, and so cannot find
 * anything broken that it has not broken. */
struct snet__fault_kind {
	const char *name; /* stable: in scenario files */
	const char *help; /* one line, lower case, no full stop */
	unsigned int on;
	const char *const
		*keys; /* those that it has beside the common ones; NULL-terminated */
	const char *const *needed; /* of those; NULL: none */
	const char *detail;        /* for a file that has several kinds: which; or NULL */
	bool is_down;              /* links of it are down */
	/* How much longer than others it may hold up what it has met, when it has gone. */
	uint64_t holds_ns;
	/* Optional. What its keys cannot say. -EINVAL, and what is wrong. */
	int (*check)(const struct snet__scenario *scenario,
		     const struct snet__fault *fault, struct snet_err *err);
	/* Optional. What of the lab must be prepared before it comes up. */
	int (*adapt)(const struct snet__fault *fault, struct snet_lab *lab,
		     struct snet_err *err);
	size_t state_size;
	/* Optional. With the lab up, before the run begins: what takes time, or can fail. */
	int (*prepare)(struct snet__injection *injection, struct snet_err *err);
	int (*begin)(struct snet__injection *injection, struct snet_err *err);
	/* Optional: with a "down" and an "up" the fault goes off and on in between. */
	int (*toggle)(struct snet__injection *injection, bool on, struct snet_err *err);
	int (*end)(struct snet__injection *injection, struct snet_err *err);
	void (*measure)(struct snet__injection *injection, struct snet__effect *effect);
	/* Optional: the state's own memory. */
	void (*clear)(struct snet__injection *injection);
};

/* NULL behind the last. */
const struct snet__fault_kind *snet__fault_kind_at(size_t index);

/* Of a partition of "nodes"; NULL-terminated. */
enum {
	SNET__PARTITION_ISOLATE,
	SNET__PARTITION_HALVES,
	SNET__PARTITION_RANDOM,
	SNET__PARTITION_RING
};
extern const char *const snet__partition_shapes[];

/* fault_link.c, fault_drop.c, fault_partition.c */
extern const struct snet__fault_kind snet__fault_impair, snet__fault_down,
	snet__fault_flap, snet__fault_drop, snet__fault_partition;
/* fault_node.c */
extern const struct snet__fault_kind snet__fault_kill, snet__fault_pause,
	snet__fault_slow, snet__fault_skew, snet__fault_full;
/* fault_function.c */
extern const struct snet__fault_kind snet__fault_refuse, snet__fault_gone,
	snet__fault_gateway_500, snet__fault_gateway_502, snet__fault_gateway_503,
	snet__fault_429, snet__fault_503, snet__fault_500, snet__fault_502,
	snet__fault_cold, snet__fault_twice, snet__fault_late, snet__fault_lost_result,
	snet__fault_gateway_504, snet__fault_timeout_202, snet__fault_garbage;

#endif
