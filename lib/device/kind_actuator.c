/* SPDX-License-Identifier: MIT */
/* An actuator: has a state and obeys commands. */

#include "device/device.h"

static int init(struct snet_device *device, const struct snet__model_node *node,
		struct snet_err *err)
{
	return snet_device_set_state(device, node->state ? node->state : "0", err);
}

static int command(struct snet_device *device, const struct snet__json *command_json,
		   char state[SNET_STATE_MAX], struct snet_err *err)
{
	(void)device;
	return snet__device_obey(command_json, state, err);
}

const struct snet__device_kind snet__device_actuator = {
	.name = "actuator",
	.type = "state",
	.obeys = true,
	.init = init,
	.command = command,
};
