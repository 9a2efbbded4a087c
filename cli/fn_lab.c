/* SPDX-License-Identifier: MIT */
/* The way to a lab's functions node: it is reachable only inside its lab, so this process moves
 * into the node's own network namespace, for the short rest of its life. */

#include "cli/fn_lab.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/client.h"
#include "base/text.h"
#include "cli/lab.h"
#include "faas/faas.h"

#define ANSWER_MS 10000

static const struct snet__json *find_node(const struct snet__json *status)
{
	const struct snet__json *nodes = snet__json_get(status, "nodes"), *node;
	const char *kind;

	for (node = snet__json_first(nodes); node; node = snet__json_next(node)) {
		kind = snet__json_get_string(node, "kind");
		if (kind && strcmp(kind, "functions") == 0)
			return node;
	}
	return NULL;
}

static bool is_own_user(int fd)
{
	struct stat own, other;

	return stat("/proc/self/ns/user", &own) == 0 && fstat(fd, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

static int enter_network(const char *sock, const char *node, struct snet_err *err)
{
	int fds[SNET__ENTER_COUNT];
	int r;

	r = snet__client_enter(fds, sock, node, err);
	if (r < 0)
		return r;

	/* One's own user namespace cannot be entered; another gives the right to the network. */
	if (!is_own_user(fds[SNET__ENTER_USER]) &&
	    setns(fds[SNET__ENTER_USER], CLONE_NEWUSER) < 0)
		r = -errno;
	if (r == 0 && setns(fds[SNET__ENTER_NET], CLONE_NEWNET) < 0)
		r = -errno;
	for (int i = 0; i < SNET__ENTER_COUNT; i++)
		(void)close(fds[i]);
	return r < 0 ? snet__err_sys(err, r, "cannot enter the network of node '%s'",
				     node)
		     : 0;
}

/* The first address, without the prefix length that it may have. */
static char *make_host(const struct snet__json *node)
{
	const struct snet__json *first =
		snet__json_first(snet__json_get(node, "addresses"));
	const char *address = snet__json_string(first);
	int length = address ? (int)strcspn(address, "/") : 0;
	bool is_ipv6 = address && strchr(address, ':');

	if (!length)
		return NULL;
	return snet__text_format("http://%s%.*s%s:%d", is_ipv6 ? "[" : "", length,
				 address, is_ipv6 ? "]" : "", SNET__FAAS_PORT);
}

bool fn_has_lab(const struct call *call)
{
	autolab lab = {0};

	return lab_find(&lab, call, NULL, NULL) != -ENOENT;
}

int fn_connect_to_lab(void *user, struct snet__whisk_place *place, struct snet_err *err)
{
	const struct call *call = user;
	const struct snet__json *node;
	autojson *status = NULL;
	autolab lab = {0};
	int r;

	r = lab_find(&lab, call, NULL, err);
	if (r < 0)
		return r;

	r = snet__client_call(&status, lab.sock, "GET", "/v1/status", NULL, ANSWER_MS,
			      err);
	if (r < 0)
		return r;

	node = find_node(status);
	if (!node)
		return snet__err_set(err, -ENOENT, "lab '%s' has no functions node",
				     lab.name);
	place->api_host = make_host(node);
	if (!place->api_host)
		return snet__err_set(err, -ENOENT, "node '%s' has no address",
				     snet__json_get_string(node, "name"));

	return enter_network(lab.sock, snet__json_get_string(node, "name"), err);
}
