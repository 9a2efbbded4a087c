/* SPDX-License-Identifier: MIT */
#include "cli/batch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/fitness.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/print.h"

#define BAR 24

static bool is_cancelled(void *user)
{
	const struct batch *batch = user;

	return interrupt_signal() || batch->failed;
}

/* ---- What is seen meanwhile. */

static void print_progress(void *user, const struct snet_run_progress *progress)
{
	struct batch *batch = user;
	double share = progress->until_ns
			       ? (double)progress->at_ns / (double)progress->until_ns
			       : 0;
	int done = (int)((share < 1 ? share : 1) * BAR);

	if (batch->repeat > 1 || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r[%.*s%*s] %-6s %5.1f s  %zu pressed, %zu done%s%.30s\33[K",
		done, "########################", BAR - done, "", progress->phase,
		(double)progress->at_ns / (double)SNET__NS_PER_S, progress->presses,
		progress->ended, progress->fault ? "  \342\232\241 " : "",
		progress->fault ? progress->fault : "");
}

/* ---- Runs. */

/* "--json --repeat N" is one array, whose elements come as they are there. */
static bool is_list(const struct batch *batch)
{
	return batch->call->json && call_option(batch->call, "repeat");
}

static int print_run(const struct batch *batch, const struct snet_run *run, uint64_t seed,
		     const char *folder, struct snet_err *err)
{
	autofree char *text = NULL;
	size_t length;
	int r;

	if (batch->call->json || batch->repeat == 1) {
		r = snet_run_format(run, batch->call->json ? "json" : "text", &text, err);
		if (r < 0)
			return r;
		length = strlen(text);
		length -= length && text[length - 1] == '\n';
		if (is_list(batch))
			printf("%s%.*s", batch->ended > 1 ? ",\n" : "[\n", (int)length,
			       text);
		else
			printf("%.*s\n", (int)length, text);
	} else {
		printf("seed %llu: %s\n", (unsigned long long)seed,
		       snet_verdict_name(snet_run_verdict(run)));
	}
	if (folder && !batch->call->json &&
	    (batch->repeat == 1 || snet_run_verdict(run) != SNET_VERDICT_HELD))
		printf("report: %s/report.html\n", folder);
	(void)fflush(stdout);
	return 0;
}

/* The lab's name; NULL: what its file says. Runs at the same time have a lab each, NAME-N, which is cut
 * to be a name as well. */
static const char *name_lab(char text[static SNET_NAME_MAX + 1],
			    const struct batch *batch, unsigned long number)
{
	const char *name =
		batch->name ? batch->name : snet_scenario_name(batch->scenario);
	char tail[24];
	int length;

	if (batch->parallel == 1)
		return batch->name;
	length = snprintf(tail, sizeof(tail), "-%lu", number);
	(void)snprintf(text, SNET_NAME_MAX + 1, "%.*s%s", SNET_NAME_MAX - length, name,
		       tail);
	return text;
}

static int run_once(struct batch *batch, unsigned long number, struct snet_err *err)
{
	uint64_t seed = batch->seed + number;
	autofree char *folder = batch->repeat > 1
					? snet__text_format("%s/%llu", batch->folder,
							    (unsigned long long)seed)
					: snet__text_format("%s", batch->folder);
	char name[SNET_NAME_MAX + 1];
	struct snet_run_opts opts = {
		.size = sizeof(opts),
		.has_seed = true,
		.seed = seed,
		.lab = name_lab(name, batch, number),
		.serves = batch->parallel == 1,
		.folder = folder,
		.calibration = batch->calibration,
		.progress = print_progress,
		.is_cancelled = is_cancelled,
		.user = batch,
	};
	struct snet_run *run = NULL;
	struct snet_err why = {0};
	int r, printed = 0;

	if (!folder)
		return snet__err_oom(err);
	r = snet_scenario_run(batch->scenario, &opts, &run, err);
	pthread_mutex_lock(&batch->lock);
	print_clear_progress();
	if (r >= 0) {
		batch->verdicts[snet_run_verdict(run)]++;
		batch->ended++;
		printed = print_run(batch, run, seed, r == 0 ? folder : NULL, &why);
	}
	pthread_mutex_unlock(&batch->lock);
	snet_run_free(run);
	/* Its verdict is known, but not all of its reports could be written. */
	if (r > 0)
		return err->code;
	return printed < 0 ? snet__err_set(err, printed, "%s", why.msg) : r;
}

static void *work(void *arg)
{
	struct batch *batch = arg;
	struct snet_err err = {0};
	unsigned long number;
	int r = 0;

	while (r == 0) {
		pthread_mutex_lock(&batch->lock);
		number = batch->next++;
		pthread_mutex_unlock(&batch->lock);
		if (number >= batch->repeat || is_cancelled(batch))
			break;
		r = run_once(batch, number, &err);
	}
	pthread_mutex_lock(&batch->lock);
	if (r < 0 && !batch->failed) {
		batch->failed = r;
		batch->err = err;
	}
	pthread_mutex_unlock(&batch->lock);
	return NULL;
}

static void run_all(struct batch *batch)
{
	pthread_t threads[PARALLEL_MAX];
	unsigned long count = 0;

	while (count + 1 < batch->parallel &&
	       pthread_create(&threads[count], NULL, work, batch) == 0)
		count++;
	(void)work(batch);
	while (count > 0)
		(void)pthread_join(threads[--count], NULL);
}

/* ---- All of it. */

/* "runs/outage-20261128-061500", which is ours alone: another one of that second is "...-2". */
static int make_folder(char **ret, const struct snet_scenario *scenario,
		       struct snet_err *err)
{
	time_t now = time(NULL);
	char text[32] = "";
	struct tm parts;

	if (localtime_r(&now, &parts))
		(void)strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &parts);
	if (mkdir("runs", 0777) < 0 && errno != EEXIST)
		return snet__err_sys(err, -errno, "cannot make folder 'runs'");
	for (unsigned int i = 1;; i++) {
		char number[16] = "";
		autofree char *path = NULL;

		if (i > 1)
			(void)snprintf(number, sizeof(number), "-%u", i);
		path = snet__text_format("runs/%s-%s%s", snet_scenario_name(scenario),
					 text, number);
		if (!path)
			return snet__err_oom(err);
		if (mkdir(path, 0777) == 0) {
			*ret = steal_ptr(path);
			return 0;
		}
		if (errno != EEXIST)
			return snet__err_sys(err, -errno, "cannot make folder '%s'",
					     path);
	}
}

/* What cannot be read is told by who writes into it. */
static bool is_empty(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool has_any = false;

	while (folder && !has_any && (entry = readdir(folder)))
		has_any = strcmp(entry->d_name, ".") != 0 &&
			  strcmp(entry->d_name, "..") != 0;
	if (folder)
		(void)closedir(folder);
	return !has_any;
}

/* Reports of two runs in one folder would be taken for those of one. */
static int take_folder(struct batch *batch, const char *path)
{
	struct snet_err err = {0};
	int r;

	if (!is_empty(path))
		return call_usage(
			batch->call,
			"'%s' is not empty: remove it, or choose another folder", path);
	r = snet__file_make_folder(path, &err);
	if (r < 0)
		return call_usage(batch->call, "%s", err.msg);
	batch->is_new = r > 0;
	batch->folder = strdup(path);
	if (batch->folder)
		return EXIT_DONE;
	(void)snet__err_oom(&err);
	return call_fail(&err);
}

static int choose_folder(struct batch *batch)
{
	const char *given = call_option(batch->call, "output");
	struct snet_err err = {0};

	if (given)
		return take_folder(batch, given);
	if (make_folder(&batch->folder, batch->scenario, &err) < 0)
		return call_fail(&err);
	batch->is_new = true;
	return EXIT_DONE;
}

/* NULL when this machine has not been calibrated. */
static char *read_calibration(void)
{
	struct snet__calibration calibration;
	struct snet_err err = {0};
	char *text;

	if (snet__fitness_load(&calibration, &text, &err) < 0)
		fprintf(stderr, "snet: warning: %s\n", err.msg);
	return text;
}

static int report_interrupt(const struct batch *batch)
{
	int status = interrupt_report();

	if (!is_empty(batch->folder))
		fprintf(stderr, "snet: what had happened by then is in %s\n",
			batch->folder);
	return status;
}

static int report(const struct batch *batch)
{
	if (is_list(batch))
		printf(batch->ended ? "\n]\n" : "[]\n");
	if (interrupt_signal())
		return report_interrupt(batch);
	if (batch->failed)
		return call_fail(&batch->err);
	if (batch->repeat > 1 && !batch->call->json)
		printf("%lu runs: %lu held, %lu violated, %lu untrusted\n", batch->ended,
		       batch->verdicts[SNET_VERDICT_HELD],
		       batch->verdicts[SNET_VERDICT_VIOLATED],
		       batch->verdicts[SNET_VERDICT_UNTRUSTED]);
	if (batch->verdicts[SNET_VERDICT_VIOLATED])
		return EXIT_VIOLATED;
	return batch->verdicts[SNET_VERDICT_UNTRUSTED] ? EXIT_UNTRUSTED : EXIT_DONE;
}

int batch_run(struct batch *batch)
{
	int status;

	if (batch->parallel > batch->repeat)
		batch->parallel = batch->repeat;
	status = call_lab(&batch->name, batch->call, call_option(batch->call, "name"));
	if (status == EXIT_DONE)
		status = choose_folder(batch);
	if (status != EXIT_DONE)
		return status;
	(void)pthread_mutex_init(&batch->lock, NULL); /* cannot fail on Linux */
	batch->calibration = read_calibration();
	interrupt_take(batch->is_new ? batch->folder : NULL);
	run_all(batch);
	status = report(batch);
	if (batch->is_new)
		(void)rmdir(batch->folder); /* if nothing came into it */
	interrupt_take(NULL);
	(void)pthread_mutex_destroy(&batch->lock);
	free(batch->folder);
	free(batch->calibration);
	return status;
}
