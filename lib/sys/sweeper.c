/* SPDX-License-Identifier: MIT */
/* The sweeper is a part of this library and executed from memory: it need not be found. */

#include "sys/sweeper.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "sys/process.h"

/* Made of sweeper_main.c by the build. */
extern const unsigned char snet__sweeper_program[];
extern const size_t snet__sweeper_program_size;

struct snet__sweeper {
	pid_t pid;
	int sock;
};

static size_t count_of(const char *const *words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

/* Its command line, see sweeper_main.c. */
static const char **make_words(const struct snet__sweeper_opts *opts, const char *folder,
			       const char *pid)
{
	const char *const before[] = {"snet-sweeper", opts->name, pid,
				      folder,         opts->lock, NULL};
	const char *const between[] = {"--", NULL};
	const char *const *const parts[] = {before, opts->patterns, between,
					    opts->early_patterns};
	const char **words, **at;
	size_t count = 1;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		count += count_of(parts[i]);
	words = at = calloc(count, sizeof(*words));
	for (size_t i = 0; words && i < sizeof(parts) / sizeof(*parts); i++)
		for (size_t k = 0; k < count_of(parts[i]); k++)
			*at++ = parts[i][k];
	return words;
}

/* @sock: its end of the connection. */
static int start(pid_t *ret_pid, int sock, const struct snet__sweeper_opts *opts,
		 struct snet_err *err)
{
	struct snet__process_program program = {.report = -1};
	struct snet__process_opts process = {
		.cwd = "/",
		.netns = -1,
		.mntns = -1,
		.program = &program,
		.outlives = true,
	};
	autofree char *folder = realpath(opts->folder, NULL);
	autofree const char **argv = NULL;
	autoclose int fd = -1, self = -1, pidfd = -1;
	char pid[16];
	int r;

	if (!folder)
		return snet__err_sys(err, -errno, "cannot find '%s'", opts->folder);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	argv = make_words(opts, folder, pid);
	if (!argv)
		return snet__err_oom(err);
	r = snet__process_memory_program(&fd, "snet-sweeper", snet__sweeper_program,
					 snet__sweeper_program_size, err);
	if (r < 0)
		return r;
	self = snet__process_open(getpid()); /* without, it waits no longer than needed */
	program.fd = fd;
	process.argv = argv;
	memcpy(process.stdio, (const int[]){sock, -1, -1, self}, sizeof(process.stdio));
	return snet__process_start(ret_pid, &pidfd, &process, err);
}

int snet__sweeper_start(struct snet__sweeper **ret, const struct snet__sweeper_opts *opts,
			struct snet_err *err)
{
	autofree struct snet__sweeper *sweeper = calloc(1, sizeof(*sweeper));
	autoclose int near = -1, far = -1;
	int ends[2], r;

	if (!sweeper)
		return snet__err_oom(err);
	/* Each message is one whole, and a sweeper that has gone does no harm. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return snet__err_sys(err, -errno, "cannot make a pair of sockets");
	near = ends[0];
	far = ends[1];
	r = start(&sweeper->pid, far, opts, err);
	if (r < 0)
		return r;
	sweeper->sock = steal_fd(&near);
	*ret = steal_ptr(sweeper);
	return 0;
}

/* The sweeper is in another folder. */
static char *make_absolute(const char *path)
{
	autofree char *here = *path == '/' ? NULL : getcwd(NULL, 0);

	if (*path == '/')
		return strdup(path);
	return here ? snet__text_format("%s/%s", here, path) : NULL;
}

void snet__sweeper_set_sockets(struct snet__sweeper *sweeper, const char *path,
			       const char *early)
{
	autofree char *at = NULL, *early_at = NULL;
	struct iovec parts[2];

	if (!sweeper)
		return;
	at = make_absolute(path);
	early_at = make_absolute(early);
	if (at && early_at) {
		parts[0] = (struct iovec){at, strlen(at) + 1};
		parts[1] = (struct iovec){early_at, strlen(early_at) + 1};
	}
	if (!at || !early_at ||
	    sendmsg(sweeper->sock, &(struct msghdr){.msg_iov = parts, .msg_iovlen = 2},
		    MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		snet__log(SNET_LOG_WARNING,
			  "the lab's socket will stay if it is killed socket=%s", path);
}

void snet__sweeper_set_mntns(struct snet__sweeper *sweeper, int mntns)
{
	union {
		struct cmsghdr hdr;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	/* An empty message would look like the end. */
	struct iovec part = {(char[1]){0}, 1};
	struct msghdr msg = {.msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};

	if (!sweeper)
		return;
	control.hdr = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
				       .cmsg_level = SOL_SOCKET,
				       .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.hdr), &mntns, sizeof(mntns));
	if (sendmsg(sweeper->sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		snet__log(SNET_LOG_WARNING,
			  "what 'snet exec' has started may stay if the lab is killed "
			  "errno=%d",
			  errno);
}

void snet__sweeper_set_up(struct snet__sweeper *sweeper)
{
	if (sweeper &&
	    send(sweeper->sock, (char[1]){0}, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		snet__log(SNET_LOG_WARNING,
			  "the lab's state may go with it if it is killed errno=%d",
			  errno);
}

void snet__sweeper_stop(struct snet__sweeper *sweeper)
{
	if (!sweeper)
		return;

	/* Before it could take the end of the connection for that of the lab. */
	snet__process_kill(sweeper->pid);
	(void)snet__process_reap(sweeper->pid); /* it is our child */
	close(sweeper->sock);
	free(sweeper);
}
