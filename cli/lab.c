/* SPDX-License-Identifier: MIT */
/* Labs are found by their sockets, LAB.sock in one folder; whether one runs is known by
 * connecting to it, which a socket left by a killed lab refuses. */

#include "cli/lab.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/client.h"
#include "api/place.h"
#include "base/err.h"
#include "base/text.h"
#include "base/vec.h"
#include "sys/process.h"

#define SUFFIX ".sock"

void lab_clear(struct lab *lab)
{
	free(lab->name);
	free(lab->sock);
	free(lab->folder);
	*lab = (struct lab){0};
}

void labs_clear(struct labs *labs)
{
	for (size_t i = 0; i < labs->count; i++)
		lab_clear(&labs->items[i]);
	free(labs->items);
	*labs = (struct labs){0};
}

bool lab_is_alive(const char *sock)
{
	autoclose int fd = -1;

	return snet__client_connect(&fd, sock, NULL) == 0;
}

int lab_open_process(const char *sock, pid_t *ret_pid)
{
	autoclose int fd = -1;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (snet__client_connect(&fd, sock, NULL) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -1;
	*ret_pid = peer.pid;
	return snet__process_open(peer.pid);
}

/* The lab's name when @entry is the name of a socket, to be freed; else NULL. */
static char *name_of(const char *entry)
{
	size_t length = strlen(entry), suffix = strlen(SUFFIX);
	autofree char *name = NULL;

	if (length <= suffix || strcmp(entry + length - suffix, SUFFIX) != 0)
		return NULL;
	name = strndup(entry, length - suffix);
	return name && snet__text_is_name(name) ? steal_ptr(name) : NULL;
}

static int add_lab(struct labs *labs, const char *name, struct snet_err *err)
{
	struct lab *lab;
	int r;

	r = snet__vec_reserve(&labs->items, &labs->cap, labs->count + 1,
			      sizeof(*labs->items), err);
	if (r < 0)
		return r;
	lab = &labs->items[labs->count++];
	lab->name = strdup(name);
	if (!lab->name)
		return snet__err_oom(err);
	return snet__place_socket(&lab->sock, name, err);
}

static int compare_labs(const void *a, const void *b)
{
	return strcmp(((const struct lab *)a)->name, ((const struct lab *)b)->name);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int labs_list(struct labs *ret, struct snet_err *err)
{
	cleanup_with(close_dir) DIR *dir = NULL;
	autofree char *folder = NULL;
	autolabs labs = {0};
	struct dirent *entry;
	int r;

	r = snet__place_socket_folder(&folder, err);
	if (r < 0)
		return r;
	dir = opendir(folder);
	if (!dir && errno != ENOENT)
		return snet__err_sys(err, -errno, "cannot read the folder '%s'", folder);
	while (dir && (entry = readdir(dir))) {
		autofree char *name = name_of(entry->d_name);

		r = name ? add_lab(&labs, name, err) : 0;
		if (r < 0)
			return r;
	}
	if (labs.count)
		qsort(labs.items, labs.count, sizeof(*labs.items), compare_labs);
	*ret = labs;
	labs = (struct labs){0};
	return 0;
}

/* The names of the labs that run, "'a', 'b'", cut when they are many; "" for none. */
static size_t name_running(char *text, size_t size)
{
	size_t count = 0, used = 0;
	autolabs labs = {0};

	text[0] = '\0';
	if (labs_list(&labs, NULL) < 0)
		return 0;
	for (size_t i = 0; i < labs.count; i++) {
		if (!lab_is_alive(labs.items[i].sock))
			continue;
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s'%s'",
						 count ? ", " : "", labs.items[i].name);
		count++;
	}
	return count;
}

static int find_only(struct lab *ret, struct snet_err *err)
{
	char names[300];
	autolabs labs = {0};
	size_t alive = 0, at = 0;
	int r;

	r = labs_list(&labs, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < labs.count; i++) {
		if (!lab_is_alive(labs.items[i].sock))
			continue;
		alive++;
		at = i;
	}
	if (alive == 0)
		return snet__err_set(err, -ENOENT,
				     "no lab is running; start one with 'snet up FILE'");
	if (alive > 1) {
		(void)name_running(names, sizeof(names));
		return snet__err_set(
			err, -ENOTUNIQ,
			"several labs are running, say which with --lab LAB: %s", names);
	}
	*ret = labs.items[at];
	labs.items[at] = (struct lab){0};
	return 0;
}

static int find_named(struct lab *ret, const char *name, struct snet_err *err)
{
	autolab lab = {0};
	char names[300];
	int r;

	r = snet__place_socket(&lab.sock, name, err);
	if (r < 0)
		return r;
	if (!lab_is_alive(lab.sock)) {
		if (name_running(names, sizeof(names)))
			return snet__err_set(err, -ENOENT,
					     "no lab '%s' is running; running: %s", name,
					     names);
		return snet__err_set(err, -ENOENT, "no lab '%s' is running", name);
	}
	lab.name = strdup(name);
	if (!lab.name)
		return snet__err_oom(err);

	*ret = lab;
	lab = (struct lab){0};
	return 0;
}

int lab_find(struct lab *ret, const struct call *call, const char *name,
	     struct snet_err *err)
{
	if (!name)
		name = call->lab;
	return name ? find_named(ret, name, err) : find_only(ret, err);
}

int lab_find_any(struct lab *ret, const struct call *call, struct snet_err *err)
{
	autolab lab = {0};
	int r;

	r = lab_find(ret, call, NULL, err);
	if (r != -ENOENT || !call->lab)
		return r;
	r = snet__place_state(&lab.folder, call->lab, err);
	if (r < 0)
		return r;
	lab.name = strdup(call->lab);
	if (!lab.name)
		return snet__err_oom(err);
	/* @err still says that no such lab runs. */
	if (access(lab.folder, R_OK | X_OK) < 0)
		return -ENOENT;

	*ret = lab;
	lab = (struct lab){0};
	return 0;
}

int lab_fail(const struct snet_err *err)
{
	int status = call_fail(err);

	return err->code == -ENOENT ? EXIT_USAGE : status;
}
