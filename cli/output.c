/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"

const char *output_path(const struct call *call)
{
	const char *path = call_option(call, "output");

	return path && strcmp(path, "-") != 0 ? path : NULL;
}

int output_check(const struct call *call)
{
	if (call_option(call, "force") && !call_option(call, "output"))
		return call_usage(call, "--force means nothing without --output");
	return EXIT_DONE;
}

int output_write(const struct call *call, const char *text, mode_t mode,
		 struct snet_err *err)
{
	const char *path = output_path(call);
	int r;

	if (!path) {
		printf("%s", text);
		return 0;
	}
	if (call_option(call, "force"))
		return snet__file_write(path, text, mode, err);
	r = snet__file_create(path, text, mode, err);
	return r == -EEXIST
		       ? snet__err_set(err, r, "'%s' exists already; --force replaces it",
				       path)
		       : r;
}
