/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAASCTL_H
#define TESTS_FAASCTL_H

/* The functions endpoint in a thread, and a client for it: what its tests share. */

#include <pthread.h>
#include <stddef.h>

#include "faas/faas.h"
#include "faas/fault.h"
#include "io/json.h"
#include "rawhttp.h"

#define GUEST_HEADER                                                                       \
	"Authorization: Basic "                                                            \
	"MjNiYzQ2YjEtNzFmNi00ZWQ1LThjNTQtODE2YWE0ZjhjNTAyOjEyM3pPM3haQ0xyTU42djJCS0sxZFhZ" \
	"RnBYbFBrY2NPRnFtMTJDZEFzTWdSVTRWck5aOWx5R1ZDR3VNREdJd1A=\r\n"
#define JSON_HEADER "Content-Type: application/json\r\n"
#define NS          "/api/v1/namespaces/_"

struct faasctl {
	struct snet__loop *loop;
	struct snet__faas *faas;
	struct snet__faas_faults faults; /* what it suffers from */
	struct snet__task stop;
	pthread_t thread;
	pthread_barrier_t done; /* with a job */
	unsigned int port;
	int netns; /* of the workers; 0: the test's own */
	char url[64];
	struct snet__faas_opts opts;
	struct rawhttp_answer answer; /* the last */
};

RAWHTTP_UNUSED void *faasctl_run(void *user)
{
	struct faasctl *ctl = user;

	snet__loop_run(ctl->loop);
	return NULL;
}

RAWHTTP_UNUSED void faasctl_on_stop(struct snet__task *task)
{
	struct faasctl *ctl = (void *)((char *)task - offsetof(struct faasctl, stop));

	snet__loop_stop(ctl->loop);
}

/* The endpoint is made and freed on its loop's thread, as the children's parent must live. */
RAWHTTP_UNUSED void faasctl_start(struct faasctl *ctl)
{
	struct snet_err err = {0};

	ctl->opts.listen_fd = rawhttp_listen(&ctl->port);
	ctl->opts.netns = ctl->netns ? ctl->netns : -1;
	ctl->opts.mntns = -1;
	ctl->opts.faults = &ctl->faults;
	(void)snprintf(ctl->url, sizeof(ctl->url), "http://127.0.0.1:%u", ctl->port);
	ctl->opts.api_host = ctl->url;
	ck_assert_int_eq(snet__loop_new(&ctl->loop, &err), 0);
	ck_assert_msg(snet__faas_new(&ctl->faas, ctl->loop, &ctl->opts, &err) == 0, "%s",
		      err.msg);
	ctl->stop.fn = faasctl_on_stop;
	ck_assert_int_eq(pthread_barrier_init(&ctl->done, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&ctl->thread, NULL, faasctl_run, ctl), 0);
}

RAWHTTP_UNUSED void faasctl_stop(struct faasctl *ctl)
{
	snet__loop_post(ctl->loop, &ctl->stop);
	ck_assert_int_eq(pthread_join(ctl->thread, NULL), 0);
	(void)pthread_barrier_destroy(&ctl->done);
	while (ctl->faults.first)
		snet__faas_remove_fault(ctl->faults.first);
	snet__faas_free(ctl->faas);
	snet__loop_free(ctl->loop);
	rawhttp_free(&ctl->answer);
}

/* Run @fn on the endpoint's thread, and wait for it. */
struct faasctl_job {
	struct snet__task task;
	void (*fn)(struct faasctl *ctl, void *user);
	struct faasctl *ctl;
	void *user;
};

RAWHTTP_UNUSED void faasctl_on_job(struct snet__task *task)
{
	struct faasctl_job *job = (struct faasctl_job *)task;

	job->fn(job->ctl, job->user);
	(void)pthread_barrier_wait(&job->ctl->done);
}

RAWHTTP_UNUSED void faasctl_do(struct faasctl *ctl,
			       void (*fn)(struct faasctl *ctl, void *user), void *user)
{
	struct faasctl_job job = {.task.fn = faasctl_on_job,
				  .fn = fn,
				  .ctl = ctl,
				  .user = user};

	snet__loop_post(ctl->loop, &job.task);
	(void)pthread_barrier_wait(&ctl->done);
}

/* One call as the guest; the answer is in ctl->answer until the next. */
RAWHTTP_UNUSED const char *faasctl_call(struct faasctl *ctl, const char *method,
					const char *target, const char *body)
{
	int fd = rawhttp_connect(ctl->port);

	rawhttp_free(&ctl->answer);
	rawhttp_call_on(fd, method, target, GUEST_HEADER JSON_HEADER, body,
			body ? strlen(body) : 0, &ctl->answer);
	close(fd);
	return ctl->answer.body;
}

/* A call whose answer must have @status and contain @text. */
#define faasctl_expect(ctl, method, target, body, status_, text_)                       \
	do {                                                                            \
		const char *got_ = faasctl_call(ctl, method, target, body);             \
		ck_assert_msg((ctl)->answer.status == (status_) && strstr(got_, text_), \
			      "%s %s: want %u with '%s', got %u '%s'", method, target,  \
			      (unsigned int)(status_), text_, (ctl)->answer.status,     \
			      got_);                                                    \
	} while (0)

/* Register @code, replacing what is there. */
RAWHTTP_UNUSED void faasctl_put(struct faasctl *ctl, const char *name, const char *kind,
				const char *code)
{
	struct snet__json *json = snet__json_new_object(), *exec;
	char target[300], *text;

	exec = snet__json_add(json, "exec", snet__json_new_object());
	snet__json_add_string(exec, "kind", kind);
	snet__json_add_string(exec, "code", code);
	if (strcmp(kind, "blackbox") == 0)
		snet__json_add_string(exec, "image", "openwhisk/dockerskeleton");
	text = snet__json_format(json);
	(void)snprintf(target, sizeof(target), NS "/actions/%s?overwrite=true", name);
	(void)faasctl_call(ctl, "PUT", target, text);
	ck_assert_msg(ctl->answer.status == 200, "%s", ctl->answer.body);
	free(text);
	snet__json_free(json);
}

/* The activation id of the last answer. */
RAWHTTP_UNUSED void faasctl_id(const struct faasctl *ctl, char id[33])
{
	ck_assert_ptr_nonnull(
		rawhttp_header(&ctl->answer, "x-openwhisk-activation-id", id, 33));
	ck_assert_uint_eq(strlen(id), 32);
}

/* The record of @id, waiting until it is there (bounded by the test's time limit). */
RAWHTTP_UNUSED const char *faasctl_record(struct faasctl *ctl, const char *id)
{
	char target[200];
	struct timespec pause = {.tv_nsec = 5000000};

	(void)snprintf(target, sizeof(target), NS "/activations/%s", id);
	while (strcmp(faasctl_call(ctl, "GET", target, NULL), "") &&
	       ctl->answer.status == 404)
		(void)nanosleep(&pause, NULL);
	ck_assert_uint_eq(ctl->answer.status, 200);
	return ctl->answer.body;
}

#endif
