/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_WHISK_CODE_H
#define SNET_BACKEND_WHISK_CODE_H

/* A function's code, from a file to what OpenWhisk takes. */

#include "base/err.h"

/* What OpenWhisk calls the language of the file @path, by its ending; "blackbox" for all that
 * is none of its sources. */
const char *snet__whisk_code_kind(const char *path);
/* The file @path as text, for sources; base64 for programs, archives and what is not text. */
int snet__whisk_code_load(char **ret, const char *path, const char *kind,
			  struct snet_err *err);

#endif
