/* SPDX-License-Identifier: MIT */
/* A model as a lab file's text. What has its default is left out, and what "count" can repeat is
 * written once, so that the file stays as short as one written by hand. */

#include "topo/write.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo/kinds.h"
#include "topo/parts.h"
#include "topo/write_value.h"

static const struct snet__format_opts no_opts;

static void add_duration(struct snet__json *object, const char *key, uint64_t value,
			 uint64_t usual)
{
	if (value != usual)
		(void)snet__json_add(object, key, snet__write_duration(value));
}

/* A text that is JSON; what does not parse cannot be in a model. */
static void add_json(struct snet__json *object, const char *key, const char *text,
		     const char *usual)
{
	struct snet__json *json = NULL;

	if (!text || (usual && strcmp(text, usual) == 0))
		return;
	if (snet__json_parse(&json, text, strlen(text), NULL) == 0)
		(void)snet__json_add(object, key, json);
}

static void add_unless(struct snet__json *object, const char *key, const char *text,
		       const char *usual)
{
	if (text && (!usual || strcmp(text, usual) != 0))
		snet__json_add_string(object, key, text);
}

struct snet__json *snet__write_route(const struct snet__model_route *route)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__model_route usual = {.ttl_ns = 0};

	(void)snet__route_finish(&usual,
				 NULL); /* without memory the key is written too */
	if (route->exchange == SNET__EXCHANGE_FANOUT)
		snet__json_add_string(json, "exchange", "fanout");
	add_unless(json, "key", route->key, usual.key);
	snet__json_add_string(json, "function", route->function);
	snet__json_add_string(json, "backend", route->backend);
	add_duration(json, "ttl", route->ttl_ns, usual.ttl_ns);
	if (route->attempts)
		snet__json_add_u64(json, "attempts", route->attempts);
	snet__route_clear(&usual);
	return json;
}

static void add_path(struct snet__json *json, const char *key, const char *path,
		     const struct snet__format_opts *opts)
{
	if (path)
		(void)snet__json_add(json, key, snet__write_path(path, opts));
}

struct snet__json *snet__write_function(const struct snet__model_function *function,
					const struct snet__format_opts *opts)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__model_function usual = {0};
	char memory[32];

	snet__function_finish(&usual);
	add_path(json, "file", function->file, opts ? opts : &no_opts);
	snet__json_add_string(json, "code", function->code);
	snet__json_add_string(json, "kind", function->kind);
	snet__json_add_string(json, "main", function->main);
	add_json(json, "parameters", function->parameters, NULL);
	add_duration(json, "timeout", function->timeout_ms * 1000000ull,
		     usual.timeout_ms * 1000000ull);
	(void)snprintf(memory, sizeof(memory), "%uMiB", function->memory_mb);
	if (function->memory_mb != usual.memory_mb)
		snet__json_add_string(json, "memory", memory);
	return json;
}

static void add_forwards(struct snet__json *json, const struct snet__model_node *node)
{
	struct snet__json *list, *item;

	if (node->mode == SNET__GATEWAY_NAT)
		snet__json_add_string(json, "mode", "nat");
	if (!node->forward_count)
		return;
	list = snet__json_add(json, "forward", snet__json_new_array());
	for (size_t i = 0; i < node->forward_count; i++) {
		item = snet__json_append(list, snet__json_new_object());
		snet__json_add_u64(item, "port", node->forwards[i].port);
		snet__json_add_string(item, "to", node->forwards[i].to);
	}
}

static void add_parts(struct snet__json *json, const struct snet__model_node *node,
		      const struct snet__format_opts *opts)
{
	struct snet__json *routes = snet__json_new_array(),
			  *functions = snet__json_new_object();

	for (size_t i = 0; i < node->route_count; i++)
		(void)snet__json_append(routes, snet__write_route(&node->routes[i]));
	for (size_t i = 0; i < node->function_count; i++)
		(void)snet__json_add(functions, node->functions[i].name,
				     snet__write_function(&node->functions[i], opts));
	if (node->route_count)
		(void)snet__json_add(json, "routes", routes);
	else
		snet__json_free(routes);
	if (node->function_count)
		(void)snet__json_add(json, "functions", functions);
	else
		snet__json_free(functions);
}

static void add_cwd(struct snet__json *json, const struct snet__model_node *node,
		    const struct snet__format_opts *opts)
{
	autojson *path = node->cwd ? snet__write_path(node->cwd, opts) : NULL;

	/* Inside of a container there are other paths. */
	if (strcmp(node->kind, "container") == 0)
		snet__json_add_string(json, "cwd", node->cwd);
	else /* the file's own folder is the default */
		add_unless(json, "cwd", snet__json_string(path), ".");
}

static void add_program(struct snet__json *json, const struct snet__model_node *node,
			const struct snet__format_opts *opts)
{
	add_json(json, "command", node->command, NULL);
	add_json(json, "env", node->env, NULL);
	add_cwd(json, node, opts);
	if (node->restart != SNET__RESTART_NO)
		snet__json_add_string(json, "restart",
				      snet__restart_words[node->restart]);
	if (node->millicpus)
		snet__json_add_number(json, "cpus", node->millicpus / 1000.0);
	if (node->memory_bytes)
		(void)snet__json_add(json, "memory",
				     snet__write_size(node->memory_bytes));
	add_path(json, "rootfs", node->rootfs, opts);
	snet__json_add_string(json, "image", node->image);
	if (node->is_writable)
		snet__json_add_bool(json, "writable", true);
}

static void add_planned(struct snet__json *json, uint32_t ipv4)
{
	struct in_addr planned = {htonl(ipv4)};
	char address[INET_ADDRSTRLEN];

	snet__json_add_string(json, "address",
			      inet_ntop(AF_INET, &planned, address, sizeof(address)));
}

static void add_address(struct snet__json *json, const struct snet__model_node *node,
			const struct snet__format_opts *opts)
{
	struct snet__model_given first = snet__node_given(node, 0);

	if (node->given_count || (opts->addresses && node->iface_count > 1))
		return; /* among the interfaces */
	snet__json_add_string(json, "address", first.address);
	if (!first.address && opts->addresses && node->iface_count)
		add_planned(json, node->ipv4);
	snet__json_add_string(json, "mac", first.mac);
}

/* Of a node that can be given one: what it is now, if that is asked for and known. */
static void add_state(struct snet__json *json, const struct snet__model_node *node,
		      const struct snet__node_kind *kind,
		      const struct snet__format_opts *opts)
{
	const char *now = NULL;

	if (opts->state && kind->bit & (SNET__ON_ACTUATOR | SNET__ON_CUSTOM))
		now = opts->state(opts->user, node);
	add_json(json, "state", now ? now : node->state, kind->state);
}

static void add_interfaces(struct snet__json *json, const struct snet__model_node *node,
			   const struct snet__format_opts *opts)
{
	size_t count = node->given_count;
	struct snet__json *list, *one;

	if (opts->addresses && node->iface_count > 1)
		count = node->iface_count;
	if (!count)
		return;
	list = snet__json_add(json, "interfaces", snet__json_new_array());
	for (size_t i = 0; i < count; i++) {
		struct snet__model_given given = snet__node_given(node, i);

		one = snet__json_append(list, snet__json_new_object());
		snet__json_add_string(one, "address", given.address);
		if (!given.address && opts->addresses && i < node->iface_count)
			add_planned(one, node->ifaces[i].ipv4);
		snet__json_add_string(one, "mac", given.mac);
	}
}

struct snet__json *snet__write_node(const struct snet__model *model,
				    const struct snet__model_node *node,
				    const struct snet__format_opts *opts)
{
	const struct snet__node_kind *kind = snet__kind_find_node(model, node->kind);
	static const struct snet__node_kind none;
	struct snet__json *json = snet__json_new_object();

	opts = opts ? opts : &no_opts;
	if (!kind)
		kind = &none; /* its program is not here; nothing has a default then */
	snet__json_add_string(json, "name", node->name);
	snet__json_add_string(json, "kind", node->kind);
	add_address(json, node, opts);
	add_interfaces(json, node, opts);
	if (node->stp)
		snet__json_add_bool(json, "stp", true);
	snet__json_add_string(json, "subnet", node->subnet);
	snet__json_add_string(json, "relayer", node->relayer);
	add_unless(json, "type", node->type, kind->type);
	add_json(json, "data", node->data, kind->data);
	add_state(json, node, kind, opts);
	add_json(json, "values", node->values, kind->values);
	add_duration(json, "every", node->every_ns, kind->every_ns);
	if (node->keep)
		snet__json_add_u64(json, "keep", node->keep);
	snet__json_add_string(json, "credentials", node->credentials);
	if (node->invocations_per_minute)
		snet__json_add_u64(json, "rate", node->invocations_per_minute);
	add_program(json, node, opts);
	add_parts(json, node, opts);
	add_forwards(json, node);
	return json;
}

struct snet__json *snet__write_backend(const struct snet__model_backend *backend)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__model_backend usual = {0};

	snet__backend_finish(&usual);
	snet__json_add_string(json, "kind", backend->kind);
	snet__json_add_string(json, "node", backend->node);
	snet__json_add_string(json, "url", backend->url);
	snet__json_add_string(json, "credentials", backend->credentials);
	if (backend->insecure)
		snet__json_add_bool(json, "insecure", true);
	add_duration(json, "timeout", backend->timeout_ns, usual.timeout_ns);
	snet__json_add_string(json, "gateway", backend->gateway);
	return json;
}

static void add_ipv6(struct snet__json *root, const struct snet__model *model)
{
	char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 4];

	if (!model->has_ipv6)
		return;
	(void)inet_ntop(AF_INET6, model->ipv6, address,
			sizeof(address)); /* it is large enough */
	(void)snprintf(text, sizeof(text), "%s/96", address);
	snet__json_add_string(root, "ipv6", text);
}

struct snet__json *snet__write_seed(uint64_t seed)
{
	char digits[24];

	if (seed < 1ull << 53)
		return snet__json_new_u64(seed);
	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)seed);
	return snet__json_new_string(digits);
}

struct snet__json *snet__write_head(const struct snet__model *model)
{
	struct snet__json *root = snet__json_new_object();
	struct snet__model usual;
	struct in_addr network = {htonl(model->subnet)};
	char address[INET_ADDRSTRLEN], text[32];

	snet__model_init(&usual);
	snet__json_add_string(root, "lab", model->name);
	if (model->seed)
		(void)snet__json_add(root, "seed", snet__write_seed(model->seed));
	if (model->durability == SNET_DURABILITY_DISK)
		snet__json_add_string(root, "durability", "disk");
	(void)inet_ntop(AF_INET, &network, address,
			sizeof(address)); /* it is large enough */
	(void)snprintf(text, sizeof(text), "%s/%u", address, model->prefix);
	if (model->subnet != usual.subnet || model->prefix != usual.prefix)
		snet__json_add_string(root, "subnet", text);
	add_ipv6(root, model);
	return root;
}

static struct snet__json *write_nodes(const struct snet__model *model,
				      const struct snet__format_opts *opts)
{
	autojson *nodes = snet__json_new_array();

	for (size_t i = 0; i < model->node_count; i++)
		if (!snet__json_append(nodes,
				       snet__write_node(model, model->nodes[i], opts)))
			return NULL;
	return snet__fold(nodes);
}

static struct snet__json *write_links(const struct snet__model *model,
				      const struct snet__format_opts *opts)
{
	autojson *links = snet__json_new_array();

	for (size_t i = 0; i < model->link_count; i++)
		if (!snet__json_append(links, snet__write_link(model->links[i], opts)))
			return NULL;
	return snet__fold(links);
}

static struct snet__json *write_backends(const struct snet__model *model)
{
	autojson *backends = snet__json_new_object();

	for (size_t i = 0; i < model->backend_count; i++) {
		autojson *backend = snet__write_backend(&model->backends[i]);

		if (!snet__json_add(backends, model->backends[i].name,
				    snet__fold_alone(backend)))
			return NULL;
	}
	return steal_ptr(backends);
}

char *snet__model_format(const struct snet__model *model,
			 const struct snet__format_opts *opts)
{
	autojson *root = snet__write_head(model);

	if (!snet__json_add(root, "nodes", write_nodes(model, opts)))
		return NULL;
	if (model->link_count && !snet__json_add(root, "links", write_links(model, opts)))
		return NULL;
	if (model->backend_count &&
	    !snet__json_add(root, "backends", write_backends(model)))
		return NULL;
	return snet__json_format_pretty(root);
}
