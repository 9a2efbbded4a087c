/* SPDX-License-Identifier: MIT */
/* A sensor: measures the values of its description, one each period, over and over. */

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "device/device.h"
#include "io/json.h"

struct sensor {
	struct snet__json *values; /* a non-empty array */
	const struct snet__json *next;
};

static int init(struct snet_device *device, const struct snet__model_node *node,
		struct snet_err *err)
{
	const char *values = node->values ? node->values : "[0]";
	struct sensor *sensor = snet_device_memory(device);
	int r;

	r = snet__json_parse(&sensor->values, values, strlen(values), err);
	if (r < 0)
		return r;
	if (!snet__json_first(sensor->values))
		return snet__err_set(err, -EINVAL, "a sensor needs at least one value");
	sensor->next = snet__json_first(sensor->values);
	return 0;
}

static void fini(struct snet_device *device)
{
	struct sensor *sensor = snet_device_memory(device);

	snet__json_free(sensor->values);
}

static int measure(struct snet_device *device, struct snet_err *err)
{
	struct sensor *sensor = snet_device_memory(device);
	autofree char *value = snet__json_format(sensor->next);
	autofree char *data = NULL;
	int r;

	if (!value)
		return snet__err_oom(err);
	sensor->next = snet__json_next(sensor->next);
	if (!sensor->next)
		sensor->next = snet__json_first(sensor->values);

	r = snet_device_set_state(device, value, err);
	if (r < 0)
		return r;
	data = snet__text_format("{\"value\":%s}", value);
	if (!data)
		return snet__err_oom(err);
	return snet_device_emit(device, NULL, data, err);
}

/* Pressing a sensor makes it measure now; given data stands for a measurement. */
static int press(struct snet_device *device, const char *data, struct snet_err *err)
{
	return data ? snet_device_emit(device, NULL, data, err) : measure(device, err);
}

const struct snet__device_kind snet__device_sensor = {
	.name = "sensor",
	.type = "value",
	.state_size = sizeof(struct sensor),
	.every_ns = SNET__NS_PER_S,
	.init = init,
	.fini = fini,
	.tick = measure,
	.press = press,
};
