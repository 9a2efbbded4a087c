/* SPDX-License-Identifier: MIT */
/* From the model to the running lab: folder and store, the network, then what lives in it:
 * functions before relayers, relayers before the devices that register at them. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/fabric.h"
#include "lab/run.h"
#include "sys/netns.h"
#include "sys/process.h"

/* From this many nodes on a thread that makes namespaces ahead is worth its start. */
#define EXPECT_NODES 32

#define FILES_PER_NODE 3 /* namespace, socket, and some to spare */

static int make_folder(struct snet__run *run, struct snet_err *err)
{
	char own[] = "/tmp/snet-XXXXXX";

	if (run->lab->folder) {
		run->folder = strdup(run->lab->folder);
		return run->folder ? 0 : snet__err_oom(err);
	}
	if (!mkdtemp(own))
		return snet__err_sys(err, -errno, "cannot create a folder below /tmp");
	run->is_own_folder = true;
	run->folder = strdup(own);
	return run->folder ? 0 : snet__err_oom(err);
}

static void remove_folder(struct snet__run *run)
{
	autofree char *hosts = snet__text_format("%s/hosts", run->folder);

	snet__store_remove(run->folder);
	if (hosts)
		(void)unlink(hosts); /* it need not be there */
	(void)rmdir(run->folder);    /* a user's file in it keeps it */
}

static int open_store(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	struct snet__store_opts opts = {
		.folder = run->folder,
		.durability = model->durability,
		.resume = run->lab->resume,
	};

	/* The store is one for all relayers: the one that wants to keep most decides. */
	for (size_t i = 0; i < model->node_count; i++)
		if (model->nodes[i].keep > opts.keep)
			opts.keep = model->nodes[i].keep;
	return snet__store_open(&run->store, &opts, err);
}

/* Every name of the lab, for programs in its nodes. */
static int write_hosts(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	autofree char *path = snet__text_format("%s/hosts", run->folder);
	char address[16];
	FILE *file;

	if (!path)
		return snet__err_oom(err);
	file = fopen(path, "we");
	if (!file)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	(void)fputs("127.0.0.1\tlocalhost\n", file);
	for (size_t i = 0; i < model->node_count; i++)
		if (model->nodes[i].ipv4)
			(void)fprintf(file, "%s\t%s\n",
				      snet__ipv4_format(address, model->nodes[i].ipv4),
				      model->nodes[i].name);
	if (ferror(file) | fclose(file))
		return snet__err_sys(err, -EIO, "cannot write '%s'", path);
	return snet__mntns_new(&run->mntns, path, err);
}

static struct snet__run_node *node_at(struct snet__run *run, const char *name)
{
	return snet__run_find(run, name, NULL);
}

static int make_switches(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int r;

	for (size_t i = 0; i < model->node_count; i++) {
		if (model->nodes[i].role != SNET__ROLE_SWITCH)
			continue;
		r = snet__fabric_add_switch(run->fabric, model->nodes[i].name,
					    &run->nodes[i].port, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_switch(const struct snet__run_node *node)
{
	return node->node->role == SNET__ROLE_SWITCH;
}

static int plug_in(struct snet__run *run, struct snet__run_node *node, int at,
		   struct snet_err *err)
{
	const struct snet__run_node *relayer =
		node->node->relayer ? node_at(run, node->node->relayer) : NULL;
	struct snet__fabric_node plug = {
		.at = at,
		.ipv4 = node->node->ipv4,
		.prefix = run->lab->model.prefix,
		.neighbours = relayer ? &relayer->node->ipv4 : NULL,
		.neighbour_count = relayer ? 1 : 0,
	};

	return snet__fabric_add_node_with(run->fabric, &plug, &node->netns, err);
}

/* The namespace of a node comes with its first link to a switch: one request less. */
static int make_link(struct snet__run *run, const struct snet__model_link *link,
		     struct snet_err *err)
{
	struct snet__run_node *a = node_at(run, link->from), *b = node_at(run, link->to);
	unsigned int prefix = run->lab->model.prefix;

	if (is_switch(a) && is_switch(b))
		return snet__fabric_link_switches(run->fabric, a->port, b->port, err);
	if (is_switch(a)) {
		struct snet__run_node *swap = a;

		a = b;
		b = swap;
	}
	if (is_switch(b) && a->netns < 0)
		return plug_in(run, a, b->port, err);
	if (is_switch(b))
		return snet__fabric_link_node(run->fabric, a->netns, b->port,
					      a->node->ipv4, prefix, err);
	for (int i = 0; i < 2; i++) {
		struct snet__run_node *end = i ? b : a;
		int r = end->netns >= 0 ? 0
					: snet__fabric_add_node(run->fabric, -1, 0,
								prefix, &end->netns, err);

		if (r < 0)
			return r;
	}
	return snet__fabric_link_nodes(run->fabric, a->netns, a->node->ipv4, b->netns,
				       b->node->ipv4, prefix, err);
}

/* A relayer knows the hardware addresses of its devices, and they know its. */
static int make_neighbours(struct snet__run *run, struct snet__run_node *relayer,
			   struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	autofree uint32_t *devices = calloc(model->node_count, sizeof(*devices));
	size_t count = 0;

	if (!devices)
		return snet__err_oom(err);
	for (size_t i = 0; i < model->node_count; i++)
		if (model->nodes[i].role == SNET__ROLE_DEVICE &&
		    strcmp(model->nodes[i].relayer, relayer->node->name) == 0)
			devices[count++] = model->nodes[i].ipv4;
	return count ? snet__fabric_add_neighbours(relayer->netns, NULL, devices, count,
						   err)
		     : 0;
}

static int make_network(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int r;

	r = snet__process_allow_files(model->node_count * FILES_PER_NODE, err);
	if (r == 0)
		r = snet__fabric_new(&run->fabric, err);
	/* This thread enters the nodes' namespaces from here on, which it could not, without
	 * root, from the host's. */
	if (r == 0)
		r = snet__netns_settle(snet__fabric_netns(run->fabric), err);
	if (r == 0)
		snet__fabric_skip_filters(run->fabric);
	if (r == 0 && model->node_count >= EXPECT_NODES)
		r = snet__fabric_expect(run->fabric, model->node_count, err);
	if (r == 0)
		r = make_switches(run, err);
	for (size_t i = 0; i < model->link_count && r == 0; i++) {
		r = make_link(run, &model->links[i], err);
		if (r < 0)
			return snet__err_prefix(err, r, "link '%s'",
						model->links[i].name);
	}
	for (size_t i = 0; i < model->node_count && r == 0; i++)
		if (run->nodes[i].netns < 0 && !is_switch(&run->nodes[i]))
			r = snet__fabric_add_node(run->fabric, -1, 0, model->prefix,
						  &run->nodes[i].netns, err);
	for (size_t i = 0; i < model->node_count && r == 0; i++)
		if (model->nodes[i].role == SNET__ROLE_RELAYER)
			r = make_neighbours(run, &run->nodes[i], err);
	return r;
}

static int open_listener(int *ret_fd, const struct snet__run_node *node,
			 struct snet_err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(SNET__FAAS_PORT)};
	autoclose int fd = -1;
	int on = 1, r;

	r = snet__netns_socket(&fd, node->netns, AF_INET, SOCK_STREAM, 0, err);
	if (r < 0)
		return r;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 128) < 0)
		return snet__err_sys(err, -errno, "cannot listen at TCP port %d",
				     SNET__FAAS_PORT);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int make_functions(struct snet__run *run, struct snet__run_node *node,
			  struct snet_err *err)
{
	const struct snet__model_node *described = node->node;
	autofree struct snet__faas_function *functions =
		calloc(described->function_count + 1, sizeof(*functions));
	char address[16];
	struct snet__faas_opts opts = {
		.name = described->name,
		.credentials = described->credentials,
		.folder = run->folder,
		.invocations_per_minute = described->invocations_per_minute,
		.netns = node->netns,
		.mntns = run->mntns,
		.functions = functions,
		.function_count = described->function_count,
		.log = snet__run_on_log,
		.user = node,
	};
	int r;

	node->url = snet__text_format("http://%s:%d",
				      snet__ipv4_format(address, described->ipv4),
				      SNET__FAAS_PORT);
	if (!functions || !node->url)
		return snet__err_oom(err);
	opts.api_host = node->url;
	for (size_t i = 0; i < described->function_count; i++) {
		const struct snet__model_function *f = &described->functions[i];

		functions[i] = (struct snet__faas_function){
			.name = f->name,
			.file = f->file,
			.code = f->code,
			.kind = f->kind,
			.main = f->main,
			.parameters = f->parameters,
			.timeout_ms = f->timeout_ms,
			.memory_mb = f->memory_mb,
		};
	}
	r = open_listener(&opts.listen_fd, node, err);
	if (r == 0)
		r = snet__faas_new(&node->faas, run->loop, &opts, err);
	return r < 0 ? snet__err_prefix(err, r, "cannot create functions node '%s'",
					described->name)
		     : 0;
}

static const struct snet__model_backend *find_backend(const struct snet__run *run,
						      const char *name)
{
	const struct snet__model *model = &run->lab->model;

	for (size_t i = 0; i < model->backend_count; i++)
		if (strcmp(model->backends[i].name, name) == 0)
			return &model->backends[i];
	return NULL;
}

static const struct snet_backend_kind *find_custom_backend(const struct snet_lab *lab,
							   const char *kind)
{
	for (size_t i = 0; i < lab->backend_kind_count; i++)
		if (strcmp(lab->backend_kinds[i]->name, kind) == 0)
			return lab->backend_kinds[i];
	return NULL;
}

static void *find_natives(const struct snet_lab *lab, const char *backend)
{
	for (size_t i = 0; i < lab->native_count; i++)
		if (strcmp(lab->natives[i].backend, backend) == 0)
			return &lab->natives[i].functions;
	return NULL;
}

/* A relayer has its own connection to a backend: it starts in its own namespace. */
static int make_backend(struct snet__run *run, struct snet__backend **ret,
			const struct snet__run_node *relayer, const char *name,
			struct snet_err *err)
{
	const struct snet__model_backend *described = find_backend(run, name);
	struct snet_backend_opts opts = {
		.size = sizeof(opts),
		.name = described->name,
		.kind = described->kind,
		.node = described->node,
		.url = described->url,
		.credentials = described->credentials,
		.insecure = described->insecure,
		.timeout_ns = described->timeout_ns,
	};
	const struct snet__run_node *node = opts.node ? node_at(run, opts.node) : NULL;
	struct snet__backend_env env = {
		.opts = &opts,
		.loop = run->loop,
		.netns = relayer->netns,
		.outside = run->outside,
		.node_url = node ? node->url : NULL,
		.node_credentials = node ? node->node->credentials : NULL,
		.user = find_natives(run->lab, name),
	};
	const struct snet_backend_kind *custom = find_custom_backend(run->lab, opts.kind);
	struct snet__backend **more;
	int r;

	more = reallocarray(run->backends, run->backend_count + 1,
			    sizeof(struct snet__backend *));
	if (!more)
		return snet__err_oom(err);
	run->backends = more;
	r = custom ? snet__backend_new_custom(ret, custom, &env, err)
		   : snet__backend_new(ret, snet__backend_find_kind(opts.kind), &env,
				       err);
	if (r < 0)
		return snet__err_prefix(err, r, "relayer '%s'", relayer->node->name);
	run->backends[run->backend_count++] = *ret;
	return 0;
}

static int make_relayer(struct snet__run *run, struct snet__run_node *node,
			struct snet_err *err)
{
	const struct snet__model_node *described = node->node;
	struct snet__relayer_env env = {
		.loop = run->loop,
		.coap = run->coap,
		.store = run->store,
		.seed = run->lab->model.seed,
		.netns = node->netns,
		.watcher = {.journaled = snet__run_on_journaled,
			    .ended = snet__run_on_ended,
			    .knows = snet__run_knows,
			    .user = run},
	};
	autofree struct snet__backend **made =
		calloc(described->route_count + 1, sizeof(struct snet__backend *));
	size_t same;
	int r;

	if (!made)
		return snet__err_oom(err);
	r = snet__relayer_new(&node->relayer, &env, described, err);
	if (r < 0)
		return r;
	run->relayers[run->relayer_count++] = node->relayer;
	for (size_t i = 0; i < described->route_count; i++) {
		for (same = 0; same < i; same++)
			if (strcmp(described->routes[same].backend,
				   described->routes[i].backend) == 0)
				break;
		made[i] = made[same];
		if (same == i)
			r = make_backend(run, &made[i], node,
					 described->routes[i].backend, err);
		if (r < 0)
			return r;
		snet__relayer_set_backend(node->relayer, i, made[i]);
	}
	return 0;
}

static const struct snet_device_kind *find_custom_device(const struct snet_lab *lab,
							 const char *kind)
{
	for (size_t i = 0; i < lab->device_kind_count; i++)
		if (strcmp(lab->device_kinds[i]->name, kind) == 0)
			return lab->device_kinds[i];
	return NULL;
}

static int make_device(struct snet__run *run, struct snet__run_node *node,
		       struct snet_err *err)
{
	const struct snet__device_env env = {
		.loop = run->loop,
		.coap = run->coap,
		.store = run->store,
		.lab = run->lab->model.name,
		.run = run->number,
		.seed = run->lab->model.seed,
		.watcher = {.registered = snet__run_on_registered,
			    .acknowledged = snet__run_on_acknowledged,
			    .dropped = snet__run_on_dropped,
			    .changed = snet__run_on_changed,
			    .user = run},
	};
	int r;

	r = snet__device_new(&node->device, &env, node->node,
			     find_custom_device(run->lab, node->node->kind), node->netns,
			     node_at(run, node->node->relayer)->node->ipv4, err);
	if (r < 0)
		return r;
	run->device_count++;
	return 0;
}

static int make_role(struct snet__run *run, enum snet__role role,
		     int (*make)(struct snet__run *run, struct snet__run_node *node,
				 struct snet_err *err),
		     struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < run->lab->model.node_count && r == 0; i++)
		if (run->nodes[i].node->role == role)
			r = make(run, &run->nodes[i], err);
	return r;
}

static int start_device(struct snet__run *run, struct snet__run_node *node,
			struct snet_err *err)
{
	(void)run;
	return snet__device_start(node->device, err);
}

static int resume_one(void *user, const char *relayer, uint64_t seq, const char *event,
		      const struct snet_trace *trace, unsigned int index,
		      const void *data, size_t size)
{
	struct snet__run *run = user;
	struct snet__run_node *node = node_at(run, relayer);

	/* A relayer that the lab file does not have any more: its events stay in the store. */
	if (!node || !node->relayer)
		return 0;
	return snet__relayer_resume(node->relayer, seq, event, trace, index, data, size);
}

static int make_nodes(struct snet__run *run, struct snet_err *err)
{
	int r;

	r = make_role(run, SNET__ROLE_FUNCTIONS, make_functions, err);
	if (r == 0)
		r = make_role(run, SNET__ROLE_RELAYER, make_relayer, err);
	if (r == 0)
		r = make_role(run, SNET__ROLE_DEVICE, make_device, err);
	if (r == 0)
		r = snet__store_each_open(run->store, resume_one, run, err);
	if (r == 0)
		r = make_role(run, SNET__ROLE_DEVICE, start_device, err);
	return r;
}

static bool has_url(const struct snet__model *model)
{
	for (size_t i = 0; i < model->backend_count; i++)
		if (model->backends[i].url)
			return true;
	return false;
}

static int build(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	int r;

	run->nodes = calloc(model->node_count + 1, sizeof(*run->nodes));
	run->relayers = calloc(model->node_count + 1, sizeof(struct snet__relayer *));
	if (!run->nodes || !run->relayers)
		return snet__err_oom(err);
	for (size_t i = 0; i < model->node_count; i++)
		run->nodes[i] = (struct snet__run_node){.node = &model->nodes[i],
							.netns = -1,
							.port = -1,
							.run = run};
	r = make_folder(run, err);
	if (r == 0)
		r = open_store(run, err);
	if (r == 0 && has_url(model))
		r = snet__outside_new(&run->outside, err);
	if (r == 0)
		r = make_network(run, err);
	if (r == 0)
		r = write_hosts(run, err);
	if (r == 0)
		r = snet__coap_new(&run->coap, run->loop, err);
	if (r == 0)
		r = make_nodes(run, err);
	return r;
}

int snet__run_new(struct snet__run **ret, struct snet_lab *lab, struct snet_err *err)
{
	struct snet__run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return snet__err_oom(err);
	run->lab = lab;
	run->loop = snet__engine_loop(lab->engine);
	run->mntns = -1;
	run->number = (uint32_t)snet__random_entropy();
	run->since_wall_ns = snet__clock_wall_ns();
	r = build(run, err);
	if (r < 0) {
		snet__run_free(run);
		return r;
	}
	snet__loop_set_turn(run->loop, snet__run_on_turn, run);
	*ret = run;
	return 0;
}

static void free_node(struct snet__run_node *node)
{
	snet__device_free(node->device);
	snet__relayer_free(node->relayer);
	snet__faas_free(node->faas);
	free(node->url);
	if (node->netns >= 0)
		close(node->netns);
	for (size_t i = 0; node->lines && i < SNET__LOG_LINES; i++)
		free(node->lines[i]);
	free(node->lines);
}

void snet__run_free(struct snet__run *run)
{
	snet__loop_set_turn(run->loop, NULL, NULL);
	/* Backends first: their invocations belong to the relayers. */
	for (size_t i = 0; i < run->backend_count; i++)
		snet__backend_free(run->backends[i]);
	for (size_t i = 0; run->nodes && i < run->lab->model.node_count; i++)
		free_node(&run->nodes[i]);
	snet__outside_free(run->outside);
	snet__coap_free(run->coap);
	snet__netns_unsettle();
	snet__fabric_free(run->fabric);
	snet__store_close(run->store);
	if (run->mntns >= 0)
		close(run->mntns);
	if (run->is_own_folder && run->folder)
		remove_folder(run);
	free(run->folder);
	free(run->backends);
	free(run->relayers);
	free(run->nodes);
	free(run);
}
