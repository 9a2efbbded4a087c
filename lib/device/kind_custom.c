/* SPDX-License-Identifier: MIT */
/* A kind that a program added: its callbacks behind the table of ours. device.c has entered the
 * device's namespace when these run. */

#include <string.h>

#include "base/cleanup.h"
#include "device/device.h"
#include "io/json.h"

/* A callback fills in a message, if at all; ours has a code as well, and may not be wanted. */
static int settle(struct snet_err *err, const struct snet_err *own, int r)
{
	if (r >= 0)
		return 0;
	return snet__err_set(err, r, "%s", own->msg[0] ? own->msg : strerrordesc_np(-r));
}

static int init(struct snet_device *device, const struct snet__model_node *node,
		struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);
	struct snet_err own = {0};
	int r;

	if (node->state) {
		r = snet_device_set_state(device, node->state, err);
		if (r < 0)
			return r;
	}
	return kind->init ? settle(err, &own, kind->init(device, &own)) : 0;
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
	struct snet_err own = {0};

	if (!data)
		data = snet__device_node(device)->data;
	if (kind->press)
		return settle(err, &own, kind->press(device, data ? data : "null", &own));
	return snet_device_emit(device, NULL, data, err);
}

static int tick(struct snet_device *device, struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);
	struct snet_err own = {0};

	return kind->tick ? settle(err, &own, kind->tick(device, &own))
			  : press(device, NULL, err);
}

static int command(struct snet_device *device, const struct snet__json *command_json,
		   char state[SNET_STATE_MAX], struct snet_err *err)
{
	const struct snet_device_kind *kind = snet__device_custom_kind(device);
	struct snet_err own = {0};
	autofree char *text = NULL;

	if (!kind->command)
		return snet__device_obey(command_json, state, err);
	text = snet__json_format(command_json);
	if (!text)
		return snet__err_oom(err);
	return settle(err, &own, kind->command(device, text, state, &own));
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
