/* SPDX-License-Identifier: MIT */
/* The kinds of nodes and backends: their names, roles and defaults. What they do is in the
 * layers below; a description must be readable without them. */

#include "topo/kinds.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* Names given to the guess behind "did you mean"; a program has fewer kinds of its own. */
#define WORDS_MAX 64

static const struct snet__node_kind node_kinds[] = {
	{.name = "switch", .role = SNET__ROLE_SWITCH, .bit = SNET__ON_SWITCH},
	{.name = "host", .role = SNET__ROLE_HOST, .bit = SNET__ON_HOST},
	{
		.name = "button",
		.role = SNET__ROLE_DEVICE,
		.bit = SNET__ON_BUTTON,
		.type = "press",
		.data = "null",
	},
	{
		.name = "actuator",
		.role = SNET__ROLE_DEVICE,
		.bit = SNET__ON_ACTUATOR,
		.state = "0",
	},
	{
		.name = "sensor",
		.role = SNET__ROLE_DEVICE,
		.bit = SNET__ON_SENSOR,
		.type = "value",
		.values = "[0]",
		.every_ns = SNET__NS_PER_S,
	},
	{.name = "relayer", .role = SNET__ROLE_RELAYER, .bit = SNET__ON_RELAYER},
	{.name = "functions", .role = SNET__ROLE_FUNCTIONS, .bit = SNET__ON_FUNCTIONS},
	{.name = "gateway", .role = SNET__ROLE_GATEWAY, .bit = SNET__ON_GATEWAY},
	{.name = "process", .role = SNET__ROLE_PROGRAM, .bit = SNET__ON_PROCESS},
	{.name = "container", .role = SNET__ROLE_PROGRAM, .bit = SNET__ON_CONTAINER},
	{.name = "router", .role = SNET__ROLE_ROUTER, .bit = SNET__ON_ROUTER},
};

/* A kind that a program added: the model says its name, the program its defaults. */
static const struct snet__node_kind custom_kind = {
	.role = SNET__ROLE_DEVICE,
	.bit = SNET__ON_CUSTOM,
};

static const char *const backend_kinds[] = {"openwhisk", "native", NULL};

static bool is_among(const char *name, const char *const *names)
{
	for (; names && *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

const struct snet__node_kind *snet__kind_at(size_t index)
{
	return index < sizeof(node_kinds) / sizeof(*node_kinds) ? &node_kinds[index]
								: NULL;
}

const struct snet__node_kind *snet__kind_find_node(const struct snet__model *model,
						   const char *name)
{
	const struct snet__node_kind *kind;

	for (size_t i = 0; (kind = snet__kind_at(i)); i++)
		if (strcmp(name, kind->name) == 0)
			return kind;
	return is_among(name, model->device_kinds) ? &custom_kind : NULL;
}

static const char *guess(const char *name, const char *const *own,
			 const char *const *more)
{
	const char *words[WORDS_MAX + 1] = {0};
	size_t count = 0;

	for (; *own; own++)
		words[count++] = *own;
	for (; more && *more && count < WORDS_MAX; more++)
		words[count++] = *more;
	return snet__text_find_similar(name, words);
}

const char *snet__kind_guess_node(const struct snet__model *model, const char *name)
{
	const char *own[sizeof(node_kinds) / sizeof(*node_kinds) + 1] = {0};
	const struct snet__node_kind *kind;

	for (size_t i = 0; (kind = snet__kind_at(i)); i++)
		own[i] = kind->name;
	return guess(name, own, model->device_kinds);
}

bool snet__kind_is_backend(const struct snet__model *model, const char *name)
{
	return is_among(name, backend_kinds) || is_among(name, model->backend_kinds);
}

const char *snet__kind_guess_backend(const struct snet__model *model, const char *name)
{
	return guess(name, backend_kinds, model->backend_kinds);
}

const char *snet__kind_article(const char *kind)
{
	if (strcmp(kind, "functions") == 0)
		return "a node of kind";
	return *kind && strchr("aeiouAEIOU", *kind) ? "an" : "a";
}
