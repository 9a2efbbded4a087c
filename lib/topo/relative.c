/* SPDX-License-Identifier: MIT */
/* Paths as a lab file gives them: from its own folder, so that both can be moved together. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "topo/write.h"

/* The name is kept as it is: it says what kind of function is in the file. */
char *snet__path_absolute(const char *path)
{
	const char *slash = strrchr(path, '/');
	autofree char *folder = NULL;

	if (snet__file_folder(&folder, path, NULL) < 0)
		return NULL;
	return snet__text_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder,
				 slash ? slash + 1 : path);
}

/* How long the common beginning of two absolute paths is, in whole names. */
static size_t find_common(const char *folder, const char *path)
{
	size_t common = 0;

	for (size_t i = 0;; i++) {
		if ((!folder[i] || folder[i] == '/') && (!path[i] || path[i] == '/'))
			common = i;
		if (!folder[i] || !path[i] || folder[i] != path[i])
			return common;
	}
}

char *snet__path_from(const char *folder, const char *path)
{
	autofree char *to = snet__path_absolute(path);
	autofree char *from = to && folder ? realpath(folder, NULL) : NULL;
	char up[PATH_MAX] = "";
	size_t common, used = 0;

	if (!from)
		return steal_ptr(to);
	common = find_common(from, to);
	if (common == 0)
		return steal_ptr(to);
	for (const char *at = from + common; *at && used + 4 < sizeof(up); at++)
		if (*at == '/')
			used += (size_t)snprintf(up + used, sizeof(up) - used, "../");
	if (to[common])
		return snet__text_format("%s%s", up, to + common + 1);
	/* "../.." rather than "../../". */
	if (used)
		up[used - 1] = '\0';
	return strdup(used ? up : ".");
}
