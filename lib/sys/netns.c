/* SPDX-License-Identifier: MIT */
/* Network and mount namespaces, held by descriptors.
 *
 * A namespace is made by moving the calling thread into a new one and back, which needs no
 * name below /run/netns. Two things cannot be done so, and are done by a thread that is
 * started for them, and ends. In a user namespace there is no way back to the host's network,
 * which belongs to another one (setns(2) wants CAP_SYS_ADMIN over both). And a thread that
 * shares its working directory with others may not enter a mount namespace, while giving up
 * the sharing cannot be undone. */

#include "sys/netns.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/thread.h"
#include "sys/nl.h"
#include "sys/userns.h"

/* Of an address that is in use: a quarter of a second in all. */
#define BIND_ATTEMPTS 8

/* Where a thread that settled lives, so that each entering need not look: of that thread only. */
static _Thread_local int home = -1;
/* Where such a thread is, when that is not home: borrowed from who entered. */
static _Thread_local int here = -1;

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

	if (fd == here)
		return 0; /* and the one who came here goes back */
	if (home >= 0) {
		if (setns(fd, CLONE_NEWNET) < 0)
			return snet__err_sys(err, -errno,
					     "cannot enter a network namespace");
		*ret_outside = here >= 0 ? here : home;
		here = fd;
		return 0;
	}
	r = snet__netns_open_own(&outside, err);
	if (r < 0)
		return r;
	/* Into where we are already: whether the way back is open. */
	if (setns(outside, CLONE_NEWNET) < 0)
		return snet__err_sys(
			err, -errno,
			"cannot enter a network namespace, with no way back");
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

	if (home >= 0)
		here = *outside == home ? -1 : *outside;
	else
		close(*outside);
	*outside = -1;
}

/* One piece of work that leaves its thread in another namespace. */
struct work {
	int (*fn)(struct work *work, struct snet_err *err);
	int netns; /* to work in */
	int domain, type, protocol;
	const char *hosts_path;
	int mntns;
	const struct snet__mntns_disk *disk;
	int fd; /* what comes of it */
	struct snet__nl *nl;
	int result;
	struct snet_err err;
};

static void *run_work(void *user)
{
	struct work *work = user;

	work->result = work->fn(work, &work->err);
	return NULL;
}

/* Have @work done by a thread that ends with it. */
static int do_apart(struct work *work, struct snet_err *err)
{
	pthread_t thread;
	int r;

	r = snet__thread_start(&thread, run_work, work, NULL);
	if (r < 0)
		return snet__err_sys(err, r, "cannot start a thread");

	(void)pthread_join(thread, NULL); /* it ends and is joined once */
	if (work->result < 0)
		return snet__err_set(err, work->result, "%s", work->err.msg);
	return 0;
}

/* Do @work here and come back, or apart where there is no way back. */
static int do_and_return(struct work *work, struct snet_err *err)
{
	autoclose int back = -1;
	int r;

	r = snet__netns_open_own(&back, err);
	if (r < 0)
		return r;
	if (setns(back, CLONE_NEWNET) < 0)
		return do_apart(work, err);

	r = work->fn(work, err);
	if (setns(back, CLONE_NEWNET) < 0)
		abort(); /* as in snet__netns_leave() */
	return r;
}

static int make_netns(struct work *work, struct snet_err *err)
{
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return snet__userns_explain(-errno, "net", err);
	r = snet__nl_open(&work->nl, -1, err);
	if (r < 0)
		return r;

	/* Cheaper than a path below /proc, and O_CLOEXEC. */
	work->fd = ioctl(snet__nl_fd(work->nl), SIOCGSKNS);
	if (work->fd < 0) {
		r = report_files(err, -errno, "hold a network namespace");
		snet__nl_close(work->nl);
	}
	return r;
}

int snet__netns_new_connected(int *ret_fd, struct snet__nl **ret_nl, struct snet_err *err)
{
	struct work work = {.fn = make_netns};
	int r;

	r = do_and_return(&work, err);
	if (r < 0)
		return r;

	*ret_fd = work.fd;
	*ret_nl = work.nl;
	return 0;
}

/* For good, or for the rest of a thread's short life. */
static int move(int netns, struct snet_err *err)
{
	if (netns < 0)
		return unshare(CLONE_NEWNET) < 0
			       ? snet__userns_explain(-errno, "net", err)
			       : 0;
	if (setns(netns, CLONE_NEWNET) < 0)
		return snet__err_sys(err, -errno, "cannot enter a network namespace");
	return 0;
}

int snet__netns_settle(int netns, struct snet_err *err)
{
	int r;

	r = move(netns, err);
	if (r < 0)
		return r;
	snet__netns_unsettle();
	return snet__netns_open_own(&home, err);
}

void snet__netns_unsettle(void)
{
	if (home >= 0)
		close(home);
	home = here = -1;
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

static int open_socket(struct work *work, struct snet_err *err)
{
	work->fd = socket(work->domain, work->type | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  work->protocol);
	return work->fd < 0 ? report_files(err, -errno, "open a socket") : 0;
}

static int open_socket_there(struct work *work, struct snet_err *err)
{
	int r = move(work->netns, err);

	return r < 0 ? r : open_socket(work, err);
}

int snet__netns_socket(int *ret_fd, int netns, int domain, int type, int protocol,
		       struct snet_err *err)
{
	struct work work = {.fn = open_socket_there,
			    .netns = netns,
			    .domain = domain,
			    .type = type,
			    .protocol = protocol};
	int r;

	r = netns < 0 ? open_socket(&work, err) : do_and_return(&work, err);
	if (r < 0)
		return r;

	*ret_fd = work.fd;
	return 0;
}

int snet__netns_bind(int fd, const void *address, socklen_t size)
{
	struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < BIND_ATTEMPTS; i++, pause.tv_nsec *= 2) {
		if (bind(fd, address, size) == 0)
			return 0;
		if (errno != EADDRINUSE)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return -EADDRINUSE;
}

/* Of IPv6, which IPv4 comes to as well; of IPv4 where a kernel has nothing else. */
static int bind_any(int *ret_fd, int netns, uint16_t port, struct snet_err *err)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6,
					  .sin6_port = htons(port)};
	const struct sockaddr *at = (const struct sockaddr *)&any6;
	socklen_t size = sizeof(any6);
	const int off = 0, on = 1;
	int r;

	r = snet__netns_socket(ret_fd, netns, AF_INET6, SOCK_STREAM, 0, err);
	if (r == -EAFNOSUPPORT) {
		at = (const struct sockaddr *)&any;
		size = sizeof(any);
		r = snet__netns_socket(ret_fd, netns, AF_INET, SOCK_STREAM, 0, err);
	}
	if (r < 0)
		return r;
	if (at->sa_family == AF_INET6 &&
	    setsockopt(*ret_fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	/* A server that begins anew finds its former connections, which wait for stragglers. */
	if (setsockopt(*ret_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	return snet__netns_bind(*ret_fd, at, size);
}

int snet__netns_listen(int *ret_fd, int netns, uint16_t port, struct snet_err *err)
{
	autoclose int fd = -1;
	int r;

	r = bind_any(&fd, netns, port, err);
	if (fd < 0)
		return r;
	if (r == 0 && listen(fd, SOMAXCONN) < 0)
		r = -errno;
	if (r < 0)
		return snet__err_sys(err, r, "cannot listen at TCP port %u", port);

	*ret_fd = steal_fd(&fd);
	return 0;
}

/* A mount takes something to be put upon, which only the machine's owner can make. */
static int report_hosts(struct snet_err *err, int code, const char *path)
{
	if (code != -ENOENT || access("/etc/hosts", F_OK) == 0)
		return snet__err_sys(err, code, "cannot show '%s' at '/etc/hosts'", path);
	if (faccessat(AT_FDCWD, "/etc/hosts", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return snet__err_set(err, code,
				     "nodes find names in '/etc/hosts', which here is a "
				     "link to nothing: make the file that it names");
	return snet__err_set(err, code,
			     "nodes find names in '/etc/hosts', which this machine does "
			     "not have: as root 'touch /etc/hosts'");
}

static int make_mntns(struct work *work, struct snet_err *err)
{
	if (unshare(CLONE_FS | CLONE_NEWNS) < 0)
		return snet__userns_explain(-errno, "mnt", err);

	/* Mounts of the host arrive here, nothing goes back. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return snet__err_sys(err, -errno, "cannot set a mount namespace apart");
	if (mount(work->hosts_path, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		return report_hosts(err, -errno, work->hosts_path);
	/* Nor does the host's name server exist in there: asking it would end in a time-out. A
	 * machine without the file has nothing to hide. */
	if (mount("/dev/null", "/etc/resolv.conf", NULL, MS_BIND, NULL) < 0 &&
	    errno != ENOENT)
		return snet__err_sys(err, -errno, "cannot hide '/etc/resolv.conf'");

	work->fd = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return work->fd < 0 ? report_files(err, -errno, "hold a mount namespace") : 0;
}

int snet__mntns_new(int *ret_fd, const char *hosts_path, struct snet_err *err)
{
	struct work work = {.fn = make_mntns, .hosts_path = hosts_path};
	int r;

	r = do_apart(&work, err);
	if (r < 0)
		return r;

	*ret_fd = work.fd;
	return 0;
}

/* For the rest of a thread's short life, which shares its root with others until now. */
static int move_mounts(int mntns, struct snet_err *err)
{
	if (unshare(CLONE_FS) < 0 || setns(mntns, CLONE_NEWNS) < 0)
		return snet__err_sys(err, -errno, "cannot enter a mount namespace");
	return 0;
}

static int make_folder(int at, const char *name, unsigned int mode)
{
	/* Whatever the umask. */
	return mkdirat(at, name, 0700) < 0 ? -1 : fchmodat(at, name, mode, 0);
}

/* By descriptors: a path may have what separates options. */
static int mount_merged(const struct snet__mntns_disk *disk, int fd, struct snet_err *err)
{
	autoclose int over = open(disk->over, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char options[160], path[PATH_MAX];

	(void)snprintf(
		options, sizeof(options),
		"userxattr,lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d/upper,"
		"workdir=/proc/self/fd/%d/work",
		over, fd, fd);
	if (snprintf(path, sizeof(path), "%s/" SNET__MNTNS_MERGED, disk->path) >=
	    (int)sizeof(path))
		errno = ENAMETOOLONG;
	else if (over >= 0 && make_folder(fd, "upper", disk->mode) == 0 &&
		 make_folder(fd, "work", 0700) == 0 &&
		 make_folder(fd, SNET__MNTNS_MERGED, 0700) == 0 &&
		 mount("overlay", path, "overlay", MS_NOSUID | MS_NODEV, options) == 0)
		return 0;
	return snet__err_sys(err, -errno, "cannot mount a disk over '%s'", disk->over);
}

static int mount_disk(struct work *work, struct snet_err *err)
{
	const struct snet__mntns_disk *disk = work->disk;
	char options[64];
	int r;

	r = move_mounts(work->mntns, err);
	if (r < 0)
		return r;
	(void)snprintf(options, sizeof(options), "size=%" PRIu64 ",mode=700",
		       disk->size_bytes);
	if (mount("tmpfs", disk->path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return snet__err_sys(err, -errno, "cannot mount a disk at '%s'",
				     disk->path);
	work->fd = open(disk->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = work->fd < 0 ? report_files(err, -errno, "hold a disk")
			 : mount_merged(disk, work->fd, err);
	if (r < 0) {
		snet__close_at(&work->fd);
		(void)umount2(disk->path, MNT_DETACH);
	}
	return r;
}

int snet__mntns_mount_disk(int *ret_fd, int mntns, const struct snet__mntns_disk *disk,
			   struct snet_err *err)
{
	struct work work = {.fn = mount_disk, .mntns = mntns, .disk = disk};
	int r;

	r = do_apart(&work, err);
	if (r < 0)
		return r;

	*ret_fd = work.fd;
	return 0;
}

static int unmount(struct work *work, struct snet_err *err)
{
	int r = move_mounts(work->mntns, err);

	if (r < 0)
		return r;
	return umount2(work->disk->path, MNT_DETACH) < 0
		       ? snet__err_sys(err, -errno, "cannot unmount '%s'",
				       work->disk->path)
		       : 0;
}

void snet__mntns_unmount(int mntns, const char *path)
{
	const struct snet__mntns_disk disk = {.path = path};
	struct work work = {.fn = unmount, .mntns = mntns, .disk = &disk};

	(void)do_apart(&work, NULL); /* it ends with the namespace at the latest */
}
