/* SPDX-License-Identifier: MIT */
/* Paths in a lab file. That what they name can be read is known before anything is created
 * from it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/inside.h"
#include "sys/process.h"
#include "topo/decision_file.h"
#include "topo/kinds.h"
#include "topo/reader.h"
#include "topo/write.h"

/* Without a folder it is what a lab says of itself, perhaps elsewhere; of what runs already the
 * files may be gone, and it needs them no more. */
static bool is_of_running(const struct snet__reader *reader)
{
	return !reader->folder;
}

/* A path of the file as one of the process, to be freed; NULL when memory is short. Paths are
 * compared as they are spelt, so one file has one spelling, unless its folder is not there. */
static char *resolve(struct snet__reader *reader, const char *given)
{
	const char *slash = reader->folder && *reader->folder ? "/" : "";
	autofree char *path = NULL;
	char *absolute;

	if (*given == '/')
		path = strdup(given);
	else
		path = snet__text_format("%s%s%s", *slash ? reader->folder : "", slash,
					 given);
	if (!path)
		reader->r = snet__err_oom(reader->err);
	if (!path || is_of_running(reader))
		return steal_ptr(path);
	absolute = snet__path_absolute(path);
	return absolute ? absolute : steal_ptr(path);
}

/* What it leads to, to be freed, and of which type that is; NULL after a complaint. */
static char *find_path(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const char *given, mode_t *ret_type)
{
	autofree char *path = resolve(reader, given);
	struct snet__shown shown;
	struct stat info;

	if (!path)
		return NULL;
	if (stat(path, &info) < 0 || access(path, R_OK) < 0) {
		snet__reader_complain(reader, spot, json, false, "cannot read '%s': %s",
				      snet__show(&shown, path), strerrordesc_np(errno));
		return NULL;
	}
	*ret_type = info.st_mode & S_IFMT;
	return steal_ptr(path);
}

/* A path as it stands in the file, to be freed; NULL after a complaint. */
static char *read_given(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json)
{
	const struct snet__key text = {.check = snet__value_check_text};
	size_t complaints = reader->complaints;
	autofree char *given = NULL;

	snet__read_text(reader, spot, json, &text, &given);
	return reader->complaints > complaints ? NULL : steal_ptr(given);
}

/* What one in the file leads to. */
static char *read_path(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, mode_t *ret_type)
{
	autofree char *given = read_given(reader, spot, json);

	return given ? find_path(reader, spot, json, given, ret_type) : NULL;
}

void snet__read_future_file(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, const struct snet__key *key,
			    void *into)
{
	autofree char *given = read_given(reader, spot, json);

	if (given)
		*(char **)into = resolve(reader, given);
}

void snet__read_file(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into)
{
	autofree char *path = NULL;
	struct snet__shown shown;
	mode_t type = 0;

	if (is_of_running(reader)) {
		snet__read_future_file(reader, spot, json, key, into);
		return;
	}
	path = read_path(reader, spot, json, &type);
	if (path && type != S_IFREG)
		snet__reader_complain(reader, spot, json, false, "'%s' is not a file",
				      snet__show(&shown, path));
	else if (path)
		*(char **)into = steal_ptr(path);
}

/* Why nobody can be in it: an errno, or 0. */
static int find_obstacle(const char *path)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return errno;
	if (!S_ISDIR(info.st_mode))
		return ENOTDIR;
	return access(path, X_OK) < 0 ? errno : 0;
}

/* Whether one of the two that are written for @path is there, and can be. */
static bool has_file_to_write(const char *path)
{
	autofree char *forth = snet__decision_file_name(path, false),
		      *back = snet__decision_file_name(path, true);

	return (forth && access(forth, W_OK) == 0) || (back && access(back, W_OK) == 0);
}

/* Why nothing at @path can be written in @folder. */
static int find_obstacle_to_writing(const char *folder, const char *path)
{
	int obstacle = find_obstacle(folder);

	if (obstacle || access(folder, W_OK) == 0)
		return obstacle;
	obstacle = errno;
	return has_file_to_write(path) ? 0 : obstacle;
}

void snet__read_file_to_write(struct snet__reader *reader, const struct snet__spot *spot,
			      const struct snet__json *json, const struct snet__key *key,
			      void *into)
{
	autofree char *path = NULL, *folder = NULL;
	struct snet__shown shown;
	const char *slash;
	int obstacle;

	snet__read_future_file(reader, spot, json, key, &path);
	if (!path)
		return;
	slash = strrchr(path, '/');
	if (slash && !slash[1]) {
		snet__reader_complain(reader, spot, json, false,
				      "'%s' is a folder: name a file in it",
				      snet__show(&shown, path));
		return;
	}
	folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
		       : strdup(".");
	if (!folder) {
		reader->r = snet__err_oom(reader->err);
		return;
	}
	obstacle = is_of_running(reader) ? 0 : find_obstacle_to_writing(folder, path);
	if (obstacle)
		snet__reader_complain(reader, spot, json, false,
				      "nothing can be written in '%s': %s%s",
				      snet__show(&shown, folder),
				      strerrordesc_np(obstacle),
				      obstacle == ENOENT ? ": make that folder" : "");
	else
		*(char **)into = steal_ptr(path);
}

static void keep_absolute(struct snet__reader *reader, const char *path, char **into)
{
	*into = realpath(path, NULL);
	if (!*into)
		reader->r = snet__err_sys(reader->err, -errno, "cannot find '%s'", path);
}

void snet__read_rootfs(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	autofree char *path = NULL;
	struct snet__shown shown;
	mode_t type = 0;

	if (is_of_running(reader)) {
		snet__read_future_file(reader, spot, json, key, into);
		return;
	}
	path = read_path(reader, spot, json, &type);
	if (path && type != S_IFREG && type != S_IFDIR)
		snet__reader_complain(reader, spot, json, false,
				      "'%s' is neither a folder nor a file",
				      snet__show(&shown, path));
	else if (path)
		keep_absolute(reader, path, into);
}

bool snet__path_is_folder(const char *path)
{
	return find_obstacle(path) == 0;
}

void snet__read_folder(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into)
{
	autofree char *path = NULL;
	struct snet__shown shown;
	int obstacle;

	snet__read_future_file(reader, spot, json, key, &path);
	if (!path)
		return;
	if (is_of_running(reader)) {
		*(char **)into = steal_ptr(path);
		return;
	}
	obstacle = find_obstacle(path);
	if (obstacle)
		snet__reader_complain(reader, spot, json, false,
				      "nothing can run in '%s': %s; make that folder, or "
				      "leave '%s' out to run in the file's own",
				      snet__show(&shown, path), strerrordesc_np(obstacle),
				      key->name);
	else
		keep_absolute(reader, path, into);
}

void snet__read_own_folder(struct snet__reader *reader, char **into)
{
	if (!is_of_running(reader))
		keep_absolute(reader, *reader->folder ? reader->folder : ".", into);
}

/* Of an archive, and of an image, this is known once it is unpacked. */
static void check_inside(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json,
			 const struct snet__model_node *node)
{
	struct snet_err err = {0};
	int r;

	if (is_of_running(reader) || node->is_writable || !node->rootfs || !node->cwd ||
	    *node->cwd != '/' || !snet__path_is_folder(node->rootfs))
		return;
	r = snet__inside_check_cwd(node->rootfs, node->cwd, &err);
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (r < 0)
		snet__reader_complain(reader, spot, json, false, "%s", err.msg);
}

void snet__read_cwd(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *entry, unsigned int kind,
		    struct snet__model_node *node)
{
	const struct snet__key key = {.name = "cwd", .check = snet__value_check_text};
	const struct snet__json *json = snet__json_get(entry, key.name);
	struct snet__spot at = {.up = spot, .key = key.name};

	/* Inside of a container there are other paths. */
	if (json && kind == SNET__ON_CONTAINER) {
		snet__read_text(reader, &at, json, &key, &node->cwd);
		check_inside(reader, &at, json, node);
	} else if (json)
		snet__read_folder(reader, &at, json, &key, &node->cwd);
	else if (kind == SNET__ON_PROCESS)
		snet__read_own_folder(reader, &node->cwd);
}

void snet__check_program(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *entry,
			 const struct snet__model_node *node)
{
	const struct snet__json *words = snet__json_get(entry, "command");
	const struct snet__spot command = {.up = spot, .key = "command"};
	const struct snet__spot first = {.up = &command};
	struct snet_err err = {0};
	autojson *json = NULL;
	int r;

	/* Of what a program gives as a text of its own, only the start tells. */
	if (is_of_running(reader) || !*reader->folder || !node->command || !node->cwd)
		return;
	r = snet__json_parse(&json, node->command, strlen(node->command), &err);
	if (r == 0)
		r = snet__process_check(snet__json_string(snet__json_first(json)),
					node->cwd, &err);
	if (r == -ENOMEM)
		reader->r = snet__err_oom(reader->err);
	else if (r < 0)
		snet__reader_complain(reader, &first, snet__json_first(words), false,
				      "%s", err.msg);
}
