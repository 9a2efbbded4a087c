/* SPDX-License-Identifier: MIT */
/* A button: sends an event when it is pressed, or each period if it has one. */

#include "device/device.h"

static int press(struct snet_device *device, const char *data, struct snet_err *err)
{
	return snet_device_emit(device, NULL,
				data ? data : snet__device_node(device)->data, err);
}

const struct snet__device_kind snet__device_button = {
	.name = "button",
	.type = "press",
	.press = press,
};
