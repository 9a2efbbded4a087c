/* SPDX-License-Identifier: MIT */
/* Where labs are found. Source: the XDG base directory specification 0.8. */

#include "api/place.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Of a user for whom there is no other place: /tmp/snet-1000. */
#define OF_USER "/tmp/snet-"

/* A variable that holds a relative path is to be ignored, as the specification has it. */
static const char *get_folder(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0] == '/' ? value : NULL;
}

static int give(char **ret, char *path, struct snet_err *err)
{
	if (!path)
		return snet__err_oom(err);

	*ret = path;
	return 0;
}

static int check_name(const char *lab, struct snet_err *err)
{
	if (snet__text_is_name(lab))
		return 0;
	return snet__err_set(err, -EINVAL, "'%s' is no name for a lab", lab);
}

int snet__place_socket_folder(char **ret, struct snet_err *err)
{
	const char *runtime = get_folder("XDG_RUNTIME_DIR");

	if (runtime)
		return give(ret, snet__text_format("%s/snet", runtime), err);
	if (geteuid() == 0)
		return give(ret, strdup("/run/snet"), err);
	return give(ret, snet__text_format(OF_USER "%u", geteuid()), err);
}

int snet__place_socket(char **ret, const char *lab, struct snet_err *err)
{
	autofree char *folder = NULL, *path = NULL;
	int r;

	r = check_name(lab, err);
	if (r < 0)
		return r;
	r = snet__place_socket_folder(&folder, err);
	if (r < 0)
		return r;
	path = snet__text_format("%s/%s.sock", folder, lab);
	if (path && strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return snet__err_set(err, -EINVAL,
				     "the path of a socket is too long: '%s': set "
				     "XDG_RUNTIME_DIR to a shorter one",
				     path);
	return give(ret, steal_ptr(path), err);
}

static int place_state(char **ret, const char *name, struct snet_err *err)
{
	const char *state = get_folder("XDG_STATE_HOME"), *home = get_folder("HOME");

	if (state)
		return give(ret, snet__text_format("%s/snet/%s", state, name), err);
	if (geteuid() == 0)
		return give(ret, snet__text_format("/var/lib/snet/%s", name), err);
	if (home)
		return give(ret, snet__text_format("%s/.local/state/snet/%s", home, name),
			    err);
	return snet__err_set(err, -ENOENT, "no place for the lab's state: set HOME");
}

int snet__place_state(char **ret, const char *lab, struct snet_err *err)
{
	int r = check_name(lab, err);

	return r < 0 ? r : place_state(ret, lab, err);
}

int snet__place_calibration(char **ret, struct snet_err *err)
{
	return place_state(ret, "@calibration.json", err);
}

/* Inside a user namespace all who are not mapped look like one user, who may be the caller: then
 * the kernel still knows whose it is, and lets only the owner set times of a choice. */
static bool is_own(const char *path, const struct stat *st, int flags)
{
	const struct timespec same[2] = {st->st_atim, st->st_mtim};

	return st->st_uid == geteuid() &&
	       (utimensat(AT_FDCWD, path, same, flags) == 0 || errno != EPERM);
}

static int refuse_foreign(const char *path, struct snet_err *err)
{
	return snet__err_set(err, -EPERM, "the folder '%s' belongs to another user",
			     path);
}

static int check_folder(const char *path, struct snet_err *err)
{
	struct stat st;

	/* Not followed: a link in /tmp may be anybody's. */
	if (lstat(path, &st) < 0)
		return snet__err_sys(err, -errno, "cannot use the folder '%s'", path);
	if (S_ISLNK(st.st_mode)) {
		if (!is_own(path, &st, AT_SYMLINK_NOFOLLOW))
			return refuse_foreign(path, err);
		if (stat(path, &st) < 0)
			return snet__err_sys(err, -errno, "cannot use the folder '%s'",
					     path);
	}
	if (!S_ISDIR(st.st_mode))
		return snet__err_set(err, -ENOTDIR, "'%s' is no folder", path);
	if (!is_own(path, &st, 0))
		return refuse_foreign(path, err);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return snet__err_set(err, -EPERM,
				     "others can write in the folder '%s': 'chmod go-w "
				     "%s' first",
				     path, path);
	return 0;
}

static int make_folder(const char *path, mode_t mode, const char *variable,
		       struct snet_err *err)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	return snet__err_set(err, -errno,
			     "cannot make the folder '%s': %s; set %s to a folder of "
			     "your own",
			     path, strerrordesc_np(errno), variable);
}

int snet__place_make(const char *path, const char *variable, struct snet_err *err)
{
	autofree char *parent = strdup(path);
	int r;

	if (!parent)
		return snet__err_oom(err);

	for (char *at = strchr(parent + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		r = make_folder(parent, 0755, variable, err);
		if (r < 0)
			return r;
		*at = '/';
	}
	r = make_folder(path, 0700, variable, err);
	return r < 0 ? r : check_folder(path, err);
}

void snet__place_sweep(const char *sock)
{
	const char *slash = strrchr(sock, '/');
	autofree char *folder = slash ? strndup(sock, (size_t)(slash - sock)) : NULL;
	size_t prefix = strlen(OF_USER);

	/* Other labs keep it. */
	if (folder && strncmp(folder, OF_USER, prefix) == 0 &&
	    !folder[prefix + strspn(folder + prefix, "0123456789")])
		(void)rmdir(folder);
}
