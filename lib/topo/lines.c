/* SPDX-License-Identifier: MIT */
/* Small text files, line by line. */

#include "topo/lines.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "topo/value.h"

int snet__lines_open(struct snet__lines *ret, const char *path, unsigned int size_max,
		     struct snet_err *err)
{
	autoclose int fd = -1;
	struct snet__shown shown;
	struct stat info;

	/* Of a pipe that nobody writes to the opening would not end. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*ret = (struct snet__lines){.path = path};
	if (fd < 0 || fstat(fd, &info) < 0)
		return snet__err_sys(err, -errno, "cannot open '%s'",
				     snet__show(&shown, path));
	if (!S_ISREG(info.st_mode))
		return snet__err_set(err, -EINVAL, "'%s' is not a file",
				     snet__show(&shown, path));
	if (info.st_size > size_max)
		return snet__err_set(err, -EFBIG, "'%s' is too large: over %u MiB",
				     snet__show(&shown, path), size_max >> 20);
	ret->file = fdopen(fd, "r");
	if (!ret->file)
		return snet__err_oom(err);
	(void)steal_fd(&fd); /* it is the file's */
	return 0;
}

int snet__lines_open_kept(struct snet__lines *ret, const struct snet__kept_file *file,
			  struct snet_err *err)
{
	size_t size;
	const char *text = snet__kept_file_text(file, &size);

	*ret = (struct snet__lines){.path = snet__kept_file_path(file)};
	/* Not every C library opens an empty one. It is only read. */
	ret->file = size ? fmemopen((char *)(uintptr_t)text, size, "r")
			 : fopen("/dev/null", "re");
	return ret->file ? 0 : snet__err_oom(err);
}

void snet__lines_close(struct snet__lines *lines)
{
	if (lines->file)
		(void)fclose(lines->file); /* it was only read */
	free(lines->line);
	*lines = (struct snet__lines){0};
}

int snet__lines_refuse(const struct snet__lines *lines, struct snet_err *err,
		       const char *fmt, ...)
{
	struct snet__shown shown;
	char text[SNET_ERR_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* cut is good enough */
	va_end(args);
	return snet__err_set(err, -EINVAL, "%s:%u: %s", snet__show(&shown, lines->path),
			     lines->number, text);
}

static char *strip(char *line, size_t length)
{
	while (length && isspace((unsigned char)line[length - 1]))
		line[--length] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	return line;
}

int snet__lines_next(struct snet__lines *lines, char **ret, struct snet_err *err)
{
	struct snet__shown shown;
	ssize_t length;

	while ((length = getline(&lines->line, &lines->cap, lines->file)) >= 0) {
		lines->number++;
		if (memchr(lines->line, '\0', (size_t)length))
			return snet__lines_refuse(lines, err, "not a text");
		*ret = strip(lines->line, (size_t)length);
		if (**ret && **ret != '#')
			return 1;
	}
	if (feof(lines->file))
		return 0;
	return snet__err_sys(err, -errno, "cannot read '%s'",
			     snet__show(&shown, lines->path));
}
