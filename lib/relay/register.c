/* SPDX-License-Identifier: MIT */
/* Commands leave from the socket at which the devices registered: one serves them all. */

#include "relay/register.h"

#include <stdlib.h>
#include <string.h>

struct snet__registered {
	struct snet__register *reg;
	struct snet__coap_peer peer;
	struct snet__command *first, **last;
	bool is_busy; /* a command is on its way, @first unless that was cancelled */
	char name[];
};

static void send_first(struct snet__registered *device);

static void on_reply(void *user, const struct snet__coap_reply *reply)
{
	struct snet__registered *device = user;
	struct snet__command *command = device->first;

	if (reply->status == -ECANCELED)
		return; /* the relayer is on its way out */
	device->is_busy = false;
	if (command && command->is_sent) {
		snet__register_cancel(command);
		command->done(command, reply->status, reply->code, reply->payload);
	}
	send_first(device);
}

static void send_first(struct snet__registered *device)
{
	struct snet__command *command = device->first;
	struct snet__coap_call call = {
		.to = device->peer,
		.method = SNET__COAP_PUT,
		.path = "state",
		.format = SNET__COAP_JSON,
	};
	int r;

	if (!command || device->is_busy)
		return;
	call.payload = command->json;
	call.size = strlen(command->json);
	r = snet__coap_send(device->reg->endpoint, &call, on_reply, device, NULL);
	if (r < 0) {
		snet__register_cancel(command);
		command->done(command, r, 0, "out of memory");
		return;
	}
	device->is_busy = true;
	command->is_sent = true;
}

int snet__register_add(struct snet__register *reg, const char *name,
		       const struct snet__coap_peer *peer, struct snet_err *err)
{
	struct snet__registered *device = snet__map_find(&reg->devices, name);
	size_t size = strlen(name) + 1;
	int r;

	if (device) {
		device->peer = *peer;
		return 0;
	}
	if (reg->devices.count == SNET__REGISTER_MAX)
		return snet__err_set(err, -ENOSPC, "%d devices have registered already",
				     SNET__REGISTER_MAX);
	device = calloc(1, sizeof(*device) + size);
	if (!device)
		return snet__err_oom(err);
	memcpy(device->name, name, size);
	device->reg = reg;
	device->peer = *peer;
	device->last = &device->first;
	r = snet__map_add(&reg->devices, device->name, device, err);
	if (r < 0)
		free(device);
	return r;
}

void snet__register_remove(struct snet__register *reg, const char *name)
{
	struct snet__registered *device = snet__map_find(&reg->devices, name);
	struct snet__command *command;

	if (!device)
		return;
	while ((command = device->first)) {
		snet__register_cancel(command);
		command->done(command, -ENOENT, 0, "it is not in the lab any more");
	}
	/* An answer that is on its way finds no command, and needs the device. */
	if (device->is_busy) {
		device->peer = (struct snet__coap_peer){0};
		return;
	}
	(void)snet__map_remove(&reg->devices, name);
	free(device);
}

int snet__register_copy(struct snet__register *into, const struct snet__register *from,
			struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < from->devices.cap && r == 0; i++) {
		const struct snet__registered *device = from->devices.slots[i].value;

		if (from->devices.slots[i].key && device->peer.ipv4)
			r = snet__register_add(into, device->name, &device->peer, err);
	}
	return r;
}

void snet__register_clear(struct snet__register *reg)
{
	for (size_t i = 0; i < reg->devices.cap; i++)
		free(reg->devices.slots[i].value);
	snet__map_clear(&reg->devices);
}

int snet__register_send(struct snet__register *reg, struct snet__command *command)
{
	struct snet__registered *device = snet__map_find(&reg->devices, command->target);

	if (!device || !device->peer.ipv4)
		return -ENOENT;
	command->device = device;
	command->next = NULL;
	command->is_sent = false;
	*device->last = command;
	device->last = &command->next;
	send_first(device);
	return 0;
}

void snet__register_cancel(struct snet__command *command)
{
	struct snet__registered *device = command->device;
	struct snet__command **at;

	if (!device)
		return;
	for (at = &device->first; *at != command; at = &(*at)->next)
		;
	*at = command->next;
	if (!command->next)
		device->last = at;
	command->device = NULL;
}
