/* SPDX-License-Identifier: MIT */
/* References of a description: relayers of devices, backends of routes, nodes of backends. Fills the defaults that depend on the rest of the lab. */

#include "topo/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "topo/kinds.h"
#include "topo/problems.h"

/* Guessing compares with every name; in a large lab with many errors the later ones must do
 * without, or checking would take the square of their number. */
#define GUESSES_MAX 500000

static char *path_of(const struct snet__check *check, enum snet__section section,
		     size_t index, const char *key)
{
	const struct snet__model *model = check->model;
	const char *dot = key ? "." : "";

	if (!key)
		key = "";
	if (section == SNET__SECTION_NODES &&
	    model->nodes[index]->entry == SNET__NO_ENTRY)
		return snet__text_format("node %s%s%s", model->nodes[index]->name, dot,
					 key);
	if (section == SNET__SECTION_LINKS &&
	    model->links[index]->entry == SNET__NO_ENTRY)
		return snet__text_format("link %s%s%s", model->links[index]->name, dot,
					 key);
	if (section == SNET__SECTION_NODES)
		return snet__text_format("nodes[%zu]%s%s", model->nodes[index]->entry,
					 dot, key);
	if (section == SNET__SECTION_LINKS)
		return snet__text_format("links[%zu]%s%s", model->links[index]->entry,
					 dot, key);
	if (section == SNET__SECTION_BACKENDS)
		return snet__text_format("backends.%s%s%s", model->backends[index].name,
					 dot, key);
	return strdup(key);
}

static void find_place(const struct snet__check *check, enum snet__section section,
		       size_t index, const char *key, unsigned int *line,
		       unsigned int *column)
{
	const struct snet__model *model = check->model;
	const char *name = NULL;
	size_t entry = 0;
	bool is_broken = false;

	if (section == SNET__SECTION_NODES) {
		entry = model->nodes[index]->entry;
		is_broken = model->nodes[index]->is_broken;
	} else if (section == SNET__SECTION_LINKS) {
		entry = model->links[index]->entry;
		is_broken = model->links[index]->is_broken;
	} else if (section == SNET__SECTION_BACKENDS) {
		name = model->backends[index].name;
	}
	if (!check->locate)
		return;
	/* A broken entry can have any number of keys, through which nobody wants to walk for
	 * each repetition. */
	check->locate(check->user, section, entry, name, is_broken ? NULL : key, line,
		      column);
}

__attribute__((format(printf, 5, 0))) static void complain_at(struct snet__check *check,
							      unsigned int line,
							      unsigned int column,
							      char *path, const char *fmt,
							      va_list args)
{
	int r = snet__problems_add(check->problems, line, column, path, fmt, args,
				   check->err);

	if (r < 0)
		check->r = r;
}

void snet__check_complain(struct snet__check *check, enum snet__section section,
			  size_t index, const char *key, const char *fmt, ...)
{
	unsigned int line = 0, column = 0;
	va_list args;

	if (check->r < 0)
		return;
	find_place(check, section, index, key, &line, &column);
	va_start(args, fmt);
	complain_at(check, line, column, path_of(check, section, index, key), fmt, args);
	va_end(args);
}

__attribute__((format(printf, 4, 5))) static void complain_route(
	struct snet__check *check, size_t node_index, size_t route_index, const char *fmt,
	...)
{
	const struct snet__model_node *node = check->model->nodes[node_index];
	const struct snet__model_route *route = &node->routes[route_index];
	autofree char *key = NULL;
	va_list args;

	if (check->r < 0)
		return;
	key = snet__text_format("routes[%zu].backend", route_index);
	va_start(args, fmt);
	complain_at(check, route->line, route->column,
		    key ? path_of(check, SNET__SECTION_NODES, node_index, key) : NULL,
		    fmt, args);
	va_end(args);
}

static void list_names(struct snet__check *check, int role)
{
	const struct snet__model *model = check->model;
	size_t count = 0;

	for (size_t i = 0; i < model->node_count; i++)
		if (role < 0 || model->nodes[i]->role == (enum snet__role)role)
			check->names[count++] = model->nodes[i]->name;
	check->names[count] = NULL;
}

const char *snet__check_guess_node(struct snet__check *check, const char *name,
				   struct snet__shown *into, int role)
{
	const char *similar;

	into->text[0] = '\0';
	check->guessed += check->model->node_count;
	if (check->guessed > GUESSES_MAX)
		return into->text;
	if (!check->names)
		check->names =
			calloc(check->model->node_count + 1, sizeof(*check->names));
	if (!check->names)
		return into->text; /* a message without a guess is good enough */

	list_names(check, role);
	similar = snet__text_find_similar(name, check->names);
	if (similar)
		(void)snprintf(into->text, sizeof(into->text), ", did you mean '%s'?",
			       similar);
	return into->text;
}

/* What is known of the lab's relayers and backends for those who name none. */
struct defaults {
	const struct snet__model_node *relayer; /* the first */
	const struct snet__model_node *second;
	bool is_unsure; /* a node whose kind nobody knows may be one */
};

static struct defaults find_defaults(const struct snet__check *check)
{
	const struct snet__model *model = check->model;
	struct defaults defaults = {.is_unsure = check->is_node_missing};

	for (size_t i = 0; i < model->node_count; i++) {
		const struct snet__model_node *node = model->nodes[i];

		if (!node->kind)
			defaults.is_unsure = true;
		else if (node->role == SNET__ROLE_RELAYER && !defaults.relayer)
			defaults.relayer = node;
		else if (node->role == SNET__ROLE_RELAYER && !defaults.second)
			defaults.second = node;
	}
	return defaults;
}

/* The relayer of a device that names one, or NULL after a complaint. */
static const struct snet__model_node *find_relayer(struct snet__check *check,
						   size_t index)
{
	const struct snet__model *model = check->model;
	const char *name = model->nodes[index]->relayer;
	const struct snet__model_node *relayer = snet__model_find_node(model, name);
	struct snet__shown guess;

	if (relayer && relayer->role == SNET__ROLE_RELAYER)
		return relayer;
	if (relayer && relayer->kind)
		snet__check_complain(check, SNET__SECTION_NODES, index, "relayer",
				     "'%s' is %s %s, not a relayer", name,
				     snet__kind_article(relayer->kind), relayer->kind);
	else if (!relayer && !check->is_node_missing)
		snet__check_complain(check, SNET__SECTION_NODES, index, "relayer",
				     "no node '%s'%s", name,
				     snet__check_guess_node(check, name, &guess,
							    SNET__ROLE_RELAYER));
	return NULL;
}

static const struct snet__model_node *default_relayer(struct snet__check *check,
						      size_t index,
						      const struct defaults *defaults)
{
	struct snet__model_node *node = check->model->nodes[index];

	if (defaults->is_unsure)
		return NULL;
	if (!defaults->relayer) {
		snet__check_complain(
			check, SNET__SECTION_NODES, index, "relayer",
			"missing: %s %s needs a relayer, and the lab has none",
			snet__kind_article(node->kind), node->kind);
		return NULL;
	}
	if (defaults->second) {
		snet__check_complain(
			check, SNET__SECTION_NODES, index, "relayer",
			"missing: the lab has several relayers, '%s' and '%s' "
			"among them",
			defaults->relayer->name, defaults->second->name);
		return NULL;
	}
	node->relayer = strdup(defaults->relayer->name);
	if (!node->relayer)
		check->r = snet__err_oom(check->err);
	return defaults->relayer;
}

static void check_device(struct snet__check *check, size_t index,
			 const struct defaults *defaults)
{
	const struct snet__model *model = check->model;
	const struct snet__model_node *node = model->nodes[index], *relayer;

	if (node->relayer)
		relayer = find_relayer(check, index);
	else
		relayer = default_relayer(check, index, defaults);
	/* Without any link at all it is told so elsewhere. */
	if (!relayer || check->r < 0 || !check->degree[index] ||
	    !check->degree[relayer->index] ||
	    snet__check_is_connected(check, index, relayer->index))
		return;
	snet__check_complain(check, SNET__SECTION_NODES, index, NULL,
			     "'%s' cannot reach its relayer '%s': no links lead there",
			     node->name, relayer->name);
}

static const char *guess_backend(struct snet__check *check, const char *name,
				 struct snet__shown *into)
{
	const struct snet__model *model = check->model;
	autofree const char **names = calloc(model->backend_count + 1, sizeof(*names));
	const char *similar = NULL;

	check->guessed += model->backend_count;
	if (names && check->guessed <= GUESSES_MAX) {
		for (size_t i = 0; i < model->backend_count; i++)
			names[i] = model->backends[i].name;
		similar = snet__text_find_similar(name, names);
	}
	into->text[0] = '\0';
	if (similar)
		(void)snprintf(into->text, sizeof(into->text), ", did you mean '%s'?",
			       similar);
	return into->text;
}

/* A relayer is optional: without one the program is told of none. */
static void check_program(struct snet__check *check, size_t index,
			  const struct defaults *defaults)
{
	struct snet__model_node *node = check->model->nodes[index];
	bool is_container = strcmp(node->kind, "container") == 0;
	const char *relayer = defaults->relayer ? defaults->relayer->name : NULL;

	if (!node->command)
		snet__check_complain(check, SNET__SECTION_NODES, index, "command",
				     "missing");
	if (is_container && !node->rootfs == !node->image)
		snet__check_complain(check, SNET__SECTION_NODES, index, NULL,
				     node->rootfs
					     ? "'rootfs' and 'image' exclude each other"
					     : "a container needs 'rootfs' or 'image'");
	if (is_container && node->cwd && *node->cwd != '/')
		snet__check_complain(check, SNET__SECTION_NODES, index, "cwd",
				     "expected a path that begins with '/': it is one "
				     "in the container");
	if (node->relayer) {
		(void)find_relayer(check, index); /* it complains */
		return;
	}
	if (!relayer || defaults->second || defaults->is_unsure)
		return;
	node->relayer = strdup(relayer);
	if (!node->relayer)
		check->r = snet__err_oom(check->err);
}

static void check_route(struct snet__check *check, size_t index, size_t route_index,
			const struct snet__map *backends)
{
	const struct snet__model *model = check->model;
	struct snet__model_route *route = &model->nodes[index]->routes[route_index];
	const struct snet__model_backend *backend;
	const struct snet__model_node *node;
	struct snet__shown guess;
	const char *through;

	if (!route->backend && model->backend_count == 1) {
		route->backend = strdup(model->backends[0].name);
		if (!route->backend)
			check->r = snet__err_oom(check->err);
	}
	if (check->is_backend_missing)
		return;
	if (!route->backend) {
		complain_route(check, index, route_index,
			       model->backend_count
				       ? "missing: the lab has several backends"
				       : "missing: the lab has no backends");
		return;
	}
	backend = snet__map_find(backends, route->backend);
	if (!backend) {
		complain_route(check, index, route_index, "no backend '%s'%s",
			       route->backend,
			       guess_backend(check, route->backend, &guess));
		return;
	}
	through = backend->gateway ? backend->gateway : backend->node;
	node = through ? snet__model_find_node(model, through) : NULL;
	if (node && check->degree[index] && check->degree[node->index] &&
	    !snet__check_is_connected(check, index, node->index))
		complain_route(
			check, index, route_index,
			"'%s' cannot reach '%s', %s of backend '%s': no links lead there",
			model->nodes[index]->name, node->name,
			backend->gateway ? "gateway" : "node", backend->name);
}

/* That the node which a backend names under @key is there and has @role. */
static void check_backend_node(struct snet__check *check, size_t index, const char *key,
			       const char *name, enum snet__role role)
{
	const struct snet__model_node *node = snet__model_find_node(check->model, name);
	struct snet__shown guess;

	if (!node && !check->is_node_missing)
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, key,
				     "no node '%s'%s", name,
				     snet__check_guess_node(check, name, &guess,
							    (int)role));
	else if (node && node->kind && node->role != role)
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, key,
				     "'%s' is %s %s, not a %s", name,
				     snet__kind_article(node->kind), node->kind,
				     role == SNET__ROLE_GATEWAY ? "gateway"
								: "functions node");
}

static void check_gateway(struct snet__check *check, size_t index)
{
	const struct snet__model_backend *backend = &check->model->backends[index];
	autofree char *host = NULL;
	struct snet_err err = {0};
	unsigned int port;
	int r;

	if (strcmp(backend->kind, "openwhisk") != 0) {
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, "gateway",
				     "only an openwhisk backend has a gateway");
		return;
	}
	if (!backend->url) {
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, "gateway",
				     "needs a 'url': nodes of the lab are reached "
				     "without a gateway");
		return;
	}
	r = snet__value_parse_url(&host, &port, backend->url, &err);
	if (r == -ENOMEM)
		check->r = snet__err_oom(check->err);
	else if (r < 0)
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, "url", "%s",
				     err.msg);
	check_backend_node(check, index, "gateway", backend->gateway, SNET__ROLE_GATEWAY);
}

static void check_backend(struct snet__check *check, size_t index)
{
	const struct snet__model_backend *backend = &check->model->backends[index];

	if (backend->is_broken)
		return;
	if (strcmp(backend->kind, "native") == 0 &&
	    (backend->node || backend->url || backend->credentials || backend->insecure ||
	     backend->gateway)) {
		snet__check_complain(
			check, SNET__SECTION_BACKENDS, index, NULL,
			"a native backend has no node, url, credentials, insecure, "
			"gateway: its functions are the program's");
		return;
	}
	if (strcmp(backend->kind, "openwhisk") == 0 && !backend->node && !backend->url)
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, NULL,
				     "an openwhisk backend needs 'node' or 'url'");
	else if (strcmp(backend->kind, "openwhisk") == 0 && backend->node && backend->url)
		snet__check_complain(check, SNET__SECTION_BACKENDS, index, NULL,
				     "'node' and 'url' exclude each other");
	else if (backend->node)
		check_backend_node(check, index, "node", backend->node,
				   SNET__ROLE_FUNCTIONS);
	if (backend->gateway)
		check_gateway(check, index);
}

static void check_references(struct snet__check *check)
{
	struct snet__model *model = check->model;
	struct defaults defaults = find_defaults(check);
	struct snet__map backends = {0};

	for (size_t i = 0; i < model->backend_count && check->r == 0; i++) {
		int r = snet__map_add(&backends, model->backends[i].name,
				      &model->backends[i], check->err);

		if (r == -EEXIST)
			snet__check_complain(check, SNET__SECTION_BACKENDS, i, NULL,
					     "another backend has this name");
		else if (r < 0)
			check->r = r;
		else
			check_backend(check, i);
	}
	for (size_t i = 0; i < model->node_count && check->r == 0; i++) {
		const struct snet__model_node *node = model->nodes[i];

		if (node->is_broken)
			continue;
		if (node->role == SNET__ROLE_DEVICE)
			check_device(check, i, &defaults);
		else if (node->role == SNET__ROLE_PROGRAM)
			check_program(check, i, &defaults);
		for (size_t j = 0; j < node->route_count && check->r == 0; j++)
			check_route(check, i, j, &backends);
	}
	snet__map_clear(&backends);
}

int snet__check_run(struct snet__check *check)
{
	struct snet__model *model = check->model;
	size_t before = check->problems->count;

	check->degree = calloc(model->node_count + 1, sizeof(*check->degree));
	if (!check->degree)
		check->r = snet__err_oom(check->err);
	if (check->r == 0)
		snet__check_names(check);
	if (check->r == 0)
		snet__check_links(check);
	if (check->r == 0)
		snet__check_impairments(check);
	if (check->r == 0)
		snet__check_segments(check);
	if (check->r == 0)
		snet__check_netem(check);
	if (check->r == 0)
		snet__check_addresses(check);
	if (check->r == 0)
		snet__check_macs(check);
	if (check->r == 0)
		check_references(check);
	free(check->names);
	free(check->degree);
	snet__map_clear(&check->tables);
	snet__map_clear(&check->traces);
	snet__map_clear(&check->filters);
	snet__map_clear(&check->decisions);
	for (int i = 0; i < 2; i++)
		snet__map_clear(&check->replays[i]);
	if (check->r < 0)
		return check->r;
	return check->problems->count > before ? -EINVAL : 0;
}

int snet__model_check(struct snet__model *model, struct snet__problems *problems,
		      struct snet_err *err)
{
	struct snet__check check = {.model = model, .problems = problems, .err = err};
	int r = snet__check_run(&check);

	return r == -EINVAL ? snet__problems_err(problems, NULL, err) : r;
}
