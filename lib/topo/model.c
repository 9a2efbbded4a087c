/* SPDX-License-Identifier: MIT */
/* The memory of a lab's description: growing arrays of plain structs that own their texts. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/vec.h"
#include "topo/impairment.h"
#include "topo/kinds.h"
#include "topo/parts.h"
#include "topo/value.h"

#define DEFAULT_TIMEOUT_NS (60 * SNET__NS_PER_S)
/* Source: OpenWhisk's default limits of an action. */
#define DEFAULT_FUNCTION_MS 60000
#define DEFAULT_FUNCTION_MB 256

void snet__model_init(struct snet__model *model)
{
	*model = (struct snet__model){.subnet = 10U << 24, .prefix = 8};
}

void snet__route_clear(struct snet__model_route *route)
{
	free(route->key);
	free(route->function);
	free(route->backend);
	*route = (struct snet__model_route){0};
}

void snet__function_clear(struct snet__model_function *function)
{
	free(function->name);
	free(function->file);
	free(function->code);
	free(function->kind);
	free(function->main);
	free(function->parameters);
	*function = (struct snet__model_function){0};
}

void snet__forward_clear(struct snet__model_forward *forward)
{
	free(forward->to);
	*forward = (struct snet__model_forward){0};
}

static void given_clear(struct snet__model_given *given)
{
	free(given->address);
	free(given->mac);
}

void snet__node_clear(struct snet__model_node *node)
{
	for (size_t i = 0; i < node->route_count; i++)
		snet__route_clear(&node->routes[i]);
	for (size_t i = 0; i < node->function_count; i++)
		snet__function_clear(&node->functions[i]);
	for (size_t i = 0; i < node->forward_count; i++)
		snet__forward_clear(&node->forwards[i]);
	free(node->routes);
	free(node->functions);
	free(node->forwards);
	free(node->name);
	free(node->kind);
	given_clear(&node->first);
	for (size_t i = 0; i < node->given_count; i++)
		given_clear(&node->given[i]);
	free(node->given);
	free(node->subnet);
	free(node->ifaces);
	free(node->hops);
	free(node->bridges);
	free(node->relayer);
	free(node->type);
	free(node->data);
	free(node->state);
	free(node->values);
	free(node->credentials);
	free(node->command);
	free(node->env);
	free(node->cwd);
	free(node->rootfs);
	free(node->image);
	*node = (struct snet__model_node){0};
}

void snet__link_clear(struct snet__model_link *link)
{
	free(link->name);
	free(link->from);
	free(link->to);
	free(link->vlans);
	free(link->profile);
	snet__impairment_clear(&link->forth);
	snet__impairment_clear(&link->back);
	for (int i = 0; i < 2; i++)
		snet__kept_files_clear(&link->kept[i]);
	*link = (struct snet__model_link){0};
}

void snet__node_free(struct snet__model_node *node)
{
	if (!node)
		return;
	snet__node_clear(node);
	free(node);
}

void snet__link_free(struct snet__model_link *link)
{
	if (!link)
		return;
	snet__link_clear(link);
	free(link);
}

void snet__model_forget_files(struct snet__model *model)
{
	for (size_t i = 0; i < model->link_count; i++)
		for (int k = 0; k < 2; k++)
			snet__kept_files_clear(&model->links[i]->kept[k]);
}

void snet__backend_clear(struct snet__model_backend *backend)
{
	free(backend->name);
	free(backend->kind);
	free(backend->node);
	free(backend->url);
	free(backend->credentials);
	free(backend->gateway);
	*backend = (struct snet__model_backend){0};
}

void snet__model_clear(struct snet__model *model)
{
	for (size_t i = 0; i < model->node_count; i++)
		snet__node_free(model->nodes[i]);
	for (size_t i = 0; i < model->link_count; i++)
		snet__link_free(model->links[i]);
	for (size_t i = 0; i < model->backend_count; i++)
		snet__backend_clear(&model->backends[i]);
	free(model->nodes);
	free(model->links);
	free(model->backends);
	free(model->name);
	free(model->segments);
	snet__map_clear(&model->node_by_name);
	snet__map_clear(&model->link_by_name);
	snet__model_init(model);
}

/* Give @at a copy of @text where it has none yet. */
static bool fill(char **at, const char *text)
{
	if (!*at && text)
		*at = strdup(text);
	return *at || !text;
}

int snet__node_finish(const struct snet__model *model, struct snet__model_node *node,
		      struct snet_err *err)
{
	const struct snet__node_kind *kind = snet__kind_find_node(model, node->kind);

	node->role = kind->role;
	if (!node->every_ns)
		node->every_ns = kind->every_ns;
	if (!fill(&node->type, kind->type) || !fill(&node->data, kind->data) ||
	    !fill(&node->state, kind->state) || !fill(&node->values, kind->values))
		return snet__err_oom(err);
	return 0;
}

int snet__route_finish(struct snet__model_route *route, struct snet_err *err)
{
	if (!route->ttl_ns)
		route->ttl_ns = SNET__TTL_DEFAULT_NS;
	if (route->exchange == SNET__EXCHANGE_DIRECT && !fill(&route->key, "press"))
		return snet__err_oom(err);
	return 0;
}

void snet__function_finish(struct snet__model_function *function)
{
	if (!function->timeout_ms)
		function->timeout_ms = DEFAULT_FUNCTION_MS;
	if (!function->memory_mb)
		function->memory_mb = DEFAULT_FUNCTION_MB;
}

void snet__backend_finish(struct snet__model_backend *backend)
{
	if (!backend->timeout_ns)
		backend->timeout_ns = DEFAULT_TIMEOUT_NS;
}

int snet__link_finish(struct snet__model_link *link, struct snet_err *err)
{
	size_t from = strlen(link->from), to = strlen(link->to);

	link->is_named = link->name;
	if (link->is_named)
		return 0;
	link->name = malloc(from + to + 2);
	if (!link->name)
		return snet__err_oom(err);
	memcpy(link->name, link->from, from);
	link->name[from] = '-';
	memcpy(link->name + from + 1, link->to, to + 1);
	return 0;
}

int snet__model_append_node(struct snet__model *model, struct snet__model_node *node,
			    struct snet_err *err)
{
	int r = snet__vec_reserve(&model->nodes, &model->node_cap, model->node_count + 1,
				  sizeof(*model->nodes), err);
	struct snet__model_node *own;

	if (r < 0)
		return r;
	own = malloc(sizeof(*own));
	if (!own)
		return snet__err_oom(err);
	*own = *node;
	own->index = model->node_count;
	model->nodes[model->node_count++] = own;
	*node = (struct snet__model_node){0};
	return 0;
}

int snet__model_append_link(struct snet__model *model, struct snet__model_link *link,
			    struct snet_err *err)
{
	int r = snet__vec_reserve(&model->links, &model->link_cap, model->link_count + 1,
				  sizeof(*model->links), err);
	struct snet__model_link *own;

	if (r < 0)
		return r;
	own = malloc(sizeof(*own));
	if (!own)
		return snet__err_oom(err);
	*own = *link;
	own->index = model->link_count;
	model->links[model->link_count++] = own;
	*link = (struct snet__model_link){0};
	return 0;
}

int snet__model_append_backend(struct snet__model *model,
			       struct snet__model_backend *backend, struct snet_err *err)
{
	int r = snet__vec_reserve(&model->backends, &model->backend_cap,
				  model->backend_count + 1, sizeof(*backend), err);

	if (r < 0)
		return r;
	model->backends[model->backend_count++] = *backend;
	*backend = (struct snet__model_backend){0};
	return 0;
}

int snet__node_append_route(struct snet__model_node *node,
			    struct snet__model_route *route, struct snet_err *err)
{
	int r = snet__vec_reserve(&node->routes, &node->route_cap, node->route_count + 1,
				  sizeof(*route), err);

	if (r < 0)
		return r;
	node->routes[node->route_count++] = *route;
	*route = (struct snet__model_route){0};
	return 0;
}

int snet__node_append_function(struct snet__model_node *node,
			       struct snet__model_function *function,
			       struct snet_err *err)
{
	int r = snet__vec_reserve(&node->functions, &node->function_cap,
				  node->function_count + 1, sizeof(*function), err);

	if (r < 0)
		return r;
	node->functions[node->function_count++] = *function;
	*function = (struct snet__model_function){0};
	return 0;
}

int snet__node_append_forward(struct snet__model_node *node,
			      struct snet__model_forward *forward, struct snet_err *err)
{
	int r;

	for (size_t i = 0; i < node->forward_count; i++)
		if (node->forwards[i].port == forward->port)
			return snet__err_set(err, -EEXIST,
					     "port %u leads to '%s' already",
					     forward->port, node->forwards[i].to);
	r = snet__vec_reserve(&node->forwards, &node->forward_cap,
			      node->forward_count + 1, sizeof(*forward), err);
	if (r < 0)
		return r;
	node->forwards[node->forward_count++] = *forward;
	*forward = (struct snet__model_forward){0};
	return 0;
}

struct snet__model_node *snet__model_find_node(const struct snet__model *model,
					       const char *name)
{
	return name ? snet__map_find(&model->node_by_name, name) : NULL;
}

struct snet__model_link *snet__model_find_link(const struct snet__model *model,
					       const char *name)
{
	return name ? snet__map_find(&model->link_by_name, name) : NULL;
}

const struct snet__model_backend *snet__model_find_backend(
	const struct snet__model *model, const char *name)
{
	for (size_t i = 0; i < model->backend_count; i++)
		if (strcmp(model->backends[i].name, name) == 0)
			return &model->backends[i];
	return NULL;
}

const struct snet__model_function *snet__node_find_function(
	const struct snet__model_node *node, const char *name)
{
	for (size_t i = 0; i < node->function_count; i++)
		if (strcmp(node->functions[i].name, name) == 0)
			return &node->functions[i];
	return NULL;
}

/* @names: those that there are, taken; NULL: nothing is guessed. */
static int refuse(const struct snet__model *model, const char *what, const char *name,
		  const char **names, struct snet_err *err)
{
	const char *similar = names && name ? snet__text_find_similar(name, names) : NULL;
	struct snet__shown shown;

	free(names);
	if (!name)
		return snet__err_set(err, -ENOENT, "which %s? Its name is missing", what);
	return snet__err_set(err, -ENOENT, "lab '%s' has no %s '%s'%s%s%s",
			     model->name ? model->name : "", what,
			     snet__show(&shown, name), similar ? ", did you mean '" : "",
			     similar ? similar : "", similar ? "'?" : "");
}

int snet__model_refuse_link(const struct snet__model *model, const char *name,
			    struct snet_err *err)
{
	const char **names = err ? calloc(model->link_count + 1, sizeof(*names)) : NULL;

	for (size_t i = 0; names && i < model->link_count; i++)
		names[i] = model->links[i]->name;
	return refuse(model, "link", name, names, err);
}

int snet__model_refuse_node(const struct snet__model *model, const char *name,
			    struct snet_err *err)
{
	const char **names = err ? calloc(model->node_count + 1, sizeof(*names)) : NULL;

	for (size_t i = 0; names && i < model->node_count; i++)
		names[i] = model->nodes[i]->name;
	return refuse(model, "node", name, names, err);
}

struct snet__model_given snet__node_given(const struct snet__model_node *node,
					  size_t index)
{
	if (index < node->given_count)
		return node->given[index];
	return index == 0 ? node->first : (struct snet__model_given){0};
}

bool snet__link_carries(const struct snet__model_link *link, unsigned int vlan)
{
	if (link->vlan)
		return link->vlan == vlan;
	for (size_t i = 0; i < link->vlan_count; i++)
		if (link->vlans[i] == vlan)
			return true;
	return !link->vlan_count;
}

unsigned int snet__link_vlan(const struct snet__model_link *link)
{
	return link->vlan ? link->vlan : SNET__VLAN_DEFAULT;
}

bool snet__link_is_shaped(const struct snet__model_link *link)
{
	return link->shaper != SNET_SHAPER_AUTO ||
	       !snet__impairment_is_plain(&link->forth) ||
	       !snet__impairment_is_plain(&link->back);
}

bool snet__link_is_port(const struct snet__model_link *link)
{
	return (link->ends[0]->role == SNET__ROLE_SWITCH) !=
	       (link->ends[1]->role == SNET__ROLE_SWITCH);
}

/* RFC 894 */
unsigned int snet__link_mtu(const struct snet__model_link *link)
{
	return link->mtu ? link->mtu : 1500;
}

/* An interface gets IPv6, with addresses that nobody has asked for, when its MTU comes to be enough for
 * that: addrconf_notify() of net/ipv6. */
bool snet__link_can_resize(const struct snet__model_link *link,
			   const struct snet__model_link *after)
{
	return snet__link_mtu(link) >= SNET__IPV6_MIN_MTU ||
	       snet__link_mtu(after) < SNET__IPV6_MIN_MTU;
}

const struct snet__model_bridge *snet__node_find_bridge(
	const struct snet__model_node *node, unsigned int vlan)
{
	for (size_t i = 0; i < node->bridge_count; i++)
		if (node->bridges[i].vlan == vlan)
			return &node->bridges[i];
	return NULL;
}

const struct snet__model_iface *snet__node_find_iface(const struct snet__model_node *node,
						      const struct snet__model_link *link)
{
	for (size_t i = 0; i < node->iface_count; i++)
		if (node->ifaces[i].link == link)
			return &node->ifaces[i];
	return NULL;
}

void snet__model_ipv6(unsigned char ret[16], const struct snet__model *model,
		      uint32_t ipv4)
{
	memcpy(ret, model->ipv6, 12);
	for (int i = 0; i < 4; i++)
		ret[12 + i] = (unsigned char)(ipv4 >> (24 - 8 * i));
}
