/* SPDX-License-Identifier: MIT */
/* From the model to the running lab: folder and store, the network, then what lives in it:
 * functions before relayers, relayers before the devices that register at them. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/breakage.h"
#include "lab/fabric.h"
#include "lab/hosts.h"
#include "lab/network.h"
#include "lab/run.h"
#include "lab/services.h"
#include "lab/shaping.h"
#include "sys/cgroup.h"
#include "sys/netns.h"
#include "sys/orphans.h"
#include "sys/remains.h"
#include "sys/sweeper.h"

static int make_folder(struct snet__run *run, struct snet_err *err)
{
	const char *tmp = getenv("TMPDIR");

	if (run->lab->folder) {
		run->folder = strdup(run->lab->folder);
		if (!run->folder)
			return snet__err_oom(err);
		run->is_new_folder = access(run->folder, F_OK) < 0;
		run->is_new_store = !snet__store_is_there(run->folder);
		return 0;
	}
	if (!tmp || tmp[0] != '/')
		tmp = "/tmp";
	run->folder = snet__text_format("%s/snet-XXXXXX", tmp);
	if (!run->folder)
		return snet__err_oom(err);
	if (!mkdtemp(run->folder))
		return snet__err_sys(err, -errno, "cannot create a folder below '%s'",
				     tmp);
	run->is_own_folder = run->is_new_folder = run->is_new_store = true;
	return 0;
}

/* Without memory, which is perhaps why the folder is not wanted any more. */
static void remove_folder(const struct snet__run *run)
{
	char hosts[PATH_MAX];

	if (!snet__store_remove(run->folder, !run->is_own_folder))
		return;
	(void)snprintf(hosts, sizeof(hosts), "%s/" SNET__HOSTS_FILE, run->folder);
	(void)unlink(hosts); /* it need not be there */
	if (run->is_new_folder)
		(void)rmdir(run->folder); /* a user's file in it keeps it */
}

static int open_store(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	struct snet__store_opts opts = {
		.folder = run->folder,
		.durability = model->durability,
		.resume = run->lab->resume,
	};

	/* The store is one for all relayers: the one that wants to keep most decides. */
	for (size_t i = 0; i < model->node_count; i++)
		if (model->nodes[i]->keep > opts.keep)
			opts.keep = model->nodes[i]->keep;
	return snet__store_open(&run->store, &opts, err);
}

/* A lab without one is as good until it is killed; then the next of its name sweeps. */
static void start_sweeper(struct snet__run *run)
{
	static const char *const files[] = {SNET__PROGRAM_FILES,     SNET__PROGRAM_CLOCKS,
					    SNET__PROGRAM_LIBRARIES, SNET__PROGRAM_DISKS,
					    SNET__FAAS_FILES,        NULL};
	/* Of a lab that was never up, or whose folder nobody has named, nobody can go on with
	 * the state. */
	static const char *const state[] = {SNET__STORE_FILES, SNET__STORE_LOCK,
					    SNET__HOSTS_FILE, NULL};
	const struct snet__sweeper_opts opts = {
		.name = run->lab->model.name,
		.folder = run->folder,
		.lock = SNET__STORE_LOCK,
		.patterns = files,
		.early_patterns = run->is_new_store ? state : NULL,
	};
	struct snet_err err = {0};

	if (snet__sweeper_start(&run->sweeper, &opts, &err) < 0)
		snet__log(SNET_LOG_WARNING,
			  "if the lab is killed, its socket, control groups and "
			  "containers stay lab=%s error=%s",
			  opts.name, err.msg);
}

static bool is_any(const struct snet__run_node *node)
{
	(void)node;
	return true;
}

static int make_nodes(struct snet__run *run, struct snet_err *err)
{
	struct snet__beginning beginning;

	snet__cgroup_sweep();
	snet__program_sweep(run->folder);
	snet__remains_remove(run->folder);
	snet__services_begin(&beginning, run, is_any);
	return snet__services_make(&beginning, 0, err);
}

static int describe(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;

	run->nodes = calloc(model->node_count + 1, sizeof(struct snet__run_node *));
	run->links = calloc(model->link_count + 1, sizeof(struct snet__run_link *));
	run->relayers = calloc(model->node_count + 1, sizeof(struct snet__relayer *));
	if (!run->nodes || !run->links || !run->relayers)
		return snet__err_oom(err);

	for (size_t i = 0; i < model->node_count; i++) {
		run->nodes[i] = malloc(sizeof(*run->nodes[i]));
		if (!run->nodes[i])
			return snet__err_oom(err);
		*run->nodes[i] = (struct snet__run_node){.node = model->nodes[i],
							 .netns = -1,
							 .end = -1,
							 .run = run};
		run->node_count++;
	}
	for (size_t i = 0; i < model->link_count; i++) {
		run->links[i] = calloc(1, sizeof(*run->links[i]));
		if (!run->links[i])
			return snet__err_oom(err);
		run->links[i]->link = model->links[i];
		run->link_count++;
	}
	return 0;
}

static int build(struct snet__run *run, struct snet_err *err)
{
	int r;

	r = describe(run, err);
	if (r == 0)
		r = make_folder(run, err);
	if (r == 0)
		r = open_store(run, err);
	if (r == 0)
		start_sweeper(run);
	/* While this thread is on the host's network. */
	if (r == 0)
		r = snet__outside_new(&run->outside, err);
	if (r == 0)
		r = snet__network_up(run, err);
	if (r == 0)
		r = snet__coap_new(&run->coap, run->loop, err);
	if (r == 0)
		r = make_nodes(run, err);
	return r;
}

/* For tests that are to find out what is lost, or done twice, without these. */
static void weaken(struct snet__run *run)
{
	const char *without = getenv("SNET_TEST_WITHOUT");

	run->has_no_outbox = without && strcmp(without, "outbox") == 0;
	run->has_no_memory = without && strcmp(without, "idempotence") == 0;
}

int snet__run_new(struct snet__run **ret, struct snet_lab *lab, struct snet_err *err)
{
	struct snet__run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return snet__err_oom(err);
	run->lab = lab;
	run->loop = snet__engine_loop(lab->engine);
	run->mntns = -1;
	run->number = (uint32_t)snet__random_entropy();
	run->since_wall_ns = snet__clock_wall_ns();
	weaken(run);
	r = build(run, err);
	if (r < 0) {
		snet__run_free(run);
		return r;
	}
	snet__loop_set_turn(run->loop, snet__run_on_turn, run);
	*ret = run;
	return 0;
}

void snet__run_free_node(struct snet__run_node *node)
{
	if (!node)
		return;
	snet__services_free(node->run, node);
	snet__breakage_free_held(node);
	snet__faas_leave_faults(&node->faults);
	free(node->ports);
	free(node->url);
	snet__relayer_free_registered(node->registered);
	if (node->netns >= 0)
		close(node->netns);
	if (node->end >= 0) {
		(void)eventfd_write(node->end, 1); /* cannot fail for the first */
		close(node->end);
	}
	for (size_t i = 0; node->lines && i < SNET__LOG_LINES; i++)
		free(node->lines[i]);
	free(node->lines);
	free(node);
}

static void free_link(struct snet__run_link *link)
{
	free(link->numbers);
	free(link->vlans);
	free(link);
}

void snet__run_free(struct snet__run *run)
{
	snet__loop_set_turn(run->loop, NULL, NULL);
	/* All at once: their cgroups are empty by the time that each is removed. */
	for (size_t i = 0; i < run->node_count; i++)
		if (run->nodes[i]->program)
			snet__program_kill(run->nodes[i]->program);
	snet__timer_free(run->settled);
	for (size_t i = 0; i < run->node_count; i++)
		snet__run_free_node(run->nodes[i]);
	snet__shaping_free(run);
	for (size_t i = 0; i < run->link_count; i++)
		free_link(run->links[i]);
	/* Once more: when this lab came up, some had processes yet that were dying. */
	snet__cgroup_sweep();
	if (run->store) /* else they may be those of the lab that has the folder's lock */
		snet__program_sweep(run->folder);
	snet__outside_free(run->outside);
	snet__coap_free(run->coap);
	snet__netns_unsettle();
	snet__fabric_free(run->fabric);
	snet__store_close(run->store);
	snet__orphans_kill(run->mntns);
	if (run->mntns >= 0)
		close(run->mntns);
	if (run->folder && run->is_new_store)
		remove_folder(run);
	snet__sweeper_stop(run->sweeper);
	free(run->folder);
	free(run->acquaintances);
	free(run->relayers);
	free(run->nodes);
	free(run->links);
	free(run);
}
