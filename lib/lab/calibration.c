/* SPDX-License-Identifier: MIT */
#include "lab/calibration.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "lab/shaping.h"
#include "lab/shaping_kind.h"
#include "topo/write_value.h"

/* A measurement is no more exact than this: nobody is told of less. */
#define RATE_TOLERANCE 0.01

#define ETHERNET_BYTES 14

#define RATE_MAX_BPS 1e15 /* a file may say anything, an integer not hold it */

/* ---- Whether it can have been measured. */

/* More than any machine does in any unit, and what can still be counted in smaller ones. */
#define NUMBER_MAX 1e12

static int check_number(const struct snet__json *object, const char *of, const char *key,
			double least, struct snet_err *err)
{
	double number = snet__json_number(snet__json_get(object, key), NAN);

	if (number >= least && number <= NUMBER_MAX)
		return 0;
	return snet__err_set(err, -EINVAL, "'%s.%s' is no number from %g to %g", of, key,
			     least, NUMBER_MAX);
}

static int check_quantiles(const struct snet__json *object, const char *of,
			   const char *key, struct snet_err *err)
{
	const struct snet__json *both = snet__json_get(object, key);
	char path[160]; /* a key that is longer is none of ours, and is cut */
	int r;

	(void)snprintf(path, sizeof(path), "%s.%s", of, key);
	r = check_number(both, path, "p50", 0, err);
	return r < 0 ? r : check_number(both, path, "p99", 0, err);
}

/* What any link does. */
static int check_way(const struct snet__json *way, const char *name, struct snet_err *err)
{
	int r = check_number(way, name, "stream_gbps", 0, err);

	if (r == 0)
		r = check_number(way, name, "packets_per_s", 0, err);
	return r < 0 ? r : check_quantiles(way, name, "latency_us", err);
}

static int check_shaper(const struct snet__json *way, const char *name,
			struct snet_err *err)
{
	const struct snet__json *delays = snet__json_get(way, "delay_error_us");
	const struct snet__json *rates = snet__json_get(way, "rate_error"), *at;
	char path[64];
	int r = check_way(way, name, err);

	(void)snprintf(path, sizeof(path), "%s.delay_error_us", name);
	for (at = snet__json_first(delays); at && r == 0; at = snet__json_next(at))
		r = check_quantiles(delays, path, snet__json_key(at), err);
	(void)snprintf(path, sizeof(path), "%s.rate_error", name);
	for (at = snet__json_first(rates); at && r == 0; at = snet__json_next(at))
		r = check_number(rates, path, snet__json_key(at), -1, err);
	return r;
}

/* ---- What was measured. */

static double quantile_us(const struct snet__json *object, const char *key,
			  const char *which)
{
	return snet__json_number(snet__json_get(snet__json_get(object, key), which), 0);
}

static uint64_t as_ns(double us)
{
	return us > 0 ? (uint64_t)(us * (double)SNET__NS_PER_US) : 0;
}

/* The worst of the delays that were tried. */
static uint64_t find_error(const struct snet__json *json, const char *which)
{
	const struct snet__json *all = snet__json_get(json, "delay_error_us"), *at;
	double ret = 0;

	for (at = snet__json_first(all); at; at = snet__json_next(at))
		ret = fmax(ret, quantile_us(all, snet__json_key(at), which));
	return as_ns(ret);
}

/* The best of the rates that were tried. */
static uint64_t find_rate(const struct snet__json *json)
{
	const struct snet__json *at;
	uint64_t rate_bps;
	double ret = 0;

	for (at = snet__json_first(snet__json_get(json, "rate_error")); at;
	     at = snet__json_next(at))
		if (snet__text_parse_rate(&rate_bps, snet__json_key(at)) == 0)
			ret = fmax(ret,
				   (double)rate_bps * (1 + snet__json_number(at, 0)));
	return (uint64_t)fmin(ret, RATE_MAX_BPS);
}

static struct snet__ability read_ability(const struct snet__json *json,
					 const struct snet__json *plain)
{
	return (struct snet__ability){
		.is_measured = true,
		.latency_ns = as_ns(quantile_us(json, "latency_us", "p50") -
				    quantile_us(plain, "latency_us", "p50")),
		.error_p50_ns = find_error(json, "p50"),
		.error_p99_ns = find_error(json, "p99"),
		.rate_bps = find_rate(json),
		.packets_per_s =
			snet__json_number(snet__json_get(json, "packets_per_s"), 0),
	};
}

/* Neither empty nor longer than any. */
static int read_text(char *text, size_t size, const struct snet__json *json,
		     const char *key, struct snet_err *err)
{
	const char *value = snet__json_get_string(json, key);

	if (!value || !*value || strlen(value) >= size)
		return snet__err_set(err, -EINVAL, "'%s' is missing or no such text",
				     key);
	(void)snprintf(text, size, "%s", value); /* it fits */
	return 0;
}

/* When, and on what. */
static int read_machine(struct snet__calibration *ret, const struct snet__json *json,
			struct snet_err *err)
{
	int r = read_text(ret->date, sizeof(ret->date), json, "date", err);

	if (r == 0)
		r = read_text(ret->kernel, sizeof(ret->kernel), json, "kernel", err);
	ret->cpus = snet__json_number(snet__json_get(json, "cpus"), 0);
	if (r == 0 && !(ret->cpus >= 1))
		return snet__err_set(err, -EINVAL, "'cpus' is no number of at least 1");
	return r;
}

/* One that is null, or not there, was not measured. */
static int read_abilities(struct snet__calibration *ret, const struct snet__json *json,
			  struct snet_err *err)
{
	const struct snet__json *plain = snet__json_get(json, "plain");
	bool is_any = false;
	int r = check_way(plain, "plain", err);

	for (size_t i = 0; snet__shaping_kinds[i] && r == 0; i++) {
		const struct snet__shaping_kind *kind = snet__shaping_kinds[i];
		const struct snet__json *of = snet__json_get(json, kind->name);

		if (!of || snet__json_is(of, SNET__JSON_NULL))
			continue;
		is_any = true;
		r = check_shaper(of, kind->name, err);
		if (r == 0)
			ret->of[kind->shaper] = read_ability(of, plain);
	}
	return r < 0 || is_any ? r : snet__err_set(err, -EINVAL, "it measures no shaper");
}

int snet__calibration_parse(struct snet__calibration *ret, const char *text,
			    struct snet_err *err)
{
	struct snet__calibration read = {0};
	autojson *json = NULL;
	int r = snet__json_parse(&json, text, strlen(text), err);

	if (r == 0)
		r = read_machine(&read, json, err);
	if (r == 0)
		r = read_abilities(&read, json, err);
	if (r == 0)
		*ret = read;
	return r;
}

int snet__calibration_check(const struct snet__calibration *calibration,
			    struct snet_err *err)
{
	double cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname now;

	if (uname(&now) < 0 ||
	    (strcmp(now.release, calibration->kernel) == 0 && cpus == calibration->cpus))
		return 0;
	return snet__err_set(err, -ESTALE,
			     "it was measured on kernel %s with %g processors, and this "
			     "is kernel %s with %g",
			     calibration->kernel, calibration->cpus, now.release, cpus);
}

uint64_t snet__calibration_late_ns(const struct snet__calibration *calibration)
{
	uint64_t error_ns = calibration->of[SNET_SHAPER_USER].error_p99_ns;

	return error_ns ? error_ns : SNET__CALIBRATION_LATE_NS;
}

/* ---- What is asked for. */

struct judging {
	struct snet__json *all;
	size_t found; /* demands of links, those that are not told of as well */
	/* The shaper that is asked, and what it achieves. */
	const struct snet__shaping_kind *kind;
	const struct snet__ability *ability;
	size_t links;
	/* By the rates of all its links together. */
	double packets_per_s;
	size_t rated;
};

/* Takes @text. */
static void tell(struct snet__json *all, const char *link, char *text)
{
	struct snet__json *one = snet__json_new_object();

	snet__json_add_string(one, "link", link);
	snet__json_add_string(one, "text", text);
	(void)snet__json_append(all, one);
	free(text);
}

static void tell_of_link(struct judging *judging, const struct snet__model_link *link,
			 char *text)
{
	if (judging->found++ < SNET__CALIBRATION_TOLD_MAX)
		tell(judging->all, link->name, text);
	else
		free(text);
}

/* As a person would write it: three figures of what was measured. */
static struct snet__json *write_about(double bps)
{
	double unit = bps > 0 ? pow(10, floor(log10(bps)) - 2) : 1;

	return snet__write_rate((uint64_t)(round(bps / unit) * unit));
}

static void judge_rate(struct judging *judging, const struct snet__model_link *link,
		       uint64_t rate_bps)
{
	double most = (double)judging->ability->rate_bps;
	autojson *asked = NULL, *measured = NULL;

	if (most <= 0 || (double)rate_bps <= most * (1 + RATE_TOLERANCE))
		return;
	asked = snet__write_rate(rate_bps);
	measured = write_about(most);
	tell_of_link(judging, link,
		     snet__text_format("link '%s' asks for %s, this machine's %s shaper "
				       "was measured at %s",
				       link->name, snet__json_string(asked),
				       judging->kind->name, snet__json_string(measured)));
}

struct time_asked {
	const char *what;
	uint64_t asked_ns, measured_ns; /* the latter must be less */
	const char *before, *after;     /* the shaper: which the measured one is */
};

static void judge_time(struct judging *judging, const struct snet__model_link *link,
		       const struct time_asked *time)
{
	char asked[32], measured[32];

	if (!time->asked_ns || time->asked_ns >= time->measured_ns)
		return;
	(void)snet__text_format_duration(asked, sizeof(asked), time->asked_ns);
	(void)snet__text_format_duration(measured, sizeof(measured), time->measured_ns);
	tell_of_link(
		judging, link,
		snet__text_format("link '%s' asks for a %s of %s, less than the %s %s "
				  "this machine's %s shaper %s",
				  link->name, time->what, asked, measured, time->before,
				  judging->kind->name, time->after));
}

/* The shorter one that is none. */
static uint64_t shorter(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a + b;
	return a < b ? a : b;
}

/* A packet that is kept to a rate is of the MTU at most, or the path's; smaller ones are more. */
static double count_packets(const struct snet__model_link *link,
			    const struct snet_impairment *way)
{
	unsigned int mtu = snet__link_mtu(link);
	double bytes = (way->pmtu && way->pmtu < mtu ? way->pmtu : mtu) +
		       (double)ETHERNET_BYTES + way->overhead_bytes;

	return (double)way->rate_bps / 8 / fmax(bytes, 1);
}

/* The direction that asks for more speaks for both. */
static void judge_link(struct judging *judging, const struct snet__model_link *link)
{
	const struct snet_impairment *forth = &link->forth, *back = &link->back;
	const struct time_asked times[] = {
		{"delay", shorter(forth->delay_ns, back->delay_ns),
		 judging->ability->latency_ns, "that", "adds by itself"},
		{"jitter", shorter(forth->jitter_ns, back->jitter_ns),
		 judging->ability->error_p50_ns, "by which half of the delays of",
		 "were measured to be off"},
	};

	judging->packets_per_s += count_packets(link, forth) + count_packets(link, back);
	judging->rated += forth->rate_bps || back->rate_bps;
	judge_rate(judging, link,
		   forth->rate_bps > back->rate_bps ? forth->rate_bps : back->rate_bps);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		judge_time(judging, link, &times[i]);
}

static void judge_all(struct judging *judging)
{
	double most = judging->ability->packets_per_s;

	if (judging->links && !judging->ability->is_measured)
		tell(judging->all, NULL,
		     snet__text_format("%zu link%s this machine's %s shaper, which "
				       "'snet calibrate' has not measured",
				       judging->links,
				       judging->links == 1 ? " has" : "s have",
				       judging->kind->name));
	if (most > 0 && judging->packets_per_s > most)
		tell(judging->all, NULL,
		     snet__text_format(
			     "the rates of %zu link%s are those of %.0f packets a "
			     "second, this machine's %s shaper was measured at %.0f",
			     judging->rated, judging->rated == 1 ? "" : "s",
			     judging->packets_per_s, judging->kind->name, most));
}

static void judge_shaper(struct judging *judging, const struct snet__model *model)
{
	judging->links = judging->rated = 0;
	judging->packets_per_s = 0;
	for (size_t i = 0; i < model->link_count; i++) {
		if (snet__shaping_choose(model->links[i]) != judging->kind)
			continue;
		judging->links++;
		judge_link(judging, model->links[i]);
	}
	judge_all(judging);
}

struct snet__json *snet__calibration_judge(const struct snet__calibration *calibration,
					   const struct snet__model *model)
{
	struct judging judging = {.all = snet__json_new_array()};

	for (size_t i = 0; *calibration->date && snet__shaping_kinds[i]; i++) {
		judging.kind = snet__shaping_kinds[i];
		judging.ability = &calibration->of[judging.kind->shaper];
		judge_shaper(&judging, model);
	}
	if (judging.found > SNET__CALIBRATION_TOLD_MAX)
		tell(judging.all, NULL,
		     snet__text_format("more such demands of links: %zu",
				       judging.found - SNET__CALIBRATION_TOLD_MAX));
	return judging.all;
}
