/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <limits.h>

/* A folder of a test's own below $TMPDIR or /tmp. */
struct test_folder {
	char path[PATH_MAX];
};

void test_folder_new(struct test_folder *folder);
/* With everything in it. */
void test_folder_free(struct test_folder *folder);

#endif
