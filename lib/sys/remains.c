/* SPDX-License-Identifier: MIT */
/* What is set aside is in a folder "gone@..." beside, which is locked by who removes it: two that
 * do so at a time would make each other stop early. */

#include "sys/remains.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define GONE "gone@"

/* Call @fn with the path of each entry that matches @pattern. */
static void each_match(const char *folder, const char *pattern,
		       void (*fn)(const char *path, const char *name, void *user),
		       void *user)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		autofree char *path = NULL;

		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) == 0)
			path = snet__text_format("%s/%s", folder, entry->d_name);
		if (path)
			fn(path, entry->d_name, user);
	}
	if (dir)
		(void)closedir(dir);
}

/* @user: the template of mkdtemp(3) for where to, or what became of it. */
static void move(const char *path, const char *name, void *user)
{
	char *gone = user;
	autofree char *to = NULL;

	if (access(gone, F_OK) < 0 && !mkdtemp(gone))
		return;
	to = snet__text_format("%s/%s", gone, name);
	if (to)
		(void)rename(path, to); /* else it stays */
}

void snet__remains_set_aside(const char *folder, const char *const *patterns)
{
	autofree char *gone = snet__text_format("%s/" GONE "XXXXXX", folder);

	for (; gone && *patterns; patterns++)
		each_match(folder, *patterns, move, gone);
}

static void remove_alone(const char *path, const char *name, void *user)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	(void)name;
	(void)user;
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		snet__file_remove(path);
}

void snet__remains_remove(const char *folder)
{
	each_match(folder, GONE "*", remove_alone, NULL);
}
