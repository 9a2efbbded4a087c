/* SPDX-License-Identifier: MIT */
/* One table of routes; every handler either answers the request, now or later, or returns an
 * error, which is then the answer. All on the lab's thread. */

#include "api/server.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "api/fitness.h"
#include "api/metrics.h"
#include "api/place.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "lab/shaping.h"
#include "sys/sweeper.h"
#include "sys/unix.h"
#include "topo/value.h"

#define BODY_MAX (SNET_EVENT_DATA_MAX + 1024)
/* How often the folder of a socket is made before somebody gives up. */
#define FOLDER_TRIES 3

static const struct {
	int code;
	unsigned int status;
} statuses[] = {
	{-EINVAL, 400}, {-EMSGSIZE, 413}, {-ENOENT, 404},
	{-EAGAIN, 429}, {-EBUSY, 409},    {-ETIMEDOUT, 504},
	{-EPERM, 403},  {-ENOTCONN, 503}, {-EHOSTDOWN, 503},
};

static unsigned int status_of(int r)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].code == r)
			return statuses[i].status;
	return 500;
}

static void refuse_as(struct snet__httpd_request *request, unsigned int status, int r,
		      const struct snet_err *err, struct snet__json *more,
		      const char *key)
{
	autojson *json = snet__json_new_object();
	autofree char *text = NULL;

	snet__json_add_string(json, "error", err->msg);
	snet__json_add_number(json, "errno", r);
	if (more)
		(void)snet__json_add(json, key, more);
	text = snet__json_format(json);
	snet__httpd_respond(request, status, "application/json", text ? text : "{}",
			    text ? strlen(text) : 2);
}

void snet__api_refuse_with(struct snet__httpd_request *request, int r,
			   const struct snet_err *err, struct snet__json *more,
			   const char *key)
{
	refuse_as(request, status_of(r), r, err, more, key);
}

void snet__api_refuse(struct snet__httpd_request *request, int r,
		      const struct snet_err *err)
{
	snet__api_refuse_with(request, r, err, NULL, NULL);
}

void snet__api_answer_text(struct snet__httpd_request *request, char *text)
{
	struct snet_err oom = {-ENOMEM, "out of memory"};

	if (text)
		snet__httpd_respond(request, 200, "application/json", text, strlen(text));
	else
		snet__api_refuse(request, -ENOMEM, &oom);
	free(text);
}

void snet__api_answer(struct snet__httpd_request *request, struct snet__json *json)
{
	char *text = snet__json_format(json);

	snet__json_free(json);
	snet__api_answer_text(request, text);
}

int snet__api_ways(bool ret[2], const struct snet__httpd_request *request,
		   struct snet_err *err)
{
	const char *way = snet__httpd_query(request, "dir");

	if (way && strcmp(way, "forth") != 0 && strcmp(way, "back") != 0)
		return snet__err_set(err, -EINVAL,
				     "'dir=%s' is no direction: 'forth' or 'back'", way);
	ret[0] = !way || strcmp(way, "forth") == 0;
	ret[1] = !way || strcmp(way, "back") == 0;
	return 0;
}

int snet__api_number(const struct snet__httpd_request *request, const char *key,
		     uint64_t *value, struct snet_err *err)
{
	const char *text = snet__httpd_query(request, key);
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		return snet__err_set(err, -EINVAL, "'%s=%s' is no number", key, text);
	return 0;
}

static int get_lab(struct snet__api *api, struct snet__httpd_request *request,
		   const char *name, struct snet_err *err)
{
	const struct snet__model *model = &api->run->lab->model;
	struct snet__json *json = snet__json_new_object();
	char since[SNET__CLOCK_TEXT_MAX];

	(void)name;
	(void)err;
	snet__clock_format(since, api->run->since_wall_ns);
	snet__json_add_string(json, "lab", model->name);
	snet__json_add_number(json, "pid", getpid());
	snet__json_add_number(json, "nodes", (double)model->node_count);
	snet__json_add_number(json, "links", (double)model->link_count);
	snet__json_add_string(json, "since", since);
	(void)snet__json_add(json, "calibration", snet__fitness_describe(api->run));
	snet__api_answer(request, json);
	return 0;
}

static int get_file(struct snet__api *api, struct snet__httpd_request *request,
		    const char *name, struct snet_err *err)
{
	uint64_t addresses = 0, states = 0;
	struct snet_format_opts opts = {.size = sizeof(opts)};
	autofree char *text = NULL;
	int r;

	(void)name;
	r = snet__api_number(request, "addresses", &addresses, err);
	if (r == 0)
		r = snet__api_number(request, "states", &states, err);
	if (r < 0)
		return r;
	opts.folder = snet__httpd_query(request, "folder");
	opts.addresses = addresses;
	opts.states = states;
	text = snet__run_format(api->run, &opts);
	if (!text)
		return snet__err_oom(err);
	snet__httpd_respond(request, 200, "application/json", text, strlen(text));
	return 0;
}

static int get_metrics(struct snet__api *api, struct snet__httpd_request *request,
		       const char *name, struct snet_err *err)
{
	autofree char *text = snet__metrics_format(api->run);

	(void)name;
	if (!text)
		return snet__err_oom(err);
	snet__httpd_respond(request, 200, "text/plain; version=0.0.4", text,
			    strlen(text));
	return 0;
}

/* Those that are shaped. */
static int get_links(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err)
{
	struct snet__json *json = snet__json_new_object(), *list;

	(void)name;
	(void)err;
	list = snet__json_add(json, "links", snet__json_new_array());
	for (size_t i = 0; i < api->run->link_count; i++)
		if (snet__link_is_shaped(api->run->links[i]->link))
			(void)snet__json_append(
				list,
				snet__shaping_describe(api->run, api->run->links[i]));
	if (snet__json_count(list))
		(void)snet__json_add(json, "late_us", snet__shaping_lateness(api->run));
	snet__api_answer(request, json);
	return 0;
}

static int get_link(struct snet__api *api, struct snet__httpd_request *request,
		    const char *name, struct snet_err *err)
{
	const struct snet__model *model = &api->run->lab->model;
	const struct snet__model_link *link = snet__model_find_link(model, name);

	if (!link)
		return snet__model_refuse_link(model, name, err);
	snet__api_answer(request,
			 snet__shaping_describe(api->run, api->run->links[link->index]));
	return 0;
}

static int post_down(struct snet__api *api, struct snet__httpd_request *request,
		     const char *name, struct snet_err *err)
{
	(void)name;
	(void)err;
	snet__api_answer(request, snet__json_new_object());
	snet__lab_ask_end(api->run->lab);
	return 0;
}

struct entry {
	int fds[4];
};

static void send_descriptors(void *user, int sock)
{
	struct entry *entry = user;
	char control[CMSG_SPACE(sizeof(entry->fds))] = {0};
	char byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(entry->fds));
	memcpy(CMSG_DATA(header), entry->fds, sizeof(entry->fds));
	/* A client that has gone by now does not miss them. */
	if (sock >= 0)
		(void)sendmsg(sock, &message, MSG_NOSIGNAL);
	close(entry->fds[0]);
	close(entry->fds[2]);
	close(entry->fds[3]);
	free(entry);
}

/* A namespace's descriptor is all it takes to run a program in it, and to keep it alive. */
static int post_enter(struct snet__api *api, struct snet__httpd_request *request,
		      const char *name, struct snet_err *err)
{
	struct snet__run_node *node = snet__run_find(api->run, name, err);
	const char *upgrade = snet__httpd_header(request, "Upgrade");
	struct entry *entry;
	autoclose int user = -1, netns = -1, end = -1;
	int r;

	if (!node)
		return -ENOENT;
	r = snet__run_open_netns(node, &netns, err);
	if (r == 0)
		r = snet__run_open_end(node, &end, err);
	if (r < 0)
		return r;
	if (!upgrade || strcmp(upgrade, "snet-enter") != 0)
		return snet__err_set(err, -EINVAL,
				     "needs the header Upgrade: snet-enter");
	user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (user < 0)
		return snet__err_sys(err, -errno, "cannot open the user namespace");
	entry = malloc(sizeof(*entry));
	if (!entry)
		return snet__err_oom(err);
	*entry = (struct entry){
		{steal_fd(&user), api->run->mntns, steal_fd(&netns), steal_fd(&end)}};
	snet__httpd_upgrade(request, "snet-enter", send_descriptors, entry);
	return 0;
}

/* The most keys that one route knows, and the end of them. */
#define KEYS_SIZE 5

static const struct route {
	const char *method;
	const char *before,
		*after; /* the path; between them stands a name, unless NULL */
	int (*fn)(struct snet__api *api, struct snet__httpd_request *request,
		  const char *name, struct snet_err *err);
	const char *keys[KEYS_SIZE]; /* of the query */
} routes[] = {
	{"GET", "/v1/lab", NULL, get_lab, {NULL}},
	{"GET", "/v1/status", NULL, snet__api_status, {"lines", "counts"}},
	{"GET", "/v1/file", NULL, get_file, {"addresses", "states", "folder"}},
	{"GET", "/v1/metrics", NULL, get_metrics, {NULL}},
	{"GET", "/v1/links", NULL, get_links, {NULL}},
	{"GET", "/v1/links/", "", get_link, {NULL}},
	{"GET",
	 "/v1/links/",
	 "/capture",
	 snet__api_capture_link,
	 {"filter", "snaplen", "count"}},
	{"GET",
	 "/v1/nodes/",
	 "/capture",
	 snet__api_capture_node,
	 {"filter", "snaplen", "count"}},
	{"POST", "/v1/links/", "/flap", snet__api_flap, {"dir", "down", "up", "count"}},
	{"POST", "/v1/links/", "", snet__alter_link, {"dir", "folder", "dry"}},
	{"POST", "/v1/nodes/", "/press", snet__live_press, {"wait"}},
	{"GET", "/v1/nodes/", "/logs", snet__live_logs, {"follow"}},
	{"POST", "/v1/nodes/", "/enter", post_enter, {NULL}},
	{"GET", "/v1/events", NULL, snet__live_events, {"after", "limit", "follow"}},
	{"GET", "/v1/traces/", "", snet__live_trace, {"wait"}},
	{"GET", "/v1/watch", NULL, snet__live_watch, {NULL}},
	{"POST", "/v1/apply", NULL, snet__alter_apply, {"folder", "dry"}},
	{"POST", "/v1/extend", NULL, snet__alter_extend, {"folder", "dry"}},
	{"DELETE", "/v1/nodes/", "", snet__alter_remove, {"dry"}},
	{"POST", "/v1/nodes/", "/restart", snet__alter_restart, {"fresh"}},
	{"POST", "/v1/down", NULL, post_down, {NULL}},
};

/* The longest name in a path: many names, where they go. */
#define PATH_NAME_SIZE 16384

/* The part of @path between @before and @after, percent-decoded, or false. */
static bool match(const char *path, const char *before, const char *after,
		  char name[PATH_NAME_SIZE])
{
	size_t start = strlen(before), length = strlen(path), tail, used = 0;
	unsigned int byte;

	name[0] = '\0';
	if (!after)
		return strcmp(path, before) == 0;
	tail = strlen(after);
	if (length < start + tail || strncmp(path, before, start) != 0 ||
	    strcmp(path + length - tail, after) != 0)
		return false;
	for (size_t i = start; i < length - tail; i++) {
		if (used == PATH_NAME_SIZE - 1 || path[i] == '/')
			return false;
		if (path[i] == '%' && sscanf(path + i + 1, "%2x", &byte) == 1 && byte) {
			name[used++] = (char)byte;
			i += 2;
		} else {
			name[used++] = path[i];
		}
	}
	name[used] = '\0';
	return true;
}

/* The methods of a path: "GET, POST". */
#define METHODS_SIZE 64

/* @methods: those that @path has, of which @method is none, when the result is NULL; "" where there
 * is no such path. */
static const struct route *find_route(const char *path, const char *method,
				      char name[PATH_NAME_SIZE],
				      char methods[METHODS_SIZE])
{
	size_t used = 0;

	methods[0] = '\0';
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (!match(path, routes[i].before, routes[i].after, name))
			continue;
		if (strcmp(method, routes[i].method) == 0)
			return &routes[i];
		used += (size_t)snprintf(methods + used, METHODS_SIZE - used, "%s%s",
					 used ? ", " : "", routes[i].method);
	}
	return NULL;
}

/* Without a route. */
static void refuse_path(struct snet__httpd_request *request, const char *methods)
{
	const char *path = snet__httpd_path(request);
	struct snet__shown shown;
	struct snet_err err = {0};

	if (!*methods) {
		(void)snet__err_set(&err, -ENOENT, "there is no '%s' in this API", path);
		snet__api_refuse(request, -ENOENT, &err);
		return;
	}
	(void)snet__err_set(&err, -EINVAL, "'%s' does not take %s: it takes %s",
			    snet__show(&shown, path), snet__httpd_method(request),
			    methods);
	snet__httpd_add_header(request, "Allow", methods);
	refuse_as(request, 405, -EINVAL, &err, NULL, NULL);
}

/* Nothing unknown is ignored: who misspells "dry" does not want the change. */
static int check_keys(const struct route *route,
		      const struct snet__httpd_request *request, struct snet_err *err)
{
	const char *other = snet__httpd_find_other_key(request, route->keys);
	char known[128] = "this takes none";
	struct snet__shown shown;
	size_t used = 0;

	if (!other)
		return 0;
	for (size_t i = 0; route->keys[i]; i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s'%s'",
					 used ? ", " : "there are ", route->keys[i]);
	return snet__err_set(err, -EINVAL, "unknown parameter '%s': %s",
			     snet__show(&shown, other), known);
}

static void on_request(void *user, struct snet__httpd_request *request)
{
	char name[PATH_NAME_SIZE], methods[METHODS_SIZE];
	const struct route *route;
	struct snet_err err = {0};
	int r;

	if (snet__httpd_too_large(request)) {
		r = snet__err_set(&err, -EMSGSIZE, "a body of over %zu bytes",
				  snet__httpd_body_max(request));
		snet__api_refuse(request, r, &err);
		return;
	}
	route = find_route(snet__httpd_path(request), snet__httpd_method(request), name,
			   methods);
	if (!route) {
		refuse_path(request, methods);
		return;
	}
	r = check_keys(route, request, &err);
	if (r == 0)
		r = route->fn(user, request, name, &err);
	if (r < 0)
		snet__api_refuse(request, r, &err);
}

static void free_api(void *arg)
{
	struct snet__api *api = arg;

	snet__live_end(api);
	/* Streams that are still open end with it, and with them what writes to them. */
	snet__httpd_free(api->httpd);
	if (api->is_bound) {
		(void)unlink(api->path); /* somebody may have been quicker */
		snet__place_sweep(api->path);
	}
	free(api->path);
	free(api);
}

/* A socket listens before it stands at its place: whoever finds it there can connect, and does
 * not take it for the socket of a dead lab. */
static int listen_at(int *ret_fd, struct snet__sweeper *sweeper, const char *path,
		     struct snet_err *err)
{
	struct sockaddr_un address, early;
	autofree char *name = snet__text_format("%s.%d", path, (int)getpid());
	autoclose int fd = -1;

	if (!name)
		return snet__err_oom(err);
	if (snet__unix_address(&address, path) < 0 ||
	    snet__unix_address(&early, name) < 0)
		return snet__err_set(err, -ENAMETOOLONG, "'%s' is too long for a socket",
				     path);
	if (snet__unix_clear(&address) < 0)
		return snet__err_set(err, -EADDRINUSE, "a lab is served at '%s' already",
				     path);
	snet__sweeper_set_sockets(sweeper, path, name);
	(void)unlink(name); /* of a dead process with our number, if at all */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&early, sizeof(early)) < 0)
		return snet__err_sys(err, -errno, "cannot listen at '%s'", path);
	if (chmod(name, 0600) < 0 || listen(fd, 64) < 0 || rename(name, path) < 0) {
		int r = snet__err_sys(err, -errno, "cannot listen at '%s'", path);

		(void)unlink(name);
		return r;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

struct serving {
	struct snet_lab *lab;
	const char *path;
};

static int serve(void *arg, struct snet_err *err)
{
	const struct serving *serving = arg;
	struct snet__run *run = serving->lab->run;
	struct snet__api *api;
	int fd = -1, r;

	if (run->api)
		return snet__err_set(err, -EADDRINUSE, "the lab is served already");
	api = calloc(1, sizeof(*api));
	if (!api)
		return snet__err_oom(err);
	api->run = run;
	api->path = strdup(serving->path);
	r = api->path ? listen_at(&fd, run->sweeper, api->path, err) : snet__err_oom(err);
	api->is_bound = r == 0;
	if (r == 0)
		r = snet__httpd_new(&api->httpd, run->loop, fd, BODY_MAX, on_request, api,
				    err);
	if (r == 0)
		r = snet__httpd_allow(api->httpd, "/v1/apply", SNET__MODEL_FILE_MAX, err);
	if (r == 0)
		r = snet__httpd_allow(api->httpd, "/v1/extend", SNET__MODEL_FILE_MAX,
				      err);
	if (r < 0) {
		free_api(api);
		return r;
	}
	run->api = api;
	run->api_free = free_api;
	return 0;
}

static int default_path(char **ret, const struct snet_lab *lab, struct snet_err *err)
{
	autofree char *folder = NULL;
	int r;

	r = snet__place_socket_folder(&folder, err);
	if (r == 0)
		r = snet__place_make(folder, "XDG_RUNTIME_DIR", err);
	return r < 0 ? r : snet__place_socket(ret, lab->model.name, err);
}

static int serve_at(struct snet_lab *lab, const char *path, struct snet_err *err)
{
	struct serving serving = {.lab = lab, .path = path};

	return snet__lab_call(lab, serve, &serving, err);
}

static int serve_at_default(struct snet_lab *lab, struct snet_err *err)
{
	int r = -ENOENT;

	/* Another lab may go down meanwhile, and take the empty folder with it. */
	for (int i = 0; i < FOLDER_TRIES && r == -ENOENT; i++) {
		autofree char *path = NULL;

		r = default_path(&path, lab, err);
		if (r < 0)
			return r;
		r = serve_at(lab, path, err);
	}
	return r;
}

int snet_lab_serve(struct snet_lab *lab, const char *path, struct snet_err *err)
{
	int r;

	if (!snet_lab_is_up(lab))
		return snet__err_set(err, -ENOTCONN, "lab '%s' is not up",
				     lab->model.name);
	r = path ? serve_at(lab, path, err) : serve_at_default(lab, err);
	return r < 0 ? snet__err_prefix(err, r, "cannot serve lab '%s'", lab->model.name)
		     : 0;
}
