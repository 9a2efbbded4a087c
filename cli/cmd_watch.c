/* SPDX-License-Identifier: MIT */
/* snet watch: the dashboard. One thread reads keys, the lab's stream and signals, and draws; a
 * press waits for its acknowledgement in a thread of its own, whose result comes by a pipe, so
 * that a slow network never holds the screen up. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/client.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/thread.h"
#include "cli/cmd.h"
#include "cli/lab.h"
#include "cli/print.h"
#include "cli/tui/draw.h"
#include "cli/tui/screen.h"

#define FRAME_NS       (40 * SNET__NS_PER_MS) /* at most 25 frames a second */
#define RETRY_NS       SNET__NS_PER_S /* how often a lab that is down is looked for */
#define MESSAGE_NS     (4 * SNET__NS_PER_S)
#define ANSWER_MS      10000
#define LINKS_NS       SNET__NS_PER_S /* how often links are read while they are shown, */
#define LINKS_MS       1000           /* and how long keys may have to wait for that */
#define LINES_A_TURN   2000           /* so that keys are read also under full load */
#define HISTORY        "100"
#define HISTORY_TRACES 20
#define PRESSES_MAX    16 /* acknowledgements that are waited for */

struct watch {
	struct lab lab;
	struct snet__client_stream *stream; /* NULL while the lab is down */
	struct tui_model *model;
	struct tui_view view;
	struct canvas canvas;
	int signal_fd;
	int press_fds[2]; /* a struct press_result each */
	unsigned int presses;
	uint64_t drawn_ns, retried_ns, message_ns, links_ns;
	bool is_dirty, is_over;
};

struct press_result {
	char text[200];
};

struct press {
	char *sock, *target, *node;
	int fd;
};

static void clear_watch(struct watch *watch)
{
	snet__client_stream_close(watch->stream);
	tui_model_free(watch->model);
	canvas_free(&watch->canvas);
	lab_clear(&watch->lab);
	if (watch->signal_fd >= 0)
		close(watch->signal_fd);
	/* The pipe stays: a press under way may still write to it. */
}

static void say(struct watch *watch, const char *text)
{
	(void)snprintf(watch->view.message, sizeof(watch->view.message), "%s", text);
	watch->message_ns = snet__clock_ns();
	watch->is_dirty = true;
}

/* The stream's first line is the status: without it there is nothing to show. */
static int connect_lab(struct watch *watch, struct snet_err *err)
{
	autostream *stream = NULL;
	const char *line;
	int r;

	r = snet__client_stream_open(&stream, watch->lab.sock, "/v1/watch", err);
	if (r < 0)
		return r;
	r = snet__client_stream_read(stream, ANSWER_MS, &line, err);
	if (r <= 0)
		return r < 0 && r != -EAGAIN
			       ? r
			       : snet__err_set(err, -EPROTO, "lab '%s' does not answer",
					       watch->lab.name);
	r = tui_model_feed(watch->model, line, strlen(line), snet__clock_ns(), err);
	if (r < 0)
		return r;
	watch->stream = steal_ptr(stream);
	watch->view.is_connected = true;
	return 0;
}

static void feed_member(struct tui_model *model, const char *key, const char *value)
{
	autofree char *line = snet__text_format("{\"%s\":%s}", key, value);

	if (line)
		(void)tui_model_feed(model, line, strlen(line), 0, NULL);
}

/* The traces of the newest events that are known. */
static void read_traces(struct watch *watch)
{
	uint64_t count = watch->model->event_count;

	for (size_t back = HISTORY_TRACES; back > 0; back--) {
		const struct tui_event *event =
			tui_model_event(watch->model, count, back - 1);
		autofree char *id = event ? snet__client_encode(event->id) : NULL;
		autofree char *target =
			id ? snet__text_format("/v1/traces/%s", id) : NULL;
		autofree char *trace = NULL;

		if (target && snet__client_ask(&trace, watch->lab.sock, "GET", target,
					       NULL, ANSWER_MS, NULL) == 0)
			feed_member(watch->model, "trace", trace);
	}
}

/* What happened before. It is no error when that cannot be had: the stream has the rest. */
static void read_history(struct watch *watch)
{
	autostream *stream = NULL;
	const char *line;

	if (snet__client_stream_open(&stream, watch->lab.sock,
				     "/v1/events?limit=" HISTORY, NULL) < 0)
		return;
	while (snet__client_stream_read(stream, ANSWER_MS, &line, NULL) > 0)
		feed_member(watch->model, "event", line);
	read_traces(watch);
}

static void lose_lab(struct watch *watch)
{
	snet__client_stream_close(watch->stream);
	watch->stream = NULL;
	watch->view.is_connected = false;
	watch->retried_ns = snet__clock_ns();
	watch->is_dirty = true;
}

static void read_lab(struct watch *watch)
{
	uint64_t now = snet__clock_ns();
	const char *line;
	int r = 1;

	for (int i = 0; i < LINES_A_TURN && r > 0; i++) {
		r = snet__client_stream_read(watch->stream, 0, &line, NULL);
		if (r <= 0)
			break;
		(void)tui_model_feed(watch->model, line, strlen(line), now, NULL);
		watch->is_dirty = true;
	}
	if (r <= 0 && r != -EAGAIN)
		lose_lab(watch);
}

/* What each link has counted, once a second. */
static void read_links(struct watch *watch)
{
	uint64_t now = snet__clock_ns();
	autofree char *links = NULL;

	if (watch->links_ns && now < watch->links_ns + LINKS_NS)
		return;
	if (snet__client_ask(&links, watch->lab.sock, "GET", "/v1/links", NULL, LINKS_MS,
			     NULL) == 0)
		(void)tui_model_feed(watch->model, links, strlen(links), 0, NULL);
	watch->links_ns = snet__clock_ns();
	watch->is_dirty = true;
}

static void find_lab_again(struct watch *watch)
{
	uint64_t now = snet__clock_ns();

	if (now < watch->retried_ns + RETRY_NS)
		return;
	watch->retried_ns = now;
	if (lab_is_alive(watch->lab.sock) && connect_lab(watch, NULL) == 0)
		say(watch, "the lab is up again");
}

static void *await_press(void *user)
{
	struct press *press = user;
	struct press_result result = {{0}};
	autofree char *answer = NULL;
	struct snet_err err = {0};

	if (snet__client_ask(&answer, press->sock, "POST", press->target, NULL, 60000,
			     &err) < 0)
		(void)snprintf(result.text, sizeof(result.text), "%s: %.150s",
			       press->node, err.msg);
	/* Smaller than PIPE_BUF: whole or not at all, and the dashboard reads as long as it is. */
	if (write(press->fd, &result, sizeof(result)) < 0)
		abort();
	free(press->sock);
	free(press->target);
	free(press->node);
	free(press);
	return NULL;
}

static int start_press(struct watch *watch, const char *node)
{
	struct press *press = calloc(1, sizeof(*press));
	int r = -ENOMEM;

	if (!press)
		return -ENOMEM;
	press->sock = strdup(watch->lab.sock);
	press->node = strdup(node);
	press->target = snet__text_format("/v1/nodes/%s/press", node);
	press->fd = watch->press_fds[1];
	if (press->sock && press->node && press->target)
		r = snet__thread_start(NULL, await_press, press, NULL);
	if (r == 0)
		return 0;
	free(press->sock);
	free(press->target);
	free(press->node);
	free(press);
	return r;
}

static void press_selected(struct watch *watch)
{
	const struct tui_node *node = tui_item(watch->model, watch->view.selected);

	if (!watch->stream)
		say(watch, "the lab is down");
	else if (!node || node->role != TUI_ROLE_SENDER)
		say(watch, "this one sends no events: choose a button");
	else if (watch->presses >= PRESSES_MAX)
		say(watch, "too many presses wait to be acknowledged");
	else if (start_press(watch, node->name) == 0)
		watch->presses++;
	else
		say(watch, "out of memory");
}

static void read_press(struct watch *watch)
{
	struct press_result result;

	if (read(watch->press_fds[0], &result, sizeof(result)) != (ssize_t)sizeof(result))
		return;
	watch->presses--;
	result.text[sizeof(result.text) - 1] = '\0';
	if (*result.text)
		say(watch, result.text);
}

/* Tab goes round; the arrows stop at the ends. */
static void move_selection(size_t *selected, size_t count, long by)
{
	long to = (long)*selected + by;

	if (to >= 0 && to < (long)count)
		*selected = (size_t)to;
}

static void go_round(size_t *selected, size_t count, bool forth)
{
	if (count)
		*selected = (*selected + (forth ? 1 : count - 1)) % count;
}

/* Whether @key means something else while links are shown: what is not seen is not pressed. */
static bool obey_links(struct watch *watch, enum screen_key key)
{
	size_t count = tui_links_way_count(&watch->model->links),
	       *selected = &watch->view.selected_way;

	switch (key) {
	case SCREEN_UP:
	case SCREEN_DOWN:
		move_selection(selected, count, key == SCREEN_UP ? -1 : 1);
		return true;
	case SCREEN_LEFT:
	case SCREEN_RIGHT:
		/* The same direction of the link beside. */
		move_selection(selected, count, key == SCREEN_LEFT ? -2 : 2);
		return true;
	case SCREEN_NEXT:
	case SCREEN_PREVIOUS:
		go_round(selected, count, key == SCREEN_NEXT);
		return true;
	case SCREEN_PRESS:
		return true;
	default:
		return false;
	}
}

static void obey(struct watch *watch, enum screen_key key)
{
	long columns = (long)tui_item_columns(watch->model, watch->canvas.width);
	size_t count = tui_item_count(watch->model);
	struct tui_view *view = &watch->view;

	watch->is_dirty = true;
	if (view->has_help && key != SCREEN_QUIT && key != SCREEN_REDRAW) {
		view->has_help = false; /* any key */
		return;
	}
	if (view->has_links && obey_links(watch, key))
		return;
	switch (key) {
	case SCREEN_LEFT:
	case SCREEN_RIGHT:
		move_selection(&view->selected, count, key == SCREEN_LEFT ? -1 : 1);
		break;
	case SCREEN_UP:
	case SCREEN_DOWN:
		move_selection(&view->selected, count,
			       key == SCREEN_UP ? -columns : columns);
		break;
	case SCREEN_NEXT:
	case SCREEN_PREVIOUS:
		go_round(&view->selected, count, key == SCREEN_NEXT);
		break;
	case SCREEN_PRESS:
		press_selected(watch);
		break;
	case SCREEN_PAUSE:
		view->is_paused = !view->is_paused;
		view->paused_count = watch->model->event_count;
		break;
	case SCREEN_LINKS:
		view->has_links = !view->has_links;
		watch->links_ns = 0;
		break;
	case SCREEN_HELP:
		view->has_help = true;
		break;
	case SCREEN_QUIT:
		watch->is_over = true;
		break;
	default:
		break;
	}
}

static int draw(struct watch *watch, struct snet_err *err)
{
	uint64_t now = snet__clock_ns();
	unsigned int width, height;
	int r;

	screen_size(&width, &height);
	if (width != watch->canvas.width || height != watch->canvas.height) {
		r = canvas_resize(&watch->canvas, width, height, err);
		if (r < 0)
			return r;
	}
	if (*watch->view.message && now > watch->message_ns + MESSAGE_NS)
		watch->view.message[0] = '\0';
	if (!watch->view.is_connected && !*watch->view.message)
		say(watch, "the lab is down; waiting for it to come back, q quits");
	tui_model_tick(watch->model, now);
	tui_draw(&watch->canvas, watch->model, &watch->view, now);
	screen_show(&watch->canvas);
	watch->drawn_ns = now;
	watch->is_dirty = false;
	return 0;
}

/* Until something happens, the next frame is due, or a device fades. */
static void await(struct watch *watch)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = watch->signal_fd, .events = POLLIN},
		{.fd = watch->press_fds[0], .events = POLLIN},
		{.fd = watch->stream ? snet__client_stream_fd(watch->stream) : -1,
		 .events = POLLIN},
	};
	uint64_t age = snet__clock_ns() - watch->drawn_ns;
	int timeout_ms = 200;

	if (watch->is_dirty)
		timeout_ms = age < FRAME_NS
				     ? (int)((FRAME_NS - age) / SNET__NS_PER_MS) + 1
				     : 0;
	/* EINTR is the terminal's new size, which is then the next key. */
	if (poll(fds, sizeof(fds) / sizeof(*fds), timeout_ms) <= 0)
		return;
	if (fds[0].revents & (POLLHUP | POLLERR) || fds[1].revents)
		watch->is_over = true;
	if (fds[2].revents)
		read_press(watch);
	if (fds[3].revents)
		read_lab(watch);
}

static int show(struct watch *watch, struct snet_err *err)
{
	enum screen_key key;
	int r = 0;

	while (!watch->is_over && r == 0) {
		if (watch->is_dirty
			    ? snet__clock_ns() - watch->drawn_ns >= FRAME_NS
			    : snet__clock_ns() - watch->drawn_ns >= 200 * SNET__NS_PER_MS)
			r = draw(watch, err);
		await(watch);
		while ((key = screen_key()) != SCREEN_NONE)
			obey(watch, key);
		if (!watch->stream)
			find_lab_again(watch);
		else if (watch->view.has_links)
			read_links(watch);
	}
	return r;
}

static int take_signals(struct watch *watch, struct snet_err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	watch->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (watch->signal_fd < 0 || pipe2(watch->press_fds, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot watch for signals");
	return 0;
}

static int run_screen(struct watch *watch, struct snet_err *err)
{
	int r;

	r = take_signals(watch, err);
	if (r < 0)
		return r;
	r = screen_open(err);
	if (r < 0)
		return r;
	r = show(watch, err);
	screen_close();
	return r;
}

static int print_frame(struct watch *watch, struct snet_err *err)
{
	unsigned int width = print_width(),
		     height = tui_frame_height(watch->model, width);
	int r;

	r = canvas_resize(&watch->canvas, width, height, err);
	if (r < 0)
		return r;
	watch->view.is_frame = true;
	tui_draw(&watch->canvas, watch->model, &watch->view, 0);
	canvas_print(&watch->canvas, stdout, print_has_colour());
	return 0;
}

static int run(const struct call *call)
{
	cleanup_with(clear_watch) struct watch watch = {.signal_fd = -1};
	struct snet_err err = {0};
	int r;

	r = lab_find(&watch.lab, call, NULL, &err);
	if (r == 0)
		r = tui_model_new(&watch.model, &err);
	if (r == 0)
		r = connect_lab(&watch, &err);
	if (r < 0)
		return call_fail(&err);
	read_history(&watch);
	if (call_option(call, "once"))
		r = print_frame(&watch, &err);
	else
		r = run_screen(&watch, &err);
	return r < 0 ? call_fail(&err) : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "once", .help = "print one frame as text, without a terminal"},
	{.name = NULL},
};

const struct cmd cmd_watch = {
	.name = "watch",
	.args = "",
	.options = options,
	.help = "show a lab on the whole screen, and press its buttons",
	.details =
		"Arrows, h j k l or Tab choose a device, Enter or space presses it, p pauses the\n"
		"list of events, s shows what shaped links do, ? shows the keys, q leaves.",
	.run = run,
};
