/* SPDX-License-Identifier: MIT */
#ifndef SNET_SYS_NETNS_H
#define SNET_SYS_NETNS_H

/* Network namespaces, held by descriptors: they go with the last one. */

#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

/* A new namespace with its loopback up; the calling thread stays where it is. */
int snet__netns_new(int *ret_fd, struct snet_err *err);
/* The same with an rtnetlink connection into it, and its loopback still down: for a caller
 * who has more requests to send there. */
struct snet__nl;
int snet__netns_new_connected(int *ret_fd, struct snet__nl **ret_nl,
			      struct snet_err *err);
/* The calling thread's. */
int snet__netns_open_own(int *ret_fd, struct snet_err *err);

/* Move the calling thread, for good, into @netns (-1: a new one). Without root a thread that
 * is on the host's network cannot enter and leave namespaces: the way back there is closed to
 * it. So a thread of ours that is to enter them settles first, in the fabric for example. */
int snet__netns_settle(int netns, struct snet_err *err);
/* Release what a settled thread holds, before it ends; it stays where it is. */
void snet__netns_unsettle(void);

/* Enter @fd and leave it at the end of the scope:
 *
 *     cleanup_with(snet__netns_leave) int outside = -1;
 *     r = snet__netns_enter(&outside, fd, err);
 *
 * Scopes may be nested: each leads back to where it was entered from, and one that enters @fd
 * again, on a thread that has settled, costs nothing. @fd stays open for as long.
 * -EPERM, and nothing done, when the thread could not come back: see above. */
int snet__netns_enter(int *ret_outside, int fd, struct snet_err *err);
/* Back to @outside, which is closed; -1 does nothing. Aborts when that fails: a thread that
 * goes on in a foreign namespace would do its work on the wrong network. */
void snet__netns_leave(int *outside);

/* A socket(2) born in the namespace @netns (-1: the caller's own). O_CLOEXEC and non-blocking.
 * This and snet__netns_new() work on any thread. */
int snet__netns_socket(int *ret_fd, int netns, int domain, int type, int protocol,
		       struct snet_err *err);

/* bind(2). An address that was let go a moment ago is in use as long as a child that another thread has
 * just made still holds the socket, which ends with its execve(2): that is waited for. 0, or a negative
 * errno. */
int snet__netns_bind(int fd, const void *address, socklen_t size);
/* A TCP socket that listens at @port of any address in @netns, of IPv4 and of IPv6. */
int snet__netns_listen(int *ret_fd, int netns, uint16_t port, struct snet_err *err);

/* A mount namespace, held by its descriptor, in which @hosts_path (a file) stands at
 * /etc/hosts, /etc/resolv.conf is empty, and everything else is as outside. Made by a thread of its own; the process is
 * not changed. */
int snet__mntns_new(int *ret_fd, const char *hosts_path, struct snet_err *err);

/* A file system in memory, at a folder in a mount namespace; and what has it end, when nobody uses
 * it any more. Below it, at SNET__MNTNS_MERGED, is what another folder has, and what is changed
 * there is changed in memory only. */
#define SNET__MNTNS_MERGED "merged"
struct snet__mntns_disk {
	const char *path, *over; /* absolute; the other folder */
	uint64_t size_bytes;
	unsigned int mode; /* of the root of what is merged */
};
int snet__mntns_mount_disk(int *ret_fd, int mntns, const struct snet__mntns_disk *disk,
			   struct snet_err *err);
void snet__mntns_unmount(int mntns, const char *path);

#endif
