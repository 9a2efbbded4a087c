/* SPDX-License-Identifier: MIT */
#include "lab/measure_pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "lab/measure_probe.h"

#define PORT 5001

static int fill_pair(struct snet_lab *lab, const struct snet__measured *measured,
		     struct snet_err *err)
{
	static const char *const names[] = {"a", "b"};
	const struct snet_link_opts link = {.size = sizeof(link),
					    .from = names[0],
					    .to = names[1],
					    .forth = measured->forth,
					    .shaper = measured->shaper};
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++) {
		const struct snet_node_opts node = {.size = sizeof(node),
						    .name = names[i],
						    .kind = "host"};

		r = snet_lab_add_node(lab, &node, err);
	}
	return r < 0 ? r : snet_lab_add_link(lab, &link, err);
}

static int find_pair(struct snet__measure_pair *pair, struct snet_err *err)
{
	char text[16];
	int r;

	r = snet_node_open_netns(pair->lab, "a", &pair->netns[0], err);
	if (r == 0)
		r = snet_node_open_netns(pair->lab, "b", &pair->netns[1], err);
	if (r == 0)
		r = snet_node_address(pair->lab, "b", text, err);
	if (r < 0)
		return r;
	pair->address =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT)};
	(void)inet_pton(AF_INET, text, &pair->address.sin_addr); /* it is one */
	return 0;
}

void snet__measure_close_pair(struct snet__measure_pair *pair)
{
	for (int i = 0; i < 2; i++) {
		snet__close_at(&pair->fds[i]);
		snet__close_at(&pair->netns[i]);
	}
	snet_lab_free(pair->lab);
}

int snet__measure_open_pair(struct snet__measure_pair *pair,
			    const struct snet__measured *measured, struct snet_err *err)
{
	int r;

	*pair = (struct snet__measure_pair){.netns = {-1, -1}, .fds = {-1, -1}};
	r = snet_lab_new(&pair->lab, "measure", err);
	if (r == 0)
		r = fill_pair(pair->lab, measured, err);
	if (r == 0)
		r = snet_lab_up(pair->lab, err);
	return r < 0 ? r : find_pair(pair, err);
}

int snet__measure_open_flow(struct snet__measure_pair *pair, unsigned int patience_s,
			    struct snet_err *err)
{
	int r;

	r = snet__measure_probe_socket(&pair->fds[0], pair->netns[0], SOCK_DGRAM, err);
	if (r == 0)
		r = snet__measure_probe_listen(&pair->fds[1], pair->netns[1],
					       &pair->address, patience_s, err);
	if (r == 0 && connect(pair->fds[0], (const struct sockaddr *)&pair->address,
			      sizeof(pair->address)) < 0)
		r = snet__err_sys(err, -errno, "a socket");
	return r;
}
