/* SPDX-License-Identifier: MIT */
/* A link that flaps as long as somebody listens to it: an answer without an end, a line for each
 * change. A thread does what a program's would do that calls snet_link_flap(), and leaves its words to
 * the loop; the client's end stops it, with the link up. */

#include "lab/flap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/live.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/thread.h"

#define COUNT_MAX 1000000

struct flapping {
	struct snet__task end; /* first: the thread's last word */
	struct snet_lab *lab;
	struct snet__loop *loop;
	struct snet__live *live; /* the loop's; NULL: the client has gone */
	char *link;
	struct snet__flap flap; /* the thread's */
	int result;
	struct snet_err err;
};

/* A line on its way to the loop. */
struct word {
	struct snet__task task; /* first */
	struct flapping *flapping;
	char *lines;
};

static void free_flapping(struct flapping *flapping)
{
	if (!flapping)
		return;
	snet__close_at(&flapping->flap.stop_fd);
	free(flapping->link);
	free(flapping);
}

static void free_flapping_at(struct flapping **at)
{
	free_flapping(*at);
}

static void put(const struct flapping *flapping, const char *key, const char *text)
{
	struct snet__json *json = snet__json_new_object();
	autofree char *line = NULL;

	snet__json_add_string(json, key, text);
	line = snet__json_format(json);
	snet__json_free(json);
	/* A client that does not read, or of which no memory can be had, misses it. */
	if (line && flapping->live) {
		(void)snet__httpd_stream_write(flapping->live->stream, line,
					       strlen(line));
		(void)snet__httpd_stream_write(flapping->live->stream, "\n", 1);
	}
}

static void on_word(struct snet__task *task)
{
	struct word *word = (struct word *)task;

	put(word->flapping, "text", word->lines);
	free(word->lines);
	free(word);
}

/* On the thread. */
static void told(void *user, const char *lines)
{
	struct flapping *flapping = user;
	struct word *word = calloc(1, sizeof(*word));

	if (!word)
		return;
	word->task.fn = on_word;
	word->flapping = flapping;
	word->lines = strdup(lines);
	snet__loop_post(flapping->loop, &word->task);
}

static void on_end(struct snet__task *task)
{
	struct flapping *flapping = (struct flapping *)task;

	if (flapping->live) {
		if (flapping->result < 0)
			put(flapping, "error", flapping->err.msg);
		flapping->live->user = NULL;
		snet__httpd_stream_end(flapping->live->stream);
	}
	free_flapping(flapping);
}

static void *work(void *user)
{
	struct flapping *flapping = user;
	struct snet_lab *lab = flapping->lab;

	flapping->result = snet__flap_run(lab, &flapping->flap, &flapping->err);
	snet__loop_post(flapping->loop, &flapping->end);
	snet__lab_leave(lab); /* from here on it may be gone */
	return NULL;
}

/* The client wants no more than the rest. */
static void on_finish(void *user)
{
	const struct snet__live *live = user;
	const struct flapping *flapping = live->user;

	if (flapping)
		(void)eventfd_write(flapping->flap.stop_fd, 1); /* far from its limit */
}

/* The client has gone, or the answer has ended. */
static void on_closed(void *user)
{
	struct snet__live *live = user;
	struct flapping *flapping = live->user;

	on_finish(live);
	if (flapping)
		flapping->live = NULL;
	snet__live_free(live);
}

static int read_time(uint64_t *ret, struct snet__httpd_request *request, const char *key,
		     struct snet_err *err)
{
	const char *text = snet__httpd_query(request, key);

	*ret = SNET__NS_PER_S;
	if (text && (snet__text_parse_duration(ret, text) < 0 || !*ret))
		return snet__err_set(err, -EINVAL,
				     "'%s=%s' is no duration above 0, such as 500ms", key,
				     text);
	return 0;
}

static int read_flap(struct snet__flap *flap, struct snet__httpd_request *request,
		     struct snet_err *err)
{
	uint64_t count = 1;
	int r;

	r = snet__api_ways(flap->ways, request, err);
	if (r == 0)
		r = read_time(&flap->down_ns, request, "down", err);
	if (r == 0)
		r = read_time(&flap->up_ns, request, "up", err);
	if (r == 0)
		r = snet__api_number(request, "count", &count, err);
	if (r == 0 && (!count || count > COUNT_MAX))
		r = snet__err_set(err, -EINVAL, "'count' is from 1 to %d", COUNT_MAX);
	flap->count = (unsigned int)count;
	return r;
}

static int new_flapping(struct flapping **ret, struct snet__api *api,
			struct snet__httpd_request *request, const char *name,
			struct snet_err *err)
{
	cleanup_with(free_flapping_at) struct flapping *flapping =
		calloc(1, sizeof(*flapping));
	int r;

	if (!flapping)
		return snet__err_oom(err);
	flapping->flap.stop_fd = -1;
	flapping->end.fn = on_end;
	flapping->lab = api->run->lab;
	flapping->loop = api->run->loop;
	flapping->link = strdup(name);
	if (!flapping->link)
		return snet__err_oom(err);
	r = read_flap(&flapping->flap, request, err);
	if (r < 0)
		return r;
	flapping->flap.link = flapping->link;
	flapping->flap.told = told;
	flapping->flap.user = flapping;
	flapping->flap.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (flapping->flap.stop_fd < 0)
		return snet__err_sys(err, -errno, "cannot make an eventfd");
	*ret = steal_ptr(flapping);
	return 0;
}

int snet__api_flap(struct snet__api *api, struct snet__httpd_request *request,
		   const char *name, struct snet_err *err)
{
	cleanup_with(free_flapping_at) struct flapping *flapping = NULL;
	struct snet__live *live;
	int r;

	if (!snet__model_find_link(&api->run->lab->model, name))
		return snet__model_refuse_link(&api->run->lab->model, name, err);
	r = new_flapping(&flapping, api, request, name, err);
	if (r < 0)
		return r;
	live = snet__live_new(api);
	if (!live)
		return snet__err_oom(err);
	r = snet__lab_enter(flapping->lab, false, err);
	if (r < 0) {
		snet__live_free(live);
		return r;
	}
	live->user = flapping;
	live->stream = snet__httpd_start_stream(request, "application/x-ndjson",
						on_closed, live);
	if (!live->stream) {
		snet__live_free(live); /* the request has its answer */
		snet__lab_leave(flapping->lab);
		return 0;
	}
	snet__httpd_stream_on_finish(live->stream, on_finish);
	flapping->live = live;
	r = snet__thread_start(NULL, work, flapping, NULL);
	if (r < 0) {
		(void)snet__err_sys(&flapping->err, r, "cannot start a thread");
		put(flapping, "error", flapping->err.msg);
		live->user = NULL;
		snet__httpd_stream_end(live->stream);
		snet__lab_leave(flapping->lab);
		return 0;
	}
	(void)steal_ptr(flapping);
	return 0;
}
