/* SPDX-License-Identifier: MIT */
/* Store and forward at the device: an outage of the network or the relayer delays events. */

#include "device/outgoing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* How long an event is worth trying, and how long to wait after a relayer said "not now". */
#define LIFE_NS  (60 * SNET__NS_PER_S)
#define AGAIN_NS (1 * SNET__NS_PER_S)

struct snet__outgoing_event {
	struct snet__outgoing_event *next;
	char id[SNET_EVENT_ID_MAX + 1];
	uint64_t until_ns;
	char *json;
};

static void send_first(struct snet__outgoing *outgoing);

static void free_event(struct snet__outgoing_event *event)
{
	free(event->json);
	free(event);
}

static void end_first(struct snet__outgoing *outgoing, int status, const char *why)
{
	struct snet__outgoing_event *event = outgoing->first;

	outgoing->first = event->next;
	if (!outgoing->first)
		outgoing->last = NULL;
	outgoing->count--;
	outgoing->fn(outgoing->user, event->id, status, why);
	free_event(event);
}

static void on_again(void *user)
{
	send_first(user);
}

static void try_again(struct snet__outgoing *outgoing, uint64_t delay_ns, int status,
		      const char *why)
{
	if (snet__clock_ns() + delay_ns >= outgoing->first->until_ns) {
		end_first(outgoing, status, why);
		delay_ns = 0;
	}
	if (!outgoing->again && snet__timer_new(&outgoing->again, outgoing->loop,
						on_again, outgoing, NULL) < 0)
		return; /* without memory: with the next event of this device */
	if (outgoing->first)
		snet__timer_start(outgoing->again, delay_ns, 0);
}

/* The first cannot be taken now, so neither can those behind it. */
static void tell_refused(struct snet__outgoing *outgoing, const char *why)
{
	for (const struct snet__outgoing_event *event = outgoing->first; event;
	     event = event->next)
		outgoing->refused(outgoing->user, event->id, why);
}

static void on_reply(void *user, const struct snet__coap_reply *reply)
{
	struct snet__outgoing *outgoing = user;
	char why[SNET_ERR_MAX];

	outgoing->is_sending = false;
	if (reply->status == -ECANCELED)
		return; /* the device is on its way out */
	if (reply->status < 0) {
		try_again(outgoing, 0, reply->status, "no answer from the relayer");
		return;
	}
	if (reply->code == SNET__COAP_UNAVAILABLE || reply->code == SNET__COAP_INTERNAL) {
		(void)snprintf(why, sizeof(why), "the relayer cannot take it: %s",
			       reply->payload);
		tell_refused(outgoing, why);
		try_again(outgoing, AGAIN_NS, -EAGAIN, why);
		return;
	}
	(void)snprintf(why, sizeof(why), "the relayer refused it: %s", reply->payload);
	if (reply->code >> 5 == 2)
		end_first(outgoing, 0, "");
	else
		end_first(outgoing, -EINVAL, why);
	if (outgoing->first && !outgoing->is_sending)
		send_first(outgoing);
}

static void send_first(struct snet__outgoing *outgoing)
{
	struct snet__coap_call call = {
		.to = outgoing->relayer,
		.method = SNET__COAP_POST,
		.path = "event",
		.format = SNET__COAP_JSON,
	};

	if (!outgoing->first || outgoing->is_sending)
		return;
	call.payload = outgoing->first->json;
	call.size = strlen(outgoing->first->json);
	if (snet__coap_send(outgoing->endpoint, &call, on_reply, outgoing, NULL) < 0)
		try_again(outgoing, AGAIN_NS, -ENOMEM, "out of memory");
	else
		outgoing->is_sending = true;
}

int snet__outgoing_add(struct snet__outgoing *outgoing, const char *id, char *json,
		       struct snet_err *err)
{
	struct snet__outgoing_event *event = NULL;

	if (outgoing->count < SNET__OUTGOING_MAX)
		event = calloc(1, sizeof(*event));
	if (!event) {
		free(json);
		return outgoing->count < SNET__OUTGOING_MAX
			       ? snet__err_oom(err)
			       : snet__err_set(
					 err, -EAGAIN,
					 "%d events wait to be acknowledged already",
					 SNET__OUTGOING_MAX);
	}
	event->json = json;
	event->until_ns = snet__clock_ns() + LIFE_NS;
	(void)snprintf(event->id, sizeof(event->id), "%s", id);
	if (outgoing->last)
		outgoing->last->next = event;
	else
		outgoing->first = event;
	outgoing->last = event;
	outgoing->count++;
	send_first(outgoing);
	return 0;
}

bool snet__outgoing_has(const struct snet__outgoing *outgoing, const char *id)
{
	const struct snet__outgoing_event *event = outgoing->first;

	while (event && strcmp(event->id, id) != 0)
		event = event->next;
	return event != NULL;
}

void snet__outgoing_drop(struct snet__outgoing *outgoing, const char *why)
{
	while (outgoing->first)
		end_first(outgoing, -ECANCELED, why);
}

void snet__outgoing_clear(struct snet__outgoing *outgoing)
{
	struct snet__outgoing_event *event, *next;

	for (event = outgoing->first; event; event = next) {
		next = event->next;
		free_event(event);
	}
	snet__timer_free(outgoing->again);
	*outgoing = (struct snet__outgoing){0};
}
