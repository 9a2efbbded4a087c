/* SPDX-License-Identifier: MIT */
/* Answers that wait for what becomes of an event, and streams of what happens. */

#include "api/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "lab/shaping.h"

/* What a follower is told of the past, unless it says from where. */
#define BACKLOG 1000

void snet__live_free(struct snet__live *live)
{
	struct snet__live **at = &live->api->lives;

	while (*at != live)
		at = &(*at)->next;
	*at = live->next;
	snet__run_unobserve(live->api->run, &live->observer);
	snet__timer_free(live->timer);
	if (live->holder)
		*live->holder = NULL;
	free(live);
}

struct snet__live *snet__live_new(struct snet__api *api)
{
	struct snet__live *live = calloc(1, sizeof(*live));

	if (!live)
		return NULL;
	live->api = api;
	live->next = api->lives;
	api->lives = live;
	snet__run_observe(api->run, &live->observer);
	return live;
}

void snet__live_end(struct snet__api *api)
{
	struct snet_err err = {0};
	struct snet__live *live, *next;

	(void)snet__err_set(&err, -ENOTCONN, "lab '%s' goes down",
			    api->run->lab->model.name);
	for (live = api->lives; live; live = next) {
		next = live->next;
		if (live->stream) {
			if (live->finish)
				live->finish(live->user);
			snet__httpd_stream_end(live->stream);
			continue;
		}
		snet__api_refuse(live->request, -ENOTCONN, &err);
		snet__live_free(live);
	}
}

static void on_acknowledged(struct snet__observer *observer, const char *id)
{
	struct snet__live *live = (struct snet__live *)observer;

	if (strcmp(id, live->id) != 0)
		return;
	snet__api_answer_text(live->request,
			      snet__text_format("{\"id\":\"%s\",\"node\":\"%s\"}", id,
						live->node));
	snet__live_free(live);
}

static void on_trace(struct snet__observer *observer, const struct snet_trace *trace)
{
	struct snet__live *live = (struct snet__live *)observer;

	if (strcmp(trace->id, live->id) != 0)
		return;
	snet__api_answer_text(live->request, snet__trace_json(trace));
	snet__live_free(live);
}

static void on_dropped(struct snet__observer *observer, const char *id, const char *why)
{
	struct snet__live *live = (struct snet__live *)observer;
	struct snet_err err;

	if (strcmp(id, live->id) != 0)
		return;
	(void)snet__err_set(&err, -EIO, "event '%s' is not delivered: %s", id, why);
	snet__api_refuse(live->request, -EIO, &err);
	snet__live_free(live);
}

static void on_refused(struct snet__observer *observer, const char *id,
		       const struct snet_err *why)
{
	struct snet__live *live = (struct snet__live *)observer;

	if (strcmp(id, live->id) != 0)
		return;
	snet__api_refuse(live->request, why->code, why);
	snet__live_free(live);
}

static void on_timeout(void *user)
{
	struct snet__live *live = user;
	struct snet_err err;

	(void)snet__err_set(&err, -ETIMEDOUT, "event '%s' is still pending", live->id);
	snet__api_refuse(live->request, -ETIMEDOUT, &err);
	snet__live_free(live);
}

/* Answer later, at the latest after @wait_ms by @late; 0 waits for ever. */
static int hold(struct snet__live *live, struct snet__httpd_request *request,
		uint64_t wait_ms, void (*late)(void *live), struct snet_err *err)
{
	int r;

	live->request = request;
	if (!wait_ms)
		return 0;
	r = snet__timer_new(&live->timer, live->api->run->loop, late, live, err);
	if (r == 0)
		snet__timer_start(live->timer, wait_ms * SNET__NS_PER_MS, 0);
	return r;
}

static int press(struct snet__live *live, struct snet__httpd_request *request,
		 struct snet_err *err)
{
	struct snet_device *device = NULL;
	const char *data;
	size_t size;
	uint64_t wait_ms = 0;
	int r;

	r = snet__run_find_device(&device, live->api->run, live->node, err);
	if (r == 0)
		r = snet__api_number(request, "wait", &wait_ms, err);
	if (r < 0)
		return r;
	data = snet__httpd_body(request, &size);
	r = snet__device_press(device, size ? data : NULL, live->id, err);
	if (r < 0)
		return r;
	if (!live->id[0])
		return snet__err_set(err, -ENODATA,
				     "'%s' sent no event when it was pressed",
				     live->node);
	live->observer.refused = on_refused;
	live->observer.dropped = on_dropped;
	if (snet__httpd_query(request, "wait"))
		live->observer.trace = on_trace;
	else
		live->observer.acknowledged = on_acknowledged;
	return hold(live, request, wait_ms, on_timeout, err);
}

int snet__live_press(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err)
{
	struct snet__live *live = snet__live_new(api);
	int r;

	if (!live)
		return snet__err_oom(err);
	(void)snprintf(live->node, sizeof(live->node), "%.63s", name);
	r = press(live, request, err);
	if (r < 0)
		snet__live_free(live);
	return r;
}

int snet__live_trace(struct snet__api *api, struct snet__httpd_request *request,
		     const char *id, struct snet_err *err)
{
	bool is_waited = snet__httpd_query(request, "wait") != NULL;
	struct snet_trace *trace = NULL;
	struct snet__live *live;
	uint64_t wait_ms = 0;
	int r;

	r = snet__api_number(request, "wait", &wait_ms, err);
	if (r < 0)
		return r;
	r = snet__run_trace(api->run, id, &trace, err);
	/* What is still at its device will come. */
	if (r < 0 && !(r == -ENOENT && is_waited && snet__run_has_waiting(api->run, id)))
		return r;
	if (trace && (trace->outcome != SNET_OUTCOME_PENDING || !is_waited)) {
		snet__api_answer_text(request, snet__trace_json(trace));
		snet_trace_free(trace);
		return 0;
	}
	snet_trace_free(trace);
	live = snet__live_new(api);
	if (!live)
		return snet__err_oom(err);
	(void)snprintf(live->id, sizeof(live->id), "%s", id);
	live->observer.trace = on_trace;
	live->observer.dropped = on_dropped;
	r = hold(live, request, wait_ms, on_timeout, err);
	if (r < 0)
		snet__live_free(live);
	return r;
}

static void on_closed(void *user)
{
	snet__live_free(user);
}

int snet__live_start(struct snet__live **ret, struct snet__api *api,
		     struct snet__httpd_request *request, const char *type,
		     struct snet_err *err)
{
	struct snet__live *live = snet__live_new(api);

	if (!live)
		return snet__err_oom(err);
	live->stream = snet__httpd_start_stream(request, type, on_closed, live);
	if (!live->stream) {
		snet__live_free(live); /* the request has its answer */
		*ret = NULL;
		return 0;
	}
	*ret = live;
	return 0;
}

/* A follower that reads too slowly is not told half of what happens: its stream ends. */
static void write_line(struct snet__live *live, char *line)
{
	if (line && !snet__httpd_stream_write(live->stream, line, strlen(line)))
		snet__httpd_stream_end(live->stream);
	free(line);
}

/* An event and, as an extension attribute, its number in the journal. */
static char *format_event(uint64_t seq, const char *event)
{
	return snet__text_format("%.*s,\"snetseq\":\"%" PRIu64 "\"}\n",
				 (int)(strlen(event) - 1), event, seq);
}

static void on_event(struct snet__observer *observer, uint64_t seq, const char *event)
{
	struct snet__live *live = (struct snet__live *)observer;

	/* A relayer that stands still tells of what it has journaled when it goes on. */
	if (seq > live->listed)
		write_line(live, format_event(seq, event));
}

struct listing {
	FILE *out;
	struct snet__live *live;
};

static int list_event(void *user, uint64_t seq, const char *event,
		      enum snet_outcome outcome)
{
	const struct listing *listing = user;
	char *line = format_event(seq, event);

	(void)outcome;
	if (!line)
		return -ENOMEM;
	if (listing->live) {
		write_line(listing->live, line);
		return 0;
	}
	(void)fputs(line, listing->out);
	free(line);
	return 0;
}

static int list_events(struct snet__api *api, struct snet__httpd_request *request,
		       uint64_t after, uint64_t limit, struct snet_err *err)
{
	struct snet__text_stream stream;
	struct listing listing = {0};
	autofree char *text = NULL;
	int r = snet__text_open(&stream, err);

	if (r < 0)
		return r;
	listing.out = stream.out;
	r = snet__store_each_event(api->run->store, after, limit, list_event, &listing,
				   err);
	r = snet__text_close(&stream, r, &text, err);
	if (r == 0)
		snet__httpd_respond(request, 200, "application/x-ndjson", text,
				    stream.size);
	return r;
}

int snet__live_events(struct snet__api *api, struct snet__httpd_request *request,
		      const char *name, struct snet_err *err)
{
	uint64_t last = snet__store_last_seq(api->run->store), after = 0,
		 limit = SIZE_MAX;
	bool follow = snet__httpd_query(request, "follow") != NULL;
	struct listing listing = {0};
	int r;

	(void)name;
	if (follow && last > BACKLOG)
		after = last - BACKLOG;
	r = snet__api_number(request, "after", &after, err);
	if (r == 0)
		r = snet__api_number(request, "limit", &limit, err);
	if (r < 0)
		return r;
	/* Without a place to begin after, a limit means the newest. */
	if (!snet__httpd_query(request, "after") && last > limit && last - limit > after)
		after = last - limit;
	if (!follow)
		return list_events(api, request, after, limit, err);

	r = snet__live_start(&listing.live, api, request, "application/x-ndjson", err);
	if (r < 0 || !listing.live)
		return r;
	(void)snet__store_each_event(api->run->store, after, limit, list_event, &listing,
				     NULL);
	listing.live->listed = last;
	listing.live->observer.event = on_event;
	return 0;
}

static void watch_event(struct snet__observer *observer, uint64_t seq, const char *event)
{
	autofree char *line = format_event(seq, event);

	if (line)
		write_line((struct snet__live *)observer,
			   snet__text_format("{\"event\":%.*s}\n", (int)strlen(line) - 1,
					     line));
}

static void watch_trace(struct snet__observer *observer, const struct snet_trace *trace)
{
	autofree char *json = snet__trace_json(trace);

	if (json)
		write_line((struct snet__live *)observer,
			   snet__text_format("{\"trace\":%s}\n", json));
}

static void watch_state(struct snet__observer *observer, const char *node,
			const char *state)
{
	write_line((struct snet__live *)observer,
		   snet__text_format("{\"state\":{\"node\":\"%s\",\"state\":%s}}\n", node,
				     state));
}

/* Nodes that came are in no other line. */
static void watch_change(struct snet__observer *observer)
{
	struct snet__live *live = (struct snet__live *)observer;
	autofree char *text = snet__run_status(live->api->run, false);

	if (text)
		write_line(live, snet__text_format("{\"status\":%s}\n", text));
}

static void on_second(void *user)
{
	struct snet__live *live = user;
	autofree char *text = snet__shaping_total(live->api->run);

	if (text)
		write_line(live, snet__text_format("{\"links\":%s}\n", text));
}

int snet__live_watch(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err)
{
	struct snet__live *live = NULL;
	int r;

	(void)name;
	r = snet__live_start(&live, api, request, "application/x-ndjson", err);
	if (r < 0 || !live)
		return r;
	watch_change(&live->observer);
	/* Without it there is less to see, and no more. */
	if (snet__timer_new(&live->timer, api->run->loop, on_second, live, NULL) == 0)
		snet__timer_start(live->timer, 0, SNET__NS_PER_S);
	live->observer.event = watch_event;
	live->observer.trace = watch_trace;
	live->observer.state = watch_state;
	live->observer.change = watch_change;
	return 0;
}

static void on_log(struct snet__observer *observer, const char *node, const char *line)
{
	struct snet__live *live = (struct snet__live *)observer;

	if (strcmp(node, live->node) == 0)
		write_line(live, snet__text_format("%s\n", line));
}

/* A node that has gone logs no more. */
static void on_logs_change(struct snet__observer *observer)
{
	struct snet__live *live = (struct snet__live *)observer;

	if (!snet__run_find(live->api->run, live->node, NULL))
		snet__httpd_stream_end(live->stream);
}

/* The lines that are kept, to be freed. */
static int collect_lines(char **ret, size_t *ret_size, const struct snet__run_node *node,
			 struct snet_err *err)
{
	size_t count = node->line_count, first = 0;
	struct snet__text_stream stream;
	int r = snet__text_open(&stream, err);

	if (r < 0)
		return r;
	if (count > SNET__LOG_LINES)
		first = count - SNET__LOG_LINES;
	for (size_t i = first; i < count; i++)
		(void)fprintf(stream.out, "%s\n", node->lines[i % SNET__LOG_LINES]);
	r = snet__text_close(&stream, 0, ret, err);
	*ret_size = stream.size;
	return r;
}

int snet__live_logs(struct snet__api *api, struct snet__httpd_request *request,
		    const char *name, struct snet_err *err)
{
	const struct snet__run_node *node = snet__run_find(api->run, name, err);
	autofree char *text = NULL;
	struct snet__live *live = NULL;
	size_t size = 0;
	int r;

	if (!node)
		return -ENOENT;
	r = collect_lines(&text, &size, node, err);
	if (r < 0)
		return r;
	if (!snet__httpd_query(request, "follow")) {
		snet__httpd_respond(request, 200, "text/plain; charset=utf-8", text,
				    size);
		return 0;
	}
	r = snet__live_start(&live, api, request, "text/plain; charset=utf-8", err);
	if (r < 0 || !live)
		return r;
	(void)snprintf(live->node, sizeof(live->node), "%.63s", name);
	(void)snet__httpd_stream_write(live->stream, text, size);
	live->observer.log = on_log;
	live->observer.change = on_logs_change;
	return 0;
}
