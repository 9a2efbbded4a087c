/* SPDX-License-Identifier: MIT */
/* Images come through podman(1), whose store keeps them from one lab to the next.
 *
 * A user's podman makes a user namespace of its own, for which the one of this process, of one
 * id, has no room. So it is told that it is in its namespace already, as root of it, and given a
 * store beside the user's own, in which all files have one owner. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "device/container.h"
#include "sys/command.h"
#include "sys/process.h"

#define WORDS_MAX 24

/* How podman is called: by a user, what stands before it. */
struct podman {
	char *words[WORDS_MAX];
	size_t count;
	bool is_short; /* of memory */
};

static void clear_podman(struct podman *podman)
{
	for (size_t i = 0; i < podman->count; i++)
		free(podman->words[i]);
}

/* Takes @word. */
static void add_word(struct podman *podman, char *word)
{
	if (word)
		podman->words[podman->count++] = word;
	else
		podman->is_short = true;
}

/* The value of @variable, such as XDG_DATA_HOME, or its default below HOME, to be freed; NULL when
 * there is neither. */
static char *find_place(const char *variable, const char *below)
{
	const char *place = getenv(variable), *home = getenv("HOME");

	if (place && *place == '/')
		return strdup(place);
	return home && *home == '/' ? snet__text_format("%s/%s", home, below) : NULL;
}

/* Which ids the images of a registry have is not for one user: they are all made its own.
 * Source: containers-storage.conf(5). */
static int write_storage(const char *path, const char *images, const char *folder,
			 struct snet_err *err)
{
	autofree char *text = snet__text_format("[storage]\n"
						"driver = \"vfs\"\n"
						"graphroot = \"%s\"\n"
						"rootless_storage_path = \"%s\"\n"
						"runroot = \"%s/run\"\n"
						"[storage.options.vfs]\n"
						"ignore_chown_errors = \"true\"\n",
						images, images, folder);

	return text ? snet__file_write(path, text, SNET__FILE_SHARED, err)
		    : snet__err_oom(err);
}

/* What podman writes besides images stays in @folder, and its cache beside them; what it reads is the
 * user's. */
static int make_places(const char *folder, const char *config, struct snet_err *err)
{
	autofree char *own = find_place("XDG_CONFIG_HOME", ".config");
	autofree char *from = own ? snet__text_format("%s/containers", own) : NULL;
	autofree char *to = snet__text_format("%s/containers", config);

	if ((mkdir(folder, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(config, 0700) < 0 && errno != EEXIST))
		return snet__err_sys(err, -errno, "cannot make the folder '%s'", config);
	if (from && to)
		(void)symlink(from, to); /* it may be there */
	return 0;
}

static int prepare_user(struct podman *podman, const char *above, struct snet_err *err)
{
	static const char *const words[] = {
		"unshare", "--user", "--map-root-user",
		"--mount", "env",    "_CONTAINERS_USERNS_CONFIGURED=1"};
	autofree char *folder = snet__text_format("%s/podman@", above);
	autofree char *storage = snet__text_format("%s/podman@/storage.conf", above);
	autofree char *config = snet__text_format("%s/podman@/config", above);
	autofree char *data = find_place("XDG_DATA_HOME", ".local/share"), *images = NULL;
	int r;

	if (!data)
		return snet__err_set(err, -ENOENT,
				     "podman has no place for images: set HOME");
	images = snet__text_format("%s/snet/images", data);
	if (!folder || !storage || !config || !images)
		return snet__err_oom(err);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		add_word(podman, strdup(words[i]));
	add_word(podman, snet__text_format("_CONTAINERS_ROOTLESS_UID=%u", geteuid()));
	add_word(podman, snet__text_format("_CONTAINERS_ROOTLESS_GID=%u", getegid()));
	add_word(podman, snet__text_format("CONTAINERS_STORAGE_CONF=%s", storage));
	add_word(podman, snet__text_format("XDG_RUNTIME_DIR=%s", folder));
	add_word(podman, snet__text_format("XDG_CONFIG_HOME=%s", config));
	add_word(podman, snet__text_format("XDG_DATA_HOME=%s", images));
	r = make_places(folder, config, err);
	return r < 0 ? r : write_storage(storage, images, folder, err);
}

/* Run podman with @words, which end with NULL. */
static int call(const struct podman *podman, const char *const *words, int cancel_fd,
		struct snet_err *err)
{
	const char *argv[WORDS_MAX + WORDS_MAX] = {NULL};
	size_t count = 0;

	for (size_t i = 0; i < podman->count; i++)
		argv[count++] = podman->words[i];
	argv[count++] = "podman";
	while (*words)
		argv[count++] = *words++;
	return snet__command_run(argv, cancel_fd, err);
}

/* A container is made that never runs; that it is given a command satisfies podman for images
 * without one of their own. */
static int export_by(const struct podman *podman, const char *image, const char *archive,
		     int cancel_fd, struct snet_err *err)
{
	autofree char *name =
		snet__text_format("snet-%016llx",
				  (unsigned long long)snet__random_entropy());
	const char *create[] = {"create", "--name", name, "--", image, "true", NULL};
	const char *export[] = {"export", "--output", archive, name, NULL};
	const char *remove[] = {"rm", "--force", name, NULL};
	int r;

	if (!name)
		return snet__err_oom(err);
	r = call(podman, create, cancel_fd, err);
	/* Before its words, which may be long. */
	if (r == -EIO && podman->count && strncmp(image, "localhost/", 10) == 0)
		return snet__err_prefix(err, r,
					"without root images come from a registry, or by "
					"'docker-archive:FILE' from 'podman save'");
	if (r < 0)
		return r;
	r = call(podman, export, cancel_fd, err);
	(void)call(podman, remove, -1, NULL); /* its user sees what is left */
	return r;
}

int snet__container_export(const char *image, const char *archive, const char *folder,
			   int cancel_fd, struct snet_err *err)
{
	cleanup_with(clear_podman) struct podman podman = {0};
	autofree char *path = NULL;
	int r = 0;

	if (snet__process_find(&path, "podman", NULL) < 0)
		return snet__err_set(err, -ENOENT,
				     "needs podman, which is not installed: install it, "
				     "or give a 'rootfs'");
	if (geteuid() != 0)
		r = prepare_user(&podman, folder, err);
	if (r == 0 && podman.is_short)
		r = snet__err_oom(err);
	return r < 0 ? r : export_by(&podman, image, archive, cancel_fd, err);
}
