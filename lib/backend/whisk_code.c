/* SPDX-License-Identifier: MIT */
/* Functions' code. OpenWhisk tells text from base64 by looking at it, so sources go as they
 * are and everything else in base64. */

#include "backend/whisk_code.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define CODE_SIZE_MAX (48u << 20) /* Source: OpenWhisk, docs/reference.md */

static const struct {
	const char *ending, *kind;
} kinds[] = {
	{".js", "nodejs:default"},
	{".mjs", "nodejs:default"},
	{".cjs", "nodejs:default"},
	{".py", "python:default"},
};

const char *snet__whisk_code_kind(const char *path)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(ending, kinds[i].ending) == 0)
			return kinds[i].kind;
	return "blackbox";
}

int snet__whisk_code_load(char **ret, const char *path, const char *kind,
			  struct snet_err *err)
{
	autofree char *data = NULL, *text = NULL;
	size_t size = 0;
	bool is_text;
	int r;

	r = snet__file_read(&data, &size, path, CODE_SIZE_MAX, err);
	if (r == -EFBIG)
		return snet__err_set(err, r, "'%s' is larger than OpenWhisk's 48 MiB",
				     path);
	if (r < 0)
		return r;
	if (!size)
		return snet__err_set(err, -EINVAL, "'%s' is empty", path);

	is_text = strcmp(kind, "blackbox") != 0 && strlen(data) == size &&
		  snet__text_is_utf8(data, size);
	text = is_text ? steal_ptr(data) : snet__base64_encode(data, size);
	if (!text)
		return snet__err_oom(err);

	*ret = steal_ptr(text);
	return 0;
}
