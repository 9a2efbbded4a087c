/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <snet/calibrate.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "io/json.h"
#include "lab/measure.h"
#include "lab/shaping_kind.h"
#include "sys/others.h"

#define LOSS_PACKETS 10000

static const struct {
	const char *name;
	uint64_t ns;
} delays[] = {
	{"1ms", SNET__NS_PER_MS},
	{"10ms", 10 * SNET__NS_PER_MS},
	{"100ms", 100 * SNET__NS_PER_MS},
};

static const struct {
	const char *name;
	uint64_t bps;
} rates[] = {
	{"1Mbit", 1000000},
	{"10Mbit", 10000000},
	{"100Mbit", 100000000},
	{"1Gbit", 1000000000},
};

static const struct {
	const char *name;
	double share;
} losses[] = {{"1%", 0.01}, {"10%", 0.1}};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
/* Of the machine one, of a plain link three, of a shaped one all. */
#define MACHINE_STEPS 1
#define WAY_STEPS     3
#define KIND_STEPS    (WAY_STEPS + COUNT(delays) + COUNT(rates) + COUNT(losses))

struct calibration {
	const struct snet__shaping_kind *kind; /* which is asked for; NULL: all */
	void (*progress)(void *user, const char *what, double share);
	void *user;
	size_t steps, done;
	struct snet__others others;
};

static void tell(struct calibration *calibration, const char *what)
{
	if (calibration->progress)
		calibration->progress(calibration->user, what,
				      (double)calibration->done /
					      (double)calibration->steps);
	calibration->done++;
}

static void add_quantiles(struct snet__json *json, const char *key,
			  const struct snet__quantiles *quantiles)
{
	struct snet__json *both = snet__json_add(json, key, snet__json_new_object());

	snet__json_add_number(both, "p50", quantiles->p50_us);
	snet__json_add_number(both, "p99", quantiles->p99_us);
}

/* What any link does. */
static int measure_way(struct calibration *calibration, struct snet__json *json,
		       enum snet_shaper shaper, struct snet_err *err)
{
	const struct snet__measured measured = {.shaper = shaper};
	struct snet__quantiles latency = {0};
	double stream_gbps = 0, packets_per_s = 0;
	int r;

	tell(calibration, "throughput");
	r = snet__measure_stream(&stream_gbps, &measured, err);
	tell(calibration, "packets");
	if (r == 0)
		r = snet__measure_packets(&packets_per_s, &measured, err);
	tell(calibration, "latency");
	if (r == 0)
		r = snet__measure_latency(&latency, &measured, err);
	snet__json_add_number(json, "stream_gbps", stream_gbps);
	snet__json_add_number(json, "packets_per_s", packets_per_s);
	add_quantiles(json, "latency_us", &latency);
	return r;
}

static int measure_delays(struct calibration *calibration, struct snet__json *json,
			  enum snet_shaper shaper, struct snet_err *err)
{
	struct snet__json *all =
		snet__json_add(json, "delay_error_us", snet__json_new_object());
	int r = 0;

	for (size_t i = 0; i < COUNT(delays) && r == 0; i++) {
		const struct snet__measured measured = {.shaper = shaper,
							.forth.delay_ns = delays[i].ns};
		struct snet__quantiles error = {0};

		tell(calibration, "delays");
		snet__others_begin(&calibration->others);
		r = snet__measure_delay(&error, &measured, err);
		snet__others_end(&calibration->others);
		add_quantiles(all, delays[i].name, &error);
	}
	return r;
}

static int measure_rates(struct calibration *calibration, struct snet__json *json,
			 enum snet_shaper shaper, struct snet_err *err)
{
	struct snet__json *all =
		snet__json_add(json, "rate_error", snet__json_new_object());
	int r = 0;

	for (size_t i = 0; i < COUNT(rates) && r == 0; i++) {
		const struct snet__measured measured = {.shaper = shaper,
							.forth.rate_bps = rates[i].bps};
		double error = 0;

		tell(calibration, "rates");
		r = snet__measure_rate(&error, &measured, err);
		snet__json_add_number(all, rates[i].name, error);
	}
	return r;
}

static int measure_losses(struct calibration *calibration, struct snet__json *json,
			  enum snet_shaper shaper, struct snet_err *err)
{
	struct snet__json *all = snet__json_add(json, "loss", snet__json_new_object());
	int r = 0;

	for (size_t i = 0; i < COUNT(losses) && r == 0; i++) {
		const struct snet__measured measured = {.shaper = shaper,
							.forth.loss = losses[i].share};
		double loss = 0;

		tell(calibration, "losses");
		r = snet__measure_loss(&loss, &measured, LOSS_PACKETS, err);
		snet__json_add_number(all, losses[i].name, loss);
	}
	return r;
}

static void describe_machine(struct calibration *calibration, struct snet__json *json)
{
	char date[SNET__CLOCK_TEXT_MAX];
	struct snet__quantiles timer;
	struct utsname kernel;

	snet__clock_format(date, snet__clock_wall_ns());
	snet__json_add_string(json, "date", date);
	snet__json_add_string(json, "kernel", uname(&kernel) == 0 ? kernel.release : "");
	snet__json_add_number(json, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN));
	tell(calibration, "timer");
	snet__others_begin(&calibration->others);
	snet__measure_timer(&timer);
	snet__others_end(&calibration->others);
	add_quantiles(json, "timer", &timer);
}

/* While this process mostly slept: of what it does all the time nothing is anybody else's. */
static void describe_others(const struct calibration *calibration,
			    struct snet__json *json)
{
	double share = snet__others_share(&calibration->others);

	(void)snet__json_add(json, "others",
			     share < 0 ? snet__json_new_null()
				       : snet__json_new_number(share));
}

/* ---- The shapers. */

static int find_kind(const struct snet__shaping_kind **ret, enum snet_shaper shaper,
		     struct snet_err *err)
{
	const struct snet__shaping_kind *const *at = snet__shaping_kinds;

	while (*at && (*at)->shaper != shaper)
		at++;
	if (!*at && shaper != SNET_SHAPER_AUTO)
		return snet__err_set(err, -EINVAL, "there is no shaper %u",
				     (unsigned int)shaper);
	if (*at && !(*at)->is_there(err))
		return snet__err_prefix(err, -ENODEV, "cannot calibrate '%s'",
					(*at)->name);
	*ret = *at;
	return 0;
}

static bool is_measured(const struct calibration *calibration,
			const struct snet__shaping_kind *kind)
{
	return calibration->kind ? kind == calibration->kind : kind->is_there(NULL);
}

static size_t count_steps(const struct calibration *calibration)
{
	size_t steps = MACHINE_STEPS + WAY_STEPS;

	for (size_t i = 0; snet__shaping_kinds[i]; i++)
		if (is_measured(calibration, snet__shaping_kinds[i]))
			steps += KIND_STEPS;
	return steps;
}

static int measure_kind(struct calibration *calibration, struct snet__json *json,
			const struct snet__shaping_kind *kind, struct snet_err *err)
{
	struct snet__json *of;
	int r;

	if (!is_measured(calibration, kind)) {
		if (!calibration->kind)
			(void)snet__json_add(json, kind->name, snet__json_new_null());
		return 0;
	}
	of = snet__json_add(json, kind->name, snet__json_new_object());
	r = measure_way(calibration, of, kind->shaper, err);
	if (r == 0)
		r = measure_delays(calibration, of, kind->shaper, err);
	if (r == 0)
		r = measure_rates(calibration, of, kind->shaper, err);
	return r < 0 ? r : measure_losses(calibration, of, kind->shaper, err);
}

static int measure(struct calibration *calibration, struct snet__json *json,
		   struct snet_err *err)
{
	struct snet__json *plain;
	int r;

	calibration->steps = count_steps(calibration);
	describe_machine(calibration, json);
	plain = snet__json_add(json, "plain", snet__json_new_object());
	r = measure_way(calibration, plain, SNET_SHAPER_AUTO, err);
	for (size_t i = 0; snet__shaping_kinds[i] && r == 0; i++)
		r = measure_kind(calibration, json, snet__shaping_kinds[i], err);
	describe_others(calibration, json);
	return r;
}

int snet_calibrate(char **ret, enum snet_shaper shaper,
		   void (*progress)(void *user, const char *what, double share),
		   void *user, struct snet_err *err)
{
	struct calibration calibration = {.progress = progress, .user = user};
	autojson *json = snet__json_new_object();
	char *text;
	int r = find_kind(&calibration.kind, shaper, err);

	if (r == 0)
		r = measure(&calibration, json, err);
	if (r < 0)
		return r;
	text = snet__json_format(json);
	if (!text)
		return snet__err_oom(err);
	*ret = text;
	return 0;
}
