/* SPDX-License-Identifier: MIT */
/* A model as a lab file's text. What has its default is left out, so that the file stays as
 * short as one written by hand; "count" is not found again. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/json.h"
#include "topo/kinds.h"
#include "topo/parts.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{"h", 3600000000000}, {"min", 60000000000}, {"s", 1000000000},
	{"ms", 1000000},      {"us", 1000},         {"ns", 1},
};
static const struct unit rate_units[] = {{"Gbit", 1000000000},
					 {"Mbit", 1000000},
					 {"kbit", 1000},
					 {"bit", 1}};

/* The largest unit that needs no fraction is exact and what a person would have written. */
static void add_quantity(struct snet__json *object, const char *key, uint64_t value,
			 const struct unit *units)
{
	char text[40];

	while (value % units->factor)
		units++;
	(void)snprintf(text, sizeof(text), "%llu%s",
		       (unsigned long long)(value / units->factor), units->name);
	snet__json_add_string(object, key, text);
}

static void add_duration(struct snet__json *object, const char *key, uint64_t value,
			 uint64_t usual)
{
	if (value != usual)
		add_quantity(object, key, value, duration_units);
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

static struct snet__json *format_route(const struct snet__model_route *route)
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
	snet__route_clear(&usual);
	return json;
}

static struct snet__json *format_function(const struct snet__model_function *function)
{
	struct snet__json *json = snet__json_new_object();
	struct snet__model_function usual = {0};
	char memory[32];

	snet__function_finish(&usual);
	snet__json_add_string(json, "file", function->file);
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

static void add_parts(struct snet__json *json, const struct snet__model_node *node)
{
	struct snet__json *routes = snet__json_new_array(),
			  *functions = snet__json_new_object();

	for (size_t i = 0; i < node->route_count; i++)
		(void)snet__json_append(routes, format_route(&node->routes[i]));
	for (size_t i = 0; i < node->function_count; i++)
		(void)snet__json_add(functions, node->functions[i].name,
				     format_function(&node->functions[i]));
	if (node->route_count)
		(void)snet__json_add(json, "routes", routes);
	else
		snet__json_free(routes);
	if (node->function_count)
		(void)snet__json_add(json, "functions", functions);
	else
		snet__json_free(functions);
}

static struct snet__json *format_node(const struct snet__model *model,
				      const struct snet__model_node *node)
{
	const struct snet__node_kind *kind = snet__kind_find_node(model, node->kind);
	static const struct snet__node_kind none;
	struct snet__json *json = snet__json_new_object();

	if (!kind)
		kind = &none; /* its program is not here; nothing has a default then */
	snet__json_add_string(json, "name", node->name);
	snet__json_add_string(json, "kind", node->kind);
	snet__json_add_string(json, "address", node->address);
	snet__json_add_string(json, "relayer", node->relayer);
	add_unless(json, "type", node->type, kind->type);
	add_json(json, "data", node->data, kind->data);
	add_json(json, "state", node->state, kind->state);
	add_json(json, "values", node->values, kind->values);
	add_duration(json, "every", node->every_ns, kind->every_ns);
	if (node->keep)
		snet__json_add_u64(json, "keep", node->keep);
	snet__json_add_string(json, "credentials", node->credentials);
	if (node->invocations_per_minute)
		snet__json_add_u64(json, "rate", node->invocations_per_minute);
	add_parts(json, node);
	return json;
}

static void add_share(struct snet__json *json, const char *key, double value,
		      double usual)
{
	if (value < usual || value > usual)
		snet__json_add_number(json, key, value);
}

static void add_impairment(struct snet__json *json, const struct snet_impairment *one,
			   const struct snet_impairment *usual)
{
	add_duration(json, "delay", one->delay_ns, usual->delay_ns);
	add_duration(json, "jitter", one->jitter_ns, usual->jitter_ns);
	add_share(json, "loss", one->loss, usual->loss);
	add_share(json, "duplicate", one->duplicate, usual->duplicate);
	add_share(json, "corrupt", one->corrupt, usual->corrupt);
	add_share(json, "reorder", one->reorder, usual->reorder);
	if (one->rate_bps != usual->rate_bps)
		add_quantity(json, "rate", one->rate_bps, rate_units);
	if (one->limit_packets != usual->limit_packets)
		snet__json_add_u64(json, "limit", one->limit_packets);
}

static struct snet__json *format_link(const struct snet__model_link *link)
{
	static const struct snet_impairment plain;
	struct snet__json *json = snet__json_new_object(),
			  *back = snet__json_new_object();

	snet__json_add_string(json, "from", link->from);
	snet__json_add_string(json, "to", link->to);
	add_impairment(json, &link->forth, &plain);
	add_impairment(back, &link->back, &link->forth);
	if (snet__json_first(back))
		(void)snet__json_add(json, "back", back);
	else
		snet__json_free(back);
	return json;
}

static struct snet__json *format_backend(const struct snet__model_backend *backend)
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
	return json;
}

static void add_head(struct snet__json *root, const struct snet__model *model)
{
	struct snet__model usual;
	struct in_addr network = {htonl(model->subnet)};
	char address[INET_ADDRSTRLEN], text[32];

	snet__model_init(&usual);
	snet__json_add_string(root, "lab", model->name);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)model->seed);
	if (model->seed > 1ull << 53)
		snet__json_add_string(root, "seed", text);
	else if (model->seed)
		snet__json_add_u64(root, "seed", model->seed);
	if (model->durability == SNET_DURABILITY_DISK)
		snet__json_add_string(root, "durability", "disk");
	if (model->subnet == usual.subnet && model->prefix == usual.prefix)
		return;
	(void)inet_ntop(AF_INET, &network, address,
			sizeof(address)); /* it is large enough */
	(void)snprintf(text, sizeof(text), "%s/%u", address, model->prefix);
	snet__json_add_string(root, "subnet", text);
}

char *snet__model_format(const struct snet__model *model)
{
	autojson *root = snet__json_new_object();
	struct snet__json *nodes, *links, *backends;

	add_head(root, model);
	nodes = snet__json_add(root, "nodes", snet__json_new_array());
	for (size_t i = 0; i < model->node_count; i++)
		(void)snet__json_append(nodes, format_node(model, &model->nodes[i]));
	links = snet__json_add(root, "links", snet__json_new_array());
	for (size_t i = 0; i < model->link_count; i++)
		(void)snet__json_append(links, format_link(&model->links[i]));
	backends = snet__json_add(root, "backends", snet__json_new_object());
	for (size_t i = 0; i < model->backend_count; i++)
		(void)snet__json_add(backends, model->backends[i].name,
				     format_backend(&model->backends[i]));
	return snet__json_format_pretty(root);
}
