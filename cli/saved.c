/* SPDX-License-Identifier: MIT */
/* The store knows events, traces and states; names, kinds and links are in STATUS_FILE. */

#include "cli/saved.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <snet/device.h>

#include "base/err.h"
#include "base/file.h"
#include "base/text.h"

#define STATUS_FILE "status.json"
#define STATUS_MAX  (1ul << 30)

int saved_put_status(const char *folder, const char *status, struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/" STATUS_FILE, folder),
		      *made = snet__text_format("%s/" STATUS_FILE ".new", folder);
	size_t size = strlen(status);
	autoclose int fd = -1;

	if (!path || !made)
		return snet__err_oom(err);
	/* Renamed when it is whole: who is killed in between leaves the one that was. */
	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, status, size) != (ssize_t)size || rename(made, path) < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", path);
	return 0;
}

static struct snet__json *state_of(struct snet_store *store, const char *name)
{
	struct snet__json *state = NULL;
	char text[SNET_STATE_MAX];

	if (!name || snet_store_state(store, name, text, sizeof(text), NULL) < 0)
		return NULL;
	(void)snet__json_parse(&state, text, strlen(text), NULL);
	return state;
}

/* @old with the states of the store; a node without one keeps what was saved. */
static struct snet__json *renew_nodes(const struct snet__json *old,
				      struct snet_store *store)
{
	struct snet__json *nodes = snet__json_new_array(), *copy, *state;
	const struct snet__json *node;

	for (node = snet__json_first(old); node; node = snet__json_next(node)) {
		copy = snet__json_copy(node);
		/* It was saved while they ran; all of them have ended. */
		if (snet__json_get(copy, "program")) {
			snet__json_remove(copy, "program");
			(void)snet__json_set(copy, "state", snet__json_new_null());
		}
		state = state_of(store, snet__json_get_string(node, "name"));
		if (state)
			(void)snet__json_set(copy, "state", state);
		(void)snet__json_append(nodes, copy);
	}
	return nodes;
}

static struct snet__json *renew_links(const struct snet__json *old)
{
	struct snet__json *links = snet__json_new_array(), *copy;
	const struct snet__json *link;

	for (link = snet__json_first(old); link; link = snet__json_next(link)) {
		copy = snet__json_copy(link);
		(void)snet__json_set(copy, "up", snet__json_new_bool(false));
		(void)snet__json_append(links, copy);
	}
	return links;
}

int saved_get_status(struct snet__json **ret, const struct lab *lab, struct snet_err *err)
{
	autofree char *path = snet__text_format("%s/" STATUS_FILE, lab->folder),
		      *text = NULL;
	autojson *old = NULL;
	autostore *store = NULL;
	struct snet__json *status;
	int r;

	if (!path)
		return snet__err_oom(err);
	r = snet__file_read(&text, NULL, path, STATUS_MAX, err);
	if (r < 0)
		return r;
	r = snet__json_parse(&old, text, strlen(text), err);
	if (r < 0)
		return snet__err_prefix(err, r, "%s", path);
	r = snet_store_open(&store, lab->folder, err);
	if (r < 0)
		return r;

	status = snet__json_new_object();
	snet__json_add_string(status, "lab", lab->name);
	(void)snet__json_add(status, "nodes",
			     renew_nodes(snet__json_get(old, "nodes"), store));
	(void)snet__json_add(status, "links", renew_links(snet__json_get(old, "links")));
	*ret = status;
	return status ? 0 : snet__err_oom(err);
}
