/* SPDX-License-Identifier: MIT */
#include "lab/ready.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "topo/reach.h"

/* Registering takes 10 s at most, and more in a large lab or over slow links. */
#define READY_MS          10000
#define READY_US_PER_NODE 1000
/* It takes a question and its answer, before which addresses may have to be asked for, over so
 * many links of the slowest that there are. */
#define ROUNDS     2
#define SLOW_LINKS 4
/* Of a question or an answer, with all headers. */
#define PACKET_BYTES 250
/* Jitter seldom adds more than so many times itself, whatever its distribution. */
#define JITTERS 4

/* So many devices are named. */
#define NAMES_MAX 3
/* What they take, each quoted, and how many more there are. */
#define NAMES_SIZE (NAMES_MAX * (SNET_NAME_MAX + 4) + 32)

static bool has_down(const struct snet__model *model)
{
	for (size_t i = 0; i < model->link_count; i++)
		if (snet__reach_is_down(model->links[i]))
			return true;
	return false;
}

/* One that is cut off counts once it has been started. */
static void set_cut_off(struct snet__run *run, struct snet__run_node *node, bool is_cut)
{
	if (node->is_cut_off == is_cut)
		return;
	node->is_cut_off = is_cut;
	if (!node->is_started)
		return;
	run->cut_off_count += is_cut ? 1 : (size_t)-1;
	/* It would only try again in a while, after all the tries that were in vain. */
	if (!is_cut)
		snet__device_register(node->device);
}

int snet__ready_find(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	struct snet__reach *reach = NULL;
	char text[SNET__READY_TEXT_MAX];
	bool is_told = true;
	int r = 0;

	if (has_down(model))
		r = snet__reach_new(&reach, model, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < run->node_count; i++) {
		struct snet__run_node *node = run->nodes[i];
		bool is_cut;

		if (!node->device || node->is_registered)
			continue;
		is_cut = reach &&
			 !snet__reach_has(reach, node->node,
					  snet__model_find_node(model,
								node->node->relayer));
		is_told &= !is_cut || node->is_cut_off;
		set_cut_off(run, node, is_cut);
	}
	snet__reach_free(reach);
	if (!is_told && snet__ready_warning(text, run))
		snet__log(SNET_LOG_WARNING, "%s lab=%s", text, model->name);
	return 0;
}

/* How long one direction of a link may keep a packet. */
static uint64_t keeps_ns(const struct snet_impairment *impairment)
{
	uint64_t ns = impairment->delay_ns + JITTERS * impairment->jitter_ns;

	if (impairment->rate_bps)
		ns += PACKET_BYTES * 8 * SNET__NS_PER_S / impairment->rate_bps;
	return ns;
}

unsigned int snet__ready_ms(const struct snet__model *model)
{
	uint64_t slowest[SLOW_LINKS] = {0}, sum = 0, ms;

	for (size_t i = 0; i < model->link_count; i++) {
		const struct snet__model_link *link = model->links[i];
		uint64_t ns = keeps_ns(&link->forth) + keeps_ns(&link->back);

		for (int k = 0; k < SLOW_LINKS; k++) {
			uint64_t other = slowest[k];

			if (ns <= other)
				continue;
			slowest[k] = ns;
			ns = other;
		}
	}
	for (int k = 0; k < SLOW_LINKS; k++)
		sum += slowest[k];
	ms = READY_MS + model->node_count * READY_US_PER_NODE / 1000 +
	     ROUNDS * sum / SNET__NS_PER_MS;
	return ms < INT32_MAX ? (unsigned int)ms : INT32_MAX;
}

/* "'a', 'b' and 3 more"; returns how many they are. */
static size_t list(char text[static NAMES_SIZE], const struct snet__run *run,
		   bool is_cut_off)
{
	size_t count = 0, used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < run->node_count; i++) {
		const struct snet__run_node *node = run->nodes[i];

		if (!node->device || node->is_registered ||
		    node->is_cut_off != is_cut_off)
			continue;
		if (count < NAMES_MAX)
			used += (size_t)snprintf(text + used, NAMES_SIZE - used, "%s'%s'",
						 count ? ", " : "", node->node->name);
		count++;
	}
	if (count > NAMES_MAX)
		(void)snprintf(text + used, NAMES_SIZE - used, " and %zu more",
			       count - NAMES_MAX);
	return count;
}

void snet__ready_missing(char text[static SNET__READY_TEXT_MAX],
			 const struct snet__run *run)
{
	char names[NAMES_SIZE];
	size_t count = list(names, run, false);

	(void)snprintf(text, SNET__READY_TEXT_MAX, "%s %s missing", names,
		       count == 1 ? "is" : "are");
}

bool snet__ready_warning(char text[static SNET__READY_TEXT_MAX],
			 const struct snet__run *run)
{
	char names[NAMES_SIZE];
	size_t count = list(names, run, true);

	(void)snprintf(text, SNET__READY_TEXT_MAX,
		       "%s cannot register: each way to %s relayer is down", names,
		       count == 1 ? "its" : "their");
	return count;
}

struct asking {
	const struct snet_lab *lab;
	char *text;
	bool has_any;
};

static int ask(void *arg, struct snet_err *err)
{
	struct asking *asking = arg;

	(void)err;
	asking->has_any = snet__ready_warning(asking->text, asking->lab->run);
	return 0;
}

bool snet__ready_ask(char text[static SNET__READY_TEXT_MAX], struct snet_lab *lab)
{
	struct asking asking = {.lab = lab, .text = text};

	return snet__lab_call(lab, ask, &asking, NULL) == 0 && asking.has_any;
}
