/* SPDX-License-Identifier: MIT */
/* A kind that a program added: its callbacks behind the table of ours. device.c has entered the
 * device's namespace when these run. */

#include "base/cleanup.h"
#include "device/device.h"
#include "io/json.h"

static int init(struct snet_device *device, const struct snet__model_node *node,
		struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);
	int r;

	if (node->state) {
		r = snet_device_set_state(device, node->state, err);
		if (r < 0)
			return r;
	}
	return kind->init ? kind->init(device, err) : 0;
}

static void fini(struct snet_device *device)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);

	if (kind->fini)
		kind->fini(device);
}

static int press(struct snet_device *device, const char *data, struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);

	if (!data)
		data = snet__device_node(device)->data;
	if (kind->press)
		return kind->press(device, data ? data : "null", err);
	return snet_device_emit(device, NULL, data, err);
}

static int tick(struct snet_device *device, struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);

	return kind->tick ? kind->tick(device, err) : press(device, NULL, err);
}

static int command(struct snet_device *device, const struct snet__json *command_json,
		   char state[SNET_STATE_MAX], struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);
	autofree char *text = NULL;

	if (!kind->command)
		return snet__device_obey(command_json, state, err);
	text = snet__json_format(command_json);
	if (!text)
		return snet__err_oom(err);
	return kind->command(device, text, state, err);
}

const struct snet__device_kind snet__device_custom = {
	.name = "",
	.type = "event",
	.obeys = true,
	.init = init,
	.fini = fini,
	.tick = tick,
	.press = press,
	.command = command,
};
