/* SPDX-License-Identifier: MIT */
/* The names of a lab, as its nodes find them in /etc/hosts. */

#include "lab/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sys/netns.h"
#include "sys/sweeper.h"

/* The address that a node answers from, and no other: who looks a name up takes any that stands
 * there. */
static void write_host(FILE *file, const struct snet__model *model,
		       const struct snet__model_node *node)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char ipv6[16];

	if (!node->ipv4)
		return;
	(void)fprintf(file, "%s\t%s\n", snet__ipv4_format(address, node->ipv4),
		      node->name);
	if (!model->has_ipv6)
		return;
	snet__model_ipv6(ipv6, model, node->ipv4);
	(void)fprintf(file, "%s\t%s\n",
		      inet_ntop(AF_INET6, ipv6, address, sizeof(address)), node->name);
}

/* It stays the same file, which all nodes see, and is at no time without the names that were
 * in it and still are, as far as one write(2) goes. */
static int overwrite(const char *path, const char *text, size_t size,
		     struct snet_err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	size_t done = 0;

	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	while (done < size) {
		ssize_t wrote = write(fd, text + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return snet__err_sys(err, -errno, "cannot write '%s'", path);
		done += (size_t)wrote;
	}
	if (ftruncate(fd, (off_t)size) < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	return 0;
}

/* Every name of the lab, for programs in its nodes. */
int snet__hosts_write(struct snet__run *run, struct snet_err *err)
{
	const struct snet__model *model = &run->lab->model;
	autofree char *path = snet__text_format("%s/" SNET__HOSTS_FILE, run->folder),
		      *text = NULL;
	struct snet__text_stream stream;
	int r;

	if (!path)
		return snet__err_oom(err);
	r = snet__text_open(&stream, err);
	if (r < 0)
		return r;
	(void)fputs("127.0.0.1\tlocalhost\n", stream.out);
	if (model->has_ipv6)
		(void)fputs("::1\tlocalhost\n", stream.out);
	for (size_t i = 0; i < model->node_count; i++)
		write_host(stream.out, model, model->nodes[i]);
	r = snet__text_close(&stream, 0, &text, err);
	if (r == 0)
		r = overwrite(path, text, strlen(text), err);
	if (r < 0)
		return r;
	if (run->mntns >= 0)
		return 0;
	r = snet__mntns_new(&run->mntns, path, err);
	if (r == 0)
		snet__sweeper_set_mntns(run->sweeper, run->mntns);
	return r;
}
