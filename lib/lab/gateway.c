/* SPDX-License-Identifier: MIT */
/* A gateway node in mode "forward" is a set of ports in its namespace, each of which leads to one
 * place outside. The relayers' backends that go through it are sent to such a port, and still
 * believe to talk to their url's host, so that its certificate is verified as ever. In mode "nat"
 * it has an uplink as well, and the lab's routes lead to it. */

#include "lab/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "io/forward.h"
#include "lab/run.h"
#include "sys/uplink.h"
#include "topo/value.h"

struct snet__gateway {
	struct snet__run_node *node;
	struct snet__uplink uplink; /* mode nat; else its name is empty */
	struct snet__forward *forward;
};

static int add_forwards(struct snet__gateway *gateway, struct snet_err *err)
{
	const struct snet__model_node *described = gateway->node->node;
	unsigned int port;
	int r = 0;

	for (size_t i = 0; i < described->forward_count && r == 0; i++) {
		autofree char *host = NULL;

		r = snet__value_parse_place(&host, &port, described->forwards[i].to, err);
		if (r == 0)
			r = snet__forward_add(gateway->forward,
					      described->forwards[i].port, host, port,
					      err);
	}
	return r;
}

/* Whether an earlier backend has made the port of the one at @index. */
static bool is_shared(const struct snet__model *model, size_t index)
{
	const struct snet__model_backend *backend = &model->backends[index];

	for (size_t i = 0; i < index; i++)
		if (model->backends[i].gateway_port == backend->gateway_port &&
		    strcmp(model->backends[i].gateway, backend->gateway) == 0)
			return true;
	return false;
}

static int add_backends(struct snet__gateway *gateway, struct snet_err *err)
{
	const struct snet__model *model = &gateway->node->run->lab->model;
	unsigned int port;
	int r = 0;

	for (size_t i = 0; i < model->backend_count && r == 0; i++) {
		const struct snet__model_backend *backend = &model->backends[i];
		autofree char *host = NULL;

		if (!backend->gateway_port ||
		    strcmp(backend->gateway, gateway->node->node->name) != 0 ||
		    is_shared(model, i))
			continue;
		r = snet__value_parse_url(&host, &port, backend->url, err);
		if (r == 0)
			r = snet__forward_add(gateway->forward, backend->gateway_port,
					      host, port, err);
	}
	return r;
}

static int make_uplink(struct snet__gateway *gateway, struct snet_err *err)
{
	const struct snet__run *run = gateway->node->run;
	int r;

	if (gateway->node->node->mode != SNET__GATEWAY_NAT)
		return 0;
	r = snet__uplink_up(&gateway->uplink, gateway->node->netns,
			    snet__outside_netns(run->outside), err);
	if (r == -EPERM)
		return snet__err_set(err, r,
				     "mode 'nat' needs root; mode 'forward' does not");
	return r;
}

static void gateway_free_at(struct snet__gateway **at)
{
	snet__gateway_free(*at);
}

int snet__gateway_new(struct snet__gateway **ret, struct snet__run *run,
		      struct snet__run_node *node, struct snet_err *err)
{
	cleanup_with(gateway_free_at) struct snet__gateway *gateway =
		calloc(1, sizeof(*gateway));
	struct snet__forward_opts opts = {
		.netns = node->netns,
		.outside = run->outside,
		.log = snet__run_on_line,
		.user = node,
	};
	int r;

	if (!gateway)
		return snet__err_oom(err);
	gateway->node = node;
	r = snet__forward_new(&gateway->forward, run->loop, &opts, err);
	if (r == 0)
		r = add_forwards(gateway, err);
	if (r == 0)
		r = add_backends(gateway, err);
	if (r == 0)
		r = make_uplink(gateway, err);
	if (r < 0)
		return snet__err_prefix(err, r, "gateway '%s'", node->node->name);

	*ret = steal_ptr(gateway);
	return 0;
}

void snet__gateway_free(struct snet__gateway *gateway)
{
	if (!gateway)
		return;
	snet__forward_free(gateway->forward);
	if (gateway->uplink.name[0])
		snet__uplink_down(gateway->node->netns);
	free(gateway);
}

struct snet__json *snet__gateway_status(const struct snet__gateway *gateway)
{
	const struct snet__forward_counts *counts =
		snet__forward_counts(gateway->forward);
	struct snet__json *json = snet__json_new_object();
	char text[16];

	snet__json_add_string(json, "mode",
			      gateway->node->node->mode == SNET__GATEWAY_NAT ? "nat"
									     : "forward");
	if (gateway->uplink.name[0]) {
		snet__json_add_string(json, "interface", gateway->uplink.name);
		snet__json_add_string(json, "address",
				      snet__ipv4_format(text, gateway->uplink.ipv4));
	}
	snet__json_add_u64(json, "connections", counts->connections);
	snet__json_add_u64(json, "total", counts->total);
	snet__json_add_u64(json, "failed", counts->failed);
	snet__json_add_u64(json, "refused", counts->refused);
	snet__json_add_u64(json, "in_bytes", counts->in_bytes);
	snet__json_add_u64(json, "out_bytes", counts->out_bytes);
	return json;
}

/* As CURLOPT_CONNECT_TO has it: the url's server is at the gateway's port. */
static int format_way(char **ret, const struct snet__run_node *gateway,
		      const struct snet__model_backend *described, const char *host,
		      unsigned int port, struct snet_err *err)
{
	bool is_ipv6 = strchr(host, ':');
	char address[16];

	*ret = snet__text_format("%s%s%s:%u:%s:%u", is_ipv6 ? "[" : "", host,
				 is_ipv6 ? "]" : "", port,
				 snet__ipv4_format(address, gateway->node->ipv4),
				 described->gateway_port);
	return *ret ? 0 : snet__err_oom(err);
}

int snet__gateway_find_way(struct snet__run *run,
			   const struct snet__model_backend *described,
			   struct snet__backend_env *env, char **ret_connect_to,
			   struct snet_err *err)
{
	const struct snet__run_node *gateway =
		snet__run_find(run, described->gateway, err);
	autofree char *host = NULL, *addresses = NULL;
	unsigned int port;
	int r;

	if (!gateway)
		return -ENOENT;
	env->is_routed = !described->gateway_port;
	if (env->is_routed)
		return 0;
	r = snet__value_parse_url(&host, &port, described->url, err);
	/* A misspelt name is better told now than with each event. */
	if (r == 0)
		r = snet__outside_resolve(run->outside, &addresses, host, err);
	if (r < 0)
		return snet__err_prefix(err, r, "backend '%s'", described->name);
	r = format_way(ret_connect_to, gateway, described, host, port, err);
	env->connect_to = *ret_connect_to;
	return r;
}
