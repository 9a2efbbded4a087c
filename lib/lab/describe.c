/* SPDX-License-Identifier: MIT */
/* A lab as a lab file and as a picture, whether it is only described or runs. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "lab/lab.h"
#include "topo/graph.h"

static const char *state_of(void *user, const struct snet__model_node *node)
{
	const struct snet__run *run = user;
	const struct snet_device *device = run->nodes[node->index]->device;

	return device ? snet__device_state(device) : NULL;
}

/* @run: NULL for a lab that is not up. */
static char *format(const struct snet__model *model, const struct snet__run *run,
		    const struct snet_format_opts *opts)
{
	struct snet__format_opts own = {
		.folder = opts->folder,
		.addresses = opts->addresses,
		.state = run && opts->states ? state_of : NULL,
		.user = (void *)(uintptr_t)run, /* only read */
	};

	struct snet__model copy;
	char *text;
	int r;

	/* As they are assigned they come out the same, but where nodes have come and gone. */
	if (!run || own.addresses || !model->is_successor)
		return snet__model_format(model, &own);
	r = snet__model_copy_in_place(&copy, model, NULL);
	if (r == -ENOMEM)
		return NULL;
	if (r < 0)
		return snet__model_format(model, &own);
	text = snet__model_format(&copy, &own);
	snet__model_clear(&copy);
	return text;
}

char *snet__run_format(const struct snet__run *run, const struct snet_format_opts *opts)
{
	return format(&run->lab->model, run, opts);
}

struct formatting {
	struct snet_lab *lab;
	const struct snet_format_opts *opts;
	char *text;
};

static int format_on_engine(void *arg, struct snet_err *err)
{
	struct formatting *formatting = arg;

	(void)err;
	formatting->text = snet__run_format(formatting->lab->run, formatting->opts);
	return 0;
}

int snet_lab_format(struct snet_lab *lab, const struct snet_format_opts *opts, char **ret,
		    struct snet_err *err)
{
	const struct snet_format_opts plain = {.size = sizeof(plain)};
	struct formatting formatting = {.lab = lab, .opts = opts ? opts : &plain};
	int r;

	if (formatting.opts->size < sizeof(plain))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_format_opts)");
	/* Only of a lab that is down is the description its caller's. */
	r = snet__lab_call(lab, format_on_engine, &formatting, err);
	if (r == -ENOTCONN)
		formatting.text = format(&lab->model, NULL, formatting.opts);
	else if (r < 0)
		return r;
	if (!formatting.text)
		return snet__err_oom(err);
	if (err)
		*err = (struct snet_err){0};
	*ret = formatting.text;
	return 0;
}

int snet_lab_save(struct snet_lab *lab, const char *path,
		  const struct snet_format_opts *opts, struct snet_err *err)
{
	struct snet_format_opts own = {.size = sizeof(own)};
	autofree char *folder = NULL, *text = NULL;
	int r = 0;

	if (opts && opts->size < sizeof(own))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_format_opts)");
	if (opts)
		own = *opts;
	if (!own.folder)
		r = snet__file_folder(&folder, path, err);
	if (r == 0) {
		own.folder = own.folder ? own.folder : folder;
		r = snet_lab_format(lab, &own, &text, err);
	}
	if (r == 0)
		r = snet__file_write(path, text, SNET__FILE_PRIVATE, err);
	return r < 0 ? snet__err_prefix(err, r, "cannot save lab '%s'", lab->model.name)
		     : 0;
}

/* What is drawn of a lab that is up: taken at once, drawn while it runs on. */
struct snapshot {
	struct snet_lab *lab;
	char *text;
	struct snet__json *status;
};

static int take_snapshot(void *arg, struct snet_err *err)
{
	const struct snet_format_opts plain = {.size = sizeof(plain)};
	struct snapshot *snapshot = arg;
	autofree char *status = NULL;

	snapshot->text = snet__run_format(snapshot->lab->run, &plain);
	status = snet__run_status(snapshot->lab->run, false);
	if (!snapshot->text || !status)
		return snet__err_oom(err);
	return snet__json_parse(&snapshot->status, status, strlen(status), err);
}

static int draw_described(struct snet_lab *lab, const char *format,
			  const struct snet__graph_opts *opts, char **ret,
			  struct snet_err *err)
{
	struct snet__problems problems = {0};
	int r;

	snet__lab_lend_kinds(lab, &lab->model);
	r = snet__model_check(&lab->model, &problems, err);
	snet__problems_clear(&problems);
	return r < 0 ? r : snet__graph_draw(ret, &lab->model, format, opts, err);
}

int snet_lab_graph(struct snet_lab *lab, const char *format,
		   const struct snet_graph_opts *opts, char **ret, struct snet_err *err)
{
	struct snet__graph_opts own = {.all = opts && opts->all};
	struct snapshot snapshot = {.lab = lab};
	int r;

	if (opts && opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_graph_opts)");
	r = snet__lab_call(lab, take_snapshot, &snapshot, err);
	own.status = snapshot.status;
	if (r == -ENOTCONN)
		r = draw_described(lab, format, &own, ret, err);
	else if (r == 0)
		r = snet__graph_draw_text(ret, snapshot.text, format, &own, err);
	free(snapshot.text);
	snet__json_free(snapshot.status);
	return r < 0 ? snet__err_prefix(err, r, "cannot draw lab '%s'", lab->model.name)
		     : 0;
}
