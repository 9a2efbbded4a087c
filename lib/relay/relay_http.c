/* SPDX-License-Identifier: MIT */
#include "relay/relay_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "io/httpd.h"
#include "io/json.h"
#include "sys/netns.h"

struct waiting {
	struct snet__httpd_request *request;
	char id[SNET_EVENT_ID_MAX + 1];
};

struct snet__relay_http {
	struct snet__relayer *relayer;
	struct snet__httpd *httpd;
	struct waiting *waiting; /* for the next commit */
	size_t count, cap;
};

static void refuse(struct snet__httpd_request *request, unsigned int status,
		   const char *why)
{
	autojson *json = snet__json_new_object();
	autofree char *text = NULL;

	snet__json_add_string(json, "error", why);
	text = snet__json_format(json);
	snet__httpd_respond(request, status, "application/json", text ? text : "{}",
			    text ? strlen(text) : 2);
}

static void take(struct snet__relay_http *http, struct snet__httpd_request *request)
{
	struct snet_err err = {0};
	const char *body;
	size_t size;
	int r;

	body = snet__httpd_body(request, &size);
	/* Room for the answer first: commands that are journaled must be answered. */
	r = snet__vec_reserve(&http->waiting, &http->cap, http->count + 1,
			      sizeof(*http->waiting), &err);
	if (r == 0)
		r = snet__relayer_take_commands(http->relayer, body, size,
						http->waiting[http->count].id, &err);
	if (r < 0) {
		refuse(request, r == -EINVAL ? 400 : r == -EMSGSIZE ? 413 : 503, err.msg);
		return;
	}
	http->waiting[http->count++].request = request;
}

static void on_request(void *user, struct snet__httpd_request *request)
{
	if (strcmp(snet__httpd_path(request), "/relay") != 0)
		refuse(request, 404, "there is only /relay");
	else if (strcmp(snet__httpd_method(request), "POST") != 0)
		refuse(request, 405, "/relay takes POST");
	else if (snet__httpd_too_large(request))
		refuse(request, 413, "too large");
	else
		take(user, request);
}

void snet__relay_http_committed(struct snet__relay_http *http, bool is_durable)
{
	size_t count = http->count;
	char text[SNET_EVENT_ID_MAX + 16];

	if (!count)
		return;
	/* An answer lets the server work: requests that it takes meanwhile wait for the next
	 * commit. */
	for (size_t i = 0; i < count; i++) {
		if (!is_durable) {
			refuse(http->waiting[i].request, 503, "could not be journaled");
			continue;
		}
		(void)snprintf(text, sizeof(text), "{\"id\":\"%s\"}",
			       http->waiting[i].id);
		snet__httpd_respond(http->waiting[i].request, 202, "application/json",
				    text, strlen(text));
	}
	http->count -= count;
	memmove(http->waiting, http->waiting + count,
		http->count * sizeof(*http->waiting));
}

int snet__relay_http_new(struct snet__relay_http **ret, struct snet__relayer *relayer,
			 struct snet__loop *loop, int netns, struct snet_err *err)
{
	autofree struct snet__relay_http *http = calloc(1, sizeof(*http));
	int fd = -1, r;

	if (!http)
		return snet__err_oom(err);
	http->relayer = relayer;
	r = snet__netns_listen(&fd, netns, SNET__RELAY_HTTP_PORT, err);
	if (r == 0)
		r = snet__httpd_new(&http->httpd, loop, fd, SNET_EVENT_DATA_MAX,
				    on_request, http, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(http);
	return 0;
}

void snet__relay_http_cut(struct snet__relay_http *http)
{
	snet__httpd_cut(http->httpd);
}

void snet__relay_http_free(struct snet__relay_http *http)
{
	if (!http)
		return;
	snet__httpd_free(http->httpd);
	free(http->waiting);
	free(http);
}
