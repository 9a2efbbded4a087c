/* SPDX-License-Identifier: MIT */
/* The list of runtimes, and which of them runs a kind. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "faas/internal.h"

static const struct snet__faas_runtime *const runtimes[] = {
	&snet__faas_nodejs,
	&snet__faas_python,
	&snet__faas_native,
	&snet__faas_blackbox,
};

#define RUNTIME_COUNT (sizeof(runtimes) / sizeof(*runtimes))

/* The entry of @runtime's kinds that @kind means. */
static const char *find_kind(const struct snet__faas_runtime *runtime, const char *kind)
{
	size_t length = strlen(runtime->family);

	if (strncmp(kind, runtime->family, length) == 0 &&
	    strcmp(kind + length, ":default") == 0)
		return runtime->kinds[0];
	for (const char *const *at = runtime->kinds; *at; at++)
		if (strcmp(kind, *at) == 0)
			return *at;
	for (const char *const *at = runtime->other_kinds; at && *at; at++)
		if (strcmp(kind, *at) == 0)
			return *at;
	return NULL;
}

const struct snet__faas_runtime *snet__faas_find_runtime(const char *kind,
							 const char *image,
							 const char **ret_kind)
{
	for (size_t i = 0; i < RUNTIME_COUNT; i++) {
		*ret_kind = find_kind(runtimes[i], kind);
		if (!*ret_kind)
			continue;
		/* An image built on ActionLoop speaks its protocol; OpenWhisk's dockerskeleton,
		 * which "wsk --native" names, starts the program for each run. */
		if (runtimes[i] == &snet__faas_blackbox && image &&
		    strstr(image, "actionloop"))
			return &snet__faas_native;
		return runtimes[i];
	}
	return NULL;
}

char *snet__faas_list_kinds(void)
{
	struct snet__text_stream stream;
	char *text = NULL;

	if (snet__text_open(&stream, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < RUNTIME_COUNT; i++)
		for (const char *const *at = runtimes[i]->kinds; *at; at++)
			(void)fprintf(stream.out, "%s'%s'",
				      i || at != runtimes[i]->kinds ? ", " : "", *at);
	(void)snet__text_close(&stream, 0, &text, NULL); /* NULL then */
	return text;
}

struct snet__json *snet__faas_describe_runtimes(void)
{
	struct snet__json *all = snet__json_new_object(), *list, *item;

	for (size_t i = 0; i < RUNTIME_COUNT; i++) {
		if (runtimes[i] == &snet__faas_blackbox)
			continue; /* an image, not a runtime of the platform */
		list = snet__json_add(all, runtimes[i]->family, snet__json_new_array());
		for (const char *const *at = runtimes[i]->kinds; *at; at++) {
			item = snet__json_append(list, snet__json_new_object());
			snet__json_add_string(item, "kind", *at);
			snet__json_add_bool(item, "default", at == runtimes[i]->kinds);
			snet__json_add_bool(item, "deprecated", false);
		}
	}
	return all;
}

const char *snet__faas_kind_of_file(const char *file)
{
	const char *suffix = strrchr(file, '.');

	for (size_t i = 0; i < RUNTIME_COUNT; i++)
		if (suffix && runtimes[i]->suffix &&
		    strcmp(suffix, runtimes[i]->suffix) == 0)
			return runtimes[i]->kinds[0];
	return "blackbox";
}
