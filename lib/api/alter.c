/* SPDX-License-Identifier: MIT */
/* Requests that change the lab. Each has a thread, which does what a program's would do that calls
 * snet_lab_apply() and its like, and leaves the answer to the loop. A client that has gone by then
 * has changed the lab all the same. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/live.h"
#include "base/cleanup.h"
#include "base/thread.h"
#include "lab/change.h"
#include "lab/ready.h"

/* More problems than these help nobody; how many there are is told. */
#define PROBLEMS_MAX 1000

struct job {
	struct snet__task task; /* first: a task's function gets this pointer */
	struct snet_lab *lab;
	struct snet__live *live; /* NULL: it was answered already, the lab goes down */

	/* What is wished: a change, or a node to be restarted. */
	struct snet__change_request request;
	char *text, *folder, *names;
	const char **nodes;
	const char *restarted;
	bool is_fresh;

	/* What has become of it. */
	int result;
	struct snet_err err;
	struct snet__problems problems;
	struct snet__json *answer;
	char *lines;
};

static void free_job(struct job *job)
{
	if (!job)
		return;
	snet__problems_clear(&job->problems);
	snet__json_free(job->answer);
	free(job->lines);
	free(job->text);
	free(job->folder);
	free(job->names);
	free(job->nodes);
	free(job);
}

static void free_job_at(struct job **at)
{
	free_job(*at);
}

static struct snet__json *list_problems(const struct snet__problems *problems)
{
	struct snet__json *list = snet__json_new_array();

	for (size_t i = 0; i < problems->count && i < PROBLEMS_MAX; i++) {
		struct snet__json *item =
			snet__json_append(list, snet__json_new_object());

		snet__json_add_u64(item, "line", problems->items[i].line);
		snet__json_add_u64(item, "column", problems->items[i].column);
		snet__json_add_string(item, "path", problems->items[i].path);
		snet__json_add_string(item, "text", problems->items[i].text);
	}
	return list;
}

static struct snet__json *describe(struct job *job, const struct snet__run *run)
{
	struct snet__json *answer =
		job->restarted ? snet__json_new_object() : steal_ptr(job->answer);
	char warning[SNET__READY_TEXT_MAX];

	if (!job->request.is_dry && snet__ready_warning(warning, run))
		snet__json_add_string(answer, "warning", warning);
	if (job->restarted) {
		snet__json_add_string(answer, "node", job->restarted);
		snet__json_add_bool(answer, "fresh", job->is_fresh);
		return answer;
	}
	snet__json_add_string(answer, "text", job->lines);
	snet__json_add_string(answer, "lab", run->lab->model.name);
	snet__json_add_u64(answer, "nodes", run->lab->model.node_count);
	snet__json_add_u64(answer, "links", run->lab->model.link_count);
	return answer;
}

/* On the loop, with the lab still there. */
static void answer(struct snet__task *task)
{
	cleanup_with(free_job_at) struct job *job = (struct job *)task;
	struct snet__httpd_request *request;

	if (!job->live)
		return;
	request = job->live->request;
	/* It was up when it was asked. */
	if (job->result == -ENOTCONN)
		(void)snet__err_set(&job->err, -ENOTCONN, "lab '%s' goes down",
				    job->live->api->run->lab->model.name);
	/* The node is there: it is something of its own that is missing. */
	if (job->result == -ENOENT && job->restarted &&
	    snet__model_find_node(&job->live->api->run->lab->model, job->restarted))
		job->result = -EIO;
	if (job->result == 0)
		snet__api_answer(request, describe(job, job->live->api->run));
	else if (job->problems.count)
		snet__api_refuse_with(request, job->result, &job->err,
				      list_problems(&job->problems), "problems");
	else
		snet__api_refuse(request, job->result, &job->err);
	snet__live_free(job->live);
}

static void *work(void *user)
{
	struct job *job = user;
	struct snet_lab *lab = job->lab;

	if (job->restarted)
		job->result = snet_lab_restart_node(lab, job->restarted, job->is_fresh,
						    &job->err);
	else
		job->result = snet__lab_change(lab, &job->request, &job->problems,
					       &job->answer, &job->lines, &job->err);
	snet__loop_post(snet__engine_loop(lab->engine), &job->task);
	snet__lab_leave(lab); /* from here on it may be gone */
	return NULL;
}

/* Takes @job. */
static int start(struct snet__api *api, struct snet__httpd_request *request,
		 struct job *job, struct snet_err *err)
{
	cleanup_with(free_job_at) struct job *owned = job;
	int r;

	job->task.fn = answer;
	job->lab = api->run->lab;
	job->live = snet__live_new(api);
	if (!job->live)
		return snet__err_oom(err);
	job->live->request = request;
	job->live->holder = &job->live;
	r = snet__lab_enter(job->lab, false, err);
	if (r == 0) {
		r = snet__thread_start(NULL, work, job, NULL);
		if (r < 0) {
			(void)snet__err_sys(err, r, "cannot start a thread");
			snet__lab_leave(job->lab);
		}
	}
	if (r < 0)
		snet__live_free(job->live);
	else
		(void)steal_ptr(owned);
	return r;
}

/* A change that the body of @request describes. */
static int new_job(struct job **ret, struct snet__httpd_request *request,
		   struct snet_err *err)
{
	cleanup_with(free_job_at) struct job *job = calloc(1, sizeof(*job));
	const char *folder = snet__httpd_query(request, "folder");
	uint64_t is_dry = 0;
	const char *text;
	size_t size;
	int r;

	if (!job)
		return snet__err_oom(err);
	text = snet__httpd_body(request, &size);
	if (memchr(text, '\0', size))
		return snet__err_set(err, -EINVAL, "there is a byte of zero in it");
	r = snet__api_number(request, "dry", &is_dry, err);
	if (r < 0)
		return r;
	job->text = strdup(text);
	job->folder = folder ? strdup(folder) : NULL;
	if (!job->text || (folder && !job->folder))
		return snet__err_oom(err);
	job->request = (struct snet__change_request){.text = job->text,
						     .folder = job->folder,
						     .is_dry = is_dry};
	*ret = steal_ptr(job);
	return 0;
}

static int change_by_text(struct snet__api *api, struct snet__httpd_request *request,
			  enum snet__change_mode mode, struct snet_err *err)
{
	struct job *job = NULL;
	int r = new_job(&job, request, err);

	if (r < 0)
		return r;
	job->request.mode = mode;
	return start(api, request, job, err);
}

int snet__alter_link(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err)
{
	cleanup_with(free_job_at) struct job *job = NULL;
	int r = new_job(&job, request, err);

	if (r == 0)
		r = snet__api_ways(job->request.ways, request, err);
	if (r < 0)
		return r;
	job->names = strdup(name);
	if (!job->names)
		return snet__err_oom(err);
	job->request.link = job->names;
	return start(api, request, steal_ptr(job), err);
}

int snet__alter_apply(struct snet__api *api, struct snet__httpd_request *request,
		      const char *name, struct snet_err *err)
{
	(void)name;
	return change_by_text(api, request, SNET__CHANGE_TO, err);
}

int snet__alter_extend(struct snet__api *api, struct snet__httpd_request *request,
		       const char *name, struct snet_err *err)
{
	(void)name;
	return change_by_text(api, request, SNET__CHANGE_PLUS, err);
}

int snet__alter_remove(struct snet__api *api, struct snet__httpd_request *request,
		       const char *names, struct snet_err *err)
{
	cleanup_with(free_job_at) struct job *job = calloc(1, sizeof(*job));
	uint64_t is_dry = 0;
	char *rest, *node;
	int r;

	if (!job)
		return snet__err_oom(err);
	r = snet__api_number(request, "dry", &is_dry, err);
	if (r < 0)
		return r;
	job->names = rest = strdup(names);
	job->nodes = calloc(strlen(names) + 2, sizeof(*job->nodes));
	if (!job->names || !job->nodes)
		return snet__err_oom(err);
	while ((node = strsep(&rest, ",")))
		job->nodes[job->request.node_count++] = node;
	job->request.nodes = job->nodes;
	job->request.is_dry = is_dry;
	return start(api, request, steal_ptr(job), err);
}

int snet__alter_restart(struct snet__api *api, struct snet__httpd_request *request,
			const char *name, struct snet_err *err)
{
	cleanup_with(free_job_at) struct job *job = calloc(1, sizeof(*job));
	uint64_t is_fresh = 0;
	int r;

	if (!job)
		return snet__err_oom(err);
	r = snet__api_number(request, "fresh", &is_fresh, err);
	if (r < 0)
		return r;
	job->names = strdup(name);
	if (!job->names)
		return snet__err_oom(err);
	job->restarted = job->names;
	job->is_fresh = is_fresh;
	return start(api, request, steal_ptr(job), err);
}
