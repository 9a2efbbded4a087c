/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_DEVICE_PRIVATE_H
#define SNET_DEVICE_DEVICE_PRIVATE_H

/* A device's inside, for device.c and resource.c. */

#include "device/device.h"
#include "device/outgoing.h"

struct snet_device {
	struct snet__device_env env;
	const struct snet__model_node *node;
	const struct snet__device_kind *kind;
	const struct snet_device_kind *custom;
	const char *type;
	int netns;
	struct snet__coap_endpoint *endpoint;
	struct snet__outgoing outgoing;
	struct snet__timer *timer; /* of its period */
	struct snet__timer *again; /* to register once more */
	void *memory;
	bool is_started;
	uint64_t sent;       /* events, in this run */
	uint64_t pressed_ns; /* when what is being sent began */
	char last_id[SNET_EVENT_ID_MAX + 1];
	char state[SNET_STATE_MAX];
};

/* Carry out a command; *@ret_again when its id was applied before. */
int snet__device_command(struct snet_device *device, const struct snet__json *command,
			 bool *ret_again, struct snet_err *err);
/* What it offers in CoRE link format (RFC 6690), to be freed. */
char *snet__device_links(const struct snet_device *device);
/* The snet__coap_handler of a device. */
void snet__device_resource(void *user, const struct snet__coap_request *request,
			   struct snet__coap_response *response);

#endif
