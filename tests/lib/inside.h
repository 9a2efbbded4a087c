/* SPDX-License-Identifier: MIT */
#ifndef TESTS_INSIDE_H
#define TESTS_INSIDE_H

/* The namespaces of nodes, and programs in them. */

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs.h"

/* Run one without a word; returns what it exited with. */
LABS_UNUSED int inside_run(struct snet_lab *lab, const char *node,
			   const char *const *argv)
{
	struct snet_err err = {0};
	int netns = -1, null, status;
	pid_t pid;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (setns(netns, CLONE_NEWNET) == 0 && dup2(null, 1) == 1 &&
		    dup2(null, 2) == 2)
			(void)execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(netns);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_ne(WEXITSTATUS(status), 127);
	return WEXITSTATUS(status);
}

/* Whether one packet gets to an address and back. */
LABS_UNUSED bool inside_reaches(struct snet_lab *lab, const char *node,
				const char *address)
{
	const char *const argv[] = {"ping", "-c", "1", "-W", "3", "-n", address, NULL};

	return inside_run(lab, node, argv) == 0;
}

/* What is the same as long as the node's namespace is. */
LABS_UNUSED ino_t inside_netns(struct snet_lab *lab, const char *node)
{
	struct snet_err err = {0};
	struct stat info;
	int netns = -1;

	LABS_OK(snet_node_open_netns(lab, node, &netns, &err));
	ck_assert_int_eq(fstat(netns, &info), 0);
	close(netns);
	return info.st_ino;
}

#endif
