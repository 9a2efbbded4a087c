/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_RELAY_HTTP_H
#define SNET_RELAY_RELAY_HTTP_H

/* Where functions call back: POST http://RELAYER:8080/relay with {"target", "set"} or
 * {"commands": [...]}. Answered 202 {"id"} when the commands are journaled. */

#include "relay/relayer.h"

#define SNET__RELAY_HTTP_PORT 8080

struct snet__relay_http;

int snet__relay_http_new(struct snet__relay_http **ret, struct snet__relayer *relayer,
			 struct snet__loop *loop, int netns, struct snet_err *err);
void snet__relay_http_cut(struct snet__relay_http *http);  /* see snet__httpd_cut() */
void snet__relay_http_free(struct snet__relay_http *http); /* accepts NULL */
/* Answer those that wait: what they brought is durable, or lost. */
void snet__relay_http_committed(struct snet__relay_http *http, bool is_durable);

#endif
