/* SPDX-License-Identifier: MIT */
/* The backend whose functions are the program's own, in C: called at once, in the relayer's
 * namespace, on the loop's thread. */

#include <stdio.h>
#include <string.h>

#include <snet/event.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "sys/netns.h"

struct native {
	const struct snet__native_functions *functions;
	int netns;
};

static int native_init(void *state, const struct snet__backend_env *env,
		       struct snet_err *err)
{
	struct native *native = state;

	native->functions = env->user;
	native->netns = env->netns;
	return 0;
}

static void native_fini(void *state)
{
}

static const struct snet__native_function *find(const struct native *native,
						const char *name)
{
	const struct snet__native_functions *all = native->functions;

	for (size_t i = 0; all && i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

/* Its result goes into @text, as does the reason of a failure. */
static enum snet_result run(const struct native *native,
			    const struct snet__native_function *function,
			    const char *params, char *text, size_t size)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	struct snet_err err = {0};
	int r;

	if (native->netns >= 0) {
		r = snet__netns_enter(&outside, native->netns, &err);
		if (r < 0) {
			(void)snprintf(text, size, "%s", err.msg);
			return SNET_RESULT_NOT_RUN;
		}
	}

	r = function->fn(function->user, params, text, size, &err);
	text[size - 1] = '\0';
	if (r >= 0)
		return SNET_RESULT_DONE;

	(void)snprintf(text, size, "%s", err.msg[0] ? err.msg : strerrordesc_np(-r));
	return SNET_RESULT_ERROR;
}

static void native_invoke(void *state, struct snet_invocation *invocation)
{
	struct native *native = state;
	const struct snet__native_function *function = find(native, invocation->function);
	struct snet__result result = {0};
	char text[SNET_EVENT_DATA_MAX];

	text[0] = '\0';
	if (function) {
		result.started_ns = snet__clock_ns();
		result.result =
			run(native, function, invocation->params, text, sizeof(text));
		result.ended_ns = snet__clock_ns();
		result.duration_ns = result.ended_ns - result.started_ns;
	} else {
		result.result = SNET_RESULT_IMPOSSIBLE;
		(void)snprintf(
			text, sizeof(text),
			"there is no native function '%s': add it with snet_lab_add_native()",
			invocation->function);
	}
	snet__invocation_end_text(invocation, &result, text);
}

const struct snet__backend_kind snet__backend_native = {
	.name = "native",
	.state_size = sizeof(struct native),
	.init = native_init,
	.fini = native_fini,
	.invoke = native_invoke,
};
