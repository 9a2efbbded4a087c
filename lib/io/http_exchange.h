/* SPDX-License-Identifier: MIT */
#ifndef SNET_IO_HTTP_EXCHANGE_H
#define SNET_IO_HTTP_EXCHANGE_H

/* One request and its answer; http.c's own. */

#include <curl/curl.h>

#include "base/text.h"
#include "io/http.h"

struct snet__http_exchange {
	CURL *easy; /* its owner's */
	struct curl_slist *headers;
	struct snet__text_buffer body;
	struct snet__text_buffer
		fields; /* the answer's header lines, a zero behind each */
	uint64_t timeout_ns;
	bool is_repeatable;
	bool sent;
	bool refused_repeat;
	bool too_large;
	char error[CURL_ERROR_SIZE];
};

/* A handle with all that never changes for a client. NULL when memory is short. */
CURL *snet__http_easy_new(const struct snet__http_opts *opts,
			  struct curl_slist *connect_to);
/* Prepare @exchange->easy for @request. It points into @exchange from then on. -ENOMEM. */
int snet__http_exchange_set(struct snet__http_exchange *exchange,
			    const struct snet__http_request *request);
/* Why there is no answer, for a person. */
const char *snet__http_exchange_explain(struct snet__http_exchange *exchange,
					CURLcode code);
const char *snet__http_exchange_header(const struct snet__http_exchange *exchange,
				       const char *name);
void snet__http_exchange_clear(struct snet__http_exchange *exchange);

#endif
