/* SPDX-License-Identifier: MIT */
/* One HTTP request and its answer, as libcurl's easy interface has them.
 *
 * curl repeats a request by itself when a reused connection dies before the first byte of an
 * answer, a POST as well, although the server may have worked on it. It asks its "prereq"
 * callback before each request it sends, so that is where a second POST is refused, and where
 * it becomes known that the server may have got the first. */

#include "io/http_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"

#define ANSWER_MAX         (8u << 20)
#define HEADERS_MAX        (256u << 10)
#define CONNECT_TIMEOUT_MS 10000

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
	struct snet__http_exchange *exchange = user;

	if (size > ANSWER_MAX - exchange->body.size) {
		exchange->too_large = true;
		return 0;
	}
	snet__text_add(&exchange->body, data, size);
	return exchange->body.is_short ? 0 : size;
}

static size_t on_field(char *data, size_t one, size_t size, void *user)
{
	struct snet__http_exchange *exchange = user;
	size_t length = size;

	/* A new status line: what came before was a 100 Continue. */
	if (size >= 5 && strncmp(data, "HTTP/", 5) == 0)
		exchange->fields.size = 0;
	while (length && strchr("\r\n\t ", data[length - 1]))
		length--;
	if (exchange->fields.size + length > HEADERS_MAX) {
		exchange->too_large = true;
		return 0;
	}
	snet__text_add(&exchange->fields, data, length);
	if (exchange->fields.is_short)
		return 0;
	exchange->fields.size++; /* keeps the zero */
	return size;
}

const char *snet__http_exchange_header(const struct snet__http_exchange *exchange,
				       const char *name)
{
	const struct snet__text_buffer *fields = &exchange->fields;
	size_t length = strlen(name);
	const char *at;

	for (size_t i = 0; i < fields->size; i += strlen(at) + 1) {
		at = fields->data + i;
		if (strncasecmp(at, name, length) == 0 && at[length] == ':')
			return at + length + 1 + strspn(at + length + 1, " \t");
	}
	return NULL;
}

/* CURLOPT_PREREQFUNCTION */
static int on_send(void *user, char *to, char *from, int to_port, int from_port)
{
	struct snet__http_exchange *exchange = user;

	if (exchange->sent && !exchange->is_repeatable) {
		exchange->refused_repeat = true;
		return CURL_PREREQFUNC_ABORT;
	}
	exchange->sent = true;
	return CURL_PREREQFUNC_OK;
}

#if LIBCURL_VERSION_NUM >= 0x075500
static int allow_http_only(CURL *easy)
{
	return (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
}
#else
static int allow_http_only(CURL *easy)
{
	return (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
				     (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
}
#endif

/* The file of authorities that takes the place of the system's, beside whose folder it stands, as
 * with curl(1); NULL: none. */
static const char *find_authorities(void)
{
	const char *file = getenv("CURL_CA_BUNDLE");

	if (!file || !*file)
		file = getenv("SSL_CERT_FILE");
	return file && *file ? file : NULL;
}

/* What is the same for all calls of a client. */
CURL *snet__http_easy_new(const struct snet__http_opts *opts,
			  struct curl_slist *connect_to)
{
	CURL *easy = curl_easy_init();
	const char *authorities = find_authorities();
	long verify = opts->insecure ? 0 : 1;
	int bad;

	if (!easy)
		return NULL;

	bad = allow_http_only(easy);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	bad |= (int)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	/* HTTP/2 has ways of its own to repeat a request. */
	bad |= (int)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				     (long)CURL_HTTP_VERSION_1_1);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
	if (authorities)
		bad |= (int)curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, opts->unix_socket);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_USERAGENT, "libsnet");
	bad |= (int)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_field);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
	if (!bad)
		return easy;

	curl_easy_cleanup(easy);
	return NULL;
}

static int set_method(CURL *easy, const struct snet__http_request *request)
{
	bool has_body = request->body != NULL;
	bool is_post = strcmp(request->method, "POST") == 0;
	bool is_get = strcmp(request->method, "GET") == 0 && !has_body;
	bool is_head = strcmp(request->method, "HEAD") == 0;
	int bad;

	/* Setting HTTPGET also unsets what an earlier call left. */
	bad = (int)curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
				     is_post || is_get || is_head ? NULL
								  : request->method);
	if (is_head)
		return bad | (int)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (!has_body && !is_post)
		return bad;

	bad |= (int)curl_easy_setopt(easy, CURLOPT_POST, 1L);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				     (curl_off_t)request->body_size);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
				     has_body ? (const char *)request->body : "");
	return bad;
}

static int add_header(struct snet__http_exchange *exchange, const char *line)
{
	struct curl_slist *longer = curl_slist_append(exchange->headers, line);

	if (!longer)
		return -ENOMEM;
	exchange->headers = longer;
	return 0;
}

static int set_headers(struct snet__http_exchange *exchange, const char *const *headers)
{
	bool has_type = false;
	int r;

	/* Without "Expect: 100-continue", which costs a round trip, and without the form's
	 * content type, which is curl's default. */
	r = add_header(exchange, "Expect:");
	for (; r == 0 && headers && *headers; headers++) {
		has_type = has_type || strncasecmp(*headers, "content-type:", 13) == 0;
		r = add_header(exchange, *headers);
	}
	if (r == 0 && !has_type)
		r = add_header(exchange, "Content-Type:");
	return r;
}

int snet__http_exchange_set(struct snet__http_exchange *exchange,
			    const struct snet__http_request *request)
{
	CURL *easy = exchange->easy;
	uint64_t ms = (exchange->timeout_ns + SNET__NS_PER_MS - 1) / SNET__NS_PER_MS;
	int bad;

	if (set_headers(exchange, request->headers) < 0)
		return -ENOMEM;

	bad = set_method(easy, request);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_URL, request->url);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_USERPWD, request->user_password);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ms);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
				     (long)(ms < CONNECT_TIMEOUT_MS
						    ? ms
						    : CONNECT_TIMEOUT_MS));
	bad |= (int)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	bad |= (int)curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
	return bad ? -ENOMEM : 0;
}

/* Why there is no answer, for a person. */
const char *snet__http_exchange_explain(struct snet__http_exchange *exchange,
					CURLcode code)
{
	char time[32];

	if (exchange->too_large)
		return "the answer is larger than 8 MiB";
	if (exchange->refused_repeat || code == CURLE_GOT_NOTHING)
		return "the server closed the connection without an answer";
	/* What curl takes for HTTP/0.9. */
	if (exchange->sent &&
	    (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY))
		return "the answer is not HTTP";
	if (code == CURLE_OPERATION_TIMEDOUT && exchange->sent) {
		(void)snet__text_format_duration(time, sizeof(time),
						 exchange->timeout_ns);
		(void)snprintf(exchange->error, sizeof(exchange->error),
			       "no answer within %s", time);
	}
	return exchange->error[0] ? exchange->error : curl_easy_strerror(code);
}

void snet__http_exchange_clear(struct snet__http_exchange *exchange)
{
	curl_slist_free_all(exchange->headers);
	free(exchange->body.data);
	free(exchange->fields.data);
}
