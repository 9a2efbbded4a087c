/* SPDX-License-Identifier: MIT */
#include "topo/kept_file.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "io/filter.h"
#include "topo/lines.h"
#include "topo/value.h"

struct snet__kept_file {
	atomic_uint refs;
	char *path, *text;
	size_t size;
};

static int read_text(struct snet__kept_file *file, FILE *from, struct snet_err *err)
{
	char *text = malloc(SNET__LINES_SIZE_MAX + 1), *fitting;
	struct snet__shown shown;

	if (!text)
		return snet__err_oom(err);
	file->text = text;
	file->size = fread(text, 1, SNET__LINES_SIZE_MAX, from);
	if (ferror(from))
		return snet__err_sys(err, -errno, "cannot read '%s'",
				     snet__show(&shown, file->path));
	text[file->size] = '\0';
	fitting = realloc(text, file->size + 1);
	file->text = fitting ? fitting : text;
	return 0;
}

int snet__kept_file_new(struct snet__kept_file **ret, const char *path,
			struct snet_err *err)
{
	autokept *file = calloc(1, sizeof(*file));
	cleanup_with(snet__lines_close) struct snet__lines lines = {0};
	int r;

	if (file) {
		atomic_init(&file->refs, 1);
		file->path = strdup(path);
	}
	if (!file || !file->path)
		return snet__err_oom(err);
	r = snet__lines_open(&lines, path, SNET__LINES_SIZE_MAX, err);
	if (r == 0)
		r = read_text(file, lines.file, err);
	if (r < 0)
		return r;

	*ret = steal_ptr(file);
	return 0;
}

struct snet__kept_file *snet__kept_file_ref(struct snet__kept_file *file)
{
	if (file)
		atomic_fetch_add(&file->refs, 1);
	return file;
}

void snet__kept_file_unref(struct snet__kept_file *file)
{
	if (!file || atomic_fetch_sub(&file->refs, 1) > 1)
		return;
	free(file->path);
	free(file->text);
	free(file);
}

void snet__kept_file_unref_at(struct snet__kept_file **file)
{
	snet__kept_file_unref(*file);
}

int snet__kept_file_get(struct snet__kept_file **ret, struct snet__kept_file *file,
			const char *path, struct snet_err *err)
{
	if (!snet__kept_file_is_of(file, path))
		return snet__kept_file_new(ret, path, err);
	*ret = snet__kept_file_ref(file);
	return 0;
}

const char *snet__kept_file_path(const struct snet__kept_file *file)
{
	return file->path;
}

const char *snet__kept_file_text(const struct snet__kept_file *file, size_t *ret_size)
{
	*ret_size = file->size;
	return file->text;
}

bool snet__kept_file_is_of(const struct snet__kept_file *file, const char *path)
{
	return file && strcmp(file->path, path) == 0;
}

bool snet__kept_file_differs(const struct snet__kept_file *a,
			     const struct snet__kept_file *b)
{
	if (!a || a == b || !snet__kept_file_is_of(b, a->path))
		return false;
	return a->size != b->size || memcmp(a->text, b->text, a->size) != 0;
}

void snet__kept_files_clear(struct snet__kept_files *files)
{
	snet__kept_file_unref(files->table);
	snet__kept_file_unref(files->trace);
	snet__filter_free(files->filter);
	*files = (struct snet__kept_files){0};
}
