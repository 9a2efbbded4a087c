/* SPDX-License-Identifier: MIT */
/* Network and mount namespaces, held by descriptors.
 *
 * A namespace is made by moving the calling thread into a new one and back, which needs no
 * second thread and no name below /run/netns. Mount namespaces cannot be made that way: a
 * thread that shares its working directory with others may not enter one, and giving up the
 * sharing cannot be undone. So a thread is started for it, and ends. */

#include "sys/netns.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "sys/nl.h"

static int report_files(struct snet_err *err, int code, const char *what)
{
	if (code == -EMFILE || code == -ENFILE)
		return snet__err_set(
			err, code,
			"cannot %s: too many open files (raise the limit with "
			"'ulimit -n')",
			what);
	return snet__err_sys(err, code, "cannot %s", what);
}

int snet__netns_open_own(int *ret_fd, struct snet_err *err)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return report_files(err, -errno, "open the own network namespace");

	*ret_fd = fd;
	return 0;
}

int snet__netns_enter(int *ret_outside, int fd, struct snet_err *err)
{
	autoclose int outside = -1;
	int r;

	r = snet__netns_open_own(&outside, err);
	if (r < 0)
		return r;
	if (setns(fd, CLONE_NEWNET) < 0)
		return snet__err_sys(err, -errno, "cannot enter a network namespace");

	*ret_outside = steal_fd(&outside);
	return 0;
}

void snet__netns_leave(int *outside)
{
	if (*outside < 0)
		return;
	if (setns(*outside, CLONE_NEWNET) < 0)
		abort();

	close(*outside);
	*outside = -1;
}

/* The usual reasons why the kernel makes no namespace, and what to do about them. */
static int report_unshare(struct snet_err *err, int code)
{
	if (code == -EPERM)
		return snet__err_set(
			err, code,
			"cannot make a network namespace: Operation not permitted "
			"(needs CAP_SYS_ADMIN, or snet_init() first)");
	if (code == -ENOSPC)
		return snet__err_set(
			err, code,
			"cannot make a network namespace: no more of them allowed "
			"(see /proc/sys/user/max_net_namespaces)");
	return snet__err_sys(err, code, "cannot make a network namespace");
}

int snet__netns_new_connected(int *ret_fd, struct snet__nl **ret_nl, struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	autoclose int home = -1;
	struct snet__nl *nl = NULL;
	int fd, r;

	r = snet__netns_open_own(&home, err);
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNET) < 0)
		return report_unshare(err, -errno);

	/* From here on the way back is due. */
	outside = steal_fd(&home);
	r = snet__nl_open(&nl, -1, err);
	if (r < 0)
		return r;

	/* Cheaper than a path below /proc, and O_CLOEXEC. */
	fd = ioctl(snet__nl_fd(nl), SIOCGSKNS);
	if (fd < 0) {
		r = report_files(err, -errno, "hold a network namespace");
		snet__nl_close(nl);
		return r;
	}

	*ret_fd = fd;
	*ret_nl = nl;
	return 0;
}

int snet__netns_new(int *ret_fd, struct snet_err *err)
{
	autoclose int fd = -1;
	struct snet__nl *nl = NULL;
	int r;

	r = snet__netns_new_connected(&fd, &nl, err);
	if (r < 0)
		return r;

	r = snet__iface_up(nl, SNET__IFACE_LOOPBACK, err);
	snet__nl_close(nl);
	if (r < 0)
		return r;

	*ret_fd = steal_fd(&fd);
	return 0;
}

int snet__netns_socket(int *ret_fd, int netns, int domain, int type, int protocol,
		       struct snet_err *err)
{
	cleanup_with(snet__netns_leave) int outside = -1;
	int fd, r;

	if (netns >= 0) {
		r = snet__netns_enter(&outside, netns, err);
		if (r < 0)
			return r;
	}

	fd = socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		return report_files(err, -errno, "open a socket");

	*ret_fd = fd;
	return 0;
}

struct mntns_work {
	const char *hosts_path;
	int fd;
	int result;
	struct snet_err err;
};

static int make_mntns(struct mntns_work *work)
{
	struct snet_err *err = &work->err;

	if (unshare(CLONE_FS | CLONE_NEWNS) < 0)
		return snet__err_sys(err, -errno, "cannot make a mount namespace");

	/* Mounts of the host arrive here, nothing goes back. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return snet__err_sys(err, -errno, "cannot set a mount namespace apart");
	if (mount(work->hosts_path, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		return snet__err_sys(err, -errno, "cannot show '%s' at '/etc/hosts'",
				     work->hosts_path);

	work->fd = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (work->fd < 0)
		return report_files(err, -errno, "hold a mount namespace");
	return 0;
}

static void *run_mntns_work(void *user)
{
	struct mntns_work *work = user;

	work->result = make_mntns(work);
	return NULL;
}

int snet__mntns_new(int *ret_fd, const char *hosts_path, struct snet_err *err)
{
	struct mntns_work work = {.hosts_path = hosts_path, .fd = -1};
	sigset_t all, before;
	pthread_t thread;
	int r;

	/* The program's signals are no business of our thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, run_mntns_work, &work);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return snet__err_sys(err, -r, "cannot start a thread");

	(void)pthread_join(thread, NULL); /* it ends and is joined once */
	if (work.result < 0)
		return snet__err_set(err, work.result, "%s", work.err.msg);

	*ret_fd = work.fd;
	return 0;
}
