/* SPDX-License-Identifier: MIT */
/* The kinds of backends, and what holds for each: that a result is an object of bounded size,
 * and that messages name the backend. */

#include "backend/backend.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/event.h>

#include "base/cleanup.h"
#include "io/json.h"

struct snet__backend {
	const struct snet__backend_kind *kind;
	max_align_t state[];
};

static const struct snet__backend_kind *const kinds[] = {
	&snet__backend_openwhisk,
	&snet__backend_native,
};

const struct snet__backend_kind *snet__backend_find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

static void backend_free_at(struct snet__backend **at)
{
	snet__backend_free(*at);
}

int snet__backend_new(struct snet__backend **ret, const struct snet__backend_kind *kind,
		      const struct snet__backend_env *env, struct snet_err *err)
{
	cleanup_with(backend_free_at) struct snet__backend *backend = NULL;
	int r;

	backend = calloc(1, sizeof(*backend) + kind->state_size);
	if (!backend)
		return snet__err_oom(err);

	backend->kind = kind;
	r = kind->init(backend->state, env, err);
	if (r < 0)
		return snet__err_prefix(err, r, "backend '%s'", env->opts->name);

	*ret = steal_ptr(backend);
	return 0;
}

int snet__backend_new_custom(struct snet__backend **ret,
			     const struct snet_backend_kind *kind,
			     const struct snet__backend_env *env, struct snet_err *err)
{
	struct snet__backend_env with_kind = *env;

	with_kind.user = (void *)kind; /* only read there */
	return snet__backend_new(ret, &snet__backend_custom, &with_kind, err);
}

void snet__backend_free(struct snet__backend *backend)
{
	if (!backend)
		return;
	backend->kind->fini(backend->state);
	free(backend);
}

void snet__backend_invoke(struct snet__backend *backend,
			  struct snet_invocation *invocation)
{
	invocation->backend = backend;
	backend->kind->invoke(backend->state, invocation);
}

static void refuse(struct snet__result *result, const char *why)
{
	result->result = SNET_RESULT_ERROR;
	result->json = NULL;
	result->text = why;
}

void snet__invocation_end(struct snet_invocation *invocation,
			  const struct snet__result *result)
{
	struct snet__result checked = *result;
	char text[80];

	invocation->call = NULL;
	if (result->json && strlen(result->json) >= SNET_EVENT_DATA_MAX) {
		(void)snprintf(text, sizeof(text),
			       "the function's result is larger than %d bytes",
			       SNET_EVENT_DATA_MAX - 1);
		refuse(&checked, text);
	}
	invocation->done(invocation, &checked);
}

void snet__invocation_end_text(struct snet_invocation *invocation,
			       const struct snet__result *result, const char *text)
{
	struct snet__result checked = *result;
	autojson *json = NULL;
	char why[80];
	int r = 0;

	if (result->result != SNET_RESULT_DONE) {
		checked.text = text && *text ? text : "no reason was given";
	} else if (text && *text) {
		checked.json = text;
		r = snet__json_parse(&json, text, strlen(text), NULL);
		if (r < 0 || !snet__json_is(json, SNET__JSON_OBJECT)) {
			(void)snprintf(why, sizeof(why), "the function's result is %s%s",
				       r < 0 ? "not JSON" : snet__json_type_name(json),
				       r < 0 ? "" : ", not an object");
			refuse(&checked, why);
		}
	} else {
		checked.json = "{}";
	}
	snet__invocation_end(invocation, &checked);
}
