/* SPDX-License-Identifier: MIT */
/* A worker's pipes. All ends here are non-blocking; whatever the worker does, it cannot hold
 * up the loop, and a chatty one cannot block itself for want of a reader. One that writes
 * faster than it is read is read a block at a time, a turn of the loop for each. */

#include "faas/worker_io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/vec.h"

#define BLOCK_SIZE   8192
#define LOG_LINE_MAX 65536

/* write(2) into a pipe whose reader has died raises SIGPIPE, which is not ours to disable for
 * the process: it is held back, and taken away when this call has caused it. */
static ssize_t write_quietly(int fd, const char *data, size_t size)
{
	struct timespec now = {0};
	sigset_t pipe, before;
	ssize_t n;
	int code;

	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, &before);
	n = write(fd, data, size);
	code = errno;
	if (n < 0 && code == EPIPE && !sigismember(&before, SIGPIPE))
		(void)sigtimedwait(&pipe, NULL, &now);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return n;
}

static void stop_writing(struct snet__faas_worker *worker)
{
	free(worker->waiting);
	worker->waiting = NULL;
	worker->waiting_size = worker->waiting_sent = 0;
	snet__watch_set(worker->in_watch, 0);
	if (!worker->ends_input)
		return;
	snet__watch_free(worker->in_watch);
	worker->in_watch = NULL;
	close(worker->in);
	worker->in = -1;
}

static void on_writable(void *user, int events)
{
	struct snet__faas_worker *worker = user;
	ssize_t n;

	while (worker->waiting_sent < worker->waiting_size) {
		n = write_quietly(worker->in, worker->waiting + worker->waiting_sent,
				  worker->waiting_size - worker->waiting_sent);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR)
			break; /* it is dying, which its end will tell */
		worker->waiting_sent += n > 0 ? (size_t)n : 0;
	}
	stop_writing(worker);
}

bool snet__faas_worker_write(struct snet__faas_worker *worker, const char *data,
			     size_t size)
{
	size_t left = worker->waiting_size - worker->waiting_sent;
	ssize_t n = 0;
	char *rest;

	if (!worker->waiting)
		n = write_quietly(worker->in, data, size);
	if (n == (ssize_t)size)
		return true;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < 0)
		n = 0;
	/* A pipe takes 64 KiB; code and payloads are larger. Lines queue up in one block. */
	rest = malloc(left + size - (size_t)n);
	if (!rest)
		return false;
	if (worker->waiting)
		memcpy(rest, worker->waiting + worker->waiting_sent, left);
	memcpy(rest + left, data + n, size - (size_t)n);
	free(worker->waiting);
	worker->waiting = rest;
	worker->waiting_size = left + size - (size_t)n;
	worker->waiting_sent = 0;
	snet__watch_set(worker->in_watch, SNET__WATCH_WRITE);
	return true;
}

void snet__faas_worker_close_input(struct snet__faas_worker *worker)
{
	worker->ends_input = true;
	if (!worker->waiting)
		stop_writing(worker);
}

static void tell_log(struct snet__faas_worker *worker, const char *line)
{
	const struct snet__faas *faas = worker->faas;

	if (faas->log)
		faas->log(faas->user, worker->action->name, line);
}

static void take_log(struct snet__faas_worker *worker, struct snet__faas_pipe *pipe,
		     const char *line, size_t size)
{
	const char *exhausted = worker->action->runtime->exhausted_text;

	if (exhausted && pipe == &worker->error && strstr(line, exhausted))
		worker->has_said_exhausted = true;
	if (worker->run)
		snet__faas_run_log(worker->run,
				   pipe == &worker->out ? "stdout" : "stderr", line,
				   size);
	tell_log(worker, line);
}

/* Read a block; 0 when nothing came. */
static size_t fill(struct snet__faas_pipe *pipe)
{
	ssize_t n;

	/* Room for a zero behind it. */
	if (snet__vec_reserve(&pipe->data, &pipe->cap, pipe->size + BLOCK_SIZE + 1, 1,
			      NULL) < 0)
		return 0;
	do
		n = read(pipe->fd, pipe->data + pipe->size, BLOCK_SIZE);
	while (n < 0 && errno == EINTR);
	if (n == 0) /* nobody will write again, and an end is readable for ever */
		snet__watch_set(pipe->watch, 0);
	if (n <= 0)
		return 0;
	pipe->size += (size_t)n;
	pipe->data[pipe->size] = '\0';
	return (size_t)n;
}

/* How much is in the pipe now: to read on until it is empty may never end. */
static size_t count_unread(const struct snet__faas_pipe *pipe)
{
	int unread = 0;

	if (pipe->fd >= 0)
		(void)ioctl(pipe->fd, FIONREAD, &unread); /* cannot fail on a pipe */
	return (size_t)unread;
}

static void drop(struct snet__faas_pipe *pipe, size_t size)
{
	memmove(pipe->data, pipe->data + size, pipe->size - size);
	pipe->size -= size;
	pipe->data[pipe->size] = '\0';
}

/* Cut whole lines off as logs; of a one-shot's output the last one stays. */
static void cut_logs(struct snet__faas_worker *worker, struct snet__faas_pipe *pipe)
{
	bool keeps_last = worker->action->runtime->one_shot && pipe == &worker->out;
	size_t begin = 0;
	char *end;

	while ((end = memchr(pipe->data + begin, '\n', pipe->size - begin))) {
		if (keeps_last && end == pipe->data + pipe->size - 1)
			break;
		*end = '\0';
		take_log(worker, pipe, pipe->data + begin,
			 (size_t)(end - pipe->data) - begin);
		begin = (size_t)(end + 1 - pipe->data);
	}
	if (begin)
		drop(pipe, begin);
	/* A line without an end is logged in pieces. */
	if (pipe->size > LOG_LINE_MAX && !keeps_last) {
		take_log(worker, pipe, pipe->data, pipe->size);
		drop(pipe, pipe->size);
	}
	if (keeps_last && pipe->size > 4 * SNET__FAAS_PAYLOAD_MAX)
		drop(pipe, pipe->size); /* no result is as long */
}

static void drain_log(struct snet__faas_worker *worker, struct snet__faas_pipe *pipe)
{
	size_t left = count_unread(pipe), n;

	for (; left && (n = fill(pipe)); left -= n < left ? n : left)
		cut_logs(worker, pipe);
}

void snet__faas_worker_drain_logs(struct snet__faas_worker *worker)
{
	drain_log(worker, &worker->out);
	drain_log(worker, &worker->error);
	/* What was printed without a line's end before the result is a line all the same. */
	if (worker->error.size) {
		take_log(worker, &worker->error, worker->error.data, worker->error.size);
		drop(&worker->error, worker->error.size);
	}
	if (worker->out.size && !worker->action->runtime->one_shot) {
		take_log(worker, &worker->out, worker->out.data, worker->out.size);
		drop(&worker->out, worker->out.size);
	}
}

static void on_log(void *user, int events)
{
	struct snet__faas_pipe *pipe = user;

	if (fill(pipe))
		cut_logs(pipe->worker, pipe);
}

/* The first whole line, copied, since handling it may lead back here. */
static char *cut_line(struct snet__faas_pipe *pipe, size_t *ret_size)
{
	char *end = pipe->size ? memchr(pipe->data, '\n', pipe->size) : NULL;
	char *line;

	if (!end)
		return NULL;
	*end = '\0';
	*ret_size = (size_t)(end - pipe->data);
	line = malloc(*ret_size + 1);
	if (line)
		memcpy(line, pipe->data, *ret_size + 1);
	drop(pipe, *ret_size + 1);
	return line;
}

static void take_results(struct snet__faas_worker *worker)
{
	size_t size;
	char *line;

	while ((line = cut_line(&worker->result, &size))) {
		snet__faas_worker_on_result(worker, line, size);
		free(line);
	}
	/* Kept to be judged as too long, but not without bounds. */
	if (worker->result.size > 16 * SNET__FAAS_PAYLOAD_MAX)
		worker->result.size = 2 * SNET__FAAS_PAYLOAD_MAX;
}

void snet__faas_worker_drain_results(struct snet__faas_worker *worker)
{
	size_t left = count_unread(&worker->result), n;

	for (; left && (n = fill(&worker->result)); left -= n < left ? n : left)
		take_results(worker);
}

static void on_result(void *user, int events)
{
	struct snet__faas_pipe *pipe = user;

	if (fill(pipe))
		take_results(pipe->worker);
}

static int open_pipe(int ret[2], int own, struct snet_err *err)
{
	if (pipe2(ret, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	/* Only the parent's end: the child's stays blocking. */
	(void)fcntl(ret[own], F_SETFL, O_NONBLOCK); /* cannot fail on a pipe */
	return 0;
}

static int open_output(struct snet__faas_worker *worker, struct snet__faas_pipe *pipe,
		       int *ret_child, snet__watch_fn fn, struct snet_err *err)
{
	int ends[2], r;

	r = open_pipe(ends, 0, err);
	if (r < 0)
		return r;
	pipe->worker = worker;
	pipe->fd = ends[0];
	*ret_child = ends[1];
	r = snet__watch_new(&pipe->watch, worker->faas->loop, pipe->fd, fn, pipe, err);
	if (r < 0)
		return r;
	snet__watch_set(pipe->watch, SNET__WATCH_READ);
	return 0;
}

int snet__faas_worker_open_pipes(struct snet__faas_worker *worker, int ret_child[4],
				 struct snet_err *err)
{
	int ends[2], r;

	r = open_pipe(ends, 1, err);
	if (r < 0)
		return r;
	ret_child[0] = ends[0];
	worker->in = ends[1];
	r = snet__watch_new(&worker->in_watch, worker->faas->loop, worker->in,
			    on_writable, worker, err);
	if (r == 0)
		r = open_output(worker, &worker->out, &ret_child[1], on_log, err);
	if (r == 0)
		r = open_output(worker, &worker->error, &ret_child[2], on_log, err);
	if (r == 0)
		r = open_output(worker, &worker->result, &ret_child[3], on_result, err);
	return r;
}
