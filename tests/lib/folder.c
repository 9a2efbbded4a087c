/* SPDX-License-Identifier: MIT */
/* Folders for tests: made empty, removed whole. */

#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void test_folder_new(struct test_folder *folder)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(folder->path, sizeof(folder->path), "%s/snet-test-XXXXXX",
		       tmp ? tmp : "/tmp");
	if (!mkdtemp(folder->path)) {
		perror(folder->path);
		abort();
	}
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *ftw)
{
	return remove(path);
}

void test_folder_free(struct test_folder *folder)
{
	(void)nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
