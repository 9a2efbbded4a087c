/* SPDX-License-Identifier: MIT */
/* A container: a program with a root folder of its own, run by crun(1) from a bundle in the
 * lab's folder.
 *
 * crun is what the supervisor starts, as process 1 of a PID namespace, in the node's network and
 * in a mount namespace in which the container's mounts are made. So all of it ends with crun,
 * and crun with the lab. Limits are those of crun's own cgroup, in which the container stays:
 * crun is to leave cgroups alone. */

#include "device/container.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "device/program_private.h"
#include "sys/conf.h"

/* A hybrid of both versions, which crun takes for an error even so. */
#define CGROUPS        "/sys/fs/cgroup"
#define CGROUPS_HYBRID "/sys/fs/cgroup/unified"

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct container {
	char *bundle; /* a folder */
	char *state;  /* crun's, below it */
	char *root_option, *state_variable;
	const char *argv[8], *env[2];
};

static char *find_containers(const char *folder)
{
	return snet__text_format("%s/" SNET__CONTAINERS, folder);
}

void snet__program_sweep(const char *folder)
{
	autofree char *path = find_containers(folder);

	if (path && access(path, F_OK) == 0)
		snet__file_remove(path);
}

void snet__program_discard(const char *folder, const char *node)
{
	autofree char *containers = find_containers(folder);

	if (containers)
		snet__container_set_aside(containers, node);
}

/* Call @fn of each entry whose name begins with @prefix. */
static void each_entry(const char *folder, const char *prefix,
		       void (*fn)(const char *containers, const char *name))
{
	autofree char *containers = find_containers(folder);
	DIR *dir = containers ? opendir(containers) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			fn(containers, entry->d_name);
	if (dir)
		(void)closedir(dir);
}

/* Its root folder back in its place, instead of what is there. */
static void restore(const char *containers, const char *name)
{
	const char *node = name + strlen(SNET__CONTAINERS_FORMER);
	autofree char *from = snet__text_format("%s/%s/root", containers, name);
	autofree char *bundle = snet__text_format("%s/%s", containers, node);
	autofree char *to = snet__text_format("%s/%s/root", containers, node);

	if (!from || !bundle || !to)
		return;
	snet__container_discard(containers, to);
	(void)mkdir(bundle, 0700); /* it may be there */
	(void)rename(from, to);    /* else it is unpacked again */
}

void snet__program_restore(const char *folder)
{
	each_entry(folder, SNET__CONTAINERS_FORMER, restore);
}

static void remove_entry(const char *containers, const char *name)
{
	autofree char *path = snet__text_format("%s/%s", containers, name);

	if (path)
		snet__file_remove(path);
}

void snet__program_sweep_discarded(const char *folder)
{
	each_entry(folder, SNET__CONTAINERS_FORMER, remove_entry);
	each_entry(folder, SNET__CONTAINERS_GONE, remove_entry);
}

static int write_config(const struct snet__program *program, const char *root,
			const char *bundle, struct snet_err *err)
{
	const struct snet__container_spec spec = {
		.node = program->env.node,
		.root = root,
		.variables = program->variables,
		.address_space_bytes = program->address_space_bytes,
		.is_rootless = geteuid() != 0,
		.uid = geteuid(),
		.gid = getegid(),
	};
	autofree char *text = snet__container_config(&spec);
	autofree char *path = snet__text_format("%s/config.json", bundle);
	bool is_short;
	FILE *file;

	if (!text || !path)
		return snet__err_oom(err);
	file = fopen(path, "we");
	if (!file)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	(void)fputs(text, file);
	is_short = ferror(file);
	is_short |= fclose(file) != 0;
	return is_short ? snet__err_sys(err, -EIO, "cannot write '%s'", path) : 0;
}

static int make_folder(char **ret, const char *above, const char *name,
		       struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/%s", above, name);

	if (!path)
		return snet__err_oom(err);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return snet__err_sys(err, -errno, "cannot make the folder '%s'", path);
	/* crun starts elsewhere, and still has to find it. */
	*ret = realpath(path, NULL);
	return *ret ? 0 : snet__err_sys(err, -errno, "cannot find '%s'", path);
}

static int find_crun(struct snet_err *err)
{
	autofree char *path = NULL;

	if (snet__process_find(&path, "crun", NULL) == 0)
		return 0;
	return snet__err_set(err, -ENOENT,
			     "a container needs crun, which is not installed: apt-get "
			     "install crun");
}

static int fetch(const struct snet__model_node *node, const char *folder, int cancel_fd,
		 struct snet_err *err)
{
	autofree char *containers = NULL;
	int r;

	r = make_folder(&containers, folder, SNET__CONTAINERS, err);
	return r < 0 ? r : snet__container_fetch(node, containers, cancel_fd, err);
}

static int make_bundle(struct snet__program *program, struct container *container,
		       struct snet_err *err)
{
	autofree char *folder = NULL, *root = NULL;
	int r;

	r = make_folder(&folder, program->env.folder, SNET__CONTAINERS, err);
	if (r == 0)
		r = make_folder(&container->bundle, folder, program->env.node->name, err);
	if (r == 0)
		r = snet__container_root(&root, program->env.node, folder, err);
	return r < 0 ? r : write_config(program, root, container->bundle, err);
}

/* In a user namespace of its own a container has no rights over the node's network: no ports below
 * 1024, unless the network lets everybody have them, and ping(8) no raw socket. It has another kind
 * of socket for those whose group the network names; a user can name no group but his own.
 * Source: ip(7), icmp(7). */
static void allow_ports_and_ping(const struct snet__program *program)
{
	char own[32];

	if (geteuid() != 0)
		(void)snet__conf_write(program->env.netns,
				       "ipv4/ip_unprivileged_port_start", "0",
				       NULL); /* it runs without, too */

	(void)snprintf(own, sizeof(own), "%u %u", getegid(), getegid()); /* it fits */
	if (snet__conf_write(program->env.netns, "ipv4/ping_group_range", "0 2147483647",
			     NULL) < 0)
		(void)snet__conf_write(program->env.netns, "ipv4/ping_group_range", own,
				       NULL); /* it runs without, too */
}

static int prepare(struct snet__program *program, struct snet_err *err)
{
	char path[] = PATH, home[] = "HOME=/", *const base[] = {path, home, NULL};
	struct container *container = calloc(1, sizeof(*container));
	int r;

	program->state = container;
	program->variables = snet__program_variables(&program->env, base);
	if (!container || !program->variables)
		return snet__err_oom(err);
	r = find_crun(err);
	if (r == 0)
		allow_ports_and_ping(program);
	if (r == 0)
		r = make_bundle(program, container, err);
	if (r < 0)
		return r;
	container->state = snet__text_format("%s/state", container->bundle);
	container->root_option = snet__text_format("--root=%s", container->state);
	/* Of its copy of itself, which it would leave in /tmp each time. */
	container->state_variable =
		snet__text_format("_LIBCONTAINER_STATEDIR=%s", container->state);
	if (!container->state || !container->root_option || !container->state_variable)
		return snet__err_oom(err);
	container->env[0] = container->state_variable;
	memcpy(container->argv,
	       (const char *const[]){"crun", container->root_option,
				     "--cgroup-manager=disabled", "run", "--bundle",
				     container->bundle, program->env.node->name, NULL},
	       sizeof(container->argv));
	return 0;
}

static int command(struct snet__program *program, struct snet__process_opts *opts,
		   struct snet_err *err)
{
	const struct container *container = program->state;

	if (mkdir(container->state, 0700) < 0 && errno != EEXIST)
		return snet__err_sys(err, -errno, "cannot make the folder '%s'",
				     container->state);
	opts->argv = container->argv;
	opts->env = container->env;
	opts->cwd = "/";
	if (access(CGROUPS_HYBRID, F_OK) == 0)
		opts->hidden = CGROUPS;
	return 0;
}

/* A container that crun could not end in order is one that exists. */
static void ended(struct snet__program *program)
{
	const struct container *container = program->state;

	snet__file_remove(container->state);
}

static void fini(struct snet__program *program)
{
	struct container *container = program->state;

	if (!container)
		return;
	free(container->bundle);
	free(container->state);
	free(container->root_option);
	free(container->state_variable);
	free(container);
}

const struct snet__program_kind snet__program_container = {
	.name = "container",
	.fetch = fetch,
	.prepare = prepare,
	.command = command,
	.ended = ended,
	.fini = fini,
};
