/* SPDX-License-Identifier: MIT */
/* snet capture: what passes a link or a node, as pcapng. The lab sends it block by block; whole
 * blocks are written, and what they are is counted. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/client.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/interrupt.h"
#include "cli/lab.h"
#include "cli/output.h"
#include "io/filter.h"
#include "link/pcapng.h"

/* How soon an interruption is noticed, and how long the lab may then take for the rest. */
#define LOOK_MS   200
#define REST_NS   (5 * SNET__NS_PER_S)
#define ANSWER_MS 5000

struct copying {
	struct snet__client_stream *stream;
	int out;
	uint64_t until_ns; /* interrupted: when to give up; else 0 */
	uint64_t packets, lost, missed;
	bool is_whole; /* the lab has said what it missed */
};

static volatile sig_atomic_t interruptions;

static void on_signal(int signal)
{
	(void)signal;
	interruptions++;
}

/* ---- What comes. */

static bool begins_with(const void *text, size_t size, const char *with)
{
	return text && size >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void count_block(struct copying *copying, const void *block, uint32_t type)
{
	const void *option;
	uint64_t missed;
	size_t size = 0;

	if (type == SNET__PCAPNG_PACKET) {
		copying->packets++;
		option = snet__pcapng_option(block, SNET__PCAPNG_COMMENT, &size);
		copying->lost += begins_with(option, size, "lost: ") ||
				 begins_with(option, size, "copy lost: ");
	} else if (type == SNET__PCAPNG_STATISTICS) {
		option = snet__pcapng_option(block, SNET__PCAPNG_DROPS, &size);
		copying->is_whole = true;
		if (option && size == sizeof(missed)) {
			memcpy(&missed, option, sizeof(missed));
			copying->missed += missed;
		}
	}
}

/* How many bytes at @data are whole blocks; SIZE_MAX: they are none. */
static size_t count_blocks(struct copying *copying, const char *data, size_t size)
{
	size_t done = 0, block;
	uint32_t type = 0;

	while ((block = snet__pcapng_block(data + done, size - done, &type))) {
		if (block == SIZE_MAX)
			return SIZE_MAX;
		count_block(copying, data + done, type);
		done += block;
	}
	return done;
}

static int write_all(int fd, const char *data, size_t size, struct snet_err *err)
{
	ssize_t n;

	while (size) {
		n = write(fd, data, size);
		if (n < 0 && errno != EINTR)
			return snet__err_sys(err, -errno, "cannot write the capture");
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int take(struct copying *copying, const char *data, size_t size,
		struct snet_err *err)
{
	size_t whole = count_blocks(copying, data, size);
	int r;

	if (whole == SIZE_MAX)
		return snet__err_set(err, -EPROTO, "the lab sends no capture");
	r = write_all(copying->out, data, whole, err);
	snet__client_stream_take(copying->stream, whole);
	return r;
}

/* Once the first time is asked for: the lab then sends the rest. */
static bool is_enough(struct copying *copying)
{
	if (!interruptions)
		return false;
	if (!copying->until_ns) {
		copying->until_ns = snet__clock_ns() + REST_NS;
		snet__client_stream_finish(copying->stream);
	}
	return interruptions > 1 || snet__clock_ns() > copying->until_ns;
}

static int copy(struct copying *copying, struct snet_err *err)
{
	const void *data;
	size_t size;
	int r = 1;

	while (r != 0 && !is_enough(copying)) {
		r = snet__client_stream_more(copying->stream, LOOK_MS, &data, &size, err);
		if (r < 0 && r != -EAGAIN)
			return r;
		if (r > 0 && take(copying, data, size, err) < 0)
			return err->code;
	}
	return 0;
}

/* ---- Where from, and where to. */

static int read_number(unsigned long long *ret, const struct call *call, const char *name,
		       unsigned long long max)
{
	const char *text = call_option(call, name);
	char *end;

	if (!text)
		return EXIT_DONE;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (errno || *end || *text == '-' || !*ret)
		return call_usage(call, "--%s '%s' is no number from 1 on", name, text);
	if (*ret > max)
		return call_usage(call, "--%s is at most %llu", name, max);
	return EXIT_DONE;
}

/* One that is wrong is wrong in every lab; without libpcap the lab refuses them all. */
static int check_filter(const struct call *call, const char *filter)
{
	autofilter *compiled = NULL;
	struct snet_err err = {0};

	if (filter && *filter && snet__filter_new(&compiled, filter, &err) == -EINVAL)
		return call_usage(call, "--filter: %s", err.msg);
	return EXIT_DONE;
}

static int read_query(char **ret, const struct call *call)
{
	const char *filter = call_option(call, "filter");
	autofree char *encoded = snet__client_encode(filter ? filter : "");
	unsigned long long count = 0, snaplen = 0;
	int status;

	status = read_number(&count, call, "count", UINT64_MAX);
	if (status == EXIT_DONE)
		status = read_number(&snaplen, call, "snaplen", UINT32_MAX);
	if (status == EXIT_DONE)
		status = check_filter(call, filter);
	if (status == EXIT_DONE && encoded)
		*ret = snet__text_format("capture?filter=%s&count=%llu&snaplen=%llu",
					 encoded, count, snaplen);
	return status;
}

static int open_at(struct snet__client_stream **ret, const struct lab *lab,
		   const char *kind, const char *name, const char *query,
		   struct snet_err *err)
{
	autofree char *encoded = snet__client_encode(name);
	autofree char *target = NULL;

	if (encoded)
		target = snet__text_format("/v1/%s/%s/%s", kind, encoded, query);
	return target ? snet__client_stream_open(ret, lab->sock, target, err)
		      : snet__err_oom(err);
}

/* Where those of @key, "links" or "nodes", are added to @names; how many there are then. */
static size_t add_names(const char **names, size_t count, const struct snet__json *status,
			const char *key)
{
	const struct snet__json *at = snet__json_first(snet__json_get(status, key));

	for (; at; at = snet__json_next(at))
		if (snet__json_get_string(at, "name"))
			names[count++] = snet__json_get_string(at, "name");
	return count;
}

static int refuse(const struct lab *lab, const char *name, struct snet_err *err)
{
	const char *similar = NULL;
	autofree const char **names = NULL;
	autojson *status = NULL;
	size_t count;

	if (snet__client_call(&status, lab->sock, "GET", "/v1/status", NULL, ANSWER_MS,
			      NULL) == 0) {
		count = snet__json_count(snet__json_get(status, "links")) +
			snet__json_count(snet__json_get(status, "nodes"));
		names = calloc(count + 1, sizeof(*names));
	}
	if (names) {
		count = add_names(names, 0, status, "links");
		(void)add_names(names, count, status, "nodes");
		similar = snet__text_find_similar(name, names);
	}
	return snet__err_set(err, -ENOENT, "no link or node '%s' in lab '%s'%s%s%s", name,
			     lab->name, similar ? ", did you mean '" : "",
			     similar ? similar : "", similar ? "'?" : "");
}

/* A link, or else a node. */
static int open_capture(struct snet__client_stream **ret, const struct lab *lab,
			const char *name, const char *query, struct snet_err *err)
{
	int r = open_at(ret, lab, "links", name, query, err);

	if (r == -ENOENT)
		r = open_at(ret, lab, "nodes", name, query, err);
	return r == -ENOENT ? refuse(lab, name, err) : r;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int open_output(int *ret, const struct call *call, struct snet_err *err)
{
	const char *path = output_path(call);
	bool is_forced = call_option(call, "force") != NULL;
	int code;

	if (!path) {
		*ret = dup(STDOUT_FILENO);
		return *ret < 0 ? snet__err_sys(err, -errno, "stdout") : 0;
	}
	*ret = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (is_forced ? O_TRUNC : O_EXCL),
		    0666);
	code = *ret < 0 ? errno : 0;
	/* O_EXCL tells only that it exists. */
	if (code == EEXIST && is_folder(path))
		code = EISDIR;
	if (code == EEXIST)
		return snet__err_set(err, -EEXIST,
				     "'%s' exists already; --force replaces it", path);
	return code ? snet__err_sys(err, -code, "cannot write '%s'", path) : 0;
}

/* "1,234" */
static const char *format_count(char text[static 32], uint64_t count)
{
	char digits[32];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *to = text;

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

static void print_summary(const struct copying *copying)
{
	char packets[32], lost[32], missed[32];

	fprintf(stderr, "%s packet%s, %s lost by the link, %s missed by the capture\n",
		format_count(packets, copying->packets), copying->packets == 1 ? "" : "s",
		format_count(lost, copying->lost),
		copying->is_whole ? format_count(missed, copying->missed)
				  : "not known how many");
}

static int capture(const struct call *call, struct snet__client_stream *stream,
		   struct snet_err *err)
{
	struct copying copying = {.stream = stream};
	autoclose int out = -1;
	int r;

	r = open_output(&out, call, err);
	if (r < 0)
		return r;
	copying.out = out;
	r = copy(&copying, err);
	print_summary(&copying);
	/* One who has seen enough. */
	return r == -EPIPE ? 0 : r;
}

static int run(const struct call *call)
{
	autofree char *query = NULL;
	autostream *stream = NULL;
	struct snet_err err = {0};
	autolab lab = {0};
	int status, r;

	status = output_check(call);
	if (status == EXIT_DONE)
		status = read_query(&query, call);
	if (status != EXIT_DONE)
		return status;
	if (!output_path(call) && isatty(STDOUT_FILENO))
		return call_usage(call,
				  "a capture is nothing to read: -o FILE, or "
				  "'snet capture %s | tcpdump -r -'",
				  call->argv[0]);
	if (lab_find(&lab, call, NULL, &err) < 0)
		return call_fail(&err);
	interrupt_heed(on_signal);
	(void)signal(SIGPIPE, SIG_IGN); /* writing fails instead */
	r = query ? open_capture(&stream, &lab, call->argv[0], query, &err)
		  : snet__err_oom(&err);
	if (r < 0)
		return lab_fail(&err);
	r = capture(call, stream, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "filter",
	 .arg = "EXPR",
	 .help = "only packets that match, as in tcpdump"},
	{.name = "count", .arg = "N", .help = "end after so many packets"},
	{.name = "snaplen", .arg = "BYTES", .help = "keep so much of each packet"},
	OUTPUT_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_capture = {
	.name = "capture",
	.args = "LINK|NODE",
	.min = 1,
	.max = 1,
	.options = options,
	.help = "write the packets of a link or a node as pcapng",
	.details =
		"Until Ctrl-C, --count packets, or the end of the lab. What a link loses is\n"
		"there with the reason as a comment; the packets themselves meet what they\n"
		"would meet without a capture.\n"
		"  snet capture sw0-s1 -o sw0.pcapng\n"
		"  snet capture r0 --filter 'udp port 5683' | tcpdump -r -",
	.run = run,
};
