/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_SERVER_H
#define SNET_API_SERVER_H

/* The server half of a lab's REST API, snet-api(7): server.c takes requests and answers those
 * that can be answered at once, live.c those that wait or never end, alter.c changes the lab. */

#include "io/httpd.h"
#include "lab/lab.h"

struct snet__live;

struct snet__api {
	struct snet__run *run;
	struct snet__httpd *httpd;
	char *path;
	bool is_bound;
	struct snet__live *lives; /* answers under way */
};

/* {"error", "errno"} with the status that fits @r. */
void snet__api_refuse(struct snet__httpd_request *request, int r,
		      const struct snet_err *err);
/* The same, and what @more, taken, is. */
void snet__api_refuse_with(struct snet__httpd_request *request, int r,
			   const struct snet_err *err, struct snet__json *more,
			   const char *key);
/* @text, JSON, taken; NULL when memory was short. */
void snet__api_answer_text(struct snet__httpd_request *request, char *text);
/* @json, taken; NULL when memory was short. */
void snet__api_answer(struct snet__httpd_request *request, struct snet__json *json);
/* A number of the query, @fallback when it is absent. -EINVAL when it is none. */
int snet__api_number(const struct snet__httpd_request *request, const char *key,
		     uint64_t *value, struct snet_err *err);

/* Which directions of a link "dir" in the query means, forth and back: "forth", "back", or both when it
 * is absent. -EINVAL. */
int snet__api_ways(bool ret[2], const struct snet__httpd_request *request,
		   struct snet_err *err);

/* Handlers of live.c. */
int snet__live_press(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err);
int snet__live_trace(struct snet__api *api, struct snet__httpd_request *request,
		     const char *id, struct snet_err *err);
int snet__live_events(struct snet__api *api, struct snet__httpd_request *request,
		      const char *name, struct snet_err *err);
int snet__live_watch(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err);
int snet__live_logs(struct snet__api *api, struct snet__httpd_request *request,
		    const char *name, struct snet_err *err);
/* Handlers of alter.c. */
int snet__alter_apply(struct snet__api *api, struct snet__httpd_request *request,
		      const char *name, struct snet_err *err);
int snet__alter_extend(struct snet__api *api, struct snet__httpd_request *request,
		       const char *name, struct snet_err *err);
/* @names: with commas between them */
int snet__alter_remove(struct snet__api *api, struct snet__httpd_request *request,
		       const char *names, struct snet_err *err);
/* @name: a link */
int snet__alter_link(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err);
int snet__alter_restart(struct snet__api *api, struct snet__httpd_request *request,
			const char *name, struct snet_err *err);
/* Handler of status.c. */
int snet__api_status(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err);
/* Handler of flap.c. */
int snet__api_flap(struct snet__api *api, struct snet__httpd_request *request,
		   const char *name, struct snet_err *err);
/* Handlers of capture.c. */
int snet__api_capture_link(struct snet__api *api, struct snet__httpd_request *request,
			   const char *name, struct snet_err *err);
int snet__api_capture_node(struct snet__api *api, struct snet__httpd_request *request,
			   const char *name, struct snet_err *err);
/* The lab goes down: answers those that wait with an error, and ends the streams. */
void snet__live_end(struct snet__api *api);

#endif
