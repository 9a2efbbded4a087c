/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_LIVE_H
#define SNET_API_LIVE_H

/* Answers that wait for something to happen in the lab, and streams of what happens. Each is an
 * observer of the running lab, in the API's list until it ends. */

#include "api/server.h"

struct snet__live {
	struct snet__observer observer; /* first: a callback gets this pointer */
	struct snet__live *next;
	struct snet__api *api;
	/* One of the two. */
	struct snet__httpd_request *request;
	struct snet__httpd_stream *stream;
	struct snet__timer *timer;
	uint64_t listed; /* the newest event that there was when it began to follow */
	size_t told, nodes,
		links; /* of a status: lines, and how many the first promised */
	char node[SNET_NAME_MAX + 1];
	char id[SNET_EVENT_ID_MAX + 1];
	/* Optional, of a stream: the lab goes down, and these are the last words; its argument. */
	void (*finish)(void *user);
	void *user;
	struct snet__live *
		*holder; /* optional: a pointer that becomes NULL when it ends */
};

/* It observes, with no callbacks yet. NULL when memory is short. */
struct snet__live *snet__live_new(struct snet__api *api);
void snet__live_free(struct snet__live *live);
/* It answers with a stream of @type. @ret becomes NULL where the request has its answer: there was no
 * memory for the stream. */
int snet__live_start(struct snet__live **ret, struct snet__api *api,
		     struct snet__httpd_request *request, const char *type,
		     struct snet_err *err);

#endif
