/* SPDX-License-Identifier: MIT */
/* What is to be, and how it differs from what is. */

#include "lab/change.h"

#include <string.h>

#include "lab/shaping.h"

static int find_whole_changes(const struct snet__diff *diff, struct snet_err *err)
{
	for (size_t i = 0; i < diff->count; i++)
		for (size_t k = 0; k < diff->changes[i].key_count; k++)
			if (diff->changes[i].keys[k].takes == SNET__TAKES_LAB)
				return snet__err_set(
					err, -ENOTSUP,
					"'%s' cannot change while the lab is up: take it "
					"down, and up again",
					diff->changes[i].keys[k].key);
	return 0;
}

int snet__change_compare(const struct snet__model *model, struct snet__model *wanted,
			 struct snet__problems *problems, struct snet__diff *diff,
			 struct snet_err *err)
{
	int r;

	wanted->before = model;
	r = snet__model_check(wanted, problems, err);
	if (r == 0)
		r = snet__model_plan(wanted, err);
	if (r == 0)
		r = snet__shaping_check(wanted, err);
	if (r == 0)
		r = snet__diff(diff, model, wanted, err);
	return r == 0 ? find_whole_changes(diff, err) : r;
}

static int update_link(struct snet__model *wanted, const struct snet__model *model,
		       const struct snet__change_request *request,
		       struct snet__problems *problems, struct snet_err *err)
{
	const struct snet__model_link *former =
		snet__model_find_link(model, request->link);
	int r;

	if (request->impairment)
		r = snet__model_impair_link(wanted, request->link, request->ways,
					    request->impairment, err);
	else
		r = snet__model_update_link(wanted, request->link, request->ways,
					    request->text, request->folder, problems,
					    err);
	if (r < 0)
		return r;
	snet__shaping_keep(snet__model_find_link(wanted, request->link), former);
	return 0;
}

static int read_wanted(const struct snet__model *model, struct snet__model *wanted,
		       const struct snet__change_request *request,
		       struct snet__problems *problems, struct snet_err *err)
{
	int r;

	if (!request->nodes && !request->link && request->mode == SNET__CHANGE_TO) {
		wanted->device_kinds = model->device_kinds;
		wanted->backend_kinds = model->backend_kinds;
		return snet__model_read(wanted, request->text, strlen(request->text),
					request->folder, problems, err);
	}
	r = snet__model_copy(wanted, model, err);
	if (r < 0)
		return r;
	if (request->link)
		return update_link(wanted, model, request, problems, err);
	if (request->nodes)
		return snet__model_remove_nodes(wanted, request->nodes,
						request->node_count, err);
	return snet__model_read_more(wanted, request->text, strlen(request->text),
				     request->folder, problems, err);
}

int snet__change_plan(struct snet__change_plan *plan, const struct snet_lab *lab,
		      const struct snet__change_request *request,
		      struct snet__problems *problems, struct snet_err *err)
{
	int r;

	*plan = (struct snet__change_plan){0};
	snet__model_init(&plan->wanted);
	r = read_wanted(&lab->model, &plan->wanted, request, problems, err);
	if (r == 0)
		r = snet__change_compare(&lab->model, &plan->wanted, problems,
					 &plan->diff, err);
	if (r == -EINVAL && request->nodes)
		r = snet__err_prefix(err, r, "cannot remove '%s'%s", request->nodes[0],
				     request->node_count > 1 ? " and the others" : "");
	return r;
}

void snet__change_plan_clear(struct snet__change_plan *plan)
{
	snet__diff_clear(&plan->diff);
	snet__model_clear(&plan->wanted);
}
