/* SPDX-License-Identifier: MIT */
/* The building calls: what include/snet's options say, copied into the model after each field
 * was checked by itself. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "topo/kinds.h"
#include "topo/parts.h"
#include "topo/value.h"

static struct snet__model_node *find_node(struct snet__model *model, const char *name,
					  enum snet__role role)
{
	struct snet__model_node *node = snet__model_find_node(model, name);

	return node && node->role == role ? node : NULL;
}

/* Options of an older or a newer library are told by their size; there is one so far. */
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

static int fill_node(struct snet__model_node *node, const struct snet__model *model,
		     const struct snet_node_opts *opts, struct snet_err *err)
{
	const struct field fields[] = {
		{"name", opts->name, snet__value_check_name, &node->name, SNET__ON_ALL},
		{"kind", opts->kind, snet__value_check_text, &node->kind, SNET__ON_ALL},
		{"address", opts->address, snet__value_check_address, &node->address,
		 SNET__ON_ADDRESSED},
		{"relayer", opts->relayer, snet__value_check_name, &node->relayer,
		 SNET__ON_DEVICES},
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
	return snet__node_finish(model, node, err);
}

/* The map is made anew by each check; until then it is kept by this function alone. */
static int remember_name(struct snet__model *model, const struct snet__model_node *node,
			 struct snet_err *err)
{
	int r = snet__map_add(&model->node_by_name, node->name,
			      (void *)(uintptr_t)(model->node_count + 1), err);

	return r == -EEXIST ? snet__err_set(err, r, "another node has this name") : r;
}

int snet__model_add_node(struct snet__model *model, const struct snet_node_opts *opts,
			 struct snet_err *err)
{
	cleanup_with(snet__node_clear) struct snet__model_node node = {0};
	struct snet__shown shown;
	int r;

	r = check_size(opts->size, sizeof(*opts), "snet_node_opts", err);
	if (r < 0)
		return r;
	if (!opts->name || !opts->kind)
		return snet__err_set(err, -EINVAL, "a node needs a name and a kind");
	if (model->node_count >= SNET__NODES_MAX)
		return snet__err_set(err, -EINVAL, "more than %d nodes", SNET__NODES_MAX);
	r = fill_node(&node, model, opts, err);
	if (r == 0)
		r = remember_name(model, &node, err);
	if (r < 0)
		return snet__err_prefix(err, r, "node '%s'",
					snet__show(&shown, opts->name));

	node.entry = model->node_count;
	r = snet__model_append_node(model, &node, err);
	if (r < 0)
		(void)snet__map_remove(&model->node_by_name, node.name);
	return r;
}

int snet__model_add_link(struct snet__model *model, const struct snet_link_opts *opts,
			 struct snet_err *err)
{
	cleanup_with(snet__link_clear) struct snet__model_link link = {
		.forth = opts->forth,
		.back = opts->back,
		.entry = model->link_count,
	};
	const struct field fields[] = {
		{"from", opts->from, snet__value_check_name, &link.from, 0},
		{"to", opts->to, snet__value_check_name, &link.to, 0},
	};
	int r;

	r = check_size(opts->size, sizeof(*opts), "snet_link_opts", err);
	if (r < 0)
		return r;
	if (!opts->from || !opts->to)
		return snet__err_set(err, -EINVAL, "a link needs two nodes, from and to");
	if (model->link_count >= SNET__LINKS_MAX)
		return snet__err_set(err, -EINVAL, "more than %d links", SNET__LINKS_MAX);
	r = copy_fields(fields, 2, err);
	if (r < 0)
		return snet__err_prefix(err, r, "link");
	r = snet__value_check_impairment(&opts->forth, err);
	if (r == 0)
		r = snet__value_check_impairment(&opts->back, err);
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
	};
	struct snet__shown shown;
	int r;

	if (!snet__kind_is_backend(model, opts->kind))
		return snet__err_set(err, -EINVAL, "unknown kind '%s'",
				     snet__show(&shown, opts->kind));
	for (size_t i = 0; i < model->backend_count; i++)
		if (strcmp(model->backends[i].name, opts->name) == 0)
			return snet__err_set(err, -EEXIST,
					     "another backend has this name");
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
	for (size_t i = 0; r == 0 && i < node->function_count; i++)
		if (strcmp(node->functions[i].name, opts->name) == 0)
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
