/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_CONTAINER_H
#define SNET_DEVICE_CONTAINER_H

/* The parts of a container: its root folder, and the description of it that crun reads. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "device/program.h"
#include "topo/model.h"

/* What of a lab's folder belongs to its containers. */
#define SNET__CONTAINERS SNET__PROGRAM_FILES
/* How the names of its folders begin that are of no more use; and, before a node's name, what that
 * node has had, until it is certain that it is of no more use. */
#define SNET__CONTAINERS_GONE   "gone@"
#define SNET__CONTAINERS_FORMER "former@"

/* Unpack what the archive or the image of @node has into a folder in @folder, the lab's for
 * containers: those that only read it share one; for one that writes it is a new one, which is to
 * take the place of the one it has. Waits for the programs that do it, which end when there is
 * something to read from @cancel_fd, if that is not -1. -EIO with their words, -ECANCELED,
 * -ENOENT, -EINVAL. */
int snet__container_fetch(const struct snet__model_node *node, const char *folder,
			  int cancel_fd, struct snet_err *err);
/* The root folder of @node, to be freed: its own; what was fetched last; what it has had; else it
 * is fetched now. */
int snet__container_root(char **ret, const struct snet__model_node *node,
			 const char *folder, struct snet_err *err);
/* A folder that is of no more use is moved out of the way, in no time. */
void snet__container_discard(const char *folder, const char *path);
/* The same with what @node has, but it can be had back. */
void snet__container_set_aside(const char *folder, const char *node);

/* The file system of an image as an archive, pulled first if it is not in podman's store. What
 * podman needs besides is written into @folder. -ENOENT when there is no podman, -EIO with its
 * words, -ECANCELED. */
int snet__container_export(const char *image, const char *archive, const char *folder,
			   int cancel_fd, struct snet_err *err);

struct snet__container_spec {
	const struct snet__model_node *node;
	const char *root;
	char *const *variables;       /* its environment */
	uint64_t address_space_bytes; /* 0: no limit */
	/* Of a process without root: its ids become 0, in a user namespace. */
	bool is_rootless;
	uid_t uid;
	gid_t gid;
};
/* config.json of an OCI bundle, to be freed; NULL when memory is short.
 * Source: the OCI runtime specification 1.0, config.md and config-linux.md. */
char *snet__container_config(const struct snet__container_spec *spec);

#endif
