/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HISTORY_FIXTURE_H
#define TESTS_HISTORY_FIXTURE_H

/* Two histories for each test, and a file to write one to. */

#include <check.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "fault/history.h"
#include "folder.h"

static struct test_folder folder;
static char path[128];
static struct snet_err err;
static struct snet__history history, again;

static void set_up(void)
{
	test_folder_new(&folder);
	(void)snprintf(path, sizeof(path), "%.100s/history.jsonl", folder.path);
}

static void tear_down(void)
{
	snet__history_clear(&history);
	snet__history_clear(&again);
	test_folder_free(&folder);
}

static int write_it(void)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return snet__history_write(&history, fd, &err);
}

#define OK(call)                                                          \
	do {                                                              \
		int r_ = (call);                                          \
		ck_assert_msg(r_ == 0, "%s: %d: %s", #call, r_, err.msg); \
	} while (0)

#endif
