/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_PARTS_H
#define SNET_TOPO_PARTS_H

/* The parts of a description one by one, for those who build it: read.c and add.c. */

#include "topo/model.h"

void snet__node_clear(struct snet__model_node *node);
void snet__link_clear(struct snet__model_link *link);
void snet__backend_clear(struct snet__model_backend *backend);
void snet__route_clear(struct snet__model_route *route);
void snet__function_clear(struct snet__model_function *function);
void snet__forward_clear(struct snet__model_forward *forward);

/* Of the model's own: clear and free; NULL is accepted. */
void snet__node_free(struct snet__model_node *node);
void snet__link_free(struct snet__model_link *link);

/* Fill the defaults of what was not given. A node's kind must be known, a link's ends too. */
int snet__node_finish(const struct snet__model *model, struct snet__model_node *node,
		      struct snet_err *err);
int snet__link_finish(struct snet__model_link *link, struct snet_err *err);
int snet__route_finish(struct snet__model_route *route, struct snet_err *err);
void snet__function_finish(struct snet__model_function *function);
void snet__backend_finish(struct snet__model_backend *backend);

/* The words of a lab file for enum snet__restart, and from one: -EINVAL. */
extern const char *const snet__restart_words[];
#define SNET__RESTART_WANTED "'no', 'on-failure' or 'always'"
int snet__value_parse_restart(enum snet__restart *ret, const char *text,
			      struct snet_err *err);

/* Append, and leave the given struct empty; untouched on failure (-ENOMEM). */
int snet__model_append_node(struct snet__model *model, struct snet__model_node *node,
			    struct snet_err *err);
int snet__model_append_link(struct snet__model *model, struct snet__model_link *link,
			    struct snet_err *err);
int snet__model_append_backend(struct snet__model *model,
			       struct snet__model_backend *backend, struct snet_err *err);
int snet__node_append_route(struct snet__model_node *node,
			    struct snet__model_route *route, struct snet_err *err);
int snet__node_append_function(struct snet__model_node *node,
			       struct snet__model_function *function,
			       struct snet_err *err);
/* -EEXIST as well: the port is taken. */
int snet__node_append_forward(struct snet__model_node *node,
			      struct snet__model_forward *forward, struct snet_err *err);

/* plan.c: the hardware address of an interface that is given none: 02:00 and its address. */
void snet__plan_mac(unsigned char ret[6], uint32_t ipv4);

/* gateway.c, for snet__model_plan(): the gateways' ports for backends. */
int snet__plan_gateways(struct snet__model *model, struct snet_err *err);

#endif
