/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TEXT_FILE_H
#define TESTS_TEXT_FILE_H

/* One file for a test that reads texts. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[sizeof("/tmp/test_text_file.XXXXXX")];

static inline void text_file_set_up(void)
{
	int fd;

	/* Anew for each test: without forking, one process runs them all. */
	strcpy(path, "/tmp/test_text_file.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static inline void text_file_tear_down(void)
{
	unlink(path);
}

static inline void text_file_write(const char *text)
{
	FILE *file = fopen(path, "we");

	fputs(text, file);
	fclose(file);
}

#endif
