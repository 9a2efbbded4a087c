/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rights.h"
#include "suite.h"
#include "sys/userns.h"

#define MAX 32

static const struct snet__finding *find(const struct snet__finding *findings,
					size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(findings[i].what, what) == 0)
			return &findings[i];
	ck_abort_msg("nothing was found out about '%s'", what);
	return NULL;
}

static void check_that_labs_work(const char *netns)
{
	struct snet__finding findings[MAX];
	size_t count = snet__machine_check(findings, MAX);
	static const char *const needed[] = {"kernel", "veth pairs", "bridges"};

	ck_assert_str_eq(find(findings, count, "network namespaces")->found, netns);
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		ck_assert_int_eq(find(findings, count, needed[i])->level,
				 SNET__FINDING_OK);
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_ne(findings[i].found, "");
		/* Whatever is wrong has a remedy. */
		ck_assert_msg(!findings[i].level || *findings[i].remedy, "%s",
			      findings[i].what);
		ck_assert_msg(findings[i].level || !*findings[i].remedy, "%s",
			      findings[i].what);
		ck_assert_ptr_null(strstr(findings[i].found, "did not end"));
		ck_assert_ptr_null(strstr(findings[i].found, "not tried"));
	}
}

START_TEST(where_labs_work_nothing_is_a_problem)
{
	ck_assert_uint_eq(geteuid() == 0, snet__userns_is_privileged());
	check_that_labs_work(
		snet__userns_is_privileged() ? "yes" : "yes, through a user namespace");
}
END_TEST

START_TEST(without_root_the_user_namespace_is_named)
{
	rights_drop();
	check_that_labs_work("yes, through a user namespace");
}
END_TEST

/* Rights over the host's network, which neither a user has nor root of a user namespace. */
START_TEST(address_translation_needs_root)
{
	struct snet__finding findings[MAX];
	const struct snet__finding *nat;
	struct snet_err err = {0};
	size_t count;

	if (_i == 0)
		rights_drop();
	else
		ck_assert_msg(snet__userns_enter(&err) == 0, "%s", err.msg);
	count = snet__machine_check(findings, MAX);
	nat = find(findings, count, "address translation");
	ck_assert_str_eq(nat->found, "no: needs root");
	ck_assert_int_eq(nat->level, SNET__FINDING_NOTE);
	ck_assert_str_eq(nat->remedy, "gateways work in mode 'forward' only; for mode "
				      "'nat' run as root");
}
END_TEST

/* The limit of a user namespace is its own. */
static void forbid_netns(void)
{
	struct snet_err err = {0};
	FILE *file;

	ck_assert_msg(snet__userns_enter(&err) == 0, "%s", err.msg);
	file = fopen("/proc/sys/user/max_net_namespaces", "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fputs("0", file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(what_cannot_be_tried_has_no_remedy)
{
	static const char *const untried[] = {"veth pairs", "bridges",
					      "address translation"};
	struct snet__finding findings[MAX];
	const struct snet__finding *netns;
	size_t count;

	forbid_netns();
	count = snet__machine_check(findings, MAX);
	netns = find(findings, count, "network namespaces");
	ck_assert_int_eq(netns->level, SNET__FINDING_PROBLEM);
	ck_assert_str_eq(netns->remedy, "end labs that run, or as root: sysctl -w "
					"user.max_net_namespaces=100000");
	for (size_t i = 0; i < sizeof(untried) / sizeof(*untried); i++) {
		const struct snet__finding *at = find(findings, count, untried[i]);

		ck_assert_str_eq(at->found, "not tried: that takes a network namespace");
		ck_assert_int_eq(at->level, SNET__FINDING_NOTE);
		ck_assert_str_eq(at->remedy, "");
	}
}
END_TEST

/* Whatever they are asked, crun makes a folder for its state, and podman several. */
START_TEST(nothing_is_left_behind)
{
	static const char podman[] =
		"#!/bin/sh\nmkdir \"$XDG_RUNTIME_DIR/libpod\"\necho podman version 5\n";
	char bin[] = "/tmp/test_machine_bin_XXXXXX";
	char runtime[] = "/tmp/test_machine_XXXXXX";
	char program[64], path[4096];
	struct snet__finding findings[MAX];
	size_t count;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(bin));
	ck_assert_ptr_nonnull(mkdtemp(runtime));
	(void)snprintf(program, sizeof(program), "%s/podman", bin);
	fd = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, podman, strlen(podman)), (ssize_t)strlen(podman));
	close(fd);
	(void)snprintf(path, sizeof(path), "%s:%.3900s", bin, getenv("PATH"));
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", runtime, 1), 0);

	count = snet__machine_check(findings, MAX);
	ck_assert_str_eq(find(findings, count, "podman")->found, program);

	ck_assert_int_eq(unlink(program), 0);
	ck_assert_int_eq(rmdir(bin), 0);
	ck_assert_msg(rmdir(runtime) == 0, "%s: %m", runtime);
}
END_TEST

START_TEST(only_what_labs_use_is_tried)
{
	struct snet__finding findings[MAX];
	size_t count = snet__machine_check(findings, MAX);

	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_null(strstr(findings[i].what, "TAP"));
}
END_TEST

START_TEST(a_device_takes_one_open_file)
{
	struct rlimit limit = {1000, 1000};
	struct snet__finding findings[MAX];
	size_t count;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	count = snet__machine_check(findings, MAX);
	ck_assert_str_eq(find(findings, count, "open files")->found,
			 "at most 1000, enough for some 950 devices");
}
END_TEST

START_TEST(there_may_be_room_for_less)
{
	struct snet__finding findings[2] = {0};

	ck_assert_uint_eq(snet__machine_check(findings, 1), 1);
	ck_assert_ptr_null(findings[1].what);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("machine");
	TCase *t = tcase_create("machine");
	pid_t pid = fork();
	int status;

	/* Here the program itself is to be without rights; whether they can be had is tried. */
	if (pid == 0) {
		rights_get();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		exit(77);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, where_labs_work_nothing_is_a_problem);
	tcase_add_test(t, without_root_the_user_namespace_is_named);
	tcase_add_loop_test(t, address_translation_needs_root, 0, 2);
	tcase_add_test(t, what_cannot_be_tried_has_no_remedy);
	tcase_add_test(t, nothing_is_left_behind);
	tcase_add_test(t, only_what_labs_use_is_tried);
	tcase_add_test(t, a_device_takes_one_open_file);
	tcase_add_test(t, there_may_be_room_for_less);
	suite_add_tcase(s, t);
	return s;
}
