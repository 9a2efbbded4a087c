/* SPDX-License-Identifier: MIT */
/* What a device offers over CoAP, to its relayer and to any client in the lab:
 *
 *     GET  /.well-known/core   the list of these
 *     GET  /state              the state, JSON
 *     PUT  /state              a command {"id", "set"|"toggle"}, or simply the new state
 *     POST /press              press it, with the event's data or nothing
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "device/device_private.h"
#include "io/json.h"

char *snet__device_links(const struct snet_device *device)
{
	return snet__text_format("</state>;rt=\"snet.%s\";ct=50%s", device->node->kind,
				 device->kind->press ? ",</press>;rt=\"snet.press\""
						     : "");
}

static void say(struct snet__coap_response *response, enum snet__coap_code code,
		enum snet__coap_format format, int length)
{
	response->code = code;
	response->format = format;
	response->payload = response->text;
	response->size = (size_t)length < sizeof(response->text)
				 ? (size_t)length
				 : sizeof(response->text) - 1;
}

static void say_error(struct snet__coap_response *response, enum snet__coap_code code,
		      const char *why)
{
	say(response, code, SNET__COAP_TEXT,
	    snprintf(response->text, sizeof(response->text), "%s", why));
}

static void get_links(void *user, const struct snet__coap_request *request,
		      struct snet__coap_response *response)
{
	struct snet_device *device = user;
	autofree char *links = snet__device_links(device);

	(void)request;
	say(response, SNET__COAP_CONTENT, SNET__COAP_LINKS,
	    snprintf(response->text, sizeof(response->text), "%s", links ? links : ""));
}

static void get_state(void *user, const struct snet__coap_request *request,
		      struct snet__coap_response *response)
{
	struct snet_device *device = user;
	(void)request;
	say(response, SNET__COAP_CONTENT, SNET__COAP_JSON,
	    snprintf(response->text, sizeof(response->text), "%s", device->state));
}

/* A command, or a plain value, which stands for {"set": VALUE}. */
static int parse_command(struct snet__json **ret,
			 const struct snet__coap_request *request, struct snet_err *err)
{
	autojson *json = NULL, *command = NULL;
	int r;

	r = snet__json_parse(&json, request->payload, request->size, err);
	if (r < 0)
		return r;
	if (snet__json_get(json, "set") || snet__json_get(json, "toggle")) {
		*ret = steal_ptr(json);
		return 0;
	}
	command = snet__json_new_object();
	if (!snet__json_add(command, "set", steal_ptr(json)))
		return snet__err_oom(err);
	*ret = steal_ptr(command);
	return 0;
}

static void put_state(void *user, const struct snet__coap_request *request,
		      struct snet__coap_response *response)
{
	struct snet_device *device = user;
	char was[SNET_STATE_MAX];
	struct snet_err err = {0};
	autojson *command = NULL;
	bool again = false;
	int r;

	if (!device->kind->obeys) {
		say_error(response, SNET__COAP_NOT_ALLOWED, "takes no commands");
		return;
	}
	r = parse_command(&command, request, &err);
	memcpy(was, device->state, sizeof(was));
	if (r == 0)
		r = snet__device_command(device, command, &again, &err);
	if (r < 0) {
		say_error(response,
			  r == -EINVAL ? SNET__COAP_BAD_REQUEST : SNET__COAP_INTERNAL,
			  err.msg);
		return;
	}
	say(response, SNET__COAP_CHANGED, SNET__COAP_JSON,
	    again ? snprintf(response->text, sizeof(response->text),
			     "{\"state\":%s,\"again\":true}", device->state)
		  : snprintf(response->text, sizeof(response->text),
			     "{\"state\":%s,\"was\":%s,\"at\":\"%" PRIu64 "\"}",
			     device->state, was, snet__clock_ns()));
}

static void post_press(void *user, const struct snet__coap_request *request,
		       struct snet__coap_response *response)
{
	struct snet_device *device = user;
	char id[SNET_EVENT_ID_MAX + 1] = "";
	struct snet_err err = {0};
	int r;

	r = snet__device_press(device, request->size ? request->payload : NULL, id, &err);
	if (r < 0)
		say_error(response,
			  r == -EAGAIN ? SNET__COAP_UNAVAILABLE : SNET__COAP_BAD_REQUEST,
			  err.msg);
	else
		say(response, SNET__COAP_CHANGED, SNET__COAP_JSON,
		    snprintf(response->text, sizeof(response->text), "{\"id\":\"%s\"}",
			     id));
}

static const struct snet__coap_resource resources[] = {
	{"state", SNET__COAP_PUT, put_state},
	{"state", SNET__COAP_GET, get_state},
	{"press", SNET__COAP_POST, post_press},
	{".well-known/core", SNET__COAP_GET, get_links},
};

void snet__device_resource(void *user, const struct snet__coap_request *request,
			   struct snet__coap_response *response)
{
	snet__coap_dispatch(resources, sizeof(resources) / sizeof(*resources), user,
			    request, response);
}
