/* SPDX-License-Identifier: MIT */
/* The building calls: what include/snet's options say, copied into the model after each field
 * was checked by itself. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "io/json.h"
#include "topo/impairment.h"
#include "topo/kinds.h"
#include "topo/parts.h"
#include "topo/value.h"

static struct snet__model_node *find_node(struct snet__model *model, const char *name,
					  enum snet__role role)
{
	struct snet__model_node *node = snet__model_find_node(model, name);

	return node && node->role == role ? node : NULL;
}

/* Options of an older or a newer library are told by their size. */
static int check_size(size_t size, size_t right, const char *type, struct snet_err *err)
{
	if (size >= right)
		return 0;
	return snet__err_set(err, -EINVAL, "size must be sizeof(struct %s)", type);
}

struct field {
	const char *name;
	const char *value; /* NULL: not given */
	int (*check)(const char *text, struct snet_err *err);
	char **into;
	unsigned int kinds; /* nodes: which have it */
};

static int copy_fields(const struct field *fields, size_t count, struct snet_err *err)
{
	int r;

	for (size_t i = 0; i < count; i++) {
		if (!fields[i].value)
			continue;
		r = fields[i].check(fields[i].value, err);
		if (r < 0)
			return snet__err_prefix(err, r, "%s", fields[i].name);
		*fields[i].into = strdup(fields[i].value);
		if (!*fields[i].into)
			return snet__err_oom(err);
	}
	return 0;
}

static int refuse_fields_of_others(const struct field *fields, size_t count,
				   const char *kind_name, unsigned int kind,
				   struct snet_err *err)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].value && !(fields[i].kinds & kind))
			return snet__err_set(err, -EINVAL, "%s %s has no %s",
					     snet__kind_article(kind_name), kind_name,
					     fields[i].name);
	return 0;
}

static int fill_mode(struct snet__model_node *node, const struct snet__node_kind *kind,
		     const struct snet_node_opts *opts, struct snet_err *err)
{
	struct snet__shown shown;

	if (!opts->mode)
		return 0;
	if (!(kind->bit & SNET__ON_GATEWAY))
		return snet__err_set(err, -EINVAL, "%s %s has no mode",
				     snet__kind_article(opts->kind), opts->kind);
	if (strcmp(opts->mode, "nat") == 0)
		node->mode = SNET__GATEWAY_NAT;
	else if (strcmp(opts->mode, "forward") != 0)
		return snet__err_set(err, -EINVAL,
				     "mode: expected 'forward' or 'nat', got '%s'",
				     snet__show(&shown, opts->mode));
	return 0;
}

/* NULL stands for none, in the options and here. */
static int format_command(char **ret, const char *const *words, struct snet_err *err)
{
	autojson *json = words ? snet__json_new_array() : NULL;

	for (; words && *words; words++)
		(void)snet__json_append(json, snet__json_new_string(*words));
	*ret = snet__json_format(json);
	return *ret || !words ? 0 : snet__err_oom(err);
}

static int format_env(char **ret, const char *const *env, struct snet_err *err)
{
	autojson *json = env ? snet__json_new_object() : NULL;
	struct snet__shown shown;

	for (; env && *env; env++) {
		const char *equals = strchr(*env, '=');
		autofree char *name =
			equals ? strndup(*env, (size_t)(equals - *env)) : NULL;

		if (!equals)
			return snet__err_set(err, -EINVAL,
					     "env: expected 'NAME=value', got '%s'",
					     snet__show(&shown, *env));
		if (!name ||
		    snet__json_set(json, name, snet__json_new_string(equals + 1)) < 0)
			return snet__err_oom(err);
	}
	*ret = snet__json_format(json);
	return *ret || !json ? 0 : snet__err_oom(err);
}

static int fill_program(struct snet__model_node *node, const struct snet_node_opts *opts,
			unsigned int kind, struct snet_err *err)
{
	const char *given = opts->restart        ? "restart"
			    : opts->cpus != 0    ? "cpus"
			    : opts->memory_bytes ? "memory_bytes"
						 : NULL;
	int r = 0;

	if (given && !(kind & SNET__ON_PROGRAMS))
		return snet__err_set(err, -EINVAL, "%s %s has no %s",
				     snet__kind_article(opts->kind), opts->kind, given);
	if (opts->writable && kind != SNET__ON_CONTAINER)
		return snet__err_set(err, -EINVAL, "%s %s has no writable",
				     snet__kind_article(opts->kind), opts->kind);
	if (opts->restart)
		r = snet__value_parse_restart(&node->restart, opts->restart, err);
	if (r < 0)
		return snet__err_prefix(err, r, "restart");
	/* Written so that a NaN is refused. */
	if (opts->cpus != 0 && !(opts->cpus >= 0.01 && opts->cpus <= 4096))
		return snet__err_set(err, -EINVAL, "cpus: out of range: %s",
				     snet__range_millicpus.text);
	if (opts->memory_bytes)
		r = snet__value_check_range(opts->memory_bytes, &snet__range_memory, err);
	if (r < 0)
		return snet__err_prefix(err, r, "memory_bytes");

	node->millicpus = (unsigned int)(opts->cpus * 1000 + 0.5);
	node->memory_bytes = opts->memory_bytes;
	node->is_writable = opts->writable;
	return 0;
}

static int fill_interface(struct snet__model_given *given,
			  const struct snet_interface_opts *opts, struct snet_err *err)
{
	const struct field fields[] = {
		{"address", opts->address, snet__value_check_address, &given->address, 0},
		{"mac", opts->mac, snet__value_check_mac, &given->mac, 0},
	};

	return copy_fields(fields, 2, err);
}

static int fill_network(struct snet__model_node *node, const struct snet_node_opts *opts,
			unsigned int kind, struct snet_err *err)
{
	const bool is_switch = kind == SNET__ON_SWITCH;
	int r;

	if (is_switch ? opts->interface_count > 0 : opts->stp)
		return snet__err_set(err, -EINVAL, "%s %s has no %s",
				     snet__kind_article(opts->kind), opts->kind,
				     is_switch ? "interfaces" : "stp");
	if (opts->interface_count && (opts->address || opts->mac))
		return snet__err_set(err, -EINVAL, "interfaces exclude address and mac");
	node->stp = opts->stp;
	r = snet__vec_reserve(&node->given, &node->given_cap, opts->interface_count,
			      sizeof(*node->given), err);
	for (size_t i = 0; r == 0 && i < opts->interface_count; i++) {
		r = fill_interface(&node->given[node->given_count++],
				   &opts->interfaces[i], err);
		if (r < 0)
			return snet__err_prefix(err, r, "interfaces[%zu]", i);
	}
	return r;
}

static int fill_fields(struct snet__model_node *node, const struct snet__model *model,
		       const struct snet_node_opts *opts, const char *command,
		       const char *env, struct snet_err *err)
{
	const struct field fields[] = {
		{"name", opts->name, snet__value_check_name, &node->name, SNET__ON_ALL},
		{"kind", opts->kind, snet__value_check_text, &node->kind, SNET__ON_ALL},
		{"address", opts->address, snet__value_check_address,
		 &node->first.address, SNET__ON_ADDRESSED},
		{"mac", opts->mac, snet__value_check_mac, &node->first.mac,
		 SNET__ON_ADDRESSED},
		{"subnet", opts->subnet, snet__value_check_subnet, &node->subnet,
		 SNET__ON_SWITCH},
		{"relayer", opts->relayer, snet__value_check_name, &node->relayer,
		 SNET__ON_DEVICES | SNET__ON_PROGRAMS},
		{"type", opts->type, snet__value_check_text, &node->type,
		 SNET__ON_SENDERS},
		{"data", opts->data, snet__value_check_data, &node->data,
		 SNET__ON_BUTTON | SNET__ON_CUSTOM},
		{"state", opts->state, snet__value_check_state, &node->state,
		 SNET__ON_ACTUATOR | SNET__ON_CUSTOM},
		{"values", opts->values, snet__value_check_values, &node->values,
		 SNET__ON_SENSOR | SNET__ON_CUSTOM},
		{"credentials", opts->credentials, snet__value_check_key_pair,
		 &node->credentials, SNET__ON_FUNCTIONS},
		{"command", command, snet__value_check_command, &node->command,
		 SNET__ON_PROGRAMS},
		{"env", env, snet__value_check_env, &node->env, SNET__ON_PROGRAMS},
		{"cwd", opts->cwd, snet__value_check_text, &node->cwd, SNET__ON_PROGRAMS},
		{"rootfs", opts->rootfs, snet__value_check_text, &node->rootfs,
		 SNET__ON_CONTAINER},
		{"image", opts->image, snet__value_check_text, &node->image,
		 SNET__ON_CONTAINER},
	};
	size_t count = sizeof(fields) / sizeof(*fields);
	const struct snet__node_kind *kind = snet__kind_find_node(model, opts->kind);
	struct snet__shown shown;
	int r;

	if (!kind)
		return snet__err_set(err, -EINVAL, "unknown kind '%s'",
				     snet__show(&shown, opts->kind));
	r = refuse_fields_of_others(fields, count, opts->kind, kind->bit, err);
	if (r < 0)
		return r;
	if (opts->every_ns && !(kind->bit & SNET__ON_SENDERS))
		return snet__err_set(err, -EINVAL, "%s %s has no every_ns",
				     snet__kind_article(opts->kind), opts->kind);
	r = opts->every_ns
		    ? snet__value_check_range(opts->every_ns, &snet__range_every, err)
		    : 0;
	if (r < 0)
		return snet__err_prefix(err, r, "every_ns");
	r = copy_fields(fields, count, err);
	if (r < 0)
		return r;

	node->every_ns = opts->every_ns;
	r = fill_mode(node, kind, opts, err);
	if (r == 0)
		r = fill_program(node, opts, kind->bit, err);
	if (r == 0)
		r = fill_network(node, opts, kind->bit, err);
	return r < 0 ? r : snet__node_finish(model, node, err);
}

static int fill_node(struct snet__model_node *node, const struct snet__model *model,
		     const struct snet_node_opts *opts, struct snet_err *err)
{
	autofree char *command = NULL, *env = NULL;
	int r;

	r = format_command(&command, opts->command, err);
	if (r == 0)
		r = format_env(&env, opts->env, err);
	return r < 0 ? r : fill_fields(node, model, opts, command, env, err);
}

/* The map is made anew by each check; until then it is kept by this function alone. */
static int remember_name(struct snet__model *model, struct snet__model_node *node,
			 struct snet_err *err)
{
	int r = snet__map_add(&model->node_by_name, node->name, node, err);

	return r == -EEXIST ? snet__err_set(err, r, "another node has this name") : r;
}

int snet__model_add_node(struct snet__model *model, const struct snet_node_opts *given,
			 struct snet_err *err)
{
	cleanup_with(snet__node_clear) struct snet__model_node node = {0};
	/* The first options ended before "mode": what their program does not know of is
	 * zero. */
	const size_t least = offsetof(struct snet_node_opts, mode);
	struct snet_node_opts own = {0}, *opts = &own;
	struct snet__shown shown;
	int r;

	r = check_size(given->size, least, "snet_node_opts", err);
	if (r < 0)
		return r;
	memcpy(&own, given, given->size < sizeof(own) ? given->size : sizeof(own));
	if (!opts->name || !opts->kind)
		return snet__err_set(err, -EINVAL, "a node needs a name and a kind");
	if (model->node_count >= SNET__NODES_MAX)
		return snet__err_set(err, -EINVAL, "more than %d nodes", SNET__NODES_MAX);
	r = fill_node(&node, model, opts, err);
	node.entry = model->node_count;
	if (r == 0)
		r = snet__model_append_node(model, &node, err);
	if (r == 0) {
		r = remember_name(model, model->nodes[model->node_count - 1], err);
		if (r < 0)
			snet__node_free(model->nodes[--model->node_count]);
	}
	return r < 0 ? snet__err_prefix(err, r, "node '%s'",
					snet__show(&shown, opts->name))
		     : 0;
}

static int fill_link(struct snet__model_link *link, const struct snet_link_opts *opts,
		     struct snet_err *err)
{
	const struct field fields[] = {
		{"from", opts->from, snet__value_check_name, &link->from, 0},
		{"to", opts->to, snet__value_check_name, &link->to, 0},
		{"name", opts->name, snet__value_check_name, &link->name, 0},
	};

	return copy_fields(fields, 3, err);
}

static int fill_impairments(struct snet__model_link *link,
			    const struct snet_link_opts *opts, struct snet_err *err)
{
	int r = snet__impairment_check(&opts->forth, err);

	if (r == 0)
		r = snet__impairment_check(&opts->back, err);
	if (r == 0 && (unsigned int)opts->shaper > SNET_SHAPER_USER)
		r = snet__err_set(err, -EINVAL, "shaper: none of enum snet_shaper");
	if (r < 0)
		return r;
	link->shaper = opts->shaper;
	r = snet__impairment_copy(&link->forth, &opts->forth, err);
	return r < 0 ? r : snet__impairment_copy(&link->back, &opts->back, err);
}

static int fill_network_of_link(struct snet__model_link *link,
				const struct snet_link_opts *opts, struct snet_err *err)
{
	int r = 0;

	if (opts->vlan && opts->vlan_count)
		return snet__err_set(err, -EINVAL, "vlan and vlans exclude each other");
	if (opts->vlan)
		r = snet__value_check_range(opts->vlan, &snet__range_vlan, err);
	if (r < 0)
		return snet__err_prefix(err, r, "vlan");
	for (size_t i = 0; r == 0 && i < opts->vlan_count; i++)
		r = snet__value_check_range(opts->vlans[i], &snet__range_vlan, err);
	if (r < 0)
		return snet__err_prefix(err, r, "vlans");
	if (opts->mtu)
		r = snet__value_check_range(opts->mtu, &snet__range_mtu, err);
	if (r < 0)
		return snet__err_prefix(err, r, "mtu");

	link->vlan = opts->vlan;
	link->mtu = opts->mtu;
	r = snet__vec_reserve(&link->vlans, &link->vlan_cap, opts->vlan_count,
			      sizeof(*link->vlans), err);
	for (size_t i = 0; r == 0 && i < opts->vlan_count; i++)
		link->vlans[link->vlan_count++] = opts->vlans[i];
	return r;
}

int snet__model_add_link(struct snet__model *model, const struct snet_link_opts *given,
			 struct snet_err *err)
{
	/* As for nodes: the first options ended before "name". */
	const size_t least = offsetof(struct snet_link_opts, name);
	struct snet_link_opts own = {0}, *opts = &own;
	cleanup_with(snet__link_clear) struct snet__model_link link = {
		.entry = model->link_count,
	};
	int r;

	r = check_size(given->size, least, "snet_link_opts", err);
	if (r < 0)
		return r;
	memcpy(&own, given, given->size < sizeof(own) ? given->size : sizeof(own));
	if (!opts->from || !opts->to)
		return snet__err_set(err, -EINVAL, "a link needs two nodes, from and to");
	if (model->link_count >= SNET__LINKS_MAX)
		return snet__err_set(err, -EINVAL, "more than %d links", SNET__LINKS_MAX);
	r = fill_link(&link, opts, err);
	if (r < 0)
		return snet__err_prefix(err, r, "link");
	r = fill_impairments(&link, opts, err);
	if (r == 0)
		r = fill_network_of_link(&link, opts, err);
	if (r < 0)
		return snet__err_prefix(err, r, "link '%s-%s'", opts->from, opts->to);

	r = snet__link_finish(&link, err);
	if (r < 0)
		return r;
	return snet__model_append_link(model, &link, err);
}

static int fill_backend(struct snet__model_backend *backend,
			const struct snet__model *model,
			const struct snet_backend_opts *opts, struct snet_err *err)
{
	const struct field fields[] = {
		{"name", opts->name, snet__value_check_name, &backend->name, 0},
		{"kind", opts->kind, snet__value_check_text, &backend->kind, 0},
		{"node", opts->node, snet__value_check_name, &backend->node, 0},
		{"url", opts->url, snet__value_check_url, &backend->url, 0},
		{"credentials", opts->credentials, snet__value_check_text,
		 &backend->credentials, 0},
		{"gateway", opts->gateway, snet__value_check_name, &backend->gateway, 0},
	};
	struct snet__shown shown;
	int r;

	if (!snet__kind_is_backend(model, opts->kind))
		return snet__err_set(err, -EINVAL, "unknown kind '%s'",
				     snet__show(&shown, opts->kind));
	if (snet__model_find_backend(model, opts->name))
		return snet__err_set(err, -EEXIST, "another backend has this name");
	r = copy_fields(fields, sizeof(fields) / sizeof(*fields), err);
	if (r < 0)
		return r;
	r = opts->timeout_ns
		    ? snet__value_check_range(opts->timeout_ns, &snet__range_ttl, err)
		    : 0;
	if (r < 0)
		return snet__err_prefix(err, r, "timeout_ns");

	backend->insecure = opts->insecure;
	backend->timeout_ns = opts->timeout_ns;
	return 0;
}

int snet__model_add_backend(struct snet__model *model,
			    const struct snet_backend_opts *opts, struct snet_err *err)
{
	cleanup_with(snet__backend_clear) struct snet__model_backend backend = {0};
	struct snet__shown shown;
	int r;

	r = check_size(opts->size, sizeof(*opts), "snet_backend_opts", err);
	if (r < 0)
		return r;
	if (!opts->name || !opts->kind)
		return snet__err_set(err, -EINVAL, "a backend needs a name and a kind");
	r = fill_backend(&backend, model, opts, err);
	if (r < 0)
		return snet__err_prefix(err, r, "backend '%s'",
					snet__show(&shown, opts->name));

	snet__backend_finish(&backend);
	return snet__model_append_backend(model, &backend, err);
}

static int fill_route(struct snet__model_route *route, const struct snet_route_opts *opts,
		      struct snet_err *err)
{
	const struct field fields[] = {
		{"key", opts->key, snet__value_check_text, &route->key, 0},
		{"function", opts->function, snet__value_check_text, &route->function, 0},
		{"backend", opts->backend, snet__value_check_name, &route->backend, 0},
	};
	struct snet__shown shown;
	int r;

	if (!opts->function)
		return snet__err_set(err, -EINVAL, "needs a function");
	if (opts->exchange && strcmp(opts->exchange, "fanout") == 0)
		route->exchange = SNET__EXCHANGE_FANOUT;
	else if (opts->exchange && strcmp(opts->exchange, "direct") != 0)
		return snet__err_set(err, -EINVAL,
				     "exchange: expected 'direct' or 'fanout', got '%s'",
				     snet__show(&shown, opts->exchange));
	if (route->exchange == SNET__EXCHANGE_FANOUT && opts->key)
		return snet__err_set(err, -EINVAL, "a fanout exchange has no key");
	r = copy_fields(fields, sizeof(fields) / sizeof(*fields), err);
	if (r < 0)
		return r;
	r = opts->ttl_ns ? snet__value_check_range(opts->ttl_ns, &snet__range_ttl, err)
			 : 0;
	if (r < 0)
		return snet__err_prefix(err, r, "ttl_ns");

	route->ttl_ns = opts->ttl_ns;
	route->attempts = opts->attempts;
	return snet__route_finish(route, err);
}

int snet__model_add_route(struct snet__model *model, const char *relayer,
			  const struct snet_route_opts *opts, struct snet_err *err)
{
	struct snet__model_node *node = find_node(model, relayer, SNET__ROLE_RELAYER);
	cleanup_with(snet__route_clear) struct snet__model_route route = {0};
	int r;

	if (!node)
		return snet__err_set(err, -ENOENT, "no relayer '%s'", relayer);
	r = check_size(opts->size, sizeof(*opts), "snet_route_opts", err);
	if (r == 0)
		r = fill_route(&route, opts, err);
	if (r == 0)
		r = snet__node_append_route(node, &route, err);
	if (r < 0)
		return snet__err_prefix(err, r, "route of relayer '%s'", relayer);
	return 0;
}

static int fill_function(struct snet__model_function *function,
			 const struct snet_function_opts *opts, struct snet_err *err)
{
	const struct field fields[] = {
		{"name", opts->name, snet__value_check_function, &function->name, 0},
		{"file", opts->file, snet__value_check_text, &function->file, 0},
		{"code", opts->code, snet__value_check_code, &function->code, 0},
		{"kind", opts->kind, snet__value_check_text, &function->kind, 0},
		{"main", opts->main, snet__value_check_text, &function->main, 0},
	};
	int r;

	if (!opts->file == !opts->code)
		return snet__err_set(err, -EINVAL, "needs either a file or code");
	if (opts->code && !opts->kind)
		return snet__err_set(err, -EINVAL, "code needs a kind");
	r = copy_fields(fields, sizeof(fields) / sizeof(*fields), err);
	if (r < 0)
		return r;
	function->timeout_ms = opts->timeout_ms;
	function->memory_mb = opts->memory_mb;
	snet__function_finish(function);
	r = snet__value_check_range(function->timeout_ms, &snet__range_timeout_ms, err);
	if (r < 0)
		return snet__err_prefix(err, r, "timeout_ms");
	r = snet__value_check_range(function->memory_mb, &snet__range_memory_mb, err);
	if (r < 0)
		return snet__err_prefix(err, r, "memory_mb");
	return 0;
}

int snet__model_add_function(struct snet__model *model, const char *node_name,
			     const struct snet_function_opts *opts, struct snet_err *err)
{
	struct snet__model_node *node = find_node(model, node_name, SNET__ROLE_FUNCTIONS);
	cleanup_with(snet__function_clear) struct snet__model_function function = {0};
	struct snet__shown shown;
	int r;

	if (!node)
		return snet__err_set(err, -ENOENT, "no functions node '%s'", node_name);
	if (!opts->name)
		return snet__err_set(err, -EINVAL, "a function needs a name");
	r = check_size(opts->size, sizeof(*opts), "snet_function_opts", err);
	if (r == 0 && snet__node_find_function(node, opts->name))
		r = snet__err_set(err, -EEXIST, "another function has this name");
	if (r == 0)
		r = fill_function(&function, opts, err);
	if (r == 0)
		r = snet__node_append_function(node, &function, err);
	if (r < 0)
		return snet__err_prefix(err, r, "function '%s' of node '%s'",
					snet__show(&shown, opts->name), node_name);
	return 0;
}

int snet__model_add_forward(struct snet__model *model, const char *gateway,
			    const struct snet_forward_opts *opts, struct snet_err *err)
{
	struct snet__model_node *node = find_node(model, gateway, SNET__ROLE_GATEWAY);
	cleanup_with(snet__forward_clear) struct snet__model_forward forward = {0};
	const struct field to = {"to", opts->to, snet__value_check_place, &forward.to, 0};
	int r;

	if (!node)
		return snet__err_set(err, -ENOENT, "no gateway '%s'", gateway);
	r = check_size(opts->size, sizeof(*opts), "snet_forward_opts", err);
	if (r == 0 && !opts->to)
		r = snet__err_set(err, -EINVAL, "needs a 'to'");
	if (r == 0) {
		r = snet__value_check_range(opts->port, &snet__range_port, err);
		if (r < 0)
			(void)snet__err_prefix(err, r, "port");
	}
	if (r == 0)
		r = copy_fields(&to, 1, err);
	forward.port = opts->port;
	if (r == 0)
		r = snet__node_append_forward(node, &forward, err);
	return r < 0 ? snet__err_prefix(err, r, "forward of gateway '%s'", gateway) : 0;
}
