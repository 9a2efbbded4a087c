/* SPDX-License-Identifier: MIT */
/* What lives in the nodes: made of the model once the network is there, ended before it goes. */

#include "lab/services.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/breakage.h"
#include "lab/gateway.h"
#include "lab/run.h"
#include "sys/netns.h"

/* What lives in a node has a part of the loop, for as long as it does. */
static int make_loop(struct snet__run *run, struct snet__run_node *node,
		     struct snet_err *err)
{
	return node->loop ? 0 : snet__loop_new_part(&node->loop, run->loop, err);
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
		.faults = &node->faults,
		.log = snet__run_on_log,
		.user = node,
	};
	int r;

	free(node->url);
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
	r = make_loop(run, node, err);
	if (r == 0)
		r = snet__netns_listen(&opts.listen_fd, node->netns, SNET__FAAS_PORT,
				       err);
	if (r == 0)
		r = snet__faas_new(&node->faas, node->loop, &opts, err);
	return r < 0 ? snet__err_prefix(err, r, "cannot create functions node '%s'",
					described->name)
		     : 0;
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

/* C functions are all there before the lab is up; one that is not never will be. */
static int check_native(const struct snet__run *run,
			const struct snet__model_route *route, struct snet_err *err)
{
	const struct snet__native_functions *functions =
		find_natives(run->lab, route->backend);

	if (strcmp(snet__model_find_backend(&run->lab->model, route->backend)->kind,
		   "native") != 0)
		return 0;
	for (size_t i = 0; functions && i < functions->count; i++)
		if (strcmp(functions->items[i].name, route->function) == 0)
			return 0;
	return snet__err_set(
		err, -EINVAL,
		"there is no C function '%s' in backend '%s': a program adds it "
		"with snet_lab_add_native()",
		route->function, route->backend);
}

/* A relayer has its own connection to a backend: it starts in its own namespace. */
static int make_backend(struct snet__run *run, struct snet__backend **ret,
			struct snet__run_node *relayer, const char *name,
			struct snet_err *err)
{
	const struct snet__model_backend *described =
		snet__model_find_backend(&run->lab->model, name);
	struct snet_backend_opts opts = {
		.size = sizeof(opts),
		.name = described->name,
		.kind = described->kind,
		.node = described->node,
		.url = described->url,
		.credentials = described->credentials,
		.insecure = described->insecure,
		.timeout_ns = described->timeout_ns,
		.gateway = described->gateway,
	};
	const struct snet__run_node *node =
		opts.node ? snet__run_find(run, opts.node, NULL) : NULL;
	struct snet__backend_env env = {
		.opts = &opts,
		.loop = relayer->loop,
		.netns = relayer->netns,
		.outside = run->outside,
		.node_url = node ? node->url : NULL,
		.node_credentials = node ? node->node->credentials : NULL,
		.user = find_natives(run->lab, name),
	};
	const struct snet_backend_kind *custom = find_custom_backend(run->lab, opts.kind);
	struct snet__backend **more;
	autofree char *connect_to = NULL;
	int r = 0;

	more = reallocarray(relayer->backends, relayer->backend_count + 1,
			    sizeof(struct snet__backend *));
	if (!more)
		return snet__err_oom(err);
	relayer->backends = more;
	if (opts.gateway)
		r = snet__gateway_find_way(run, described, &env, &connect_to, err);
	if (r < 0)
		return snet__err_prefix(err, r, "relayer '%s'", relayer->node->name);
	r = custom ? snet__backend_new_custom(ret, custom, &env, err)
		   : snet__backend_new(ret, snet__backend_find_kind(opts.kind), &env,
				       err);
	if (r < 0)
		return snet__err_prefix(err, r, "relayer '%s'", relayer->node->name);
	relayer->backends[relayer->backend_count++] = *ret;
	return 0;
}

static int make_gateway(struct snet__run *run, struct snet__run_node *node,
			struct snet_err *err)
{
	return snet__gateway_new(&node->gateway, run, node, err);
}

static int make_relayer(struct snet__run *run, struct snet__run_node *node,
			struct snet_err *err)
{
	const struct snet__model_node *described = node->node;
	struct snet__relayer_env env = {
		.coap = run->coap,
		.store = run->store,
		.seed = run->lab->model.seed,
		.netns = node->netns,
		.watcher = {.received = snet__run_on_received,
			    .journaled = snet__run_on_journaled,
			    .ended = snet__run_on_ended,
			    .noted = snet__run_on_noted,
			    .knows = snet__run_knows,
			    .user = run},
	};
	autofree struct snet__backend **made =
		calloc(described->route_count + 1, sizeof(struct snet__backend *));
	struct snet__relayer **more;
	size_t same;
	int r;

	if (!made)
		return snet__err_oom(err);
	r = make_loop(run, node, err);
	if (r < 0)
		return r;
	env.loop = node->loop;
	r = snet__relayer_new(&node->relayer, &env, described, err);
	if (r < 0)
		return r;
	more = reallocarray(run->relayers, run->relayer_count + 1,
			    sizeof(struct snet__relayer *));
	if (!more)
		return snet__err_oom(err);
	run->relayers = more;
	run->relayers[run->relayer_count++] = node->relayer;
	r = node->registered ? snet__relayer_adopt(node->relayer, node->registered, err)
			     : 0;
	if (r < 0)
		return r;
	snet__relayer_free_registered(steal_ptr(node->registered));
	for (size_t i = 0; i < described->route_count; i++) {
		for (same = 0; same < i; same++)
			if (strcmp(described->routes[same].backend,
				   described->routes[i].backend) == 0)
				break;
		made[i] = made[same];
		r = check_native(run, &described->routes[i], err);
		if (r == 0 && same == i)
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
	struct snet__device_env env = {
		.coap = run->coap,
		.store = run->store,
		.lab = run->lab->model.name,
		/* It counts its events from 1 each time that it is made. */
		.run = node->is_new ? (uint32_t)snet__random_entropy() : run->number,
		.seed = run->lab->model.seed,
		.has_no_memory = run->has_no_memory,
		.watcher = {.registered = snet__run_on_registered,
			    .emitted = snet__run_on_emitted,
			    .obeyed = snet__run_on_obeyed,
			    .acknowledged = snet__run_on_acknowledged,
			    .refused = snet__run_on_refused,
			    .dropped = snet__run_on_dropped,
			    .changed = snet__run_on_changed,
			    .user = run},
	};
	int r;

	r = make_loop(run, node, err);
	if (r < 0)
		return r;
	env.loop = node->loop;
	r = snet__device_new(&node->device, &env, node->node,
			     find_custom_device(run->lab, node->node->kind), node->netns,
			     snet__run_find(run, node->node->relayer, NULL)->node->ipv4,
			     err);
	if (r < 0)
		return r;
	run->device_count++;
	/* Its socket holds the namespace from here on; a program's kind is entered for each
	 * call, and keeps the descriptor. */
	if (!find_custom_device(run->lab, node->node->kind)) {
		close(node->netns);
		node->netns = -1;
	}
	return 0;
}

static int make_program(struct snet__run *run, struct snet__run_node *node,
			struct snet_err *err)
{
	const struct snet__model_node *described = node->node;
	const struct snet__run_node *relayer =
		described->relayer ? snet__run_find(run, described->relayer, NULL) : NULL;
	const char *name = described->name;
	const struct snet__breakage_prepared *disk =
		snet__breakage_find_prepared(&snet__breakage_full, run->lab, name);
	const struct snet__program_env env = {
		.loop = run->loop,
		.lab = run->lab->model.name,
		.folder = run->folder,
		.node = described,
		.relayer = relayer ? relayer->node : NULL,
		.netns = node->netns,
		.mntns = run->mntns,
		.has_clock = snet__breakage_find_prepared(&snet__breakage_skew, run->lab,
							  name) != NULL,
		.has_disk = disk != NULL,
		.disk_folder = disk ? disk->folder : NULL,
		.disk_bytes = disk ? disk->size_bytes : 0,
		.log = snet__run_on_line,
		.changed = snet__run_on_program,
		.user = node,
	};

	return snet__program_new(&node->program, &env, err);
}

static int start_program(struct snet__run *run, struct snet__run_node *node,
			 struct snet_err *err)
{
	(void)run;
	return snet__program_start(node->program, err);
}

static void free_gateway(struct snet__run *run, struct snet__run_node *node)
{
	(void)run;
	snet__gateway_free(node->gateway);
	node->gateway = NULL;
}

static void free_functions(struct snet__run *run, struct snet__run_node *node)
{
	(void)run;
	snet__faas_free(node->faas);
	node->faas = NULL; /* others go on to know its url */
}

static void free_relayer(struct snet__run *run, struct snet__run_node *node)
{
	size_t kept = 0;

	/* Backends first: their invocations belong to the relayer. */
	for (size_t i = 0; i < node->backend_count; i++)
		snet__backend_free(node->backends[i]);
	free(node->backends);
	node->backends = NULL;
	node->backend_count = 0;
	for (size_t i = 0; i < run->relayer_count; i++)
		if (run->relayers[i] != node->relayer)
			run->relayers[kept++] = run->relayers[i];
	run->relayer_count = kept;
	snet__relayer_free(node->relayer);
	node->relayer = NULL;
}

static void free_device(struct snet__run *run, struct snet__run_node *node)
{
	if (!node->device)
		return;
	/* Its socket may be what holds the namespace, which is to stay as long as the node. */
	if (node->netns < 0)
		(void)snet__run_open_netns(node, &node->netns, NULL);
	run->device_count--;
	run->started_count -= node->is_started;
	run->registered_count -= node->is_registered;
	run->cut_off_count -= node->is_started && node->is_cut_off;
	node->is_started = node->is_registered = node->is_cut_off = false;
	/* When the lab goes down, who waits has been told that. */
	if (!run->is_ending)
		snet__device_end(node->device, "its device ended before the relayer had "
					       "acknowledged it");
	snet__device_free(node->device);
	node->device = NULL;
}

static void free_program(struct snet__run *run, struct snet__run_node *node)
{
	bool is_missed = node->program && snet__program_is_stopping(node->program) &&
			 snet__program_is_running(node->program);

	snet__program_free(node->program);
	node->program = NULL;
	if (is_missed)
		snet__run_on_stopped(run);
}

/* What is in nodes of a role; constant table. */
static const struct service {
	enum snet__role role;
	int (*make)(struct snet__run *run, struct snet__run_node *node,
		    struct snet_err *err);
	/* Optional: when all are made. */
	int (*start)(struct snet__run *run, struct snet__run_node *node,
		     struct snet_err *err);
	/* Also of what was not made. */
	void (*free)(struct snet__run *run, struct snet__run_node *node);
} services[] = {
	/* In this order: each may need those before it. */
	{SNET__ROLE_GATEWAY, make_gateway, NULL, free_gateway},
	{SNET__ROLE_FUNCTIONS, make_functions, NULL, free_functions},
	{SNET__ROLE_RELAYER, make_relayer, NULL, free_relayer},
	{SNET__ROLE_DEVICE, make_device, NULL, free_device},
	{SNET__ROLE_PROGRAM, make_program, start_program, free_program},
};

#define SERVICE_COUNT (sizeof(services) / sizeof(*services))

static const struct service *service_at(const struct snet__beginning *beginning,
					size_t at)
{
	return &services[at / beginning->run->node_count];
}

static struct snet__run_node *node_at(const struct snet__beginning *beginning, size_t at)
{
	return beginning->run->nodes[at % beginning->run->node_count];
}

static bool is_meant(const struct snet__beginning *beginning, enum snet__role role,
		     const struct snet__run_node *node)
{
	return node->node->role == role && beginning->which(node);
}

static int resume_one(void *user, const char *relayer, uint64_t seq, const char *event,
		      const struct snet_trace *trace, unsigned int index,
		      const void *data, size_t size)
{
	const struct snet__beginning *beginning = user;
	struct snet__run_node *node = snet__run_find(beginning->run, relayer, NULL);

	/* A relayer that the lab does not have any more: its events stay in the store. */
	if (!node || !node->relayer || !beginning->which(node) ||
	    beginning->run->has_no_outbox)
		return 0;
	return snet__relayer_resume(node->relayer, seq, event, trace, index, data, size);
}

/* All at once, and then what the store has open of theirs: before anything arrives that is new. */
static int make_relayers(struct snet__beginning *beginning, struct snet_err *err)
{
	struct snet__run *run = beginning->run;
	bool has_any = false;
	int r = 0;

	for (size_t i = 0; i < run->node_count && r == 0; i++) {
		if (!is_meant(beginning, SNET__ROLE_RELAYER, run->nodes[i]))
			continue;
		has_any = true;
		r = make_relayer(run, run->nodes[i], err);
	}
	return r == 0 && has_any
		       ? snet__store_each_open(run->store, resume_one, beginning, err)
		       : r;
}

static size_t count_all(const void *work)
{
	return SERVICE_COUNT * ((const struct snet__beginning *)work)->run->node_count;
}

static int make_at(void *work, size_t at, struct snet_err *err)
{
	struct snet__beginning *beginning = work;
	const struct service *service = service_at(beginning, at);
	struct snet__run_node *node = node_at(beginning, at);

	if (service->role == SNET__ROLE_RELAYER)
		return at % beginning->run->node_count ? 0
						       : make_relayers(beginning, err);
	return is_meant(beginning, service->role, node)
		       ? service->make(beginning->run, node, err)
		       : 0;
}

static int start_devices(void *work, size_t at, struct snet_err *err)
{
	const struct snet__beginning *beginning = work;

	(void)at;
	return snet__run_start_devices(beginning->run, err);
}

static int start_at(void *work, size_t at, struct snet_err *err)
{
	const struct snet__beginning *beginning = work;
	const struct service *service = service_at(beginning, at);
	struct snet__run_node *node = node_at(beginning, at);

	return service->start && is_meant(beginning, service->role, node)
		       ? service->start(beginning->run, node, err)
		       : 0;
}

static const struct snet__phase phases[] = {
	{count_all, make_at},
	{NULL, start_devices},
	{count_all, start_at},
};

void snet__services_begin(struct snet__beginning *beginning, struct snet__run *run,
			  snet__services_fn which)
{
	*beginning = (struct snet__beginning){
		.run = run,
		.which = which,
		.steps = {.phases = phases, .count = sizeof(phases) / sizeof(*phases)},
	};
}

int snet__services_make(struct snet__beginning *beginning, uint64_t until_ns,
			struct snet_err *err)
{
	return snet__steps_walk(&beginning->steps, beginning, until_ns, err);
}

bool snet__services_has(const struct snet__run_node *node)
{
	for (size_t s = 0; s < SERVICE_COUNT; s++)
		if (services[s].role == node->node->role)
			return true;
	return false;
}

bool snet__services_lacks(const struct snet__run_node *node)
{
	return snet__services_has(node) && !node->gateway && !node->faas &&
	       !node->relayer && !node->device && !node->program;
}

void snet__services_end(struct snet__run *run, struct snet__run_node *node)
{
	/* Without memory the devices that registered are asked to do so again: never. Their
	 * commands then wait until each is restarted. */
	if (node->relayer && !node->registered)
		node->registered = snet__relayer_copy_registered(node->relayer);
	snet__services_free(run, node);
}

void snet__services_free(struct snet__run *run, struct snet__run_node *node)
{
	for (size_t s = SERVICE_COUNT; s-- > 0;)
		services[s].free(run, node);
	snet__loop_free(steal_ptr(node->loop));
}
