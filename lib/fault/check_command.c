/* SPDX-License-Identifier: MIT */
/* A program judges: it reads history.jsonl on its standard input, or from $SNET_HISTORY, and exits
 * 0 when the expectation held, 1 when it did not. It runs in a folder of its own, the scenario's, and
 * so the history is named by an absolute path. The first line of its output is the summary, each
 * further one a finding: a JSON object, {"what", "event", "node", "at", "text"}, or plain text.
 *
 * Everything else it does is no answer: it could not be started, took too long, was killed. Then
 * nothing can be said, and the last line of its standard error tells why. */

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "fault/checkers.h"
#include "sys/process.h"

#define TIME_MAX_NS (60 * SNET__NS_PER_S)
#define POLL_MS     100        /* to look whether that was cancelled */
#define OUTPUT_MAX  (1u << 20) /* what comes behind that is thrown away */
#define BLOCK_SIZE  16384

#define PIPE_BLOCKS 64 /* at least what a pipe holds */

enum {
	IN,
	OUT,
	ERR,
	STREAMS_COUNT
};

/* What it writes. */
struct stream {
	int fd; /* our end; -1: it is through */
	char *text;
	size_t used, cap;
	bool keeps_end; /* what came first goes, if it is too much */
};

struct program {
	pid_t pid;
	int pidfd;
	struct stream streams[STREAMS_COUNT]; /* OUT, ERR */
	int status;
	bool is_late;
};

static void program_clear_at(struct program *program)
{
	if (program->pidfd >= 0)
		close(program->pidfd);
	for (int i = OUT; i <= ERR; i++) {
		if (program->streams[i].fd >= 0)
			close(program->streams[i].fd);
		free(program->streams[i].text);
	}
}

/* The environment with SNET_HISTORY in it, to be freed; its strings are borrowed. */
static const char **make_env(const char *variable)
{
	size_t count = 0, at = 0;
	const char **env;

	while (environ[count])
		count++;
	env = calloc(count + 2, sizeof(*env));
	for (size_t i = 0; env && i < count; i++)
		if (strncmp(environ[i], "SNET_HISTORY=", strlen("SNET_HISTORY=")) != 0)
			env[at++] = environ[i];
	if (env)
		env[at] = variable;
	return env;
}

static int start(struct program *program, const struct snet__expectation *expectation,
		 const char *path, struct snet_err *err)
{
	autofree char *real = realpath(path, NULL), *variable = NULL;
	autofree const char **env = NULL;
	autoclose int in = -1, out = -1, errors = -1;
	struct snet__process_opts opts = {.argv = (const char *const *)
							  expectation->command,
					  .cwd = expectation->cwd,
					  .netns = -1,
					  .mntns = -1};
	int ends[2];

	if (!real)
		return snet__err_sys(err, -errno, "cannot open '%s'", path);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return snet__err_sys(err, -errno, "cannot open '%s'", path);
	variable = snet__text_format("SNET_HISTORY=%s", real);
	opts.env = env = variable ? make_env(variable) : NULL;
	if (!env)
		return snet__err_oom(err);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	program->streams[OUT].fd = ends[0];
	out = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	program->streams[ERR].fd = ends[0];
	errors = ends[1];
	/* It may write more than there is to read at one time. */
	for (int i = OUT; i <= ERR; i++)
		if (fcntl(program->streams[i].fd, F_SETFL, O_NONBLOCK) < 0)
			return snet__err_sys(err, -errno, "cannot set up a pipe");
	opts.stdio[0] = in;
	opts.stdio[1] = out;
	opts.stdio[2] = errors;
	opts.stdio[3] = -1;
	return snet__process_start(&program->pid, &program->pidfd, &opts, err);
}

static int keep(struct stream *stream, const char *block, size_t size)
{
	size_t room = OUTPUT_MAX - stream->used;
	int r;

	if (size > room && stream->keeps_end) {
		/* Half of it goes at once, so that this is rare. */
		memmove(stream->text, stream->text + stream->used / 2,
			stream->used - stream->used / 2);
		stream->used -= stream->used / 2;
		room = OUTPUT_MAX - stream->used;
	}
	if (size > room)
		size = room;
	r = snet__vec_reserve(&stream->text, &stream->cap, stream->used + size + 1, 1,
			      NULL);
	if (r < 0)
		return r;
	memcpy(stream->text + stream->used, block, size);
	stream->used += size;
	return 0;
}

/* Some of what there is to read: positive when there may be more. */
static int read_some(struct stream *stream)
{
	char block[BLOCK_SIZE];
	ssize_t n;
	int r;

	if (stream->fd < 0)
		return 0;
	n = read(stream->fd, block, sizeof(block));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		close(steal_fd(&stream->fd));
		return 0;
	}
	r = keep(stream, block, (size_t)n);
	return r < 0 ? r : 1;
}

/* Until it ends, or its time does. */
static int listen_to(struct program *program, const struct snet__check_opts *opts)
{
	uint64_t deadline_ns = snet__clock_ns() + TIME_MAX_NS, now_ns;
	int r = 0;

	while ((now_ns = snet__clock_ns()) < deadline_ns) {
		struct pollfd polled[STREAMS_COUNT] = {
			{.fd = program->pidfd, .events = POLLIN},
			{.fd = program->streams[OUT].fd, .events = POLLIN},
			{.fd = program->streams[ERR].fd, .events = POLLIN}};
		uint64_t left_ms = (deadline_ns - now_ns) / SNET__NS_PER_MS + 1;

		if (snet__check_is_cancelled(opts))
			return -EINTR;
		if (poll(polled, STREAMS_COUNT,
			 left_ms < POLL_MS ? (int)left_ms : POLL_MS) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		for (int i = OUT; i <= ERR && r >= 0; i++)
			if (polled[i].revents)
				r = read_some(&program->streams[i]);
		if (r < 0 || polled[0].revents)
			return r < 0 ? r : 0;
	}
	program->is_late = true;
	return 0;
}

/* To its end, and that of all that it has left behind. */
static int attend(struct program *program, const struct snet__check_opts *opts)
{
	int r;

	r = listen_to(program, opts);
	snet__process_kill(program->pid);
	program->status = snet__process_reap(program->pid);
	for (int i = OUT; i <= ERR && r == 0; i++) {
		int more = 1;

		/* Who has left its process group may go on writing. */
		for (int j = 0; j < PIPE_BLOCKS && more > 0; j++)
			more = read_some(&program->streams[i]);
		r = more < 0 ? more : 0;
	}
	return r;
}

/* What was kept of a stream, as text to be freed. NULL when memory is short. */
static char *take_text(const struct stream *stream)
{
	return snet__text_from_bytes(stream->used ? stream->text : "", stream->used);
}

/* The last line that is not empty. Changes @text. */
static const char *last_line(char *text)
{
	size_t length = strlen(text);
	char *line;

	while (length && text[length - 1] == '\n')
		text[--length] = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

/* What findings are called is static: the words of the other checkers. */
static const char *find_what(const char *what)
{
	static const char *const words[] = {"lost",       "duplicated", "late",
					    "slow",       "reordered",  "wrong actuator",
					    "pending",    "changed",    "diverged",
					    "unanswered", "refused"};

	for (size_t i = 0; what && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], what) == 0)
			return words[i];
	return NULL;
}

static int add_finding(struct snet__judgement *result,
		       const struct snet__history *history, const char *line)
{
	autojson *json = NULL;
	const char *what, *word, *text, *id, *node;
	const struct snet__history_event *event;
	double at_ns;

	if (*line != '{' || snet__json_parse(&json, line, strlen(line), NULL) < 0)
		return snet__judgement_add(result, "found", SIZE_MAX, NULL, SNET__NEVER,
					   "%s", line);
	what = snet__json_get_string(json, "what");
	text = snet__json_get_string(json, "text");
	id = snet__json_get_string(json, "event");
	node = snet__json_get_string(json, "node");
	at_ns = snet__json_number(snet__json_get(json, "at"), -1);
	word = find_what(what);
	event = id ? snet__history_find_event(history, id) : NULL;
	if (!text)
		text = what ? what : line;
	return snet__judgement_add(result, word ? word : "found",
				   event ? (size_t)(event - history->events) : SIZE_MAX,
				   node ? snet__map_find(&history->words, node) : NULL,
				   at_ns >= 0 && at_ns < 0x1p63 ? (uint64_t)at_ns
								: SNET__NEVER,
				   "%s%s%s", what && !word && text != what ? what : "",
				   what && !word && text != what ? ": " : "", text);
}

/* Its first line goes to *@ret_summary, within @text. */
static int read_output(struct snet__judgement *result,
		       const struct snet__history *history, char *text,
		       const char **ret_summary)
{
	char *rest = text, *line;
	int r = 0;

	*ret_summary = strsep(&rest, "\n");
	while (r == 0 && (line = strsep(&rest, "\n")))
		if (*line)
			r = add_finding(result, history, line);
	return r;
}

static int set_answer(struct program *program, const char *name,
		      const struct snet__history *history, struct snet__judgement *result,
		      struct snet_err *err)
{
	struct stream *out = &program->streams[OUT];
	bool is_held = WEXITSTATUS(program->status) == 0;
	autofree char *text = NULL;
	const char *summary;

	if (out->used == OUTPUT_MAX) {
		/* A line that was cut is none. */
		result->beyond++;
		while (out->used && out->text[out->used - 1] != '\n')
			out->used--;
	}
	text = take_text(out);
	if (!text || read_output(result, history, text, &summary) < 0)
		return snet__err_oom(err);
	if (*summary)
		return snet__judgement_set(result,
					   is_held ? SNET_VERDICT_HELD
						   : SNET_VERDICT_VIOLATED,
					   err, "%s", summary);
	return snet__judgement_set(result,
				   is_held ? SNET_VERDICT_HELD : SNET_VERDICT_VIOLATED,
				   err, "'%s' says that it %s", name,
				   is_held ? "held" : "was violated");
}

/* It has not answered. */
static int set_failure(struct program *program, const char *name,
		       struct snet__judgement *result, struct snet_err *err)
{
	autofree char *text = take_text(&program->streams[ERR]), *what = NULL;
	const char *reason = text ? last_line(text) : "";

	if (program->is_late)
		what = snet__text_format("was not through after %llu s",
					 TIME_MAX_NS / SNET__NS_PER_S);
	else if (WIFSIGNALED(program->status))
		what = snet__text_format("was killed by signal %d",
					 WTERMSIG(program->status));
	else
		what = snet__text_format("exited with %d", WEXITSTATUS(program->status));
	if (!text || !what)
		return snet__err_oom(err);
	return snet__judgement_set(result, SNET_VERDICT_UNTRUSTED, err, "'%s' %s%s%s",
				   name, what, *reason ? ": " : "", reason);
}

static int prepare(struct snet__expectation *expectation, struct snet_err *err)
{
	return snet__expectation_need(expectation, SNET__HAS_COMMAND, SNET__HAS_CWD, err);
}

static int check(const struct snet__expectation *expectation,
		 const struct snet__history *history, const struct snet__check_opts *opts,
		 struct snet__judgement *result, struct snet_err *err)
{
	cleanup_with(program_clear_at) struct program program = {
		.pidfd = -1,
		.streams = {[OUT] = {.fd = -1}, [ERR] = {.fd = -1, .keeps_end = true}}};
	const char *name = expectation->command[0];
	autofree char *path = NULL;
	struct snet_err why = {0};
	int r;

	if (!opts || !opts->folder)
		return snet__judgement_set(result, SNET_VERDICT_UNTRUSTED, err,
					   "the run has no folder that '%s' could read",
					   name);
	path = snet__text_format("%s/history.jsonl", opts->folder);
	if (!path)
		return snet__err_oom(err);
	r = start(&program, expectation, path, &why);
	if (r == -ENOMEM)
		return snet__err_oom(err);
	if (r < 0)
		return snet__judgement_set(result, SNET_VERDICT_UNTRUSTED, err, "%s",
					   why.msg);
	r = attend(&program, opts);
	if (r == -EINTR)
		return snet__err_set(err, r, "'%s' was interrupted", name);
	if (r < 0)
		return snet__err_sys(err, r, "cannot listen to '%s'", name);
	r = snet__judgement_set_measure(result, "exit",
					WIFEXITED(program.status)
						? WEXITSTATUS(program.status)
						: NAN,
					err);
	if (r < 0)
		return r;
	if (!program.is_late && WIFEXITED(program.status) &&
	    WEXITSTATUS(program.status) <= 1)
		return set_answer(&program, name, history, result, err);
	return set_failure(&program, name, result, err);
}

const struct snet__checker snet__check_command = {
	.name = "command",
	.help = "a program that reads the history says so",
	.prepare = prepare,
	.check = check,
};
