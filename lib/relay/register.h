/* SPDX-License-Identifier: MIT */
#ifndef SNET_RELAY_REGISTER_H
#define SNET_RELAY_REGISTER_H

/* The devices that have registered (RFC 9176), and the commands that wait for each: one at a
 * time on the wire, in order. */

#include "base/map.h"
#include "io/coap.h"

struct snet__command;
/* A command's way ended: @status 0 and the device's answer, or a negative errno and why.
 * @code is the CoAP code of an answer. */
typedef void (*snet__command_fn)(struct snet__command *command, int status,
				 enum snet__coap_code code, const char *text);

/* A command, owned by its sender; @json as the device gets it. */
struct snet__command {
	char *target;
	char *json;
	snet__command_fn done;
	void *user;
	struct snet__command *next; /* of the same device */
	struct snet__registered
		*device; /* waits for or is on its way to; NULL: neither */
	bool is_sent;
};

struct snet__register {
	struct snet__coap_endpoint *endpoint; /* borrowed */
	struct snet__map devices;             /* name -> struct snet__registered, owned */
};

/* As many as a lab has nodes at most: anybody in the lab may register. */
#define SNET__REGISTER_MAX 100000

/* A device called @name is at @peer; again after a restart. */
int snet__register_add(struct snet__register *reg, const char *name,
		       const struct snet__coap_peer *peer, struct snet_err *err);
/* Forget a device; the commands that wait for it end with -ENOENT. */
void snet__register_remove(struct snet__register *reg, const char *name);
/* Add to @into all that are in @from. */
int snet__register_copy(struct snet__register *into, const struct snet__register *from,
			struct snet_err *err);
void snet__register_clear(struct snet__register *reg);

/* Queue a command for its target; -ENOENT when that has not registered. */
int snet__register_send(struct snet__register *reg, struct snet__command *command);
/* Forget a command that may be queued or on its way; done() is not called. */
void snet__register_cancel(struct snet__command *command);

#endif
