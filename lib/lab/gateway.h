/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_GATEWAY_H
#define SNET_LAB_GATEWAY_H

/* The ways out of a running lab. */

#include "lab/lab.h"

struct snet__gateway;

/* What the node's mode and forwards ask for, and what the lab's backends do of it. */
int snet__gateway_new(struct snet__gateway **ret, struct snet__run *run,
		      struct snet__run_node *node, struct snet_err *err);
void snet__gateway_free(struct snet__gateway *gateway);
/* {"mode", "forwards", "connections" ...}, to be freed. */
struct snet__json *snet__gateway_status(const struct snet__gateway *gateway);

/* How the backend @described, which names a gateway, is reached: for env->connect_to, to be freed
 * (NULL when no forward is needed), and env->is_routed. -ENOENT when its host cannot be found. */
int snet__gateway_find_way(struct snet__run *run,
			   const struct snet__model_backend *described,
			   struct snet__backend_env *env, char **ret_connect_to,
			   struct snet_err *err);

#endif
