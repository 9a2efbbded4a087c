/* SPDX-License-Identifier: MIT */
/* A lab that is up is changed by the thread that asks for it. All that takes time is done by this
 * thread, or waited for by it, with the lab going on: what is to be is read and compared with what
 * is, archives are unpacked, programs end in their own way. What only the lab's thread can do it does
 * in pieces. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "lab/change.h"
#include "lab/wait.h"

struct alteration {
	struct snet_lab *lab;
	struct snet__change_plan plan;
	const char *name; /* to be restarted */
	bool fresh;
	char *folder; /* the lab's */
};

static int find_folder(void *arg, struct snet_err *err)
{
	struct alteration *alteration = arg;

	alteration->folder = strdup(alteration->lab->run->folder);
	return alteration->folder ? 0 : snet__err_oom(err);
}

static int stop_changed(void *arg, struct snet_err *err)
{
	struct alteration *alteration = arg;

	return snet__run_stop_changed(alteration->lab->run, &alteration->plan, err);
}

static bool is_named(const struct snet__run_node *node, void *user)
{
	return strcmp(node->node->name, user) == 0;
}

static int stop_named(void *arg, struct snet_err *err)
{
	const struct alteration *alteration = arg;

	(void)err;
	snet__run_stop_programs(alteration->lab->run, is_named, (void *)alteration->name);
	return 0;
}

static int restart(void *arg, struct snet_err *err)
{
	const struct alteration *alteration = arg;

	return snet__run_restart(alteration->lab->run, alteration->name,
				 alteration->fresh, err);
}

/* What a node that begins anew keeps is what it has written. */
static bool keeps_files(const struct alteration *alteration,
			const struct snet__model_node *node)
{
	return !alteration->fresh && node->is_writable;
}

static int fetch(const struct alteration *alteration, const struct snet__model_node *node,
		 struct snet_err *err)
{
	if (!node || node->role != SNET__ROLE_PROGRAM)
		return 0;
	return snet__program_fetch(node, alteration->folder, alteration->lab->cancel_fd,
				   err);
}

/* What nodes that are new, or others than before, begin with. */
static int fetch_changed(const struct alteration *alteration, struct snet_err *err)
{
	const struct snet__diff *diff = &alteration->plan.diff;
	int r = 0;

	for (size_t i = 0; i < diff->count && r == 0; i++)
		if (diff->changes[i].of == SNET__CHANGE_OF_NODE &&
		    diff->changes[i].takes > SNET__TAKES_NOTHING)
			r = fetch(alteration, diff->changes[i].after, err);
	return r;
}

/* With the lab held: ask the programs to end, and wait for them. */
static int end_programs(struct alteration *alteration, snet__engine_fn stop,
			struct snet_err *err)
{
	struct snet_lab *lab = alteration->lab;
	int r = snet__lab_run(lab, stop, alteration, err);

	return r < 0 ? r : snet__lab_wait_programs(lab, SNET__LAB_UP, err);
}

static int carry_out(struct alteration *alteration, struct snet_err *err)
{
	int r;

	r = snet__lab_run(alteration->lab, find_folder, alteration, err);
	if (r == 0)
		r = fetch_changed(alteration, err);
	if (r == 0)
		r = end_programs(alteration, stop_changed, err);
	return r < 0 ? r
		     : snet__change_carry_out(alteration->lab, &alteration->plan, err);
}

static int describe(const struct snet__diff *diff, bool is_dry,
		    struct snet__json **ret_json, char **ret_lines, struct snet_err *err)
{
	*ret_json = snet__diff_json(diff);
	*ret_lines = snet__diff_format(diff, is_dry);
	return *ret_json && *ret_lines ? 0 : snet__err_oom(err);
}

/* Hold the lab, and be the one that changes it. */
static int begin(struct snet_lab *lab, struct snet_err *err)
{
	int r;

	r = snet__wait_refuse_callback(lab, err);
	if (r == 0)
		r = snet__lab_enter(lab, false, err);
	if (r < 0)
		return r;
	(void)pthread_mutex_lock(&lab->changing);
	pthread_mutex_lock(&lab->lock);
	if (lab->is_reserved)
		r = snet__err_set(
			err, -EBUSY,
			"lab '%s' is that of a scenario that runs: it stays as it is",
			lab->model.name);
	pthread_mutex_unlock(&lab->lock);
	if (r < 0) {
		(void)pthread_mutex_unlock(&lab->changing);
		snet__lab_leave(lab);
	}
	return r;
}

/* With @r as the result so far. @waits: for the devices that register; others may change the lab
 * meanwhile. */
static int end(struct alteration *alteration, int r, bool waits, struct snet_err *err)
{
	struct snet_lab *lab = alteration->lab;
	struct snet_err why;

	if (alteration->folder)
		snet__program_sweep_discarded(alteration->folder);
	(void)pthread_mutex_unlock(&lab->changing);
	if (r == 0 && waits) {
		r = snet__wait_ready(lab, false, &why);
		if (r == -ETIMEDOUT)
			r = snet__err_set(err, r, "the lab has changed, but only %s",
					  why.msg);
		else if (r < 0)
			r = snet__err_set(err, r, "%s", why.msg);
	}
	snet__lab_leave(lab);
	free(alteration->folder);
	return r;
}

int snet__lab_change(struct snet_lab *lab, const struct snet__change_request *request,
		     struct snet__problems *problems, struct snet__json **ret_json,
		     char **ret_lines, struct snet_err *err)
{
	struct alteration alteration = {.lab = lab};
	autofree char *lines = NULL;
	autojson *json = NULL;
	int r;

	r = begin(lab, err);
	if (r < 0)
		return r;
	r = snet__change_plan(&alteration.plan, lab, request, problems, err);
	/* Before the models change places: the diff has borrowed from both. */
	if (r == 0)
		r = describe(&alteration.plan.diff, request->is_dry, &json, &lines, err);
	if (r == 0 && !request->is_dry && alteration.plan.diff.count)
		r = carry_out(&alteration, err);
	snet__change_plan_clear(&alteration.plan);
	/* A link that is set has no devices, and those that wait for it may wait for long. */
	r = end(&alteration, r, !request->is_dry && !request->link, err);
	if (r < 0)
		return r;
	*ret_json = steal_ptr(json);
	*ret_lines = steal_ptr(lines);
	return 0;
}

int snet_lab_restart_node(struct snet_lab *lab, const char *name, bool fresh,
			  struct snet_err *err)
{
	struct alteration alteration = {.lab = lab, .name = name, .fresh = fresh};
	const struct snet__model_node *node;
	int r;

	r = begin(lab, err);
	if (r < 0)
		return r;
	node = snet__model_find_node(&lab->model, name);
	if (!node)
		return end(&alteration, snet__model_refuse_node(&lab->model, name, err),
			   true, err);
	r = snet__lab_run(lab, find_folder, &alteration, err);
	if (r == 0 && !keeps_files(&alteration, node))
		r = fetch(&alteration, node, err);
	if (r == 0)
		r = end_programs(&alteration, stop_named, err);
	if (r == 0)
		r = snet__lab_run(lab, restart, &alteration, err);
	return end(&alteration, r, true, err);
}

/* Without a list of problems: the first is the error. */
static int change_or_say(struct snet_lab *lab, const struct snet__change_request *request,
			 char **ret, struct snet_err *err)
{
	struct snet__problems problems = {0};
	autofree char *lines = NULL;
	autojson *json = NULL;
	int r;

	r = snet__lab_change(lab, request, &problems, &json, &lines, err);
	snet__problems_clear(&problems);
	if (r == 0 && ret)
		*ret = steal_ptr(lines);
	return r;
}

static int change_by(struct snet_lab *lab, enum snet__change_mode mode,
		     const struct snet_change_opts *opts, char **ret,
		     struct snet_err *err)
{
	struct snet__change_request request = {.mode = mode,
					       .text = opts->text,
					       .folder = opts->folder,
					       .is_dry = opts->dry_run};
	autofree char *text = NULL, *folder = NULL;
	int r;

	if (opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_change_opts)");
	if (!opts->path == !opts->text)
		return snet__err_set(err, -EINVAL, "needs either a path or a text");
	if (opts->path) {
		r = snet__model_read_file(&text, &folder, opts->path, err);
		if (r < 0)
			return r;
		request.text = text;
		request.folder = folder;
	}
	r = change_or_say(lab, &request, ret, err);
	return r < 0 && opts->path ? snet__err_prefix(err, r, "%s", opts->path) : r;
}

int snet_lab_apply(struct snet_lab *lab, const struct snet_change_opts *opts, char **ret,
		   struct snet_err *err)
{
	return change_by(lab, SNET__CHANGE_TO, opts, ret, err);
}

int snet_lab_extend(struct snet_lab *lab, const struct snet_change_opts *opts, char **ret,
		    struct snet_err *err)
{
	return change_by(lab, SNET__CHANGE_PLUS, opts, ret, err);
}

int snet_lab_remove_node(struct snet_lab *lab, const char *name, struct snet_err *err)
{
	const struct snet__change_request request = {.nodes = &name, .node_count = 1};

	return change_or_say(lab, &request, NULL, err);
}

int snet_link_set(struct snet_lab *lab, const char *link, enum snet_direction direction,
		  const struct snet_impairment *impairment, struct snet_err *err)
{
	struct snet__change_request request = {.link = link, .impairment = impairment};
	int r = snet__change_read_ways(request.ways, link, direction, err);

	if (r < 0)
		return r;
	if (!impairment)
		return snet__err_set(err, -EINVAL, "impairment: missing");
	return change_or_say(lab, &request, NULL, err);
}
