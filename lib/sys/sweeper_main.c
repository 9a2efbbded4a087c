/* SPDX-License-Identifier: MIT */
/* Removes what a lab leaves whose process was killed, see sweeper.h.
 *
 * sweeper LAB PID FOLDER LOCK [PATTERN ...] [-- EARLY_PATTERN ...]; descriptor 0 is the connection
 * to the lab's process, on which come the paths of its sockets, each with its zero, all in one
 * message that replaces the one before, or the mount namespace of its nodes, as a descriptor, or
 * nothing but a zero: that the lab is up. Descriptor 3 becomes readable when that process has
 * ended. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "sys/cgroup.h"
#include "sys/orphans.h"
#include "sys/remains.h"
#include "sys/unix.h"

#define LAB     0
#define PROCESS 3

#define END_MS    1000
#define GROUPS_MS 10000

struct heard {
	char paths[2 * PATH_MAX + 1]; /* of sockets; the last byte stays zero */
	size_t size;
	int mntns;
	bool is_up;
};

/* The next message: its size, 0 at the end, or -1. */
static ssize_t hear(struct heard *heard)
{
	static char text[sizeof(heard->paths)];
	union {
		struct cmsghdr hdr;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {text, sizeof(text) - 1};
	struct msghdr msg = {.msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(LAB, &msg, MSG_CMSG_CLOEXEC);

	if (n > 0 && CMSG_FIRSTHDR(&msg)) {
		memcpy(&heard->mntns, CMSG_DATA(CMSG_FIRSTHDR(&msg)),
		       sizeof(heard->mntns));
	} else if (n == 1) {
		heard->is_up = true;
	} else if (n > 0) {
		memcpy(heard->paths, text, (size_t)n);
		heard->size = (size_t)n;
	}
	return n;
}

/* Until the lab's process is not there any more. */
static void await_end(struct heard *heard)
{
	struct pollfd end = {.fd = PROCESS, .events = POLLIN};
	ssize_t n;

	while ((n = hear(heard)) != 0)
		if (n < 0 && errno != EINTR)
			break;
	/* Its other descriptors close a moment later: locks, and a socket that listens. One that
	 * lives on as another program has closed them already. */
	(void)poll(&end, 1, END_MS);
}

static void remove_socket(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	autofree char *folder = strndup(path, (size_t)(name - path));
	struct sockaddr_un address;

	/* A path that was relative may be too long now; its last part is not. */
	if (folder && chdir(folder) == 0 && snet__unix_address(&address, name) == 0)
		(void)snet__unix_clear(&address); /* somebody may listen there by now */
}

/* Under the lock that the next lab of this folder would have to have: it waits for a second for a
 * holder that is about to go, so nothing here takes long. */
static void sweep_files(const struct heard *heard, const char *folder, const char *lock,
			const char *const *patterns)
{
	autofree char *path = snet__text_format("%s/%s", folder, lock);
	autoclose int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0 || snet__file_lock(fd, path) < 0)
		return;
	for (size_t at = 0; at < heard->size; at += strlen(heard->paths + at) + 1)
		if (heard->paths[at] == '/')
			remove_socket(heard->paths + at);
	snet__remains_set_aside(folder, patterns);
}

/* Of a lab that is up the early ones are not for us. The separator itself matches nothing. */
static void end_patterns(char **patterns, bool is_up)
{
	while (*patterns && !(is_up && strcmp(*patterns, "--") == 0))
		patterns++;
	*patterns = NULL;
}

int main(int argc, char **argv)
{
	static struct heard heard = {.mntns = -1};
	sigset_t all;

	if (argc < 5)
		return 127;
	(void)prctl(PR_SET_NAME, "snet-sweeper");
	/* Whatever ends the lab in good order ends this too, and nothing else is to. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);

	await_end(&heard);
	end_patterns(argv + 5, heard.is_up);
	sweep_files(&heard, argv[3], argv[4], (const char *const *)argv + 5);
	(void)!chdir("/"); /* it is always there */
	snet__orphans_kill(heard.mntns);
	snet__cgroup_sweep_of(atoi(argv[2]), GROUPS_MS);
	snet__remains_remove(argv[3]);
	(void)rmdir(argv[3]); /* what else is in it keeps it */
	return 0;
}
