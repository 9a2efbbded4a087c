/* SPDX-License-Identifier: MIT */
/* Where a server is, looked up once on the host's network: a client whose thread is elsewhere
 * could not ask there. The name stays in the request and in what a certificate must be for. */

#include <curl/curl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "io/http.h"

static void url_free_at(CURLU **at)
{
	curl_url_cleanup(*at);
}

static void curl_free_at(char **at)
{
	curl_free(*at);
}

int snet__http_pin(char **ret, const char *url, struct snet__outside *outside,
		   struct snet_err *err)
{
	cleanup_with(url_free_at) CURLU *parts = curl_url();
	cleanup_with(curl_free_at) char *host = NULL;
	cleanup_with(curl_free_at) char *port = NULL;
	autofree char *addresses = NULL, *bare = NULL;
	int r;

	if (!parts)
		return snet__err_oom(err);
	if (curl_url_set(parts, CURLUPART_URL, url, 0) ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
		return snet__err_set(err, -EINVAL, "'%s' is no URL", url);

	/* An IPv6 address stands in brackets. */
	bare = host[0] == '[' ? strndup(host + 1, strlen(host) - 2) : strdup(host);
	if (!bare)
		return snet__err_oom(err);
	r = snet__outside_resolve(outside, &addresses, bare, err);
	if (r < 0)
		return r;

	*ret = snet__text_format("%s:%s:%s", bare, port, addresses);
	return *ret ? 0 : snet__err_oom(err);
}
