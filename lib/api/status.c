/* SPDX-License-Identifier: MIT */
/* The status of a lab, whole, or by lines. Of ten thousand nodes it takes tens of milliseconds to
 * write, so lines are written by portions, and the lab goes on between them. */

#include <stdlib.h>
#include <string.h>

#include "api/live.h"
#include "base/text.h"

/* Some 0.5 ms of the lab's time. */
#define PORTION 256

/* Nodes come and go some turns before the change is told of. */
static bool is_outdated(const struct snet__live *live)
{
	return live->nodes != live->api->run->node_count ||
	       live->links != live->api->run->link_count;
}

static void tell_more(void *user)
{
	struct snet__live *live = user;
	struct snet__text_buffer text = {0};
	bool is_more = true;
	size_t end;

	if (live->told == 0 || is_outdated(live)) {
		live->told = 0;
		live->nodes = live->api->run->node_count;
		live->links = live->api->run->link_count;
	}
	end = live->told + PORTION;
	while (is_more && live->told < end) {
		is_more = snet__run_status_line(&text, live->api->run, live->told);
		live->told += is_more;
	}
	if (text.is_short ||
	    (text.size && !snet__httpd_stream_write(live->stream, text.data, text.size)))
		is_more = false;
	free(text.data);
	if (is_more)
		snet__timer_start(live->timer, 0, 0);
	else
		snet__httpd_stream_end(live->stream);
}

/* What was told is of the lab before. */
static void tell_anew(struct snet__observer *observer)
{
	((struct snet__live *)observer)->told = 0;
}

static int start_lines(struct snet__api *api, struct snet__httpd_request *request,
		       struct snet_err *err)
{
	struct snet__live *live = NULL;
	int r = snet__live_start(&live, api, request, "application/x-ndjson", err);

	if (r < 0 || !live)
		return r;
	live->observer.change = tell_anew;
	if (snet__timer_new(&live->timer, api->run->loop, tell_more, live, NULL) == 0)
		tell_more(live);
	else
		snet__httpd_stream_end(live->stream);
	return 0;
}

int snet__api_status(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err)
{
	uint64_t lines = 0, counts = 0;
	int r = snet__api_number(request, "lines", &lines, err);

	(void)name;
	if (r == 0)
		r = snet__api_number(request, "counts", &counts, err);
	if (r < 0)
		return r;
	if (lines)
		return start_lines(api, request, err);
	snet__api_answer_text(request, snet__run_status(api->run, counts != 0));
	return 0;
}
