/* SPDX-License-Identifier: MIT */
/* The ways out of a lab: the forwards that a gateway's entry lists, and the ports at which the
 * backends that name it are reached. */

#include <string.h>

#include "base/cleanup.h"
#include "topo/entries.h"
#include "topo/parts.h"

#define FORWARD(member) offsetof(struct snet__model_forward, member)
static const struct snet__key forward_keys[] = {
	{
		.name = "port",
		.read = snet__read_u32,
		.offset = FORWARD(port),
		.range = &snet__range_port,
		.is_needed = true,
	},
	{
		.name = "to",
		.read = snet__read_text,
		.offset = FORWARD(to),
		.check = snet__value_check_place,
		.is_needed = true,
	},
};
const struct snet__keys snet__keys_forward = {"forward", SNET__KEYS(forward_keys)};

void snet__read_forward(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into)
{
	cleanup_with(snet__forward_clear) struct snet__model_forward forward = {0};
	size_t complaints = reader->complaints;
	struct snet_err err = {0};
	int r;

	snet__reader_object(reader, spot, json, &snet__keys_forward, 0, "forward",
			    &forward);
	if (reader->r < 0 || reader->complaints > complaints)
		return;
	r = snet__node_append_forward(into, &forward, &err);
	if (r == -EEXIST)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
	else if (r < 0)
		reader->r = snet__err_oom(reader->err);
}

bool snet__model_leads_outside(const struct snet__model_node *node)
{
	return node->role == SNET__ROLE_GATEWAY && node->mode == SNET__GATEWAY_NAT;
}

/* What @backend's url leads to, when it does so by a forward; NULL when it does not. */
static const struct snet__model_node *find_forwarder(
	const struct snet__model *model, const struct snet__model_backend *backend)
{
	const struct snet__model_node *node =
		backend->gateway ? snet__model_find_node(model, backend->gateway) : NULL;

	return node && node->mode == SNET__GATEWAY_FORWARD ? node : NULL;
}

/* Whether @port of the gateway has another use, the first @count backends' included. */
static bool is_taken(const struct snet__model *model,
		     const struct snet__model_node *gateway, size_t count,
		     unsigned int port)
{
	for (size_t i = 0; i < gateway->forward_count; i++)
		if (gateway->forwards[i].port == port)
			return true;
	for (size_t i = 0; i < count; i++)
		if (model->backends[i].gateway_port == port &&
		    strcmp(model->backends[i].gateway, gateway->name) == 0)
			return true;
	return false;
}

/* An earlier backend that is reached at the same place through the same gateway, or NULL. */
static const struct snet__model_backend *find_same(const struct snet__model *model,
						   size_t index)
{
	const struct snet__model_backend *backend = &model->backends[index];

	for (size_t i = 0; i < index; i++)
		if (model->backends[i].gateway_port &&
		    strcmp(model->backends[i].gateway, backend->gateway) == 0 &&
		    strcmp(model->backends[i].url, backend->url) == 0)
			return &model->backends[i];
	return NULL;
}

/* The url's own port is the gateway's as well, or the next that is free: the same each time, and
 * a backend added at the end changes none. */
static int plan_port(struct snet__model *model, size_t index, struct snet_err *err)
{
	struct snet__model_backend *backend = &model->backends[index];
	const struct snet__model_node *gateway = find_forwarder(model, backend);
	const struct snet__model_backend *same;
	autofree char *host = NULL;
	unsigned int port, left = (unsigned int)snet__range_port.max;
	int r;

	backend->gateway_port = 0;
	if (!gateway)
		return 0;
	r = snet__value_parse_url(&host, &port, backend->url, err);
	if (r < 0)
		return snet__err_prefix(err, r, "backend '%s'", backend->name);
	same = find_same(model, index);
	while (!same && is_taken(model, gateway, index, port)) {
		if (!--left)
			return snet__err_set(err, -ENOSPC,
					     "gateway '%s' has no port for backend '%s'",
					     gateway->name, backend->name);
		port = port < snet__range_port.max ? port + 1 : 1;
	}
	backend->gateway_port = same ? same->gateway_port : port;
	return 0;
}

int snet__plan_gateways(struct snet__model *model, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < model->backend_count && r == 0; i++)
		r = plan_port(model, i, err);
	return r;
}
