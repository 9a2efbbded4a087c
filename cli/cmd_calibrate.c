/* SPDX-License-Identifier: MIT */
/* snet calibrate: measure what the shapers of this machine achieve, and keep it. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <snet/calibrate.h>

#include "api/place.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "io/json.h"
#include "lab/shaping.h"
#include "topo/impairment.h"

#define BAR 30

/* Their names, as in lab files; "auto" is all of them. */
static const char *const *const shapers = snet__shaper_words + SNET_SHAPER_AUTO + 1;

static void on_progress(void *user, const char *what, double share)
{
	int done = (int)(share * BAR);

	(void)user;
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r[%.*s%*s] %3.0f %%  %-12s", done,
		"##############################", BAR - done, "", 100 * share, what);
}

/* ---- Being interrupted. */

/* In the place of what would end it anyway: its labs go with the process, however that ends. */
static void on_signal(int number)
{
	static const char text[] =
		PRINT_CLEAR_LINE "snet: interrupted: nothing was kept\n";
	/* stdio may be in use, see signal-safety(7). */
	size_t from = isatty(STDERR_FILENO) ? 0 : strlen(PRINT_CLEAR_LINE);

	(void)!write(STDERR_FILENO, text + from,
		     strlen(text + from)); /* or nobody reads */
	_exit(128 + number);
}

/* ---- What was measured. */

static double number(const struct snet__json *json, const char *key)
{
	return snet__json_number(snet__json_get(json, key), 0);
}

static void print_quantiles(const char *what, const char *of,
			    const struct snet__json *both)
{
	printf("%s%s%s%.1f us, p99 %.1f us\n", what, of, *of ? ": p50 " : " p50 ",
	       number(both, "p50"), number(both, "p99"));
}

static void print_way(const char *name, const struct snet__json *way)
{
	printf("%s\n", name);
	printf("  one TCP stream        %.2f Gbit/s\n", number(way, "stream_gbps"));
	printf("  packets of 64 bytes   %.0f a second\n", number(way, "packets_per_s"));
	print_quantiles("  latency", "", snet__json_get(way, "latency_us"));
}

static void print_errors(const struct snet__json *json)
{
	const struct snet__json *at;

	for (at = snet__json_first(snet__json_get(json, "delay_error_us")); at;
	     at = snet__json_next(at))
		print_quantiles("  error of a delay of ", snet__json_key(at), at);
	for (at = snet__json_first(snet__json_get(json, "rate_error")); at;
	     at = snet__json_next(at))
		printf("  error of a rate of %s: %+.2f %%\n", snet__json_key(at),
		       100 * snet__json_number(at, 0));
	for (at = snet__json_first(snet__json_get(json, "loss")); at;
	     at = snet__json_next(at))
		printf("  loss of %s: %.2f %%\n", snet__json_key(at),
		       100 * snet__json_number(at, 0));
}

/* Nothing of one that was not asked for. */
static void print_shaper(const char *name, const struct snet__json *json)
{
	char title[32];

	if (snet__json_is(json, SNET__JSON_OBJECT)) {
		(void)snprintf(title, sizeof(title), "shaped by '%s'", name);
		print_way(title, json);
		print_errors(json);
	} else if (json) {
		printf("'%s' is not there, see 'snet doctor'\n", name);
	}
}

static int print(const char *text)
{
	autojson *json = NULL;

	if (snet__json_parse(&json, text, strlen(text), NULL) < 0)
		return EXIT_FAILED;
	print_way("plain link", snet__json_get(json, "plain"));
	for (const char *const *name = shapers; *name; name++)
		print_shaper(*name, snet__json_get(json, *name));
	print_quantiles("this machine wakes a sleeping thread late by", "",
			snet__json_get(json, "timer"));
	return EXIT_DONE;
}

/* A packet that is due finds a processor taken as often as that is taken on average, and when that
 * is so for more than this share of them a shaper counts as starved. What was measured then is the
 * machine's load.
 * Source: R. W. Wolff, "Poisson Arrivals See Time Averages", Operations Research 30(2), 1982. */
#define OTHERS_SHARE_MAX SNET__STARVED_SHARE

static void warn_of_others(const char *text)
{
	autojson *json = NULL;
	double share;

	if (snet__json_parse(&json, text, strlen(text), NULL) < 0)
		return;
	share = number(json, "others");
	if (share > OTHERS_SHARE_MAX)
		fprintf(stderr,
			"snet: warning: others took %.0f %% of the processors' time "
			"meanwhile: measure again when the machine has nothing else to "
			"do\n",
			100 * share);
}

/* Where what was measured is kept; its folder is made. */
static int find_place(char **ret, struct snet_err *err)
{
	autofree char *path = NULL, *folder = NULL;
	int r = snet__place_calibration(&path, err);

	if (r < 0)
		return r;
	folder = strndup(path, (size_t)(strrchr(path, '/') - path));
	r = folder ? snet__place_make(folder, "XDG_STATE_HOME", err) : snet__err_oom(err);
	if (r == 0)
		*ret = steal_ptr(path);
	return r;
}

/* What --shaper says, else all. */
static int find_shaper(enum snet_shaper *ret, const struct call *call)
{
	const char *word = call_option(call, "shaper");

	*ret = SNET_SHAPER_AUTO;
	if (!word)
		return EXIT_DONE;
	for (const char *const *name = shapers; *name; name++)
		if (strcmp(*name, word) == 0)
			*ret = (enum snet_shaper)(name - snet__shaper_words);
	return *ret != SNET_SHAPER_AUTO ? EXIT_DONE
					: call_unknown(call, "shaper", word, shapers);
}

static int run(const struct call *call)
{
	autofree char *text = NULL, *path = NULL;
	struct snet_err err = {0};
	enum snet_shaper shaper;
	int r;

	if (find_shaper(&shaper, call) != EXIT_DONE)
		return EXIT_USAGE;
	r = find_place(&path, &err);
	if (r == 0)
		r = snet_init(&err);
	interrupt_heed(on_signal);
	if (r == 0)
		r = snet_calibrate(&text, shaper, on_progress, NULL, &err);
	interrupt_heed(SIG_IGN); /* it is kept now, all or nothing of it */
	print_clear_progress();
	/* The folder may be anybody's to read when a lab was there first. */
	if (r == 0)
		r = snet__file_write(path, text, SNET__FILE_PRIVATE, &err);
	interrupt_heed(SIG_DFL);
	if (r == -ENODEV && shaper != SNET_SHAPER_AUTO)
		return call_usage(call, "%s", err.msg);
	if (r < 0 || !text)
		return call_fail(&err);
	warn_of_others(text);
	if (call->json) {
		printf("%s\n", text);
		return EXIT_DONE;
	}
	return print(text);
}

static const struct cmd_option options[] = {
	{.name = "shaper", .arg = "netem|user", .help = "measure only this one"},
	{.name = NULL},
};

const struct cmd cmd_calibrate = {
	.name = "calibrate",
	.args = "",
	.has_json = true,
	.is_apart = true,
	.options = options,
	.help = "measure how exactly this machine shapes links, and keep it",
	.details =
		"It takes about a minute a shaper, in which the machine should have nothing else "
		"to do.",
	.run = run,
};
